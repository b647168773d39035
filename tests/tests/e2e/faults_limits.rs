//! Little memory, many connections, the largest records.

use std::thread;
use std::time::Duration;

use aeroduct_tests::connector::{Connector, Launch};
use aeroduct_tests::group::MemoryGroup;
use aeroduct_tests::kafka::{Cluster, Topic};
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::source::{SUCCESS, Source};
use aeroduct_tests::{keeper, program, reading};
use anyhow::{Result, anyhow};

const LIMIT: Duration = Duration::from_mins(1);
const MEMORY_MIB: u64 = 128;
/// Of files that neither this program nor the connector needs for connections.
const FURTHER_FILES: u64 = 200;

/// How many connections the system's limit of open files allows, up to the connector's own limit.
fn connections() -> usize {
    let files = program::raise_file_limit().saturating_sub(FURTHER_FILES);
    usize::try_from(files).map_or(4096, |files| files.min(4096))
}

/// With no more than [`MEMORY_MIB`] of memory for data, as a container would be limited. Unlike
/// there, the stacks of threads count in full, so they are made small.
fn with_little_memory() -> Launch {
    let limits = format!("ulimit -s 512; ulimit -d {}; exec \"$@\"", MEMORY_MIB << 10);
    Launch {
        prefix: ["sh", "-c", &limits, "sh"].map(str::to_owned).to_vec(),
        environment: vec![("RUST_MIN_STACK".to_owned(), "524288".to_owned())],
        ..Launch::default()
    }
}

/// Each of the largest records comes over a connection of its own, beside small ones over as many
/// as there may be. The connector as it is then.
fn crowd(launch: &Launch, topic: &str, limits: &str) -> Result<Connector> {
    const LARGE: usize = 200;
    let connections = connections();
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new(topic, 2))?;
    let blocks = format!(
        "routing: {{ mode: static, destination: {topic} }}
format: {{ mode: flat-json, metadata-key: of }}
aeroduct: {{ reply-deadline: 9s{limits} }}"
    );
    let mut connector = Connector::start_as(launch, &cluster.bootstrap(), &blocks)?;

    let mut sources = (0..connections)
        .map(|_| Source::connect(connector.port))
        .collect::<Result<Vec<_>>>()?;
    // What a topic takes by default is little less than 1 MiB.
    let text = "x".repeat(1_000_000);
    thread::scope(|scope| -> Result<()> {
        let large: Vec<_> = sources
            .drain(..LARGE)
            .zip(1..)
            .map(|(mut source, number)| {
                let change = Message::write("shop", digest(number)).integer("seq", 1);
                let frame = change.text("text", &text).frame();
                scope.spawn(move || -> Result<()> {
                    // As a source does: again until it is taken.
                    loop {
                        source.send(&frame)?;
                        if source.answers(1, LIMIT)? == [SUCCESS] {
                            return Ok(());
                        }
                    }
                })
            })
            .collect();
        for (source, number) in sources.iter_mut().zip(10_000..) {
            let change = Message::write("shop", digest(number)).integer("seq", 1);
            source.send(&change.frame())?;
        }
        for source in &mut sources {
            assert_eq!(source.answers(1, LIMIT)?, [SUCCESS]);
        }
        for sending in large {
            sending.join().map_err(|_| anyhow!("a thread panicked"))??;
        }
        Ok(())
    })?;

    assert!(connector.is_running(), "its log:\n{}", connector.log());
    assert!(reading::count(cluster, topic)? >= connections);
    let peak = connector.peak_bytes()?;
    assert!(peak < MEMORY_MIB << 20, "{} MiB of memory", peak >> 20);
    let waited = connector.metric("aeroduct_connector_back_pressure_seconds_total")?;
    assert!(waited > 0.0, "reading was never held back");
    Ok(connector)
}

// covers: aeroduct.max-in-flight-bytes, aeroduct.max-frame-bytes
#[test]
fn the_largest_records_of_many_connections_pass_through_little_memory() -> Result<()> {
    let limits = ", max-in-flight-bytes: 8MiB, max-frame-bytes: 2MiB";
    crowd(&with_little_memory(), "faults-memory", limits)?;
    Ok(())
}

#[test]
fn in_a_small_container_the_defaults_are_enough() -> Result<()> {
    let Some(group) = MemoryGroup::new(MEMORY_MIB << 20)? else {
        keeper::say("no right to make a control group, so no container's limit was tried");
        return Ok(());
    };
    let connector = crowd(&group.launch(), "faults-container", "")?;
    let limit = connector.metric("aeroduct_connector_in_flight_bytes_limit")?;
    let quarter = f64::from(u32::try_from(MEMORY_MIB << 20)?) / 4.0;
    assert!((limit - quarter).abs() < 1.0, "{limit} bytes in flight");
    Ok(())
}
