//! One file per kind of node, all of the same shape: its compiled knobs (`Config`), its state, and
//! what it does when something reaches it. To add a kind: its file, its line in `kinds!` below,
//! and its entry in `design::registry::KINDS`.

pub mod delivery;

use super::attempt::{Attempt, AttemptId, Call, IntentId};
use super::core::{Core, Cx};
use super::fault::{Reshard, SchemaChange};
use super::probe;
use super::program::Program;
use super::reason::Reason;
use super::record::Record;
use super::standing::Still;
use crate::design::Settings;
use crate::design::value::{Factor, Rate};
use crate::time::{Duration, Time};

/// What a kind of node is made of. Each method is one thing that can reach a node; the defaults are
/// for kinds which that thing cannot reach.
pub trait NodeKind: Clone + Sized {
    /// The knobs, resolved; never changed by a run.
    type Config;

    /// What the kind counts about itself besides what every node counts: names for reports. Positions
    /// are what `Cx::tally` takes.
    const TALLIES: &'static [&'static str] = &[];

    fn compile(knobs: &Settings<'_>) -> Self::Config;

    fn new(config: &Self::Config) -> Self;

    /// The run begins.
    fn start<R: Record>(&mut self, _config: &Self::Config, _cx: &mut Cx<'_, R>) {}

    /// A request stands at the door; the node is up.
    fn on_request<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _attempt: AttemptId,
    ) {
        unreachable!("nobody calls this kind")
    }

    /// A health probe stands at the door. Without more, the process says that it runs.
    fn on_probe<R: Record>(
        &mut self,
        _config: &Self::Config,
        cx: &mut Cx<'_, R>,
        attempt: AttemptId,
    ) {
        probe::answer(cx, attempt);
    }

    /// A piece of work is done.
    fn on_work<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _attempt: AttemptId,
    ) {
        unreachable!("this kind does no work")
    }

    /// Work that hung by a fault goes on, and takes so long.
    fn on_goes_on<R: Record>(
        &mut self,
        _config: &Self::Config,
        cx: &mut Cx<'_, R>,
        attempt: AttemptId,
        ns: u64,
    ) {
        cx.work_ends(attempt, ns);
    }

    /// An event that the node scheduled for itself.
    fn on_local<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _code: u8,
        _arg: u64,
    ) {
        unreachable!("this kind schedules nothing")
    }

    /// The caller of a request that is here has gone, and the node wants to know.
    fn on_cancel<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _attempt: AttemptId,
    ) {
    }

    /// A call that this node made is over. `parent` is the request on whose behalf.
    fn on_call_over<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _parent: AttemptId,
        _call: &Call,
        _result: Result<(), Reason>,
    ) {
        unreachable!("this kind makes no calls")
    }

    /// A call that a user made is over (clients only).
    fn on_action_over<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _intent: IntentId,
        _call: &Call,
        _result: Result<(), Reason>,
    ) {
        unreachable!("only clients have users")
    }

    /// One try of a call that this node made is over; `call.instance` is the one that it went to. Others
    /// of the same call may be under way.
    fn on_try_over<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _call: &Call,
        _result: Result<(), Reason>,
    ) {
    }

    /// Which instance of the callee gets the next try of a call. A copy of a try that is under way
    /// (`call.attempt`) goes to another instance, if there is one.
    fn route<R: Record>(&mut self, _config: &Self::Config, cx: &mut Cx<'_, R>, call: &Call) -> u16 {
        let address = call.address.attempt(u32::from(call.tries) + 1);
        match call.attempt.is_none() {
            true => cx.instance_for(call.link, address, call.intent, call.mode),
            false => cx.another_instance(call, address),
        }
    }

    /// A call that the node made on its own behalf is over; its token says what it was about.
    fn on_own_call_over<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _call: &Call,
        _result: Result<(), Reason>,
    ) {
    }

    /// A reply to a try of this node came when the node no longer waited for it.
    fn on_late_reply<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _attempt: &Attempt,
    ) {
    }

    /// The node crashes, or one instance of it: what it was working on is lost.
    fn on_crash<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _instance: Option<u16>,
    ) {
    }

    /// The fault that kept the node, or one instance of it, down is over.
    fn on_restart<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _instance: Option<u16>,
    ) {
    }

    /// Something happens to it that only its kind knows.
    fn on_fault<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _fault: KindFault,
    ) {
        unreachable!("the entry is for other kinds")
    }

    /// Knobs of the node changed: what it has goes on, by the new ones.
    fn on_revised<R: Record>(&mut self, _config: &Self::Config, _cx: &mut Cx<'_, R>) {}

    /// Instances of the node were started, registered, drained or ended.
    fn on_fleet<R: Record>(&mut self, _config: &Self::Config, _cx: &mut Cx<'_, R>) {}

    /// One instance does nothing for a while: nothing goes on, nothing is begun (services and workers).
    fn on_stand_still<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _instance: u16,
        _still: Still,
    ) {
        unreachable!("the entry is for other kinds")
    }

    /// Nothing comes back any more over a link that leaves the node, or it does again.
    fn on_cut<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _link: u16,
        _is_cut: bool,
    ) {
    }

    /// An entry under which an instance may have stood still is over.
    fn on_move_on<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _instance: u16,
        _entry: u16,
    ) {
        unreachable!("the entry is for other kinds")
    }

    /// What the node has put aside is given another chance (queues only).
    fn on_redrive<R: Record>(&mut self, _config: &Self::Config, _cx: &mut Cx<'_, R>) {}

    /// Somebody starts a run by hand (jobs only).
    fn on_start_run<R: Record>(&mut self, _config: &Self::Config, _cx: &mut Cx<'_, R>) {}

    /// The arrival rate changes (clients only).
    fn on_traffic<R: Record>(
        &mut self,
        _config: &Self::Config,
        _cx: &mut Cx<'_, R>,
        _change: Traffic,
    ) {
    }

    /// Since when it has kept what it has kept for longest.
    fn oldest(&self) -> Option<Time> {
        None
    }

    /// The rows that it keeps, for who looks after the end. A cache says only what it would serve for as long
    /// as it is asked for it.
    fn kept(
        &self,
        _config: &Self::Config,
        _program: &Program,
        _core: &Core,
        _node: u16,
    ) -> Vec<Kept> {
        Vec::new()
    }

    /// What a watcher can see of its slots and its line.
    fn look(&self, _config: &Self::Config) -> Look {
        Look::default()
    }
}

/// A change of the arrival rate by an entry of the timeline.
#[derive(Clone, Copy, Debug)]
pub enum Traffic {
    StepBegins {
        entry: u16,
        rate: Rate,
    },
    SpikeBegins {
        entry: u16,
        factor: Factor,
    },
    /// Rates one after the other, as the entry says.
    CurveBegins {
        entry: u16,
    },
    AbuseBegins {
        entry: u16,
        rate: Rate,
    },
    Reconnect {
        entry: u16,
    },
    /// An entry is over, other than a ramp.
    Ends {
        entry: u16,
    },
    Ramp {
        to: Rate,
        over: Duration,
    },
}

/// What can happen to nodes of one kind only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindFault {
    /// A cache loses its entries: all, or those of one of its nodes.
    Flush(Option<u16>),
    /// A copy of a database is kept from the others, or no longer.
    CutOff { instance: u16, begins: bool },
    /// Another copy is made the leader by hand.
    HandOver,
    /// The schema of a database is to be changed.
    Schema(SchemaChange),
    /// Another number of shards.
    Reshard(Reshard),
    /// It goes back to its last snapshot, reading so many rows per second.
    Restore(Rate),
}

/// Rows that stand at one place: a copy of a database, a node of a cache, or what one instance of a caller has
/// of a local one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Number of the copy, or of the part of the cache.
    pub at: u16,
    /// It is the one that counts, where there is such a one.
    pub leads: bool,
    /// Keys and versions, in the order of the keys.
    pub rows: Vec<(u64, u64)>,
}

/// Slots and line of a node, over all instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// 0 if the node has no slots of a fixed number.
    pub slots: u32,
    /// Of one instance.
    pub slots_each: u32,
    pub queue_limit: Option<u32>,
}

macro_rules! kinds {
    ($($module:ident $state:ident),* $(,)?) => {
        $(pub mod $module;)*

        /// The compiled knobs of a node of any kind. Its tag is a byte of its own, which tells more
        /// quickly what it is than one that hides in what is within.
        #[repr(u8)]
        pub enum NodeConfig {
            $($state(<$module::$state as NodeKind>::Config)),*
        }

        /// The state of a node of any kind.
        #[derive(Clone)]
        #[repr(u8)]
        pub enum NodeState {
            $($state($module::$state)),*
        }

        impl NodeConfig {
            pub fn compile(kind: &str, knobs: &Settings<'_>) -> NodeConfig {
                match kind {
                    $(stringify!($module) => NodeConfig::$state(<$module::$state as NodeKind>::compile(knobs)),)*
                    other => panic!("the registry has a kind `{other}` that the engine does not know"),
                }
            }

            /// See [`NodeKind::TALLIES`].
            pub fn tallies(&self) -> &'static [&'static str] {
                match self {
                    $(NodeConfig::$state(_) => <$module::$state as NodeKind>::TALLIES,)*
                }
            }

            pub fn state(&self) -> NodeState {
                match self {
                    $(NodeConfig::$state(config) => NodeState::$state(<$module::$state as NodeKind>::new(config)),)*
                }
            }
        }

        /// Calls a method of [`NodeKind`] on whatever kind a node is.
        macro_rules! with_kind {
            ($node:expr, $config:expr, |$s:ident, $c:ident| $body:expr) => {
                match ($node, $config) {
                    $(($crate::engine::node::NodeState::$state($s), $crate::engine::node::NodeConfig::$state($c)) => $body,)*
                    _ => unreachable!("state and configuration are of one kind"),
                }
            };
        }
        pub(crate) use with_kind;
    };
}

kinds! {
    clients Clients,
    balancer Balancer,
    service Service,
    cache Cache,
    database Database,
    third_party ThirdParty,
    queue Queue,
    worker Worker,
    job Job,
    feed Feed,
}
