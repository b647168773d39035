//! Our own metrics: how they are shown. The table itself is beside this file.

mod tables;

use std::fmt::Write as _;

use super::distribution::Counts;
use super::official;
use super::snapshot::Snapshot;
use super::text::{Exposition, Kind, Samples};

pub use tables::TABLES;

/// Microseconds per second: durations are counted in those and shown in these.
const PER_SECOND: f64 = 1_000_000.0;

/// One metric of ours.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    pub name: &'static str,
    pub kind: Kind,
    /// One line for people.
    pub help: &'static str,
    reading: Reading,
}

#[derive(Clone, Copy, Debug)]
enum Reading {
    Count(fn(&Snapshot) -> u64),
    /// A value that the system may not tell.
    Value(fn(&Snapshot) -> Option<f64>),
    /// Durations in microseconds, shown in seconds.
    Durations(fn(&Snapshot) -> &Counts),
    Samples(fn(&Snapshot, &mut Samples<'_>)),
}

/// The answer to `GET /manage/rest/v1/prometheus`: the official groups, then ours.
pub fn exposition(snapshot: &Snapshot) -> String {
    let mut exposition = Exposition::default();
    official::expose(snapshot, &mut exposition);
    for native in TABLES.into_iter().flatten() {
        let mut samples = exposition.metric(native.name, native.kind, native.help);
        match native.reading {
            Reading::Count(read) => samples.count(&[], read(snapshot)),
            Reading::Value(read) => {
                if let Some(value) = read(snapshot) {
                    samples.value(&[], value);
                }
            }
            Reading::Durations(read) => samples.histogram(&[], read(snapshot), PER_SECOND),
            Reading::Samples(read) => read(snapshot, &mut samples),
        }
    }
    exposition.finish()
}

/// The reference page of all metrics, in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# Metrics\n\n\
         With `service.manage`, `GET /manage/rest/v1/prometheus` serves both tables and \
         `GET /manage/rest/v1/metrics` the second one as JSON; `logging.ticker-interval` repeats \
         the second one in the log.\n\n\
         ## Ours\n\n| Name | Type | Meaning |\n|---|---|---|\n",
    );
    for Native {
        name, kind, help, ..
    } in TABLES.into_iter().flatten()
    {
        let kind = kind.as_str();
        push(&mut page, format_args!("| `{name}` | {kind} | {help} |\n"));
    }
    page.push_str(
        "\n## Of the official connector\n\n\
         | JSON and log | Prometheus | Ours |\n|---|---|---|\n",
    );
    for metric in official::TABLE {
        let prometheus = metric
            .prometheus
            .map_or_else(String::new, |(group, status)| {
                format!("`aerospike_kafka_outbound_{group}{{status=\"{status}\"}}`")
            });
        let ours = metric
            .ours
            .map_or_else(|| "always 0".to_owned(), |ours| format!("`{ours}`"));
        let name = metric.name;
        push(
            &mut page,
            format_args!("| `{name}` | {prometheus} | {ours} |\n"),
        );
    }
    page
}

fn push(page: &mut String, arguments: std::fmt::Arguments<'_>) {
    // A `String` takes everything.
    let _ = page.write_fmt(arguments);
}
