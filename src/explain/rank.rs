//! Which of the unusual components explains the others, and with them the harm.

use super::HarmKind;
use super::Mechanism::{self, *};
use super::detect::{Odd, Place};
use super::harm::Hurt;
use super::signals::Signals;
use crate::design::order::arrange;

/// Windows by which a cause may seem to come after what it causes: a mean needs some requests to move.
const LATE: usize = 2;
/// Windows by which a cause may come before the harm.
const EARLY: usize = 25;

/// Culprits first; without those that another one explains, and those that came when the harm was done.
pub fn in_order(signals: &Signals, found: Vec<Odd>, hurt: &Hurt) -> Vec<Odd> {
    let in_time: Vec<Odd> = found
        .into_iter()
        .filter(|odd| {
            let from = odd.stretch.from;
            let in_time =
                from <= hurt.stretch.from + LATE && odd.stretch.until + EARLY >= hurt.stretch.from;
            // Where users are served, what is only inferred accuses nobody; and copies that are behind make no
            // request fail.
            let fits = match hurt.kind {
                HarmKind::Data => weight(odd.mechanism) < INFERRED,
                _ => odd.mechanism != Behind,
            };
            in_time && fits
        })
        .collect();
    let explained = |odd: &Odd| in_time.iter().any(|by| explains(signals, by, odd));
    let mut left: Vec<Odd> = in_time
        .iter()
        .filter(|odd| !explained(odd))
        .copied()
        .collect();
    if left.is_empty() {
        // They explain each other: the earliest counts.
        left = in_time.clone();
    }
    arrange(&mut left, |a, b| {
        weight(a.mechanism)
            .cmp(&weight(b.mechanism))
            .then(a.stretch.from.cmp(&b.stretch.from))
            .then(b.stretch.windows.cmp(&a.stretch.windows))
            .then(a.place.cmp(&b.place))
    });
    let mut names = Vec::new();
    left.retain(|odd| {
        let is_new = !names.contains(&(odd.place, odd.mechanism));
        names.push((odd.place, odd.mechanism));
        is_new
    });
    left
}

/// From this weight on.
const INFERRED: u8 = 2;

/// What says its name comes before what is measured, and what is measured before what is inferred.
fn weight(mechanism: Mechanism) -> u8 {
    match mechanism {
        Down | StorageFull | PoisonMessages | NotSignedIn | Contract | LostLeader | OutOfMemory
        | Cut | Throttles => 0,
        Loses | Errors | Holds | Delays | Slow | ColdCache | MoreTraffic | Behind => 1,
        Locked | FewerSlots | Saturated | UnlikeOthers => INFERRED,
        StandsStill => 3,
    }
}

fn explains(signals: &Signals, by: &Odd, odd: &Odd) -> bool {
    if (by.place, by.mechanism) == (odd.place, odd.mechanism) {
        return false;
    }
    if by.stretch.from > odd.stretch.from + LATE {
        return false;
    }
    let at_one_place = matches!(
        (by.mechanism, odd.mechanism),
        (OutOfMemory, Slow | Down | StandsStill | FewerSlots)
            | (LostLeader, Down | StandsStill | Locked | Slow)
            | (Down, ColdCache | StandsStill | FewerSlots | Slow | Errors)
            | (Slow | StandsStill, Saturated)
            | (Slow, FewerSlots | StandsStill | Locked)
            | (StandsStill, Slow | FewerSlots)
            | (PoisonMessages, StandsStill | Slow | Errors)
    );
    if by.place == odd.place {
        return at_one_place;
    }
    match (by.mechanism, odd.mechanism) {
        (PoisonMessages, StandsStill | Slow | Errors) => true,
        // More is asked of everybody behind them.
        (
            MoreTraffic,
            Throttles | Slow | StandsStill | FewerSlots | Locked | ColdCache | OutOfMemory
            | Saturated | Behind,
        ) => is_below(signals, odd.place, by.place),
        // What a cache has lost is asked of those behind it. Later, it is they who leave it empty.
        (ColdCache, Slow | StandsStill | FewerSlots | Locked | Saturated) => {
            by.stretch.from <= odd.stretch.from && is_asked_instead(signals, odd.place, by.place)
        }
        // Whoever needs a callee that fails has to wait, and is filled with those who wait; and whom
        // nothing reaches any more stands still.
        (MoreTraffic | Contract, _) => false,
        (_, StandsStill | FewerSlots | Slow | Saturated) => {
            is_below(signals, by.place, odd.place) || is_starved(signals, by, odd)
        }
        _ => false,
    }
}

/// Whether what a cache does not have is asked of `other`: by the cache, or by those who ask the cache.
fn is_asked_instead(signals: &Signals, other: Place, cache: Place) -> bool {
    let mut askers = signals
        .links
        .iter()
        .filter(|link| Place::Node(link.to) == cache);
    is_below(signals, other, cache)
        || askers.any(|link| is_below(signals, other, Place::Node(link.from)))
}

/// Whether requests go from `upper`, over some links, to `lower`.
pub fn is_below(signals: &Signals, lower: Place, upper: Place) -> bool {
    let goal = match lower {
        Place::Node(node) => node,
        Place::Link(link) => signals.links[link as usize].from,
    };
    let start = match upper {
        Place::Node(node) => node,
        Place::Link(link) => signals.links[link as usize].to,
    };
    let mut reached = vec![start];
    let mut next = 0;
    while let Some(&node) = reached.get(next) {
        if node == goal {
            return true;
        }
        next += 1;
        for link in signals.links.iter().filter(|link| link.from == node) {
            if !reached.contains(&link.to) {
                reached.push(link.to);
            }
        }
    }
    false
}

/// What brings nothing any more lets those behind it stand still, a little later.
fn is_starved(signals: &Signals, by: &Odd, odd: &Odd) -> bool {
    let before = match by.place {
        Place::Link(_) => by.stretch.from <= odd.stretch.from + LATE,
        Place::Node(_) => by.stretch.from < odd.stretch.from,
    };
    before && odd.mechanism == StandsStill && is_below(signals, odd.place, by.place)
}
