//! Two worlds side by side: what is the same in both is forgotten at once, and of each place the first thing
//! is kept that is not.
//!
//! Tries are compared with each other, not moments: a try is known by an address that depends on nothing else
//! in the run. All its moments are known only when it is over, so the earliest difference is found after later
//! ones; what is under way bounds what has to wait.

use std::collections::BTreeSet;

use super::meet::{Key, Thing, Waiting};
use super::places::{Places, SIDES};
use super::users::Users;
use crate::engine::World;
use crate::engine::attempt::NO_LINK;
use crate::observe::tape::{Asked, Noted, Tape, Try, Wronged};
use crate::observe::traces::Span;
use crate::time::Time;

/// What is different, in the order of cause and effect within one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Field {
    Asked,
    Born,
    Instance,
    Sent,
    /// On the way, and at the callee.
    Arrived,
    Reached,
    Callee,
    Began,
    Left,
    Ended,
    Answer,
    Besides,
    Told,
}

/// What both worlds have of it, or one.
#[derive(Clone, Copy, Debug)]
pub enum Seen {
    Try([Option<Try>; 2]),
    Asked([Option<Asked>; 2]),
    Noted([Option<Noted>; 2]),
}

/// The first difference at a place.
#[derive(Clone, Copy, Debug)]
pub struct First {
    pub at: Time,
    pub field: Field,
    pub place: u16,
    pub seen: Seen,
}

/// Sorts of keys; what happens at nodes besides has those from `NOTED` on.
const TRY: u8 = 0;
const ASKED: u8 = 1;
const WRONGED: u8 = 2;
const NOTED: u8 = 3;

/// Things that wait for a counterpart before it is looked which of them can have one at all.
const WAITING: usize = 8_192;

#[derive(Clone)]
pub struct Comparison {
    pub places: Places,
    /// Per place: what happens there, or what somebody there does.
    pub firsts: Vec<Option<First>>,
    /// Per place: what somebody there is told.
    pub tolds: Vec<Option<First>>,
    pub users: Users,
    waiting: Waiting,
    /// Later moments are not known of both worlds.
    until: Time,
    /// Look when so many wait.
    look_at: usize,
}

/// What is under way in one world: keys of things that may still come.
type UnderWay = BTreeSet<Key>;

fn of_try(address: u64, link: u16) -> Key {
    (TRY, [address, u64::from(link), 0, 0])
}

fn of_action(sort: u8, address: u64) -> Key {
    (sort, [address, 0, 0, 0])
}

impl Comparison {
    pub fn new(places: Places) -> Comparison {
        Comparison {
            firsts: vec![None; places.all.len()],
            tolds: vec![None; places.all.len()],
            places,
            users: Users::default(),
            waiting: Waiting::default(),
            until: Time::NEVER,
            look_at: WAITING,
        }
    }

    /// Takes what one world has told; both are to be at the same moment before [`Comparison::look`].
    pub fn hear(&mut self, side: usize, tape: &mut Tape) {
        for it in &tape.tries {
            self.a_try(side, *it);
        }
        for it in &tape.asked {
            self.an_answer(side, *it);
        }
        for it in &tape.wronged {
            self.a_wrong(side, *it);
        }
        for it in &tape.noted {
            self.a_note(side, *it);
        }
        tape.clear();
    }

    fn a_try(&mut self, side: usize, mut it: Try) {
        it.span.link = self.places.link(side, it.span.link);
        it.span.node = self.places.node(side, it.span.node);
        it.operation = self.places.operation(side, it.operation);
        // Where its places have parted before it began, it has nothing to say any more. (Not at the same
        // moment: its counterpart might have come before that was known, and seem to be alone.)
        let Span {
            born, link, node, ..
        } = it.span;
        if born > self.bound(node)
            && (link == NO_LINK || born > self.bound(link) && born > self.bound(self.caller(&it)))
        {
            return;
        }
        self.meet(side, of_try(it.address, link), Thing::Try(it));
    }

    fn meet(&mut self, side: usize, key: Key, it: Thing) {
        match self.waiting.meet(side, key, it) {
            Some([Thing::Try(a), Thing::Try(b)]) => self.tries_met(&[a, b]),
            Some([Thing::Asked(a), Thing::Asked(b)]) => self.answers_met(&[a, b]),
            // Wrong, or happened, in both worlds: that is not what they differ in.
            _ => {}
        }
    }

    /// When the worlds part at a place.
    fn bound(&self, place: u16) -> Time {
        let first = &self.firsts[place as usize];
        first.as_ref().map_or(Time::NEVER, |first| first.at)
    }

    fn caller(&self, it: &Try) -> u16 {
        let link = self.places.all.get(it.span.link as usize);
        link.and_then(|link| link.from).unwrap_or(it.span.node)
    }

    fn differs(&mut self, place: u16, at: Time, field: Field, seen: Seen) {
        // What comes to no moment is no event.
        if at > self.until || at == Time::NEVER {
            return;
        }
        let firsts = match field {
            Field::Told => &mut self.tolds,
            _ => &mut self.firsts,
        };
        let first = &mut firsts[place as usize];
        if first.is_none_or(|first| (at, field) < (first.at, first.field)) {
            *first = Some(First {
                at,
                field,
                place,
                seen,
            });
        }
    }

    fn tries_met(&mut self, both: &[Try; 2]) {
        let [a, b] = both;
        let seen = Seen::Try([Some(*a), Some(*b)]);
        let over = match a.span.link {
            NO_LINK => a.span.node,
            link => link,
        };
        let at_its_end = |it: &Try| it.span.left.min(it.span.ended);
        if a.span.born != b.span.born {
            let at = a.span.born.min(b.span.born);
            self.differs(self.caller(a), at, Field::Born, seen);
            self.differs(over, at, Field::Born, seen);
        }
        if a.span.instance != b.span.instance {
            self.differs(
                self.caller(a),
                a.span.born.min(b.span.born),
                Field::Instance,
                seen,
            );
        }
        if a.span.sent != b.span.sent {
            self.differs(over, a.span.sent.min(b.span.sent), Field::Sent, seen);
        }
        if a.span.arrived != b.span.arrived {
            let at = a.span.arrived.min(b.span.arrived);
            self.differs(over, at, Field::Arrived, seen);
            self.differs(a.span.node, at, Field::Reached, seen);
        }
        if a.span.callee != b.span.callee {
            let at = at_its_end(a).min(at_its_end(b));
            self.differs(a.span.node, at, Field::Callee, seen);
        }
        if a.span.began != b.span.began {
            self.differs(
                a.span.node,
                a.span.began.min(b.span.began),
                Field::Began,
                seen,
            );
        }
        if a.span.left != b.span.left {
            self.differs(a.span.node, a.span.left.min(b.span.left), Field::Left, seen);
        }
        if a.span.ended != b.span.ended || a.span.caller != b.span.caller {
            self.differs(over, a.span.ended.min(b.span.ended), Field::Ended, seen);
        }
        if a.answer != b.answer {
            let at = at_its_end(a).min(at_its_end(b));
            self.differs(a.span.node, at, Field::Answer, seen);
        }
    }

    fn try_alone(&mut self, side: usize, it: &Try) {
        let mut pair = [None; 2];
        pair[side] = Some(*it);
        let seen = Seen::Try(pair);
        self.differs(self.caller(it), it.span.born, Field::Born, seen);
        if it.span.link != NO_LINK {
            self.differs(it.span.link, it.span.born, Field::Born, seen);
        }
        self.differs(it.span.node, it.span.arrived, Field::Reached, seen);
    }

    fn an_answer(&mut self, side: usize, it: Asked) {
        let it = Asked {
            clients: self.places.node(side, it.clients),
            operation: self.places.operation(side, it.operation),
            ..it
        };
        self.meet(side, of_action(ASKED, it.address), Thing::Asked(it));
    }

    fn answers_met(&mut self, both: &[Asked; 2]) {
        let [a, b] = both;
        let seen = Seen::Asked([Some(*a), Some(*b)]);
        if (a.born, a.operation, a.item) != (b.born, b.operation, b.item) {
            self.differs(a.clients, a.born.min(b.born), Field::Asked, seen);
        }
        if a.told != b.told {
            let at = |it: &Asked| it.told.map_or(Time::NEVER, |(at, _)| at);
            self.differs(a.clients, at(a).min(at(b)), Field::Told, seen);
        }
        self.users.met(both, self.until);
    }

    fn a_wrong(&mut self, side: usize, it: Wronged) {
        let clients = self.places.node(side, it.clients);
        let it = Wronged { clients, ..it };
        self.meet(side, of_action(WRONGED, it.address), Thing::Wronged(it));
    }

    fn a_note(&mut self, side: usize, it: Noted) {
        let node = self.places.node(side, it.node);
        if it.at > self.bound(node) {
            return;
        }
        let it = Noted { node, ..it };
        let key = [it.at.0, u64::from(node), it.of, it.version];
        self.meet(side, (NOTED + it.what as u8, key), Thing::Noted(it));
    }

    /// Both worlds are at the same moment. What has no counterpart there, now or under way, is different.
    pub fn look(&mut self, worlds: [&World; 2]) {
        if self.waiting() < self.look_at {
            return;
        }
        let under_way = SIDES.map(|side| self.under_way(side, worlds[side]));
        self.sort_out(&under_way);
        self.look_at = WAITING.max(2 * self.waiting());
    }

    /// What is kept of both worlds until its counterpart comes.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn under_way(&self, side: usize, world: &World) -> UnderWay {
        let core = &world.core;
        let mut keys = UnderWay::new();
        for (_, attempt) in core.attempts.iter() {
            let link = self.places.link(side, attempt.link);
            keys.insert(of_try(attempt.address.0, link));
        }
        for (_, intent) in core.intents.iter().filter(|(_, it)| !it.is_internal) {
            keys.insert(of_action(WRONGED, intent.address.0));
            if intent.told.is_none() {
                keys.insert(of_action(ASKED, intent.address.0));
            }
        }
        keys
    }

    /// What of one world has no counterpart: the other has not had it, and does not have it under way.
    fn sort_out(&mut self, under_way: &[UnderWay; 2]) {
        let comes = &mut |side: usize, key: &Key| under_way[1 - side].contains(key);
        for (side, thing) in self.waiting.alone(comes) {
            match thing {
                Thing::Try(it) => self.try_alone(side, &it),
                Thing::Asked(it) => self.answer_alone(side, &it),
                Thing::Wronged(it) => {
                    if it.at <= self.until && self.places.of(it.clients).is_shared() {
                        self.users.wrong_alone(side, &it);
                    }
                }
                Thing::Noted(it) => {
                    let mut pair = [None; 2];
                    pair[side] = Some(it);
                    self.differs(it.node, it.at, Field::Besides, Seen::Noted(pair));
                }
            }
        }
    }

    fn answer_alone(&mut self, side: usize, it: &Asked) {
        let mut pair = [None; 2];
        pair[side] = Some(*it);
        self.differs(it.clients, it.born, Field::Asked, Seen::Asked(pair));
        if self.places.of(it.clients).is_shared() {
            self.users.alone(side, it, self.until);
        }
    }

    /// A limit has ended one world at this moment: nothing later can be compared.
    pub fn ends_at(&mut self, until: Time) {
        self.until = self.until.min(until);
    }

    /// Both worlds are over; what is under way there stays so.
    pub fn end(&mut self, worlds: [&World; 2]) {
        for side in SIDES {
            let core = &worlds[side].core;
            for (_, attempt) in core.attempts.iter() {
                let intent = core.intents.get(attempt.intent);
                if let Some(intent) = intent.filter(|it| !it.is_internal) {
                    self.a_try(side, Try::of(intent, attempt));
                }
            }
            let untold = core.intents.iter().map(|(_, intent)| intent);
            for intent in untold.filter(|it| !it.is_internal && it.told.is_none()) {
                self.an_answer(side, Asked::of(intent, None));
            }
        }
        // What may still become of the data of an action is not known; all else is.
        let living = SIDES.map(|side| {
            let mut keys = self.under_way(side, worlds[side]);
            keys.retain(|(sort, _)| *sort == WRONGED);
            keys
        });
        self.sort_out(&living);
    }
}
