use std::error::Error;

use aeroduct_config::Plan;
use aeroduct_record::{Bins, MONITOR_SET, Metadata, Operation, Record, Ttl};

use super::{Change, Lane, Prepared, Scratch, SkipRule, TopicChoice, UnixSeconds};
use crate::error::Reason;

const STATIC: &str = "routing: {mode: static, destination: all}\n";
const JSON: &str = "format: {mode: json}\n";
const FLAT_JSON: &str = "format: {mode: flat-json, metadata-key: metadata}\n";

const PORT: u16 = 8080;

fn plan(parts: &[&str]) -> Plan {
    let text = format!(
        "producer-props: {{bootstrap.servers: [localhost:9092]}}\n{}",
        parts.concat()
    );
    aeroduct_config::parse(&text, "test").unwrap_or_else(|faults| panic!("{faults}"))
}

/// A write of namespace `ns` with the bins in `ops`.
fn write(ops: &[u8], count: u16) -> Record<'_> {
    Record {
        metadata: Metadata {
            operation: Operation::Write { whole_record: true },
            namespace: b"ns",
            set: None,
            digest: &[0; 20],
            user_key: None,
            generation: None,
            last_update: None,
            ttl: Ttl::Unknown,
        },
        bins: Bins::parse(ops, count).unwrap(),
    }
}

/// The change that carries `record`.
fn change<'c>(record: &'c Record<'c>) -> Change<'c> {
    Change {
        record,
        frame: b"the frame as it came",
        arrived: UnixSeconds(0),
        path: None,
    }
}

/// A bin of type string.
fn bin(name: &str, text: &str) -> Vec<u8> {
    let mut op = u32::try_from(4 + name.len() + text.len())
        .unwrap()
        .to_be_bytes()
        .to_vec();
    op.extend_from_slice(&[2, 3, 0, u8::try_from(name.len()).unwrap()]);
    op.extend_from_slice(name.as_bytes());
    op.extend_from_slice(text.as_bytes());
    op
}

fn skip_rule(plan: &Plan, set: Option<&[u8]>) -> Option<SkipRule> {
    let lane = Lane::resolve(&plan.outbound, PORT, b"ns", set);
    let record = write(&[], 0);
    match lane.prepare(&change(&record), &mut Vec::new(), &mut Scratch::default()) {
        Ok(Prepared::Skipped(rule)) => Some(rule),
        Ok(Prepared::Outbound(_)) | Err(_) => None,
    }
}

#[test]
fn a_record_without_routing_or_format_is_skipped() {
    assert_eq!(skip_rule(&plan(&[JSON]), None), Some(SkipRule::NoRouting));
    assert_eq!(skip_rule(&plan(&[STATIC]), None), Some(SkipRule::NoFormat));
    assert_eq!(
        skip_rule(&plan(&["routing: {mode: skip}\n", JSON]), None),
        Some(SkipRule::Routing)
    );
    assert_eq!(skip_rule(&plan(&[STATIC, JSON]), None), None);
}

#[test]
fn a_record_that_finds_no_topic_is_skipped_all_the_same_without_a_format() {
    assert_eq!(
        skip_rule(&plan(&["routing: {mode: set}\n"]), None),
        Some(SkipRule::NoFormat)
    );
}

#[test]
fn a_transaction_monitor_is_skipped_whatever_is_configured() {
    for parts in [&[STATIC, JSON][..], &[], &[STATIC]] {
        assert_eq!(
            skip_rule(&plan(parts), Some(MONITOR_SET)),
            Some(SkipRule::TransactionMonitor)
        );
    }
}

#[test]
fn the_fixed_topic_is_known_before_any_record() {
    let topic = |routing: &str| {
        let lane = Lane::resolve(&plan(&[routing, JSON]).outbound, PORT, b"Ns", Some(b"Set"));
        lane.topic().map(str::to_owned)
    };
    assert_eq!(topic(STATIC).as_deref(), Some("all"));
    assert_eq!(topic("routing: {mode: namespace}\n").as_deref(), Some("Ns"));
    assert_eq!(
        topic("routing: {mode: set, transforms: [lowercase]}\n").as_deref(),
        Some("set")
    );
    assert_eq!(
        topic("routing: {mode: bin, bin: b, default: other}\n").as_deref(),
        Some("other")
    );
    assert_eq!(topic("routing: {mode: bin, bin: b}\n"), None);
    assert_eq!(topic("routing: {mode: skip}\n"), None);
}

#[test]
fn a_named_topic_is_that_of_the_record_prepared_last() {
    let lane = Lane::resolve(
        &plan(&["routing: {mode: bin, bin: t, default: other}\n", JSON]).outbound,
        PORT,
        b"ns",
        None,
    );
    let (mut out, mut scratch) = (Vec::new(), Scratch::default());
    for (text, choice) in [
        ("first", TopicChoice::Named),
        ("not legal", TopicChoice::Fixed),
        ("second", TopicChoice::Named),
    ] {
        let op = bin("t", text);
        let record = write(&op, 1);
        match lane
            .prepare(&change(&record), &mut out, &mut scratch)
            .unwrap()
        {
            Prepared::Outbound(outbound) => assert_eq!(outbound.topic, choice),
            Prepared::Skipped(rule) => panic!("{rule:?}"),
        }
        if choice == TopicChoice::Named {
            assert_eq!(scratch.topic(), text);
        }
    }
}

#[test]
fn a_regular_expression_that_gives_up_names_no_topic() {
    // A back-reference behind nested repeats: more ways to fail than anybody can wait for.
    let transforms = r"transforms: [{regex: {pattern: '(a|aa)+\1{3}b$', replacement: x}}]";
    let set = [b'a'; 63];
    let with_default = plan(&[
        &format!("routing: {{mode: set, default: other, {transforms}}}\n"),
        JSON,
    ]);
    assert_eq!(
        Lane::resolve(&with_default.outbound, PORT, b"ns", Some(&set)).topic(),
        Some("other")
    );

    let lane = Lane::resolve(
        &plan(&[&format!("routing: {{mode: set, {transforms}}}\n"), JSON]).outbound,
        PORT,
        b"ns",
        Some(&set),
    );
    assert_eq!(lane.topic(), None);
    let error = lane
        .prepare(
            &change(&write(&[], 0)),
            &mut Vec::new(),
            &mut Scratch::default(),
        )
        .unwrap_err();
    assert_eq!(error.reason(), Reason::TopicTransform);
    assert!(error.reason().is_unroutable());
    assert!(error.source().is_some());
}

#[test]
fn records_follow_one_another_in_the_output_and_a_failed_one_leaves_no_gap() {
    let lane = Lane::resolve(&plan(&[STATIC, FLAT_JSON]).outbound, PORT, b"ns", None);
    let (mut out, mut scratch) = (Vec::new(), Scratch::default());
    let (good, twice) = (bin("a", "1"), [bin("a", "1"), bin("a", "2")].concat());
    let mut ends = Vec::new();
    for (ops, count) in [(&good, 1), (&twice, 2), (&good, 1)] {
        let record = write(ops, count);
        match lane.prepare(&change(&record), &mut out, &mut scratch) {
            Ok(Prepared::Outbound(outbound)) => {
                assert_eq!(outbound.value.start, ends.last().copied().unwrap_or(0));
                ends.push(out.len());
            }
            Ok(Prepared::Skipped(rule)) => panic!("{rule:?}"),
            Err(error) => assert_eq!(error.reason(), Reason::DuplicateBin),
        }
    }
    assert_eq!(ends, [out.len() / 2, out.len()]);
}

#[test]
fn long_new_names_that_differ_in_the_middle_stay_apart() {
    let plan = plan(&[
        STATIC,
        FLAT_JSON,
        "bin-transforms: {map: {a: shipping_street_address, b: shipping_region_address}}\n",
    ]);
    let lane = Lane::resolve(&plan.outbound, PORT, b"ns", None);
    let mut scratch = Scratch::default();
    for (own, new) in [
        ("a", "shipping_street_address"),
        ("b", "shipping_region_address"),
    ] {
        let ops = bin(own, "x");
        let record = write(&ops, 1);
        let mut out = Vec::new();
        lane.prepare(&change(&record), &mut out, &mut scratch)
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(&format!("\"{new}\":\"x\"")), "{text}");
    }
}
