//! What the timeline does to clients: rates that change, abusers, and many who come back at once.

use super::arrivals::{Arrivals, Ramp};
use super::{ABUSERS, Actor, Clients, Config, code, stranger};
use crate::engine::core::Cx;
use crate::engine::draw::{Address, Purpose, stream};
use crate::engine::fault::Action;
use crate::engine::node::Traffic;
use crate::engine::record::Record;
use crate::time::Duration;

/// An entry and a number in one argument.
fn both(entry: u16, number: u32) -> u64 {
    u64::from(entry) << 32 | u64::from(number)
}

impl Clients {
    pub(super) fn change_traffic<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        change: Traffic,
    ) {
        match change {
            Traffic::AbuseBegins { entry, rate } => {
                let place = cx.program.nodes[cx.node as usize].place;
                let stream = stream(cx.core.seed, place, stranger(entry, 0));
                let arrivals = Arrivals::new(stream, true, rate, cx.now());
                self.abuse.push((entry, 0, arrivals));
                self.schedule_abuse(config, cx, entry);
            }
            Traffic::Reconnect { entry } => self.reconnect(cx, entry),
            Traffic::Ends { entry } if self.abuse.iter().any(|a| a.0 == entry) => {
                self.abuse.retain(|a| a.0 != entry);
            }
            _ => self.change_rate(config, cx, change),
        }
    }

    fn change_rate<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, change: Traffic) {
        let now = cx.now();
        // A closed loop has no rate.
        let Some(open) = &mut self.open else { return };
        open.settle(now);
        match change {
            Traffic::StepBegins { entry, rate } => open.steps.push((entry, rate)),
            Traffic::SpikeBegins { entry, factor } => open.spikes.push((entry, factor)),
            Traffic::Ramp { to, over } => {
                open.base = Ramp {
                    from: now,
                    start: open.base.at(now),
                    end: to.0,
                    over: over.0,
                };
            }
            Traffic::CurveBegins { entry } => {
                self.curves.push(entry);
                cx.local_at(now, code::CURVE, both(entry, 0));
            }
            Traffic::Ends { entry } => {
                open.steps.retain(|&(e, _)| e != entry);
                open.spikes.retain(|&(e, _)| e != entry);
                if self.curves.contains(&entry) {
                    self.curves.retain(|&e| e != entry);
                    // It stays where it is.
                    let rate = open.base.at(now);
                    open.base = Ramp {
                        from: now,
                        start: rate,
                        end: rate,
                        over: 0,
                    };
                }
            }
            Traffic::AbuseBegins { .. } | Traffic::Reconnect { .. } => {}
        }
        self.schedule(config, cx);
    }

    /// From one value of a recorded series to the next.
    #[cold]
    pub(super) fn next_of_curve<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        entry: u16,
        number: u32,
    ) {
        let now = cx.now();
        let Action::TrafficCurve { rates, every, .. } = &cx.program.timeline[entry as usize].action
        else {
            return;
        };
        let (Some(open), true) = (&mut self.open, self.curves.contains(&entry)) else {
            return;
        };
        let nth = |n: u32| rates[n as usize % rates.len()];
        open.settle(now);
        open.base = Ramp {
            from: now,
            start: nth(number),
            end: nth(number.wrapping_add(1)),
            over: every.0,
        };
        if now + *every < cx.program.horizon {
            let next = both(entry, number.wrapping_add(1));
            cx.local_at(now + *every, code::CURVE, next);
        }
        self.schedule(config, cx);
    }

    fn schedule_abuse<R: Record>(&self, config: &Config, cx: &mut Cx<'_, R>, entry: u16) {
        let stream = self.abuse.iter().find(|a| a.0 == entry);
        let Some((_, _, arrivals)) = stream else {
            return;
        };
        let at = arrivals.next();
        if at < cx.program.horizon.min(config.ends) {
            cx.local_at(at, code::ABUSE, both(entry, arrivals.generation));
        }
    }

    #[cold]
    pub(super) fn abuse<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        entry: u16,
        generation: u32,
    ) {
        let now = cx.now();
        let Action::Abuse { identities, .. } = cx.program.timeline[entry as usize].action else {
            return;
        };
        let stream = self
            .abuse
            .iter_mut()
            .find(|a| a.0 == entry && a.2.generation == generation);
        let Some((_, begun, arrivals)) = stream else {
            return;
        };
        arrivals.arrived(now);
        let n = *begun;
        *begun += 1;
        let place = cx.program.nodes[cx.node as usize].place;
        let address = Address::intent(place, stranger(entry, 0), n);
        let which = cx
            .draws(Purpose::Identity, address)
            .below(u64::from(identities)) as u32;
        if self.may_act(config, cx) {
            cx.tally(2);
            let identity = ABUSERS + which % ABUSERS;
            self.act(
                config,
                cx,
                Actor {
                    address,
                    user: 0,
                    identity,
                },
            );
        }
        self.schedule_abuse(config, cx, entry);
    }

    fn reconnect<R: Record>(&mut self, cx: &mut Cx<'_, R>, entry: u16) {
        let Action::Reconnect { users, spread, .. } = cx.program.timeline[entry as usize].action
        else {
            return;
        };
        for n in 0..users {
            let address = back(cx, entry, n);
            let wait = match spread {
                0 => 0,
                spread => cx.draws(Purpose::Spread, address).below(spread),
            };
            cx.local_at(cx.now() + Duration(wait), code::BACK, both(entry, n));
        }
    }

    #[cold]
    pub(super) fn come_back<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        entry: u16,
        number: u32,
    ) {
        if self.may_act(config, cx) {
            let address = back(cx, entry, number);
            self.act(
                config,
                cx,
                Actor {
                    address,
                    user: 0,
                    identity: number,
                },
            );
        }
    }
}

fn back<R: Record>(cx: &Cx<'_, R>, entry: u16, number: u32) -> Address {
    let place = cx.program.nodes[cx.node as usize].place;
    Address::intent(place, stranger(entry, 1), u64::from(number))
}
