//! The system's clock jumps. Deadlines are not of that clock, so nothing happens.
//!
//! `libfaketime` gives the connector a clock of its own, read from a file once a second. What the
//! system calls monotonic stays true, as it does when a real clock is set.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use aeroduct_tests::connector::{Connector, Launch};
use aeroduct_tests::kafka::{Cluster, Layout, Topic};
use aeroduct_tests::load::Load;
use aeroduct_tests::proxy::Network;
use aeroduct_tests::reading;
use aeroduct_tests::source::{SUCCESS, TEMPORARY};
use anyhow::{Context as _, Result};

const LIMIT: Duration = Duration::from_mins(1);
const DEADLINE: Duration = Duration::from_secs(3);
const TOPIC: &str = "faults-clock";

/// The library, where Debian and other systems put it.
fn library() -> Result<PathBuf> {
    let folders = fs::read_dir("/usr/lib")?.map_while(Result::ok);
    let mut libraries = folders
        .map(|folder| folder.path())
        .chain(["/usr/lib64", "/usr/lib"].map(PathBuf::from))
        .map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    libraries
        .find(|library| library.exists())
        .context("libfaketime is missing (Debian and Ubuntu: apt-get install libfaketime)")
}

fn with_clock(file: &Path) -> Result<Launch> {
    let variable = |name: &str, value: &Path| (name.to_owned(), value.display().to_string());
    Ok(Launch {
        environment: vec![
            variable("LD_PRELOAD", &library()?),
            variable("FAKETIME_TIMESTAMP_FILE", file),
            variable("FAKETIME_CACHE_DURATION", Path::new("1")),
            variable("DONT_FAKE_MONOTONIC", Path::new("1")),
        ],
        ..Launch::default()
    })
}

#[test]
fn a_clock_that_jumps_an_hour_either_way_costs_nothing_and_moves_no_deadline() -> Result<()> {
    let cluster = Cluster::with_layout(Layout::default().proxied())?;
    cluster.create_topic(&Topic::new(TOPIC, 3))?;
    let clock = tempfile::NamedTempFile::new()?;
    let jump = |by: &str| fs::write(clock.path(), by);
    jump("+0")?;
    let blocks = format!(
        "routing: {{ mode: static, destination: {TOPIC} }}
format: {{ mode: flat-json, metadata-key: of }}
aeroduct: {{ reply-deadline: 3s }}"
    );
    let launch = with_clock(clock.path())?;
    let connector = Connector::start_as(&launch, &cluster.proxied_bootstrap(), &blocks)?;
    let load = Load {
        rate: Some(500),
        ..Load::new(connector.port, "shop", &["s"])
    };
    let running = load.start()?;
    running.await_success(500, LIMIT)?;

    // Records in flight at each jump, and a rest in which nothing may be overdue.
    for by in ["+3600", "-3600", "+0"] {
        cluster.proxy(1)?.set(Network::BlackHole);
        jump(by)?;
        rest(Duration::from_millis(1_500));
        cluster.proxy(1)?.set(Network::Whole);
        running.await_success(1_000, LIMIT)?;
    }
    let quiet = running.stop()?;
    quiet.answered_only(&[SUCCESS])?;

    let load = Load {
        first: quiet.end(),
        ..load
    };
    let running = load.start()?;
    running.await_success(500, LIMIT)?;
    for by in ["+3600", "-3600"] {
        cluster.proxy(1)?.set(Network::BlackHole);
        jump(by)?;
        rest(DEADLINE + Duration::from_secs(1));
        cluster.proxy(1)?.set(Network::Whole);
        running.await_success(1_000, LIMIT)?;
    }
    let mut outcome = running.stop()?;
    outcome.answered_only(&[SUCCESS, TEMPORARY])?;
    let (soonest, latest) = (outcome.soonest(TEMPORARY), outcome.latest(TEMPORARY));
    assert!(soonest >= Some(DEADLINE), "told after {soonest:?}");
    assert!(latest < Some(DEADLINE * 2), "told after {latest:?}");
    outcome.add(quiet);
    outcome.none_lost(&cluster, TOPIC)?;

    let stored = reading::read(&cluster, TOPIC, 1)?;
    let times = || stored.iter().filter_map(|record| record.timestamp);
    let spread = times().max().zip(times().min());
    let spread = spread.map(|(newest, oldest)| newest.abs_diff(oldest));
    assert!(
        spread > Some(2 * 3_500_000),
        "the clock never jumped: {spread:?} ms"
    );
    Ok(())
}

fn rest(time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        thread::park_timeout(left);
    }
}
