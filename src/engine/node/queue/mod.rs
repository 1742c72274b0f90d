//! Queue: keeps messages, hands them out, takes them back.
//!
//! A message is stored by a call like any other (its publisher has its answer as soon as it is stored).
//! **A delivery is a call of the queue's own over the link to a worker, and the reply is the
//! acknowledgement.** So delay, loss and cuts of the link act on both, and an acknowledgement after the
//! message was taken back is a late reply.
//!
//! Simulated: *lease* (workers poll; a delivered message is hidden for a while and comes again unless
//! deleted) and *session* (the queue pushes to connections as far as their credit goes; what a closed
//! connection held comes again) and *log* (groups that each read everything, partition by partition; see
//! `log`); a bound and what a full queue does; delay, retention, order per item,
//! priority, deduplication, a last delivery and what follows it. `waiting` counts all messages that are
//! kept, those in workers' hands included; Little's law holds for them exactly.
//! Ignored: the queue's own work takes no time, and its capacity is its operator's business.

mod hand;
mod log;
mod members;
mod store;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::delivery::{self, CLOSED, EXTEND, POLL, QUIET, RECONNECT, Receipt, Word};
use super::{Look, NodeKind};
use crate::design::Settings;
use crate::engine::attempt::{Attempt, AttemptId, Call};
use crate::engine::core::Cx;
use crate::engine::keys::KeyStore;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::time::{Duration, Time};
use hand::Channel;
use log::Group;
use store::Message;
pub(super) use store::key_of;

/// Local events of the queue's own: a delay or rest is over, a lease or deadline ends (args: receipts),
/// the oldest message is too old, a poll whose answer was lost is made again (arg: word).
const DUE: u8 = 10;
const LEASE: u8 = 11;
const TOO_OLD: u8 = 12;
const AGAIN: u8 = 13;
/// Of a log: a partition has rested, a group shares anew (arg: its number), a member that is gone is given
/// up, or may have had its messages for too long (args: words), old values of keys are cleaned away.
const WAKE: u8 = 14;
const SHARE: u8 = 15;
const SESSION: u8 = 16;
const SILENT: u8 = 17;
const COMPACT: u8 = 18;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Lease,
    Session,
    Log,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Arrival,
    PerItem,
    Priority,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum WhenFull {
    Refuse,
    Block,
    DropOldest,
    DropNewest,
}

enum DeadLetter {
    Drop,
    Park,
    Link(String),
}

pub struct Config {
    pub mode: Mode,
    bound: Option<u64>,
    when_full: WhenFull,
    delay: Duration,
    retention: Option<Duration>,
    order: Order,
    /// How long a delivery may take.
    term: Option<Duration>,
    old_receipts_delete: bool,
    redelivery_delay: Duration,
    max_receives: Option<u64>,
    dead_letter: DeadLetter,
    dedup_window: Option<Duration>,
    survives_crash: bool,
    partitions: u16,
    poll_deadline: Duration,
    session_timeout: Duration,
    heartbeat_every: Option<Duration>,
    rebalance_pause: Duration,
    compaction: Option<Duration>,
}

#[derive(Clone)]
pub struct Queue {
    messages: BTreeMap<u64, Message>,
    /// Who may be delivered: by importance, then age.
    ready: BTreeSet<(u8, u64)>,
    /// Per item, which message goes first; and those behind it (order per item).
    first_of: BTreeMap<u64, u64>,
    behind: BTreeSet<(u64, u64)>,
    parked: BTreeMap<u64, Message>,
    /// Publishers who wait for room.
    blocked: VecDeque<AttemptId>,
    polls: VecDeque<Word>,
    channels: BTreeMap<(u16, u16), Channel>,
    /// Connections that may have credit, in turn.
    willing: VecDeque<(u16, u16)>,
    /// Of a log: who reads it, and what is in each partition.
    groups: Vec<Group>,
    entries: Vec<BTreeSet<u64>>,
    compacts: bool,
    seen: KeyStore,
    next: u64,
    age_is_watched: bool,
    words: u64,
    has_workers: bool,
    dead_link: Option<u16>,
    back_link: Option<u16>,
}

/// Positions in `TALLIES`.
const PUBLISHED: usize = 0;
const DELIVERED: usize = 1;
const REDELIVERED: usize = 2;
const ACKNOWLEDGED: usize = 3;
const LATE_ACKS: usize = 4;
const TAKEN_BACK: usize = 5;
const EXPIRED: usize = 6;
const DEAD_LETTERED: usize = 7;
const DROPPED: usize = 8;
const DEDUPLICATED: usize = 9;
const REDRIVEN: usize = 10;
const SKIPPED: usize = 11;
const REBALANCED: usize = 12;
const THROWN_OUT: usize = 13;
const COMPACTED: usize = 14;

impl NodeKind for Queue {
    type Config = Config;

    const TALLIES: &'static [&'static str] = &[
        "published",
        "delivered",
        "redelivered",
        "acknowledged",
        "late_acks",
        "taken_back",
        "expired",
        "dead_lettered",
        "dropped",
        "deduplicated",
        "redriven",
        "skipped",
        "rebalanced",
        "thrown_out",
        "compacted",
    ];

    fn compile(knobs: &Settings<'_>) -> Config {
        let mode = match knobs.choice("mode") {
            "session" => Mode::Session,
            "log" => Mode::Log,
            _ => Mode::Lease,
        };
        Config {
            mode,
            bound: knobs.opt_count("bound"),
            when_full: match knobs.choice("when_full") {
                "block" => WhenFull::Block,
                "drop_oldest" => WhenFull::DropOldest,
                "drop_newest" => WhenFull::DropNewest,
                _ => WhenFull::Refuse,
            },
            delay: knobs.duration("delay"),
            retention: knobs.opt_duration("retention"),
            order: match knobs.choice("order") {
                "per_item" => Order::PerItem,
                "priority" => Order::Priority,
                _ => Order::Arrival,
            },
            term: match mode {
                Mode::Lease => Some(knobs.duration("visibility_timeout")),
                Mode::Session => knobs.opt_duration("ack_deadline"),
                Mode::Log => None,
            },
            old_receipts_delete: knobs.choice("old_receipts") == "deletes",
            redelivery_delay: knobs.duration("redelivery_delay"),
            max_receives: knobs.opt_count("max_receives"),
            dead_letter: match knobs.opt_text("dead_letter") {
                None => DeadLetter::Drop,
                Some(word) if word == "park" => DeadLetter::Park,
                Some(link) => DeadLetter::Link(link),
            },
            dedup_window: knobs.opt_duration("dedup_window"),
            survives_crash: knobs.choice("on_crash") == "keep",
            partitions: knobs.count("partitions") as u16,
            poll_deadline: knobs.duration("poll_deadline"),
            session_timeout: knobs.duration("session_timeout"),
            heartbeat_every: knobs.opt_duration("heartbeat_every"),
            rebalance_pause: knobs.duration("rebalance_pause"),
            compaction: knobs.opt_duration("compaction"),
        }
    }

    fn new(config: &Config) -> Queue {
        Queue {
            messages: BTreeMap::new(),
            ready: BTreeSet::new(),
            first_of: BTreeMap::new(),
            behind: BTreeSet::new(),
            parked: BTreeMap::new(),
            blocked: VecDeque::new(),
            polls: VecDeque::new(),
            channels: BTreeMap::new(),
            willing: VecDeque::new(),
            groups: Vec::new(),
            entries: vec![BTreeSet::new(); config.partitions as usize],
            compacts: false,
            seen: KeyStore::default(),
            next: 1,
            age_is_watched: false,
            words: 0,
            has_workers: false,
            dead_link: None,
            back_link: None,
        }
    }

    fn start<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        for &link in &cx.program.nodes[cx.node as usize].out {
            let spec = &cx.program.links[link as usize];
            let is_dead = matches!(&config.dead_letter, DeadLetter::Link(key) if *key == spec.key);
            match cx.program.nodes[spec.to as usize].kind {
                "worker" => {
                    self.has_workers = true;
                    if config.mode == Mode::Log {
                        self.groups.push(Group::new(link, config.partitions));
                    }
                }
                _ if is_dead => self.dead_link = Some(link),
                _ => self.back_link = Some(link),
            }
        }
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        self.publish(config, cx, id);
        self.go_on(config, cx);
    }

    fn on_local<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, code: u8, arg: u64) {
        let is_down = !cx.core.is_up(cx.node, 0);
        match code {
            // Nobody listens; the worker tries again when the queue is back.
            POLL | CLOSED | EXTEND | QUIET | AGAIN if is_down => return,
            POLL | AGAIN => self.polled(config, cx, Word::from_bits(arg)),
            CLOSED => self.closed(config, cx, Word::from_bits(arg)),
            EXTEND => self.extend(config, cx, Receipt::from_bits(arg)),
            QUIET => self.quiet(config, cx, Word::from_bits(arg)),
            DUE => self.due(config, cx, arg),
            LEASE => self.term_over(config, cx, Receipt::from_bits(arg)),
            TOO_OLD => self.drop_too_old(config, cx),
            WAKE => {}
            SHARE => self.share_anew(config, cx, arg as usize),
            SESSION => self.session_over(config, cx, Word::from_bits(arg)),
            SILENT => self.silent(config, cx, Word::from_bits(arg)),
            COMPACT => self.compact(config, cx),
            _ => unreachable!("queues know these"),
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
        if Some(call.link) == self.dead_link || Some(call.link) == self.back_link {
            self.moved(config, cx, call, result);
        } else if config.mode == Mode::Log {
            self.read(config, cx, call, result);
        } else {
            self.answered(config, cx, call, result);
        }
        self.go_on(config, cx);
    }

    fn on_late_reply<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, late: &Attempt) {
        let is_moving = Some(late.link) == self.dead_link || Some(late.link) == self.back_link;
        let is_down = !cx.core.is_up(cx.node, 0);
        if is_moving || is_down || late.reply.is_err() {
            return;
        }
        cx.tally(LATE_ACKS);
        // A connection that was closed has no say any more.
        if config.mode == Mode::Lease && config.old_receipts_delete {
            let seq = Receipt::from_bits(late.payload).seq;
            if self.messages.contains_key(&seq) {
                cx.tally(ACKNOWLEDGED);
                self.remove(config, cx, seq);
                self.go_on(config, cx);
            }
        }
    }

    fn on_crash<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, _: Option<u16>) {
        cx.crash_all(None);
        self.blocked.clear();
        self.polls.clear();
        self.channels.clear();
        self.willing.clear();
        self.calls_are_gone(config, cx);
        if !config.survives_crash {
            for seq in self.messages.keys().copied().collect::<Vec<_>>() {
                cx.tally(DROPPED);
                self.remove(config, cx, seq);
            }
            self.seen.clear();
        }
    }

    fn on_restart<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, _: Option<u16>) {
        for &link in &cx.program.nodes[cx.node as usize].out {
            let to = cx.program.links[link as usize].to;
            if cx.program.nodes[to as usize].kind == "worker" {
                delivery::say(cx, link, &mut self.words, RECONNECT, u64::from(link));
            }
        }
    }

    fn on_cut<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, link: u16, is_cut: bool) {
        if config.mode == Mode::Log {
            self.link_is_quiet(config, cx, link, is_cut);
            self.go_on(config, cx);
        }
    }

    fn on_redrive<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.redrive(config, cx);
        self.go_on(config, cx);
    }

    fn on_revised<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.watch_anew(config, cx);
        self.go_on(config, cx);
    }

    fn oldest(&self) -> Option<Time> {
        self.messages.values().next().map(|oldest| oldest.stored)
    }

    fn look(&self, config: &Config) -> Look {
        Look {
            slots: 0,
            slots_each: 0,
            queue_limit: config.bound.map(|n| n as u32),
        }
    }
}
