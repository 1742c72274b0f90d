//! The page as a whole: bar, strip, story, drawing, knobs, dock; keyboard and files for all of it.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::editor::hands::perform;
use super::editor::outline::Outline;
use super::editor::stage::Stage;
use super::learn::knobs::Knobs;
use super::learn::story::Story;
use super::live::chart::Charts;
use super::live::diagram::Diagram;
use super::live::frame_loop;
use super::live::strip::Strip;
use super::live::transport::Transport;
use super::platform::{clipboard, files, media};
use super::rooms::notes::Notes;
use super::rooms::sheet::Sheet;
use super::rooms::story::RoomStory;
use super::state::editing::Draw;
use super::state::editor::Pane;
use super::state::keys::{self, Act, Where};
use super::state::model::{Bet, Saved, Status, Tab};
use super::state::panels::Panel;
use super::state::rooms::Window;
use super::state::update::Msg;
use super::state::versions::Ask;
use super::store::Store;
use super::widgets::dialog::Dialogs;
use super::widgets::icon::{Icon, Pic};
use super::widgets::sash::{self, Sash};
use super::widgets::term::Glossary;

#[component]
pub fn App(
    /// What was kept of the last visit.
    saved: Option<String>,
    /// And of what the learner did.
    progress: Vec<Option<String>>,
) -> impl IntoView {
    let store = Store::open(saved.as_deref(), progress);
    provide_context(store);
    match store.peek(|m| m.rooms.window) {
        Window::Notes => view! { <Notes /> }.into_any(),
        _ => view! { <Page /> }.into_any(),
    }
}

#[component]
fn Page() -> impl IntoView {
    let store = Store::get();
    let for_all = store.peek(|m| m.rooms.is_read_from_afar());
    store.send(Msg::Layout(media::room()));
    media::on_change(move || {
        store.send(Msg::Layout(media::room()));
        store.recolour();
    });
    store.recolour();
    store.start_worker();
    frame_loop::start(store);
    let stage = Stage::provide(store);
    sash::follow(store);
    listen_to_keys(store, stage);
    listen_to_clipboard(store);
    let dropping = RwSignal::new(false);
    let tab = store.memo(|m| m.tab.key());
    let story = store.memo(|m| match m.story_open {
        // A drawing without a lesson has nothing to tell before its first run.
        _ if m.has_nothing_to_tell() => "none",
        true => "open",
        false => "closed",
    });
    let knobs = store.memo(|m| if m.shows_knobs() { "open" } else { "closed" });
    let said = store.memo(|m| m.said.text.clone());
    let outline = store.memo(|m| m.outline);
    let blind = store.memo(|m| m.is_blind());
    view! {
        <div
            class="page"
            class:dropping=move || dropping.get()
            class:blind=move || blind.get()
            data-tab=move || tab.get()
            data-story=move || story.get()
            data-knobs=move || knobs.get()
            data-room=for_all.to_string()
            on:dragover=move |event| {
                event.prevent_default();
                dropping.set(true);
            }
            on:dragleave=move |_| dropping.set(false)
            on:drop=move |event| {
                event.prevent_default();
                dropping.set(false);
                let file = event.data_transfer().and_then(|d| d.files()).and_then(|f| f.get(0));
                if let Some(file) = file {
                    open_file(store, &file);
                }
            }
        >
            <Bar />
            <Strip />
            <main class="work" id="main">
                {move || match outline.get() {
                    true => view! { <section class="story" id="story" aria-label="The system in words"><Outline /></section> }.into_any(),
                    false if for_all => view! { <RoomStory /> }.into_any(),
                    false => view! { <Story /> }.into_any(),
                }}
                <Sash panel=Panel::Story />
                <Diagram />
                <Sash panel=Panel::Knobs />
                <Knobs />
                <Sash panel=Panel::Dock />
                <section class="dock" id="dock" aria-label="Time and charts">
                    <Transport />
                    <Charts />
                </section>
            </main>
            <Tabs />
            <div class="sr-only" aria-live="polite" data-testid="said">{move || said.get()}</div>
            <Dialogs />
            <Glossary />
            <Sheet />
        </div>
    }
}

#[component]
fn Bar() -> impl IntoView {
    let store = Store::get();
    let title = store.memo(|m| m.doc.scenario.about.title.clone());
    let steps = store.memo(|m| m.doc.next_steps());
    let undo = Memo::new(move |_| steps.with(|s| s.0.is_some()));
    let redo = Memo::new(move |_| steps.with(|s| s.1.is_some()));
    let named = |word: &str, what: &Option<String>, keys: &str| match what {
        Some(what) => format!("{word}: {what}  {keys}"),
        None => format!("{word}  {keys}"),
    };
    let knobs = store.memo(|m| m.knobs_open);
    let debug = store.memo(|m| m.debug);
    let theme = store.memo(|m| m.theme.label());
    let outline = store.memo(|m| m.outline);
    view! {
        <header>
            <a class="skip" href="#main">"Skip to the drawing"</a>
            <div class="bar">
                <span class="brand">"Brownout"</span>
                <h1>{move || title.get()}</h1>
                <span class="space"></span>
                <SaveState />
                <button
                    class="button quiet icon-only wide"
                    aria-label="Undo"
                    title=move || steps.with(|s| named("Undo", &s.0, "Ctrl Z"))
                    disabled=move || !undo.get()
                    on:click=move |_| store.send(Msg::Undo)
                >
                    <Pic icon=Icon::Undo />
                </button>
                <button
                    class="button quiet icon-only wide"
                    aria-label="Redo"
                    title=move || steps.with(|s| named("Redo", &s.1, "Ctrl Shift Z"))
                    disabled=move || !redo.get()
                    on:click=move |_| store.send(Msg::Redo)
                >
                    <Pic icon=Icon::Redo />
                </button>
                <button
                    class="button quiet wide alone"
                    title="Scenarios, and an empty page to draw on  Ctrl O"
                    data-testid="scenarios"
                    on:click=move |_| store.send(Msg::Draw(Draw::Pane(Some(Pane::Open))))
                >
                    <Pic icon=Icon::Book />
                    "Scenarios"
                </button>
                <span class="wide files"><FileButtons suffix="" /></span>
                <button
                    class="button quiet wide"
                    title="A link to this design, and the result code of its run"
                    data-testid="share"
                    on:click=move |_| store.send(Msg::Share)
                >
                    <Pic icon=Icon::Share />
                    <span class="word">"Share"</span>
                </button>
                <button
                    class="button quiet icon-only wide"
                    aria-label="Versions"
                    title="Versions: keep this design under a name, find one, restore it"
                    data-testid="versions-open"
                    on:click=move |_| store.send(Msg::Versions(Ask::Open))
                >
                    <Pic icon=Icon::Versions />
                </button>
                <button
                    class="button quiet icon-only wide"
                    aria-label="The drawing in words"
                    title="The drawing in words, to read and to change  O"
                    aria-pressed=move || outline.get().to_string()
                    data-testid="outline"
                    on:click=move |_| store.send(Msg::ToggleOutline)
                >
                    <Pic icon=Icon::List />
                </button>
                <button
                    class="button quiet icon-only wide"
                    aria-label="Find a command, a node, a scenario"
                    title="Find a command, a node, a scenario  Ctrl K"
                    on:click=move |_| store.send(Msg::Draw(Draw::Pane(Some(Pane::Commands))))
                >
                    <Pic icon=Icon::Search />
                </button>
                <button
                    class="button wide"
                    aria-expanded=move || knobs.get().to_string()
                    aria-controls="knobs"
                    title="Knobs  K"
                    on:click=move |_| store.send(Msg::ToggleKnobs)
                >
                    <Pic icon=Icon::Sliders />
                    "Knobs"
                </button>
                {move || {
                    debug
                        .get()
                        .then(|| {
                            view! {
                                <button class="button quiet" on:click=move |_| store.send(Msg::PanicOnPurpose)>
                                    "Crash the simulator"
                                </button>
                            }
                        })
                }}
                <button
                    class="button quiet icon-only"
                    data-testid="theme"
                    aria-label=move || theme.get()
                    title=move || theme.get()
                    on:click=move |_| store.send(Msg::NextTheme)
                >
                    <Pic icon=Icon::Theme />
                </button>
                <button
                    class="button quiet icon-only"
                    aria-label="Keyboard shortcuts"
                    title="Keyboard shortcuts  ?"
                    on:click=move |_| store.send(Msg::Dialog(Some(super::state::model::Dialog::Keys)))
                >
                    <Pic icon=Icon::Keyboard />
                </button>
            </div>
            <Banner />
        </header>
    }
}

/// Whether what was typed is safe, always visible.
#[component]
fn SaveState() -> impl IntoView {
    let store = Store::get();
    let saved = store.memo(|m| m.saved.clone());
    let key = move || match saved.get() {
        Saved::Untouched => "untouched",
        Saved::At(_) => "saved",
        Saved::Failed(_) => "failed",
    };
    view! {
        <span class="save" data-testid="saved" data-value=key>
            {move || match saved.get() {
                Saved::Untouched => ().into_any(),
                Saved::At(time) => {
                    view! { <Pic icon=Icon::Check /> <span><span class="wide">"Saved "</span>{time}</span> }.into_any()
                }
                Saved::Failed(_) => view! { <span class="bad">"✕ Not saved"</span> }.into_any(),
            }}
        </span>
    }
}

#[component]
pub fn FileButtons(
    /// For tests: `""` in the bar, `"-phone"` in the story.
    suffix: &'static str,
) -> impl IntoView {
    let store = Store::get();
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(file) = input.files().and_then(|f| f.get(0)) {
            open_file(store, &file);
        }
        // The same file can be chosen again.
        input.set_value("");
    };
    view! {
        <input
            node_ref=input
            class="sr-only"
            type="file"
            accept=".toml,text/plain"
            aria-label="Open a scenario file"
            tabindex="-1"
            data-testid=format!("file{suffix}")
            on:change=chosen
        />
        <button
            class="button quiet"
            aria-label="Open"
            title="Open a scenario file; dropping one on the page does the same"
            on:click=move |_| {
                if let Some(input) = input.get_untracked() {
                    input.click();
                }
            }
        >
            <Pic icon=Icon::Open />
            <span class="word">"Open"</span>
        </button>
        <button
            class="button quiet"
            aria-label="Download"
            title="Download the scenario with your changes"
            data-testid=format!("download{suffix}")
            on:click=move |_| store.send(Msg::Download)
        >
            <Pic icon=Icon::Download />
            <span class="word">"Download"</span>
        </button>
    }
}

fn open_file(store: Store, file: &web_sys::File) {
    files::read(file, move |name, text| match text {
        Ok(text) => store.send(Msg::Import { name, text }),
        Err(why) => store.send(Msg::NotRead { name, why }),
    });
}

/// What needs an answer: a dead simulator, a design that is not saved.
#[component]
fn Banner() -> impl IntoView {
    let store = Store::get();
    let crash = store.memo(|m| match &m.run.status {
        Status::Crashed(why) => Some(why.clone()),
        _ => None,
    });
    let unsaved = store.memo(|m| match &m.saved {
        Saved::Failed(why) => Some(why.clone()),
        _ => None,
    });
    let elsewhere = store.memo(|m| m.read_only);
    let newer = store.memo(|m| m.new_release);
    let download = move |_| store.send(Msg::Download);
    view! {
        {move || {
            crash
                .get()
                .map(|why| {
                    view! {
                        <div class="banner" role="alert" id="crash" tabindex="-1" data-testid="crash">
                            <strong>"✕ The simulator stopped with an error. Your design is safe."</strong>
                            <span class="small muted" translate="no">{why}</span>
                            <button class="button" on:click=download>"Download the design"</button>
                            <button
                                class="button primary"
                                data-testid="restart-worker"
                                on:click=move |_| store.send(Msg::StartWorkerAgain)
                            >
                                "Start again"
                            </button>
                        </div>
                    }
                })
        }}
        {move || {
            elsewhere
                .get()
                .then(|| {
                    view! {
                        <div class="banner" role="alert" data-testid="elsewhere">
                            <strong>"This design is open in another tab. Here it can be read and run."</strong>
                            <button
                                class="button primary"
                                data-testid="take-over"
                                on:click=move |_| store.send(Msg::TakeOver)
                            >
                                "Take over"
                            </button>
                        </div>
                    }
                })
        }}
        {move || {
            newer
                .get()
                .then(|| {
                    view! {
                        <div class="banner news" role="status" data-testid="new-release">
                            <strong>"A newer version of this page is ready. Your design stays."</strong>
                            <button
                                class="button primary"
                                data-testid="change-release"
                                on:click=move |_| store.send(Msg::ChangeRelease)
                            >
                                "Reload"
                            </button>
                            <button class="button quiet" on:click=move |_| store.send(Msg::NewRelease(false))>
                                "Later"
                            </button>
                        </div>
                    }
                })
        }}
        {move || {
            unsaved
                .get()
                .map(|why| {
                    view! {
                        <div class="banner" role="alert" data-testid="unsaved">
                            <strong>"✕ Not saved: " {why} "."</strong>
                            <button class="button" on:click=download>"Download the design"</button>
                        </div>
                    }
                })
        }}
    }
}

/// The four views of a phone.
#[component]
fn Tabs() -> impl IntoView {
    let store = Store::get();
    let now = store.memo(|m| m.tab);
    let icon = |tab| match tab {
        Tab::Story => Icon::Story,
        Tab::Diagram => Icon::Diagram,
        Tab::Charts => Icon::Chart,
        Tab::Knobs => Icon::Sliders,
    };
    view! {
        <nav class="tabs" aria-label="Views">
            {Tab::ALL
                .map(|tab| {
                    view! {
                        <button
                            aria-current=move || (now.get() == tab).to_string()
                            on:click=move |_| store.send(Msg::Tab(tab))
                        >
                            <Pic icon=icon(tab) />
                            {tab.label()}
                        </button>
                    }
                })
                .collect_view()}
        </nav>
    }
}

/// Shortcuts act wherever no field or control wants the key for itself.
fn listen_to_keys(store: Store, stage: Stage) {
    let handle = window_event_listener(ev::keydown, move |event| {
        let control = event.ctrl_key() || event.meta_key();
        if event.alt_key() || event.default_prevented() || store.peek(|m| m.dialog.is_some()) {
            return;
        }
        let Some(act) = keys::find(Where::Page, &event.key(), event.shift_key(), control) else {
            return;
        };
        if wants_key(&event, act) || !act.is_always_on() && !store.peek(|m| m.keys_on) {
            return;
        }
        event.prevent_default();
        if let Act::Bet(_) = act
            && !store.peek(|m| m.bet == Bet::Open || !m.has_begun() && m.runs_done == 0)
        {
            return;
        }
        perform(store, stage, act);
    });
    on_cleanup(move || handle.remove());
}

/// The system's keys for copying act on the drawing, wherever no field wants them.
fn listen_to_clipboard(store: Store) {
    clipboard::listen(move |what, text| {
        if store.peek(|m| m.dialog.is_some() || m.editor.pane.is_some()) {
            return false;
        }
        let any = store.peek(|m| !m.editor.nodes().is_empty());
        match what {
            "paste" => store.send(Msg::Draw(Draw::Paste(text))),
            "copy" if any => store.send(Msg::Draw(Draw::Copy)),
            "cut" if any => store.send(Msg::Draw(Draw::Cut)),
            // Text of the page can be copied as everywhere.
            _ => return false,
        }
        true
    });
}

/// Text fields own all their keys; a focused button or option owns Space.
fn wants_key(event: &ev::KeyboardEvent, act: Act) -> bool {
    let target = event
        .target()
        .and_then(|t| t.dyn_into::<web_sys::Element>().ok());
    let Some(element) = target else { return false };
    match element.tag_name().as_str() {
        "INPUT" => act != Act::Continue && !matches!(act, Act::Commands | Act::Open | Act::Save),
        "SELECT" | "TEXTAREA" => true,
        "BUTTON" | "A" | "SUMMARY" => act == Act::PlayPause,
        _ => false,
    }
}
