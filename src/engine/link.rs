//! The network as faults make it: longer ways and lost messages while entries of the timeline last.

use super::core::LinkState;
use super::dist::Sampler;
use super::draw::{Address, Purpose, mix64};
use super::fault::Action;
use super::program::Program;

impl LinkState {
    /// How long a message travels that is sent now.
    #[inline(always)]
    pub fn delay(&self, program: &Program, link: usize, purpose: Purpose, address: Address) -> u64 {
        let own = &program.links[link].delay;
        match own.constant() {
            Some(ns) if self.delays.is_empty() => ns,
            _ => self.drawn_delay(program, own, purpose, address),
        }
    }

    #[inline(never)]
    fn drawn_delay(
        &self,
        program: &Program,
        own: &Sampler,
        purpose: Purpose,
        address: Address,
    ) -> u64 {
        let ns = own.sample(&mut self.keys.draws(purpose, address));
        if self.delays.is_empty() {
            return ns;
        }
        self.longer(program, ns, purpose, address)
    }

    #[cold]
    fn longer(&self, program: &Program, ns: u64, purpose: Purpose, address: Address) -> u64 {
        // Requests and replies of one attempt draw apart.
        let address = Address(address.0 ^ mix64(purpose as u64));
        let mut draws = self.keys.draws(Purpose::ExtraDelay, address);
        let entries = self
            .delays
            .iter()
            .map(|&e| &program.timeline[e as usize].action);
        let extra = entries.map(|action| match action {
            Action::LinkDelay { delay, .. } => delay.sample(&mut draws),
            _ => 0,
        });
        extra.fold(ns, u64::saturating_add)
    }

    /// Whether a message that is sent now is lost to a fault.
    #[inline]
    pub fn loses(&self, program: &Program, purpose: Purpose, address: Address) -> bool {
        !self.losses.is_empty() && self.loses_to_fault(program, purpose, address)
    }

    #[cold]
    fn loses_to_fault(&self, program: &Program, purpose: Purpose, address: Address) -> bool {
        let address = Address(address.0 ^ mix64(purpose as u64));
        let mut draws = self.keys.draws(Purpose::ExtraLoss, address);
        let mut entries = self
            .losses
            .iter()
            .map(|&e| &program.timeline[e as usize].action);
        entries.any(|action| match action {
            Action::LinkLoss { share, .. } => draws.chance(*share),
            _ => false,
        })
    }
}
