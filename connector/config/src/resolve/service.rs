//! `service`: where to listen, and what bounds the work.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU16,
    thread,
};

use super::Report;
use crate::{
    config::{self, ManageConfig, OneOrMany, ServiceConfig},
    plan::{ManagePlan, Protocol, ServicePlan},
};

/// The official connector's port.
pub(super) const PORT: u16 = 8080;

/// The official connector's window; several times what one source node has under way.
pub(super) const MAX_CONCURRENT_RECORDS: u32 = 32_768;

/// Enough for 50 000 records a second over one connection, where Kafka takes 20 ms; each open stream
/// takes some memory.
pub(super) const HTTP2_STREAMS_MAX: u32 = 1_000;

/// Named after the program, as the official one is.
pub(super) const CLUSTER_NAME: &str = "aeroduct-connector";

pub(super) fn resolve(config: Option<&ServiceConfig>, report: &mut Report<'_>) -> ServicePlan {
    let config = config.cloned().unwrap_or_default();
    if config.worker_threads.is_some() {
        let message =
            "has no effect: the thread that reads a record also dispatches it (`io-threads`)";
        report.warn("service.worker-threads", message);
    }
    if config.max_concurrent_records.is_some() && config.max_concurrent_requests.is_some() {
        let reason = "is given together with `max-concurrent-records`, which means the same";
        report.error(
            "service.max-concurrent-requests",
            reason,
            "keep one of the two",
        );
    }
    let addresses = addresses(config.address.as_ref(), "service.address", report);
    let ports = match &config.port {
        Some(ports) => distinct_ports(ports, "service.port", report),
        None => vec![PORT],
    };
    let manage = config.manage.as_ref().map(|manage| {
        let manage_addresses =
            self::addresses(manage.address.as_ref(), "service.manage.address", report);
        let taken = if overlap(&addresses, &manage_addresses) {
            ports.as_slice()
        } else {
            &[]
        };
        let ports = manage_ports(manage, taken, report);
        ManagePlan {
            addresses: manage_addresses,
            ports,
        }
    });
    let max_concurrent_records = config
        .max_concurrent_records
        .or(config.max_concurrent_requests)
        .unwrap_or(MAX_CONCURRENT_RECORDS);
    ServicePlan {
        protocol: protocol(&config, max_concurrent_records, report),
        addresses,
        ports,
        io_threads: config
            .io_threads
            .and_then(|threads| usize::try_from(threads).ok())
            .unwrap_or_else(processors),
        max_concurrent_records,
        cluster_name: config
            .cluster_name
            .unwrap_or_else(|| CLUSTER_NAME.to_owned()),
        socket_receive_buffer_bytes: config.socket_receive_buffer_bytes,
        ack_buffering: config.enable_tcp_xdr_ack_buffering.unwrap_or(true),
        manage,
    }
}

/// More streams than the window has records would only wait.
fn protocol(config: &ServiceConfig, records_max: u32, report: &mut Report<'_>) -> Protocol {
    let streams = config.http2_max_concurrent_streams;
    match config.protocol {
        None | Some(config::Protocol::Tcp) => {
            if streams.is_some() {
                let message = "has no effect: changes arrive over TCP (`protocol`)";
                report.warn("service.http2-max-concurrent-streams", message);
            }
            Protocol::Tcp
        }
        Some(config::Protocol::Http | config::Protocol::Http1 | config::Protocol::Http2) => {
            let streams = streams.map_or(HTTP2_STREAMS_MAX, |streams| {
                let streams = u32::try_from(streams).unwrap_or_default();
                if streams == 0 { records_max } else { streams }
            });
            Protocol::Http {
                streams_max: streams.min(records_max),
            }
        }
    }
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn manage_ports(manage: &ManageConfig, taken: &[u16], report: &mut Report<'_>) -> Vec<u16> {
    let path = "service.manage.port";
    let Some(ports) = &manage.port else {
        report.error(
            path,
            "is missing",
            "add `port`, such as 8081, or remove the section",
        );
        return Vec::new();
    };
    for (path, port) in items(ports, path) {
        if taken.contains(&port.get()) {
            report.error(
                &path,
                "is a port of `service` too",
                "choose a port of its own, such as 8081",
            );
        }
    }
    distinct_ports(ports, path, report)
}

fn distinct_ports(ports: &OneOrMany<NonZeroU16>, path: &str, report: &mut Report<'_>) -> Vec<u16> {
    let mut distinct = Vec::new();
    for (path, port) in items(ports, path) {
        if distinct.contains(&port.get()) {
            report.error(&path, "is given twice", "keep one of the two");
        }
        distinct.push(port.get());
    }
    distinct
}

fn addresses(
    config: Option<&OneOrMany<String>>,
    path: &str,
    report: &mut Report<'_>,
) -> Vec<IpAddr> {
    let Some(config) = config else {
        return vec![Ipv4Addr::UNSPECIFIED.into()];
    };
    let mut addresses = Vec::new();
    for (path, text) in items(config, path) {
        let Ok(address) = text.parse::<IpAddr>() else {
            let remedy = match text.as_str() {
                "localhost" => "write 127.0.0.1",
                _ => {
                    "write an address of this host, or 0.0.0.0 for all of them; names are not looked up"
                }
            };
            report.error(&path, "is no IP address", remedy);
            continue;
        };
        if let Some(other) = addresses.iter().find(|other| meets(&address, other)) {
            let reason = format!("names interfaces that {other} names already");
            report.error(&path, reason, "keep one of the two");
        }
        addresses.push(address);
    }
    addresses
}

/// Whether one port cannot be bound on both addresses of one list.
fn meets(a: &IpAddr, b: &IpAddr) -> bool {
    a == b || (a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified()))
}

/// Whether one port cannot be bound on all of `some` and again on all of `others`.
fn overlap(some: &[IpAddr], others: &[IpAddr]) -> bool {
    // `::` without an IPv4 address beside it takes the connections of both families.
    let takes_all = |list: &[IpAddr]| {
        list.contains(&Ipv6Addr::UNSPECIFIED.into()) && !list.iter().any(IpAddr::is_ipv4)
    };
    takes_all(some) || takes_all(others) || some.iter().any(|a| others.iter().any(|b| meets(a, b)))
}

/// The values under the key at `path`, each with its own path.
fn items<'c, T>(values: &'c OneOrMany<T>, path: &str) -> Vec<(String, &'c T)> {
    match values {
        OneOrMany::One(value) => vec![(path.to_owned(), value)],
        OneOrMany::Many(values) => (0..)
            .zip(values)
            .map(|(index, value): (usize, _)| (format!("{path}[{index}]"), value))
            .collect(),
    }
}
