//! One item: a piece of work that the job sets itself, by the plan of its operation.

use super::{
    CONFLICTS, Config, DONE, FAILED, Job, LEFT_AS_IS, SKIPPED, WOULD_CHANGE,
};
use crate::design::{CallMode, RowOf};
use crate::engine::attempt::{AttemptId, Call, CalleeSide};
use crate::engine::basis::Basis;
use crate::engine::charges::Charge;
use crate::engine::core::Cx;
use crate::engine::draw::{Address, Purpose};
use crate::engine::plan::{self, Hands, Progress};
use crate::engine::popularity::item_key;
use crate::engine::program::{PlanCall, PlanStep, Program};
use crate::engine::reason::Reason;
use crate::engine::record::{self, Record};
use crate::engine::slab::Id;
use crate::engine::stock::Taken;

/// Random numbers of what is about an entry of a list are not those of any item.
const ENTRY: u64 = 1 << 63;

/// An item that is worked on.
#[derive(Clone)]
pub struct Item {
    pub id: AttemptId,
    pub run: u32,
    pub rank: u64,
    /// What it is about, of what a third party has on its list.
    pub about: Option<Charge>,
    /// How often somebody else had written meanwhile.
    conflicts: u32,
    /// Versions that it has seen, by store, and the units that they said were taken.
    versions: Vec<(u16, (u64, Taken))>,
    /// A call that changes something was left out.
    would_change: bool,
    /// How many effects there are to take back, by the last answer.
    standing: Option<u64>,
    /// There is nothing to take back.
    is_right: bool,
}

/// How an item ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Done,
    Failed,
    /// Somebody else has written it, again and again.
    Skipped,
    /// In a crash.
    Lost,
    /// With its run.
    Dropped,
}

impl Item {
    pub fn new(run: u32, rank: u64) -> Item {
        Item {
            id: Id::NONE,
            run,
            rank,
            about: None,
            conflicts: 0,
            versions: Vec::new(),
            would_change: false,
            standing: None,
            is_right: false,
        }
    }

    /// More than one was too many.
    fn has_more(&self, config: &Config) -> bool {
        let keeps = config.keeps.filter(|_| !config.dry && !self.is_right);
        keeps.zip(self.standing).is_some_and(|(keeps, standing)| standing > keeps)
    }

    fn saw(&mut self, store: u16, seen_now: (u64, Taken)) {
        match self.versions.iter_mut().find(|(known, _)| *known == store) {
            Some((_, seen)) => *seen = seen_now,
            None => self.versions.push((store, seen_now)),
        }
    }
}

/// What an item says about its calls: what a write is based on, and whether it is made at all.
struct Says<'a> {
    item: &'a mut Item,
    config: &'a Config,
    program: &'a Program,
}

impl Hands for Says<'_> {
    fn payload(&mut self, call: PlanCall) -> Option<u64> {
        if call.mode == CallMode::Write && self.has_enough() {
            self.item.is_right = true;
            return None;
        }
        let changes = matches!(call.mode, CallMode::Write | CallMode::Invalidate);
        if changes && self.config.dry {
            self.item.would_change = true;
            return None;
        }
        let basis = match self.seen(call) {
            Some((version, _)) if call.mode == CallMode::Write => match self.config.guarded {
                true => Basis::Only(version),
                false => Basis::Read(version),
            },
            _ => Basis::Unsaid,
        };
        Some(basis.bits())
    }

    fn read(&self, call: PlanCall) -> Taken {
        self.seen(call).map_or(Taken::default(), |(_, taken)| taken)
    }
}

impl Says<'_> {
    fn seen(&self, call: PlanCall) -> Option<(u64, Taken)> {
        let store = self.program.links[call.link as usize].to;
        let seen = self.item.versions.iter().find(|(known, _)| *known == store);
        seen.map(|&(_, seen)| seen)
    }

    /// What it would take back is meant to stay.
    fn has_enough(&self) -> bool {
        let undoes = operation_undoes(self.program, self.config);
        let keeps = self.config.keeps.filter(|_| undoes);
        keeps.is_some_and(|keeps| self.item.standing.is_none_or(|standing| standing <= keeps))
    }
}

impl Job {
    /// Begins an item. Whether it has anything to wait for: if not, it is over already.
    pub(super) fn begin_item<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        mut item: Item,
        life: u32,
    ) -> bool {
        let program = cx.program;
        let operation = &program.operations[config.operation as usize];
        let place = program.nodes[cx.node as usize].place;
        // Done again in another life of the run, it is another piece of work.
        let user = u64::from(item.run) << 32 | u64::from(life);
        let number = match item.about {
            None => item.rank + 1,
            Some(charge) => ENTRY | charge.of.action << 8 | u64::from(charge.of.attempt as u8),
        };
        let address = Address::intent(place, user, number);
        let key = item_key(operation.key_space, item.rank % operation.items.count());
        let intent = cx.internal_intent(address, config.operation, key);
        let said = record::Item { job: cx.node, run: item.run, rank: item.rank };
        cx.record.item_begun(program, intent, said);
        let id = cx.sets_itself(intent);
        item.id = id;
        if let Some(charge) = item.about {
            cx.core.intents[intent].completes = charge.of.action;
            let attempt = &mut cx.core.attempts[id];
            (attempt.key, attempt.submission) = (charge.key, charge.submission);
            attempt.step = item.first_step();
        }
        self.items.insert(id.slot(), item);
        self.proceeds(config, cx, id);
        self.items.get(&id.slot()).is_some_and(|item| item.id == id)
    }

    fn proceeds<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let item = self.items.get_mut(&id.slot()).expect("it is worked on");
        let mut says = Says { item, config, program: cx.program };
        let progress = plan::proceed_by(cx, id, &mut says);
        self.came_so_far(config, cx, id, progress);
    }

    /// A piece of its work is done.
    pub(super) fn worked<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let place = cx.program.nodes[cx.node as usize].place;
        let item = &self.items[&id.slot()];
        // It is the item that is bad, in every run.
        let address = Address::intent(place, 0, item.rank + 1);
        if cx.happens(config.bad, Purpose::Poison, address) || cx.fails(id) {
            return self.came_so_far(config, cx, id, Progress::Fails);
        }
        self.proceeds(config, cx, id);
    }

    /// A call that the item waits for is over.
    pub(super) fn answered<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let program = cx.program;
        if self.is_list(config, cx, id, call, result) {
            return;
        }
        let item = self.items.get_mut(&id.slot()).expect("it is worked on");
        let tells = call.row == RowOf::Item
            && match call.mode {
                CallMode::Begin => false,
                // Within a transaction a write has no version before the commit.
                CallMode::Write | CallMode::Commit => call.answer.version > 0,
                _ => true,
            };
        if result.is_ok() && !call.answer.missing && tells {
            let store = store_of(program, cx.node, config.operation, call);
            if program.nodes[store as usize].kind == "database" {
                item.saw(store, (call.answer.version, call.answer.taken));
            }
        }
        let to = &program.nodes[program.links[call.link as usize].to as usize];
        if result.is_ok() && to.kind == "third_party" && operation_undoes(program, config) {
            item.standing = match call.mode {
                CallMode::Write => item.standing.map(|standing| standing.saturating_sub(1)),
                _ => Some(call.answer.version),
            };
        }
        let mut says = Says { item, config, program };
        let progress = plan::call_over_by(cx, id, call, result, &mut says);
        // Others answer so, too: a third party, while it is at the same key.
        let is_guarded = matches!(Basis::from_bits(call.payload), Basis::Only(_));
        if progress == Progress::Fails && is_guarded && result == Err(Reason::Conflict) {
            return self.conflict(config, cx, id);
        }
        self.came_so_far(config, cx, id, progress);
    }

    /// Somebody else has written the row since it was read: reads and works again, or leaves it.
    fn conflict<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.tally(CONFLICTS);
        let item = self.items.get_mut(&id.slot()).expect("it is worked on");
        if item.conflicts >= config.conflict_retries {
            return self.close(cx, id, Ended::Skipped);
        }
        item.conflicts += 1;
        item.versions.clear();
        self.once_more(config, cx, id);
    }

    /// The plan begins again, with other random numbers.
    fn once_more<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.abandon_calls_of(id);
        cx.end_session(id);
        let first = self.items[&id.slot()].first_step();
        let attempt = &mut cx.core.attempts[id];
        attempt.step = first;
        attempt.address = attempt.address.attempt(1);
        self.proceeds(config, cx, id);
    }

    fn came_so_far<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        progress: Progress,
    ) {
        match progress {
            Progress::Waits => {}
            Progress::Works { step } => {
                let address = cx.core.attempts[id].address.attempt(u32::from(step) << 16);
                let ns = config.service_time.sample(&mut cx.draws(Purpose::Work, address));
                cx.work_for(id, ns);
            }
            Progress::Done if self.items[&id.slot()].has_more(config) => {
                let item = self.items.get_mut(&id.slot()).expect("it is worked on");
                item.standing = None;
                self.once_more(config, cx, id);
            }
            Progress::Done => self.close(cx, id, Ended::Done),
            Progress::Fails | Progress::SoldOut => {
                let number = self.items[&id.slot()].run;
                self.close(cx, id, Ended::Failed);
                if config.stops {
                    self.stops(config, cx, number);
                }
            }
        }
    }

    pub(super) fn close<R: Record>(&mut self, cx: &mut Cx<'_, R>, id: AttemptId, how: Ended) {
        let Some(item) = self.items.remove(&id.slot()) else { return };
        let (tally, side) = match how {
            Ended::Done => (Some(DONE), CalleeSide::Replied),
            Ended::Failed => (Some(FAILED), CalleeSide::Error),
            Ended::Skipped => (Some(SKIPPED), CalleeSide::Error),
            Ended::Lost => (None, CalleeSide::Crashed),
            Ended::Dropped => (None, CalleeSide::Cancelled),
        };
        if let Some(tally) = tally {
            cx.tally(tally);
        }
        if how == Ended::Done && item.would_change {
            cx.tally(WOULD_CHANGE);
        }
        if how == Ended::Done && item.is_right && !item.would_change {
            cx.tally(LEFT_AS_IS);
        }
        self.one_less(item.run);
        cx.done_with(id, side);
    }
}

fn operation_undoes(program: &Program, config: &Config) -> bool {
    program.operations[config.operation as usize].undoes.is_some()
}

/// The store that an answer speaks for: a look-aside cache says what it once got from its store.
fn store_of(program: &Program, node: u16, operation: u16, call: &Call) -> u16 {
    let plan = &program.nodes[node as usize].plans[operation as usize];
    let asked = plan.iter().find_map(|step| match step {
        PlanStep::Cached { cache, store } if *cache == call.link => Some(store.link),
        _ => None,
    });
    program.links[asked.unwrap_or(call.link) as usize].to
}
