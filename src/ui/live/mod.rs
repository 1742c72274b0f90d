//! What moves: the newest frame, the diagram, the charts, the strip.
//!
//! Frames do not pass through signals. They land in [`LIVE`]; the frame loop draws from there, and at
//! most ten times a second a summary goes into the model.

pub mod chart;
pub mod chart_canvas;
pub mod diagram;
pub mod discs_canvas;
pub mod feed;
pub mod frame_loop;
pub mod heat_canvas;
pub mod node_view;
pub mod picture;
pub mod strip;
pub mod timeline;
pub mod transport;
pub mod wire_view;

use std::cell::RefCell;
use std::sync::Arc;

use crate::worker::protocol::Frame;

use super::platform::media;
use super::platform::theme::{self, Palette};
use super::state::discs::Discs;
use super::state::geometry::Scene;
use super::state::pace::Clock;
use super::state::series::Series;
use super::state::view::View;

/// The newest state of the run, outside the reactive graph.
#[derive(Default)]
pub struct Live {
    pub run: u32,
    pub duration_ns: u64,
    pub frame: Arc<Frame>,
    pub series: Arc<Series>,
    pub discs: Discs,
    pub clock: Clock,
    /// Simulated seconds per second on the wall, as far as the page wants it.
    pub rate: f64,
    /// Somebody wants to see this moment; asked for as soon as the worker has answered.
    pub seek_ns: Option<u64>,
    /// The frame has not been told to the model yet.
    pub untold: bool,
    pub last_told_ms: f64,
    /// Something on the canvas changed.
    pub redraw: bool,
    pub scene: Arc<Scene>,
    pub view: View,
    pub palette: Palette,
    /// Where the drawing's nodes and links are in the frame's lists.
    pub node_index: Vec<Option<usize>>,
    pub link_index: Vec<Option<usize>>,
    pub reduced_motion: bool,
}

thread_local! {
    pub static LIVE: RefCell<Live> = RefCell::default();
}

/// Reads what the page and the system look like now: whoever draws afterwards finds it here.
pub fn read_colours() {
    LIVE.with_borrow_mut(|live| {
        live.palette = theme::palette();
        live.reduced_motion = media::reduced_motion();
        live.redraw = true;
    });
}

impl Live {
    /// A new run stands at zero.
    pub fn reset(&mut self, run: u32, duration_ns: u64, series: Series) {
        self.run = run;
        self.duration_ns = duration_ns;
        self.frame = Arc::new(Frame {
            run,
            ..Frame::default()
        });
        self.series = Arc::new(series);
        self.discs.clear();
        self.clock.reset();
        self.seek_ns = None;
        self.redraw = true;
    }

    /// Takes a frame of the run on the screen; frames of another run are dropped.
    pub fn take(&mut self, mut frame: Frame) -> bool {
        if frame.run != self.run {
            return false;
        }
        self.clock.answered();
        if frame.whole {
            self.discs.clear();
            self.series = Arc::new(self.series.emptied());
        }
        let bulk = std::mem::take(&mut frame.bulk);
        // The tables in it are shared, too: this copies none that stays as it is.
        let series = Arc::make_mut(&mut self.series);
        let discs = series.take(&frame, &bulk);
        series.cut(self.duration_ns);
        if frame.now_ns > self.duration_ns {
            // Traffic has ended and the rest drains. The picture stays as it was at the end of the
            // run: that is what the verdict is about.
            let (phase, data) = (frame.phase, frame.data);
            let last = Arc::make_mut(&mut self.frame);
            (last.phase, last.data) = (phase, data);
        } else {
            let now_ms = frame.now_ns as f64 / 1e6;
            self.discs.update(discs, now_ms, self.rate);
            self.frame = Arc::new(frame);
        }
        self.untold = true;
        self.redraw = true;
        true
    }
}
