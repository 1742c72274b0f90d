//! What a chart is drawn with: a canvas of the page, or the text of an SVG.

use std::cell::RefCell;
use std::fmt::Write;

type Point = (f64, f64);

/// Which part of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Middle,
    Right,
}

/// How a text looks. Letters are 12 px high.
#[derive(Clone, Copy, Debug)]
pub struct Letters<'a> {
    pub colour: &'a str,
    pub weight: u32,
    pub align: Align,
    /// The place is at half the height of the letters, not at their foot.
    pub centred: bool,
    /// Pressed together where they are wider than this, in px.
    pub room: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub colour: &'a str,
    pub width: f64,
    /// Lengths of dashes and gaps in px; none: drawn through.
    pub dash: &'a [f64],
}

/// Coordinates in px, y downwards.
pub trait Pen {
    fn rect(&self, corner: Point, size: Point, colour: &str);
    /// Lines through these points; each list is a line of its own.
    fn lines(&self, lines: &[Vec<Point>], look: Line<'_>);
    fn dot(&self, at: Point, radius: f64, colour: &str);
    fn text(&self, text: &str, at: Point, look: Letters<'_>);
}

/// Writes what is drawn as elements of an SVG.
#[derive(Default)]
pub struct SvgPen {
    text: RefCell<String>,
    font: String,
}

/// Of a letter of 12 px, about: the file cannot measure, the letters are those of who opens it.
const LETTER: f64 = 6.6;

impl SvgPen {
    pub fn new(font: &str) -> SvgPen {
        SvgPen {
            text: RefCell::default(),
            font: escaped(font),
        }
    }

    pub fn into_elements(self) -> String {
        self.text.into_inner()
    }

    fn add(&self, element: std::fmt::Arguments<'_>) {
        // Writing into a string cannot fail.
        let written = self.text.borrow_mut().write_fmt(element);
        debug_assert!(written.is_ok());
    }

    /// Elements between these are moved by so much.
    pub fn moved(&self, (x, y): Point, draw: impl FnOnce(&SvgPen)) {
        self.add(format_args!("<g transform=\"translate({x:.1} {y:.1})\">"));
        draw(self);
        self.add(format_args!("</g>"));
    }
}

impl Pen for SvgPen {
    fn rect(&self, (x, y): Point, (w, h): Point, colour: &str) {
        let colour = escaped(colour);
        self.add(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" fill=\"{colour}\"/>"
        ));
    }

    fn lines(&self, lines: &[Vec<Point>], look: Line<'_>) {
        let mut d = String::new();
        for line in lines.iter().filter(|line| line.len() > 1) {
            for (i, (x, y)) in line.iter().enumerate() {
                let to = if i == 0 { 'M' } else { 'L' };
                let written = write!(d, "{to}{x:.1} {y:.1}");
                debug_assert!(written.is_ok());
            }
        }
        if d.is_empty() {
            return;
        }
        let (colour, width) = (escaped(look.colour), look.width);
        let dash: Vec<String> = look.dash.iter().map(f64::to_string).collect();
        let dash = match dash.is_empty() {
            true => String::new(),
            false => format!(" stroke-dasharray=\"{}\"", dash.join(" ")),
        };
        self.add(format_args!(
            "<path d=\"{d}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"{dash}/>"
        ));
    }

    fn dot(&self, (x, y): Point, radius: f64, colour: &str) {
        let colour = escaped(colour);
        self.add(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{colour}\"/>"
        ));
    }

    fn text(&self, text: &str, (x, y): Point, look: Letters<'_>) {
        let anchor = match look.align {
            Align::Left => "start",
            Align::Middle => "middle",
            Align::Right => "end",
        };
        // Programs do not agree on baselines: a third of the height is near the middle of digits.
        let y = if look.centred { y + 4.0 } else { y };
        let wide = text.chars().count() as f64 * LETTER;
        let pressed = match look.room {
            Some(room) if wide > room => {
                format!(" textLength=\"{room:.0}\" lengthAdjust=\"spacingAndGlyphs\"")
            }
            _ => String::new(),
        };
        let (text, colour) = (escaped(text), escaped(look.colour));
        let (weight, font) = (look.weight, &self.font);
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\" font-family=\"{font}\" font-size=\"12\" \
             font-weight=\"{weight}\" text-anchor=\"{anchor}\"{pressed}>{text}</text>"
        ));
    }
}

/// As text of an element or value of an attribute.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_stays_text() {
        let pen = SvgPen::new("\"Some Font\", sans-serif");
        let look = Letters {
            colour: "#123",
            weight: 400,
            align: Align::Left,
            centred: false,
            room: None,
        };
        pen.text("a < b & \"c\"", (1.0, 2.0), look);
        let text = pen.into_elements();
        assert!(
            text.contains(">a &lt; b &amp; &quot;c&quot;</text>"),
            "{text}"
        );
        assert!(text.contains("&quot;Some Font&quot;"), "{text}");
    }

    #[test]
    fn lines_keep_their_gaps_and_dashes() {
        let pen = SvgPen::new("x");
        let look = Line {
            colour: "red",
            width: 2.0,
            dash: &[6.0, 3.0],
        };
        let lines = [
            vec![(0.0, 0.0), (1.0, 1.0)],
            vec![(5.0, 5.0)],
            vec![(2.0, 2.0), (3.0, 3.0)],
        ];
        pen.lines(&lines, look);
        let text = pen.into_elements();
        assert!(text.contains("M0.0 0.0L1.0 1.0M2.0 2.0L3.0 3.0"), "{text}");
        assert!(text.contains("stroke-dasharray=\"6 3\""), "{text}");
    }
}
