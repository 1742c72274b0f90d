//! Lines that grow and shrink evenly: what arithmetic says about a backlog.

/// Requests come faster than they are served for a while, then slower.
#[derive(Clone, Copy, Debug)]
pub struct Backlog {
    pub arrivals: f64,
    pub capacity: f64,
    /// How long the overload lasts.
    pub overload: f64,
    /// Arrivals after it.
    pub after: f64,
}

impl Backlog {
    pub fn at_the_end(&self) -> f64 {
        (self.arrivals - self.capacity) * self.overload
    }

    /// Time from the end of the overload until the line is empty.
    pub fn drains_in(&self) -> f64 {
        self.at_the_end() / (self.capacity - self.after)
    }
}
