//! The picture of the page: two panels of bars, readable on light and dark ground.

use super::contest::{Outcome, Side, Spread};
use std::fmt::{self, Write as _};

const WIDTH: f64 = 820.0;
/// Where the bars begin: the names are before.
const LEFT: f64 = 216.0;
/// Where the longest bar may end: its number is behind.
const RIGHT: f64 = WIDTH - 84.0;
const BAR: f64 = 13.0;
/// From one peer to the next.
const STEP: f64 = 44.0;
/// Heading of a panel, and its axis with its label.
const PANEL_HEAD: f64 = 34.0;
const PANEL_FOOT: f64 = 58.0;
const LEGEND: f64 = 46.0;
/// So many ticks at most on an axis.
const TICKS: f64 = 6.0;

/// Colours for both grounds, with a contrast of 4.5 and more for text.
const STYLE: &str = "\
text { font: 12px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; }
text { fill: #1f2328; }
.head { font-size: 14px; font-weight: 600; }
.faint { fill: #59636e; }
.ground { fill: #ffffff; }
.line { stroke: #d1d9e0; }
.spread { stroke: #1f2328; stroke-width: 1.2; }
.number { stroke: #ffffff; stroke-width: 3; paint-order: stroke; }
.ours { fill: #0a69da; }
.theirs { fill: #bc7a00; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .faint { fill: #9198a1; }
  .ground { fill: #0d1117; }
  .line { stroke: #3d444d; }
  .spread { stroke: #f0f6fc; }
  .number { stroke: #0d1117; }
  .ours { fill: #58a6ff; }
  .theirs { fill: #e3a63a; }
}
";

/// One figure of all peers.
struct Panel {
    heading: &'static str,
    axis: &'static str,
    figure: fn(&Side) -> Spread,
    /// What one on the axis is.
    unit: f64,
    digits: usize,
}

const PANELS: [Panel; 2] = [
    Panel {
        heading: "Processor time per record (less is better)",
        axis: "microseconds per record, middle of the runs with the lowest and the highest",
        figure: |side| side.cpu_ns,
        unit: 1e3,
        digits: 2,
    },
    Panel {
        heading: "Records per second (more is better)",
        axis: "thousands of records per second, middle of the runs with the lowest and the highest",
        figure: |side| side.rate,
        unit: 1e3,
        digits: 0,
    },
];

/// Where the values of a panel are.
#[derive(Clone, Copy, Debug)]
struct Scale {
    /// From one tick to the next.
    tick: f64,
    ticks: f64,
}

/// The picture as SVG.
pub(super) fn draw(outcomes: &[Outcome]) -> Result<String, fmt::Error> {
    let rows = STEP * outcomes.len() as f64;
    let panel_height = PANEL_HEAD + rows + PANEL_FOOT;
    let height = LEGEND + panel_height * PANELS.len() as f64;
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         aria-label=\"Aeroduct and its peers: processor time and records per second\">\n\
         <style>\n{STYLE}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"6\" class=\"ground\"/>"
    )?;
    for (x, class, name) in [
        (LEFT, "ours", "Aeroduct"),
        (LEFT + 110.0, "theirs", "the peer, in turn with it"),
    ] {
        writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{x}\" y=\"18\" width=\"{BAR}\" height=\"{BAR}\"/>\
             <text x=\"{:.0}\" y=\"29\">{name}</text>",
            x + BAR + 6.0
        )?;
    }
    let mut top = LEGEND;
    for panel in &PANELS {
        panel.draw(&mut svg, outcomes, top)?;
        top += panel_height;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

impl Panel {
    fn draw(&self, svg: &mut String, outcomes: &[Outcome], top: f64) -> fmt::Result {
        let highest = outcomes
            .iter()
            .flat_map(|outcome| [&outcome.ours, &outcome.theirs])
            .map(|side| self.of(side).highest)
            .fold(0.0, f64::max);
        let scale = Scale::up_to(highest);
        let bars = top + PANEL_HEAD;
        let bottom = bars + STEP * outcomes.len() as f64;
        writeln!(
            svg,
            "<text class=\"head\" x=\"16\" y=\"{:.0}\">{}</text>",
            top + 16.0,
            self.heading
        )?;
        scale.draw(svg, bars, bottom)?;
        writeln!(
            svg,
            "<text class=\"faint\" x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
            f64::midpoint(LEFT, RIGHT),
            bottom + 36.0,
            self.axis
        )?;
        let mut y = bars + (STEP - 2.0 * BAR) / 2.0;
        for outcome in outcomes {
            writeln!(
                svg,
                "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>",
                LEFT - 10.0,
                y + BAR + 4.0,
                outcome.facts.name
            )?;
            let sides = [("ours", &outcome.ours), ("theirs", &outcome.theirs)];
            for (number, (class, side)) in [0.0, 1.0].into_iter().zip(sides) {
                let digits = self.digits;
                scale.bar(
                    svg,
                    (class, digits),
                    self.of(side),
                    y + number * (BAR + 1.0),
                )?;
            }
            y += STEP;
        }
        Ok(())
    }

    /// The figure of one side, in the unit of the axis.
    fn of(&self, side: &Side) -> Spread {
        let Spread {
            middle,
            lowest,
            highest,
        } = (self.figure)(side);
        Spread {
            middle: middle / self.unit,
            lowest: lowest / self.unit,
            highest: highest / self.unit,
        }
    }
}

impl Scale {
    /// A scale with round ticks.
    fn up_to(highest: f64) -> Self {
        let exact = (highest / TICKS).max(f64::MIN_POSITIVE);
        let power = 10_f64.powf(exact.log10().floor());
        let mut steps = [1.0, 2.0, 5.0].map(|step| step * power).into_iter();
        let tick = steps.find(|&step| step >= exact).unwrap_or(10.0 * power);
        Self {
            tick,
            ticks: (highest / tick).ceil().max(1.0),
        }
    }

    fn x(self, value: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * value / (self.tick * self.ticks)
    }

    fn draw(self, svg: &mut String, top: f64, bottom: f64) -> fmt::Result {
        let mut number = 0.0;
        while number <= self.ticks {
            let value = self.tick * number;
            let x = self.x(value);
            // Rounded, or 3 x 0.2 has sixteen digits.
            let value = (value * 1e6).round() / 1e6;
            writeln!(
                svg,
                "<line class=\"line\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top:.0}\" y2=\"{bottom:.0}\"/>\
                 <text class=\"faint\" x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{value}</text>",
                bottom + 17.0
            )?;
            number += 1.0;
        }
        Ok(())
    }

    /// A bar of a class, with its spread, and its number with so many digits.
    fn bar(
        self,
        svg: &mut String,
        (class, digits): (&str, usize),
        spread: Spread,
        y: f64,
    ) -> fmt::Result {
        let [low, middle, high] =
            [spread.lowest, spread.middle, spread.highest].map(|value| self.x(value));
        let centre = y + BAR / 2.0;
        writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{BAR}\"/>\
             <line class=\"spread\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"{centre:.1}\" y2=\"{centre:.1}\"/>\
             <text class=\"number\" x=\"{:.1}\" y=\"{:.1}\">{:.digits$}</text>",
            middle - LEFT,
            high + 6.0,
            y + BAR - 2.0,
            spread.middle,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn an_axis_has_round_ticks_up_to_the_highest_value() {
        for (highest, tick, ticks) in [(12.9, 5.0, 3.0), (5.3, 1.0, 6.0), (760.0, 200.0, 4.0)] {
            let scale = Scale::up_to(highest);
            assert_eq!((scale.tick, scale.ticks), (tick, ticks), "{highest}");
        }
    }
}
