//! What a Kafka message has beside key and value.

use std::time::{SystemTime, UNIX_EPOCH};

use aeroduct_tests::kafka::Topic;
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::reading;
use aeroduct_tests::source::SUCCESS;
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
