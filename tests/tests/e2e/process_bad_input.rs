//! What bad input gets: a clear end, and nobody else is disturbed.

use std::time::Duration;

use aeroduct_tests::connector::Connector;
use aeroduct_tests::kafka::{Cluster, Topic};
use aeroduct_tests::message::{Message, digest, frame};
use aeroduct_tests::reading;
use aeroduct_tests::source::{Heard, PERMANENT, SUCCESS, Source};
use aeroduct_tests::wait::eventually;
use anyhow::Result;

const LIMIT: Duration = Duration::from_secs(30);

/// Answers everything with success; these tests are not about Kafka.
const SKIP: &str = "routing: { mode: skip }\nformat: { mode: json }";

fn skipping() -> Result<Connector> {
    Connector::start("127.0.0.1:9", SKIP)
}

fn good(seq: u64) -> Vec<u8> {
    Message::write("shop", digest(seq))
        .set("s")
        .integer("seq", seq.cast_signed())
        .frame()
}

/// One more change on a connection of its own is answered at once.
fn serves(connector: &Connector) -> Result<()> {
    let mut other = Source::connect(connector.port)?;
    other.send(&good(1))?;
    assert_eq!(other.answers(1, Duration::from_secs(5))?, [SUCCESS]);
    Ok(())
}

#[test]
fn a_malformed_header_closes_the_connection_behind_the_answers_that_are_due() -> Result<()> {
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new("bad-header", 1))?;
    let blocks = "routing: { mode: static, destination: bad-header }\n\
                  format: { mode: flat-json, metadata-key: of }";
    let connector = Connector::start(&cluster.bootstrap(), blocks)?;
    let mut source = Source::connect(connector.port)?;
    let no_version = [9, 3, 0, 0, 0, 0, 0, 22];
    source.send(&[good(1), good(2), no_version.to_vec(), good(3)].concat())?;

    assert_eq!(source.answers(2, LIMIT)?, [SUCCESS; 2]);
    assert_eq!(source.listen(LIMIT)?, Heard::Closed);
    assert_eq!(reading::read(cluster, "bad-header", 2)?.len(), 2);
    let peer = source.address()?.to_string();
    eventually(LIMIT, "the log names the peer", || {
        let log = connector.log();
        (log.lines().filter(|line| line.contains(&peer)).count() == 1).then_some(())
    })?;
    serves(&connector)
}

#[test]
fn frames_that_no_source_sends_close_the_connection() -> Result<()> {
    let connector = skipping()?;
    let cases: [(&str, Vec<u8>); 4] = [
        ("an info request", frame(1, b"node\n")),
        ("a login", frame(2, &[0; 16])),
        ("an unknown type", frame(7, &[0; 22])),
        ("a body above the limit", vec![2, 3, 0, 0, 0x40, 0, 0, 0]),
    ];
    for (what, bytes) in cases {
        let mut source = Source::connect(connector.port)?;
        source.send(&[good(1), bytes].concat())?;
        assert_eq!(source.answers(1, LIMIT)?, [SUCCESS], "{what}");
        assert_eq!(source.listen(LIMIT)?, Heard::Closed, "{what}");
    }
    serves(&connector)
}

#[test]
fn many_bad_connections_do_not_fill_the_log() -> Result<()> {
    const CONNECTIONS: usize = 200;
    let connector = skipping()?;
    let before = connector.log().lines().count();
    for _ in 0..CONNECTIONS {
        let mut source = Source::connect(connector.port)?;
        source.send(b"GET / HTTP/1.1\r\n\r\n")?;
        assert_eq!(source.listen(LIMIT)?, Heard::Closed);
    }
    let lines = connector.log().lines().count() - before;
    assert!((1..CONNECTIONS / 4).contains(&lines), "{lines} lines");
    Ok(())
}

#[test]
fn a_malformed_message_in_a_sound_frame_is_refused_and_the_connection_lives() -> Result<()> {
    let connector = skipping()?;
    let mut source = Source::connect(connector.port)?;
    let mut field_beyond_the_end = good(2);
    // The size of the first field, behind both headers.
    field_beyond_the_end[8 + 22] = 0x7f;
    let mut half = good(3);
    half.truncate(half.len() - 5);
    let half = frame(3, &half[8..]);
    let read = {
        let mut message = good(4);
        // Neither write nor delete.
        message[8 + 2] = 0;
        message
    };
    let bad = [
        field_beyond_the_end,
        half,
        read,
        frame(3, &[]),
        frame(3, &[22; 10]),
        // Nothing that inflates.
        frame(4, &[0xff; 40]),
    ];
    for bytes in &bad {
        source.send(&[good(1), bytes.clone()].concat())?;
    }
    source.send(&good(1))?;

    let mut expected = [SUCCESS, PERMANENT].repeat(bad.len());
    expected.push(SUCCESS);
    assert_eq!(source.answers(expected.len(), LIMIT)?, expected);
    Ok(())
}

#[test]
fn health_probes_leave_no_trace_in_the_log() -> Result<()> {
    let connector = skipping()?;
    serves(&connector)?;
    let before = connector.log();
    for _ in 0..20 {
        drop(Source::connect(connector.port)?);
        Source::connect(connector.port)?.reset()?;
    }
    // The connector has seen all of them when it has served a later one.
    serves(&connector)?;
    assert_eq!(connector.log(), before);
    Ok(())
}

#[test]
fn a_frame_in_single_bytes_is_a_frame() -> Result<()> {
    let connector = skipping()?;
    let mut source = Source::connect(connector.port)?;
    for byte in good(1) {
        source.send(&[byte])?;
    }
    assert_eq!(source.answers(1, LIMIT)?, [SUCCESS]);
    Ok(())
}

#[test]
fn half_a_frame_and_silence_disturb_nobody() -> Result<()> {
    let connector = skipping()?;
    let half = good(1);
    let mut silent = (0..50)
        .map(|_| {
            let mut source = Source::connect(connector.port)?;
            source.send(&half[..half.len() / 2])?;
            Ok(source)
        })
        .collect::<Result<Vec<_>>>()?;
    serves(&connector)?;

    // Slow is not wrong: the rest is taken when it comes.
    for source in &mut silent {
        source.send(&half[half.len() / 2..])?;
        assert_eq!(source.answers(1, LIMIT)?, [SUCCESS]);
    }
    Ok(())
}

#[test]
fn a_peer_that_never_reads_its_replies_is_disconnected_and_others_are_served() -> Result<()> {
    let connector = skipping()?;
    let before = connector.resident_bytes()?;
    let mut deaf = Source::connect_with(connector.port, Some(4096))?;
    let many: Vec<u8> = (0..1000).flat_map(good).collect();
    // Replies fill the buffers between; then the connector reads no more, and what we send stays.
    deaf.stuff(&many, Duration::from_secs(2))?;

    serves(&connector)?;
    let grown = connector.resident_bytes()?.saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes of memory more");
    eventually(LIMIT, "the peer is disconnected", || {
        deaf.stuff(&many, Duration::from_millis(200))
            .is_err()
            .then_some(())
    })?;
    serves(&connector)
}
