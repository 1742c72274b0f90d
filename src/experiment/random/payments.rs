//! Random payments, for the law of idempotency: calls that change something at somebody else's, retries
//! at every layer, and answers that get lost.

use std::fmt::Write as _;

use super::dice::Dice;

/// Who makes the key by which the third party knows a call again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Nobody,
    /// The form that the user fills in: one key for the action, handed on by all servers.
    Form,
    /// The server next to the third party, anew for each request that arrives there.
    Server,
}

/// The text of design number `n`.
pub fn scenario(n: u64, key: Key) -> String {
    let mut dice = Dice::new(n ^ 0xca_4d);
    let hops = dice.between(1, 2);
    let name = |hop: u64| {
        if hop == 0 {
            "users".to_owned()
        } else {
            format!("s{hop}")
        }
    };
    let mut text = format!(
        "format = 1\n[run]\nduration = \"20 s\"\n\
         [clients.users]\narrivals = \"{}\"\nrate = \"{} rps\"\ncallers = {}\ndouble_click_share = \"{} %\"\n\
         [operation.pay]\nkind = \"write\"\neffects = \"card\"\n\
         [third_party.card]\nlatency = \"{}\"\nidempotency = \"keys\"\nerror_share = \"{} %\"\n",
        dice.one_of(&["poisson", "constant"]),
        dice.between(60, 200),
        dice.between(1, 3),
        dice.below(6),
        dice.dist(60_000),
        dice.below(4),
    );
    for hop in 1..=hops {
        let _ = write!(
            text,
            "[service.{}]\nslots = {}\nservice_time = \"{}\"\non_abandoned = \"{}\"\n",
            name(hop),
            dice.between(30, 200),
            dice.dist(3_000),
            dice.one_of(&["continue", "stop"]),
        );
    }
    for hop in 0..=hops {
        let to = if hop == hops {
            "card".to_owned()
        } else {
            name(hop + 1)
        };
        let _ = write!(
            text,
            "[link.l{hop}]\nfrom = \"{}\"\nto = \"{to}\"\ntimeout = \"{} ms\"\nattempts = {}\n\
             backoff = \"{}\"\nbackoff_base = \"{} ms\"\nreply_loss = \"{} %\"\nloss = \"{} %\"\n",
            name(hop),
            dice.between(150, 400) * (hops + 1 - hop),
            dice.between(2, 4),
            dice.one_of(&["none", "constant", "exponential"]),
            dice.between(20, 300),
            dice.between(1, 8),
            dice.below(4),
        );
        match key {
            Key::Form if hop == 0 => text.push_str("idempotency_key = \"form\"\n"),
            Key::Server if hop == hops => text.push_str("idempotency_key = \"server\"\n"),
            _ => {}
        }
    }
    let at = dice.between(3_000, 12_000);
    let (what, more) = match dice.below(4) {
        0 => ("slow", "target = \"card\"\nfactor = \"4x\"\n"),
        1 => ("partition", "target = \"l0\"\ndirection = \"replies\"\n"),
        2 => ("crash", "target = \"s1\"\n"),
        _ => ("link_delay", "target = \"l1\"\ndelay = \"300 ms\"\n"),
    };
    let _ = write!(
        text,
        "[[timeline]]\nwhat = \"{what}\"\nat = \"{at} ms\"\nlasts = \"{} ms\"\n{more}",
        dice.between(500, 4_000)
    );
    text
}
