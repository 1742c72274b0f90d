//! The scenario file of a row.

use super::{Length, Parameters, Row};
use crate::design::value::{Dist, Factor, MICRO, Rate};
use crate::time::{Duration, NS_PER_S};

/// The whole file around the tables of a design.
pub fn scenario(row: &Row, parameters: &Parameters, length: Length, design: &str) -> String {
    let Length {
        duration, warm_up, ..
    } = length;
    format!(
        "# {title}: {}.\n\
         format = 1\n\n\
         [scenario]\n\
         id = \"conformance-{}\"\n\
         title = \"{title}\"\n\n\
         [run]\n\
         duration = \"{duration}\"\n\
         measure = [\"{warm_up}\", \"{duration}\"]\n\n\
         {design}",
        parameters.shown(),
        row.name,
        title = row.title,
    )
}

/// A rate as the file writes it.
pub fn rate(per_second: f64) -> Rate {
    Rate((per_second * MICRO as f64).round() as u64)
}

pub fn seconds(s: f64) -> Duration {
    Duration((s * NS_PER_S as f64).round() as u64)
}

/// A service time of this mean and squared coefficient of variation: constant for 0, Erlang below 1
/// (where 1/cs2 is whole), exponential for 1, two phases above.
pub fn service_time(mean: f64, cs2: f64) -> Dist {
    let mean = seconds(mean);
    if cs2 == 0.0 {
        Dist::Constant(mean)
    } else if cs2 < 1.0 {
        let shape = (1.0 / cs2).round() as u32;
        Dist::Erlang { mean, shape }
    } else if cs2 == 1.0 {
        Dist::Exponential { mean }
    } else {
        let cv2 = Factor((cs2 * MICRO as f64).round() as u64);
        Dist::Hyperexponential { mean, cv2 }
    }
}

/// Why no distribution has this spread.
pub fn refuses_spread(cs2: f64) -> Option<String> {
    let stages = 1.0 / cs2;
    let fits = cs2 == 0.0 || cs2 >= 1.0 || (stages - stages.round()).abs() < 1e-3;
    (!fits).then(|| format!("cs2 {cs2} is not 0, 1/2, 1/3, 1/4 ..., 1 or more"))
}

/// Random arrivals that call a station.
pub fn users_and_server(arrivals: f64, server: &str) -> String {
    format!(
        "[clients.users]\n\
         rate = \"{}\"\n\n\
         [service.server]\n\
         {server}\n\
         [link.ask]\n\
         from = \"users\"\n\
         to = \"server\"\n",
        rate(arrivals)
    )
}
