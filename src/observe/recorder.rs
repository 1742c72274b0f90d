//! The recorder of a run: histograms, series, windows, ledger and traces behind the engine's one door.

use super::histogram::Histogram;
use super::live::{Happened, Live};
use super::promises::Promises;
use super::recovery::Recovery;
use super::requests::{Finder, Selection};
use super::series::Series;
use super::tape::{Tape, Try};
use super::traces::Traces;
use super::wrong::Watch;
use crate::design::{CallMode, Design};
use crate::engine::attempt::{Attempt, CallerSide, Intent, IntentId};
use crate::engine::counters::{LinkCounters, NodeCounters};
use crate::engine::program::Program;
use crate::engine::reason::ByReason;
use crate::engine::record::{Effect, Item, Record, Snapshot, Told};
use crate::explain::{self, Explanation, Signals};
use crate::ledger::{Ledger, Verdict, Verdicts};
use crate::time::{Duration, Time};

/// What users saw in one window: actions that began in it.
#[derive(Clone, Debug, Default)]
pub struct WindowTally {
    pub actions: u64,
    pub served: u64,
    pub degraded: u64,
    pub failed: ByReason,
    pub abandoned: u64,
    /// Tries of those actions by their clients, as far as they have ended.
    pub tries: u64,
    /// Useful replies that came within the window, whenever their actions began.
    pub useful_replies: u64,
    /// From birth to the good reply, retries included.
    pub latency: Histogram,
    /// Pages that were read in the window, of all alerts.
    pub pages: u64,
}

/// What users saw of one operation in the measured part.
#[derive(Clone, Debug, Default)]
pub struct OperationTally {
    pub actions: u64,
    pub failed: u64,
    /// Empty where there is but one operation: what users saw of it is what they saw in the measured
    /// part.
    latency: Histogram,
}

/// All counters at the edge of a window.
#[derive(Clone, Debug, Default)]
pub struct Mark {
    pub at: Time,
    pub nodes: Vec<NodeCounters>,
    pub links: Vec<LinkCounters>,
    /// Integrals of the number waiting and busy, per node.
    pub waiting: Vec<u128>,
    pub busy: Vec<u128>,
    /// The same of instances.
    pub instances: Vec<u128>,
    /// Age of the oldest message that a queue keeps.
    pub message_age: Duration,
}

impl Mark {
    fn of(snapshot: &Snapshot<'_>) -> Mark {
        Mark {
            at: snapshot.now,
            message_age: snapshot.message_age(),
            nodes: snapshot.nodes.to_vec(),
            links: snapshot.links.to_vec(),
            waiting: snapshot
                .nodes
                .iter()
                .map(|n| n.waiting.integral(snapshot.now))
                .collect(),
            instances: snapshot
                .nodes
                .iter()
                .map(|n| n.instances.integral(snapshot.now))
                .collect(),
            busy: snapshot
                .nodes
                .iter()
                .map(|n| n.busy.integral(snapshot.now))
                .collect(),
        }
    }
}

#[derive(Clone)]
pub struct Recorder {
    /// One per window of the program.
    pub windows: Vec<WindowTally>,
    /// One per mark of the program, as far as time has come.
    pub marks: Vec<Mark>,
    /// Per node: from arrival to leaving, for requests that arrived in the measured part.
    pub sojourn: Vec<Histogram>,
    /// Per node: those of them that did not begin at once.
    pub waited: Vec<u64>,
    /// Per operation: actions begun in the measured part.
    pub operations: Vec<OperationTally>,
    pub series: Series,
    pub ledger: Ledger,
    pub recovery: Recovery,
    pub promises: Promises,
    pub traces: Traces,
    pub live: Option<Live>,
    /// More than a report needs, where somebody may ask for it.
    pub watch: Option<Watch>,
    /// Without, the ledger stays empty: what it costs is the difference.
    pub keeps_ledger: bool,
    /// Per link: it leaves a clients node.
    from_clients: Vec<bool>,
}

impl Recorder {
    pub fn new(program: &Program) -> Recorder {
        let is_clients = |node: u16| program.nodes[node as usize].kind == "clients";
        Recorder {
            windows: vec![WindowTally::default(); program.windows.len()],
            marks: Vec::new(),
            sojourn: vec![Histogram::default(); program.nodes.len()],
            waited: vec![0; program.nodes.len()],
            operations: vec![OperationTally::default(); program.operations.len()],
            series: Series::new(program),
            ledger: Ledger::new(program),
            recovery: Recovery::default(),
            promises: Promises::new(program),
            traces: Traces::default(),
            live: None,
            watch: None,
            keeps_ledger: true,
            from_clients: program.links.iter().map(|l| is_clients(l.from)).collect(),
        }
    }

    /// The same without the ledger, to measure what it costs: nobody knows what became of the data.
    pub fn without_ledger(program: &Program) -> Recorder {
        Recorder {
            keeps_ledger: false,
            ..Recorder::new(program)
        }
    }

    /// How long those waited who were served, of one operation in the measured part.
    pub fn latency_of(&self, operation: usize) -> &Histogram {
        match self.operations.len() {
            1 => &self.windows[0].latency,
            _ => &self.operations[operation].latency,
        }
    }

    /// The same, for a page that draws one action in `one_in`.
    pub fn watched(program: &Program, one_in: u64) -> Recorder {
        Recorder {
            live: Some(Live::new(program, one_in)),
            ..Recorder::explained(program)
        }
    }

    /// The same, for who wants to know why it went so.
    pub fn explained(program: &Program) -> Recorder {
        Recorder {
            watch: Some(Watch {
                signals: Some(Signals::new(program)),
                ..Watch::default()
            }),
            ..Recorder::new(program)
        }
    }

    /// The same, for a run beside which another one goes on that differs in one thing.
    pub fn taped(program: &Program) -> Recorder {
        Recorder {
            watch: Some(Watch {
                tape: Some(Box::default()),
                ..Watch::default()
            }),
            ..Recorder::new(program)
        }
    }

    /// The same, for who looks for some of the actions.
    pub fn looking(program: &Program, selection: &Selection) -> Recorder {
        Recorder {
            watch: Some(Watch {
                finder: Some(Box::new(Finder::new(program, selection))),
                ..Watch::default()
            }),
            ..Recorder::new(program)
        }
    }

    /// What it looks for.
    pub fn finder(&self) -> Option<&Finder> {
        self.watch.as_ref()?.finder.as_deref()
    }

    fn signals(&mut self) -> Option<&mut Signals> {
        self.watch.as_mut()?.signals.as_mut()
    }

    pub fn tape(&mut self) -> Option<&mut Tape> {
        self.watch.as_mut()?.tape.as_deref_mut()
    }

    /// Why it went so up to now, with nodes and links as this design calls them; `None` if nobody watched.
    pub fn explanation(&self, design: Option<&Design>, now: Time) -> Option<Explanation> {
        let watch = self.watch.as_ref()?;
        let mut signals = watch.signals.as_ref()?.until(now);
        if let Some(design) = design {
            signals.call_them(design);
        }
        Some(explain::explain(&signals, watch.worst(&self.ledger.counts)))
    }
}

impl Record for Recorder {
    #[inline(always)]
    fn born(&mut self, program: &Program, id: IntentId, intent: &Intent) {
        if let Some(signals) = self.signals() {
            signals.born(program, id, intent);
        }
        if self.keeps_ledger {
            self.ledger.born(id);
        }
        self.traces.born(id);
        self.series.begun += 1;
        if program.windows[0].contains(intent.born) {
            self.operations[intent.operation as usize].actions += 1;
        }
        for (window, tally) in program.windows.iter().zip(&mut self.windows) {
            tally.actions += u64::from(window.counts(intent.born, intent.operation));
        }
    }

    #[inline(always)]
    fn outcome(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        attempt: &Attempt,
    ) {
        if let Some(signals) = self.signals() {
            signals.outcome(program, now, id, intent, attempt);
        }
        if self.keeps_ledger {
            self.ledger.ended(program, now, id, intent, attempt);
        }
        if self.from_clients[attempt.link as usize] {
            for (window, tally) in program.windows.iter().zip(&mut self.windows) {
                tally.tries += u64::from(window.counts(intent.born, intent.operation));
            }
        }
        if let CallerSide::Failed(_) = attempt.caller
            && attempt.mode == CallMode::Write
        {
            self.recovery.failed(attempt.node, attempt.born);
        }
        if let CallerSide::Failed(reason) = attempt.caller
            && self.traces.failed(id, reason)
            && let Some(live) = &mut self.live
        {
            let (link, action, attempt) = (attempt.link, intent.number, attempt.number);
            live.news.push((
                now,
                Happened::FirstFailure {
                    reason,
                    link,
                    action,
                    attempt,
                },
            ));
        }
    }

    #[inline]
    fn attempt_over(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        attempt: &Attempt,
    ) {
        if let Some(watch) = &mut self.watch {
            if let Some(signals) = &mut watch.signals {
                signals.attempt_over(program, now, id, intent, attempt);
            }
            if let Some(tape) = &mut watch.tape {
                tape.tries.push(Try::of(intent, attempt));
            }
        }
        self.traces.attempt_over(id, attempt);
        if let Some(live) = &mut self.live {
            live.attempt_over(intent.number, attempt);
        }
    }

    #[inline(always)]
    fn left_node(&mut self, program: &Program, now: Time, attempt: &Attempt) {
        if let Some(signals) = self.signals() {
            signals.left_node(program, now, attempt);
        }
        if program.windows[0].contains(attempt.arrived) {
            let node = attempt.node as usize;
            self.sojourn[node].record(now.since(attempt.arrived).0);
            self.waited[node] += u64::from(attempt.began != attempt.arrived);
        }
    }

    fn counts(&mut self, _: &Program, now: Time, _: IntentId, _: &Intent, change: (u16, u64, u64)) {
        if self.keeps_ledger {
            self.ledger.reads.counts(now, change);
        }
    }

    fn fell_back(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        kept: (u16, u64),
    ) {
        if self.keeps_ledger {
            self.ledger.fell_back(program, now, id, intent, kept);
        }
    }

    fn leader_lost(&mut self, program: &Program, now: Time, node: u16) {
        if let Some(watch) = &mut self.watch {
            if let Some(signals) = &mut watch.signals {
                signals.leader_lost(program, now, node);
            }
            if let Some(tape) = &mut watch.tape {
                tape.leader(now, node, None);
            }
        }
        self.recovery.leader_lost(now, node);
    }

    fn has_leader(&mut self, _: &Program, now: Time, node: u16, above: Option<u64>) {
        if let Some(tape) = self.tape() {
            tape.leader(now, node, Some(above));
        }
        self.recovery.has_leader(now, node, above);
    }

    fn undone(&mut self, _: &Program, now: Time, id: IntentId, intent: &Intent, effect: Effect) {
        if let Some(tape) = self.tape() {
            tape.effect(now, intent, &effect, true);
        }
        // Jobs write on nobody's behalf: nobody was told.
        let is_users = !intent.is_internal && self.keeps_ledger;
        let action = is_users.then_some(intent.number);
        let applied = is_users.then(|| self.ledger.applied_at(id, effect));
        let applied = applied.flatten().unwrap_or(now);
        self.recovery.undone(effect.node, action, applied);
        if self.keeps_ledger {
            self.ledger.undone(now, id, intent, effect);
        }
    }

    fn effect(&mut self, _: &Program, now: Time, id: IntentId, intent: &Intent, effect: Effect) {
        if let Some(tape) = self.tape() {
            tape.effect(now, intent, &effect, false);
        }
        self.recovery.committed(now, effect.node, effect.version);
        if self.keeps_ledger {
            self.ledger.effect(now, id, intent, effect);
        }
    }

    fn transaction(
        &mut self,
        _: &Program,
        now: Time,
        intent: &Intent,
        node: u16,
        read: &[(u64, u64)],
        made: &[(u64, u64)],
    ) {
        if self.keeps_ledger {
            self.ledger.transaction(now, intent, (node, read, made));
        }
    }

    fn item_begun(&mut self, _: &Program, id: IntentId, item: Item) {
        if self.keeps_ledger {
            self.ledger.item_begun(id, item);
        }
    }

    fn internal_over(&mut self, program: &Program, id: IntentId) {
        if let Some(signals) = self.signals() {
            signals.internal_over(program, id);
        }
        if self.keeps_ledger {
            self.ledger.internal_over(id);
        }
    }

    #[inline(always)]
    fn told(&mut self, program: &Program, now: Time, id: IntentId, intent: &Intent, told: Told) {
        if let Some(watch) = &mut self.watch {
            if let Some(signals) = &mut watch.signals {
                signals.told(program, now, id, intent, told);
            }
            if let Some(tape) = &mut watch.tape {
                tape.told(now, intent, told);
            }
            if let Some(finder) = &mut watch.finder {
                finder.told(now, told);
            }
        }
        if self.keeps_ledger {
            self.ledger.told(program, now, id, intent, told);
        }
        let waited = now.since(intent.born).0;
        if let Some(live) = &mut self.live {
            live.heat.told(told, waited);
        }
        self.promises
            .told(program, intent.clients, told, Duration(waited));
        let useful = matches!(told, Told::Served | Told::Degraded);
        if useful {
            self.series.served += 1;
            self.series.latency.record(waited);
        } else {
            self.series.failed += 1;
        }
        if program.windows[0].contains(intent.born) {
            let is_one_of_many = self.operations.len() > 1;
            let tally = &mut self.operations[intent.operation as usize];
            if !useful {
                tally.failed += 1;
            } else if is_one_of_many {
                tally.latency.record(waited);
            }
        }
        for (window, tally) in program.windows.iter().zip(&mut self.windows) {
            tally.useful_replies += u64::from(useful && window.counts(now, intent.operation));
            if !window.counts(intent.born, intent.operation) {
                continue;
            }
            match told {
                Told::Served => tally.served += 1,
                Told::Degraded => tally.degraded += 1,
                Told::Failed(reason) => tally.failed.add(reason),
                Told::Abandoned => tally.abandoned += 1,
            }
            if useful {
                tally.latency.record(waited);
            }
        }
    }

    #[inline(always)]
    fn retired(&mut self, program: &Program, now: Time, id: IntentId, intent: &Intent) {
        if let Some(signals) = self.signals() {
            signals.retired(program, now, id, intent);
        }
        let operation = &program.operations[intent.operation as usize];
        let verdicts = match self.keeps_ledger {
            true => self.ledger.judge(id, intent, operation),
            false => Verdicts::default(),
        };
        if let Some(watch) = &mut self.watch
            && let Some(finder) = &mut watch.finder
        {
            let traces = &self.traces;
            finder.retired(program, intent, verdicts, || traces.spans(id));
        }
        self.traces.retired(id, intent, verdicts);
        if let Some(tape) = self.tape() {
            tape.retired(now, intent, verdicts);
        }
        if verdicts.has(Verdict::Lost) {
            self.recovery.is_lost(intent.number);
        }
        if !verdicts.is_clean()
            && let Some(live) = &mut self.live
        {
            for verdict in verdicts.iter() {
                live.verdict(now, verdict, intent.number);
            }
        }
    }

    fn timeline(&mut self, _: &Program, now: Time, entry: u16, begins: bool) {
        if let Some(live) = &mut self.live {
            live.news.push((now, Happened::Entry { entry, begins }));
        }
    }

    fn alert(&mut self, program: &Program, now: Time, alert: u16, fires: bool) {
        if let Some(watch) = &mut self.watch {
            if let Some(signals) = &mut watch.signals {
                signals.alert(program, now, alert, fires);
            }
            if let Some(tape) = &mut watch.tape {
                tape.alert(program, now, alert, fires);
            }
        }
        if let Some(live) = &mut self.live {
            live.news.push((now, Happened::Alert { alert, fires }));
        }
        if !fires {
            return;
        }
        let spec = &program.monitoring.alerts[alert as usize];
        if !spec.pages {
            return;
        }
        let read = now + spec.paging_delay;
        for (window, tally) in program.windows.iter().zip(&mut self.windows) {
            tally.pages += u64::from(window.contains(read));
        }
    }

    fn bucket(&mut self, program: &Program, snapshot: &Snapshot<'_>) {
        if let Some(watch) = &mut self.watch {
            if let Some(signals) = &mut watch.signals {
                signals.bucket(program, snapshot);
            }
            watch.look(snapshot.now, &self.ledger.counts);
        }
        let series = &mut self.series;
        if let Some(live) = &mut self.live {
            let told = (series.begun, series.served, series.failed);
            live.bucket(snapshot, told, &series.latency);
        }
        let is_watched = self.live.is_some();
        series.bucket(program, snapshot, self.ledger.counts.wrong(), is_watched);
        self.promises.bucket();
    }

    fn mark(&mut self, _: &Program, _: u16, snapshot: &Snapshot<'_>) {
        self.marks.push(Mark::of(snapshot));
    }

    fn ended(&mut self, program: &Program, snapshot: &Snapshot<'_>) {
        if self.series.has_more(program, snapshot) {
            self.bucket(program, snapshot);
        }
        if let Some(watch) = &mut self.watch {
            watch.look(snapshot.now, &self.ledger.counts);
        }
        // A run that a limit ended has not seen the edges that were to come.
        if self.marks.iter().all(|mark| mark.at != snapshot.now) {
            self.marks.push(Mark::of(snapshot));
        }
    }

    fn final_counts(&self) -> Vec<u64> {
        match self.keeps_ledger {
            true => self.ledger.counts.listed(),
            false => Vec::new(),
        }
    }
}
