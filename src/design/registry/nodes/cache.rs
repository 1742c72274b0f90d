//! The knobs of the kind.

use super::{INSTANCES, PRICE, VERSION, ZONES};
use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static CACHE: KindSpec = KindSpec {
    name: "cache",
    word: "Cache",
    meaning: "Keeps what was read, so that the next reader need not ask the source",
    accepts: Accepts::Requests,
    calls: true,
    knobs: &[
        knob("pattern", Unit::Choice(&["look_aside", "read_through", "write_through", "write_behind", "invalidate_on_write"]),
            "look_aside",
            "who brings what is missing: the callers, or the cache itself, which then stands before its source and passes \
             writes on, updates itself with them, acknowledges them at once and flushes later, or takes the entry out")
            .class(Class::Restart)
            .source("R. Nishtala et al., Scaling Memcache at Facebook, NSDI 2013 (look-aside); Ehcache 3 documentation, \
                     Cache usage patterns (the others)"),
        knob("on_write", Unit::Choice(&["none", "invalidate", "update"]), "invalidate",
            "what becomes of the entry when its source was written (look_aside, read_through)")
            .class(Class::Restart)
            .source("Scaling Memcache at Facebook, section 2: delete, since deletes are idempotent"),
        knob("capacity", Unit::Count, "10000", "entries that one cache node has room for")
            .off("unbounded").range("1", "10000000").class(Class::Now),
        knob("eviction", Unit::Choice(&["lru", "fifo", "lfu", "lfu_ever", "random"]), "lru",
            "which entry goes when a full node needs room: unused for longest, first in, least often used since it came in, least often used ever, any")
            .class(Class::Restart)
            .source("memcached: LRU; Redis maxmemory-policy: allkeys-lru, allkeys-lfu, allkeys-random; lfu_ever: perfect LFU, L. Breslau et al., INFOCOM 1999"),
        knob("scope", Unit::Choice(&["shared", "local"]), "shared",
            "one cache for all callers, or one inside each instance of each caller, which is lost with it")
            .class(Class::Restart),
        // As many points as a ring has room for: a thousand nodes with a thousand points each.
        INSTANCES.range("1", "1000"),
        knob("hashing", Unit::Choice(&["modulo", "ring"]), "modulo",
            "how keys are spread over several cache nodes: by remainder, or on a ring; a node that is down keeps its keys, requests for them fail")
            .class(Class::Restart)
            .source("libmemcached, MEMCACHED_BEHAVIOR_DISTRIBUTION: modula by default; the ring is D. Karger et al., STOC 1997"),
        knob("virtual_nodes", Unit::Count, "160", "points that each cache node has on the ring")
            .range("1", "1000").class(Class::Restart)
            .source("Ketama: 160 points per server"),
        knob("ttl", Unit::Duration, "none", "how long an entry is valid, for example `5 min`; absent, until it is evicted or taken out")
            .off("none").example("5 min").range("1 ns", "365 d").class(Class::NewWork)
            .source("memcached and Redis: entries do not expire unless told to"),
        knob("ttl_renew", Unit::Choice(&["fixed", "on_hit"]), "fixed",
            "whether the time counts from the fill, or begins anew with each hit")
            .class(Class::NewWork),
        knob("ttl_jitter", Unit::Share, "0 %", "each entry's time is drawn evenly from that much less to that much more, for example `10 %`")
            .class(Class::NewWork),
        knob("single_flight", Unit::Flag, "false",
            "whether those who miss an item while it is being fetched wait for that fetch (inline caches)")
            .class(Class::NewWork)
            .source("Go package golang.org/x/sync/singleflight"),
        knob("lease", Unit::Duration, "none",
            "how long the first who misses an item has to fill it, while the others wait, for example `10 s`; only it may fill, \
             and not after an invalidation (look_aside)")
            .off("none").example("10 s").range("1 ms", "1 d").class(Class::NewWork)
            .source("Scaling Memcache at Facebook, 3.2.1: a token once every 10 s per key"),
        knob("stale_while_revalidate", Unit::Duration, "none",
            "for how long after its time an entry is still served while a new one is fetched, for example `30 s`; \
             a look_aside cache serves it to those who would wait for a lease")
            .off("none").example("30 s").range("1 ns", "365 d").class(Class::NewWork)
            .source("RFC 5861, stale-while-revalidate"),
        knob("early_refresh", Unit::Factor, "none",
            "how eagerly readers fetch anew before an entry expires, by chance and the more the longer its source takes; 1 is usual")
            .off("none").example("1").range("0.001", "1000").class(Class::NewWork)
            .source("A. Vattani, F. Chierichetti, K. Lowenstein, Optimal Probabilistic Cache Stampede Prevention, VLDB 2015: beta"),
        knob("late_fills", Unit::Flag, "false",
            "whether an answer of the source that comes after its caller gave up still fills the cache")
            .class(Class::NewWork),
        knob("op_time", Unit::Dist, "0.1 ms", "how long one command takes on a thread of the cache node")
            .class(Class::NewWork),
        knob("threads", Unit::Count, "4", "commands that one cache node works on at the same time")
            .range("1", "10000").class(Class::Now)
            .source("memcached -t, default 4; Redis runs commands on one"),
        knob("connections", Unit::Count, "1024", "requests that one cache node may have at the same time; one more is refused")
            .off("unbounded").range("1", "1000000").class(Class::Now)
            .source("memcached -c, default 1024"),
        knob("flush_every", Unit::Duration, "1 s", "how long an acknowledged write waits at most before it is sent to the source (write_behind)")
            .range("1 ms", "1 d").class(Class::NewWork)
            .source("Ehcache 2 writeBehind, maxWriteDelay, default 1 s"),
        knob("flush_batch", Unit::Count, "100", "writes that wait; when there are so many they are sent at once (write_behind)")
            .range("1", "1000000").class(Class::NewWork),
        PRICE, ZONES, VERSION,
    ],
};
