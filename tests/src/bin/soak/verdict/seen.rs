//! What was seen, second by second, and which faults were on then.

use std::time::Duration;

use aeroduct_simulator::load::LoadReport;

use crate::check::Found;
use crate::fault::Fault;
use crate::sample::Sample;
use crate::schedule::Event;
use crate::stage::Ended;

/// Behind a fault, this much more of the time is not quiet.
pub(super) const SETTLING: Duration = Duration::from_secs(3);

/// All that was seen.
#[derive(Debug)]
pub(crate) struct Seen<'s> {
    pub(crate) samples: &'s [Sample],
    pub(crate) events: &'s [Event],
    pub(crate) report: &'s LoadReport,
    pub(crate) found: &'s Found,
    pub(crate) ended: &'s Ended,
    /// Offered by the honest load, records per second.
    pub(crate) rate: f64,
    pub(crate) time: Duration,
    /// Whether every kind of fault must have been there.
    pub(crate) is_whole_deal: bool,
}

/// Some seconds of one kind.
pub(super) struct Group {
    pub(super) rate: Option<f64>,
    pub(super) p99: Option<Duration>,
}

impl Group {
    pub(super) fn of<'s>(samples: impl Iterator<Item = &'s Sample>) -> Self {
        let samples: Vec<_> = samples.collect();
        let answered = samples.iter().filter_map(|sample| sample.p99);
        let p99 = median(answered.map(|time| time.as_secs_f64()));
        Self {
            rate: mean(samples.iter().map(|sample| sample.rate)),
            p99: p99.map(Duration::from_secs_f64),
        }
    }
}

impl Seen<'_> {
    /// What the seconds were like in which these faults were on, and no other.
    pub(super) fn group(&self, is_meant: impl Fn(&Fault) -> bool + Copy) -> Group {
        Group::of(self.alone(is_meant))
    }

    /// Those seconds.
    pub(super) fn alone(
        &self,
        is_meant: impl Fn(&Fault) -> bool + Copy,
    ) -> impl Iterator<Item = &Sample> {
        self.during(is_meant)
            .filter(move |sample| self.on(sample.at).all(|fault| is_meant(&fault)))
    }

    /// The seconds in which these faults were on, whatever else was.
    pub(super) fn during(
        &self,
        is_meant: impl Fn(&Fault) -> bool,
    ) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| {
            let mut meant = self.events.iter().filter(|event| is_meant(&event.fault));
            meant.any(|event| (event.begin..=event.end).contains(&sample.at))
        })
    }

    pub(super) fn quiet(&self) -> impl Iterator<Item = &Sample> {
        self.samples
            .iter()
            .filter(|sample| self.on(sample.at).next().is_none())
    }

    /// The faults that were on, or from which things were settling, at a time.
    pub(super) fn on(&self, at: Duration) -> impl Iterator<Item = Fault> {
        self.events
            .iter()
            .filter(move |event| (event.begin..=event.recovered + SETTLING).contains(&at))
            .map(|event| event.fault)
    }
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

pub(super) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
