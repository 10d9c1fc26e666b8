//! The funnel as a picture: an SVG made here, styled by classes, because the content security policy forbids inline styles.

use std::time::Duration;

use maud::{Markup, html};
use signup_app::funnel::{FunnelLine, FunnelSpan};
use signup_core::funnel::Counts;

use crate::visit::Visit;

/// The picture's units; browsers scale them.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 300.0;
/// Room for the numbers left of the picture, and for the times below.
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 40.0;
const TOP: f64 = 12.0;
const RIGHT: f64 = 8.0;

/// How many times are written below, at the most.
const LABELS: usize = 6;

type Of = fn(&Counts) -> u64;

/// Draws a group's time line.
pub fn draw(visit: &Visit, line: &FunnelLine, width: Duration) -> Markup {
    let words = &visit.texts.funnel;
    let stages: [(&str, &str, Of); 4] = [
        ("requested", words.requested, |counts| counts.requested),
        ("sent", words.sent, |counts| counts.sent),
        ("verified", words.verified, |counts| counts.verified),
        ("created", words.created, |counts| counts.created),
    ];
    let highest = stages
        .iter()
        .flat_map(|(_, _, of)| line.spans.iter().map(|span| of(&span.counts)))
        .max();
    let frame = Frame {
        spans: line.spans.len(),
        highest: round_up(highest.unwrap_or_default()),
    };
    let grid = [0, frame.highest / 2, frame.highest];
    html! {
        figure class="plot" {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby="plot-title plot-text" {
                title id="plot-title" { (words.plot) }
                desc id="plot-text" { (words.plot_text) }
                @for value in grid {
                    line class="grid" x1=(LEFT) x2=(WIDTH - RIGHT) y1=(frame.y(value)) y2=(frame.y(value)) {}
                    text class="value" x=(LEFT - 6.0) y=(frame.y(value)) { (value) }
                }
                @for (index, span) in labelled(&line.spans) {
                    text class="when" x=(frame.x(index)) y=(HEIGHT - 8.0) { (when(span, width)) }
                }
                @for (name, _, of) in stages {
                    polyline class=(name) points=(frame.points(&line.spans, of)) {}
                }
                @for (index, _) in line.spans.iter().enumerate().filter(|(_, span)| !span.drops.is_empty()) {
                    (mark(&frame, index))
                }
            }
            figcaption {
                ul class="legend" {
                    @for (name, label, _) in stages { li { (swatch(name)) (label) } }
                    li class="drop" { "▼ " (words.drop) }
                }
            }
        }
    }
}

/// Where things are in the picture.
struct Frame {
    spans: usize,
    highest: u64,
}

#[allow(clippy::cast_precision_loss)]
impl Frame {
    /// The middle of a span.
    fn x(&self, index: usize) -> f64 {
        let width = (WIDTH - LEFT - RIGHT) / self.spans.max(1) as f64;
        tidy(LEFT + width * (index as f64 + 0.5))
    }

    fn y(&self, value: u64) -> f64 {
        let height = HEIGHT - TOP - BOTTOM;
        tidy(TOP + height * (1.0 - value as f64 / self.highest as f64))
    }

    fn points(&self, spans: &[FunnelSpan], of: Of) -> String {
        let points = spans
            .iter()
            .enumerate()
            .map(|(index, span)| format!("{},{}", self.x(index), self.y(of(&span.counts))));
        points.collect::<Vec<_>>().join(" ")
    }
}

/// A tenth of a unit is finer than any screen.
fn tidy(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A triangle below the span, and a line through it.
fn mark(frame: &Frame, index: usize) -> Markup {
    let (x, y) = (frame.x(index), HEIGHT - BOTTOM);
    let triangle = format!(
        "{},{} {},{} {},{}",
        tidy(x - 5.0),
        y + 4.0,
        tidy(x + 5.0),
        y + 4.0,
        x,
        y + 13.0
    );
    html! {
        line class="drop" x1=(x) x2=(x) y1=(TOP) y2=(y) {}
        polygon class="drop" points=(triangle) {}
    }
}

fn swatch(name: &str) -> Markup {
    html! {
        svg class="swatch" viewBox="0 0 32 8" aria-hidden="true" { line class=(name) x1="0" x2="32" y1="4" y2="4" {} }
    }
}

/// The next number of the form 10, 20, 50, 100, 200, …, so that the scale is easy to read.
fn round_up(value: u64) -> u64 {
    let mut step: u64 = 10;
    loop {
        for scale in [step, step * 2, step * 5] {
            if scale >= value {
                return scale;
            }
        }
        step = match step.checked_mul(10) {
            Some(next) if next < u64::MAX / 10 => next,
            _ => return value,
        };
    }
}

/// The spans whose times are written, from the first on, evenly.
fn labelled(spans: &[FunnelSpan]) -> impl Iterator<Item = (usize, &FunnelSpan)> {
    spans
        .iter()
        .enumerate()
        .step_by(spans.len().div_ceil(LABELS).max(1))
}

/// A span's beginning: the time of day, or the day where a span is one.
fn when(span: &FunnelSpan, width: Duration) -> String {
    let text = span.start.to_string();
    let is_day = width >= Duration::from_secs(24 * 60 * 60);
    let part = if is_day { 5..10 } else { 5..16 };
    text.get(part).unwrap_or_default().replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::round_up;

    #[test]
    fn a_scale_ends_at_a_round_number_above_the_highest_value() {
        for (value, scale) in [
            (0, 10),
            (10, 10),
            (11, 20),
            (21, 50),
            (99, 100),
            (101, 200),
            (5_001, 10_000),
        ] {
            assert_eq!(round_up(value), scale, "{value}");
        }
        assert!(round_up(u64::MAX) == u64::MAX);
    }
}
