//! Everything that can happen, as small plain values.

use super::reason::Reason;
use super::{AttemptId, CallId};

/// One thing that happens at one instant. 16 bytes.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A request reaches its callee.
    Deliver(AttemptId),
    /// A reply reaches its caller.
    Reply(AttemptId),
    /// The word that the caller has gone reaches the callee.
    Cancel(AttemptId),
    /// A piece of work at a node is done.
    Work(AttemptId),
    /// The pause before a retry is over.
    Retry(CallId),
    /// A call has waited for a connection as long as it may.
    AcquireTimeout(AttemptId),
    /// A try has waited for its permit as long as it may.
    PermitTimeout(AttemptId),
    /// The caller itself does not let a try out.
    Reject { attempt: AttemptId, reason: Reason },
    /// A try has not been answered for as long as its caller waits before it sends a copy.
    Hedge(AttemptId),
    /// A call has taken as long as it may.
    Deadline(CallId),
    /// The first timer of a lane (the timeouts of one link, or its hedges) has come up.
    Lane { lane: u16 },
    /// A timer that is in no lane has come up.
    Timeout(AttemptId),
    /// An event of a node's own: what `code` and `arg` mean is said in the node's file.
    Local { node: u16, code: u8, arg: u64 },
    /// The next entry of the timeline may begin or end.
    Timeline,
    /// What an entry does again and again is due once more.
    Again { entry: u16 },
    /// Monitoring collects its figures.
    Scrape,
    /// An autoscaler looks at them.
    Autoscale { node: u16 },
    /// A new instance is ready to take requests.
    Booted { node: u16, instance: u16 },
    /// A moment at which counters are noted for a measured window.
    Mark { mark: u16 },
}

const _: () = assert!(size_of::<Event>() <= 16);
