//! Values: what is read, what is refused with which words, and that text and value agree.

use super::*;
use crate::design::registry::{CLIENTS, KINDS, KindSpec, LINK, OPERATION, SERVICE, timeline_kinds};

fn knob(kind: &'static KindSpec, name: &str) -> &'static KnobSpec {
    kind.knob(name).unwrap()
}

#[test]
fn values_are_exact_whole_numbers() {
    let share = |text| parse(text, knob(&LINK, "loss")).unwrap();
    assert_eq!(share("2 %"), Value::Share(Share(20_000_000)));
    assert_eq!(share("0.02"), share("2%"));
    let rate = |text| parse(text, knob(&CLIENTS, "rate")).unwrap();
    assert_eq!(rate("1.2 krps"), Value::Rate(Rate(1_200_000_000)));
    assert_eq!(rate("10 per min"), Value::Rate(Rate(166_667)));
    let price = parse("$0.05", knob(&SERVICE, "price")).unwrap();
    assert_eq!(price, Value::Money(Money(50_000)));
    assert_eq!(parse_duration("1.5 s"), Ok(Duration::from_millis(1500)));
    assert_eq!(parse_duration("250µs"), Ok(Duration(250_000)));
    assert_eq!(parse_factor("5x"), Ok(Factor(5_000_000)));
    assert_eq!(parse_count("10k"), Ok(10_000));
    assert_eq!(
        parse("unbounded", knob(&SERVICE, "queue_limit")),
        Ok(Value::Off)
    );
    assert_eq!(parse("full", knob(&LINK, "jitter")), Ok(Value::Choice(1)));
}

#[test]
fn wrong_text_is_answered_with_the_remedy() {
    let check = |kind, name, text: &str, message: &str, help: &str| {
        let error = parse(text, knob(kind, name)).unwrap_err();
        assert_eq!(error.message, message);
        let given = error.help.unwrap_or_default();
        assert!(given.contains(help), "{text}: {given}");
    };
    check(
        &LINK,
        "timeout",
        "250",
        "`250` has no unit",
        "write `250 ms` or `250 s`",
    );
    check(
        &LINK,
        "timeout",
        "5 m",
        "`m` is no unit of a duration",
        "minutes are `min`",
    );
    check(&LINK, "timeout", "-1 s", "`-1 s` is negative", "`250 ms`");
    check(
        &LINK,
        "timeout",
        "nan",
        "`nan` is not a number",
        "or `none`",
    );
    check(
        &LINK,
        "timeout",
        "0 s",
        "`0 s` is too small",
        "allowed: 1 ns to 1 d",
    );
    check(
        &LINK,
        "timeout",
        "0.1 ns",
        "`0.1 ns` is finer than a nanosecond",
        "",
    );
    check(
        &LINK,
        "attempts",
        "0",
        "`0` is too small",
        "allowed: 1 to 1000",
    );
    check(&LINK, "attempts", "2.5", "`2.5` is no whole number", "`50`");
    check(&LINK, "loss", "2", "`2` is more than all", "write `2 %`");
    check(
        &LINK,
        "backoff",
        "exponentail",
        "`exponentail` is not one of the words for this",
        "did you mean `exponential`?",
    );
    check(&CLIENTS, "rate", "700", "`700` has no unit", "`700 rps`");
    check(
        &SERVICE,
        "price",
        "0.05",
        "`0.05` has no unit",
        "write `$0.05`",
    );
    check(
        &SERVICE,
        "service_time",
        "exponental(10 ms)",
        "`exponental` is no distribution",
        "did you mean `exponential`?",
    );
    check(
        &SERVICE,
        "service_time",
        "erlang(10 ms, 2)",
        "`erlang(10 ms, 2)` does not have the parameters of `erlang`",
        "shape 2",
    );
    check(
        &SERVICE,
        "service_time",
        "uniform(2 s, 1 s)",
        "`2 s` is longer than `1 s`",
        "uniform(1 s, 2 s)",
    );
    check(
        &SERVICE,
        "service_time",
        "pareto(1 ms, alpha 0.9)",
        "a Pareto tail with alpha of 1 or less has no mean",
        "max 10 s",
    );
}

#[test]
fn every_form_of_a_distribution_reads_back() {
    let spec = knob(&SERVICE, "service_time");
    for (name, example) in DIST_FORMS {
        let value = parse(example, spec).unwrap_or_else(|e| panic!("{name}: {}", e.message));
        let text = print(&value, spec);
        assert_eq!(parse(&text, spec).as_ref(), Ok(&value));
        if *name != "constant" {
            assert_eq!(text, *example);
        }
    }
}

#[test]
fn the_registry_holds_only_readable_texts() {
    let kinds = KINDS
        .iter()
        .copied()
        .chain([&LINK, &OPERATION])
        .chain(timeline_kinds());
    for spec in kinds.flat_map(|kind| kind.knobs) {
        for text in [spec.default, spec.min, spec.max] {
            if text.is_empty() {
                continue;
            }
            let value =
                parse(text, spec).unwrap_or_else(|e| panic!("{}: {}", spec.name, e.message));
            assert_eq!(
                parse(&print(&value, spec), spec),
                Ok(value),
                "{}",
                spec.name
            );
        }
    }
}
