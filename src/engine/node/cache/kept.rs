//! What a cache has for good, for who looks after the end.

use super::entries::Entry;
use super::{Cache, Config};
use crate::engine::core::Core;
use crate::engine::fleet::Fleet;
use crate::engine::node::Kept;
use crate::engine::program::Program;
use crate::time::Time;

impl Cache {
    /// The entries of each part that no time ends: a reader would find them, and the next one, too.
    pub(super) fn would_serve(&self, config: &Config, program: &Program, core: &Core, node: u16) -> Vec<Kept> {
        let fleet = &core.fleets[node as usize];
        let parts = self.parts.iter().enumerate();
        let kept = parts.filter(|&(at, _)| self.is_asked(config, (program, core, node), at));
        let kept = kept.map(|(at, part)| {
            let is_found = |key| {
                config.is_local || usize::from(config.node_of(key, fleet.registered())) == at
            };
            let lasts = |entry: &&Entry| {
                let renewed = config.renews_on_hit && core.now() < entry.expiry;
                let lasts = entry.expiry == Time::NEVER || renewed;
                // What is not with its source yet is newer than what is there.
                lasts && !entry.is_stale && !part.unflushed.has(entry.key) && is_found(entry.key)
            };
            let entries = part.entries.all();
            let mut rows: Vec<_> = entries.filter(lasts).map(|e| (e.key, e.version)).collect();
            rows.sort_unstable();
            Kept { at: at as u16, leads: false, rows }
        });
        kept.collect()
    }

    /// Whether somebody would find a part, and with what is in it.
    fn is_asked(
        &self,
        config: &Config,
        (program, core, node): (&Program, &Core, u16),
        at: usize,
    ) -> bool {
        let is_same = |fleet: &Fleet, instance: u16| {
            fleet.registered().contains(&instance)
                && fleet.member(instance).started == self.parts[at].began
        };
        if !config.is_local {
            return is_same(&core.fleets[node as usize], at as u16);
        }
        let mut owners = self.owners.iter();
        let owner = owners.find(|&(_, &of)| of as usize == at);
        owner.is_some_and(|(&(link, from), _)| {
            let caller = program.links[link as usize].from as usize;
            let fleet = &core.fleets[caller];
            usize::from(from) >= fleet.places() || is_same(fleet, from)
        })
    }
}
