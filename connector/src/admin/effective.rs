//! The configuration that is in force, defaults filled in, secrets left blank.

use std::time::Duration;

use aeroduct_config::{Headers, LogFormat, Plan, Protocol, Timestamp};
use serde_json::{Map, Value, json};

mod outbound;

/// The plan under the names of the configuration file.
pub(super) fn effective(plan: &Plan) -> Value {
    let mut value = Map::new();
    value.insert("service".to_owned(), service(plan));
    value.insert("producer-props".to_owned(), producer(plan));
    value.extend(outbound::outbound(&plan.outbound));
    value.insert("logging".to_owned(), logging(plan));
    value.insert("aeroduct".to_owned(), aeroduct(plan));
    value.into()
}

fn service(plan: &Plan) -> Value {
    let service = &plan.service;
    json!({
        "protocol": match service.protocol {
            Protocol::Tcp => "TCP",
            Protocol::Http { .. } => "HTTP",
        },
        "address": service.addresses,
        "port": service.ports,
        "io-threads": service.io_threads,
        "max-concurrent-records": service.max_concurrent_records,
        "cluster-name": service.cluster_name,
        "socket-receive-buffer-bytes": service.socket_receive_buffer_bytes,
        "enable-tcp-xdr-ack-buffering": service.ack_buffering,
        "http2-max-concurrent-streams": match service.protocol {
            Protocol::Tcp => None,
            Protocol::Http { streams_max } => Some(streams_max),
        },
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
        .map(|(name, value)| (name.clone(), value.to_string().into()))
        .collect();
    json!({
        "bootstrap.servers": producer.bootstrap_servers,
        "linger": text(producer.linger),
        "batch-bytes": producer.batch_bytes,
        "partitioner": format!("{:?}", producer.partitioner).to_lowercase(),
        "client": properties,
    })
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
        "max-connection-age": aeroduct.max_connection_age.map(text),
        "idle-timeout": aeroduct.idle_timeout.map(text),
        "dead-letter": aeroduct.dead_letter.as_ref().map(|topic| json!({
            "destination": topic.as_str(),
        })),
        "headers": match aeroduct.headers {
            Headers::None => "none",
            Headers::Metadata => "metadata",
        },
        "timestamp": match aeroduct.timestamp {
            Timestamp::Produce => "produce",
            Timestamp::LastUpdate => "lut",
        },
        "max-topics": aeroduct.max_topics,
    })
}

fn text(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}
