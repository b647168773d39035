//! Changes by HTTP POST, from the request to Kafka and back.

use aeroduct_tests::connector::{Launch, get};
use aeroduct_tests::kafka::Topic;
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::poster::Poster;
use anyhow::Result;
use std::time::Duration;

use crate::stand::{LIMIT, Stand};

const COUNT: u64 = 2_000;
const SOURCES: u64 = 8;

fn http(topics: &[Topic<'_>], blocks: &str) -> Result<Stand> {
    let launch = Launch {
        service: Some("protocol: HTTP".to_owned()),
        ..Launch::default()
    };
    Stand::start_as(&launch, topics, blocks)
}

fn write(number: u64) -> Message {
    let seq = i64::try_from(number).unwrap_or_default();
    Message::write("users", digest(number)).integer("seq", seq)
}

// covers: service.protocol=HTTP
#[test]
fn each_posted_change_is_in_kafka_when_it_is_answered_and_none_is_lost() -> Result<()> {
    let stand = http(
        &[Topic::new("http-all", 4)],
        "routing: { mode: static, destination: http-all }\nformat: { mode: json }",
    )?;
    let port = stand.connector.port;
    std::thread::scope(|scope| {
        let sources: Vec<_> = (0..SOURCES)
            .map(|source| {
                scope.spawn(move || -> Result<()> {
                    let mut poster = Poster::connect(port)?;
                    for number in (source..COUNT).step_by(8) {
                        assert_eq!(poster.post("/connect", &write(number).frame())?, 200);
                    }
                    assert_eq!(poster.get("/connect")?, 200);
                    Ok(())
                })
            })
            .collect();
        sources
            .into_iter()
            .try_for_each(|source| source.join().expect("no panic"))
    })?;
    let count = usize::try_from(COUNT)?;
    let records = stand.read("http-all", count)?;
    let keys: std::collections::HashSet<_> = records.iter().map(|it| &it.key).collect();
    assert_eq!(keys.len(), count);
    // Both ports tell of them.
    for port in [port, stand.connector.manage_port] {
        let page = get(port, "/manage/rest/v1/prometheus")?.body;
        let line = format!("aeroduct_connector_records_published_total {COUNT}");
        assert!(page.contains(&line), "{page}");
    }
    Ok(())
}

// covers: routing.mode=path
#[test]
fn the_path_of_a_request_names_a_topic_of_a_real_kafka() -> Result<()> {
    let stand = http(
        &[
            Topic::new("http-path-users", 1),
            Topic::new("http-path-others", 1),
        ],
        "routing: { mode: path, default: http-path-others }\nformat: { mode: json }",
    )?;
    let mut poster = Poster::connect(stand.connector.port)?;
    for (number, path) in (0..).zip([
        "/http-path-users",
        "/aerospike/kafka/publish/http-path-users",
        "/connect",
    ]) {
        assert_eq!(poster.post(path, &write(number).frame())?, 200, "{path}");
    }
    stand.read("http-path-users", 2)?;
    stand.read("http-path-others", 1)?;
    Ok(())
}

#[test]
fn a_connector_told_to_stop_answers_what_it_has_taken() -> Result<()> {
    let mut stand = http(
        &[Topic::new("http-drain", 1)],
        "routing: { mode: static, destination: http-drain }\nformat: { mode: json }",
    )?;
    let port = stand.connector.port;
    let posting = std::thread::spawn(move || -> Result<usize> {
        let mut poster = Poster::connect(port)?;
        let mut taken = 0;
        // Ends when the connection does.
        for number in 0.. {
            match poster.post("/", &write(number).frame()) {
                Ok(200) => taken += 1,
                Ok(503) | Err(_) => break,
                Ok(other) => panic!("{other}"),
            }
        }
        Ok(taken)
    });
    std::thread::park_timeout(Duration::from_secs(1));
    stand.connector.terminate()?;
    assert!(stand.connector.wait(LIMIT)?.success());
    let taken = posting.join().expect("no panic")?;
    assert!(taken > 0);
    let kept = aeroduct_tests::reading::count(stand.cluster, "http-drain")?;
    // The last one may have been taken without its source's hearing of it.
    assert!(kept == taken || kept == taken + 1, "{kept} of {taken}");
    Ok(())
}
