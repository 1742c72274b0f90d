//! A lesson in front of people: what everybody sees, what whoever teaches sees, and a sheet of paper.

pub mod board;
pub mod notes;
pub mod sheet;
pub mod story;

use super::state::rooms::{Ask, Do};
use super::state::update::Msg;
use super::store::Store;

/// Somebody does something, in whichever of the two windows.
fn act(store: Store, what: Do) {
    store.send(Msg::Rooms(Ask::Do(what)));
}
