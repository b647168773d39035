//! What a soak is played on: three brokers behind proxies, and the connector as it is shipped.

use std::path::PathBuf;
use std::time::Duration;

use aeroduct_simulator::load::{self, End, LoadPlan, Stop};
use aeroduct_tests::connector::{Connector, Launch};
use aeroduct_tests::kafka::{Cluster, Layout, Topic};
use aeroduct_tests::program;
use anyhow::{Context as _, Result, ensure};

use crate::honest;

/// Topics of the honest load, named like its sets.
pub(crate) const TOPICS: [&str; 9] = [
    "soak-0", "soak-1", "soak-2", "soak-3", "soak-4", "soak-5", "soak-6", "soak-7", "soak-8",
];
/// The tenth set, which has no topic.
pub(crate) const TENTH: &str = "soak-9";
pub(crate) const BROKERS: u16 = 3;
const PARTITIONS: i32 = 3;

/// How long a record may wait for Kafka before it is answered with a temporary error.
pub(crate) const DEADLINE: Duration = Duration::from_secs(9);
/// Room for records in flight, in MiB.
pub(crate) const IN_FLIGHT_MIB: u64 = 64;

/// Records of a partition are dropped beyond this, in bytes; the reader is seldom a hundredth of
/// that behind.
const RETENTION: &str = "67108864";
const DRAIN: Duration = Duration::from_mins(1);

pub(crate) fn topic(name: &'static str) -> Topic<'static> {
    Topic {
        replicas: i32::from(BROKERS),
        settings: &[
            ("retention.bytes", RETENTION),
            ("segment.bytes", "16777216"),
        ],
        ..Topic::new(name, PARTITIONS)
    }
}

/// The connector that was built beside this program.
pub(crate) fn launch() -> Result<Launch> {
    let path: PathBuf = std::env::current_exe()?.with_file_name("aeroduct-connector");
    ensure!(
        path.exists(),
        "{} is not built: use `make soak`",
        path.display()
    );
    Ok(Launch {
        program: Some(path),
        ..Launch::default()
    })
}

/// The cluster and the connector.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) cluster: Cluster,
    pub(crate) connector: Connector,
}

/// How the connector ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) is_in_order: bool,
    pub(crate) how: String,
}

impl Stage {
    /// Starts everything.
    pub(crate) fn set() -> Result<Self> {
        program::raise_file_limit();
        println!("starting three brokers");
        let settings = [
            ("log.retention.check.interval.ms", "5000"),
            // A follower that meets a leader on the move waits a second by default: as long as until
            // the next move.
            ("replica.fetch.backoff.ms", "100"),
            ("log.segment.delete.delay.ms", "1000"),
        ];
        let cluster = Cluster::with_layout(Layout {
            settings: settings
                .map(|(name, value)| (name.into(), value.into()))
                .to_vec(),
            full_speed: true,
            ..Layout::three().proxied()
        })?;
        for name in TOPICS {
            cluster.create_topic(&topic(name))?;
        }
        let blocks = format!(
            "routing: {{ mode: set }}
format: {{ mode: flat-json, metadata-key: of }}
aeroduct: {{ reply-deadline: {}s, max-in-flight-bytes: {IN_FLIGHT_MIB}MiB }}",
            DEADLINE.as_secs()
        );
        let connector = Connector::start_as(&launch()?, &cluster.proxied_bootstrap(), &blocks)?;
        Ok(Self { cluster, connector })
    }
}

/// Where changes go.
pub(crate) fn address(connector: &Connector) -> String {
    format!("127.0.0.1:{}", connector.port)
}

/// Records per second that pass when there is no end of them.
pub(crate) fn capacity(connector: &Connector) -> Result<f64> {
    let run = |seconds| -> Result<f64> {
        let plan = LoadPlan {
            rate: None,
            end: End::after(Duration::from_secs(seconds)),
            ledger: false,
            first_sequence: 0,
            ..honest::plan(address(connector), 1.0, 1)
        };
        let report = load::run(&plan, &Stop::new(), &mut |_| {})?;
        ensure!(
            report.is_clean(),
            "without any fault: {:?}",
            report.problems
        );
        Ok(report.rate())
    };
    // The first while belongs to the compilers of the brokers.
    run(8)?;
    run(8).context("measure the capacity")
}

/// Tells the connector to stop.
pub(crate) fn end(connector: &mut Connector) -> Result<Ended> {
    if let Some(status) = connector.ended() {
        return Ok(Ended {
            is_in_order: false,
            how: format!("by itself: {status}"),
        });
    }
    connector.terminate()?;
    let status = connector.wait(DRAIN)?;
    Ok(Ended {
        is_in_order: status.code() == Some(0),
        how: format!("when told to: {status}"),
    })
}
