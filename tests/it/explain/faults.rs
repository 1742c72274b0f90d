//! Sorts of fault, and what a reader of the signals should say of each.

use brownout::explain::Mechanism;

use super::shapes::{DURATION, Dice, Shape};

/// One entry of a timeline, and whom and what to blame for it.
pub struct Planted {
    pub entry: String,
    pub component: String,
    pub mechanisms: &'static [Mechanism],
}

type Plant = fn(&mut Dice, &Shape) -> Option<Planted>;

pub const SORTS: &[(&str, Plant)] = &[
    ("crash", crash),
    ("slow", slow),
    ("slow database", slow_database),
    ("capacity cut", capacity_cut),
    ("errors", errors),
    ("hang", hang),
    ("gc pause", gc_pause),
    ("partition", partition),
    ("link loss", link_loss),
    ("link delay", link_delay),
    ("hold", hold),
    ("more traffic", spike),
    ("disk full", disk_full),
    ("throttled third party", throttle),
    ("expired credentials", credentials),
    ("worker pause", worker_pause),
    ("poison", poison),
];

fn entry(
    dice: &mut Dice,
    what: &str,
    target: &str,
    rest: &str,
    component: &str,
) -> (String, String) {
    let at = dice.between(DURATION / 3, DURATION / 2);
    let lasts = dice.between(12, 25);
    let text = format!(
        "\n[[timeline]]\nwhat = \"{what}\"\ntarget = \"{target}\"\nat = \"{at} s\"\nlasts = \"{lasts} s\"\n{rest}"
    );
    (text, component.to_owned())
}

fn planted(
    (entry, component): (String, String),
    mechanisms: &'static [Mechanism],
) -> Option<Planted> {
    Some(Planted {
        entry,
        component,
        mechanisms,
    })
}

fn any<'a>(dice: &mut Dice, of: &[&'a str]) -> Option<&'a str> {
    (!of.is_empty()).then(|| *dice.pick(of))
}

fn working<'a>(s: &Shape, dice: &mut Dice) -> Option<&'a str>
where
    'static: 'a,
{
    let all: Vec<&'static str> = s.services.iter().chain(&s.databases).copied().collect();
    any(dice, &all)
}

fn crash(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = working(s, dice)?;
    planted(
        entry(dice, "crash", who, "", who),
        &[Mechanism::Down, Mechanism::LostLeader],
    )
}

fn slow(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.services)?;
    let factor = format!("factor = \"{}x\"\n", dice.between(5, 12));
    planted(entry(dice, "slow", who, &factor, who), &[Mechanism::Slow])
}

fn slow_database(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let all: Vec<&'static str> = s
        .databases
        .iter()
        .chain(&s.third_parties)
        .copied()
        .collect();
    let who = any(dice, &all)?;
    let factor = format!("factor = \"{}x\"\n", dice.between(5, 12));
    planted(entry(dice, "slow", who, &factor, who), &[Mechanism::Slow])
}

fn capacity_cut(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.services)?;
    let share = format!("share = \"{} %\"\n", dice.between(60, 80));
    planted(
        entry(dice, "capacity_cut", who, &share, who),
        &[Mechanism::FewerSlots],
    )
}

fn errors(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let all: Vec<&'static str> = s.services.iter().chain(&s.third_parties).copied().collect();
    let who = any(dice, &all)?;
    let share = format!("share = \"{} %\"\n", dice.between(20, 80));
    planted(
        entry(dice, "errors", who, &share, who),
        &[Mechanism::Errors],
    )
}

fn hang(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = working(s, dice)?;
    let share = format!("share = \"{} %\"\n", dice.between(20, 90));
    planted(
        entry(dice, "hang", who, &share, who),
        &[Mechanism::StandsStill],
    )
}

fn gc_pause(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.services)?;
    planted(
        entry(dice, "gc_pause", who, "", who),
        &[Mechanism::StandsStill],
    )
}

fn partition(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.links)?;
    planted(entry(dice, "partition", who, "", who), &[Mechanism::Cut])
}

fn link_loss(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.links)?;
    let share = format!("share = \"{} %\"\n", dice.between(15, 45));
    planted(
        entry(dice, "link_loss", who, &share, who),
        &[Mechanism::Loses],
    )
}

fn link_delay(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.links)?;
    let delay = format!("delay = \"{} ms\"\n", dice.between(120, 700));
    planted(
        entry(dice, "link_delay", who, &delay, who),
        &[Mechanism::Delays],
    )
}

fn hold(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.links)?;
    planted(entry(dice, "hold", who, "", who), &[Mechanism::Holds])
}

fn spike(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.clients)?;
    let factor = format!("factor = \"{}x\"\n", dice.between(4, 6));
    planted(
        entry(dice, "traffic_spike", who, &factor, who),
        &[Mechanism::MoreTraffic],
    )
}

fn disk_full(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.databases)?;
    s.caches.is_empty().then_some(())?;
    planted(
        entry(dice, "disk_full", who, "", who),
        &[Mechanism::StorageFull],
    )
}

fn throttle(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.third_parties)?;
    let rate = format!("rate = \"{} rps\"\n", dice.between(10, 30));
    planted(
        entry(dice, "throttle", who, &rate, who),
        &[Mechanism::Throttles],
    )
}

fn credentials(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.links)?;
    planted(
        entry(dice, "expired_credentials", who, "", who),
        &[Mechanism::NotSignedIn],
    )
}

fn worker_pause(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.workers)?;
    planted(
        entry(dice, "worker_pause", who, "", who),
        &[Mechanism::StandsStill],
    )
}

/// Whoever handles them says so.
fn poison(dice: &mut Dice, s: &Shape) -> Option<Planted> {
    let who = any(dice, &s.workers)?;
    let share = format!("share = \"{} %\"\n", dice.between(60, 95));
    planted(
        entry(dice, "poison", "buy", &share, who),
        &[Mechanism::PoisonMessages],
    )
}
