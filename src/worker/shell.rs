//! The web worker itself: reads commands, runs the session in slices, posts what came of it.
//!
//! A message to the page is `[json]` or `[json, Float64Array]`, the numbers transferred, not copied.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic;

use js_sys::{Array, Float64Array};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort, Performance};

use super::protocol::{Command, Update};
use super::session::{Prepared, Session};
use super::twins;
use crate::document::{Asked, Making};
use crate::experiment::search::Search;
use crate::experiment::twin::Pair;
use crate::observe::requests::Selection;
use crate::observe::twin::Planned;
use crate::scenario::live::Act;
use crate::time::Time;
use crate::version::BUILD;

/// How long two runs go on side by side before a command of the page may come in between.
const PIECE_MS: f64 = 24.0;

/// What the worker holds between two messages.
#[derive(Default)]
struct Shell {
    /// The run that the page watches, with its number.
    session: Option<(u32, Session)>,
    reported: bool,
    /// Seeds still to be run without being watched.
    seeds: VecDeque<Job>,
    /// What the last of them was read from, and what came of it: most seeds are of one text.
    prepared: Option<(String, Prepared)>,
    /// A run in which somebody looks for some actions, with its number.
    search: Option<(u32, Search)>,
    /// Two runs side by side, with their number.
    twins: Option<(u32, Pair)>,
    /// A document under way, with its number and the runs that the page knows of.
    document: Option<(u32, Making, usize)>,
    /// Where the next piece is asked for, and whether it has been.
    bell: Option<MessagePort>,
    asked: bool,
}

struct Job {
    run: u32,
    text: String,
    seed: u64,
}

thread_local! {
    static SHELL: RefCell<Shell> = RefCell::default();
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Listens for commands; called once, when the module is loaded.
pub fn start() {
    panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // The program traps after this; what the page hears now is the last word.
        post(
            &Update::Panicked {
                message: info.to_string(),
            },
            None,
        );
    }));
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        let text = event.data().as_string().unwrap_or_default();
        match serde_json::from_str(&text) {
            Ok(command) => SHELL.with_borrow_mut(|shell| shell.obey(command)),
            // Page and worker are of one build, so this is a bug and not somebody's input.
            Err(error) => panic!("a command that cannot be read: {error}"),
        }
    });
    scope().set_onmessage(Some(listen.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    listen.forget();
    post(
        &Update::Ready {
            build: BUILD.to_owned(),
        },
        None,
    );
}

impl Shell {
    fn obey(&mut self, command: Command) {
        match command {
            Command::Load { run, text, seed } => self.load(run, &text, seed),
            Command::Advance {
                run,
                until_ns,
                budget_ms,
            } => {
                let clock = Stopwatch::start();
                self.with_session(run, |session| {
                    session.advance(Time(until_ns), || clock.ms() >= budget_ms);
                });
            }
            Command::Step { run } => self.with_session(run, Session::step),
            Command::Seek { run, at_ns } => self.seek(run, Time(at_ns)),
            Command::Act { run, act } => self.act(run, act),
            Command::Explain { run } => self.explain(run),
            Command::Seeds { run, text, seeds } => {
                let jobs = seeds.into_iter().map(|seed| Job {
                    run,
                    text: text.clone(),
                    seed,
                });
                self.seeds.extend(jobs);
                self.continue_later();
            }
            Command::Twins {
                number,
                here,
                twin,
                seed,
                planned,
            } => self.begin_twins(number, [&here, &twin], seed, planned),
            Command::Find {
                number,
                text,
                seed,
                selection,
            } => self.begin_search(number, &text, seed, &selection),
            Command::Document { number, asked } => self.begin_document(number, asked),
            Command::StopDocument => self.document = None,
            Command::Panic => panic!("asked to panic, for a test"),
        }
    }

    fn load(&mut self, run: u32, text: &str, seed: u64) {
        self.session = None;
        self.reported = false;
        match Session::load(text, seed) {
            Ok(mut session) => {
                post(
                    &Update::Loaded {
                        run,
                        plan: session.plan(),
                    },
                    None,
                );
                post_frame(session.frame(run));
                self.session = Some((run, session));
            }
            Err(diagnostics) => post(&Update::Refused { run, diagnostics }, None),
        }
    }

    fn seek(&mut self, run: u32, to: Time) {
        // Whoever goes on from there comes to an end again.
        self.reported = false;
        self.with_session(run, |session| session.seek(to));
    }

    fn act(&mut self, run: u32, act: Act) {
        let mut said = None;
        self.with_session(run, |session| {
            said = Some(match session.act(&act) {
                Ok(Time(at_ns)) => Update::Acted { run, at_ns, act },
                Err(diagnostics) => Update::NotActed { run, diagnostics },
            });
        });
        if let Some(update) = said {
            post(&update, None);
        }
    }

    /// Does something with the session if it is still the one meant, then shows what came of it.
    fn with_session(&mut self, run: u32, act: impl FnOnce(&mut Session)) {
        let Some((number, session)) = &mut self.session else {
            return;
        };
        if *number != run {
            return;
        }
        act(session);
        post_frame(session.frame(run));
        if session.is_over() && !self.reported {
            self.reported = true;
            let report = Box::new(session.report());
            let update = Update::Done {
                run,
                theory: session.theory(&report),
                report,
                found: Box::new(session.explanation()),
            };
            post(&update, None);
        }
    }

    fn explain(&self, asked: u32) {
        if let Some((run, session)) = self.session.as_ref().filter(|it| it.0 == asked) {
            let (run, at_ns) = (*run, session.now().0);
            let found = Box::new(session.explanation());
            post(&Update::Explained { run, at_ns, found }, None);
        }
    }

    fn begin_twins(&mut self, number: u32, texts: [&str; 2], seed: u64, planned: Planned) {
        self.twins = None;
        match twins::begin(texts, seed, planned) {
            Ok(pair) => {
                self.twins = Some((number, pair));
                self.continue_later();
            }
            Err(diagnostics) => {
                let update = Update::NoTwins {
                    number,
                    diagnostics,
                };
                post(&update, None);
            }
        }
    }

    fn begin_search(&mut self, number: u32, text: &str, seed: u64, selection: &Selection) {
        match Search::new(text, seed, selection) {
            Ok(search) => self.search = Some((number, search)),
            Err(diagnostics) => {
                self.search = None;
                let update = Update::NotFound {
                    number,
                    diagnostics,
                };
                post(&update, None);
            }
        }
        self.continue_later();
    }

    fn begin_document(&mut self, number: u32, asked: Asked) {
        match Making::new(asked) {
            Ok(making) => self.document = Some((number, making, usize::MAX)),
            Err(diagnostics) => {
                self.document = None;
                let update = Update::NoDocument {
                    number,
                    diagnostics,
                };
                post(&update, None);
            }
        }
        self.continue_later();
    }

    /// A piece of what nobody watches: what somebody waits for comes first.
    fn next_piece(&mut self) {
        self.asked = false;
        let went = self.next_of_search() || self.next_of_twins() || self.next_of_document();
        if went || self.next_seed() {
            self.continue_later();
        }
    }

    /// Each of these: whether there was anything to do.
    fn next_of_search(&mut self) -> bool {
        let Some((number, mut search)) = self.search.take() else {
            return false;
        };
        if a_piece(|| search.go_on()) {
            let found = Box::new(search.found());
            post(&Update::Found { number, found }, None);
        } else {
            self.search = Some((number, search));
        }
        true
    }

    fn next_of_twins(&mut self) -> bool {
        let Some((number, mut pair)) = self.twins.take() else {
            return false;
        };
        if a_piece(|| pair.go_on()) {
            let (found, report) = twins::end(pair);
            let update = Update::Twins {
                number,
                found: Box::new(found),
                report: Box::new(report),
            };
            post(&update, None);
        } else {
            self.twins = Some((number, pair));
        }
        true
    }

    fn next_of_document(&mut self) -> bool {
        let Some((number, mut making, told)) = self.document.take() else {
            return false;
        };
        if a_piece(|| making.go_on()) {
            let text = making.written();
            post(&Update::Document { number, text }, None);
            return true;
        }
        let (made, needed) = making.progress();
        if made != told {
            let update = Update::DocumentGoes {
                number,
                made,
                needed,
            };
            post(&update, None);
        }
        self.document = Some((number, making, made));
        true
    }

    /// One seed at a time, so that commands of the page come in between.
    fn next_seed(&mut self) -> bool {
        let Some(Job { run, text, seed }) = self.seeds.pop_front() else {
            return false;
        };
        let kept = self.prepared.take().filter(|(of, _)| *of == text);
        let prepared = kept.map_or_else(|| Prepared::new(&text), |(_, prepared)| Ok(prepared));
        match prepared {
            Ok(prepared) => {
                let mut report = prepared.run_to_end(seed);
                report.shorten();
                let report = Box::new(report);
                post(&Update::Seed { run, seed, report }, None);
                self.prepared = Some((text, prepared));
            }
            Err(diagnostics) => post(&Update::Refused { run, diagnostics }, None),
        }
        true
    }

    fn continue_later(&mut self) {
        if std::mem::replace(&mut self.asked, true) {
            return;
        }
        let bell = self.bell.get_or_insert_with(bell);
        bell.post_message(&JsValue::NULL)
            .expect("nothing is cloned");
    }
}

/// A message to oneself: behind the commands that have come meanwhile, and without the 4 ms for which timers that set each
/// other wait.
fn bell() -> MessagePort {
    let channel = MessageChannel::new().expect("a worker has channels");
    let heard = Closure::<dyn FnMut()>::new(|| SHELL.with_borrow_mut(Shell::next_piece));
    let heard_at = channel.port1();
    heard_at.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    // As long as the worker lives.
    heard.forget();
    channel.port2()
}

/// Goes on until it is over or a piece of time has passed; whether it is over.
fn a_piece(mut go_on: impl FnMut() -> bool) -> bool {
    let clock = Stopwatch::start();
    while clock.ms() < PIECE_MS {
        if go_on() {
            return true;
        }
    }
    false
}

/// Wall time; only here, never in the engine.
struct Stopwatch {
    performance: Performance,
    started: f64,
}

impl Stopwatch {
    fn start() -> Stopwatch {
        let performance = scope().performance().expect("a worker has a clock");
        let started = performance.now();
        Stopwatch {
            performance,
            started,
        }
    }

    fn ms(&self) -> f64 {
        self.performance.now() - self.started
    }
}

fn post_frame(mut frame: super::protocol::Frame) {
    let bulk = Float64Array::from(std::mem::take(&mut frame.bulk).as_slice());
    post(&Update::Frame(Box::new(frame)), Some(&bulk));
}

fn post(update: &Update, bulk: Option<&Float64Array>) {
    let json = serde_json::to_string(update).expect("updates are plain data");
    let message = Array::of1(&json.into());
    let transfer = Array::new();
    if let Some(bulk) = bulk {
        message.push(bulk);
        transfer.push(&bulk.buffer());
    }
    scope()
        .post_message_with_transfer(&message, &transfer)
        .expect("text and numbers can be posted");
}
