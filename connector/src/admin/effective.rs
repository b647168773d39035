//! The configuration that is in force, defaults filled in, secrets left blank.

use std::time::Duration;

use aeroduct_config::{Format, LogFormat, NameRoute, Plan, Routing, TopicName};
use serde_json::{Map, Value, json};

/// What stands in the place of a secret.
const BLANK: &str = "********";

/// Parts of the names of properties whose values are nobody's business.
const SECRET: [&str; 6] = ["password", "secret", "token", "jaas", "user.info", ".pem"];

/// The plan under the names of the configuration file.
pub(super) fn effective(plan: &Plan) -> Value {
    json!({
        "service": service(plan),
        "producer-props": producer(plan),
        "routing": plan.outbound.general.items.routing.as_ref().map(routing),
        "format": plan.outbound.general.items.format.as_ref().map(format),
        "logging": logging(plan),
        "aeroduct": aeroduct(plan),
    })
}

fn service(plan: &Plan) -> Value {
    let service = &plan.service;
    json!({
        "address": service.addresses,
        "port": service.ports,
        "io-threads": service.io_threads,
        "max-concurrent-records": service.max_concurrent_records,
        "cluster-name": service.cluster_name,
        "socket-receive-buffer-bytes": service.socket_receive_buffer_bytes,
        "enable-tcp-xdr-ack-buffering": service.ack_buffering,
        "manage": service.manage.as_ref().map(|manage| json!({
            "address": manage.addresses,
            "port": manage.ports,
        })),
    })
}

/// The properties as they reach the Kafka client, and what this program does itself.
fn producer(plan: &Plan) -> Value {
    let producer = &plan.producer;
    let properties = producer.properties.iter();
    let properties: Map<String, Value> = properties
        .map(|(name, value)| {
            let value = if is_secret(name) { BLANK } else { value };
            (name.clone(), value.into())
        })
        .collect();
    json!({
        "bootstrap.servers": producer.bootstrap_servers,
        "linger": text(producer.linger),
        "batch-bytes": producer.batch_bytes,
        "partitioner": format!("{:?}", producer.partitioner).to_lowercase(),
        "client": properties,
    })
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|part| name.contains(part))
}

fn routing(routing: &Routing) -> Value {
    match routing {
        Routing::Static(topic) => json!({"mode": "static", "destination": topic.as_str()}),
        Routing::Skip => json!({"mode": "skip"}),
        Routing::Namespace(route) => by_name("namespace", None, route),
        Routing::Set(route) => by_name("set", None, route),
        Routing::Bin { bin, route } => by_name("bin", Some(bin), route),
    }
}

fn by_name(mode: &str, bin: Option<&str>, route: &NameRoute) -> Value {
    let mut value = json!({
        "mode": mode,
        "default": route.default.as_ref().map(TopicName::as_str),
        "has-transforms": !route.transforms.is_empty(),
    });
    if let (Some(bin), Value::Object(value)) = (bin, &mut value) {
        value.insert("bin".to_owned(), bin.into());
    }
    value
}

fn format(format: &Format) -> Value {
    match format {
        Format::Json { stringify_map_keys } => {
            json!({"mode": "json", "stringify-map-keys": stringify_map_keys})
        }
        Format::FlatJson {
            metadata_key,
            stringify_map_keys,
        } => json!({
            "mode": "flat-json",
            "metadata-key": metadata_key,
            "stringify-map-keys": stringify_map_keys,
        }),
        Format::MessagePack => json!({"mode": "message-pack"}),
        Format::Xdr => json!({"mode": "xdr"}),
    }
}

fn logging(plan: &Plan) -> Value {
    let logging = &plan.logging;
    let levels = logging.levels.iter();
    let levels: Map<String, Value> = levels
        .map(|(logger, level)| {
            let level = format!("{level:?}").to_lowercase();
            (logger.clone(), level.into())
        })
        .collect();
    json!({
        "file": logging.file,
        "enable-console-logging": logging.console,
        "max-history": logging.max_history,
        "levels": levels,
        "ticker-interval": logging.ticker_interval.map_or(0, |every| every.as_secs()),
        "format": match logging.format {
            LogFormat::Simple => "simple",
            LogFormat::Json => "json",
        },
    })
}

fn aeroduct(plan: &Plan) -> Value {
    let aeroduct = &plan.aeroduct;
    json!({
        "reply-deadline": text(aeroduct.reply_deadline),
        "drain-timeout": text(aeroduct.drain_timeout),
        "max-in-flight-bytes": aeroduct.max_in_flight_bytes,
        "max-frame-bytes": aeroduct.max_frame_bytes,
        "max-connections": aeroduct.max_connections,
    })
}

fn text(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_that_hold_secrets_are_known_by_their_names() {
        for name in [
            "sasl.password",
            "ssl.key.password",
            "ssl.keystore.password",
            "sasl.oauthbearer.client.secret",
            "ssl.key.pem",
            "sasl.jaas.config",
            "basic.auth.user.info",
            "bearer.auth.token",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["bootstrap.servers", "linger.ms", "ssl.key.location"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
