//! The parts of a report about who was called, and what became of what was promised.

use super::Recorder;
use super::promises::{Incident, Judged};
use super::report::{AlertReport, EpisodeReport, IncidentReport, SloReport};
use crate::design::value::NANO;
use crate::engine::Run;
use crate::engine::monitoring::alert::Episode;
use crate::engine::program::Program;

pub fn alerts(run: &Run<Recorder>, judged: &Judged) -> Vec<AlertReport> {
    let specs = run.program.monitoring.alerts.iter();
    let rows = specs.zip(&run.world.core.monitoring.alerts);
    let rows = rows
        .zip(&judged.for_something)
        .map(|((spec, state), pages)| {
            let first = state.history.first();
            let pages = pages
                .iter()
                .copied()
                .map(Some)
                .chain(std::iter::repeat(None));
            AlertReport {
                pages: spec.pages,
                key: spec.key.clone(),
                node: run.program.nodes[spec.node as usize].key.clone(),
                fired: state.episodes,
                first_fired_ns: first.map(|e| e.fired.0),
                first_paged_ns: first.map(|e| e.paged.0),
                first_resolved_ns: first.and_then(|e| e.resolved).map(|t| t.0),
                episodes: state.history.iter().zip(pages).map(episode).collect(),
            }
        });
    rows.collect()
}

pub fn slos(run: &Run<Recorder>, judged: &Judged) -> Vec<SloReport> {
    let (program, promises) = (&run.program, &run.record.promises);
    let each = program.slos.iter().zip(&promises.buckets).zip(&judged.slos);
    each.map(|((slo, buckets), kept)| SloReport {
        key: slo.key.clone(),
        node: slo
            .clients
            .map(|node| program.nodes[usize::from(node)].key.clone()),
        objective: slo.objective.0 as f64 / NANO as f64,
        good_within_ns: slo.good_within.map(|bound| bound.0),
        told: kept.told,
        bad: kept.bad,
        budget: kept.told as f64 * slo.allowed().0 as f64 / NANO as f64,
        incidents: kept
            .incidents
            .iter()
            .map(|it| incident(program, it))
            .collect(),
        told_each: buckets.iter().map(|count| count.told).collect(),
        bad_each: buckets.iter().map(|count| count.bad).collect(),
    })
    .collect()
}

fn incident(program: &Program, it: &Incident) -> IncidentReport {
    let alerts = &program.monitoring.alerts;
    IncidentReport {
        from_ns: it.from.0,
        until_ns: it.until.0,
        bad: it.bad,
        paged_ns: it.paged.map(|(at, _)| at.0),
        alert: it
            .paged
            .map(|(_, alert)| alerts[usize::from(alert)].key.clone()),
    }
}

fn episode((episode, for_an_incident): (&Episode, Option<bool>)) -> EpisodeReport {
    EpisodeReport {
        for_an_incident,
        fired_ns: episode.fired.0,
        paged_ns: episode.paged.0,
        resolved_ns: episode.resolved.map(|at| at.0),
    }
}
