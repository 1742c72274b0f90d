//! Published results, through real scenario files and the real engine.

use brownout::experiment::conformance::{Case, Dice, FigureOutcome, Outcome, ROWS};
use brownout::experiment::parallel;

const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];

/// Where the random parameters begin. A failure prints them, so it can be repeated with
/// `brownout conformance --row NAME --set ...`.
const OTHER_PARAMETERS: u64 = 20_261_122;

/// Runs all cases with these seeds.
fn outcomes(cases: &[&Case], seeds: &[u64]) -> Vec<Outcome> {
    let jobs: Vec<(&Case, u64)> = cases
        .iter()
        .flat_map(|case| seeds.iter().map(move |&seed| (*case, seed)))
        .collect();
    let measured = parallel::map(&jobs, |(case, seed)| case.measure(*seed), || ());
    let outcomes = cases.iter().zip(measured.chunks(seeds.len()));
    outcomes
        .map(|(case, measured)| case.judge(measured))
        .collect()
}

fn off(outcome: &Outcome) -> Vec<String> {
    let say = |figure: &FigureOutcome| {
        format!(
            "{} {:?}, {}: expected {:?}, measured {:?}",
            outcome.row, outcome.parameters, figure.name, figure.target, figure.measured
        )
    };
    let figures = outcome.figures.iter().filter(|figure| !figure.holds);
    figures.map(say).collect()
}

/// Lists the figures that are off: with two seeds first, whose mean is less certain, then those that are off with all.
fn failures_of(all: &[&Case]) -> Vec<String> {
    let first = outcomes(all, &SEEDS[..2]);
    let uncertain = all.iter().zip(&first);
    let again: Vec<&Case> = uncertain
        .filter(|(_, outcome)| !off(outcome).is_empty())
        .map(|(case, _)| *case)
        .collect();
    outcomes(&again, &SEEDS).iter().flat_map(off).collect()
}

/// `brownout conformance` judges each with all five seeds.
#[test]
fn every_row_comes_out() {
    let cases: Vec<Case> = ROWS
        .iter()
        .map(|row| row.case(&[], 1.0).expect("a row of the list"))
        .collect();
    let failures = failures_of(&cases.iter().collect::<Vec<_>>());
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// Rows are no special cases: three parameter sets that stand in no list, for each family.
#[test]
fn other_parameters_come_out_too() {
    let mut dice = Dice::new(OTHER_PARAMETERS);
    let mut cases = Vec::new();
    let mut families = Vec::new();
    for row in ROWS {
        if families.contains(&row.family.name) {
            continue;
        }
        families.push(row.family.name);
        for _ in 0..3 {
            let changes = (row.family.draw)(&mut dice);
            cases.push(row.case(&changes, 1.0).expect("what a family draws"));
        }
    }
    let failures = failures_of(&cases.iter().collect::<Vec<_>>());
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// The page is made by `brownout conformance --format markdown > docs/conformance.md`.
#[test]
fn the_page_is_of_these_rows_and_these_rules() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/conformance.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let rules = brownout::engine::SEMANTICS_VERSION;
    assert!(page.contains(&format!("rules of simulation {rules},")));
    assert!(page.contains(&format!("{n} of {n} rows pass", n = ROWS.len())));
    for row in ROWS {
        assert!(page.contains(&format!("`{}`", row.name)), "{}", row.name);
    }
}
