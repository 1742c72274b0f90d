//! One run that a page watches: loaded from a scenario's text, advanced in slices, looked at between
//! them. Knows no web: the shell around it does the messages.

use std::sync::Arc;

use super::checkpoints::Checkpoints;
use super::frame::{self, Sent};
use super::protocol::{Frame, News, RunPlan};
use crate::design::Settings;
use crate::design::diagnostic::Diagnostic;
use crate::design::value::MICRO;
use crate::engine::{Limits, Program, Run};
use crate::experiment;
use crate::experiment::theory::{self, Beside};
use crate::explain::Explanation;
use crate::observe::cost::Prices;
use crate::observe::heat::Heat;
use crate::observe::report::Report;
use crate::observe::{Recorder, summary};
use crate::scenario::Scenario;
use crate::scenario::live::{self, Act};
use crate::time::{Duration, Time};

/// Events between two looks at the wall clock: some hundred microseconds.
const SLICE: u64 = 2_000;

/// Actions per second of which each is drawn; beyond, one dot stands for several.
const DRAWN_PER_SECOND: u64 = 100;

/// Nodes with series of their own; more would be megabytes after each look at another moment.
const CHARTED_MAX: usize = 12;

pub struct Session {
    text: String,
    scenario: Scenario,
    seed: u64,
    run: Run<Recorder>,
    prices: Prices,
    /// Nodes whose series the page gets.
    charted: Vec<u16>,
    checkpoints: Checkpoints,
    /// All news up to now.
    news: Vec<News>,
    /// What earlier frames told.
    sent: Sent,
}

impl Session {
    /// Reads the text and stands at time zero.
    ///
    /// # Errors
    /// What is wrong with the text, each with its place and the remedy.
    pub fn load(text: &str, seed: u64) -> Result<Session, Vec<Diagnostic>> {
        let scenario = Scenario::parse(text)?;
        let program = experiment::compile(&scenario, Limits::PAGE);
        let recorder = Recorder::watched(&program, requests_per_disc(&scenario));
        let prices = Prices::of(&scenario.design);
        let run = Run::new(program, seed, recorder);
        let charted = charted(&run.program, &scenario.about.charts);
        Ok(Session {
            text: text.to_owned(),
            scenario,
            seed,
            checkpoints: Checkpoints::at_start(&run),
            charted,
            run,
            prices,
            news: Vec::new(),
            sent: Sent::default(),
        })
    }

    pub fn plan(&self) -> RunPlan {
        let program = self.program();
        RunPlan {
            duration_ns: program.horizon.0,
            bucket_ns: program.bucket.0,
            heat_ns: program.bucket.0 * u64::from(self.heat().buckets),
            nodes: program.nodes.iter().map(|n| n.key.clone()).collect(),
            links: program.links.iter().map(|l| l.key.clone()).collect(),
            charted: self.charted.clone(),
            requests_per_disc: self.run.record.live.as_ref().map_or(1, |l| l.one_in) as u32,
        }
    }

    /// Simulates up to `until`, or as long as `over_budget` allows.
    pub fn advance(&mut self, until: Time, mut over_budget: impl FnMut() -> bool) {
        while !self.run.advance(until, SLICE) && !over_budget() {
            if self.checkpoints.is_due(&self.run) {
                self.gather_news();
                self.checkpoints.keep(&self.run, &self.news);
            }
        }
    }

    /// Goes to this moment, back or ahead: what follows is as if the run had just come there from its
    /// start. The next frame has everything up to it.
    pub fn seek(&mut self, to: Time) {
        let (kept, news) = self.checkpoints.before(to);
        if to < self.run.now() || kept.now() > self.run.now() {
            let program = Arc::clone(&self.run.program);
            (self.run, self.news) = (kept.clone(), news.to_vec());
            // What was done to the run since then is in its future.
            if !Arc::ptr_eq(&self.run.program, &program) {
                self.run.amend(program);
            }
        }
        self.advance(to, || false);
        self.sent = Sent::default();
    }

    fn gather_news(&mut self) {
        frame::gather_news(&mut self.run, &mut self.news);
    }

    /// Simulates until the next thing that a person can see: a request is sent, gets a slot, leaves,
    /// or is over for its caller.
    pub fn step(&mut self) {
        let before = self.visible();
        while !self.run.phase().is_over() && self.visible() == before {
            self.run.advance(Time::NEVER, 1);
        }
    }

    /// Grows with everything visible that happens.
    fn visible(&self) -> u64 {
        let core = &self.run.world.core;
        let links = core
            .link_counters
            .iter()
            .map(|l| l.sent + l.succeeded + l.failed.total());
        let nodes = core
            .node_counters
            .iter()
            .map(|n| n.began + n.left + n.refused);
        links.sum::<u64>() + nodes.sum::<u64>()
    }

    /// Does something to the run at its next instant, which is returned. The run is then one of the text
    /// with it (`scenario::live`).
    ///
    /// # Errors
    /// Why it cannot be done; the run is as it was.
    pub fn act(&mut self, act: &Act) -> Result<Time, Vec<Diagnostic>> {
        if self.is_over() {
            return Err(vec![*live::too_late("the run is over".to_owned())]);
        }
        let at = self.run.next_instant();
        let next = Duration(at.0);
        let text = act.apply(&self.text, next)?;
        let scenario = Scenario::parse(&text)?;
        live::goes_on(&self.scenario, &scenario, next).map_err(|finding| vec![*finding])?;
        self.run.amend(experiment::compile(&scenario, Limits::PAGE));
        self.checkpoints.forget_after(self.run.now());
        (self.text, self.scenario) = (text, scenario);
        Ok(at)
    }

    /// The fingerprint of the run up to now.
    pub fn digest(&self) -> String {
        self.run.digest()
    }

    /// The scenario that the run is one of.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn now(&self) -> Time {
        self.run.now()
    }

    pub fn is_over(&self) -> bool {
        self.run.phase().is_over()
    }

    /// The state as it is now, with what is new since the last frame.
    pub fn frame(&mut self, run: u32) -> Frame {
        self.gather_news();
        let frame = frame::build(
            run,
            &mut self.run,
            &self.prices,
            &self.news,
            self.sent,
            &self.charted,
        );
        self.sent = Sent {
            buckets: self.sent.buckets + frame.buckets as usize,
            // The last one goes on growing.
            columns: self.heat().columns.len() - 1,
            news: self.news.len(),
            until: Some(Time(frame.now_ns)),
        };
        frame
    }

    /// Everything about the run, once it is over.
    pub fn report(&self) -> Report {
        summary::report(&self.scenario, &self.run, self.seed)
    }

    /// What theory says of its nodes.
    pub fn theory(&self, report: &Report) -> Vec<Beside> {
        theory::beside(&self.scenario, report)
    }

    /// Why it went as it did up to now, from what could be seen of it.
    pub fn explanation(&self) -> Explanation {
        let design = Some(&self.scenario.design);
        let found = self.run.record.explanation(design, self.run.now());
        found.expect("a session's run is watched")
    }

    fn heat(&self) -> &Heat {
        let live = self.run.record.live.as_ref();
        &live.expect("a session's run is watched").heat
    }

    fn program(&self) -> &Arc<Program> {
        &self.run.program
    }
}

/// Those that the scenario's charts name, links by whom they call; then others, as many as there is room for.
fn charted(program: &Program, names: &[String]) -> Vec<u16> {
    let of_link = |name: &String| {
        let link = program.links.iter().find(|link| link.key == *name)?;
        Some(link.to)
    };
    let of_node = |name: &String| {
        let place = program.nodes.iter().position(|node| node.key == *name)?;
        Some(place as u16)
    };
    let named = names.iter().filter_map(|it| of_node(it).or(of_link(it)));
    let mut all = Vec::new();
    for node in named.chain(0..program.nodes.len() as u16) {
        let is_clients = program.nodes[usize::from(node)].kind == "clients";
        if !is_clients && !all.contains(&node) && all.len() < CHARTED_MAX {
            all.push(node);
        }
    }
    all
}

/// How many requests one disc stands for.
fn requests_per_disc(scenario: &Scenario) -> u64 {
    let clients = scenario
        .design
        .nodes
        .iter()
        .filter(|n| n.kind.name == "clients");
    let per_second = clients.map(|node| {
        let knobs = Settings::new(node.kind, &node.knobs);
        let open = knobs.opt_rate("rate").map_or(0, |r| r.0 / MICRO) * knobs.count("batch");
        open + knobs.opt_count("users").unwrap_or(0)
    });
    per_second.sum::<u64>().div_ceil(DRAWN_PER_SECOND).max(1)
}

/// A scenario that is read and compiled, to be run on many seeds (docs/decisions.md: why a worker keeps it).
pub struct Prepared {
    scenario: Scenario,
    program: Arc<Program>,
}

impl Prepared {
    /// # Errors
    /// What is wrong with the text.
    pub fn new(text: &str) -> Result<Prepared, Vec<Diagnostic>> {
        let scenario = Scenario::parse(text)?;
        let program = experiment::compile(&scenario, Limits::PAGE);
        Ok(Prepared { scenario, program })
    }

    pub fn run_to_end(&self, seed: u64) -> Report {
        experiment::run(&self.scenario, Arc::clone(&self.program), seed)
    }
}

/// Reads, runs to the end and reports, for the comparison of platforms.
///
/// # Errors
/// What is wrong with the text.
pub fn run_to_end(text: &str, seed: u64) -> Result<Report, Vec<Diagnostic>> {
    Ok(Prepared::new(text)?.run_to_end(seed))
}

/// What a page is told at the end of a run.
///
/// # Errors
/// What is wrong with the text.
#[cfg(test)]
pub fn told_at_end(text: &str, seed: u64) -> Result<(Report, Explanation), Vec<Diagnostic>> {
    let mut session = Session::load(text, seed)?;
    session.advance(Time::NEVER, || false);
    Ok((session.report(), session.explanation()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::built_in;
    use crate::worker::checkpoints::ROOM;

    /// Two hundred thousand requests wait at the end of this one.
    #[test]
    fn checkpoints_of_an_overload_stay_within_their_room() {
        let text = built_in::text("s04-retry-storm").expect("it is built in");
        let mut session = Session::load(text, 1).expect("it is valid");
        let mut most = 0;
        for second in 1..=180 {
            session.advance(Time(second * 1_000_000_000), || false);
            most = most.max(session.checkpoints.bytes());
        }
        assert!(most <= ROOM, "{most} of {ROOM} bytes");
        assert!(most > ROOM / 4, "the room is used: {most} of {ROOM} bytes");
    }
}
