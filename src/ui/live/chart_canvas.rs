//! A line chart: axes, bands, levels, lines with their names at their ends, a crosshair.

use crate::ui::platform::theme::Palette;
use crate::ui::state::chart::{self, Chart, Line, Stroke};
use crate::ui::state::model::ChartTab;
use crate::ui::state::pen::{Align, Letters, Line as Look, Pen};
use crate::ui::state::series::Part;

/// Room around the plot.
pub(super) const LEFT: f64 = 50.0;
pub(super) const TOP: f64 = 8.0;
pub(super) const BOTTOM: f64 = 18.0;
/// Below this width names are short.
const NARROW: f64 = 420.0;
/// Names of lines stand closer than this only if they are pushed apart.
pub(super) const NAME_HEIGHT: f64 = 15.0;

pub struct Plot<'a, P> {
    pub(super) pen: &'a P,
    pub(super) palette: &'a Palette,
    pub(super) chart: &'a Chart,
    pub(super) w: f64,
    pub(super) h: f64,
    pub(super) right: f64,
    pub(super) top: f64,
}

impl<'a, P: Pen> Plot<'a, P> {
    pub fn new(pen: &'a P, palette: &'a Palette, chart: &'a Chart, w: f64, h: f64) -> Plot<'a, P> {
        let right = right_of(w);
        Plot {
            pen,
            palette,
            chart,
            w,
            h,
            right,
            top: chart.top(),
        }
    }

    pub(super) fn x(&self, seconds: f64) -> f64 {
        LEFT + (self.w - LEFT - self.right) * seconds / self.chart.duration_s.max(1e-9)
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value / self.top).clamp(0.0, 1.0);
        self.h - BOTTOM - (self.h - TOP - BOTTOM) * share
    }

    /// `hover`: seconds under the pointer or chosen with the arrow keys.
    pub fn draw(&self, hover: Option<f64>) {
        if self.chart.tab == ChartTab::Heat {
            self.heat(hover);
            return;
        }
        self.bands();
        self.axes();
        self.levels();
        if let Some(ghost) = &self.chart.ghost {
            for line in self.chart.lines.iter().filter(|l| l.has_ghost) {
                self.trace(ghost, line.column, self.ghost_style());
            }
        }
        for line in &self.chart.lines {
            self.trace(&self.chart.data, line.column, self.style(line.stroke));
        }
        self.now();
        match hover {
            Some(seconds) => self.crosshair(seconds),
            None => self.names(),
        }
    }

    pub(super) fn line(&self, from: (f64, f64), to: (f64, f64), look: Look<'_>) {
        self.pen.lines(&[vec![from, to]], look);
    }

    /// Upright over the whole plot.
    pub(super) fn upright(&self, seconds: f64) {
        let x = self.x(seconds).round() + 0.5;
        self.line((x, TOP), (x, self.h - BOTTOM), thin(&self.palette.text));
    }

    /// Where the run is, while an earlier moment of it is looked at.
    pub(super) fn now(&self) {
        let now = self.chart.now_s;
        let table = &self.chart.data.table;
        if table.len() > table.row_of((now * 1e9) as u64) + 1 {
            self.upright(now);
        }
    }

    fn bands(&self) {
        for &(from, to) in &self.chart.bands {
            let (x0, x1) = (self.x(from), self.x(to));
            let size = ((x1 - x0).max(1.0), self.h - TOP - BOTTOM);
            self.pen.rect((x0, TOP), size, &self.palette.strained_soft);
        }
    }

    fn axes(&self) {
        let letters = |align, centred| Letters {
            colour: &self.palette.muted,
            weight: 400,
            align,
            centred,
            room: None,
        };
        let steps = if self.h > 130.0 {
            chart::parts(self.top)
        } else {
            2
        };
        for step in 0..=steps {
            let value = self.top * f64::from(step) / f64::from(steps);
            let y = self.y(value).round() + 0.5;
            let colour = match step {
                0 => &self.palette.control,
                _ => &self.palette.hairline,
            };
            self.line((LEFT, y), (self.w - self.right, y), thin(colour));
            let text = self.chart.tab.tick(value, self.top);
            self.pen
                .text(&text, (LEFT - 6.0, y), letters(Align::Right, true));
        }
        self.time_axis();
    }

    pub(super) fn time_axis(&self) {
        let letters = |align, centred| Letters {
            colour: &self.palette.muted,
            weight: 400,
            align,
            centred,
            room: None,
        };
        let every = time_step(self.chart.duration_s, self.w);
        let mut at = 0.0;
        while at <= self.chart.duration_s + 1e-9 {
            let at_end = at + every > self.chart.duration_s;
            let align = match at {
                0.0 => Align::Left,
                _ if at_end => Align::Right,
                _ => Align::Middle,
            };
            let place = (self.x(at), self.h - 4.0);
            self.pen
                .text(&format!("{at:.0} s"), place, letters(align, false));
            at += every;
        }
    }

    fn levels(&self) {
        for level in self.chart.levels.iter().filter(|it| it.at <= self.top) {
            let y = self.y(level.at).round() + 0.5;
            let look = Look {
                dash: &[4.0, 4.0],
                ..thin(&self.palette.failed)
            };
            self.line((LEFT, y), (self.w - self.right, y), look);
        }
    }

    fn ghost_style(&self) -> Look<'_> {
        Look {
            colour: &self.palette.control,
            width: 1.5,
            dash: &[1.5, 3.5],
        }
    }

    fn style(&self, stroke: Stroke) -> Look<'_> {
        let (colour, width, dash): (&str, f64, &[f64]) = match stroke {
            Stroke::Served => (&self.palette.served, 2.0, &[]),
            Stroke::Offered => (&self.palette.offered, 1.75, &[2.0, 2.5]),
            Stroke::P50 => (&self.palette.action, 1.0, &[]),
            Stroke::P99 | Stroke::Busy => (&self.palette.action, 2.0, &[]),
            Stroke::Retries => (&self.palette.strained, 2.0, &[6.0, 3.0]),
            Stroke::Failed => (&self.palette.failed, 2.0, &[]),
        };
        Look {
            colour,
            width,
            dash,
        }
    }

    /// One polyline; where several buckets share a pixel, their lowest and highest are drawn.
    fn trace(&self, data: &Part, column: usize, look: Look<'_>) {
        let mut lines: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut open = false;
        let known = data.table.len();
        let per_pixel = known as f64 / (self.w - LEFT - self.right).max(1.0);
        let chunk = (per_pixel.floor() as usize).max(1);
        let mut row = 0;
        while row < known {
            let until = (row + chunk).min(known);
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for value in (row..until).filter_map(|row| data.at(row, column)) {
                (low, high) = (low.min(value), high.max(value));
            }
            if low.is_finite() {
                let x = self.x(data.table.middle_s(row));
                if !open {
                    lines.push(Vec::new());
                }
                if let Some(line) = lines.last_mut() {
                    line.push((x, self.y(low)));
                    if high > low {
                        line.push((x, self.y(high)));
                    }
                }
            }
            open = low.is_finite();
            row = until;
        }
        self.pen.lines(&lines, look);
    }

    fn name(&self, line: &Line) -> &'static str {
        if self.w < NARROW {
            line.short
        } else {
            line.name
        }
    }

    fn colour(&self, stroke: Stroke) -> &str {
        match stroke {
            Stroke::Served => &self.palette.served,
            Stroke::Offered => &self.palette.offered,
            Stroke::P50 | Stroke::P99 | Stroke::Busy => &self.palette.action,
            Stroke::Retries => &self.palette.strained_text,
            Stroke::Failed => &self.palette.failed,
        }
    }

    /// Names at the height where the lines end; the value follows where there is room.
    fn names(&self) {
        let data = &self.chart.data;
        let known = data.table.len();
        let last = |line: &Line| (0..known).rev().find_map(|row| data.at(row, line.column));
        let mut names: Vec<(f64, String, &str, u32)> = Vec::new();
        for line in &self.chart.lines {
            let at = last(line);
            let triangle = if line.stroke == Stroke::P99 {
                "▲ "
            } else {
                ""
            };
            let now = self.chart.newest(data, line.column, known);
            let value = match (at, now) {
                (None, _) => String::new(),
                (Some(_), None) => " none now".into(),
                (Some(_), Some(x)) => format!(" {}", self.chart.tab.amount(x)),
            };
            let weight = if line.stroke == Stroke::P50 { 400 } else { 600 };
            let y = at.map_or(self.y(self.top / 2.0), |x| self.y(x));
            names.push((
                y,
                format!("{triangle}{}{value}", self.name(line)),
                self.colour(line.stroke),
                weight,
            ));
        }
        for level in &self.chart.levels {
            // One beyond the scale is named at its upper end.
            let (at, name) = match level.at <= self.top {
                true => (level.at, level.name.clone()),
                false => (self.top, format!("{} ↑", level.name)),
            };
            names.push((self.y(at), name, &self.palette.failed, 400));
        }
        if let (Some(ghost), Some(line)) = (
            &self.chart.ghost,
            self.chart.lines.iter().find(|l| l.has_ghost),
        ) {
            let rows = ghost.table.len();
            if let Some(x) = (0..rows).rev().find_map(|row| ghost.at(row, line.column)) {
                let name = self.chart.ghost_name.to_owned();
                names.push((self.y(x), name, &self.palette.muted, 400));
            }
        }
        self.spread(&mut names);
        for (y, name, colour, weight) in names {
            // Narrower where the system's letters are wide.
            let room = Some(self.right - 10.0);
            self.beside(&name, y, colour, weight, room);
        }
    }

    /// At the right of the plot.
    pub(super) fn beside(&self, text: &str, y: f64, colour: &str, weight: u32, room: Option<f64>) {
        let look = Letters {
            colour,
            weight,
            align: Align::Left,
            centred: true,
            room,
        };
        self.pen.text(text, (self.w - self.right + 8.0, y), look);
    }

    /// Pushes names apart, then up from the lower edge.
    fn spread<T, U, V>(&self, names: &mut [(f64, T, U, V)]) {
        names.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut below = TOP + NAME_HEIGHT / 2.0 - NAME_HEIGHT;
        for name in names.iter_mut() {
            name.0 = name.0.max(below + NAME_HEIGHT);
            below = name.0;
        }
        let mut above = self.h - BOTTOM + NAME_HEIGHT;
        for name in names.iter_mut().rev() {
            name.0 = name.0.min(above - NAME_HEIGHT);
            above = name.0;
        }
    }

    /// The same instant in all charts, with the values there.
    fn crosshair(&self, seconds: f64) {
        self.upright(seconds);
        let x = self.x(seconds).round() + 0.5;
        let row = self.chart.data.table.row_of((seconds * 1e9) as u64);
        let mut rows: Vec<(f64, String, &str, u32)> = vec![(
            TOP + 6.0,
            format!("{seconds:.1} s"),
            &self.palette.text,
            600,
        )];
        for line in &self.chart.lines {
            let value = self.chart.data.at(row, line.column);
            if let Some(value) = value {
                let colour = self.colour(line.stroke);
                self.pen.dot((x, self.y(value)), 3.0, colour);
            }
            let text = value.map_or("–".into(), |v| self.chart.tab.amount(v));
            rows.push((
                TOP + 6.0,
                format!("{} {text}", self.name(line)),
                self.colour(line.stroke),
                600,
            ));
        }
        if let (Some(ghost), Some(line)) = (
            &self.chart.ghost,
            self.chart.lines.iter().find(|l| l.has_ghost),
        ) {
            let text = ghost
                .at(row, line.column)
                .map_or("–".into(), |v| self.chart.tab.amount(v));
            rows.push((
                TOP + 6.0,
                format!("{} {text}", self.chart.ghost_name),
                &self.palette.muted,
                400,
            ));
        }
        for (i, (y, text, colour, weight)) in rows.iter().enumerate() {
            self.beside(text, y + i as f64 * NAME_HEIGHT, colour, *weight, None);
        }
    }
}

pub(super) fn thin(colour: &str) -> Look<'_> {
    Look {
        colour,
        width: 1.0,
        dash: &[],
    }
}

/// Room for the names at the right.
pub(super) fn right_of(w: f64) -> f64 {
    if w < NARROW { 118.0 } else { 150.0 }
}

/// The instant under a place of the element, if it is on the plot.
pub fn seconds_at(x: f64, w: f64, duration_s: f64) -> Option<f64> {
    let share = (x - LEFT) / (w - LEFT - right_of(w)).max(1.0);
    (-0.01..=1.01)
        .contains(&share)
        .then_some(share.clamp(0.0, 1.0) * duration_s)
}

/// Round distances between the times below the axis.
pub fn time_step(duration_s: f64, width: f64) -> f64 {
    let most = ((width - LEFT - right_of(width)) / 64.0).max(2.0);
    [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 86_400.0,
    ]
    .into_iter()
    .find(|step| duration_s / step <= most)
    .unwrap_or(duration_s)
}
