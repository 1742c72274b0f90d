//! The lesson: question, prediction, goals, verdict, knobs, and a file that was refused.

pub mod bets;
pub mod branches;
pub mod card;
pub mod door;
pub mod evidence;
pub mod goals;
pub mod hints;
pub mod knobs;
pub mod numbers;
pub mod others;
pub mod pager;
pub mod refused;
pub mod requests;
pub mod story;
pub mod twin;
pub mod verdict;
