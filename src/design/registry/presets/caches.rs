//! Caches.

use super::{Preset, given};

pub static PRESETS: &[Preset] = &[
    Preset {
        name: "redis",
        word: "Redis",
        kind: "cache",
        meaning: "One Redis server as it comes, filled and emptied by its callers",
        docs: &[
            (
                "Key eviction",
                "https://redis.io/docs/latest/develop/reference/eviction/",
            ),
            (
                "Redis client handling",
                "https://redis.io/docs/latest/develop/reference/clients/",
            ),
            (
                "redis.conf: maxmemory, maxmemory-policy, maxclients, io-threads",
                "https://github.com/redis/redis/blob/7.4/redis.conf",
            ),
        ],
        values: &[
            given("capacity", "unbounded", "maxmemory 0: no limit on 64 bit"),
            given("ttl", "none", "keys do not expire unless told to"),
            given("threads", "1", "commands run on one thread"),
            given("connections", "10000", "maxclients 10000"),
        ],
        not_expressed: &[
            "maxmemory-policy noeviction: with a `capacity` writes would fail, here an entry is evicted (preset `redis-allkeys-lru` is what a cache is given)",
            "io-threads, persistence (RDB save points on, AOF off), replication, the 16384 slots of Redis Cluster",
        ],
    },
    Preset {
        name: "redis-allkeys-lru",
        word: "Redis as a cache",
        kind: "cache",
        meaning: "One Redis server with maxmemory-policy allkeys-lru; how much fits is up to you",
        docs: &[
            (
                "Key eviction: eviction policies",
                "https://redis.io/docs/latest/develop/reference/eviction/#eviction-policies",
            ),
            (
                "redis.conf: maxmemory-policy, maxmemory-samples, maxclients",
                "https://github.com/redis/redis/blob/7.4/redis.conf",
            ),
        ],
        values: &[
            given("eviction", "lru", "maxmemory-policy allkeys-lru"),
            given("ttl", "none", "keys do not expire unless told to"),
            given("threads", "1", "commands run on one thread"),
            given("connections", "10000", "maxclients 10000"),
        ],
        not_expressed: &[
            "maxmemory has no default that is of use to a cache: `capacity` keeps ours, set it",
            "maxmemory-samples 5: the least recently used of five keys looked at, not of all",
            "io-threads, persistence (RDB save points on, AOF off), replication, the 16384 slots of Redis Cluster",
        ],
    },
    Preset {
        name: "memcached",
        word: "Memcached",
        kind: "cache",
        meaning: "One memcached server as it comes, filled and emptied by its callers",
        docs: &[
            (
                "Configuring a server: the options -c, -t, -m, -M",
                "https://docs.memcached.org/serverguide/configuring/",
            ),
            (
                "memcached.c, settings_init: maxconns 1024, num_threads 4, maxbytes 64 MB, item_size_max 1 MB",
                "https://github.com/memcached/memcached/blob/master/memcached.c",
            ),
        ],
        values: &[
            given(
                "eviction",
                "lru",
                "least recently used items are evicted; -M is off",
            ),
            given("ttl", "none", "an expiration time of 0: never"),
            given("threads", "4", "-t 4"),
            given("connections", "1024", "-c 1024"),
        ],
        not_expressed: &[
            "-m 64: 64 megabytes; how many entries that are depends on their sizes, so `capacity` keeps ours, set it",
            "slab classes and the segmented LRU (hot, warm, cold); items above 1 megabyte are refused",
        ],
    },
];
