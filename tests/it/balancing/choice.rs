//! Who gets a request.

use std::collections::BTreeMap;

use brownout::engine::Run;
use brownout::engine::fleet::Phase;
use brownout::engine::record::Unrecorded;
use brownout::time::{Duration, Time};

use super::{Tries, behind_a_door, link, node, number, program, report, tries};

#[test]
fn weights_are_shares_to_the_request() {
    let users = "arrivals = \"constant\"\nrate = \"70 rps\"\nactions = 700";
    let services = [("a", "slots = 9\nservice_time = \"1 ms\""); 3];
    let services: Vec<_> = ["a", "b", "c"]
        .iter()
        .zip(services)
        .map(|(&k, (_, s))| (k, s))
        .collect();
    let mut text = behind_a_door(users, "policy = \"weighted\"", &services, "");
    text = text.replace("to = \"a\"", "to = \"a\"\nweight = 5");
    let of = |text: &str| {
        let report = report(text);
        ["to_a", "to_b", "to_c"].map(|key| link(&report, key).calls)
    };
    assert_eq!(of(&text), [500, 100, 100]);
    // A weight is that of each instance behind the link.
    text = text
        .replace("[service.b]", "[service.b]\ninstances = 2")
        .replace("700", "800");
    assert_eq!(of(&text), [500, 200, 100]);
    text = text.replace("to = \"c\"", "to = \"c\"\nweight = 0");
    assert_eq!(of(&text)[2], 0);
}

const MANY: &str = "rate = \"400 rps\"\nidentities = 50";
const ROOM: &str = "slots = 100\nservice_time = \"1 ms\"";

/// Which node each key was sent to; every request of one key went to the same.
fn owners(text: &str, key: fn(&super::Try) -> u64) -> BTreeMap<u64, String> {
    let (tries, program) = tries(text);
    let mut owners = BTreeMap::new();
    for t in &tries {
        let place = format!("{}/{}", program.nodes[t.node as usize].key, t.instance);
        let owner = owners.entry(key(t)).or_insert_with(|| place.clone());
        assert_eq!(*owner, place);
    }
    owners
}

#[test]
fn a_user_sticks_and_an_item_has_its_place() {
    let services = [("a", ROOM), ("b", ROOM), ("c", ROOM)];
    let sticky = behind_a_door(MANY, "policy = \"sticky\"", &services, "");
    let users = owners(&sticky, |t| t.identity.into());
    assert_eq!(users.len(), 50);
    let hashed = behind_a_door(MANY, "policy = \"key_hash\"", &services, "");
    let items = owners(&hashed, |t| t.item);
    assert!(items.len() > 990);
    for place in ["a/0", "b/0", "c/0"] {
        let share = items.values().filter(|owner| *owner == place).count();
        assert!((200..480).contains(&share), "{place} {share}");
    }
}

#[test]
fn a_server_that_joins_takes_its_share_of_the_items_and_no_other_moves() {
    let (mut moved, mut all) = (0, 0);
    for points in [40, 100] {
        let door = format!("policy = \"key_hash\"\nvirtual_nodes = {points}");
        let text = |n: u32| {
            let server = format!("{ROOM}\ninstances = {n}");
            behind_a_door(MANY, &door, &[("a", &server)], "")
        };
        for n in 2..8 {
            let (before, after) = (
                owners(&text(n), |t| t.item),
                owners(&text(n + 1), |t| t.item),
            );
            let new = format!("a/{n}");
            let goes = |item: &u64| before[item] != after[item];
            let gone: Vec<&u64> = before.keys().filter(|item| goes(item)).collect();
            assert!(gone.iter().all(|item| after[*item] == new));
            // In parts of what is expected, so that all sizes can be summed.
            moved += gone.len() * (n as usize + 1);
            all += before.len();
        }
    }
    let share = moved as f64 / all as f64;
    assert!((share - 1.0).abs() < 0.1, "{share} of 1/(n+1)");
}

#[test]
fn instances_that_go_and_come_back_are_noticed_and_what_is_under_way_is_still_counted() {
    for policy in [
        "round_robin",
        "least_outstanding",
        "two_choices",
        "key_hash",
    ] {
        let server = "instances = 3\nslots = 50\nservice_time = \"exponential(300 ms)\"";
        let door = format!("policy = \"{policy}\"");
        let text = behind_a_door("rate = \"200 rps\"", &door, &[("a", server)], "");
        let program = program(&text);
        let a = number(&program, "a") as usize;
        let mut run = Run::new(program, 1, Tries::default());
        let at = |s: u64| Time::ZERO + Duration::from_secs(s);
        run.advance(at(5), u64::MAX);
        run.world.core.fleets[a].set_phase(1, Phase::Draining);
        run.advance(at(10), u64::MAX);
        run.world.core.fleets[a].set_phase(1, Phase::Ready);
        run.finish();
        let sent = |from: u64, to: u64, instance: u16| {
            let within = |t: &&super::Try| at(from) < t.sent && t.sent < at(to);
            let there = run.record.0.iter().filter(within);
            there
                .filter(|t| t.node as usize == a && t.instance == instance)
                .count()
        };
        assert!(sent(0, 5, 1) > 100 && sent(10, 20, 1) > 200, "{policy}");
        assert_eq!(sent(5, 10, 1), 0, "{policy}");
        if policy != "key_hash" {
            // Had it been taken for empty, or for full, it would not get its share again.
            let (back, other) = (sent(12, 20, 1) as f64, sent(12, 20, 0) as f64);
            assert!(
                (back / other - 1.0).abs() < 0.25,
                "{policy}: {back} {other}"
            );
        }
    }
}

#[test]
fn a_retry_goes_elsewhere_if_it_is_told_to() {
    let more = "[[timeline]]\nwhat = \"errors\"\ntarget = \"a\"\nat = \"0 s\"\nlasts = \"20 s\"\nshare = \"50 %\"\n";
    let same = |elsewhere: bool, instances: u32, policy: &str| {
        let door = format!("policy = \"{policy}\"\nretry_elsewhere = {elsewhere}");
        let server = format!("{ROOM}\ninstances = {instances}");
        let text = behind_a_door("rate = \"50 rps\"", &door, &[("a", &server)], more);
        let (tries, _) = tries(&text.replace("to = \"a\"", "to = \"a\"\nattempts = 3"));
        let mut last: BTreeMap<u64, u16> = BTreeMap::new();
        let mut same = 0;
        let mut tries = tries;
        tries.sort_by_key(|t| (t.address, t.number));
        for t in tries {
            let before = last.insert(t.address, t.instance);
            same += u32::from(t.number > 1 && before == Some(t.instance));
        }
        same
    };
    for policy in [
        "random",
        "least_outstanding",
        "two_choices",
        "weighted",
        "key_hash",
    ] {
        // In turn, a retry finds another one anyway.
        assert!(
            policy == "weighted" || same(false, 3, policy) > 20,
            "{policy}"
        );
        assert_eq!(same(true, 3, policy), 0, "{policy}");
        assert!(same(true, 1, policy) > 20, "{policy}: there is no other");
    }
}

#[test]
fn its_own_zone_comes_first_and_others_help_when_too_few_are_left_there() {
    let north = format!("{ROOM}\nzones = [\"north\"]");
    let south = format!("{ROOM}\nzones = [\"south\"]");
    let services = [
        ("n1", &*north),
        ("n2", &*north),
        ("s1", &*south),
        ("s2", &*south),
    ];
    let door = |policy: &str| {
        format!(
            "zones = [\"north\"]\nzone_policy = \"{policy}\"\nhealth_check = \"shallow\"\n\
             check_interval = \"20 ms\"\ncheck_timeout = \"20 ms\""
        )
    };
    let crash = "[[timeline]]\nwhat = \"crash\"\ntarget = \"n2\"\nat = \"1 ms\"\n";
    let stays = |policy: &str, more: &str| {
        let report = report(&behind_a_door(
            "rate = \"500 rps\"",
            &door(policy),
            &services,
            more,
        ));
        let arrived = |key: &str| {
            // Checks arrive too.
            let checks = node(&report, "door").count("checks") / 4;
            node(&report, key).arrived.saturating_sub(checks) as f64
        };
        let near = arrived("n1") + arrived("n2");
        near / (near + arrived("s1") + arrived("s2"))
    };
    assert!((stays("any", "") - 0.5).abs() < 0.01);
    assert_eq!(stays("local_first", ""), 1.0);
    // One of two is left: it may get 1.4 times its half.
    let share = stays("local_first", crash);
    assert!((share - 0.7).abs() < 0.02, "{share}");
}

#[test]
fn a_checkpoint_holds_all_that_a_balancer_knows() {
    let text = include_str!("../../fixtures/knobs/balancing.toml");
    let program = program(text);
    let mut whole = Run::new(program.clone(), 1, Unrecorded);
    whole.finish();
    for ms in [100, 3_333, 6_500, 9_100, 13_000, 19_999] {
        let mut run = Run::new(program.clone(), 1, Unrecorded);
        run.advance(Time::ZERO + Duration::from_millis(ms), u64::MAX);
        let mut resumed = Run::resume(program.clone(), run.world.clone(), Unrecorded);
        resumed.finish();
        assert_eq!(resumed.digest(), whole.digest(), "from {ms} ms on");
    }
}

#[test]
fn an_instance_that_is_started_gets_its_share_and_one_that_is_not_wanted_gets_nothing() {
    let server = "slots = 50\nservice_time = \"exponential(50 ms)\"";
    let more = "[[timeline]]\nwhat = \"scale\"\ntarget = \"a\"\nat = \"5 s\"\nlasts = \"5 s\"\ninstances = 3\n";
    for policy in ["random", "least_outstanding", "weighted"] {
        let door = format!("policy = \"{policy}\"");
        let server = format!("{server}\ninstances = 2");
        let text = behind_a_door("rate = \"300 rps\"", &door, &[("a", &server)], more);
        let (tries, _) = tries(&text);
        let share = |from: u64, to: u64| {
            let at = |s: u64| Time::ZERO + Duration::from_secs(s);
            let then = tries
                .iter()
                .filter(|t| at(from) < t.sent && t.sent < at(to));
            let third = then.clone().filter(|t| t.instance == 2).count();
            third as f64 / then.count() as f64
        };
        assert_eq!((share(0, 5), share(10, 20)), (0.0, 0.0), "{policy}");
        assert!(
            (share(6, 10) - 1.0 / 3.0).abs() < 0.05,
            "{policy} {}",
            share(6, 10)
        );
    }
}

#[test]
fn a_policy_that_is_changed_counts_from_then_on() {
    let more = "[[timeline]]\nwhat = \"config\"\ntarget = \"balancer.door.policy\"\nat = \"10 s\"\nvalue = \"key_hash\"\n";
    let server = format!("{ROOM}\ninstances = 4");
    let (tries, _) = tries(&behind_a_door(MANY, "", &[("a", &server)], more));
    let places = |after: bool| {
        let edge = Time::ZERO + Duration::from_secs(10);
        let then = tries.iter().filter(|t| (t.sent > edge) == after);
        let mut places: Vec<(u64, u16)> = then.map(|t| (t.item, t.instance)).collect();
        places.sort_unstable();
        places.dedup();
        let mut items: Vec<u64> = places.iter().map(|p| p.0).collect();
        items.dedup();
        places.len() as f64 / items.len() as f64
    };
    assert!(places(false) > 2.0, "in turn, an item comes to many");
    assert_eq!(places(true), 1.0);
}
