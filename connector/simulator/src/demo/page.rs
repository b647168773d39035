//! How the demo looks: two columns where there is room, one below the other where there is not.

use std::io::{self, Write};
use std::mem;
use std::time::Duration;

use aeroduct_kafka::consume::Consumed;

use super::DemoReport;
use super::rich::{self, Rich};
use crate::describe::Summary;
use crate::latency::readable;
use crate::load::{LoadReport, Progress};
use crate::progress::Now;
use crate::reply::{Code, Meaning};
use crate::screen::{self, BAD, BOLD, DIM, GOOD, LiveLine, NAME, PLAIN, Screen, VALUE, WARN};
use crate::text::{grouped, short};

/// From this width on both sides stand beside each other.
const WIDE: usize = 100;

/// The widest page; longer lines are hard to follow.
const PAGE_MAX: usize = 180;

/// Lines of one change on its side.
const LINES_MAX: usize = 7;

/// What stands between the two sides.
const ARROW: &str = " ─▶ ";
const RULE: &str = "  │ ";

/// How many bars of the rate are shown.
const BARS_MAX: usize = 24;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One change as the source sent it.
pub(super) struct Sent {
    pub(super) title: Option<String>,
    pub(super) summary: Summary,
    pub(super) reply: Code,
    pub(super) took: Duration,
}

/// One record as Kafka gave it back.
pub(super) struct Arrived {
    partition: i32,
    offset: i64,
    key: String,
    value: String,
}

impl From<Consumed> for Arrived {
    fn from(consumed: Consumed) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self {
            partition: consumed.partition,
            offset: consumed.offset,
            key: consumed.key.map_or_else(|| "none".to_owned(), readable_key),
            value: consumed.value.map_or_else(|| "no value".to_owned(), text),
        }
    }
}

/// A key as text where it is text, else in hexadecimal.
fn readable_key(key: Vec<u8>) -> String {
    match String::from_utf8(key) {
        Ok(text) if !text.chars().any(char::is_control) => text,
        Ok(text) => hex::encode(text),
        Err(error) => hex::encode(error.as_bytes()),
    }
}

pub(super) struct Page<'a> {
    width: usize,
    line: LiveLine<&'a mut dyn Write>,
    rates: Vec<u64>,
}

impl<'a> Page<'a> {
    pub(super) fn new(screen: Screen, out: &'a mut dyn Write) -> Self {
        let width = screen.width.saturating_sub(1).min(PAGE_MAX);
        Self {
            width,
            line: LiveLine::new(screen, out),
            rates: Vec::new(),
        }
    }

    pub(super) fn title(&mut self, name: &str, purpose: &str) -> io::Result<()> {
        self.line
            .print(&format!("\n{BOLD}{name}{BOLD:#}  {DIM}{purpose}{DIM:#}\n"))
    }

    pub(super) fn section(&mut self, name: &str) -> io::Result<()> {
        let rule = "─".repeat(self.width.saturating_sub(name.chars().count() + 4));
        self.line.print(&format!(
            "{DIM}──{DIM:#} {BOLD}{name}{BOLD:#} {DIM}{rule}{DIM:#}"
        ))
    }

    pub(super) fn yaml(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            self.line.print(&format!(
                "  {}",
                rich::yaml(line).fit(self.width - 2).render()
            ))?;
        }
        self.line.print("")
    }

    pub(super) fn column_heads(&mut self) -> io::Result<()> {
        if !self.is_wide() {
            return Ok(());
        }
        let (mut left, mut right) = (Rich::new(), Rich::new());
        left.push(DIM, "the database sent");
        right.push(DIM, "Kafka holds");
        self.rows(vec![left], RULE, vec![right])
    }

    /// One change: what was sent, what arrived.
    pub(super) fn change(&mut self, sent: &Sent, arrived: Option<&Arrived>) -> io::Result<()> {
        if let Some(title) = &sent.title {
            self.line.print(&format!("{DIM}{title}{DIM:#}"))?;
        }
        let (left, right) = if self.is_wide() {
            (self.left_width(), self.right_width())
        } else {
            (self.width, self.width - 3)
        };
        let sent_lines = sent_lines(sent, left);
        let arrived_lines = arrived_lines(sent, arrived, right);
        if self.is_wide() {
            self.rows(sent_lines, ARROW, arrived_lines)?;
        } else {
            for line in sent_lines {
                self.line.print(&line.render())?;
            }
            for (number, line) in arrived_lines.into_iter().enumerate() {
                let mark = if number == 0 { "└▶ " } else { "   " };
                self.line
                    .print(&format!("{DIM}{mark}{DIM:#}{}", line.render()))?;
            }
        }
        self.line.print("")
    }

    fn is_wide(&self) -> bool {
        self.width >= WIDE
    }

    fn left_width(&self) -> usize {
        self.width * 2 / 5
    }

    fn right_width(&self) -> usize {
        self.width - self.left_width() - 4
    }

    /// Lines side by side; `mark` stands between the first of them.
    fn rows(&mut self, left: Vec<Rich>, mark: &str, right: Vec<Rich>) -> io::Result<()> {
        let (mut left, mut right) = (left.into_iter(), right.into_iter());
        let mut mark = mark;
        loop {
            let (sent, arrived) = match (left.next(), right.next()) {
                (None, None) => return Ok(()),
                (sent, arrived) => (sent.unwrap_or_default(), arrived.unwrap_or_default()),
            };
            let sent = sent.pad(self.left_width()).render();
            self.line
                .print(&format!("{sent}{DIM}{mark}{DIM:#}{}", arrived.render()))?;
            mark = RULE;
        }
    }

    /// The line that tells how the load goes.
    pub(super) fn pace(&mut self, progress: &Progress, now: Now) -> io::Result<()> {
        if self.rates.len() == BARS_MAX {
            self.rates.remove(0);
        }
        self.rates.push(now.rate);
        let (median, tail) = now.latency.unwrap_or_default();
        let bars = if self.width >= WIDE {
            bars(&self.rates)
        } else {
            String::new()
        };
        self.line.show(&format!(
            "{:>4.1} s  {BOLD}{:>7}/s{BOLD:#} {NAME}{bars}{NAME:#}  {:>7} answered  \
             p50 {GOOD}{:>7}{GOOD:#}  p99 {GOOD}{:>7}{GOOD:#}",
            progress.elapsed.as_secs_f64(),
            short(now.rate),
            short(progress.tally.answered),
            readable(median),
            readable(tail),
        ))
    }

    /// How the load went.
    pub(super) fn load(&mut self, report: &LoadReport) -> io::Result<()> {
        self.line.keep()?;
        let mut line = String::from("latency");
        for (name, time) in report.latency.rows() {
            let item = format!("  {DIM}{name}{DIM:#} {}", readable(time));
            if screen::width(&line) + screen::width(&item) > self.width {
                self.line
                    .print(&mem::replace(&mut line, "       ".to_owned()))?;
            }
            line += &item;
        }
        self.line.print(&line)?;
        let tally = &report.tally;
        for (count, what) in [
            (tally.temporary, "answers to try again"),
            (tally.permanent, "refused"),
        ] {
            if count > 0 {
                self.line
                    .print(&format!("{WARN}{} {what}{WARN:#}", grouped(count)))?;
            }
        }
        for problem in &report.problems {
            self.line.print(&format!("{WARN}{problem}{WARN:#}"))?;
        }
        Ok(())
    }

    /// The last line: the four numbers.
    pub(super) fn summary(&mut self, report: &DemoReport) -> io::Result<()> {
        let style = if report.lost() == 0 { GOOD.bold() } else { BAD };
        self.line.print(&format!("\n{style}{report}{style:#}"))
    }
}

fn sent_lines(sent: &Sent, width: usize) -> Vec<Rich> {
    let Sent {
        summary,
        reply,
        took,
        ..
    } = sent;
    let operation = match summary.operation {
        "write" => GOOD.bold(),
        "update" => NAME.bold(),
        _ => BAD,
    };
    let mut head = Rich::new();
    head.push(operation, summary.operation)
        .push(PLAIN, "  ")
        .push(NAME, &summary.place())
        .push(PLAIN, "  ")
        .push(VALUE, &summary.key);
    let mut bins = Rich::new();
    for (number, (name, value)) in summary.bins.iter().enumerate() {
        bins.push(PLAIN, if number == 0 { "  " } else { " " });
        bins.push(NAME, name).push(DIM, "=").push(PLAIN, value);
    }
    let mut lines = vec![head.fit(width)];
    lines.extend(bins.wrap(width, 2, LINES_MAX - 2));
    let style = match reply.meaning() {
        Meaning::Success => GOOD,
        Meaning::Temporary => WARN,
        Meaning::Permanent => BAD,
    };
    let mut answer = Rich::new();
    answer
        .push(style, &format!("  {}", reply.name()))
        .push(DIM, &format!(" after {}", readable(*took)));
    lines.push(answer.fit(width));
    lines
}

fn arrived_lines(sent: &Sent, arrived: Option<&Arrived>, width: usize) -> Vec<Rich> {
    let Some(Arrived {
        partition,
        offset,
        key,
        value,
    }) = arrived
    else {
        let mut nothing = Rich::new();
        let is_missing = sent.reply.meaning() == Meaning::Success;
        let text = if is_missing {
            "nothing arrived"
        } else {
            "nothing, as the answer says"
        };
        nothing.push(if is_missing { BAD } else { DIM }, text);
        return vec![nothing];
    };
    let mut head = Rich::new();
    head.push(NAME.bold(), super::stage::TOPIC)
        .push(DIM, " partition ")
        .push(PLAIN, &partition.to_string())
        .push(DIM, " offset ")
        .push(PLAIN, &offset.to_string());
    let mut key_line = Rich::new();
    key_line.push(DIM, "key ").append(rich::json(key));
    let mut lines = vec![head.fit(width), key_line.fit(width)];
    lines.extend(rich::json(value).wrap(width, 1, LINES_MAX - 2));
    lines
}

/// The rates as bars, the highest of them full.
fn bars(rates: &[u64]) -> String {
    let most = rates.iter().copied().max().unwrap_or(0).max(1);
    rates
        .iter()
        .filter_map(|rate| {
            let level = (u128::from(*rate) * 7).div_ceil(u128::from(most));
            BARS.get(usize::try_from(level).ok()?)
        })
        .collect()
}
