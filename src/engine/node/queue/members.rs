//! Who reads a log: members that join, fall silent, leave or are thrown out, and how partitions are dealt
//! out anew.
//!
//! Heartbeats are no messages here: as long as a reader lives and its link lets words through they come, so
//! only their end and their return are noted. The last one before the end is as old as `heartbeat_every`
//! makes it.

use super::log::{Who, who};
use super::*;

#[derive(Clone, Copy)]
pub(super) struct Member {
    /// When it asked last.
    pub heard: Time,
    /// Since when it is a member; its heartbeats count from there.
    pub joined: Time,
    pub is_gone: bool,
    /// Reasons why its heartbeats do not come, and when the last one came.
    pub quiet: u8,
    pub last_beat: Time,
}

impl Member {
    pub fn new(now: Time) -> Member {
        Member {
            heard: now,
            joined: now,
            is_gone: false,
            quiet: 0,
            last_beat: Time::NEVER,
        }
    }

    /// Its heartbeats come no more from now on.
    fn falls_silent(&mut self, config: &Config, now: Time) -> Time {
        if self.last_beat == Time::NEVER {
            let since = now.since(self.joined).0;
            let age = config.heartbeat_every.map_or(0, |every| since % every.0);
            self.last_beat = Time(now.0 - age);
        }
        (self.last_beat + config.session_timeout).max(now)
    }
}

/// How groups change.
impl Queue {
    /// An instance is gone, and the group waits whether it comes back (it does not: it is another then),
    /// or it leaves for good and finishes what it has.
    pub(super) fn left<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, word: Word) {
        let Some(g) = self.groups.iter().position(|group| group.link == word.link) else { return };
        if word.n > 0 {
            return self.is_gone(config, cx, g, word);
        }
        let group = &mut self.groups[g];
        group.polls.remove(&who(word));
        if group.members.remove(&who(word)).is_some() {
            cx.local_at(cx.now() + config.poll_deadline, SILENT, word.bits());
            self.rejoin(config, cx, g);
        }
    }

    pub(super) fn is_gone<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, g: usize, word: Word) {
        let group = &mut self.groups[g];
        group.polls.remove(&who(word));
        if let Some(member) = group.members.get_mut(&who(word)) {
            member.is_gone = true;
            let at = member.falls_silent(config, cx.now());
            cx.local_at(at, SESSION, word.bits());
        }
        group.lapsed.remove(&who(word));
    }

    /// Heartbeats of a member stop, or come again.
    pub(super) fn quiet<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, word: Word) {
        let Some(g) = self.groups.iter().position(|group| group.link == word.link) else { return };
        let (now, group) = (cx.now(), &mut self.groups[g]);
        let lapsed = group.lapsed.get_mut(&who(word)).map(|(member, _)| member);
        let Some(member) = group.members.get_mut(&who(word)).or(lapsed) else { return };
        if word.n > 0 {
            member.quiet += 1;
            if member.quiet == 1 && !member.is_gone {
                let at = member.falls_silent(config, now);
                cx.local_at(at, SESSION, word.bits());
            }
            return;
        }
        member.quiet = member.quiet.saturating_sub(1);
        if member.quiet > 0 || member.is_gone {
            return;
        }
        (member.joined, member.last_beat) = (now, Time::NEVER);
        if let Some((_, polls)) = group.lapsed.remove(&who(word)) {
            for poll in polls {
                self.asked(config, cx, poll);
            }
        }
    }

    /// Nothing comes over the link from any member, or it does again.
    pub(super) fn link_is_quiet<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        link: u16,
        is_quiet: bool,
    ) {
        let Some(group) = self.groups.iter().find(|group| group.link == link) else { return };
        let known = group.members.keys().chain(group.lapsed.keys());
        for (instance, life) in known.copied().collect::<Vec<_>>() {
            let word = Word { link, instance, n: u16::from(is_quiet), life };
            self.quiet(config, cx, word);
        }
    }

    /// How long a member may be silent has changed: what was set by the old times may come too early.
    pub(super) fn watch_anew<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let now = cx.now();
        for group in &self.groups {
            for (&(instance, life), member) in &group.members {
                let bits = Word { link: group.link, instance, n: 0, life }.bits();
                if member.last_beat != Time::NEVER {
                    let over = member.last_beat + config.session_timeout;
                    cx.local_at(over.max(now), SESSION, bits);
                }
                let late = member.heard + config.poll_deadline;
                cx.local_at(late.max(now), SILENT, bits);
            }
        }
    }

    /// Nothing has been heard of a member for long enough.
    pub(super) fn session_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        word: Word,
    ) {
        let Some(g) = self.groups.iter().position(|group| group.link == word.link) else { return };
        let now = cx.now();
        let is_over = |m: &Member| {
            m.last_beat != Time::NEVER && m.last_beat + config.session_timeout <= now
        };
        let Some(member) = self.groups[g].members.get(&who(word)).filter(|m| is_over(m)) else {
            return;
        };
        if !member.is_gone {
            cx.tally(THROWN_OUT);
        }
        self.throw_out(config, cx, g, who(word));
    }

    /// A member has had its messages for so long: has it asked for more since?
    pub(super) fn silent<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, word: Word) {
        let Some(g) = self.groups.iter().position(|group| group.link == word.link) else { return };
        let group = &self.groups[g];
        let asks = group.polls.get(&who(word)).is_some_and(|polls| !polls.is_empty());
        let is_late = match group.members.get(&who(word)) {
            Some(member) => !member.is_gone && member.heard + config.poll_deadline <= cx.now(),
            // It was leaving.
            None => group.shares.iter().any(|s| s.owner == Some(who(word)) && !s.out.is_empty()),
        };
        if is_late && !asks {
            cx.tally(THROWN_OUT);
            self.throw_out(config, cx, g, who(word));
        }
    }

    fn throw_out<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, g: usize, member: Who) {
        let group = &mut self.groups[g];
        let was = group.members.remove(&member);
        let polls = group.polls.remove(&member).unwrap_or_default();
        if let Some(was) = was.filter(|was| was.quiet > 0 && !was.is_gone) {
            group.lapsed.insert(member, (was, polls));
        }
        for share in group.shares.iter_mut().filter(|share| share.owner == Some(member)) {
            share.owner = None;
            for (_, call) in std::mem::take(&mut share.out) {
                cx.tally(TAKEN_BACK);
                cx.core.give_up(cx.program, cx.record, call);
            }
        }
        self.rejoin(config, cx, g);
        self.share_anew(config, cx, g);
    }

    /// The members have changed.
    pub(super) fn rejoin<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, g: usize) {
        if self.groups[g].pause.is_none() {
            let until = cx.now() + config.rebalance_pause;
            self.groups[g].pause = Some(until);
            cx.tally(REBALANCED);
            cx.local_at(until, SHARE, g as u64);
        }
    }

    /// Deals the partitions out, once the pause is over, the dead are given up, and everything that is
    /// out has come back.
    pub(super) fn share_anew<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, g: usize) {
        if self.groups[g].pause.is_none_or(|until| until > cx.now()) {
            return;
        }
        let group = &self.groups[g];
        let owners: BTreeSet<Who> = group.shares.iter().filter_map(|s| s.owner).collect();
        for owner in owners {
            if !self.groups[g].members.contains_key(&owner) {
                self.repeat_commits(config, cx, g, owner);
            }
        }
        let group = &mut self.groups[g];
        let waits = group.members.values().any(|member| member.is_gone)
            || group.shares.iter().any(|share| !share.out.is_empty());
        if !waits {
            group.pause = None;
            group.assign();
        }
    }

    /// The broker crashed: who is a member has to be found out again; offsets are kept.
    pub(super) fn groups_are_gone(&mut self) {
        for group in &mut self.groups {
            group.members.clear();
            group.polls.clear();
            group.lapsed.clear();
            group.pause = None;
            for share in &mut group.shares {
                share.owner = None;
                share.out.clear();
            }
        }
    }
}
