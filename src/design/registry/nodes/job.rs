//! The knobs of the kind.

use super::{VERSION, ZONES};
use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static JOB: KindSpec = KindSpec {
    name: "job",
    word: "Job",
    meaning: "Goes through many items, once or by a schedule: a backfill, a nightly report, a repair",
    accepts: Accepts::Nothing,
    calls: true,
    knobs: &[
        knob("operation", Unit::Text, "none",
            "the operation that it does to each item: whether it reads or writes, and which items there are; absent, the only one")
            .off("none").class(Class::Restart),
        knob("items", Unit::Count, "all",
            "how many items a run goes through, in order, from the first again if there are no more; absent, all keys of the operation")
            .off("all").range("1", "1000000000").class(Class::NewWork).example("500"),
        knob("start", Unit::Duration, "none",
            "when the first run begins; absent, after one period, or, without one, when the timeline starts it")
            .off("none").range("0 s", "365 d").class(Class::Restart).example("5 s"),
        knob("every", Unit::Duration, "none", "from the time of a run to that of the next, whatever becomes of it; absent, once")
            .off("none").range("1 ms", "365 d").class(Class::NewWork).example("10 s")
            .source("cron; Kubernetes CronJob schedule"),
        knob("overlap", Unit::Choice(&["skip", "queue", "replace", "beside"]), "skip",
            "what becomes of a run whose time has come while an earlier one is still going: left out, put off, in the place of the earlier one, or at the same time")
            .class(Class::NewWork)
            .source("Kubernetes CronJob concurrencyPolicy: Forbid, Replace, Allow"),
        knob("start_deadline", Unit::Duration, "none",
            "how late a run may begin that was put off, or whose time came while the job was down; later, it is left out")
            .off("none").range("0 s", "365 d").class(Class::NewWork).example("2 s")
            .source("Kubernetes CronJob startingDeadlineSeconds, absent by default"),
        knob("batch_size", Unit::Count, "100",
            "items of a batch: the next one begins when all of it are over, and progress is kept by batches")
            .range("1", "1000000").class(Class::NewWork),
        knob("concurrency", Unit::Count, "1", "items of a run that it works on at the same time")
            .range("1", "10000").class(Class::Now),
        knob("rate_limit", Unit::Rate, "none", "items that a run begins per second at most")
            .off("none").range("0.001 rps", "1000000 rps").class(Class::Now).example("50 rps"),
        knob("service_time", Unit::Dist, "10 ms", "how long the work on one item takes, calls to others not counted")
            .class(Class::NewWork),
        knob("bad_items", Unit::Share, "0 %", "share of the items on which its work fails, every time")
            .class(Class::NewWork),
        knob("on_failure", Unit::Choice(&["skip", "stop"]), "skip",
            "what becomes of a run when an item has failed, all tries of its calls used: it is left out, or the run stops")
            .class(Class::NewWork),
        knob("retries", Unit::Count, "0", "how often a run that stopped is begun once more (stop)")
            .range("0", "1000").class(Class::NewWork)
            .source("Kubernetes Job backoffLimit: 6"),
        knob("retry_pause", Unit::Duration, "10 s", "before the first of these; twice as long before each further one, 6 min at most (stop)")
            .range("0 s", "6 min").class(Class::NewWork)
            .source("Kubernetes Job: 10 s, 20 s, 40 s ..., capped at six minutes"),
        knob("resumable", Unit::Flag, "false",
            "whether it keeps its progress after each batch: a crash or stop then costs one batch at most, not the whole run")
            .class(Class::NewWork),
        knob("version_guard", Unit::Flag, "false",
            "whether it writes a row only if nobody has written it since it read it: else a conflict, not a lost update")
            .class(Class::NewWork)
            .source("Amazon DynamoDB condition expressions; optimistic locking"),
        knob("conflict_retries", Unit::Count, "4", "how often it reads and works again after a conflict, before it leaves the item out (version_guard)")
            .range("0", "1000").class(Class::NewWork)
            .source("Kubernetes client-go retry.DefaultRetry: 5 steps"),
        knob("keeps", Unit::Count, "none",
            "how many effects of an item stay where it takes some back: it reads how many there are, and takes back those beyond; absent, it takes one back of each item, whatever is there (undoes)")
            .off("none").range("0", "1000").class(Class::NewWork).example("1"),
        knob("min_age", Unit::Duration, "0 s",
            "how old an entry of the third party's list has to be: what is younger may still be under way (completes)")
            .range("0 s", "7 d").class(Class::NewWork).example("10 min"),
        knob("copies_from", Unit::Text, "none",
            "the column that it reads in databases with `columns`: what it read there, its write puts into those of `copies_into`, as the same version",
        )
            .off("none").class(Class::Restart).example("name"),
        knob("copies_into", Unit::Names, "none",
            "the columns into which it copies: a backfill (copies_from)")
            .off("none").class(Class::Restart).example("[\"full_name\"]"),
        knob("dry_run", Unit::Flag, "false", "whether it only reads and works, and counts what it would have changed")
            .class(Class::NewWork),
        ZONES, VERSION,
    ],
};
