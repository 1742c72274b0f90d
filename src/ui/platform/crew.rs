//! Workers beside the one that runs what the page shows: they take the runs that nobody watches, one each at a time, and
//! end when there have been none for a while.

use std::cell::RefCell;
use std::time::Duration;

use leptos::prelude::set_timeout;

use super::window;
use super::worker_client::WorkerClient;
use crate::ui::state::crew::{Queue, hands};
use crate::version::BUILD;
use crate::worker::protocol::Update;

/// An idle crew keeps its memory for so long: who checks one design often checks the next one soon.
const IDLE: Duration = Duration::from_secs(20);

struct Member {
    number: u32,
    client: WorkerClient,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Still loading.
    Starts,
    Idle,
    Busy,
    /// It has failed. It cannot be dropped while it is heard.
    Gone,
}

#[derive(Default)]
struct Crew {
    queue: Queue,
    members: Vec<Member>,
    /// Members started so far: a late word of one that is gone is nobody's.
    started: u32,
    /// Grows with everything that one of them says.
    said: u32,
}

thread_local! {
    static CREW: RefCell<Crew> = RefCell::default();
}

/// Runs these seeds of this text. `hear` gets every answer, `fail` why there will be none.
pub fn ask(
    run: u32,
    text: &str,
    seeds: &[u64],
    hear: impl Fn(Update) + Copy + 'static,
    fail: impl Fn(String) + Copy + 'static,
) {
    let failed = CREW.with_borrow_mut(|crew| {
        crew.queue.ask(run, text, seeds);
        crew.members.retain(|member| member.state != State::Gone);
        crew.hand_out();
        crew.grow(hear, fail)
    });
    if let Some(why) = failed {
        fail(why);
    }
}

/// Another run is on the page: nobody waits for seeds of the one before.
pub fn another_is_loaded() {
    CREW.with_borrow_mut(|crew| crew.queue.another_is_loaded());
}

/// Ends all of them, and forgets what waits.
pub fn end() {
    CREW.with_borrow_mut(|crew| {
        crew.queue = Queue::default();
        crew.members.clear();
    });
}

impl Crew {
    /// Everybody who is idle gets the next run.
    fn hand_out(&mut self) {
        let idle = self
            .members
            .iter_mut()
            .filter(|member| member.state == State::Idle);
        for member in idle {
            let Some(command) = self.queue.take() else {
                return;
            };
            member.client.send(&command);
            member.state = State::Busy;
        }
    }

    /// As many as are worth having for what waits; why there is none at all.
    fn grow(
        &mut self,
        hear: impl Fn(Update) + Copy + 'static,
        fail: impl Fn(String) + Copy + 'static,
    ) -> Option<String> {
        let cores = window().navigator().hardware_concurrency() as usize;
        let busy = self.count(State::Busy);
        let wanted = hands(cores, self.queue.len() + busy);
        while self.members.len() < wanted {
            let number = self.started;
            self.started += 1;
            let heard = move |update| heard(number, update, hear, fail);
            let failed = move |why| failed(number, why, fail);
            match WorkerClient::start(heard, failed) {
                Ok(client) => self.members.push(Member {
                    number,
                    client,
                    state: State::Starts,
                }),
                Err(why) if self.members.is_empty() => return Some(why),
                // Slower, but all will be run.
                Err(_) => break,
            }
        }
        None
    }

    fn count(&self, state: State) -> usize {
        let all = self.members.iter();
        all.filter(|member| member.state == state).count()
    }

    /// Nobody is at work or about to be.
    fn is_idle(&self) -> bool {
        self.count(State::Busy) + self.count(State::Starts) == 0
    }

    /// `number` is in this state now; false if it is nobody of this crew.
    fn is_now(&mut self, number: u32, state: State) -> bool {
        let mut all = self.members.iter_mut();
        let found = all.find(|member| member.number == number && member.state != State::Gone);
        found.is_some_and(|member| {
            member.state = state;
            true
        })
    }
}

fn heard(number: u32, update: Update, hear: impl Fn(Update), fail: impl Fn(String)) {
    match update {
        Update::Ready { build } if build == BUILD => free(number),
        Update::Ready { .. } => {
            let why = "page and simulator are of different releases; reload the page";
            failed(number, why.into(), fail);
        }
        Update::Panicked { message } => failed(number, message, fail),
        update => {
            free(number);
            hear(update);
        }
    }
}

fn free(number: u32) {
    CREW.with_borrow_mut(|crew| {
        if crew.is_now(number, State::Idle) {
            crew.hand_out();
        }
        crew.said = crew.said.wrapping_add(1);
        let said = crew.said;
        if crew.is_idle() {
            set_timeout(move || rest(said), IDLE);
        }
    });
}

fn rest(said: u32) {
    CREW.with_borrow_mut(|crew| {
        // Nobody has said or begun anything since.
        if crew.said == said && crew.is_idle() {
            crew.members.clear();
        }
    });
}

/// One of them cannot go on. Others take its part, unless it died at work: a run at which one worker fails is one at
/// which all do.
fn failed(number: u32, why: String, fail: impl Fn(String)) {
    let serious = CREW.with_borrow_mut(|crew| {
        let mut all = crew.members.iter();
        let busy = all.any(|it| it.number == number && it.state == State::Busy);
        let known = crew.is_now(number, State::Gone);
        known && (busy || crew.count(State::Gone) == crew.members.len())
    });
    if serious {
        fail(why);
    }
}
