//! Changes while a run goes on: it comes out as if they had been planned.

use brownout::design::TimelineEntry;
use brownout::design::registry::can_be_ended;
use brownout::design::value::Value;
use brownout::engine::record::Unrecorded;
use brownout::engine::{Limits, Run};
use brownout::experiment;
use brownout::scenario::{Scenario, live};
use brownout::time::{Duration, Time};

use crate::laws::{finished, on_all, scramble};

/// The scenario with the entries that have begun before an instant, each with the end that is known then.
fn as_known_before(whole: &Scenario, next: Duration) -> Scenario {
    let mut known = whole.clone();
    known.timeline.retain(|entry| entry.begins() < next);
    for entry in &mut known.timeline {
        let is_open = entry.lasts().is_some_and(|d| entry.begins() + d >= next);
        if is_open && can_be_ended(entry.what) {
            let must_end = entry
                .what
                .knob("lasts")
                .is_some_and(|lasts| lasts.off.is_none());
            match must_end {
                true => entry
                    .knobs
                    .insert("lasts", Value::Duration(whole.run.duration)),
                false => entry.knobs.remove("lasts"),
            };
        }
    }
    known
}

/// Every moment at which an entry begins or ends.
fn moments(timeline: &[TimelineEntry]) -> Vec<Duration> {
    let ends = |e: &TimelineEntry| e.lasts().map(|lasts| e.begins() + lasts);
    let both = timeline.iter().flat_map(|e| [Some(e.begins()), ends(e)]);
    let mut moments: Vec<Duration> = both.flatten().collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

#[test]
fn what_is_done_live_comes_out_as_if_it_had_been_planned() {
    on_all(|c| {
        // Each goes through a run three times or more.
        if !c.number.is_multiple_of(4) {
            return;
        }
        let mut whole = c.scenario.clone();
        whole.timeline.sort_by_key(TimelineEntry::begins);
        let program = |scenario: &Scenario| experiment::compile(scenario, Limits::NATIVE);
        let planned = finished(Run::new(program(&whole), 7, Unrecorded));

        let mut known = as_known_before(&whole, Duration(0));
        let mut run = Run::new(program(&known), 7, Unrecorded);
        let mut n = scramble(c.number);
        let mut branches = Vec::new();
        for at in moments(&whole.timeline) {
            // Up to the nanosecond before, in pieces.
            let before = Time(at.0.saturating_sub(1));
            while at.0 > 0 && !run.advance(before, 1 + n % 50_000) {
                n = scramble(n);
            }
            if run.phase().is_over() || (at.0 > 0 && run.next_instant() > Time(at.0)) {
                break;
            }
            let next = as_known_before(&whole, at + Duration(1));
            live::goes_on(&known, &next, at).unwrap_or_else(|d| panic!("at {at}: {d:?}"));
            if at.0 > 0 {
                run.amend(program(&next));
            } else {
                run = Run::new(program(&next), 7, Unrecorded);
            }
            known = next;
            if n.is_multiple_of(4) && branches.len() < 2 {
                branches.push((run.world.clone(), known.clone()));
            }
        }
        let live = finished(run);
        assert_eq!(live.digest(), planned.digest());
        assert_eq!(live.world.core.events, planned.world.core.events);
        // Somebody else went on from there and changed nothing more.
        for (world, known) in branches {
            let fresh = finished(Run::new(program(&known), 7, Unrecorded));
            let resumed = Run::resume(program(&known), world, Unrecorded);
            assert_eq!(finished(resumed).digest(), fresh.digest());
        }
    });
}

const SHOP: &str = r#"format = 1
[run]
duration = "60 s"

[clients.users]
rate = "80 rps"

[service.shop] # ours
slots = 2
service_time = "exponential(10 ms)"

[link.visit]
from = "users"
to = "shop"
timeout = "1 s"
attempts = 2

[[timeline]]
what = "slow"
target = "shop"
at = "10 s"
factor = "2x"
"#;

fn text_of(run: Result<String, Vec<brownout::scenario::diagnostic::Diagnostic>>) -> String {
    run.unwrap_or_else(|d| panic!("{d:#?}"))
}

#[test]
fn the_text_takes_what_is_done() {
    let at = Duration(12_345_678_901);
    let text = text_of(live::add(SHOP, at, "crash", &[("target", "shop")]));
    assert!(text.starts_with(SHOP), "nothing else moves");
    let text = text_of(live::end(&text, 0, Duration::from_secs(20)));
    assert!(
        text.contains("factor = \"2x\"\nlasts = \"10 s\"\n")
            || text.contains("what = \"slow\"\nlasts = \"10 s\"\n")
    );
    let text = text_of(live::end(&text, 1, Duration::from_secs(15)));
    let text = text_of(live::tune(
        &text,
        Duration::from_secs(16),
        "link.visit.attempts",
        "1",
    ));
    let scenario = Scenario::parse(&text).unwrap();
    assert_eq!(scenario.timeline.len(), 3);
    assert_eq!(scenario.timeline[1].begins(), at);
    assert_eq!(
        scenario.timeline[1].lasts(),
        Some(Duration(15_000_000_000 - at.0))
    );
    let change = scenario.timeline[2].change.as_ref().unwrap();
    assert_eq!((change.knob, &change.value), ("attempts", &Value::Count(1)));
}

#[test]
fn an_entry_on_one_line_can_end() {
    let text = SHOP.split("[[timeline]]").next().unwrap();
    let inline = "timeline = [{ what = \"hang\", target = \"shop\", at = \"5 s\" }]\n";
    let text = format!("{inline}{text}");
    let ended = text_of(live::end(&text, 0, Duration::from_secs(9)));
    let scenario = Scenario::parse(&ended).unwrap();
    assert_eq!(scenario.timeline[0].lasts(), Some(Duration::from_secs(4)));
    // There is no table to add to.
    assert!(
        live::add(
            &text,
            Duration::from_secs(9),
            "crash",
            &[("target", "shop")]
        )
        .is_err()
    );
}

#[test]
fn what_cannot_be_done_is_refused_with_what_can() {
    let s = Duration::from_secs;
    let code = |found: Result<String, Vec<brownout::scenario::diagnostic::Diagnostic>>| {
        let found = found.expect_err("refused");
        assert!(found[0].help.is_some(), "{found:?}");
        (found[0].code.to_string(), found[0].path.clone())
    };
    let add = |what, fields: &[(&str, &str)]| code(live::add(SHOP, s(20), what, fields)).0;
    assert_eq!(add("crash", &[("target", "shoop")]), "E0402");
    assert_eq!(add("crash", &[("targets", "shop")]), "E0202");
    assert_eq!(
        add("slow", &[("target", "shop"), ("factor", "-1x")]),
        "E0301"
    );
    let tune = |path, value| code(live::tune(SHOP, s(20), path, value));
    assert_eq!(tune("run.duration", "90 s").0, "E0403");
    assert_eq!(tune("service.shop.zones", "[\"a\"]").0, "E0502");
    assert_eq!(tune("link.visit.timeout", "soon").0, "E0301");
    let end = |number, at| code(live::end(SHOP, number, at));
    assert_eq!(end(0, s(10)), ("E0506".to_owned(), "timeline.1".to_owned()));
    assert_eq!(end(7, s(11)), ("E0506".to_owned(), "timeline.8".to_owned()));

    let scenario = |text: &str| Scenario::parse(text).unwrap();
    let goes_on = |text: &str, next| {
        let found = live::goes_on(&scenario(SHOP), &scenario(text), next);
        found.map_err(|d| d.path.clone())
    };
    let refused = |path: &str| Err(path.to_owned());
    assert_eq!(goes_on(&SHOP.replace("60 s", "61 s"), s(5)), refused("run"));
    assert_eq!(
        goes_on(&SHOP.replace("slots = 2", "slots = 3"), s(5)),
        refused("design")
    );
    assert_eq!(
        goes_on(&SHOP.replace("2x", "3x"), s(11)),
        refused("timeline.1")
    );
    assert_eq!(goes_on(&SHOP.replace("2x", "3x"), s(10)), Ok(()));
    let labelled = SHOP.replace(
        "slots = 2",
        "slots = 2\nlabel = \"Our shop\"\nposition = [10, 20]",
    );
    assert_eq!(goes_on(&labelled, s(50)), Ok(()));
}

#[test]
fn a_session_takes_what_its_watcher_does() {
    use brownout::worker::session::{Session, run_to_end};
    let mut session = Session::load(SHOP, 3).unwrap();
    let act = |what: &str, fields: &[(&str, &str)]| live::Act::Add {
        what: what.to_owned(),
        fields: fields
            .iter()
            .map(|&(k, v)| (k.to_owned(), v.to_owned()))
            .collect(),
    };
    session.advance(Time(20_000_000_000), || false);
    let hung = session.act(&act("hang", &[("target", "shop")])).unwrap();
    assert_eq!(hung, Time(20_000_000_001));
    session.advance(Time(30_000_000_000), || false);
    session.act(&live::Act::End { number: 1 }).unwrap();
    for _ in 0..10 {
        session.step();
    }
    let (path, value) = ("service.shop.slots".to_owned(), "4".to_owned());
    session.act(&live::Act::Tune { path, value }).unwrap();
    let kept = session.text().to_owned();
    assert!(session.act(&act("crash", &[("target", "nobody")])).is_err());
    assert_eq!(session.text(), kept, "what is refused changes nothing");
    session.advance(Time::NEVER, || false);
    assert!(
        session.act(&act("crash", &[("target", "shop")])).is_err(),
        "it is over"
    );
    let (live, planned) = (session.report(), run_to_end(session.text(), 3).unwrap());
    assert_eq!(live.digest, planned.digest);
    let without = run_to_end(SHOP, 3).unwrap();
    assert_ne!(live.digest, without.digest);
}

/// A run may be looked at, and acted on, within an instant: at its very beginning, or between two entries.
#[test]
fn what_has_not_happened_yet_of_an_instant_happens_still() {
    let s = Duration::from_secs;
    let second = "\n[[timeline]]\nwhat = \"capacity_cut\"\ntarget = \"shop\"\nat = \"10 s\"\nlasts = \"5 s\"\n";
    for text in [
        format!("{SHOP}{second}"),
        format!("{SHOP}{second}").replace("at = \"10 s\"", "at = \"0 s\""),
    ] {
        let begins = Scenario::parse(&text).unwrap().timeline[0].begins();
        let program = |text: &str| {
            let scenario = Scenario::parse(text).unwrap();
            experiment::compile(&scenario, Limits::NATIVE)
        };
        for events in 0..4 {
            let mut run = Run::new(program(&text), 5, Unrecorded);
            while run.now() < Time(begins.0) {
                run.advance(Time(begins.0), 1);
            }
            run.advance(Time(begins.0), events);
            let next = Duration(run.next_instant().0);
            let acted = text_of(live::add(
                &text,
                next,
                "hang",
                &[("target", "shop"), ("lasts", "3 s")],
            ));
            run.amend(program(&acted));
            // Somebody does something else right after it.
            run.advance(Time(next.0), 2);
            let next = Duration(run.next_instant().0);
            let acted = text_of(live::tune(&acted, next, "service.shop.slots", "3"));
            run.amend(program(&acted));
            let live = finished(run);
            let planned = finished(Run::new(program(&acted), 5, Unrecorded));
            assert_eq!(live.digest(), planned.digest(), "{begins}, {events} events");
            assert_eq!(live.world.core.events, planned.world.core.events);
            assert!(live.now() >= Time(s(60).0));
        }
    }
}
