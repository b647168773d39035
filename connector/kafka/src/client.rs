//! How the producer's clients are configured.

use crate::native::{Client, CreateError, Role};
use crate::{Settings, StartError};

/// What holds unless the settings say otherwise.
const DEFAULTS: [(&str, &str); 11] = [
    ("acks", "all"),
    ("enable.idempotence", "true"),
    // A record for a topic that is not there would be held for 30 s.
    ("topic.metadata.propagation.max.ms", "3000"),
    ("retry.backoff.ms", "50"),
    ("retry.backoff.max.ms", "1000"),
    ("reconnect.backoff.ms", "50"),
    // A broker that is back must be found well before its records are given up.
    ("reconnect.backoff.max.ms", "500"),
    ("socket.keepalive.enable", "true"),
    // After a change of leader, requests to the old one are waited for that long.
    ("socket.timeout.ms", "30000"),
    // The caller bounds what is under way; a full queue here is a fault.
    ("queue.buffering.max.messages", "0"),
    ("queue.buffering.max.kbytes", "2147483647"),
];

/// What sends records one by one, in order, whatever happens to others.
const QUARANTINE: [(&str, &str); 5] = [
    ("linger.ms", "0"),
    ("enable.idempotence", "false"),
    ("max.in.flight.requests.per.connection", "1"),
    ("batch.num.messages", "1"),
    ("message.timeout.ms", "30000"),
];

/// Names that are one property to librdkafka.
const ALIASES: [(&str, &str); 5] = [
    ("request.required.acks", "acks"),
    ("queue.buffering.max.ms", "linger.ms"),
    ("delivery.timeout.ms", "message.timeout.ms"),
    ("max.in.flight", "max.in.flight.requests.per.connection"),
    ("metadata.broker.list", "bootstrap.servers"),
];

/// Makes the client that records normally go through.
pub(crate) fn start_client(
    settings: &Settings,
    properties: &[(String, String)],
) -> Result<Client, StartError> {
    // Lingering is done by the partitions, where a batch grows while the last one is away.
    let gather_ms = format!("{:.3}", settings.gather.as_secs_f64() * 1000.0);
    create(settings, properties, &[("linger.ms", &gather_ms)])
}

/// Makes the client for records that may have spoilt a batch.
pub(crate) fn start_quarantine_client(
    settings: &Settings,
    properties: &[(String, String)],
) -> Result<Client, StartError> {
    create(settings, properties, &QUARANTINE)
}

fn create(
    settings: &Settings,
    given: &[(String, String)],
    fixed: &[(&str, &str)],
) -> Result<Client, StartError> {
    let role = match settings.tokens {
        Some(_) => Role::TokenProducer,
        None => Role::Producer,
    };
    let is_given = |name: &str| given.iter().any(|(it, _)| canonical(it) == name);
    let defaults = DEFAULTS.iter().filter(|(name, _)| !is_given(name)).copied();
    let given = given
        .iter()
        .filter(|(name, _)| !fixed.iter().any(|(it, _)| canonical(name) == *it))
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let properties = defaults.chain(given).chain(fixed.iter().copied());
    Client::create(role, properties).map_err(|error| match error {
        CreateError::Property { name, reason } => StartError::SetProperty { name, reason },
        CreateError::Client { reason } => StartError::CreateClient { reason },
    })
}

fn canonical(name: &str) -> &str {
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map_or(name, |(_, name)| name)
}
