//! How the simulated connectors are configured.

use aeroduct_config::Plan;
use std::sync::Arc;
use std::time::Duration;

/// The longest frame that the connector takes, in bytes.
pub(super) const FRAME_BYTES_MAX: u64 = 256 << 10;

/// Where the connector listens.
pub(super) const PORTS: [u16; 2] = [8901, 8902];

/// Where dead letters go.
pub(super) const LETTERS: &str = "letters";

/// For how long a batch waits for company.
const BATCH_INTERVAL: Duration = Duration::from_millis(300);

/// For how long a record's last update is remembered.
const REMEMBERED: Duration = Duration::from_secs(30);

/// Where changes go, and in which form.
const WAYS: [&str; 3] = [
    "routing: {mode: static, destination: changes}\n\
     format: {mode: flat-json, metadata-key: metadata}\n",
    "routing: {mode: set}\n\
     format: {mode: json}\n",
    "routing: {mode: static, destination: changes}\n\
     format: {mode: xdr}\n\
     namespaces: {shop: {sets: {cars: {routing: {mode: static, destination: cars}}}}}\n\
     port-based-config: {8902: {routing: {mode: static, destination: others}}}\n",
];

/// What a sound frame holds, as far as its answer depends on it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Content {
    /// A change that is to be published in this topic.
    Change { topic: &'static str },
    /// A rule says that it is not to be published.
    Skipped,
    /// It can never be published.
    Refused,
}

/// One configuration.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) plan: Arc<Plan>,
    pub(super) rules: Rules,
    way: usize,
}

/// What a configuration has beside routing and format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Records are put together, and wait so long for each other.
    pub(super) batch_interval: Option<Duration>,
    /// The versions of a record are kept in order, and remembered so long.
    pub(super) remembered: Option<Duration>,
    pub(super) has_letters: bool,
}

impl Rules {
    /// A change leaves with the flight that it came in.
    pub(super) const fn is_straight(&self) -> bool {
        self.batch_interval.is_none() && self.remembered.is_none()
    }
}

impl Setup {
    /// All of them.
    pub(super) fn all() -> Vec<Self> {
        let switches = [false, true];
        let mut all = Vec::new();
        for way in 0..WAYS.len() {
            for is_batched in switches {
                for is_ordered in switches {
                    for has_letters in switches {
                        let rules = Rules {
                            batch_interval: is_batched.then_some(BATCH_INTERVAL),
                            remembered: is_ordered.then_some(REMEMBERED),
                            has_letters,
                        };
                        all.push(Self::new(way, rules));
                    }
                }
            }
        }
        all
    }

    fn new(way: usize, rules: Rules) -> Self {
        let batching = rules.batch_interval.map(|interval| {
            let ms = interval.as_millis();
            format!("batching: {{max-records: 4, batch-interval: {ms}}}\n")
        });
        let ordering = rules.remembered.map(|remembered| {
            let seconds = remembered.as_secs();
            format!("record-ordering: {{lut-cache-ttl-seconds: {seconds}}}\n")
        });
        let letters = rules
            .has_letters
            .then(|| format!("aeroduct: {{dead-letter: {{destination: {LETTERS}}}}}\n"));
        let items: String = [batching, ordering, letters]
            .into_iter()
            .flatten()
            .collect();
        let text = format!(
            "producer-props: {{bootstrap.servers: 'localhost:9092'}}\n\
             service: {{port: {PORTS:?}}}\n{}{items}",
            WAYS[way]
        );
        let plan = aeroduct_config::parse(&text, "simulation.yml");
        let mut plan = plan.unwrap_or_else(|faults| panic!("{faults}"));
        plan.aeroduct.max_frame_bytes = FRAME_BYTES_MAX;
        Self {
            plan: Arc::new(plan),
            rules,
            way,
        }
    }

    /// What is to become of a change of this record that arrives at this port.
    pub(super) fn fate_of(&self, record: usize, port: u16) -> Content {
        let topic = match (self.way, set_of(record)) {
            (1, None) => return Content::Refused,
            (1, Some(set)) => set,
            (2, _) if port == PORTS[1] => "others",
            (2, Some("cars")) => "cars",
            _ => "changes",
        };
        Content::Change { topic }
    }
}

/// The set of a record.
pub(super) const fn set_of(record: usize) -> Option<&'static str> {
    match record % 3 {
        0 => Some("cars"),
        1 => Some("bikes"),
        _ => None,
    }
}
