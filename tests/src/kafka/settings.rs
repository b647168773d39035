//! `server.properties` of the rig's brokers: small, quick to start and to fail over.

use std::path::Path;

use super::Layout;

/// The lines that do not depend on the layout.
const FIXED: &str = "\
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
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

/// The file of broker `id`; `ports` holds the client port and the controller port of each.
pub(super) fn properties(layout: &Layout, id: u16, ports: &[(u16, u16)], data: &Path) -> String {
    let index = usize::from(id).wrapping_sub(1);
    let (port, controller_port) = ports.get(index).copied().unwrap_or_default();
    let client = format!("PLAINTEXT://127.0.0.1:{port}");
    let (roles, listeners) = if id <= layout.voters {
        let controller = format!("CONTROLLER://127.0.0.1:{controller_port}");
        ("broker,controller", format!("{client},{controller}"))
    } else {
        ("broker", client.clone())
    };
    let voters = (1..=layout.voters)
        .zip(ports)
        .map(|(id, (_, controller))| format!("{id}@127.0.0.1:{controller}"))
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
    format!(
        "\
node.id={id}
process.roles={roles}
controller.quorum.voters={voters}
listeners={listeners}
advertised.listeners={client}
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
    )
}
