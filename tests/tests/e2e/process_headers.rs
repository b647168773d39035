//! What a Kafka message has beside key and value.

use std::time::{SystemTime, UNIX_EPOCH};

use aeroduct_tests::kafka::Topic;
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::reading;
use aeroduct_tests::source::{SUCCESS, TEMPORARY};
use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::process_formats::{DIGEST_TEXT, LAST_UPDATE, LAST_UPDATE_UNIX, all_types, delete};
use crate::stand::Stand;

/// Milliseconds since 1970.
fn now() -> Result<i64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(i64::try_from(now.as_millis())?)
}

/// From a server that ships neither set nor generation or time.
fn bare() -> Message {
    Message::write("users", digest(1))
        .generation(0)
        .integer("n", 1)
}

// covers: aeroduct.headers=metadata, aeroduct.timestamp=lut
#[test]
fn headers_are_the_metadata_and_the_timestamp_is_the_last_update_where_that_is_asked_for()
-> Result<()> {
    let blocks = "routing: { mode: static, destination: headers-all }
format: { mode: flat-json, metadata-key: of }
aeroduct: { headers: metadata, timestamp: lut }";
    let mut stand = Stand::start(&[Topic::new("headers-all", 1)], blocks)?;
    let before = now()?;
    let answers = stand.ask(&[all_types(), delete(), bare()])?;
    let after = now()?;
    assert_eq!(answers, [SUCCESS; 3]);

    let of = |generation: u32| {
        format!(
            "aeroduct.namespace:users,aeroduct.set:premium,aeroduct.digest:{DIGEST_TEXT},\
             aeroduct.generation:{generation},aeroduct.lut:{LAST_UPDATE_UNIX}"
        )
    };
    let of_bare = STANDARD.encode(digest(1));
    let of_bare = format!("aeroduct.namespace:users,aeroduct.digest:{of_bare}");
    let printed = reading::print(stand.cluster, "headers-all", 3)?;
    let headers: Vec<_> = printed.into_iter().map(|record| record.headers).collect();
    assert_eq!(headers, [of(3), of(4), of_bare]);

    let records = stand.read("headers-all", 3)?;
    let last_update = i64::try_from(LAST_UPDATE_UNIX)?;
    assert_eq!(records[0].timestamp, Some(last_update));
    assert_eq!(records[1].timestamp, Some(last_update));
    let of_bare = records[2].timestamp.unwrap_or_default();
    assert!(
        (before..=after).contains(&of_bare),
        "{before} {of_bare} {after}"
    );
    Ok(())
}

#[test]
fn the_timestamp_of_a_batch_is_the_latest_of_its_updates() -> Result<()> {
    let blocks = "routing: { mode: static, destination: headers-batch }
format: { mode: json }
batching: { batch-interval: 500 }
aeroduct: { timestamp: lut }";
    let mut stand = Stand::start(&[Topic::new("headers-batch", 1)], blocks)?;
    let write = |later: u64| bare().last_update(LAST_UPDATE + later);
    assert_eq!(stand.ask(&[0, 7, 3].map(write))?, [SUCCESS; 3]);
    let batch = &stand.read("headers-batch", 1)?[0];
    assert_eq!(batch.timestamp, Some(i64::try_from(LAST_UPDATE_UNIX + 7)?));
    assert_eq!(batch.headers, []);
    Ok(())
}

// covers: aeroduct.headers=none, aeroduct.timestamp=produce
#[test]
fn by_default_there_are_no_headers_and_the_timestamp_is_the_clock_of_the_producer() -> Result<()> {
    let blocks = "routing: { mode: static, destination: headers-none }\nformat: { mode: json }";
    let mut stand = Stand::start(&[Topic::new("headers-none", 1)], blocks)?;
    let before = now()?;
    assert_eq!(stand.ask(&[all_types(), delete()])?, [SUCCESS; 2]);
    let after = now()?;
    for record in stand.read("headers-none", 2)? {
        assert_eq!(record.headers, []);
        let timestamp = record.timestamp.unwrap_or_default();
        assert!(
            (before..=after).contains(&timestamp),
            "{before} {timestamp} {after}"
        );
    }
    Ok(())
}

fn change_at(time: u64, number: u64) -> Message {
    Message::write("users", digest(number))
        .last_update(time)
        .integer("n", 1)
}

fn change(number: u64) -> Message {
    change_at(LAST_UPDATE, number)
}

/// By default a topic takes no time that is more than an hour ahead.
const FAR_AHEAD: u64 = 10 * 365 * 24 * 3_600_000;

#[test]
fn a_record_whose_time_its_topic_refuses_is_put_off_and_its_neighbours_pass() -> Result<()> {
    let blocks = "routing: { mode: static, destination: headers-ahead }
format: { mode: json }
aeroduct: { timestamp: lut, reply-deadline: 9s }";
    let mut stand = Stand::start(&[Topic::new("headers-ahead", 1)], blocks)?;
    let ahead = |number| change_at(LAST_UPDATE + FAR_AHEAD, number);
    stand.ask(&[change(0)])?;
    let answers = stand.ask(&[change(1), change(2), ahead(3), change(4), change(5)])?;
    assert_eq!(answers, [SUCCESS, SUCCESS, TEMPORARY, SUCCESS, SUCCESS]);
    stand.read("headers-ahead", 5)?;
    Ok(())
}

/// A batch has the latest time of its records, so it is refused as a whole; its records come again,
/// each alone.
#[test]
fn a_record_whose_time_its_topic_refuses_spoils_one_batch_and_no_more() -> Result<()> {
    let blocks = "routing: { mode: static, destination: headers-ahead-batch }
format: { mode: json }
batching: { max-records: 4, batch-interval: 300 }
aeroduct: { timestamp: lut, reply-deadline: 9s }";
    let mut stand = Stand::start(&[Topic::new("headers-ahead-batch", 1)], blocks)?;
    let ahead = |number| change_at(LAST_UPDATE + FAR_AHEAD, number);
    let batch = [change(1), change(2), ahead(3), change(4)];
    assert_eq!(stand.ask(&batch)?, [TEMPORARY; 4]);
    let again = stand.ask(&batch)?;
    assert_eq!(again, [SUCCESS, SUCCESS, TEMPORARY, SUCCESS]);
    let company = [ahead(3), change(5), change(6), change(7), change(8)];
    let beside = stand.ask(&company)?;
    assert_eq!(beside, [TEMPORARY, SUCCESS, SUCCESS, SUCCESS, SUCCESS]);
    Ok(())
}
