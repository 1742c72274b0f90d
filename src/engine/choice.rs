//! Which instance of a callee gets the next try of a call.

use super::attempt::IntentId;
use super::core::Cx;
use super::draw::{Address, Purpose};
use super::node::NodeConfig;
use super::record::Record;
use crate::design::CallMode;

impl<R: Record> Cx<'_, R> {
    /// The instance of the callee for this call's next try: of a cache, the one that has the item; of a
    /// database with several copies, the one that may be asked; else a random one among the registered.
    #[inline(always)]
    pub fn instance_for(
        &self,
        link: u16,
        address: Address,
        intent: IntentId,
        mode: CallMode,
    ) -> u16 {
        let callee = self.program.links[link as usize].to as usize;
        match &self.program.nodes[callee].config {
            NodeConfig::Cache(cache) => {
                let item = self.core.intents[intent].item;
                cache.node_of(item, self.core.fleets[callee].registered())
            }
            NodeConfig::Database(config) if config.replicas > 0 && !config.leaderless => {
                let rule = (config.read_from, config.redirect);
                self.copy_for(link, address, rule, (intent, mode))
            }
            NodeConfig::Database(_) if self.core.shards[callee].is_some() => {
                self.shard_for(callee, intent)
            }
            // One of one needs no draw.
            _ => match self.core.fleets[callee].registered() {
                [only] => *only,
                _ => self.random_instance(link, address),
            },
        }
    }

    /// A random instance of the callee among the registered, for this call's next try.
    #[inline]
    pub fn random_instance(&self, link: u16, address: Address) -> u16 {
        let callee = self.program.links[link as usize].to;
        match self.core.fleets[callee as usize].registered() {
            // Nobody listens there.
            [] => u16::MAX,
            [only] => *only,
            all => {
                let keys = &self.core.links[link as usize].keys;
                let mut draws = keys.draws(Purpose::Instance, address);
                all[draws.below(all.len() as u64) as usize]
            }
        }
    }

    /// The shard of a database that has the key of an action's item.
    fn shard_for(&self, callee: usize, intent: IntentId) -> u16 {
        let intent = &self.core.intents[intent];
        let shards = self.core.shards[callee].as_deref();
        shards.map_or(0, |shards| {
            shards.owner(self.program, intent.operation, intent.item)
        })
    }
}
