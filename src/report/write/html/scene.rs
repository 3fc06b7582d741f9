//! Pictures as data: marks in whole numbers within a plot, which tests can measure, and their SVG.

use super::escape::text;
use std::fmt::Write;

/// A picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    pub width: i32,
    pub height: i32,
    /// Where the marks lie.
    pub plot: Area,
    pub marks: Vec<Mark>,
    pub labels: Vec<Label>,
}

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

/// Something drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A line of the grid; the one at zero is stronger.
    Grid { from: (i32, i32), to: (i32, i32), zero: bool },
    /// A series, by its number; its points in tenths, for a straight line should look straight.
    Line { series: usize, points: Vec<(i32, i32)>, title: String },
    /// A block of a series.
    Block { series: usize, area: Area, title: String },
    /// A band between two sides: from top to bottom on the left, and on the right.
    Band { series: usize, left: (i32, i32, i32), right: (i32, i32, i32), title: String },
}

/// A text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub at: (i32, i32),
    pub anchor: Anchor,
    pub text: String,
    /// A name rather than a figure of a scale.
    pub name: bool,
}

/// Which end of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// Width of a letter of a label, about.
const LETTER: i32 = 7;
/// Height of a line of text.
pub(super) const LINE: i32 = 15;

/// How wide a text is, about: wide letters of East Asian scripts count twice.
pub(super) fn text_width(text: &str) -> i32 {
    i32::try_from(crate::diagnostic::render::columns(text)).unwrap_or(i32::MAX / LETTER).saturating_mul(LETTER)
}

impl Label {
    /// The room it takes.
    #[must_use]
    pub fn area(&self) -> Area {
        let width = text_width(&self.text);
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - width / 2,
            Anchor::End => self.at.0 - width,
        };
        Area { left, top: self.at.1 - 11, right: left + width, bottom: self.at.1 + 4 }
    }
}

impl Area {
    /// Whether two overlap.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// Whether a point lies in it or on its edge.
    #[must_use]
    pub fn holds(&self, (x, y): (i32, i32)) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }
}

impl Scene {
    /// The picture as SVG. `name` is read aloud; what stands for it in full is the table beside it.
    #[must_use]
    pub fn svg(&self, class: &str, name: &str) -> String {
        let (width, height) = (self.width, self.height);
        let mut svg = format!(
            "<svg class=\"chart {class}\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">",
            text(name)
        );
        for mark in &self.marks {
            mark.write(&mut svg);
        }
        for label in &self.labels {
            let anchor = match label.anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let class = if label.name { " class=\"name\"" } else { "" };
            let _ =
                write!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\"{class}>{}</text>", label.at.0, label.at.1, text(&label.text));
        }
        svg.push_str("</svg>");
        svg
    }
}

impl Mark {
    fn write(&self, svg: &mut String) {
        // Writing to a string does not fail.
        let _ = match self {
            Self::Grid { from, to, zero } => {
                let class = if *zero { "zero" } else { "grid" };
                write!(svg, "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>", from.0, from.1, to.0, to.1)
            }
            Self::Line { series, points, title } => {
                let tenths = |n: &i32| format!("{}.{}", n / 10, n % 10);
                let points: Vec<String> = points.iter().map(|(x, y)| format!("{},{}", tenths(x), tenths(y))).collect();
                let dash = series / 2 % 4;
                write!(
                    svg,
                    "<polyline class=\"line l{} d{dash}\" points=\"{}\"><title>{}</title></polyline>",
                    series % 8,
                    points.join(" "),
                    text(title)
                )
            }
            Self::Block { series, area, title } => write!(
                svg,
                "<rect class=\"f{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
                series % 8,
                area.left,
                area.top,
                area.right - area.left,
                area.bottom - area.top,
                text(title)
            ),
            Self::Band { series, left: (x, top, bottom), right: (to, end_top, end_bottom), title } => {
                let middle = (x + to) / 2;
                write!(
                    svg,
                    "<path class=\"band f{}\" d=\"M{x},{top}C{middle},{top} {middle},{end_top} {to},{end_top}L{to},{end_bottom}C{middle},{end_bottom} {middle},{bottom} {x},{bottom}Z\"><title>{}</title></path>",
                    series % 8,
                    text(title)
                )
            }
        };
    }
}
