//! Our own metrics: how they are shown. The table itself is beside this file.

#[cfg(test)]
mod page;
mod tables;

use super::distribution::Counts;
use super::official;
use super::snapshot::Snapshot;
use super::text::{Exposition, Kind, Samples};

#[cfg(test)]
pub use page::page;
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
