//! The text format of Prometheus, version 0.0.4, which every scraper reads.

use std::fmt::Write as _;

use super::distribution::{Counts, float};

/// The content type of an exposition.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The type of a metric.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
    /// For the official groups, whose members are of different types.
    Untyped,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Untyped => "untyped",
        }
    }
}

/// An exposition under construction.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

impl Exposition {
    /// Begins a metric. `help` is one line.
    pub fn metric<'a>(&'a mut self, name: &'a str, kind: Kind, help: &str) -> Samples<'a> {
        push(&mut self.text, format_args!("# HELP {name} {help}\n"));
        let kind = kind.as_str();
        push(&mut self.text, format_args!("# TYPE {name} {kind}\n"));
        Samples {
            text: &mut self.text,
            name,
        }
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.text
    }
}

/// The samples of one metric.
#[derive(Debug)]
pub struct Samples<'a> {
    text: &'a mut String,
    name: &'a str,
}

impl Samples<'_> {
    /// Adds a count.
    pub fn count(&mut self, labels: &[(&str, &str)], count: u64) {
        self.value(labels, float(count));
    }

    /// Adds a value.
    pub fn value(&mut self, labels: &[(&str, &str)], value: f64) {
        self.sample("", labels, value);
    }

    /// Adds a histogram; its values and bounds are divided by `divisor`.
    pub fn histogram(&mut self, labels: &[(&str, &str)], counts: &Counts, divisor: f64) {
        for (bound, count) in counts.cumulative() {
            let bound = (float(bound) / divisor).to_string();
            self.sample(
                "_bucket",
                &[labels, &[("le", &bound)]].concat(),
                float(count),
            );
        }
        let count = float(counts.count());
        self.sample("_bucket", &[labels, &[("le", "+Inf")]].concat(), count);
        self.sample("_sum", labels, float(counts.sum()) / divisor);
        self.sample("_count", labels, count);
    }

    fn sample(&mut self, suffix: &str, labels: &[(&str, &str)], value: f64) {
        let Self { text, name } = self;
        push(text, format_args!("{name}{suffix}"));
        let mut before = '{';
        for (label, content) in labels {
            push(text, format_args!("{before}{label}=\""));
            for char in content.chars() {
                match char {
                    '\\' | '"' => text.extend(['\\', char]),
                    '\n' => text.push_str("\\n"),
                    _ => text.push(char),
                }
            }
            text.push('"');
            before = ',';
        }
        if !labels.is_empty() {
            text.push('}');
        }
        match value {
            f64::INFINITY => text.push_str(" +Inf\n"),
            f64::NEG_INFINITY => text.push_str(" -Inf\n"),
            _ => push(text, format_args!(" {value}\n")),
        }
    }
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // A `String` takes everything.
    let _ = text.write_fmt(arguments);
}
