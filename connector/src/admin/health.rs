//! Live and ready, for probes.

use aeroduct_process::admin::{Response, StatusCode, json};
use serde::Serialize;

use crate::metrics::{Brokers, Metrics, Outside};

/// Most topics named one by one.
const TOPICS_MAX: usize = 10;

#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
    details: Vec<String>,
}

/// Live is a connector whose event loops all come round. One that is not should be restarted.
pub(super) fn live(metrics: &Metrics) -> Response {
    let stuck = metrics.stuck_shards();
    let details = stuck.iter().map(|stuck| {
        let seconds = stuck.silent.as_secs();
        format!("shard {} has not ticked for {seconds} s", stuck.shard)
    });
    let health = Health {
        status: if stuck.is_empty() { "live" } else { "stuck" },
        details: details.collect(),
    };
    let status = if stuck.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    json(status, &health)
}

/// Ready is a connector that takes records. It does not need Kafka for that: without it records
/// get a temporary error, and the database keeps them. What is not as it should be is told.
pub(super) fn ready(metrics: &Metrics, outside: &Outside) -> Response {
    let details = degradations(outside);
    let (code, status) = match (metrics.is_accepting(), details.is_empty()) {
        (true, true) => (StatusCode::OK, "ready"),
        (true, false) => (StatusCode::OK, "degraded"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
    };
    json(code, &Health { status, details })
}

fn degradations(outside: &Outside) -> Vec<String> {
    let mut details = Vec::new();
    if outside.producer.brokers == Brokers::Down {
        details.push("no Kafka broker can be reached".to_owned());
    }
    if outside.is_overdue {
        details.push("overdue messages hold the window, records are not produced".to_owned());
    }
    let breakers = &outside.producer.breakers;
    for breaker in breakers.iter().take(TOPICS_MAX) {
        let reason = breaker.reason;
        details.push(format!(
            "topic {:?} refuses records: {reason}",
            breaker.topic
        ));
    }
    let more = breakers.len().saturating_sub(TOPICS_MAX);
    if more > 0 {
        details.push(format!("{more} more topics refuse records"));
    }
    details
}
