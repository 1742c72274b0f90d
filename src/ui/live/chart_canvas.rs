//! A line chart on a canvas: axes, bands, levels, lines with their names at their ends, a crosshair.

use web_sys::CanvasRenderingContext2d as Context;

use crate::ui::platform::canvas::dash;
use crate::ui::platform::theme::Palette;
use crate::ui::state::chart::{Chart, Line, Stroke};
use crate::ui::state::series::{Column, Series};

/// Room around the plot.
const LEFT: f64 = 50.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 18.0;
/// Below this width names are short.
const NARROW: f64 = 420.0;
/// Names of lines stand closer than this only if they are pushed apart.
const NAME_HEIGHT: f64 = 15.0;

pub struct Plot<'a> {
    cx: &'a Context,
    palette: &'a Palette,
    chart: &'a Chart,
    w: f64,
    h: f64,
    right: f64,
    top: f64,
}

impl<'a> Plot<'a> {
    pub fn new(
        cx: &'a Context,
        palette: &'a Palette,
        chart: &'a Chart,
        w: f64,
        h: f64,
    ) -> Plot<'a> {
        let right = right_of(w);
        Plot {
            cx,
            palette,
            chart,
            w,
            h,
            right,
            top: chart.top(),
        }
    }

    fn x(&self, seconds: f64) -> f64 {
        LEFT + (self.w - LEFT - self.right) * seconds / self.chart.duration_s.max(1e-9)
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value / self.top).clamp(0.0, 1.0);
        self.h - BOTTOM - (self.h - TOP - BOTTOM) * share
    }

    /// `hover`: seconds under the pointer or chosen with the arrow keys.
    pub fn draw(&self, hover: Option<f64>) {
        self.bands();
        self.axes();
        self.levels();
        if let Some(ghost) = &self.chart.ghost {
            for line in self.chart.lines.iter().filter(|l| l.has_ghost) {
                self.ghost_style();
                self.trace(ghost, line.column);
            }
        }
        for line in self.chart.lines {
            self.style(line.stroke);
            self.trace(&self.chart.series, line.column);
        }
        dash(self.cx, &[]);
        self.now();
        match hover {
            Some(seconds) => self.crosshair(seconds),
            None => self.names(),
        }
    }

    fn font(&self, weight: u32) {
        self.cx
            .set_font(&format!("{weight} 12px {}", self.palette.font));
    }

    fn text(&self, text: &str, x: f64, y: f64) {
        // Text at a finite place is always accepted.
        let _ = self.cx.fill_text(text, x, y);
    }

    fn line(&self, x0: f64, y0: f64, x1: f64, y1: f64) {
        self.cx.begin_path();
        self.cx.move_to(x0, y0);
        self.cx.line_to(x1, y1);
        self.cx.stroke();
    }

    /// Where the run is, while an earlier moment of it is looked at.
    fn now(&self) {
        let now = self.chart.now_s;
        let known = self.chart.series.rows.len();
        if known > self.chart.series.bucket_of((now * 1e9) as u64) + 1 {
            let x = self.x(now).round() + 0.5;
            self.cx.set_line_width(1.0);
            self.cx.set_stroke_style_str(&self.palette.text);
            self.line(x, TOP, x, self.h - BOTTOM);
        }
    }

    fn bands(&self) {
        self.cx.set_fill_style_str(&self.palette.strained_soft);
        for &(from, to) in &self.chart.bands {
            let (x0, x1) = (self.x(from), self.x(to));
            self.cx
                .fill_rect(x0, TOP, (x1 - x0).max(1.0), self.h - TOP - BOTTOM);
        }
    }

    fn axes(&self) {
        let cx = self.cx;
        self.font(400);
        cx.set_line_width(1.0);
        cx.set_text_align("right");
        cx.set_text_baseline("middle");
        let steps = if self.h > 130.0 { 4 } else { 2 };
        for step in 0..=steps {
            let value = self.top * f64::from(step) / f64::from(steps);
            let y = self.y(value).round() + 0.5;
            cx.set_stroke_style_str(if step == 0 {
                &self.palette.control
            } else {
                &self.palette.hairline
            });
            self.line(LEFT, y, self.w - self.right, y);
            cx.set_fill_style_str(&self.palette.muted);
            self.text(&self.chart.tab.tick(value, self.top), LEFT - 6.0, y);
        }
        cx.set_text_baseline("alphabetic");
        let every = time_step(self.chart.duration_s, self.w);
        let mut at = 0.0;
        while at <= self.chart.duration_s + 1e-9 {
            let at_end = at + every > self.chart.duration_s;
            cx.set_text_align(match at {
                0.0 => "left",
                _ if at_end => "right",
                _ => "center",
            });
            self.text(&format!("{at:.0} s"), self.x(at), self.h - 4.0);
            at += every;
        }
    }

    fn levels(&self) {
        let cx = self.cx;
        for level in &self.chart.levels {
            let y = self.y(level.at).round() + 0.5;
            cx.set_stroke_style_str(&self.palette.failed);
            cx.set_line_width(1.0);
            dash(cx, &[4.0, 4.0]);
            self.line(LEFT, y, self.w - self.right, y);
            dash(cx, &[]);
        }
    }

    fn ghost_style(&self) {
        self.cx.set_stroke_style_str(&self.palette.control);
        self.cx.set_line_width(1.5);
        dash(self.cx, &[1.5, 3.5]);
    }

    fn style(&self, stroke: Stroke) {
        let (colour, width, pattern): (&str, f64, &[f64]) = match stroke {
            Stroke::Served => (&self.palette.served, 2.0, &[]),
            Stroke::Offered => (&self.palette.offered, 1.75, &[2.0, 2.5]),
            Stroke::P50 => (&self.palette.action, 1.0, &[]),
            Stroke::P99 | Stroke::Busy => (&self.palette.action, 2.0, &[]),
            Stroke::Retries => (&self.palette.strained, 2.0, &[6.0, 3.0]),
        };
        self.cx.set_stroke_style_str(colour);
        self.cx.set_line_width(width);
        dash(self.cx, pattern);
    }

    /// One polyline; where several buckets share a pixel, their lowest and highest are drawn.
    fn trace(&self, series: &Series, column: Column) {
        let cx = self.cx;
        cx.begin_path();
        let mut open = false;
        let per_pixel = series.rows.len() as f64 / (self.w - LEFT - self.right).max(1.0);
        let chunk = (per_pixel.floor() as usize).max(1);
        let mut bucket = 0;
        while bucket < series.rows.len() {
            let until = (bucket + chunk).min(series.rows.len());
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for value in (bucket..until).filter_map(|b| series.at(b, column)) {
                (low, high) = (low.min(value), high.max(value));
            }
            if low.is_finite() {
                let x = self.x(series.middle_s(bucket));
                if open {
                    cx.line_to(x, self.y(low));
                } else {
                    cx.move_to(x, self.y(low));
                }
                if high > low {
                    cx.line_to(x, self.y(high));
                }
            }
            open = low.is_finite();
            bucket = until;
        }
        cx.stroke();
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
        }
    }

    /// Names at the height where the lines end; the value follows where there is room.
    fn names(&self) {
        let series = &self.chart.series;
        let newest = |line: &Line| {
            (0..series.rows.len())
                .rev()
                .find_map(|b| series.at(b, line.column))
        };
        let mut names: Vec<(f64, String, &str, u32)> = Vec::new();
        for line in self.chart.lines {
            let at = newest(line);
            let triangle = if line.stroke == Stroke::P99 {
                "▲ "
            } else {
                ""
            };
            let value = at.map_or(String::new(), |x| format!(" {}", self.chart.tab.amount(x)));
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
            names.push((
                self.y(level.at),
                level.name.clone(),
                &self.palette.failed,
                400,
            ));
        }
        if let (Some(ghost), Some(line)) = (
            &self.chart.ghost,
            self.chart.lines.iter().find(|l| l.has_ghost),
        ) {
            let rows = ghost.rows.len();
            if let Some(x) = (0..rows).rev().find_map(|b| ghost.at(b, line.column)) {
                names.push((self.y(x), "first run".into(), &self.palette.muted, 400));
            }
        }
        self.spread(&mut names);
        self.cx.set_text_align("left");
        self.cx.set_text_baseline("middle");
        for (y, name, colour, weight) in names {
            self.font(weight);
            self.cx.set_fill_style_str(colour);
            // Narrower where the system's letters are wide; at a finite place it is always accepted.
            let (x, room) = (self.w - self.right + 8.0, self.right - 10.0);
            let _ = self.cx.fill_text_with_max_width(&name, x, y, room);
        }
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
        let cx = self.cx;
        let x = self.x(seconds).round() + 0.5;
        cx.set_stroke_style_str(&self.palette.text);
        cx.set_line_width(1.0);
        self.line(x, TOP, x, self.h - BOTTOM);
        let bucket = self.chart.series.bucket_of((seconds * 1e9) as u64);
        let mut rows: Vec<(f64, String, &str, u32)> = vec![(
            TOP + 6.0,
            format!("{seconds:.1} s"),
            &self.palette.text,
            600,
        )];
        for line in self.chart.lines {
            let value = self.chart.series.at(bucket, line.column);
            if let Some(value) = value {
                cx.set_fill_style_str(self.colour(line.stroke));
                cx.begin_path();
                // A positive radius is always accepted.
                let _ = cx.arc(x, self.y(value), 3.0, 0.0, std::f64::consts::TAU);
                cx.fill();
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
                .at(bucket, line.column)
                .map_or("–".into(), |v| self.chart.tab.amount(v));
            rows.push((
                TOP + 6.0,
                format!("first run {text}"),
                &self.palette.muted,
                400,
            ));
        }
        cx.set_text_align("left");
        cx.set_text_baseline("middle");
        for (i, (y, text, colour, weight)) in rows.iter().enumerate() {
            self.font(*weight);
            cx.set_fill_style_str(colour);
            self.text(text, self.w - self.right + 8.0, y + i as f64 * NAME_HEIGHT);
        }
    }
}

/// Room for the names at the right.
fn right_of(w: f64) -> f64 {
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
