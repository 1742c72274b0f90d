//! Change feed: follows what one database commits, in that order, and publishes it: the relay behind a
//! transactional outbox, or change data capture on a log.
//!
//! Simulated: queries for what is new, one per `poll_every`, or words of the database at each commit;
//! batches; entries published in their order, one or several under way at a time, each by a call on
//! behalf of the intent that wrote the row; failed ones that are tried again, for ever, or left out; a
//! position that is stored after or before entries are published, at once or now and then, and at which the
//! feed goes on after a crash; entries that another leader never had, which are not published any more.
//! Ignored: the time and the loss of storing the position; what entries carry; entries of a leader that has
//! been replaced and does not know it.

use super::NodeKind;
use crate::design::{CallMode, Settings};
use crate::engine::attempt::Call;
use crate::engine::core::Cx;
use crate::engine::draw::Address;
use crate::engine::outbox::Follower;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::time::Duration;

/// A word of the database: it has committed something, and its log ends at this position.
pub const NEWS: u8 = 0;
/// Local events: it is time to ask, or to store the position (args: the life in which they were set), or to
/// publish an entry again (arg: token of the call that failed).
const POLL: u8 = 1;
const STORE: u8 = 2;
const AGAIN: u8 = 3;

/// Positions in `TALLIES`.
const POLLS: usize = 0;
const PUBLISHED: usize = 1;
const AGAIN_BEGUN: usize = 2;
const FAILED: usize = 3;
const SKIPPED: usize = 4;
const PASSED_OVER: usize = 5;
const LAG_NS: usize = 6;

pub struct Config {
    /// The database tells it; else it asks.
    pub streams: bool,
    poll_every: Duration,
    batch: u64,
    in_flight: usize,
    stores_before: bool,
    /// Zero: at once.
    store_every: Duration,
    skips: bool,
    retry_pause: Duration,
}

#[derive(Clone)]
pub struct Feed {
    database: u16,
    source: u16,
    sink: u16,
    /// Of the last call; queries and entries count together.
    token: u64,
    /// How often it has crashed, so that events of an earlier life are recognised.
    life: u64,
    /// A query is under way; the time of the next one is set; there was more than the last one asked for.
    asks: bool,
    rests: bool,
    has_more: bool,
    /// The time of storing the position is set.
    stores: bool,
}

impl NodeKind for Feed {
    type Config = Config;

    const TALLIES: &'static [&'static str] = &[
        "polls",
        "published",
        "published_again",
        "publish_failed",
        "left_out",
        "passed_over",
        "lag_ns",
    ];

    fn compile(knobs: &Settings<'_>) -> Config {
        Config {
            streams: knobs.choice("reads") == "stream",
            poll_every: knobs.duration("poll_every"),
            batch: knobs.count("batch_size"),
            in_flight: knobs.count("in_flight") as usize,
            stores_before: knobs.choice("checkpoint") == "before",
            store_every: knobs.duration("checkpoint_every"),
            skips: knobs.choice("on_failure") == "skip",
            retry_pause: knobs.duration("retry_pause"),
        }
    }

    fn new(_: &Config) -> Feed {
        Feed {
            database: 0,
            source: 0,
            sink: 0,
            token: 0,
            life: 0,
            asks: false,
            rests: false,
            has_more: false,
            stores: false,
        }
    }

    fn start<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>) {
        // Validated: one link to a database, and one to somebody else.
        for &link in &cx.program.nodes[cx.node as usize].out {
            let to = cx.program.links[link as usize].to;
            if cx.program.nodes[to as usize].kind == "database" {
                (self.source, self.database) = (link, to);
            } else {
                self.sink = link;
            }
        }
        self.ask(cx);
    }

    fn on_local<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, code: u8, arg: u64) {
        if !cx.core.is_up(cx.node, 0) {
            return;
        }
        match code {
            NEWS => {
                let end = self.end(cx);
                let f = self.follower(cx);
                // A word may be about entries that are undone by now.
                f.known = f.known.max(arg.min(end));
            }
            POLL if arg == self.life => {
                self.rests = false;
                self.ask(cx);
            }
            STORE if arg == self.life => {
                self.stores = false;
                let f = self.follower(cx);
                f.stored = f.stored.max(f.done());
            }
            AGAIN => {
                let again = self.follower(cx).in_hand.remove(&arg);
                if let Some(position) = again {
                    self.publish(cx, position);
                }
            }
            _ => return,
        }
        self.go_on(config, cx);
    }

    fn on_own_call_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        match call.link == self.source {
            true => self.answered(config, cx, call, result),
            false => self.published(config, cx, call, result),
        }
        self.go_on(config, cx);
    }

    fn on_cut<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, link: u16, is_cut: bool) {
        // Words that were said meanwhile did not come through.
        if link == self.source && !is_cut && config.streams && cx.core.is_up(cx.node, 0) {
            self.ask(cx);
        }
    }

    fn on_crash<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        cx.crash_all(instance);
        self.life += 1;
        (self.asks, self.rests, self.has_more, self.stores) = (false, false, false, false);
        let passed_over = self.follower(cx).thrown_back();
        cx.tally_by(PASSED_OVER, passed_over);
        cx.drop_what_feeds_have(self.database);
    }

    fn on_restart<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, _: Option<u16>) {
        if cx.core.is_up(cx.node, 0) {
            self.ask(cx);
        }
    }

    fn on_revised<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        if cx.core.is_up(cx.node, 0) {
            self.go_on(config, cx);
        }
    }
}

impl Feed {
    fn follower<'c, R: Record>(&self, cx: &'c mut Cx<'_, R>) -> &'c mut Follower {
        let outbox = cx.core.outboxes[self.database as usize].as_deref_mut();
        outbox.expect("it is followed").follower(cx.node)
    }

    fn end<R: Record>(&self, cx: &Cx<'_, R>) -> u64 {
        let outbox = cx.core.outboxes[self.database as usize].as_deref();
        outbox.expect("it is followed").end()
    }

    /// Asks the database what is new: a query like any other.
    fn ask<R: Record>(&mut self, cx: &mut Cx<'_, R>) {
        if self.asks {
            return;
        }
        self.asks = true;
        cx.tally(POLLS);
        self.token += 1;
        let place = cx.program.nodes[cx.node as usize].place;
        let address = Address::intent(place, 0, self.token);
        // About no operation and no row in particular.
        let intent = cx.internal_intent(address, 0, 0);
        cx.call_of_its_own(intent, self.source, 0, CallMode::Read, (self.token, 0));
    }

    /// The answer to a query.
    fn answered<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        self.asks = false;
        if result.is_err() {
            return self.rest(config, cx);
        }
        let end = self.end(cx).min(call.answer.version);
        let f = self.follower(cx);
        // A query asks for one batch only; words bring as much as there is.
        let last = match config.streams {
            true => end,
            false => end.min(f.next - 1 + config.batch),
        };
        f.known = f.known.max(last);
        self.has_more = last < end;
    }

    /// The next query is made in a while.
    fn rest<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        if !self.rests {
            self.rests = true;
            cx.local_at(cx.now() + config.poll_every, POLL, self.life);
        }
    }

    /// Publishes what it can: batch after batch, as many entries at a time as may be under way.
    fn go_on<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        loop {
            let f = self.follower(cx);
            if f.next > f.until {
                if !f.in_hand.is_empty() {
                    break;
                }
                if f.known < f.next {
                    self.wait(config, cx);
                    break;
                }
                f.until = f.known.min(f.next - 1 + config.batch);
                if config.stores_before {
                    f.stored = f.until;
                }
            }
            if f.in_hand.len() >= config.in_flight {
                break;
            }
            let position = f.next;
            f.next += 1;
            let is_again = position <= f.furthest;
            f.furthest = f.furthest.max(position);
            if is_again {
                cx.tally(AGAIN_BEGUN);
            }
            self.publish(cx, position);
        }
        self.store(config, cx);
    }

    /// There is nothing to publish.
    fn wait<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        if config.streams || self.asks {
            return;
        }
        match std::mem::take(&mut self.has_more) {
            true => self.ask(cx),
            false => self.rest(config, cx),
        }
    }

    /// A call on behalf of who wrote the entry. Each try of an entry is a call with chances of its own.
    fn publish<R: Record>(&mut self, cx: &mut Cx<'_, R>, position: u64) {
        self.token += 1;
        let token = self.token;
        self.follower(cx).in_hand.insert(token, position);
        let outbox = cx.core.outboxes[self.database as usize].as_deref();
        let intent = outbox.expect("it is followed").entry(position).intent;
        cx.call_of_its_own(intent, self.sink, 0, CallMode::Write, (token, 0));
    }

    fn published<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let Some(&position) = self.follower(cx).in_hand.get(&call.token) else {
            // What was undone meanwhile.
            return;
        };
        match result {
            Ok(()) => {
                let outbox = cx.core.outboxes[self.database as usize].as_deref();
                let at = outbox.expect("it is followed").entry(position).at;
                let lag = cx.now().since(at).0;
                cx.tally(PUBLISHED);
                cx.tally_by(LAG_NS, lag);
            }
            Err(_) if config.skips => cx.tally(SKIPPED),
            Err(_) => {
                // It stays in hand, and those behind it wait.
                cx.tally(FAILED);
                return cx.local_at(cx.now() + config.retry_pause, AGAIN, call.token);
            }
        }
        self.follower(cx).in_hand.remove(&call.token);
    }

    /// Stores how far it is, if it does that after publishing, and forgets what it needs no more.
    fn store<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let f = self.follower(cx);
        if f.done() > f.stored && !config.stores_before {
            if config.store_every == Duration::ZERO {
                f.stored = f.done();
            } else if !self.stores {
                self.stores = true;
                cx.local_at(cx.now() + config.store_every, STORE, self.life);
            }
        }
        cx.drop_what_feeds_have(self.database);
    }
}
