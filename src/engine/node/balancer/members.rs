//! Who stands behind the balancer: the instances that are registered at the ends of its links.

use super::view::{Endpoint, View};
use super::{Config, Policy};
use crate::engine::core::Cx;
use crate::engine::draw::{Address, Purpose};
use crate::engine::fleet::NO_ZONE;
use crate::engine::policy::hash_ring::Ring;
use crate::engine::record::Record;

/// One instance behind the balancer.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    pub link: u16,
    pub instance: u16,
    pub weight: u32,
    pub zone: u16,
    /// Not there any more, but requests to it are still under way.
    pub is_registered: bool,
}

#[derive(Clone, Default)]
pub struct Members {
    /// By link, then by instance. Views have an endpoint for each, in the same order.
    pub list: Vec<Member>,
    /// For policies that hash.
    pub ring: Ring,
    /// Of the fleets behind the links; empty before the first look.
    epochs: Vec<u32>,
}

impl Members {
    pub fn find(&self, link: u16, instance: u16) -> Option<usize> {
        let key = |m: &Member| (m.link, m.instance);
        self.list.binary_search_by_key(&(link, instance), key).ok()
    }

    /// Whether somebody came or went since the last look.
    pub fn is_old<R: Record>(&self, cx: &Cx<'_, R>) -> bool {
        let links = &cx.program.nodes[cx.node as usize].out;
        self.epochs.len() != links.len()
            || links.iter().zip(&self.epochs).any(|(&link, &epoch)| {
                let callee = cx.program.links[link as usize].to;
                cx.core.fleets[callee as usize].epoch != epoch
            })
    }

    /// Looks again. Views keep what they know of those who stay.
    pub fn renew<R: Record>(&mut self, config: &Config, cx: &Cx<'_, R>, views: &mut [View]) {
        let old = std::mem::take(&mut self.list);
        self.epochs.clear();
        let links = &cx.program.nodes[cx.node as usize].out;
        // Where each of the new list was in the old one.
        let mut came_from = Vec::new();
        for &link in links {
            let spec = &cx.program.links[link as usize];
            let fleet = &cx.core.fleets[spec.to as usize];
            self.epochs.push(fleet.epoch);
            let known = old.iter().enumerate().filter(|(_, m)| m.link == link);
            let mut known = known.peekable();
            let mut registered = fleet.registered().iter().copied().peekable();
            loop {
                let next = (known.peek().map(|(_, m)| m.instance), registered.peek().copied());
                let (instance, is_registered) = match next {
                    (None, None) => break,
                    (Some(was), None) => (was, false),
                    (Some(was), Some(is)) if was < is => (was, false),
                    (_, Some(is)) => (is, true),
                };
                let place = known.next_if(|(_, m)| m.instance == instance).map(|(at, _)| at);
                registered.next_if_eq(&instance);
                let busy = |at: usize| views.iter().any(|v| v.endpoints[at].outstanding > 0);
                if !is_registered && !place.is_some_and(busy) {
                    continue;
                }
                came_from.push(place);
                let zone = match is_registered {
                    true => fleet.member(instance).zone,
                    false => NO_ZONE,
                };
                self.list.push(Member { link, instance, weight: spec.weight, zone, is_registered });
            }
        }
        for view in views {
            let known = std::mem::take(&mut view.endpoints);
            let endpoints = self.list.iter().zip(&came_from).map(|(member, place)| {
                let was = place.map_or_else(Endpoint::default, |at| known[at]);
                was.renewed(member.is_registered)
            });
            view.endpoints = endpoints.collect();
            view.credit = came_from.iter().map(|&p| p.map_or(0, |at| view.credit[at])).collect();
            view.is_dirty = true;
        }
        self.ring = match config.policy {
            Policy::Hash { .. } => self.points(config, cx),
            _ => Ring::default(),
        };
    }

    /// The places of an instance on the ring are its own: all balancers agree on them.
    fn points<R: Record>(&self, config: &Config, cx: &Cx<'_, R>) -> Ring {
        let registered = self.list.iter().enumerate().filter(|(_, m)| m.is_registered);
        let points = registered.flat_map(|(at, member)| {
            let callee = cx.program.links[member.link as usize].to as usize;
            let (keys, place) = (&cx.core.node_keys[callee], cx.program.nodes[callee].place);
            (0..config.virtual_nodes).map(move |point| {
                let address = Address::intent(place, u64::from(member.instance), point.into());
                (keys.draws(Purpose::Ring, address).bits(), at as u32)
            })
        });
        Ring::new(points)
    }
}
