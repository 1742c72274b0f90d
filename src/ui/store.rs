//! The one place where the model changes and effects are carried out.

use std::cell::{Cell, RefCell};

use leptos::prelude::*;

use super::live::{self, LIVE, frame_loop};
use super::platform::vault::{self, Shelf};
use super::platform::{
    self, address, channel, crew, files, locale, only_tab, storage, theme,
    worker_client::WorkerClient,
};
use super::state::built_in;
use super::state::learning::door::Door;
use super::state::learning::progress::STORAGE_KEYS;
use super::state::learning::{self, Ask as Learn};
use super::state::model::Model;
use super::state::pace::Speed;
use super::state::papers;
use super::state::requests;
use super::state::rooms::{self, Deed, SHEET, STORAGE_KEY_ROOM, Window};
use super::state::saved::{STORAGE_KEY, SavedSession};
use super::state::twins;
use super::state::update::{Effect, Msg, update};
use super::state::versions::{Ask, Shelve};
use crate::version::BUILD;
use crate::worker::protocol::{Command, Update as Said};

/// How often the page says how late it is.
const TELL_TIME: std::time::Duration = std::time::Duration::from_secs(15);

/// What is being written into the browser's database.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Saving {
    Not,
    Now,
    /// Something changed since the writing began.
    Again,
}

/// What was kept of the last visit; of one before there was a database, too.
pub async fn saved_session() -> Option<String> {
    if address::read().lesson().is_some() {
        return vault::get(Shelf::Session, STORAGE_KEY_ROOM).await;
    }
    match vault::get(Shelf::Session, STORAGE_KEY).await {
        Some(json) => Some(json),
        None => storage::read(STORAGE_KEY),
    }
}

/// What was kept of what the learner did, place by place.
pub async fn saved_progress() -> Vec<Option<String>> {
    let mut places = Vec::new();
    for key in STORAGE_KEYS {
        places.push(vault::get(Shelf::Session, key).await);
    }
    places
}

thread_local! {
    /// What progress was when it was written last.
    static PROGRESS: RefCell<String> = const { RefCell::new(String::new()) };
    static SAVING: Cell<Saving> = const { Cell::new(Saving::Not) };
    static WORKER: RefCell<Option<WorkerClient>> = const { RefCell::new(None) };
}

/// A handle to the model; every component gets it from the context.
#[derive(Clone, Copy)]
pub struct Store {
    model: RwSignal<Model>,
    /// Counts up when the colours may have changed.
    pub colours: RwSignal<u32>,
}

impl Store {
    /// The saved session, what the address asks for, and a worker.
    pub fn open(saved: Option<&str>, progress: Vec<Option<String>>) -> Store {
        let mut model = Model::default();
        model.learning.now_ms = platform::unix_ms();
        let asked = address::read();
        let alone = asked.lesson().is_none();
        if let Some((window, lesson)) = asked.lesson() {
            rooms::open(&mut model, window, lesson, saved);
        } else {
            learning::update(&mut model, Learn::Kept(progress));
            PROGRESS.set(model.learning.progress.to_json());
            if let Some(session) = saved.and_then(SavedSession::from_json) {
                session.restore(&mut model, built_in().1);
            }
        }
        model.in_language = locale::said;
        model.debug = asked.debug;
        model.seed = asked.seed.unwrap_or(model.seed);
        if let Some(speed) = asked.speed.as_deref().and_then(Speed::from_key) {
            model.speed = speed;
        }
        if let Some(door) = asked.door.as_deref().and_then(Door::from_key) {
            learning::door::choose(&mut model, door);
        }
        learning::seen(&mut model);
        theme::apply(model.theme);
        let store = Store {
            model: RwSignal::new(model),
            colours: RwSignal::new(0),
        };
        platform::release::on_newer(move || store.send(Msg::NewRelease(true)));
        if !alone {
            store.open_channel();
            return store;
        }
        only_tab::ask(false, move |mine| store.send(Msg::OnlyTab(mine)));
        if let Some((_, name)) = asked.room {
            store.send(Msg::Rooms(rooms::Ask::Unknown(name)));
        }
        // A link holds a whole design; what it says goes before a name.
        if let (false, Some(name)) = (store.open_link(), asked.scenario) {
            let seed = asked.seed;
            store.send(Msg::Learn(Learn::OpenNamed { name, seed }));
        }
        set_interval(move || store.tell_time(), TELL_TIME);
        // The listener stays as long as the page: nobody removes it.
        let _ = window_event_listener_untyped("hashchange", move |_| {
            store.open_link();
        });
        store
    }

    /// Two windows of a room hear each other.
    fn open_channel(self) {
        let ask = move |ask| self.send(Msg::Rooms(ask));
        let hear = move |text| ask(rooms::Ask::Heard(text, platform::look()));
        if !channel::open(hear) {
            ask(rooms::Ask::NoChannel);
        }
        // The listener stays as long as the page: nobody removes it.
        let _ = window_event_listener_untyped("pagehide", move |_| ask(rooms::Ask::Leave));
        if self.peek(|m| m.rooms.window == Window::Notes) {
            platform::release::on_kept(move |kept| ask(rooms::Ask::Offline(kept)));
            ask(rooms::Ask::Check);
            ask(rooms::Ask::Tick);
            set_interval(
                move || ask(rooms::Ask::Tick),
                std::time::Duration::from_secs(1),
            );
        }
    }

    fn deed(self, deed: Deed) {
        match deed {
            Deed::Post(text) => channel::post(&text),
            Deed::Open(window, id) => {
                if !platform::open_window(window.query(), &id) {
                    let query = window.query();
                    let why = format!("The browser opened no window. Its address is ?{query}={id}");
                    self.send(Msg::Toast(why));
                }
            }
            Deed::Sheet => request_animation_frame(|| platform::print::element(SHEET)),
            Deed::Check => {
                platform::release::ask_kept();
                wasm_bindgen_futures::spawn_local(async move {
                    // Beside what is kept, which stays as it is.
                    let key = "brownout.check";
                    let works = vault::put(Shelf::Session, key, "works").await;
                    let _ = vault::remove(Shelf::Session, key).await;
                    self.send(Msg::Rooms(rooms::Ask::Storage(works)));
                });
            }
        }
    }

    /// Whoever does nothing for minutes may be stuck; nobody is where the page is not in front.
    fn tell_time(self) {
        if platform::is_visible() {
            self.send(Msg::Learn(Learn::Clock));
        }
    }

    /// The colours may have changed: they are read before anybody draws with them.
    pub fn recolour(self) {
        live::read_colours();
        self.colours.update(|n| *n += 1);
    }

    /// A link in the address opens what it says. False if there is none.
    fn open_link(self) -> bool {
        let link =
            address::take_link().filter(|link| crate::share::is_code(link) || link.len() > 20);
        let any = link.is_some();
        if let Some(link) = link {
            self.send(Msg::OpenLink(link));
        }
        any
    }

    /// The store of the page that this component is part of.
    pub fn get() -> Store {
        expect_context::<Store>()
    }

    /// A derived value that changes only when it differs.
    pub fn memo<T>(self, select: impl Fn(&Model) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        self.boxed_memo(Box::new(select))
    }

    /// Compiled once for each type of value, not for each of a hundred closures.
    fn boxed_memo<T>(self, select: Box<dyn Fn(&Model) -> T + Send + Sync>) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.model.with(&*select))
    }

    /// Looks without subscribing.
    pub fn peek<T>(self, look: impl FnOnce(&Model) -> T) -> T {
        self.model.with_untracked(look)
    }

    pub fn send(self, msg: Msg) {
        let mut effects = Vec::new();
        self.model.update(|model| {
            model.learning.now_ms = platform::unix_ms();
            effects = update(model, msg);
        });
        for effect in effects {
            self.carry_out(effect);
        }
    }

    fn carry_out(self, effect: Effect) {
        match effect {
            Effect::Send(command) => self.to_worker(&command),
            Effect::StartWorker => self.start_worker(),
            Effect::ResetLive {
                run,
                duration_ns,
                series,
            } => LIVE.with_borrow_mut(|live| live.reset(run, duration_ns, series)),
            Effect::Seek(at_ns) => LIVE.with_borrow_mut(|live| live.seek_ns = Some(at_ns)),
            Effect::Save => self.save(),
            Effect::Download { name, text } => {
                if files::download(&name, &text).is_err() {
                    self.send(Msg::Saved(Err("this browser refused the download".into())));
                }
            }
            Effect::TakeOver => only_tab::ask(true, move |mine| {
                // What the other tab wrote last is read anew.
                if mine {
                    platform::reload();
                }
            }),
            Effect::ChangeRelease => self.change_release(),
            Effect::ApplyTheme => {
                theme::apply(self.peek(|m| m.theme));
                self.recolour();
            }
            Effect::Shelve(what) => self.shelve(what),
            Effect::FetchStart(id) => self.fetch_start(id),
            Effect::Print(id) => platform::print::element(id),
            Effect::Room(deed) => self.deed(deed),
            Effect::Copy(text) => platform::clipboard::write(text),
            Effect::ScrollUp(id) => request_animation_frame(move || platform::scroll_up(id)),
            Effect::Focus(id) => {
                // After the views that this message opens are there.
                request_animation_frame(move || platform::focus(id));
            }
        }
    }

    /// Writes what there is now. Changes that come meanwhile are written after it, not beside it.
    fn save(self) {
        if self.peek(|model| model.read_only) {
            return;
        }
        match SAVING.get() {
            Saving::Not => {}
            Saving::Now | Saving::Again => return SAVING.set(Saving::Again),
        }
        SAVING.set(Saving::Now);
        wasm_bindgen_futures::spawn_local(async move {
            loop {
                SAVING.set(Saving::Now);
                let Some((key, json)) = self.peek(rooms::to_keep) else {
                    return SAVING.set(Saving::Not);
                };
                let written = vault::put(Shelf::Session, key, &json).await;
                let written = match written {
                    Ok(()) => self.save_progress().await,
                    failed => failed,
                };
                if SAVING.get() == Saving::Again {
                    continue;
                }
                SAVING.set(Saving::Not);
                self.send(Msg::Saved(written.map(|()| platform::time_of_day())));
                return;
            }
        });
    }

    /// Writes what the learner did, if that has changed; what another release wrote stays.
    async fn save_progress(self) -> Result<(), String> {
        let (key, json) = self.peek(|model| {
            let learning = &model.learning;
            (learning.kept.key, learning.progress.to_json())
        });
        let same = PROGRESS.with_borrow(|written| *written == json);
        let Some(key) = key.filter(|_| !same) else {
            return Ok(());
        };
        vault::put(Shelf::Session, key, &json).await?;
        PROGRESS.set(json);
        Ok(())
    }

    /// What cannot be done to the shelf of versions is said, and shown is what is on it.
    fn shelve(self, what: Shelve) {
        wasm_bindgen_futures::spawn_local(async move {
            let done = match &what {
                Shelve::Read => Ok(()),
                Shelve::Put { key, json } => vault::put(Shelf::Snapshots, key, json).await,
                Shelve::Remove(key) => vault::remove(Shelf::Snapshots, key).await,
            };
            let is_read = matches!(what, Shelve::Read);
            let failed = done.err();
            if is_read || failed.is_some() {
                let kept = vault::all(Shelf::Snapshots).await;
                self.send(Msg::Versions(Ask::Loaded(kept)));
            }
            if let Some(why) = failed {
                self.send(Msg::Versions(Ask::Failed(why)));
            }
        });
    }

    fn fetch_start(self, id: &'static str) {
        wasm_bindgen_futures::spawn_local(async move {
            let name = format!("{id}.toml");
            let msg = match files::fetched(&format!("start/{name}")).await {
                Some(text) => Msg::Import { name, text },
                None => {
                    let why = "it could not be fetched; is there a network?".to_owned();
                    Msg::NotRead { name, why }
                }
            };
            self.send(msg);
        });
    }

    /// What is on the page is written first. If it cannot be, the page stays, and says why.
    fn change_release(self) {
        wasm_bindgen_futures::spawn_local(async move {
            let keep = self.peek(|model| rooms::to_keep(model).filter(|_| !model.read_only));
            if let Some((key, json)) = keep
                && let Err(why) = vault::put(Shelf::Session, key, &json).await
            {
                return self.send(Msg::Saved(Err(why)));
            }
            platform::release::change();
        });
    }

    fn to_worker(self, command: &Command) {
        match command {
            Command::Seeds { run, text, seeds } => {
                let fail = move |why| self.send(Msg::WorkerFailed(why));
                return crew::ask(*run, text, seeds, move |said| self.hear(said), fail);
            }
            Command::Load { .. } => crew::another_is_loaded(),
            Command::Step { .. } => LIVE.with_borrow_mut(|live| live.clock.occupied()),
            _ => {}
        }
        WORKER.with_borrow(|worker| {
            if let Some(worker) = worker {
                worker.send(command);
            }
        });
    }

    /// Ends the workers that there are, and starts another.
    pub fn start_worker(self) {
        crew::end();
        WORKER.with_borrow_mut(|worker| *worker = None);
        LIVE.with_borrow_mut(|live| live.clock.reset());
        let started = WorkerClient::start(
            move |said| self.hear(said),
            move |why| self.send(Msg::WorkerFailed(why)),
        );
        match started {
            Ok(client) => WORKER.with_borrow_mut(|worker| *worker = Some(client)),
            Err(why) => self.send(Msg::WorkerFailed(why)),
        }
    }

    fn hear(self, said: Said) {
        match said {
            Said::Ready { build } if build == BUILD => self.send(Msg::WorkerReady),
            Said::Ready { .. } => {
                let why = "page and simulator are of different releases; reload the page";
                self.send(Msg::WorkerFailed(why.into()));
            }
            Said::Refused { run, diagnostics } => self.send(Msg::Refused { run, diagnostics }),
            Said::Loaded { run, plan } => self.send(Msg::Loaded { run, plan }),
            Said::Acted { run, at_ns, act } => self.send(Msg::Acted { run, at_ns, act }),
            Said::NotActed { run, diagnostics } => self.send(Msg::NotActed { run, diagnostics }),
            Said::Frame(frame) => frame_loop::frame_came(self, *frame),
            Said::Explained { run, at_ns, found } => {
                self.send(Msg::Explained { run, at_ns, found });
            }
            Said::Done {
                run,
                report,
                found,
                theory,
            } => {
                // The last state first: the verdict stands beside it.
                frame_loop::tell(self, platform::now_ms());
                self.send(Msg::Done {
                    run,
                    report,
                    found,
                    theory,
                });
            }
            Said::Seed { run, report, .. } => self.send(Msg::Seed { run, report }),
            Said::Twins {
                number,
                found,
                report,
            } => self.send(Msg::Twins(twins::Ask::Ran {
                number,
                found,
                report,
            })),
            Said::Found { number, found } => {
                self.send(Msg::Requests(requests::Ask::Found { number, found }));
            }
            Said::NotFound {
                number,
                diagnostics,
            } => self.send(Msg::Requests(requests::Ask::Refused {
                number,
                diagnostics,
            })),
            Said::NoTwins {
                number,
                diagnostics,
            } => self.send(Msg::Twins(twins::Ask::Refused {
                number,
                diagnostics,
            })),
            Said::DocumentGoes {
                number,
                made,
                needed,
            } => self.send(Msg::Papers(papers::Ask::Goes {
                number,
                made,
                needed,
            })),
            Said::Document { number, text } => {
                let text = locale::say_markdown(text);
                self.send(Msg::Papers(papers::Ask::Made { number, text }));
            }
            Said::NoDocument {
                number,
                diagnostics,
            } => self.send(Msg::Papers(papers::Ask::Refused {
                number,
                diagnostics,
            })),
            Said::Panicked { message } => self.send(Msg::WorkerFailed(message)),
        }
    }

    /// Sends a command that no message of the model asks for: the next piece of time.
    pub fn ask_worker(self, command: &Command) {
        self.to_worker(command);
    }
}
