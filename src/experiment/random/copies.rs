//! Random databases with copies, for the law of durability (docs/semantics.md 23): small and short, with
//! one failover at least, and written so that one premise of the law matters.
//!
//! Premises: more than half of the copies have a write before it is answered, no falling back to fewer,
//! a leader is made by more than half, disks survive, and members come back. The same number gives the
//! same design whatever premise is switched off, but for that premise.

use std::fmt::Write as _;

use super::dice::Dice;

/// What is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// Nothing: no acknowledged write may be lost.
    Nothing,
    /// Waiting for other copies at all.
    Acknowledgement,
    /// The premise that this design is written around, see [`Premise`].
    Premise,
    /// Fencing, which is no premise: a leader that is cut off cannot get the word of the others either.
    Fencing,
}

/// The premise that matters in a design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Premise {
    /// The copies are far behind when the leader is lost: one that falls back has answered alone.
    NoFallback,
    /// The copies that have everything are down, one that missed seconds is not.
    ElectedByMajority,
    /// Two of five have everything and are lost together; the three others missed seconds.
    MoreThanHalf,
}

/// The premise of design number `n`.
pub fn premise(n: u64) -> Premise {
    match n % 3 {
        0 => Premise::NoFallback,
        1 => Premise::ElectedByMajority,
        _ => Premise::MoreThanHalf,
    }
}

/// When copies are lost, in milliseconds: in the way that shows the premise, and then the leader alone.
pub fn losses_ms(n: u64) -> [u64; 2] {
    let mut dice = Dice::new(n ^ 0x10_55);
    [8_000 + dice.below(2_000), 16_500 + dice.below(1_500)]
}

/// The text of design number `n`.
pub fn scenario(n: u64, without: Without) -> String {
    let mut dice = Dice::new(n ^ 0xc0_91e5);
    let premise = premise(n);
    let off = without == Without::Premise;
    let mut text = "format = 1\n[run]\nduration = \"28 s\"\n".to_owned();
    clients(&mut dice, &mut text);
    let replicas = match premise {
        Premise::NoFallback => dice.between(2, 4),
        Premise::ElectedByMajority => 2,
        Premise::MoreThanHalf => 4,
    };
    let acknowledge = match (without, premise) {
        (Without::Acknowledgement, _) => "async",
        (_, Premise::MoreThanHalf) if off => "semi_sync",
        // With all, nothing is written while one is down.
        (_, Premise::NoFallback) => dice.one_of(&["majority", "majority", "all"]),
        _ => "majority",
    };
    let detect = dice.between(200, 1_500);
    let promotion = dice.below(800);
    let mean_us = dice.between(40_000, 120_000);
    let delay = dice.dist(mean_us);
    let apply = dice.between(10, 400);
    let _ = write!(
        text,
        "[database.rows]\ncores = {}\nconnections = \"unbounded\"\nread_time = \"1 ms\"\nwrite_time = \"{}\"\n\
         replicas = {replicas}\nacknowledge = \"{acknowledge}\"\nreplication_delay = \"{delay}\"\n\
         apply_time = \"{apply} us\"\ndetect_after = \"{detect} ms\"\npromotion_time = \"{promotion} ms\"\n\
         redirect_time = \"{} ms\"\nread_from = \"{}\"\nzones = [\"a\", \"b\", \"c\", \"d\", \"e\"]\n",
        dice.between(4, 16),
        dice.dist(4_000),
        dice.below(300),
        dice.one_of(&[
            "primary",
            "replicas",
            "any",
            "token",
            "bounded",
            "own_writes_from_primary"
        ]),
    );
    if off && premise == Premise::NoFallback {
        let _ = writeln!(text, "ack_fallback = \"{} ms\"", dice.between(100, 500));
    }
    if off && premise == Premise::ElectedByMajority {
        text.push_str("elected_by = \"any\"\n");
    }
    if without == Without::Fencing {
        text.push_str("fencing = false\n");
    }
    // What is drawn from here on does not hang on what was switched off.
    let mut dice = Dice::new(n ^ 0xfa_17);
    let [at, again] = losses_ms(n);
    let down = detect + promotion + dice.between(1_000, 3_000);
    faults(&mut dice, &mut text, premise, (at, down, again));
    text
}

fn clients(dice: &mut Dice, text: &mut String) {
    let (rate, keys) = (dice.between(100, 300), dice.between(20, 20_000));
    let attempts = dice.between(1, 3);
    let timeout = dice.between(2_000, 5_000);
    let loss = dice.below(3);
    let entry = match dice.chance(50) {
        true => "rows",
        false => "shop",
    };
    let _ = write!(
        text,
        "[clients.users]\narrivals = \"{}\"\nrate = \"{rate} rps\"\ncallers = {}\n\
         [operation.save]\nkind = \"write\"\nkey_space = \"rows\"\nkeys = {keys}\neffects = \"rows\"\n\
         [link.save]\nfrom = \"users\"\nto = \"{entry}\"\ntimeout = \"{timeout} ms\"\n\
         attempts = {attempts}\nbackoff = \"exponential\"\nbackoff_base = \"50 ms\"\njitter = \"full\"\n\
         reply_loss = \"{loss} %\"\n",
        dice.one_of(&["poisson", "constant"]),
        dice.between(1, 4),
    );
    if entry == "shop" {
        let _ = write!(
            text,
            "[service.shop]\nslots = 400\nservice_time = \"1 ms\"\n\
             [link.store]\nfrom = \"shop\"\nto = \"rows\"\ntimeout = \"{} ms\"\nattempts = {}\n\
             delay = \"{}\"\n",
            timeout / 2,
            dice.between(1, 2),
            dice.dist(500),
        );
    }
}

/// The leader is lost in the way that shows the premise, then perhaps again, and something else happens.
fn faults(
    dice: &mut Dice,
    text: &mut String,
    premise: Premise,
    (at, down, again): (u64, u64, u64),
) {
    let mut entry = |what: &str, at: u64, lasts: u64, more: &str| {
        let target = match more.contains("target") {
            true => "",
            false => "target = \"rows\"\n",
        };
        let _ = write!(
            text,
            "[[timeline]]\nwhat = \"{what}\"\nat = \"{at} ms\"\nlasts = \"{lasts} ms\"\n{target}{more}"
        );
    };
    match premise {
        Premise::NoFallback => {
            let lag = dice.between(1_500, 3_000);
            entry(
                "replica_lag",
                at - 2_500,
                2_500,
                &format!("delay = \"{lag} ms\"\n"),
            );
            entry("primary_loss", at, down, "");
        }
        Premise::ElectedByMajority => {
            // The third copy misses three seconds, and is back when the two others are gone.
            entry("zone_outage", at - 3_000, 3_300, "target = \"c\"\n");
            entry("crash", at, down + 1_000, "instances = 2\n");
        }
        Premise::MoreThanHalf => {
            // Three of five miss three seconds, and are back when the two others are gone.
            for zone in ["c", "d", "e"] {
                entry(
                    "zone_outage",
                    at - 3_000,
                    3_300,
                    &format!("target = \"{zone}\"\n"),
                );
            }
            entry("crash", at, down + 1_000, "instances = 2\n");
        }
    }
    // Once more, so that every design has a failover.
    entry(
        dice.one_of(&["primary_loss", "isolate"]),
        again,
        3_500 + dice.below(2_000),
        "",
    );
    let other = 1_000 + dice.below(4_000);
    match dice.below(5) {
        0 => entry("isolate", other, dice.between(100, 1_500), ""),
        1 => entry("slow", other, 1_000, "factor = \"3x\"\n"),
        2 => entry(
            "crash",
            other,
            dice.between(100, 1_000),
            "instances = \"all\"\n",
        ),
        3 => entry("capacity_cut", other, 1_500, "share = \"80 %\"\n"),
        _ => entry("errors", other, 1_500, "share = \"20 %\"\n"),
    }
}
