//! What was required, what was seen, and whether the one holds against the other.

use std::fmt;
use std::time::Duration;

use aeroduct_simulator::latency::readable;
use aeroduct_simulator::load::{LoadReport, Tally};
use aeroduct_tests::crowd::Kind;
use anyhow::Result;

use crate::check::Found;
use crate::fault::{CROWD, Fault};
use crate::honest::{CONNECTIONS, WINDOW};
use crate::sample::Sample;
use crate::schedule::{Event, RECOVERY};
use crate::stage::{DEADLINE, Ended, IN_FLIGHT_MIB};

/// Shorter runs say nothing about what grows slowly; they show it without a judgement.
const LONG_RUN: Duration = Duration::from_mins(30);
/// Buffers, tables and the allocator's stock have their size by then.
const FILLING: Duration = Duration::from_mins(10);
/// Behind a fault, this much more of the time is not quiet.
const SETTLING: Duration = Duration::from_secs(3);
/// Of the rate that is offered. Bad peers, which may be there just then, are allowed to cost a fifth.
const NORMAL_SHARE: f64 = 0.8;
/// From here on every kind of fault is dealt, if none is asked for by name.
pub(crate) const WHOLE_DEAL: Duration = Duration::from_mins(10);
/// Memory that a connection of a bad peer may take, in KiB: the replies it does not read.
const OF_A_PEER_KIB: u64 = 256;
/// What the program takes besides records in flight and bad peers, in MiB.
const OF_ITSELF_MIB: u64 = 128;

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

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    required: String,
    seen: String,
    /// `None`: shown, not judged.
    holds: Option<bool>,
}

impl Verdict {
    pub(crate) fn of(seen: &Seen<'_>) -> Self {
        let mut verdict = Self::default();
        verdict.judge_records(seen);
        verdict.judge_answers(seen);
        verdict.judge_outages(seen);
        verdict.judge_neighbours(seen);
        verdict.judge_growth(seen);
        verdict.add(
            "the end of the connector",
            ("when told to, code 0", &seen.ended.how),
            Some(seen.ended.is_in_order),
        );
        verdict
    }

    /// Whether everything holds that was judged.
    pub(crate) fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.holds != Some(false))
    }

    pub(crate) fn add_endings(&mut self, what: &str, rounds: u64, acknowledged: Result<usize>) {
        let what = format!("{rounds} times {what} under load");
        let (seen, holds) = match acknowledged {
            Ok(count) => (format!("{count} acknowledged"), true),
            Err(error) => (format!("{error:#}"), false),
        };
        self.add(&what, ("nothing lost, silent or late", &seen), Some(holds));
    }

    fn add(&mut self, what: &str, (required, seen): (&str, &str), holds: Option<bool>) {
        self.rows.push(Row {
            what: what.to_owned(),
            required: required.to_owned(),
            seen: seen.to_owned(),
            holds,
        });
    }

    fn at_most(&mut self, what: &str, bound: u64, seen: u64) {
        let required = if bound == 0 {
            "0".to_owned()
        } else {
            format!("at most {bound}")
        };
        self.add(what, (&required, &seen.to_string()), Some(seen <= bound));
    }

    fn judge_records(&mut self, seen: &Seen<'_>) {
        let lost = seen
            .report
            .ledger
            .as_ref()
            .map_or(0, |ledger| seen.found.lost(ledger));
        let what = format!("lost of {} acknowledged records", seen.report.tally.success);
        self.at_most(&what, 0, lost as u64);
        self.at_most("records out of order by key", 0, seen.found.disorder);
        let superseded = seen.found.superseded() as u64;
        self.at_most("keys whose last version is not their newest", 0, superseded);
        let faults = seen.events.iter().filter(|event| event.fault.is_of_kafka());
        let in_flight = u64::from(CONNECTIONS * WINDOW);
        self.at_most(
            "records there twice",
            in_flight * faults.count() as u64,
            seen.found.duplicates,
        );
    }

    fn judge_answers(&mut self, seen: &Seen<'_>) {
        let Tally {
            permanent,
            misplaced,
            missing,
            violations,
            reconnects,
            abandoned,
            ..
        } = seen.report.tally;
        let wrong = permanent + misplaced + missing + violations + reconnects + abandoned;
        self.at_most("records without their answer, connections lost", 0, wrong);
        // What was on its way when the gap began had waited a while already.
        let is_told = |sample: &&Sample| {
            let mut long = seen.events.iter().filter(|event| event.fault.is_long());
            long.any(|event| {
                let told = (event.begin + DEADLINE).saturating_sub(SETTLING);
                (told..=event.recovered + SETTLING).contains(&sample.at)
            })
        };
        let (told, others): (Vec<_>, Vec<_>) = seen.samples.iter().partition(is_told);
        let count = |samples: Vec<&Sample>| samples.iter().map(|sample| sample.temporary).sum();
        self.at_most(
            "temporary errors for gaps below the deadline",
            0,
            count(others),
        );
        let told: u64 = count(told);
        let what = "temporary errors of longer gaps";
        self.add(what, ("after the deadline", &told.to_string()), None);
    }

    fn judge_outages(&mut self, seen: &Seen<'_>) {
        for event in seen.events.iter().filter(|event| event.fault.is_long()) {
            let length = event.end.saturating_sub(event.begin);
            // Nor bad peers, which have a price of their own.
            let during = |sample: &&Sample| {
                (event.begin + SETTLING..=event.end).contains(&sample.at)
                    && seen.on(sample.at).all(|fault| fault == event.fault)
            };
            let cores = mean(
                seen.samples
                    .iter()
                    .filter(during)
                    .map(|sample| sample.cores),
            );
            if let Some(cores) = cores {
                let what = format!("processor during a {}", event.fault);
                let seen = format!("{cores:.2} cores");
                self.add(&what, ("at most 0.20 cores", &seen), Some(cores <= 0.2));
            }
            let is_normal =
                |sample: &&Sample| sample.at > event.end && sample.rate >= NORMAL_SHARE * seen.rate;
            let first = seen.samples.iter().find(is_normal);
            let drained = first.map_or(seen.time, |sample| sample.at.saturating_sub(event.end));
            let what = format!("rate as offered again after a {}", event.fault);
            let required = format!("within {} s", 2 * length.as_secs());
            self.add(
                &what,
                (&required, &readable(drained)),
                Some(drained <= length * 2),
            );
        }
        let slowest = seen.events.iter().filter(|event| !event.fault.is_long());
        let slowest = slowest.max_by_key(|event| event.recovered.saturating_sub(event.end));
        if let Some(event) = slowest {
            let time = event.recovered.saturating_sub(event.end);
            let what = "slowest to be in time again";
            let required = format!("within {} s", RECOVERY.as_secs());
            let seen = format!("{} after: {}", readable(time), event.fault);
            self.add(what, (&required, &seen), Some(time < RECOVERY));
        }
        // Bad peers beside it, which have a price of their own, are no excuse.
        let is_other = |fault: &Fault| fault.is_of_kafka() && *fault != Fault::Leaders;
        let moving = seen.during(|fault| *fault == Fault::Leaders);
        let moving = moving.filter(|sample| !seen.on(sample.at).any(|fault| is_other(&fault)));
        if let Some(slowest) = moving.filter_map(|sample| sample.p999).max() {
            let what = "p99.9 while leaders move, worst second";
            let said = readable(slowest);
            let holds = slowest < Duration::from_secs(3);
            self.add(what, ("below 3 s", &said), Some(holds));
        }
    }

    /// What a sick topic and bad peers cost the honest load, where nothing else was wrong.
    fn judge_neighbours(&mut self, seen: &Seen<'_>) {
        let Some(usual) = Group::of(seen.quiet()).p99 else {
            let what = "a time without any fault, to compare with";
            self.add(what, ("seen", "none"), seen.is_whole_deal.then_some(false));
            return;
        };
        let is_whole = seen.is_whole_deal;
        let mut judge = |what: &str, group: &Group, (rate, p99): (f64, f64)| {
            let (Some(seen_rate), Some(seen_p99)) = (group.rate, group.p99) else {
                self.add(what, ("seen", "not by itself"), is_whole.then_some(false));
                return;
            };
            let share = seen_rate / seen.rate;
            let required = format!("at least {:.0} % of the rate", rate * 100.0);
            let said = format!("{:.0} %", share * 100.0);
            self.add(what, (&required, &said), Some(share >= rate));
            let times = seen_p99.as_secs_f64() / usual.as_secs_f64();
            let required = format!("p99 at most {p99} times {}", readable(usual));
            self.add(
                what,
                (&required, &format!("{times:.1} times")),
                Some(times <= p99),
            );
        };
        if is_whole
            || seen
                .events
                .iter()
                .any(|event| event.fault == Fault::Refusal)
        {
            let refusal = seen.group(|fault| *fault == Fault::Refusal);
            judge("nine topics beside one that refuses", &refusal, (0.9, 2.0));
        }
        for kind in Kind::ALL.map(Fault::Crowd) {
            let was_on = seen.events.iter().any(|event| event.fault == kind);
            if was_on || is_whole {
                let group = seen.group(|fault| *fault == kind);
                judge(&format!("while {kind}"), &group, (0.8, 3.0));
            }
        }
    }

    fn judge_growth(&mut self, seen: &Seen<'_>) {
        let most = seen
            .samples
            .iter()
            .map(|sample| sample.resident_bytes)
            .max();
        let most = most.unwrap_or(0) >> 20;
        let bound = IN_FLIGHT_MIB + CROWD as u64 * OF_A_PEER_KIB / 1024 + OF_ITSELF_MIB;
        let required = format!("at most {bound} MiB");
        self.add(
            "most memory",
            (&required, &format!("{most} MiB")),
            Some(most <= bound),
        );

        // What is filled once and kept is filled by then.
        let filled = FILLING.min(seen.time / 3);
        let quiet: Vec<_> = seen.quiet().filter(|sample| sample.at > filled).collect();
        let quarter = quiet.len() / 4;
        let (Some(first), Some(last)) = (quiet.get(..quarter), quiet.get(quiet.len() - quarter..))
        else {
            return;
        };
        let is_long = seen.time >= LONG_RUN;
        let mut compare =
            |what: &str, of: fn(&Sample) -> f64, (factor, more): (f64, f64), always: bool| {
                let middle = |samples: &[&Sample]| median(samples.iter().map(|sample| of(sample)));
                let (Some(before), Some(after)) = (middle(first), middle(last)) else {
                    return;
                };
                let required = format!("last quarter at most {factor} times the first");
                let said = format!("{after:.1} after {before:.1}");
                let holds = (is_long || always).then_some(after <= before * factor + more);
                self.add(what, (&required, &said), holds);
            };
        compare(
            "memory at rest, MiB",
            |sample| (sample.resident_bytes >> 10) as f64 / 1024.0,
            (1.1, 4.0),
            false,
        );
        compare(
            "descriptors at rest",
            |sample| sample.descriptors as f64,
            (1.0, 8.0),
            true,
        );
        compare(
            "threads at rest",
            |sample| sample.threads as f64,
            (1.0, 0.0),
            true,
        );
        compare(
            "p99.9 at rest, ms",
            |sample| sample.p999.unwrap_or_default().as_secs_f64() * 1e3,
            (1.2, 0.0),
            false,
        );
    }
}

/// Some seconds of one kind.
struct Group {
    rate: Option<f64>,
    p99: Option<Duration>,
}

impl Group {
    fn of<'s>(samples: impl Iterator<Item = &'s Sample>) -> Self {
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
    fn group(&self, is_meant: impl Fn(&Fault) -> bool + Copy) -> Group {
        Group::of(self.alone(is_meant))
    }

    /// Those seconds.
    fn alone(&self, is_meant: impl Fn(&Fault) -> bool + Copy) -> impl Iterator<Item = &Sample> {
        self.during(is_meant)
            .filter(move |sample| self.on(sample.at).all(|fault| is_meant(&fault)))
    }

    /// The seconds in which these faults were on, whatever else was.
    fn during(&self, is_meant: impl Fn(&Fault) -> bool) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| {
            let mut meant = self.events.iter().filter(|event| is_meant(&event.fault));
            meant.any(|event| (event.begin..=event.end).contains(&sample.at))
        })
    }

    fn quiet(&self) -> impl Iterator<Item = &Sample> {
        self.samples
            .iter()
            .filter(|sample| self.on(sample.at).next().is_none())
    }

    /// The faults that were on, or from which things were settling, at a time.
    fn on(&self, at: Duration) -> impl Iterator<Item = Fault> {
        self.events
            .iter()
            .filter(move |event| (event.begin..=event.recovered + SETTLING).contains(&at))
            .map(|event| event.fault)
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = |of: fn(&Row) -> &str| {
            let widths = self.rows.iter().map(|row| of(row).chars().count());
            widths.max().unwrap_or(0)
        };
        let (what, required) = (widest(|row| &row.what), widest(|row| &row.required));
        writeln!(f, "\n{:what$}  {:required$}  seen", "", "required")?;
        for row in &self.rows {
            let mark = match row.holds {
                Some(true) => "holds",
                Some(false) => "FAILS",
                None => "",
            };
            writeln!(
                f,
                "{:what$}  {:required$}  {}  {mark}",
                row.what, row.required, row.seen
            )?;
        }
        let verdict = if self.holds() {
            "everything holds"
        } else {
            "NOT everything holds"
        };
        write!(f, "{verdict}")
    }
}
