//! What components did of their own accord. Each figure is about one component alone: a node's own work
//! without the calls that it waits for, a link's own travelling time, errors that no callee caused.

use super::course::{Course, Stretch};
use super::harm::Hurt;
use super::rank::is_below;
use super::signals::{LinkWindow, Signals};
use super::{Component, Finding, HarmKind, Mechanism};
use crate::design::order::arrange;
use crate::engine::reason::Reason;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Node(u16),
    Link(u16),
}

/// A component that was unusual for a while.
#[derive(Clone, Copy, Debug)]
pub struct Odd {
    pub place: Place,
    pub mechanism: Mechanism,
    pub stretch: Stretch,
    pub figure: &'static str,
}

impl Odd {
    pub fn told(&self, signals: &Signals) -> Finding {
        let component = match self.place {
            Place::Node(i) => Component::Node(signals.nodes[i as usize].key.clone()),
            Place::Link(i) => Component::Link(signals.links[i as usize].key.clone()),
        };
        Finding {
            component,
            mechanism: self.mechanism,
            from_ns: signals.start_of(self.stretch.from).0,
            until_ns: signals.start_of(self.stretch.until).0,
            figure: self.figure,
            usual: self.stretch.usual,
            seen: self.stretch.seen,
        }
    }
}

/// Requests in a window, for a figure to mean something.
const ENOUGH: u32 = 5;
/// Failures of one kind: this share of the tries, this much above what is usual.
const SHARE: f64 = 0.03;
/// A link on which this share of the tries is lost is not bad, it is cut.
const CUT: f64 = 0.9;
/// Own work: this many times longer.
const SLOWER: f64 = 1.4;
/// The logarithm of exponential work scatters by this many octaves; a mean of few requests is taken for
/// what it is at least, this many deviations below.
const OCTAVES: f64 = 1.85;
const DEVIATIONS: f64 = 2.5;
/// Requests in work: this many times, and this many more.
const STUCK: f64 = 3.0;
const STUCK_MORE: u32 = 20;
pub const IN_WORK: &str = "requests in work at the same time";
/// Travelling: this many times longer, and by this much.
const LONGER: f64 = 2.0;
const LONGER_BY_NS: f64 = 1_000_000.0;
/// Traffic: this many times more.
const MORE: f64 = 1.4;
const ENOUGH_ACTIONS: u32 = 10;
/// Slots: at most this share of what was busy at other times, while others wait.
const FEWER: f64 = 0.85;
/// Lookups that find nothing: this share more of them.
const COLDER: f64 = 0.2;
/// Copies: this many times further behind, and by this much.
const FURTHER: f64 = 2.0;
const FURTHER_BY_NS: f64 = 500_000_000.0;
/// Who has no room: in this share of the windows of the harm, this share of the most slots was busy.
const FULL_TIME: f64 = 0.7;
const FULL: f64 = 0.95;
/// Beside its like: so many times longer, with so many requests each.
const UNLIKE: f64 = 2.0;
const ENOUGH_OF_EACH: u32 = 100;
pub const BUSY: &str = "slots busy while others waited";

/// Everything unusual. `calm`: so many windows there were before anybody was hurt.
pub fn all(signals: &Signals, calm: usize) -> Vec<Odd> {
    let mut found = Vec::new();
    for (i, link) in (0u16..).zip(&signals.links) {
        found.extend(refusals(signals, i, link.to));
        found.extend(on_the_way(signals, i));
    }
    for i in 0..signals.nodes.len() as u16 {
        if signals.nodes[i as usize].kind == "clients" {
            found.extend(traffic(signals, i, calm));
            continue;
        }
        found.extend(own_work(signals, i, calm));
        found.extend(own_errors(signals, i));
        found.extend(standing_still(signals, i));
        found.extend(stuck(signals, i));
        found.extend(slots(signals, i));
        found.extend(cold(signals, i));
        found.extend(behind(signals, i));
        found.extend(counted(signals, i));
    }
    found
}

/// Reasons that only their place gives: the innermost cause keeps its name, whoever passes it on says "error
/// from callee".
const OF_CALLEE: &[(&[Reason], Mechanism, &str)] = &[
    (
        &[Reason::ConnectionRefused, Reason::CrashedWhileWorking],
        Mechanism::Down,
        "share of requests refused or broken off",
    ),
    (
        &[Reason::StorageFull],
        Mechanism::StorageFull,
        "share of requests without room",
    ),
    (
        &[Reason::RateLimited],
        Mechanism::Throttles,
        "share of requests over the limit",
    ),
    (
        &[Reason::NotPrimary, Reason::NoQuorum],
        Mechanism::LostLeader,
        "share of requests without a leader",
    ),
    (
        &[Reason::LockTimeout, Reason::DeadlockVictim],
        Mechanism::Locked,
        "share of requests that gave up on a lock",
    ),
    (
        &[Reason::ContractMismatch],
        Mechanism::Contract,
        "share of requests not understood",
    ),
    (
        &[Reason::Poison],
        Mechanism::PoisonMessages,
        "share of deliveries that cannot be handled",
    ),
];

const OF_LINK: &[(&[Reason], Mechanism, &str)] = &[
    (
        &[Reason::DroppedByNetwork],
        Mechanism::Loses,
        "share of requests lost",
    ),
    (
        &[Reason::Unauthenticated],
        Mechanism::NotSignedIn,
        "share of requests turned away",
    ),
];

fn refusals(signals: &Signals, link: u16, to: u16) -> Vec<Odd> {
    let of_callee = OF_CALLEE.iter().map(|it| (it, Place::Node(to)));
    let of_link = OF_LINK.iter().map(|it| (it, Place::Link(link)));
    let all = of_callee.chain(of_link);
    all.filter_map(|((reasons, mechanism, figure), place)| {
        let stretch = failing(signals, link, reasons)?;
        let mechanism = match mechanism {
            Mechanism::Loses if stretch.seen >= CUT => Mechanism::Cut,
            Mechanism::Down if is_at_work(signals, link, stretch) => Mechanism::Saturated,
            other => *other,
        };
        Some(Odd {
            place,
            mechanism,
            stretch,
            figure,
        })
    })
    .collect()
}

/// Refuses while it serves others, and has broken off nothing: it has as many as it takes.
fn is_at_work(signals: &Signals, link: u16, stretch: Stretch) -> bool {
    let (of_link, to) = (
        &signals.of_link[link as usize],
        signals.links[link as usize].to,
    );
    let of_node = &signals.of_node[to as usize];
    let windows = stretch.from..stretch.until;
    let broken = |i: usize| of_link[i].failed[Reason::CrashedWhileWorking as usize] > 0;
    let works = windows.clone().filter(|&i| of_node[i].left >= ENOUGH);
    2 * works.count() > windows.len() && !windows.clone().any(broken)
}

/// When a larger share of the tries on a link than usual fails for these reasons.
fn failing(signals: &Signals, link: u16, reasons: &[Reason]) -> Option<Stretch> {
    more_than_usual(signals, link, &|window| {
        reasons.iter().map(|&r| window.failed[r as usize]).sum()
    })
}

fn more_than_usual(
    signals: &Signals,
    link: u16,
    failed: &dyn Fn(&LinkWindow) -> u32,
) -> Option<Stretch> {
    let of = &signals.of_link[link as usize];
    let share = Course::new(signals.count, &|i| {
        let failed = failed(&of[i]);
        let enough = of[i].ended >= ENOUGH || failed >= 2;
        // Who gets fewer answers than it asks has not therefore more failures among its tries.
        let tries = of[i].ended.max(of[i].sent).max(1);
        enough.then(|| f64::from(failed) / f64::from(tries))
    });
    // Messages that cannot be handled come back for a long time.
    let usual = share.quantile(0.2)?;
    share.above(usual, (2.0 * usual).max(usual + SHARE))
}

/// How long messages travel, and whether they arrive at all.
fn on_the_way(signals: &Signals, link: u16) -> Option<Odd> {
    let of = &signals.of_link[link as usize];
    let travel = Course::new(signals.count, &|i| {
        let window = &of[i];
        (window.travelled >= 2).then(|| window.travel_ns as f64 / f64::from(window.travelled))
    });
    let usual = travel.quantile(0.4)?;
    let stretch = travel.above(usual, (usual * LONGER).max(usual + LONGER_BY_NS))?;
    // What is kept back arrives all at once: the later it was sent, the shorter it was under way.
    let width = signals.width.0 as f64;
    let is_kept = stretch.seen >= 1.5 * width && stretch.seen > 20.0 * usual;
    Some(Odd {
        place: Place::Link(link),
        mechanism: if is_kept {
            Mechanism::Holds
        } else {
            Mechanism::Delays
        },
        stretch,
        figure: "time on the way, in nanoseconds",
    })
}

fn traffic(signals: &Signals, node: u16, calm: usize) -> Option<Odd> {
    let of = &signals.begun[node as usize];
    let all: u32 = of.iter().take(signals.count).sum();
    // Of few actions a window has none or some: as many windows around it are taken as it needs to have enough.
    let mean = f64::from(all) / signals.count as f64;
    let around = (f64::from(ENOUGH_ACTIONS) / mean.max(0.01) / 2.0) as usize;
    let around = around.min(signals.count / 16);
    let begun = Course::new(signals.count, &|i| {
        let near = &of[i.saturating_sub(around)..(i + around + 1).min(signals.count)];
        let mean = f64::from(near.iter().sum::<u32>()) / near.len() as f64;
        Some(mean)
    });
    // More of it can have come long before the harm.
    let usual = begun.usual(0.5, calm)?.min(begun.quantile(0.2)?);
    // Chance alone makes a window of a Poisson process as full as this once in many runs.
    let windows = (2 * around + 1) as f64;
    let chance = libm::sqrt((usual * windows).max(1.0)) / windows;
    let stretch = begun.above(usual, (MORE * usual).max(usual + 5.0 * chance))?;
    Some(Odd {
        place: Place::Node(node),
        mechanism: Mechanism::MoreTraffic,
        stretch: Stretch {
            blur: around,
            ..stretch
        },
        figure: "actions begun in a window",
    })
}

fn own_work(signals: &Signals, node: u16, calm: usize) -> Option<Odd> {
    let of = &signals.of_node[node as usize];
    // In octaves: one request that stands still does not look like all of them being slow.
    let mean = |i: usize| (of[i].left >= ENOUGH).then(|| of[i].own_log / f64::from(of[i].left));
    let usual = Course::new(signals.count, &mean).usual(0.4, calm)?;
    let at_least = Course::new(signals.count, &|i| {
        let scatter = OCTAVES / libm::sqrt(f64::from(of[i].left.max(1)));
        Some(mean(i)? - DEVIATIONS * scatter)
    });
    let stretch = at_least.above(usual, usual + libm::log2(SLOWER))?;
    if stretch.windows < 2 {
        return None;
    }
    let means = (stretch.from..stretch.until).filter_map(mean);
    Some(Odd {
        place: Place::Node(node),
        mechanism: Mechanism::Slow,
        stretch: Stretch {
            usual: libm::exp2(usual),
            seen: libm::exp2(means.fold(usual, f64::max)),
            ..stretch
        },
        figure: "own work per request, in nanoseconds",
    })
}

fn own_errors(signals: &Signals, node: u16) -> Option<Odd> {
    Some(Odd {
        place: Place::Node(node),
        mechanism: Mechanism::Errors,
        stretch: worst_of_callers(signals, node, &|it| it.own_errors)?,
        figure: "share of requests answered with an error of its own",
    })
}

/// The link to a node on which something is unusual for the longest time.
fn worst_of_callers(
    signals: &Signals,
    node: u16,
    failed: &dyn Fn(&LinkWindow) -> u32,
) -> Option<Stretch> {
    let links = (0u16..)
        .zip(&signals.links)
        .filter(|(_, link)| link.to == node);
    let found = links.filter_map(|(link, _)| more_than_usual(signals, link, failed));
    found.max_by(|a, b| a.windows.cmp(&b.windows))
}

/// Somebody is there, and nobody leaves; or requests give up while they are worked on, at a node whose
/// work takes no longer than usual.
fn standing_still(signals: &Signals, node: u16) -> Option<Odd> {
    let of = &signals.of_node[node as usize];
    let left = Course::new(signals.count, &|i| Some(f64::from(of[i].left)));
    let usual = left.quantile(0.5)?;
    let place = Place::Node(node);
    if usual >= f64::from(ENOUGH) {
        let has_work = |i: usize| {
            of[i].busy_most > 0 || of[i].waiting_least > 0 || waits_for(signals, node, i)
        };
        let still = Course::new(signals.count, &|i| {
            Some(f64::from(u8::from(of[i].left == 0 && has_work(i))))
        });
        if let Some(stretch) = still.above(0.0, 0.5).filter(|it| it.windows >= 2) {
            return Some(Odd {
                place,
                mechanism: Mechanism::StandsStill,
                stretch: Stretch {
                    usual,
                    seen: 0.0,
                    ..stretch
                },
                figure: "requests finished in a window",
            });
        }
    }
    let stretch = worst_of_callers(signals, node, &|it| it.given_up)?;
    Some(Odd {
        place,
        mechanism: Mechanism::StandsStill,
        stretch,
        figure: "share of requests given up while worked on",
    })
}

/// At a node that calls nobody, far more is in work than usual although no more has come: some of it
/// stands still, and nobody gives it up.
fn stuck(signals: &Signals, node: u16) -> Option<Odd> {
    if signals.links.iter().any(|link| link.from == node) {
        return None;
    }
    let of = &signals.of_node[node as usize];
    let busy = Course::new(signals.count, &|i| Some(f64::from(of[i].busy_most)));
    let arrived = Course::new(signals.count, &|i| Some(of[i].arrived as f64));
    let usual = busy.quantile(0.2)?;
    let stretch = busy.above(usual, STUCK * usual + f64::from(STUCK_MORE))?;
    let windows = stretch.from..stretch.until;
    let came: f64 = windows.clone().map(|i| of[i].arrived as f64).sum();
    if came > MORE * arrived.quantile(0.5)? * windows.len() as f64 {
        return None;
    }
    Some(Odd {
        place: Place::Node(node),
        mechanism: Mechanism::StandsStill,
        stretch,
        figure: IN_WORK,
    })
}

/// Messages wait in a queue that this node reads.
fn waits_for(signals: &Signals, node: u16, window: usize) -> bool {
    let mut links = signals.links.iter();
    links.any(|link| {
        let queue = match (link.from == node, link.to == node) {
            (true, _) => link.to,
            (_, true) => link.from,
            _ => return false,
        };
        let queue = queue as usize;
        signals.nodes[queue].kind == "queue" && signals.of_node[queue][window].waiting_least > 0
    })
}

/// Others wait although fewer slots are busy than there were at other times.
fn slots(signals: &Signals, node: u16) -> Option<Odd> {
    let of = &signals.of_node[node as usize];
    let most = of.iter().map(|window| window.busy_most).max()?;
    if most < 2 {
        return None;
    }
    let share = Course::new(signals.count, &|i| {
        let busy = of[i].busy_when_waiting?;
        Some(f64::from(busy) / f64::from(most))
    });
    let stretch = share.below(1.0, FEWER).filter(|it| it.windows >= 2)?;
    // Where instances are chosen blindly, somebody waits at one while another is free: at any time.
    if 3 * stretch.windows < 2 * share.count_below(FEWER) {
        return None;
    }
    Some(Odd {
        place: Place::Node(node),
        mechanism: Mechanism::FewerSlots,
        stretch: Stretch {
            usual: f64::from(most),
            seen: stretch.seen * f64::from(most),
            ..stretch
        },
        figure: "slots that were busy while others waited",
    })
}

fn cold(signals: &Signals, node: u16) -> Option<Odd> {
    let of = &signals.of_node[node as usize];
    let misses = Course::new(signals.count, &|i| {
        let enough = of[i].lookups >= u64::from(ENOUGH);
        enough.then(|| of[i].misses as f64 / of[i].lookups as f64)
    });
    let usual = misses.quantile(0.4)?;
    let stretch = misses.above(usual, usual + COLDER)?;
    // Every cache is cold when it begins.
    if stretch.from == 0 {
        return None;
    }
    Some(Odd {
        place: Place::Node(node),
        mechanism: Mechanism::ColdCache,
        stretch,
        figure: "share of lookups that find nothing",
    })
}

fn behind(signals: &Signals, node: u16) -> Option<Odd> {
    let of = &signals.of_node[node as usize];
    let behind = Course::new(signals.count, &|i| Some(of[i].behind.0 as f64));
    let usual = behind.quantile(0.2)?;
    Some(Odd {
        place: Place::Node(node),
        mechanism: Mechanism::Behind,
        stretch: behind.above(usual, (usual * FURTHER).max(usual + FURTHER_BY_NS))?,
        figure: "time by which a copy is behind, in nanoseconds",
    })
}

/// Nobody did anything unusual, so somebody was too small for what is usual: who was full all the time while users were
/// hurt, and calls nobody else who was.
pub fn bottleneck(signals: &Signals, hurt: &Hurt) -> Option<Odd> {
    let full = (0u16..).zip(&signals.nodes).filter_map(|(i, node)| {
        let is_full = node.kind != "clients" && hurt.kind != HarmKind::Data;
        is_full.then(|| full(signals, i, hurt.stretch))?
    });
    let full: Vec<Odd> = full.collect();
    let deepest = full.iter().find(|odd| {
        let mut others = full.iter().filter(|it| it.place != odd.place);
        !others.any(|it| is_below(signals, it.place, odd.place))
    });
    deepest.copied()
}

fn full(signals: &Signals, node: u16, harm: Stretch) -> Option<Odd> {
    let of = &signals.of_node[node as usize];
    let most = of.iter().map(|window| window.busy_most).max()?;
    let windows = harm.from..harm.until.min(signals.count);
    let is_full = |i: &usize| {
        let busy = f64::from(of[*i].busy_most);
        of[*i].waiting_most > 0 && busy >= FULL * f64::from(most)
    };
    let all: Vec<usize> = windows.clone().filter(is_full).collect();
    let (&from, &last) = (all.first()?, all.last()?);
    if most == 0 || (all.len() as f64) < FULL_TIME * windows.len() as f64 {
        return None;
    }
    Some(Odd {
        place: Place::Node(node),
        mechanism: Mechanism::Saturated,
        stretch: Stretch {
            from,
            until: last + 1,
            usual: f64::from(most),
            seen: f64::from(most),
            windows: all.len(),
            blur: 0,
        },
        figure: BUSY,
    })
}

/// Who works much longer on a request than most of those that get their requests from the same balancer: in time there may
/// be nothing to compare with, if it was so from the first second on.
pub fn unlike_others(signals: &Signals) -> Vec<Odd> {
    let balancers = (0u16..).zip(&signals.nodes);
    let balancers = balancers.filter(|(_, node)| node.kind == "balancer");
    let slowest = balancers.filter_map(|(balancer, _)| {
        let behind = signals.links.iter().filter(|link| link.from == balancer);
        let mut work: Vec<(f64, u16)> = behind
            .filter_map(|link| Some((own_work_of_run(signals, link.to)?, link.to)))
            .collect();
        arrange(&mut work, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        // Of two, it is the slower one that is sick.
        let (usual, _) = *work.get(work.len().checked_sub(1)? / 2)?;
        let (longest, node) = *work.last()?;
        let is_unlike = longest >= usual + libm::log2(UNLIKE);
        is_unlike.then(|| Odd {
            place: Place::Node(node),
            mechanism: Mechanism::UnlikeOthers,
            stretch: Stretch {
                from: 0,
                until: signals.count,
                usual: libm::exp2(usual),
                seen: libm::exp2(longest),
                windows: signals.count,
                blur: 0,
            },
            figure: "own work per request, in nanoseconds",
        })
    });
    slowest.collect()
}

/// In octaves of a nanosecond.
fn own_work_of_run(signals: &Signals, node: u16) -> Option<f64> {
    let windows = signals.of_node[node as usize].iter();
    let (left, work) = windows.fold((0, 0.0), |(left, work), it| {
        (left + it.left, work + it.own_log)
    });
    (left >= ENOUGH_OF_EACH).then(|| work / f64::from(left))
}

/// What a node says about itself.
fn counted(signals: &Signals, node: u16) -> Vec<Odd> {
    let of = &signals.of_node[node as usize];
    let memory = Course::new(signals.count, &|i| Some(of[i].out_of_memory as f64));
    let leaders = Course::new(signals.count, &|i| Some(f64::from(of[i].leaders_lost)));
    let all = [
        (
            memory,
            Mechanism::OutOfMemory,
            "instances that died of memory",
        ),
        (leaders, Mechanism::LostLeader, "leaders lost"),
    ];
    let odd = all.into_iter().filter_map(|(course, mechanism, figure)| {
        Some(Odd {
            place: Place::Node(node),
            mechanism,
            stretch: course.above(0.0, 0.5)?,
            figure,
        })
    });
    odd.collect()
}
