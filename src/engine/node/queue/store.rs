//! What is kept, and in which order.

use super::*;
use crate::engine::attempt::{CallId, CalleeSide, Intent, IntentId, Parent};
use crate::engine::begin::NewCall;
use crate::engine::draw::{Address, Purpose, Threshold};
use crate::engine::keys::Seen;
use crate::engine::program::SETTLE_LIMIT;
use crate::engine::slab::Id;
use crate::design::CallMode;

#[derive(Clone, Copy)]
pub(super) struct Message {
    pub intent: IntentId,
    /// Where its random numbers belong: below the try that published it.
    pub address: Address,
    pub item: u64,
    /// What came with it: its idempotency key, and the click.
    pub key: u64,
    pub submission: u16,
    pub priority: u8,
    /// Whoever handles it fails.
    pub is_poison: bool,
    /// Version of the interface in which it was published; 0 if nobody asked in one.
    pub contract: u8,
    /// Since when it, or its publisher, is here; and since when it is stored.
    pub since: Time,
    pub stored: Time,
    pub deliveries: u16,
    /// Of a log: groups that are not done with it.
    pub groups: u16,
    pub state: State,
}

impl Message {
    pub(super) fn receipt(&self, seq: u64, delivery: u16, is_first: bool) -> Receipt {
        Receipt {
            seq,
            delivery,
            is_first,
            is_poison: self.is_poison,
            contract: self.contract,
        }
    }

    /// The call that hands it to an instance over a link. Work is drawn anew for each delivery.
    pub(super) fn handed_to(&self, (link, instance): (u16, u16), receipt: Receipt) -> NewCall {
        NewCall {
            link,
            instance,
            mode: CallMode::Write,
            token: receipt.seq,
            payload: receipt.bits(),
            key: self.key,
            submission: self.submission,
            base: Some(self.address.attempt(u32::from(receipt.delivery))),
            ..NewCall::default()
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Delayed, or at rest before it is delivered again.
    Hidden,
    /// Another of the same item goes first.
    Behind,
    Ready,
    /// In the hands of a worker until then. `call` is [`Id::NONE`] once the worker gave up.
    Out { to: Word, call: CallId, until: Time },
    /// On its way to another queue.
    Moving { call: CallId },
}

impl Queue {
    /// A publisher stands at the door.
    pub(super) fn publish<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) {
        if cx.core.modifiers[cx.node as usize].disk_full > 0 {
            return cx.refuse(id, Reason::StorageFull);
        }
        let attempt = cx.core.attempts[id];
        let publisher = cx.program.links[attempt.link as usize].from;
        let is_moved = cx.program.nodes[publisher as usize].kind == "queue";
        if let Some(window) = config.dedup_window.filter(|_| !is_moved) {
            let key = key_of(cx, id);
            if self.seen.take(cx.now(), key) != Seen::New {
                cx.tally(DEDUPLICATED);
                return accept(cx, id);
            }
            self.seen.done(cx.now(), key, window);
        }
        if self.is_full(config) {
            match config.when_full {
                WhenFull::Refuse => return self.refuse(cx, id),
                WhenFull::Block => {
                    cx.enter_line(id);
                    self.blocked.push_back(id);
                    return;
                }
                WhenFull::DropOldest => {
                    let Some(seq) = self.oldest_to_drop(config) else {
                        return self.refuse(cx, id);
                    };
                    cx.tally(DROPPED);
                    self.lose(config, cx, seq);
                }
                WhenFull::DropNewest => {
                    cx.tally(DROPPED);
                    return accept(cx, id);
                }
            }
        }
        let now = cx.now();
        cx.enter();
        cx.counters().waiting.add(now, 1);
        self.store(config, cx, id);
    }

    /// The oldest of those that nobody has in hand, of the least important ones first. A log drops what is
    /// oldest.
    fn oldest_to_drop(&self, config: &Config) -> Option<u64> {
        if config.mode == Mode::Log {
            return self.messages.keys().next().copied();
        }
        let last = self.ready.last().map(|&(priority, _)| priority);
        let oldest = last.and_then(|p| self.ready.range((p, 0)..).next());
        oldest.map(|&(_, seq)| seq)
    }

    /// A message is gone that not everybody has taken care of.
    fn lose<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, seq: u64) {
        let item = self.messages[&seq].item;
        self.remove(config, cx, seq);
        if config.mode == Mode::Log {
            self.forget(config, cx, seq, item);
        }
    }

    /// What was refused may come again.
    fn refuse<R: Record>(&mut self, cx: &mut Cx<'_, R>, id: AttemptId) {
        self.seen.forget(key_of(cx, id));
        cx.refuse(id, Reason::QueueFull);
    }

    fn is_full(&self, config: &Config) -> bool {
        config.bound.is_some_and(|bound| self.messages.len() as u64 >= bound)
    }

    /// Publishers who wait get the room that there is now.
    pub(super) fn admit<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        while !self.is_full(config) {
            let Some(id) = self.blocked.pop_front() else { return };
            let waits = |a: &&Attempt| a.callee == CalleeSide::Queued;
            if cx.core.attempts.get(id).filter(waits).is_some() {
                self.store(config, cx, id);
            }
        }
    }

    /// Keeps the message and tells its publisher so. It is counted as present already.
    fn store<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let now = cx.now();
        let attempt = cx.core.attempts[id];
        let intent = cx.core.intents[attempt.intent];
        let seq = self.next;
        self.next += 1;
        self.messages.insert(
            seq,
            Message {
                intent: attempt.intent,
                address: attempt.address,
                item: intent.item,
                key: attempt.key,
                submission: attempt.submission,
                priority: intent.priority,
                is_poison: is_poison(cx, &attempt, &intent),
                contract: cx.core.asked_in(cx.program, &attempt).unwrap_or(0),
                since: attempt.arrived,
                stored: now,
                deliveries: 0,
                groups: self.groups.len() as u16,
                state: State::Hidden,
            },
        );
        if config.mode == Mode::Log {
            self.entries[log::partition_of(intent.item, config.partitions)].insert(seq);
        }
        cx.hold(attempt.intent);
        cx.tally(PUBLISHED);
        self.is_kept(cx, attempt.intent);
        accept(cx, id);
        match config.delay {
            Duration::ZERO => self.offer(config, seq),
            delay => cx.local_at(now + delay, DUE, seq),
        }
        self.watch_age(config, cx);
        self.watch_keys(config, cx);
    }

    /// One message more is kept: somebody will get it, or, where no worker is, nobody will.
    fn is_kept<R: Record>(&self, cx: &mut Cx<'_, R>, intent: IntentId) {
        if self.has_workers {
            cx.core.held_messages += 1;
        } else {
            cx.park(intent);
        }
    }

    fn is_kept_no_more<R: Record>(&self, cx: &mut Cx<'_, R>, intent: IntentId) {
        if self.has_workers {
            cx.core.held_messages -= 1;
        } else {
            cx.unpark(intent);
        }
    }

    /// A message may be delivered, unless another of its item goes first.
    pub(super) fn offer(&mut self, config: &Config, seq: u64) {
        let Some(message) = self.messages.get_mut(&seq) else { return };
        if config.order == Order::PerItem {
            let first = *self.first_of.entry(message.item).or_insert(seq);
            if first != seq {
                message.state = State::Behind;
                self.behind.insert((message.item, seq));
                return;
            }
        }
        message.state = State::Ready;
        if config.mode == Mode::Log {
            return;
        }
        self.ready.insert((rank(config, message), seq));
    }

    pub(super) fn take_first(&mut self) -> Option<u64> {
        self.ready.pop_first().map(|(_, seq)| seq)
    }

    /// A message is no longer one of those to be delivered; the next of its item is.
    fn withdraw(&mut self, config: &Config, seq: u64, message: &Message) {
        self.ready.remove(&(rank(config, message), seq));
        if config.order != Order::PerItem {
            return;
        }
        self.behind.remove(&(message.item, seq));
        if self.first_of.get(&message.item) != Some(&seq) {
            return;
        }
        self.first_of.remove(&message.item);
        let all = (message.item, 0)..=(message.item, u64::MAX);
        if let Some(next) = self.behind.range(all).next().copied() {
            self.behind.remove(&next);
            self.offer(config, next.1);
        }
    }

    /// A message is done with.
    pub(super) fn remove<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, seq: u64) {
        let message = self.messages.remove(&seq).expect("it is kept");
        note_age(cx, &message);
        if config.mode == Mode::Log {
            let partition = log::partition_of(message.item, config.partitions);
            self.entries[partition].remove(&seq);
        }
        let call = match message.state {
            State::Out { call, .. } | State::Moving { call } => call,
            _ => Id::NONE,
        };
        if !call.is_none() {
            cx.core.abandon(cx.program, cx.record, call);
        }
        self.withdraw(config, seq, &message);
        self.is_kept_no_more(cx, message.intent);
        self.let_go(cx, &message);
    }

    fn let_go<R: Record>(&self, cx: &mut Cx<'_, R>, message: &Message) {
        let now = cx.now();
        let counters = cx.counters();
        counters.waiting.sub(now, 1);
        counters.leave(now, message.since);
        cx.release(message.intent);
    }

    /// A message has had its last delivery.
    pub(super) fn bury<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, seq: u64) {
        match (&config.dead_letter, self.dead_link) {
            (DeadLetter::Park, _) => {
                let mut message = self.messages.remove(&seq).expect("it is kept");
                message.state = State::Hidden;
                note_age(cx, &message);
                self.withdraw(config, seq, &message);
                cx.core.held_messages -= 1;
                cx.park(message.intent);
                cx.tally(DEAD_LETTERED);
                self.parked.insert(seq, message);
            }
            (DeadLetter::Link(_), Some(link)) => self.send_away(cx, seq, link),
            _ => {
                cx.tally(DROPPED);
                self.remove(config, cx, seq);
            }
        }
    }

    /// Publishes the message to another queue; it is kept until that one has it.
    fn send_away<R: Record>(&mut self, cx: &mut Cx<'_, R>, seq: u64, link: u16) {
        let message = self.messages[&seq];
        let base = message.address.attempt(u32::from(message.deliveries));
        let place = cx.program.links[link as usize].place;
        let instance = cx.random_instance(link, base.call(place, 0).attempt(1));
        let new = NewCall {
            link,
            instance,
            mode: CallMode::Write,
            token: seq,
            payload: message.receipt(seq, message.deliveries, true).bits(),
            key: message.key,
            submission: message.submission,
            base: Some(base),
            ..NewCall::default()
        };
        let call = cx.call(message.intent, Parent::Node, new);
        self.messages.get_mut(&seq).expect("it is kept").state = State::Moving { call };
    }

    /// The other queue has it, or not.
    pub(super) fn moved<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let seq = call.token;
        let message = self.messages.get_mut(&seq).expect("a moving message is kept");
        message.state = State::Hidden;
        if result.is_err() {
            let at = cx.now() + config.redelivery_delay;
            cx.local_at(at, DUE, seq);
            return;
        }
        let is_dead = Some(call.link) == self.dead_link;
        cx.tally(if is_dead { DEAD_LETTERED } else { REDRIVEN });
        self.remove(config, cx, seq);
    }

    /// Everything that was put aside is given another chance: here, or where it came from.
    pub(super) fn redrive<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        for (seq, mut message) in std::mem::take(&mut self.parked) {
            message.deliveries = 0;
            self.messages.insert(seq, message);
            cx.unpark(message.intent);
            cx.core.held_messages += 1;
            cx.tally(REDRIVEN);
            self.offer(config, seq);
        }
        if let Some(link) = self.back_link {
            while let Some(seq) = self.take_first() {
                self.send_away(cx, seq, link);
            }
        }
    }

    /// A delay or a rest is over.
    pub(super) fn due<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, seq: u64) {
        if self.messages.get(&seq).is_some_and(|m| m.state == State::Hidden) {
            self.give_back(config, cx, seq);
        }
    }

    /// A message comes again, or has come often enough.
    pub(super) fn give_back<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, seq: u64) {
        let deliveries = u64::from(self.messages[&seq].deliveries);
        if deliveries > 0 && config.max_receives.is_some_and(|most| deliveries >= most) {
            self.bury(config, cx, seq);
        } else {
            self.offer(config, seq);
        }
    }

    /// One event at a time watches the oldest message.
    fn watch_age<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let oldest = self.messages.values().next();
        let (Some(retention), Some(oldest)) = (config.retention, oldest) else { return };
        let at = oldest.stored + retention;
        if !self.age_is_watched && at < cx.program.horizon + SETTLE_LIMIT {
            self.age_is_watched = true;
            cx.local_at(at.max(cx.now()), TOO_OLD, 0);
        }
    }

    pub(super) fn drop_too_old<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.age_is_watched = false;
        let Some(retention) = config.retention else { return };
        while let Some((&seq, oldest)) = self.messages.iter().next() {
            if oldest.stored + retention > cx.now() {
                break;
            }
            cx.tally(EXPIRED);
            self.lose(config, cx, seq);
        }
        self.watch_age(config, cx);
    }
}

/// The oldest message of all times is so old when it is gone.
fn note_age<R: Record>(cx: &mut Cx<'_, R>, message: &Message) {
    let age = cx.now() - message.stored;
    let counters = cx.counters();
    counters.greatest_age = counters.greatest_age.max(age);
}

/// More important messages are taken first where that counts.
fn rank(config: &Config, message: &Message) -> u8 {
    match config.order {
        Order::Priority => message.priority,
        _ => 0,
    }
}

/// The publisher is told that its message is taken.
fn accept<R: Record>(cx: &mut Cx<'_, R>, id: AttemptId) {
    cx.core.attempts[id].callee = CalleeSide::Replied;
    cx.reply(id, Ok(()));
}

/// Whether what is published now is poison: an entry makes it so, or it was already where it comes from.
/// All messages of an intent have the same fate under an entry.
fn is_poison<R: Record>(cx: &Cx<'_, R>, attempt: &Attempt, intent: &Intent) -> bool {
    let publisher = cx.program.links[attempt.link as usize].from;
    let is_moved = cx.program.nodes[publisher as usize].kind == "queue";
    if is_moved && Receipt::from_bits(attempt.payload).is_poison {
        return true;
    }
    let of_users = &cx.core.node_keys[intent.clients as usize];
    let hits = |&&(entry, operation, share): &&(u16, u16, Threshold)| {
        let address = intent.address.attempt(u32::from(entry));
        operation == intent.operation
            && !intent.is_internal
            && of_users.draws(Purpose::PoisonEntry, address).chance(share)
    };
    cx.core.poisoned.iter().any(|entry| hits(&entry))
}

/// What makes two messages the same: their key, or the intent behind them.
pub(in crate::engine::node) fn key_of<R: Record>(cx: &Cx<'_, R>, id: AttemptId) -> u64 {
    let attempt = &cx.core.attempts[id];
    match attempt.key {
        0 => cx.core.intents[attempt.intent].address.0,
        key => key,
    }
}
