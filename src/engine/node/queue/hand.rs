//! Handing messages out, and taking them back.

use super::store::State;
use super::*;
use crate::engine::attempt::{CalleeSide, Parent};
use crate::engine::node::NodeConfig;
use crate::engine::slab::Id;

/// A connection of a worker's instance.
#[derive(Clone, Copy)]
pub(super) struct Channel {
    word: Word,
    /// Messages that it may still be given.
    credit: u32,
}

impl Queue {
    /// Uses what has become possible: room for publishers, messages for workers.
    pub(super) fn go_on<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        if !cx.core.is_up(cx.node, 0) {
            return;
        }
        self.admit(config, cx);
        match config.mode {
            Mode::Lease => {
                while !self.ready.is_empty() {
                    let Some(poll) = self.polls.pop_front() else { return };
                    self.answer(config, cx, poll);
                }
            }
            Mode::Session => {
                while !self.ready.is_empty() {
                    let Some(key) = self.willing.pop_front() else { return };
                    let channel = self.channels.get_mut(&key).filter(|c| c.credit > 0);
                    let Some(channel) = channel else { continue };
                    channel.credit -= 1;
                    let word = channel.word;
                    self.willing.push_back(key);
                    let seq = self.take_first().expect("somebody is ready");
                    self.deliver(config, cx, seq, word, true);
                }
            }
            Mode::Log => self.read_on(config, cx),
        }
    }

    /// Answers a poll with what there is. If all of the answer is lost, the worker asks again when it
    /// has waited long enough.
    fn answer<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, poll: Word) {
        let mut arrives = false;
        for _ in 0..poll.n {
            let Some(seq) = self.take_first() else { break };
            // The first that gets through says that the poll is answered.
            arrives |= self.deliver(config, cx, seq, poll, !arrives);
        }
        if !arrives {
            let worker = cx.program.links[poll.link as usize].to;
            if let NodeConfig::Worker(worker) = &cx.program.nodes[worker as usize].config {
                cx.local_at(cx.now() + worker.poll_wait, AGAIN, poll.bits());
            }
        }
    }

    /// Gives a message to a worker. Says whether the network takes it there.
    fn deliver<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        seq: u64,
        to: Word,
        is_first: bool,
    ) -> bool {
        let now = cx.now();
        let message = self.messages.get_mut(&seq).expect("a ready message is kept");
        message.deliveries = message.deliveries.saturating_add(1);
        let delivery = message.deliveries;
        cx.tally(DELIVERED);
        if delivery == 1 {
            let counters = cx.counters();
            counters.began += 1;
            counters.left += 1;
            counters.waited += u128::from((now - message.stored).0);
        } else {
            cx.tally(REDELIVERED);
        }
        let receipt = message.receipt(seq, delivery, is_first);
        let new = message.handed_to((to.link, to.instance), receipt);
        let call = cx.call(message.intent, Parent::Node, new);
        let until = config.term.map_or(Time::NEVER, |term| now + term);
        message.state = State::Out { to, call, until };
        if until != Time::NEVER {
            cx.local_at(until, LEASE, receipt.bits());
        }
        let attempt = cx.core.calls[call].attempt;
        cx.core.attempts[attempt].callee != CalleeSide::Lost
    }

    pub(super) fn polled<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, word: Word) {
        match config.mode {
            Mode::Lease => self.polls.push_back(word),
            Mode::Log => self.asked(config, cx, word),
            Mode::Session => {
                let key = (word.link, word.instance);
                let before = self.channels.get(&key).map(|c| c.word);
                if let Some(before) = before {
                    // The old connection is dead, whether or not its end was heard of.
                    self.close(config, cx, before);
                }
                let credit = u32::from(word.n);
                self.channels.insert(key, Channel { word, credit });
                self.willing.push_back(key);
            }
        }
    }

    /// An instance is gone, or wants nothing more.
    pub(super) fn closed<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, word: Word) {
        if config.mode == Mode::Log {
            return self.left(config, cx, word);
        }
        let key = (word.link, word.instance);
        let is_older = |w: &Word| (w.link, w.instance) == key && w.life <= word.life;
        self.polls.retain(|poll| !is_older(poll));
        let channel = self.channels.get(&key).filter(|c| is_older(&c.word));
        let Some(channel) = channel else { return };
        let old = channel.word;
        if word.n > 0 {
            self.close(config, cx, old);
        } else {
            self.channels.remove(&key);
            self.willing.retain(|k| *k != key);
        }
    }

    /// A connection ends: what it held comes again.
    fn close<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, old: Word) {
        self.channels.remove(&(old.link, old.instance));
        self.willing.retain(|key| *key != (old.link, old.instance));
        let held = self.messages.iter().filter_map(|(&seq, m)| match m.state {
            State::Out { to, call, .. } if to == old => Some((seq, call)),
            _ => None,
        });
        for (seq, call) in held.collect::<Vec<_>>() {
            if !call.is_none() {
                cx.core.abandon(cx.program, cx.record, call);
            }
            cx.tally(TAKEN_BACK);
            self.unhand(config, cx, seq);
        }
    }

    /// A message is in nobody's hands any more.
    fn unhand<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, seq: u64) {
        self.messages.get_mut(&seq).expect("it is kept").state = State::Hidden;
        self.give_back(config, cx, seq);
    }

    /// A worker has answered: done, or not.
    pub(super) fn answered<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let seq = call.token;
        let message = self.messages.get_mut(&seq).expect("a delivered message is kept");
        let State::Out { to, until, .. } = message.state else {
            unreachable!("its call was under way")
        };
        message.state = State::Out { to, call: Id::NONE, until };
        let Err(reason) = result else {
            cx.tally(ACKNOWLEDGED);
            self.remove(config, cx, seq);
            return self.give_credit(to);
        };
        if config.mode == Mode::Lease {
            // Nobody has deleted it: it comes again when the lease ends.
            return;
        }
        if matches!(reason, Reason::CrashedWhileWorking | Reason::ConnectionRefused) {
            self.unhand(config, cx, seq);
            let current = self.channels.get(&(to.link, to.instance));
            if current.is_some_and(|c| c.word == to) {
                self.close(config, cx, to);
            }
            return;
        }
        self.messages.get_mut(&seq).expect("it is kept").state = State::Hidden;
        let at = cx.now() + config.redelivery_delay;
        cx.local_at(at, DUE, seq);
        self.give_credit(to);
    }

    fn give_credit(&mut self, to: Word) {
        let key = (to.link, to.instance);
        let channel = self.channels.get_mut(&key).filter(|c| c.word == to);
        if let Some(channel) = channel {
            channel.credit += 1;
            if channel.credit == 1 {
                self.willing.push_back(key);
            }
        }
    }

    /// A worker is still at it: the lease begins anew.
    pub(super) fn extend<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        receipt: Receipt,
    ) {
        let (Mode::Lease, Some(term)) = (config.mode, config.term) else { return };
        let message = self.messages.get_mut(&receipt.seq);
        let Some(message) = message.filter(|m| m.deliveries == receipt.delivery) else { return };
        if let State::Out { to, call, .. } = message.state
            && !call.is_none()
        {
            let until = cx.now() + term;
            message.state = State::Out { to, call, until };
            cx.local_at(until, LEASE, receipt.bits());
        }
    }

    /// A lease ends, or a worker has held a message for too long.
    pub(super) fn term_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        receipt: Receipt,
    ) {
        let seq = receipt.seq;
        let Some(message) = self.messages.get(&seq) else { return };
        let State::Out { to, call, until } = message.state else { return };
        if message.deliveries != receipt.delivery || until > cx.now() {
            return;
        }
        if config.mode == Mode::Session {
            let credit = self.channels.get(&(to.link, to.instance)).filter(|c| c.word == to);
            if credit.is_some() {
                self.close(config, cx, to);
                // The worker's library opens another at once.
                return self.polled(config, cx, to);
            }
        }
        if !call.is_none() {
            cx.core.give_up(cx.program, cx.record, call);
        }
        cx.tally(TAKEN_BACK);
        self.unhand(config, cx, seq);
    }

    /// The queue crashed: its connections are gone, and so are the calls over them.
    pub(super) fn calls_are_gone<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.groups_are_gone();
        for seq in self.messages.keys().copied().collect::<Vec<_>>() {
            let message = self.messages.get_mut(&seq).expect("it is kept");
            match message.state {
                State::Out { to, until, .. } if config.mode == Mode::Lease => {
                    message.state = State::Out { to, call: Id::NONE, until };
                }
                // A move that was broken off is tried again, like a delivery.
                State::Out { .. } | State::Moving { .. } => {
                    message.state = State::Hidden;
                    let at = cx.now() + config.redelivery_delay;
                    cx.local_at(at, DUE, seq);
                }
                _ => {}
            }
        }
    }
}
