//! The curves and the faults as one picture.

use std::fmt::Write as _;
use std::time::Duration;

use crate::curves::range;
use crate::fault::Fault;
use crate::sample::{CURVES, Curve, Sample};
use crate::schedule::Event;

const WIDTH: f64 = 1400.0;
const LEFT: f64 = 130.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 60.0;
const PANEL: f64 = 90.0;
const GAP: f64 = 26.0;
const LANE: f64 = 18.0;

/// An SVG document: a panel for each curve over the same time, faults as bands through all.
pub(crate) fn svg(samples: &[Sample], events: &[Event]) -> String {
    let last = samples.last().map_or(Duration::ZERO, |sample| sample.at);
    let scale = Scale {
        seconds: last.as_secs_f64().max(1.0),
    };
    let height = TOP + 2.0 * LANE + CURVES.len() as f64 * (PANEL + GAP) + GAP;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"24\" font-size=\"16\">soak: {:.0} s, {} faults</text>\n",
        scale.seconds,
        events.len()
    );
    for event in events {
        band(&mut text, &scale, event, height);
    }
    for (number, curve) in CURVES.iter().enumerate() {
        let top = TOP + 2.0 * LANE + GAP + number as f64 * (PANEL + GAP);
        panel(&mut text, &scale, *curve, (samples, top));
    }
    text.push_str("</svg>\n");
    text
}

struct Scale {
    seconds: f64,
}

impl Scale {
    fn x(&self, at: Duration) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (at.as_secs_f64() / self.seconds).min(1.0)
    }
}

/// The time of a fault through all panels, and its name where the pointer rests.
fn band(text: &mut String, scale: &Scale, event: &Event, height: f64) {
    let (lane, colour) = if event.fault.is_of_kafka() {
        (
            0.0,
            if event.fault.is_long() {
                "#c33"
            } else {
                "#e93"
            },
        )
    } else {
        (
            1.0,
            if event.fault == Fault::Refusal {
                "#939"
            } else {
                "#36c"
            },
        )
    };
    let (x, end) = (scale.x(event.begin), scale.x(event.end));
    let (width, y) = ((end - x).max(1.0), TOP + lane * LANE);
    let recovery = (scale.x(event.recovered) - end).max(0.0);
    let bottom = height - GAP;
    let (below, name) = (bottom - y, event.fault);
    // Writing to a text cannot fail.
    let _ = writeln!(
        text,
        "<g><title>{name}: {:.0} s to {:.0} s, in time again at {:.0} s</title>\
         <rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{below:.1}\" fill=\"{colour}\" opacity=\"0.10\"/>\
         <rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"12\" fill=\"{colour}\"/>\
         <rect x=\"{end:.1}\" y=\"{y}\" width=\"{recovery:.1}\" height=\"12\" fill=\"{colour}\" opacity=\"0.4\"/></g>",
        event.begin.as_secs_f64(),
        event.end.as_secs_f64(),
        event.recovered.as_secs_f64(),
    );
}

fn panel(text: &mut String, scale: &Scale, curve: Curve, (samples, top): (&[Sample], f64)) {
    let values: Vec<f64> = samples.iter().map(curve.of).collect();
    let (low, high) = range(&values);
    let full = if high > 0.0 { high } else { 1.0 };
    let bottom = top + PANEL;
    let points: Vec<_> = samples
        .iter()
        .zip(&values)
        .map(|(sample, value)| {
            format!(
                "{:.1},{:.1}",
                scale.x(sample.at),
                bottom - PANEL * value / full
            )
        })
        .collect();
    let points = points.join(" ");
    let (right, label) = (WIDTH - RIGHT, LEFT - 10.0);
    let (name, unit) = (curve.name, curve.unit);
    let _ = writeln!(
        text,
        "<text x=\"{label}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>\
         <text x=\"{label}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#666\">{low:.1} to {high:.1} {unit}</text>\
         <line x1=\"{LEFT}\" y1=\"{bottom}\" x2=\"{right}\" y2=\"{bottom}\" stroke=\"#999\"/>\
         <polyline points=\"{points}\" fill=\"none\" stroke=\"#222\"/>",
        top + PANEL / 2.0,
        top + PANEL / 2.0 + 16.0,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_names_every_curve_and_every_fault() {
        let second = Duration::from_secs(1);
        let samples = [1, 2].map(|at| Sample {
            at: second * at,
            ..Sample::default()
        });
        let events = [Event {
            fault: Fault::Restart(2),
            begin: second,
            end: second,
            recovered: second * 2,
        }];
        let svg = svg(&samples, &events);
        for curve in CURVES {
            assert!(svg.contains(curve.name));
        }
        assert!(svg.contains("broker 2 killed: 1 s to 1 s, in time again at 2 s"));
        assert!(!svg.contains("NaN") && svg.ends_with("</svg>\n"));
    }
}
