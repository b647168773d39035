//! `server.properties` of the rig's brokers: small, quick to start and to fail over.

use std::iter;
use std::path::Path;

use anyhow::Result;

use super::Layout;
use crate::ports;

const PROTOCOLS: &str = "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT";

/// The lines that do not depend on the layout.
const FIXED: &str = "\
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
num.partitions=1
auto.create.topics.enable=false
# One partition each, or the first consumer group creates fifty.
offsets.topic.num.partitions=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
log.segment.bytes=268435456
# The cleaner takes 128 MiB of heap by default, per broker.
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.threads=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1000
replica.lag.time.max.ms=3000
";

/// Rules of access are there for tests to use; what has none is open to all. Not with several
/// controllers: they must vote before they can read the rules.
const AUTHORIZER: &str = "\
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
";

/// A way to a broker beside the usual one.
#[derive(Clone, Debug)]
pub struct Listener {
    /// In capitals.
    pub name: &'static str,
    /// `SSL`, `SASL_SSL` or `SASL_PLAINTEXT`.
    pub protocol: &'static str,
    pub port: u16,
}

/// The ports of one broker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    pub(super) client: u16,
    controller: u16,
    /// What clients reach through a proxy.
    pub(super) proxied: Option<Proxied>,
}

/// A listener that tells clients to come back by way of a proxy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proxied {
    /// Where the broker listens for the proxy.
    pub(super) behind: u16,
    /// Where the proxy listens.
    pub(super) proxy: u16,
}

impl Ports {
    pub(super) fn free() -> Result<Self> {
        Ok(Self {
            client: ports::free()?,
            controller: ports::free()?,
            proxied: None,
        })
    }

    /// Where it listens for clients, and where it tells them to come: the direct way and, where
    /// there is one, the way through a proxy.
    fn clients(&self) -> (String, String) {
        let direct = format!("PLAINTEXT://127.0.0.1:{}", self.client);
        match self.proxied {
            None => (direct.clone(), direct),
            Some(Proxied { behind, proxy }) => (
                format!("{direct},PROXIED://127.0.0.1:{behind}"),
                format!("{direct},PROXIED://127.0.0.1:{proxy}"),
            ),
        }
    }
}

/// The file of broker `id`, the first of which is 1.
pub(super) fn properties(layout: &Layout, id: u16, all: &[Ports], data: &Path) -> Option<String> {
    let ports = all.get(usize::from(id).checked_sub(1)?)?;
    let (clients, advertised) = ports.clients();
    let of_listeners = |first: String, text: fn(&Listener) -> String| {
        let further = layout.listeners.iter().map(text);
        iter::once(first)
            .chain(further)
            .collect::<Vec<_>>()
            .join(",")
    };
    let clients = of_listeners(clients, |it| format!("{}://127.0.0.1:{}", it.name, it.port));
    // Certificates are for the name, not for the address.
    let advertised = of_listeners(advertised, |it| {
        format!("{}://localhost:{}", it.name, it.port)
    });
    let protocols = of_listeners(PROTOCOLS.to_owned(), |it| {
        format!("{}:{}", it.name, it.protocol)
    });
    let (roles, listeners) = if id <= layout.voters {
        let controller = format!("CONTROLLER://127.0.0.1:{}", ports.controller);
        ("broker,controller", format!("{clients},{controller}"))
    } else {
        ("broker", clients)
    };
    let voters = (1..=layout.voters)
        .zip(all)
        .map(|(id, ports)| format!("{id}@127.0.0.1:{}", ports.controller))
        .collect::<Vec<_>>()
        .join(",");
    let replicas = layout.brokers.min(3);
    let in_sync = replicas.saturating_sub(1).max(1);
    let authorizer = if layout.voters == 1 { AUTHORIZER } else { "" };
    let further: String = layout
        .settings
        .iter()
        .flat_map(|(key, value)| [key, "=", value, "\n"])
        .collect();
    Some(format!(
        "\
node.id={id}
process.roles={roles}
controller.quorum.voters={voters}
listeners={listeners}
advertised.listeners={advertised}
listener.security.protocol.map={protocols}
log.dirs={data}
default.replication.factor={replicas}
offsets.topic.replication.factor={replicas}
transaction.state.log.replication.factor={replicas}
share.coordinator.state.topic.replication.factor={replicas}
min.insync.replicas={in_sync}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.min.isr={in_sync}
{FIXED}{authorizer}{further}",
        data = data.display(),
    ))
}
