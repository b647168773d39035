//! What a source is told, and when.

use crate::rig::{
    LIMIT, PERMANENT, Rig, SUCCESS, Setup, TEMPORARY, published, write_of, write_with, writes,
};
use aeroduct_wire::encode::compress;
use std::time::{Duration, Instant};

#[test]
fn records_are_answered_in_order_and_are_in_kafka_then() {
    let rig = Rig::start("");
    let mut source = rig.source();
    source.send(&writes(0..1000));
    assert_eq!(source.replies(1000), [SUCCESS; 1000]);
    assert_eq!(published(&rig.cluster), 1000);
}

#[test]
fn any_split_of_the_stream_gives_the_same_answers() {
    let rig = Rig::start("");
    let mut source = rig.source();
    let bytes = writes(0..3);
    for cut in (0..bytes.len()).step_by(7) {
        let (head, tail) = bytes.split_at(cut);
        source.send(head);
        // A pause that lets the connector see the first part alone, most of the time.
        std::thread::yield_now();
        source.send(tail);
        assert_eq!(source.replies(3), [SUCCESS; 3], "cut at {cut}");
    }
}

#[test]
fn a_frame_longer_than_every_buffer_arrives_whole() {
    let rig = Rig::start("");
    let mut source = rig.source();
    source.send(&write_of(1, 900_000));
    source.send(&write_of(2, 10));
    assert_eq!(source.replies(2), [SUCCESS; 2]);
}

#[test]
fn compressed_frames_are_inflated() {
    let rig = Rig::start("");
    let mut source = rig.source();
    let mut frame = Vec::new();
    compress(&write_of(1, 5000), &mut frame).unwrap();
    source.send(&frame);
    assert_eq!(source.replies(1), [SUCCESS]);
}

#[test]
fn a_malformed_message_is_refused_and_its_neighbours_are_not() {
    let rig = Rig::start("");
    let mut source = rig.source();
    let mut bytes = write_of(1, 10);
    let mut malformed = write_of(2, 10);
    // The number of bins: one more than there is.
    malformed[29] = 9;
    bytes.extend_from_slice(&malformed);
    bytes.extend_from_slice(&write_of(3, 10));
    source.send(&bytes);
    assert_eq!(source.replies(3), [SUCCESS, PERMANENT, SUCCESS]);
    source.send(&write_of(4, 10));
    assert_eq!(source.replies(1), [SUCCESS], "the connection lives");
}

#[test]
fn a_malformed_header_ends_the_connection_after_the_answers_before_it() {
    let rig = Rig::start("");
    let mut source = rig.source();
    let mut bytes = writes(0..5);
    bytes.extend_from_slice(b"\x03\x03\0\0\0\0\0\x16 and more that nobody reads");
    source.send(&bytes);
    assert_eq!(source.replies(5), [SUCCESS; 5]);
    assert!(source.is_closed());
    assert!(rig.app.failure(Duration::ZERO).is_none());
}

#[test]
fn a_source_that_stops_sending_still_gets_its_answers() {
    let rig = Rig::start("");
    let mut source = rig.source();
    source.send(&writes(0..10));
    source.stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(source.replies(10), [SUCCESS; 10]);
    assert!(source.is_closed());
}

#[test]
fn bookkeeping_of_transactions_is_skipped_with_success() {
    let rig = Rig::start("");
    let mut source = rig.source();
    let mut frame = Vec::new();
    aeroduct_wire::encode::MessageWriter::new(
        &mut frame,
        aeroduct_record::Operation::Write { whole_record: true },
    )
    .namespace(b"test")
    .digest(&[1; 20])
    .set(aeroduct_record::MONITOR_SET)
    .finish()
    .unwrap();
    source.send(&frame);
    assert_eq!(source.replies(1), [SUCCESS]);
}

#[test]
fn a_record_for_one_topic_too_many_is_refused_and_the_topics_before_it_live() {
    const TOPICS: u32 = 1000;
    let rig = Rig::with(&Setup {
        routing: "mode: bin, bin: text",
        more: "aeroduct: { reply-deadline: 9s }\n",
        ..Setup::default()
    });
    let mut source = rig.source();
    let write = |number: u32| write_with(number, format!("topic-{number}").as_bytes());
    let end = Instant::now() + LIMIT * 3;
    let mut due: Vec<_> = (0..TOPICS).collect();
    // As a source does: again until it is taken. Each topic has to be asked for.
    while !due.is_empty() {
        assert!(Instant::now() < end, "{} topics are refused", due.len());
        source.send(&due.iter().copied().flat_map(write).collect::<Vec<_>>());
        let codes = source.replies(due.len());
        assert!(codes.iter().all(|code| [SUCCESS, TEMPORARY].contains(code)));
        let mut codes = codes.into_iter();
        due.retain(|_| codes.next() != Some(SUCCESS));
    }
    source.send(&(TOPICS..TOPICS + 100).flat_map(write).collect::<Vec<_>>());
    assert_eq!(source.replies(100), [PERMANENT; 100]);
    assert_eq!(rig.totals().failed.get("too-many-topics"), Some(&100));
    source.send(&[write(0), write(TOPICS - 1)].concat());
    assert_eq!(source.replies(2), [SUCCESS; 2]);
}
