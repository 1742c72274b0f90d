//! A log: partitions, each read in order by one member of every group.
//!
//! A link to a worker is a group, an instance of that worker a member. A partition has one owner in a
//! group and at most one fetch of it is out, so what is of one key is worked on in order. A group that
//! begins to share anew gets nothing until the pause is over, everything out has come back, and those
//! who are gone have been given up (session timeout).

use super::store::State;
use super::members::Member;
use super::*;
use crate::engine::attempt::{CallId, CalleeSide, Parent};
use crate::engine::draw::mix64;
use crate::engine::node::NodeConfig;
use crate::engine::program::SETTLE_LIMIT;

/// An instance in one of its lives.
pub(super) type Who = (u16, u16);

#[derive(Clone)]
pub(super) struct Group {
    pub link: u16,
    pub members: BTreeMap<Who, Member>,
    pub polls: BTreeMap<Who, VecDeque<Word>>,
    pub shares: Vec<Share>,
    /// Deliveries of what is not done with.
    tries: BTreeMap<u64, u16>,
    /// It is sharing anew: not before then.
    pub pause: Option<Time>,
    /// The partition that is looked at first.
    turn: usize,
    /// Members that lost their place while nothing was heard of them, with what they had asked for: when
    /// they are heard again, they join again.
    pub lapsed: BTreeMap<Who, (Member, VecDeque<Word>)>,
}

/// A partition, as a group has read it.
#[derive(Clone, Default)]
pub(super) struct Share {
    pub owner: Option<Who>,
    /// Where the next fetch begins, and up to where everything is done.
    position: u64,
    committed: u64,
    pub out: BTreeMap<u64, CallId>,
    done: BTreeSet<u64>,
    /// The first that failed in this fetch: all from there on come again.
    failed: Option<u64>,
    rests_until: Time,
}

/// Where a key is.
pub(super) fn partition_of(item: u64, partitions: u16) -> usize {
    (mix64(item) % u64::from(partitions)) as usize
}

pub(super) fn who(word: Word) -> Who {
    (word.instance, word.life)
}

impl Group {
    pub fn new(link: u16, partitions: u16) -> Group {
        Group {
            link,
            members: BTreeMap::new(),
            polls: BTreeMap::new(),
            shares: vec![Share::default(); partitions as usize],
            tries: BTreeMap::new(),
            pause: None,
            turn: 0,
            lapsed: BTreeMap::new(),
        }
    }

    /// Gives the partitions in turn: the first n/m of them to the first member, one more to each of the
    /// first while they do not divide evenly (Kafka's RangeAssignor, one topic).
    pub(super) fn assign(&mut self) {
        let members: Vec<Who> = self.members.keys().copied().collect();
        let (each, more) = match members.len() {
            0 => (0, 0),
            m => (self.shares.len() / m, self.shares.len() % m),
        };
        let mut owners = members.iter().enumerate().flat_map(|(i, &who)| {
            std::iter::repeat_n(who, each + usize::from(i < more))
        });
        for share in &mut self.shares {
            share.owner = owners.next();
            share.position = share.committed;
            share.done.clear();
            share.failed = None;
        }
    }
}

impl Queue {
    /// Every group reads what it may.
    pub(super) fn read_on<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        for g in 0..self.groups.len() {
            let all = self.groups[g].shares.len();
            let mut idle = 0;
            while idle < all && self.groups[g].pause.is_none() {
                let partition = self.groups[g].turn;
                self.groups[g].turn = (partition + 1) % all;
                match self.fetch(config, cx, g, partition) {
                    true => idle = 0,
                    false => idle += 1,
                }
            }
        }
    }

    /// Answers a poll of a partition's owner with what comes next there.
    fn fetch<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        g: usize,
        partition: usize,
    ) -> bool {
        self.skip(config, cx, g, partition);
        let group = &mut self.groups[g];
        let share = &mut group.shares[partition];
        let Some(owner) = share.owner else { return false };
        if !share.out.is_empty() || share.rests_until > cx.now() {
            return false;
        }
        let Some(polls) = group.polls.get_mut(&owner) else { return false };
        let Some(poll) = polls.front().copied() else { return false };
        let next = self.entries[partition].range(share.position..);
        let there = next.copied().take_while(|seq| self.messages[seq].state != State::Hidden);
        let batch: Vec<u64> = there.take(poll.n as usize).collect();
        if batch.is_empty() {
            return false;
        }
        polls.pop_front();
        share.failed = None;
        let mut arrives = false;
        for seq in batch {
            if !self.hand(cx, g, partition, seq, poll, !arrives) {
                break;
            }
            arrives = true;
        }
        if arrives {
            cx.local_at(cx.now() + config.poll_deadline, SILENT, poll.bits());
        } else {
            let worker = cx.program.links[poll.link as usize].to;
            if let NodeConfig::Worker(worker) = &cx.program.nodes[worker as usize].config {
                cx.local_at(cx.now() + worker.poll_wait, AGAIN, poll.bits());
            }
        }
        true
    }

    /// Passes over what has been tried often enough.
    fn skip<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, g: usize, partition: usize) {
        let Some(most) = config.max_receives else { return };
        loop {
            let share = &self.groups[g].shares[partition];
            let next = self.entries[partition].range(share.position..).next().copied();
            let Some(seq) = next.filter(|_| share.out.is_empty()) else { return };
            let tries = self.groups[g].tries.get(&seq).copied().unwrap_or(0);
            if u64::from(tries) < most {
                return;
            }
            cx.tally(SKIPPED);
            self.groups[g].shares[partition].position = seq + 1;
            self.done_with(config, cx, g, partition, seq);
        }
    }

    /// Gives one message to a member. Says whether the network takes it there; if not, the rest of the
    /// answer is cut off too.
    fn hand<R: Record>(
        &mut self,
        cx: &mut Cx<'_, R>,
        g: usize,
        partition: usize,
        seq: u64,
        poll: Word,
        is_first: bool,
    ) -> bool {
        let now = cx.now();
        let tries = self.groups[g].tries.entry(seq).or_insert(0);
        *tries = tries.saturating_add(1);
        let delivery = *tries;
        let message = self.messages.get_mut(&seq).expect("an entry is kept");
        let is_new = message.deliveries == 0;
        message.deliveries = message.deliveries.max(delivery);
        cx.tally(DELIVERED);
        if is_new {
            let counters = cx.counters();
            counters.began += 1;
            counters.left += 1;
            counters.waited += u128::from((now - message.stored).0);
        }
        if delivery > 1 {
            cx.tally(REDELIVERED);
        }
        let receipt = message.receipt(seq, delivery, is_first);
        let new = message.handed_to((poll.link, poll.instance), receipt);
        let call = cx.call(message.intent, Parent::Node, new);
        let attempt = cx.core.calls[call].attempt;
        if cx.core.attempts[attempt].callee == CalleeSide::Lost {
            cx.core.abandon(cx.program, cx.record, call);
            return false;
        }
        let share = &mut self.groups[g].shares[partition];
        share.out.insert(seq, call);
        share.position = seq + 1;
        true
    }

    /// A member has answered: its offset is committed as far as nothing is missing before it.
    pub(super) fn read<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let seq = call.token;
        let g = self.groups.iter().position(|group| group.link == call.link);
        let g = g.expect("each link to a worker is a group");
        let item = cx.core.intents[call.intent].item;
        let partition = partition_of(item, config.partitions);
        self.groups[g].shares[partition].out.remove(&seq);
        self.heard_of(config, cx, g, partition, seq, result);
        self.share_anew(config, cx, g);
    }

    fn heard_of<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        g: usize,
        partition: usize,
        seq: u64,
        result: Result<(), Reason>,
    ) {
        let now = cx.now();
        let share = &mut self.groups[g].shares[partition];
        match result {
            Ok(()) if share.failed.is_none_or(|first| seq < first) => {
                cx.tally(ACKNOWLEDGED);
                self.done_with(config, cx, g, partition, seq);
            }
            // Behind one that failed: it comes again with that one.
            Ok(()) => {}
            // Whoever gets the partition next begins where nothing is missing.
            Err(Reason::CrashedWhileWorking | Reason::ConnectionRefused) => {}
            Err(_) => {
                share.failed = Some(share.failed.map_or(seq, |first| first.min(seq)));
                share.position = share.position.min(seq);
                share.rests_until = now + config.redelivery_delay;
                cx.local_at(share.rests_until, WAKE, 0);
            }
        }
    }

    fn done_with<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        g: usize,
        partition: usize,
        seq: u64,
    ) {
        if self.entries[partition].contains(&seq) {
            self.groups[g].shares[partition].done.insert(seq);
        }
        self.advance(config, cx, g, partition);
    }

    /// Commits as far as nothing is missing.
    fn advance<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        g: usize,
        partition: usize,
    ) {
        loop {
            let share = &mut self.groups[g].shares[partition];
            let first = self.entries[partition].range(share.committed..).next().copied();
            let Some(first) = first.filter(|first| share.done.remove(first)) else { return };
            share.committed = first + 1;
            self.groups[g].tries.remove(&first);
            let message = self.messages.get_mut(&first).expect("an entry is kept");
            message.groups -= 1;
            if message.groups == 0 {
                self.remove(config, cx, first);
            }
        }
    }

    /// A member asks for more. One that is not known joins, and everybody's shares are dealt again.
    pub(super) fn asked<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, word: Word) {
        let Some(g) = self.groups.iter().position(|group| group.link == word.link) else { return };
        let now = cx.now();
        let group = &mut self.groups[g];
        // Lives are counted; the count may come round.
        let is_later = |life: u16| life.wrapping_sub(word.life) as i16 > 0;
        let mut known = group.members.keys().chain(group.lapsed.keys());
        if known.any(|who| who.0 == word.instance && is_later(who.1)) {
            // Said by an earlier life, and repeated since: nobody waits for an answer.
            return;
        }
        let older: Vec<Who> = group.members.iter()
            .filter(|(who, m)| who.0 == word.instance && who.1 != word.life && !m.is_gone)
            .map(|(&who, _)| who)
            .collect();
        for life in older {
            self.is_gone(config, cx, g, Word { life: life.1, ..word });
        }
        let group = &mut self.groups[g];
        group.polls.entry(who(word)).or_default().push_back(word);
        match group.members.get_mut(&who(word)) {
            Some(member) => member.heard = now,
            None => {
                group.members.insert(who(word), Member::new(now));
                self.rejoin(config, cx, g);
            }
        }
        self.repeat_commits(config, cx, g, who(word));
        self.share_anew(config, cx, g);
    }

    /// A commit whose answer was lost is made again with the next poll.
    pub(super) fn repeat_commits<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        g: usize,
        member: Who,
    ) {
        for partition in 0..self.groups[g].shares.len() {
            let share = &self.groups[g].shares[partition];
            if share.owner != Some(member) {
                continue;
            }
            for (seq, call) in share.out.clone() {
                let attempt = cx.core.attempts[cx.core.calls[call].attempt];
                if attempt.callee.is_open() || attempt.reply_under_way {
                    continue;
                }
                let result = attempt.reply;
                cx.core.abandon(cx.program, cx.record, call);
                self.groups[g].shares[partition].out.remove(&seq);
                self.heard_of(config, cx, g, partition, seq, result);
            }
        }
    }
}

impl Queue {
    /// Something was removed that not everybody has read: it holds up nobody's offset.
    pub(super) fn forget<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        seq: u64,
        item: u64,
    ) {
        let partition = partition_of(item, config.partitions);
        for g in 0..self.groups.len() {
            self.groups[g].tries.remove(&seq);
            self.groups[g].shares[partition].done.remove(&seq);
            self.advance(config, cx, g, partition);
        }
    }

    /// One event at a time waits for the next round of the cleaner.
    pub(super) fn watch_keys<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let Some(every) = config.compaction.filter(|_| config.mode == Mode::Log) else { return };
        let at = cx.now() + every;
        if !self.compacts && !self.messages.is_empty() && at < cx.program.horizon + SETTLE_LIMIT {
            self.compacts = true;
            cx.local_at(at, COMPACT, 0);
        }
    }

    /// Of each key only the newest stays, and what somebody is reading.
    pub(super) fn compact<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.compacts = false;
        let mut newer = BTreeSet::new();
        let all = self.messages.iter().rev();
        let old = all.filter(|(_, m)| !newer.insert(m.item)).map(|(&seq, m)| (seq, m.item));
        for (seq, item) in old.collect::<Vec<_>>() {
            let partition = partition_of(item, config.partitions);
            let is_out = |g: &Group| g.shares[partition].out.contains_key(&seq);
            // Another that was before it may have gone meanwhile, and it with that one.
            if self.messages.contains_key(&seq) && !self.groups.iter().any(is_out) {
                cx.tally(COMPACTED);
                self.remove(config, cx, seq);
                self.forget(config, cx, seq, item);
            }
        }
        self.watch_keys(config, cx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_partition_more_moves_most_keys() {
        // From n to n + 1 parts, n / (n + 1) of the keys move; to twice as many, half.
        for (from, to, expected) in [(4, 5, 0.8), (4, 8, 0.5), (9, 10, 0.9)] {
            const KEYS: u64 = 100_000;
            let moves = |&key: &u64| partition_of(key, from) != partition_of(key, to);
            let moved = (0..KEYS).filter(moves).count() as f64 / KEYS as f64;
            assert!((moved - expected).abs() < 0.01, "{from} {to}: {moved}");
        }
    }

    #[test]
    fn the_first_members_have_one_partition_more() {
        let mut group = Group::new(0, 8);
        for instance in 0..3 {
            group.members.insert((instance, 0), Member::new(Time::ZERO));
        }
        group.assign();
        let owners = group.shares.iter().map(|share| share.owner.map_or(9, |who| who.0));
        assert_eq!(owners.collect::<Vec<_>>(), [0, 0, 0, 1, 1, 1, 2, 2]);
    }
}
