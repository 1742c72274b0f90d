//! The plan of a service that wrote none, as `engine::program::default_plan` makes it.

use super::map::{Map, is_inline_cache, knobs};
use super::trip::{Hop, Move, Trip};
use crate::design::order::arrange;
use crate::design::{Link, Node};

struct Callee<'d> {
    link: &'d Link,
    node: &'d Node,
    writes: bool,
    rank: u8,
}

/// A link to a cache, and the link to the callee whose answers it keeps.
struct Pair<'d> {
    cache: &'d Link,
    node: &'d Node,
    store: &'d Link,
}

impl<'d> Map<'d> {
    pub(super) fn derived(
        &self,
        trip: &Trip<'d>,
        links: Vec<&'d Link>,
        writes: bool,
    ) -> Vec<Move<'d>> {
        let callee = |link: &'d Link| {
            let node = self.node(&link.to)?;
            // Who only looks has nothing to publish.
            if node.kind.name == "queue" && !writes {
                return None;
            }
            let writes = writes && self.is_written(trip, node);
            let rank = match node.kind.name {
                "database" | "cache" => u8::from(writes) + 1,
                "third_party" => 3,
                "queue" => 4,
                _ => 0,
            };
            Some(Callee {
                link,
                node,
                writes,
                rank,
            })
        };
        let mut callees: Vec<Callee<'d>> = links.into_iter().filter_map(callee).collect();
        arrange(&mut callees, |a, b| {
            (a.rank, &a.link.key).cmp(&(b.rank, &b.link.key))
        });
        let pairs = self.pairs(&callees);
        let mut steps = vec![Move::Work];
        for callee in &callees {
            calls_of(callee, &pairs, &mut steps);
        }
        steps.push(Move::Respond);
        steps
    }

    /// A store or third party is written to only if the operation promises an effect there, and so is a
    /// cache before it.
    fn is_written(&self, trip: &Trip<'d>, node: &Node) -> bool {
        match node.kind.name {
            "database" | "third_party" => trip.effects.contains(&node.key.as_str()),
            "cache" if is_inline_cache(node) => self
                .behind(node)
                .and_then(|link| self.node(&link.to))
                .is_none_or(|source| self.is_written(trip, source)),
            _ => true,
        }
    }

    fn behind(&self, cache: &Node) -> Option<&'d Link> {
        let leaving = self.design.links.iter().filter(|l| l.from == cache.key);
        leaving.min_by(|a, b| a.key.cmp(&b.key))
    }

    fn pairs(&self, callees: &[Callee<'d>]) -> Vec<Pair<'d>> {
        let of = |kinds: &[&str]| -> Vec<&Callee<'d>> {
            let mut found: Vec<&Callee<'d>> = callees
                .iter()
                .filter(|c| kinds.contains(&c.node.kind.name))
                .collect();
            arrange(&mut found, |a, b| a.link.key.cmp(&b.link.key));
            found
        };
        let mut stores = of(&["database"]);
        if stores.is_empty() {
            stores = of(&["service", "balancer", "third_party"]);
        }
        let mut pairs: Vec<Pair<'d>> = Vec::new();
        for inline in [true, false] {
            for cache in of(&["cache"]) {
                if is_inline_cache(cache.node) != inline {
                    continue;
                }
                let behind = self.behind(cache.node).map(|link| &link.to);
                let free = |s: &&&Callee<'d>| pairs.iter().all(|p| p.store.key != s.link.key);
                let fits = |s: &&&Callee<'d>| !inline || Some(&s.link.to) == behind;
                let store = stores.iter().filter(free).find(fits);
                let Some(store) = store.map(|s| s.link) else {
                    continue;
                };
                pairs.push(Pair {
                    cache: cache.link,
                    node: cache.node,
                    store,
                });
            }
        }
        pairs
    }
}

fn calls_of<'d>(callee: &Callee<'d>, pairs: &[Pair<'d>], steps: &mut Vec<Move<'d>>) {
    let plain = || Move::one(Hop::new(callee.link, callee.writes));
    let read_through = |pair: &Pair<'_>| knobs(pair.node).choice("pattern") == "read_through";
    if callee.node.kind.name == "cache" {
        let inline = is_inline_cache(callee.node);
        let pair = pairs.iter().find(|p| p.cache.key == callee.link.key);
        let passes = pair.is_none_or(|pair| !callee.writes || !read_through(pair)) && inline;
        if passes {
            steps.push(plain());
        }
        return;
    }
    let Some(pair) = pairs.iter().find(|p| p.store.key == callee.link.key) else {
        steps.push(plain());
        return;
    };
    let inline = is_inline_cache(pair.node);
    if callee.writes && (!inline || read_through(pair)) {
        steps.push(plain());
        if knobs(pair.node).choice("on_write") != "none" {
            steps.push(Move::Send(Hop {
                plain: false,
                ..Hop::new(pair.cache, false)
            }));
        }
    } else if !callee.writes && !inline {
        let store = Hop {
            share: 0.0,
            plain: false,
            ..Hop::new(pair.store, false)
        };
        steps.push(Move::Cached([Hop::new(pair.cache, false), store]));
    }
}
