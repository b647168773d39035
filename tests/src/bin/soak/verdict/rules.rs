//! What is required, rule by rule.

use std::time::Duration;

use aeroduct_simulator::latency::readable;
use aeroduct_simulator::load::Tally;
use aeroduct_tests::crowd::Kind;

use super::Verdict;
use super::seen::{Group, SETTLING, Seen, mean, median};
use crate::fault::{CROWD, Fault};
use crate::honest::{CONNECTIONS, WINDOW};
use crate::sample::Sample;
use crate::schedule::RECOVERY;
use crate::stage::{DEADLINE, IN_FLIGHT_MIB};

/// Shorter runs say nothing about what grows slowly; they show it without a judgement.
const LONG_RUN: Duration = Duration::from_mins(30);
/// Buffers, tables and the allocator's stock have their size by then.
const FILLING: Duration = Duration::from_mins(10);
/// Of the rate that is offered. Bad peers, which may be there just then, are allowed to cost a fifth.
const NORMAL_SHARE: f64 = 0.8;
/// Memory that a connection of a bad peer may take, in KiB: the replies it does not read.
const OF_A_PEER_KIB: u64 = 256;
/// What the program takes besides records in flight and bad peers, in MiB.
const OF_ITSELF_MIB: u64 = 128;

impl Verdict {
    pub(super) fn judge(&mut self, seen: &Seen<'_>) {
        self.judge_records(seen);
        self.judge_answers(seen);
        self.judge_outages(seen);
        self.judge_neighbours(seen);
        self.judge_growth(seen);
        self.add(
            "the end of the connector",
            ("when told to, code 0", &seen.ended.how),
            Some(seen.ended.is_in_order),
        );
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
            let allowed = (length * 2).min(RECOVERY);
            let required = format!("within {} s", allowed.as_secs());
            self.add(
                &what,
                (&required, &readable(drained)),
                Some(drained <= allowed),
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
