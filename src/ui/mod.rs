//! The page. `state` is plain data with an update function and runs anywhere; everything else needs
//! a browser and is compiled only with the feature `ui`.

pub mod state;
