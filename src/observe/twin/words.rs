//! What is different, in sentences: each with a moment, a place and what is so in either world.

use super::compare::{Comparison, Field, First, Seen};
use super::users::{NOTICED, Pair, is_bad};
use crate::engine::attempt::{CalleeSide, CallerSide, NO_LINK};
use crate::engine::program::Program;
use crate::engine::record::Told;
use crate::observe::story;
use crate::observe::tape::{Asked, Besides, Noted, Try, Wronged};
use crate::observe::words;
use crate::time::{NS_PER_S, Time};

/// "30.012345 s", to the microsecond. By whole numbers: what writes floats is large.
pub fn clock(at: Time) -> String {
    let (seconds, rest) = (at.0 / NS_PER_S, at.0 % NS_PER_S);
    let micro = format!("{:06}", rest / 1_000);
    match micro.trim_end_matches('0') {
        "" => format!("{seconds} s"),
        micro => format!("{seconds}.{micro} s"),
    }
}

/// "3.2 s", "12 ms", "40 us".
pub fn span(ns: u64) -> String {
    let number = |value: f64| crate::explain::number(value);
    match ns {
        ns if ns >= NS_PER_S => format!("{} s", number(ns as f64 / 1e9)),
        ns if ns >= 1_000_000 => format!("{} ms", number(ns as f64 / 1e6)),
        ns => format!("{} us", number(ns as f64 / 1e3)),
    }
}

/// What it is about, and what is so in this run and in the twin.
pub type Said = (String, [String; 2]);

pub struct Speaker<'a> {
    pub comparison: &'a Comparison,
    pub programs: [&'a Program; 2],
}

impl Speaker<'_> {
    fn name(&self, place: u16) -> &str {
        &self.comparison.places.of(place).name
    }

    fn operation(&self, operation: u16) -> &str {
        &self.comparison.places.operations[operation as usize]
    }

    pub fn first(&self, first: &First) -> Said {
        match &first.seen {
            Seen::Try(both) => self.of_try(first.field, both),
            Seen::Asked(both) => self.of_asked(first.field, both),
            Seen::Noted(both) => self.of_note(both),
        }
    }

    fn of_try(&self, field: Field, both: &[Option<Try>; 2]) -> Said {
        let it = both.iter().flatten().next().expect("one world has it");
        let way = match it.span.link {
            NO_LINK => format!("at {}", self.name(it.span.node)),
            link => format!("over {}", self.name(link)),
        };
        let operation = self.operation(it.operation);
        // Actions are numbered over all clients, so the same one may have two numbers.
        let about = format!(
            "Try {} of action {} ({operation}) {way}",
            it.span.number, it.action
        );
        let of = |it: &Option<Try>| match it {
            None => "is not made".to_owned(),
            Some(it) => self.moment(field, it),
        };
        (about, both.each_ref().map(of))
    }

    fn moment(&self, field: Field, it: &Try) -> String {
        let node = self.name(it.span.node);
        let at = |at: Time, what: &str, never: &str| match at {
            Time::NEVER => never.to_owned(),
            at => format!("{what} at {}", clock(at)),
        };
        match field {
            Field::Instance => format!("goes to {node} #{}", it.span.instance),
            Field::Sent => at(it.span.sent, "is sent", "is not sent"),
            Field::Arrived | Field::Reached => match it.span.callee {
                CalleeSide::Lost if it.span.arrived == Time::NEVER => "is lost on the way".into(),
                _ => at(it.span.arrived, "arrives", "does not arrive"),
            },
            Field::Callee | Field::Began | Field::Left => self.at_callee(field, it),
            Field::Ended => match it.span.caller {
                CallerSide::Succeeded => at(it.span.ended, "has its answer", ""),
                CallerSide::Failed(reason) => {
                    let why = words::of_reason(reason.code());
                    format!("has failed at {} ({why})", clock(it.span.ended))
                }
                _ => "has no answer to the end".into(),
            },
            Field::Answer => match it.answer.version {
                0 => "is answered without a version".into(),
                version => format!("is answered from {}", story::numbered(version)),
            },
            _ => at(it.span.born, "is made", "is not made"),
        }
    }

    fn at_callee(&self, field: Field, it: &Try) -> String {
        let node = self.name(it.span.node);
        if let CalleeSide::Refused(reason) = it.span.callee {
            let why = words::of_reason(reason.code());
            return format!("is turned away by {node}: {why}");
        }
        if field == Field::Began && it.span.began != Time::NEVER {
            return format!("begins in {node} at {}", clock(it.span.began));
        }
        let at = match it.span.left {
            Time::NEVER => String::new(),
            at => format!(" at {}", clock(at)),
        };
        match it.span.callee {
            CalleeSide::Replied => format!("is done in {node}{at}"),
            CalleeSide::Error => format!("ends with an error in {node}{at}"),
            CalleeSide::Crashed => format!("is broken off by a crash of {node}{at}"),
            CalleeSide::Cancelled => format!("is given up in {node}{at}"),
            CalleeSide::Lost => "is lost on the way".into(),
            _ => format!("is not done in {node} to the end"),
        }
    }

    fn of_asked(&self, field: Field, both: &[Option<Asked>; 2]) -> Said {
        let it = both.iter().flatten().next().expect("one world has it");
        let of = |it: &Option<Asked>| match it {
            None => "is not asked for".to_owned(),
            Some(it) if field == Field::Told => self.told(it),
            Some(it) => format!(
                "is asked for at {}, about item {:x}",
                clock(it.born),
                it.item
            ),
        };
        (self.action(it), both.each_ref().map(of))
    }

    fn action(&self, it: &Asked) -> String {
        let (operation, clients) = (self.operation(it.operation), self.name(it.clients));
        format!("Action {} ({operation}) of {clients}", it.number)
    }

    fn told(&self, it: &Asked) -> String {
        match it.told {
            None => "has no answer to the end".into(),
            Some((at, told)) => {
                let after = span(at.since(it.born).0);
                match told {
                    Told::Abandoned => format!("is given up by its user after {after}"),
                    told => format!("is told \"{}\" after {after}", story::told(told)),
                }
            }
        }
    }

    fn of_note(&self, both: &[Option<Noted>; 2]) -> Said {
        let side = usize::from(both[0].is_none());
        let it = both[side].as_ref().expect("one world has it");
        let node = self.name(it.node);
        let version = match it.version {
            0 => String::new(),
            version => format!(", {}", story::numbered(version)),
        };
        let whose = match it.number {
            0 => "of a job".to_owned(),
            number => format!("of action {number}"),
        };
        let about = match it.what {
            Besides::Applied => format!("A change {whose}{version}, at {node}"),
            Besides::Undone => format!("The loss of a change {whose}{version}, at {node}"),
            Besides::LostLeader => format!("The loss of the leader of {node}"),
            Besides::HasLeader => format!("A leader for {node}"),
            Besides::Fires | Besides::StopsFiring => {
                let alerts = &self.programs[side].monitoring.alerts;
                let alert = &alerts[it.number as usize].key;
                match it.what {
                    Besides::Fires => format!("The alert {alert}"),
                    _ => format!("The end of the alert {alert}"),
                }
            }
        };
        let comes = |is: bool| match is {
            true => format!("comes at {}", clock(it.at)),
            false => "does not come then".to_owned(),
        };
        (about, [comes(side == 0), comes(side == 1)])
    }

    /// What a user is told, in either world.
    pub fn users(&self, pair: &Pair) -> Said {
        let it = pair.iter().flatten().find(|it| is_bad(it));
        let it = it.or(pair.iter().flatten().next());
        let it = it.expect("one world has it");
        let of = |it: &Option<Asked>| match it {
            None => "is not asked for".to_owned(),
            Some(it) => self.told(it),
        };
        (self.action(it), pair.each_ref().map(of))
    }

    pub fn wrong(&self, (side, it): &(usize, Wronged)) -> Said {
        let names: Vec<String> = it
            .verdicts
            .iter()
            .map(|verdict| verdict.code().replace('_', " "))
            .collect();
        let clients = self.name(it.clients);
        let is = |is: bool| match is {
            true => format!("ends as {} in the ledger", names.join(" and ")),
            false => "is clean".to_owned(),
        };
        let about = format!("Action {} of {clients}", it.number);
        (about, [is(*side == 0), is(*side == 1)])
    }
}

/// Both halves in one sentence.
pub fn sentence((about, [here, twin]): &Said) -> String {
    format!("{about} {here} in this run; in the twin it {twin}.")
}

/// What is said where nobody is told anything else.
pub fn nobody_notices() -> String {
    format!(
        "No user is told anything else, and nobody waits twice as long and {} longer.",
        span(NOTICED.0)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_said_to_the_microsecond_and_no_further() {
        let said = [0, 30_000_000_000, 30_012_345_678, 1_500_000_000].map(|ns| clock(Time(ns)));
        assert_eq!(said, ["0 s", "30 s", "30.012345 s", "1.5 s"]);
        let said = [3_200_000_000, 12_000_000, 40_500].map(span);
        assert_eq!(said, ["3.2 s", "12 ms", "41 us"].map(str::to_owned));
    }
}
