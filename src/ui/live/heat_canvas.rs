//! The heat map: a cell for each row and column, darker where more actions are.

use super::chart_canvas::{BOTTOM, LEFT, NAME_HEIGHT, Plot, TOP, seconds_at, thin};
use crate::ui::state::chart::Chart;
use crate::ui::state::heat_map::{self, Cells, FAILED, Rows};
use crate::ui::state::pen::{Align, Letters, Line as Look, Pen};

/// Colours of the heat map, lightest first: how many actions are in a cell is told by how dark it is.
const SHADES: usize = 6;

impl<P: Pen> Plot<'_, P> {
    /// Height of a row of the heat map, and where the row at this place from below begins above.
    fn heat_row(&self, rows: Rows, place: usize) -> (f64, f64) {
        let each = (self.h - TOP - BOTTOM) / rows.drawn() as f64;
        (each, self.h - BOTTOM - (place + 1) as f64 * each)
    }

    fn heat_x(&self, column: usize) -> f64 {
        let step_s = self.chart.data.table.step_ns as f64 / 1e9;
        self.x((column as f64 * step_s).min(self.chart.duration_s))
    }

    pub fn heat(&self, hover: Option<f64>) {
        let rows = Rows::of(self.chart);
        let columns = self.chart.data.table.len();
        let used: Vec<usize> = (0..rows.drawn()).map(|place| rows.row(place)).collect();
        let most = (0..columns)
            .flat_map(|column| used.iter().map(move |&row| (column, row)))
            .map(|(column, row)| heat_map::count(self.chart, column, row))
            .fold(1.0, f64::max);
        for column in 0..columns {
            let (x0, x1) = (self.heat_x(column), self.heat_x(column + 1));
            for (place, &row) in used.iter().enumerate() {
                let n = heat_map::count(self.chart, column, row);
                if n <= 0.0 {
                    continue;
                }
                // Few among many must be seen: the scale is logarithmic, from one action on.
                let share = (libm::log1p(n) / libm::log1p(most)).clamp(0.0, 1.0);
                let shade = ((share * SHADES as f64).ceil() as usize).clamp(1, SHADES) - 1;
                let colours = match row {
                    FAILED => &self.palette.heat_failed,
                    _ => &self.palette.heat,
                };
                let (each, y) = self.heat_row(rows, place);
                let size = ((x1 - x0).max(1.0) + 0.3, (each - 0.5).max(1.0));
                let colour = colours.get(shade).map_or("", String::as_str);
                self.pen.rect((x0, y), size, colour);
            }
        }
        self.heat_axis(rows);
        self.time_axis();
        self.now();
        if let Some(seconds) = hover {
            self.upright(seconds);
        }
    }

    fn heat_axis(&self, rows: Rows) {
        let letters = |align| Letters {
            colour: &self.palette.muted,
            weight: 400,
            align,
            centred: true,
            room: None,
        };
        let (each, _) = self.heat_row(rows, 0);
        // A label for each power of ten, or every second row where there are few.
        let every = if each > 14.0 { 1 } else { 5 };
        for place in 1..rows.drawn() - 1 {
            let row = rows.row(place);
            if !(row + 4).is_multiple_of(every) {
                continue;
            }
            let (each, y) = self.heat_row(rows, place);
            let y = (y + each).round() + 0.5;
            self.line(
                (LEFT - 4.0, y),
                (self.w - self.right, y),
                thin(&self.palette.hairline),
            );
            let text = heat_map::begins(row);
            self.pen.text(&text, (LEFT - 6.0, y), letters(Align::Right));
        }
        let (each, y) = self.heat_row(rows, rows.drawn() - 1);
        let line = (y + each).round() + 0.5;
        self.line(
            (LEFT, line),
            (self.w - self.right, line),
            thin(&self.palette.control),
        );
        let middle = y + each / 2.0;
        self.pen
            .text("failed", (LEFT - 6.0, middle), letters(Align::Right));
        let foot = (self.h - BOTTOM).round() + 0.5;
        self.line(
            (LEFT, foot),
            (self.w - self.right, foot),
            thin(&self.palette.control),
        );
    }

    /// What is chosen, and how many are in it.
    pub fn chosen(&self, cells: Cells) {
        let rows = Rows::of(self.chart);
        let (x0, x1) = (
            self.heat_x(cells.columns.0),
            self.heat_x(cells.columns.1 + 1),
        );
        let (_, top) = self.heat_row(rows, rows.place(cells.rows.1));
        let (each, bottom) = self.heat_row(rows, rows.place(cells.rows.0));
        let (y0, y1) = (top, bottom + each);
        let frame = vec![(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)];
        let look = Look {
            colour: &self.palette.text,
            width: 2.0,
            dash: &[],
        };
        self.pen.lines(&[frame], look);
        let text = cells.text(self.chart);
        let words: Vec<&str> = text.split(", ").collect();
        for (nth, text) in words.iter().enumerate() {
            let y = TOP + 6.0 + nth as f64 * NAME_HEIGHT;
            let room = Some(self.right - 10.0);
            self.beside(text, y, &self.palette.text, 600, room);
        }
    }
}

/// The cell under a place of the element.
pub fn cell_at(chart: &Chart, (x, y): (f64, f64), (w, h): (f64, f64)) -> Option<(usize, usize)> {
    let seconds = seconds_at(x, w, chart.duration_s)?;
    let columns = chart.data.table.len();
    let column = chart.data.table.row_of((seconds * 1e9) as u64);
    let rows = Rows::of(chart);
    let each = (h - TOP - BOTTOM) / rows.drawn() as f64;
    let place = ((h - BOTTOM - y) / each).floor();
    let place = place.clamp(0.0, (rows.drawn() - 1) as f64) as usize;
    (columns > 0).then(|| (column.min(columns - 1), rows.row(place)))
}
