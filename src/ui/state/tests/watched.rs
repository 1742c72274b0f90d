//! Objectives and alerts that are added on the page, the pager while it rings, and a run that is seen blind.

use super::*;
use crate::scenario::draw::Thing;
use crate::time::Time;
use crate::ui::state::editing::Draw;
use crate::ui::state::pager::{self, Ask};
use crate::ui::state::watching::{self, Watch};

fn select(model: &mut Model, key: &str) {
    let things = vec![Thing::Node(key.to_owned())];
    update(model, Msg::Draw(Draw::Select(things)));
}

fn add(model: &mut Model, what: Watch) {
    update(model, Msg::Draw(Draw::Watch(what)));
}

#[test]
fn the_recommended_alerts_come_with_an_objective_and_go_as_one() {
    let mut model = ready();
    let before = model.doc.text.clone();
    add(&mut model, Watch::Burn);
    let design = &model.doc.scenario.design;
    // The goal of the lesson asks for 99 %.
    assert_eq!(watching::promises(&design.slos[0]), "99 % without error");
    let does: Vec<String> = design
        .alerts
        .iter()
        .map(|alert| watching::calls(&model, alert))
        .collect();
    assert_eq!(
        does,
        [
            "Shoppers: burn 14.4x over 1 h and 5 min",
            "Shoppers: burn 6x over 6 h and 30 min",
            "Shoppers: burn 1x over 3 d and 6 h, a ticket"
        ]
    );
    let lines = watching::lines(&model).expect("one is selected");
    assert_eq!(lines.lines.len(), 4);
    assert!(lines.too_long, "three minutes are less than six hours");
    add(&mut model, Watch::Day);
    let lines = watching::lines(&model).unwrap();
    assert!(!lines.too_long);
    assert_eq!(watching::scale(&model), 480.0);
    assert!(lines.clock.unwrap().contains("this run of 3 min is"));
    update(&mut model, Msg::Undo);
    update(&mut model, Msg::Undo);
    assert_eq!(model.doc.text, before);
}

#[test]
fn an_objective_of_many_digits_stays_what_it_is() {
    let mut model = ready();
    select(&mut model, "shoppers");
    add(&mut model, Watch::Slo);
    let path = "slo.shoppers.objective".to_owned();
    let value = "99.9995 %".to_owned();
    let edit = crate::scenario::draw::Edit::Set { path, value };
    update(&mut model, Msg::Draw(Draw::Do(edit)));
    add(&mut model, Watch::Burn);
    let design = &model.doc.scenario.design;
    assert_eq!(
        watching::promises(&design.slos[0]),
        "99.9995 % without error"
    );
    for alert in &design.alerts {
        let knobs = crate::design::Settings::new(&crate::design::registry::ALERT, &alert.knobs);
        assert_eq!(knobs.share("objective").to_string(), "99.9995 %");
    }
}

#[test]
fn each_kind_of_alert_is_about_the_node_that_is_selected() {
    let mut model = ready();
    add(&mut model, Watch::Errors);
    assert!(model.toast.is_some(), "nothing is selected");
    for what in [Watch::Errors, Watch::Latency, Watch::Busy, Watch::Waiting] {
        select(&mut model, "catalogue");
        add(&mut model, what);
    }
    let design = &model.doc.scenario.design;
    assert_eq!(design.alerts.len(), 4);
    assert!(design.alerts.iter().all(|alert| alert.node == "catalogue"));
    assert_eq!(model.why_not_run(), None);
    // Another objective at the clients, changed by its knob, and deleted.
    select(&mut model, "shoppers");
    add(&mut model, Watch::Slo);
    let inspected = super::super::inspect::inspected(&model).expect("it is selected");
    assert!(
        inspected
            .first
            .contains(&"slo.shoppers.objective".to_owned()),
        "{inspected:?}"
    );
    update(&mut model, Msg::Draw(Draw::Delete));
    assert!(model.doc.scenario.design.slos.is_empty());
}

#[test]
fn pages_ring_until_somebody_is_on_them_and_the_log_says_when() {
    let model = &mut charts_of_lessons::run("s24-what-should-wake-you", Time(3_600_000_000_000));
    let alert = |at_ns, fires| News {
        at_ns,
        what: NewsKind::Alert {
            alert: "errors".into(),
            fires,
        },
    };
    model.run.news = vec![
        alert(1_000_000_000, true),
        alert(2_000_000_000, false),
        alert(3_000_000_000, true),
    ];
    let log = pager::log(model).expect("it rings");
    assert!(log.lines.iter().all(|line| line.rings) && log.lines.len() == 2);
    let ask = Ask::Acknowledge {
        alert: "errors".to_owned(),
        fired_ns: 3_000_000_000,
    };
    update(model, Msg::Pager(ask));
    let log = pager::log(model).unwrap();
    // The newest first.
    assert!(!log.lines[0].rings && log.lines[0].how.starts_with("acknowledged after"));
    assert!(log.lines[1].rings && log.lines[1].how.starts_with("over since"));
    assert!(
        log.facts
            .contains(&("ui.pager", "Not acknowledged", "1".to_owned()))
    );
    // Another run begins with a silent pager.
    update(model, Msg::Restart);
    assert!(model.run.acknowledged.is_empty());
}

#[test]
fn the_log_of_a_week_tells_false_pages_and_missed_incidents() {
    let model = &mut charts_of_lessons::run("s24-what-should-wake-you", Time::NEVER);
    let all = told(model);
    end(model, all);
    let log = pager::log(model).expect("it has alerts");
    let fact = |name: &str| {
        let found = log.facts.iter().find(|fact| fact.1 == name);
        found.map(|fact| fact.2.clone()).unwrap_or_default()
    };
    assert_eq!(fact("Pages"), "17");
    assert_eq!(fact("For nothing"), "16");
    assert_eq!(
        (fact("Incidents"), fact("Of them missed")),
        ("2".into(), "1".into())
    );
    // The outage of 3000 s hurt most of the users, and the log says so beside its page.
    let outage = log
        .lines
        .iter()
        .find(|line| line.at_ns / 1_000_000_000 == 3_001);
    let users = &outage.expect("it paged").users;
    let served: f64 = users.split(' ').next().unwrap().parse().unwrap();
    assert!(served < 60.0, "{users}");
    assert_eq!(log.missed.len(), 1);
    assert!(
        log.promises[0].contains("error budget is spent"),
        "{:?}",
        log.promises
    );
}

#[test]
fn blind_is_blind_until_the_run_is_over() {
    let model = &mut charts_of_lessons::run("s24-what-should-wake-you", Time(3_600_000_000_000));
    let frame = (*model.run.now).clone();
    assert!(!frame.nodes.is_empty() && !frame.seen.is_empty());
    assert!(pager::collected(model).is_none());
    let effects = update(model, Msg::Pager(Ask::Blind));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Seek(_))),
        "it is sent again"
    );
    let series = (*model.run.series).clone();
    tick(model, pager::mask(frame), &series);
    assert!(model.run.now.nodes.is_empty() && model.run.now.links.is_empty());
    assert_eq!(facts::node(model, "shop").state, "");
    let seen = pager::collected(model).expect("what is collected");
    let names: Vec<&str> = seen.rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(names, ["Shop", "Customers"]);
    assert!(goals::lines(model).iter().all(|line| line.now.is_none()));
    assert!(debrief::so_far(model).is_none());
    // Nobody hears what monitoring does not know, nor is shown requests.
    let failure = News {
        at_ns: 4_000_000_000,
        what: NewsKind::FirstFailure {
            reason: "error_from_callee",
            link: "visit".into(),
            action: 1,
            attempt: 1,
        },
    };
    assert!(!pager::is_seen(model, &failure));
    let asked = update(model, Msg::Requests(super::super::requests::Ask::Now));
    assert!(asked.is_empty() && model.toast.is_some());
    let all = told(model);
    end(model, all);
    assert!(!model.is_blind() && pager::collected(model).is_none());
    assert!(pager::is_seen(model, &failure));
}
