//! Moving the leaders of partitions, by two requests of Kafka's own protocol: no client library
//! has both, and Kafka's tools take seconds of processor time for each.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::Cluster;

const LIMIT: Duration = Duration::from_secs(10);
const LIMIT_MS: i32 = 10_000;
/// Larger than any response to these requests.
const RESPONSE_MAX: usize = 1 << 20;

const ELECT_LEADERS: i16 = 43;
const ALTER_PARTITION_REASSIGNMENTS: i16 = 45;
/// Of a response, behind its correlation and the throttling time.
const ELECT_CODE_AT: usize = 8;
/// There, with the tags of the header before.
const REASSIGN_CODE_AT: usize = 9;

impl Cluster {
    /// Makes broker `leader` lead all partitions of a topic that has a replica on every broker, and
    /// waits until it does.
    ///
    /// The replicas stay where they are; the leader is only named first among them.
    pub fn move_leaders(&self, topic: &str, partitions: i32, leader: u16) -> Result<()> {
        let others = (1..=self.layout.brokers).filter(|&id| id != leader);
        let replicas: Vec<i32> = std::iter::once(leader)
            .chain(others)
            .map(i32::from)
            .collect();
        self.call(
            ALTER_PARTITION_REASSIGNMENTS,
            0,
            &reassignment(topic, partitions, &replicas)?,
            REASSIGN_CODE_AT,
        )?;
        self.call(
            ELECT_LEADERS,
            1,
            &election(topic, partitions)?,
            ELECT_CODE_AT,
        )?;
        self.await_leader(topic, leader)
    }

    /// Sends one request to the first broker that runs, which passes it on to the controller.
    fn call(&self, key: i16, version: i16, body: &[u8], code_at: usize) -> Result<()> {
        let running = self.nodes.iter().find(|node| node.program.is_some());
        let port = running.context("no broker runs")?.port;
        let mut request = [key.to_be_bytes(), version.to_be_bytes()].concat();
        // The correlation, and no name of the client.
        request.extend(0_i32.to_be_bytes());
        request.extend((-1_i16).to_be_bytes());
        request.extend(body);
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.write_all(&i32::try_from(request.len())?.to_be_bytes())?;
        stream.write_all(&request)?;

        let mut len = [0; 4];
        stream.read_exact(&mut len)?;
        let len = usize::try_from(i32::from_be_bytes(len))?;
        ensure!(len <= RESPONSE_MAX, "a response of {len} bytes");
        let mut response = vec![0; len];
        stream.read_exact(&mut response)?;
        let code = response.get(code_at..code_at + 2).context("no code")?;
        ensure!(code == [0, 0], "request {key} was refused: {response:?}");
        Ok(())
    }
}

/// The body of an `AlterPartitionReassignments` request, version 0.
fn reassignment(topic: &str, partitions: i32, replicas: &[i32]) -> Result<Vec<u8>> {
    // Of a header of version 2.
    const NO_TAGS: u8 = 0;
    let compact = |count: usize| u8::try_from(count + 1).context("too many for one byte");
    let mut body = vec![NO_TAGS];
    body.extend(LIMIT_MS.to_be_bytes());
    body.push(compact(1)?);
    body.push(compact(topic.len())?);
    body.extend(topic.as_bytes());
    body.push(compact(usize::try_from(partitions)?)?);
    for partition in 0..partitions {
        body.extend(partition.to_be_bytes());
        body.push(compact(replicas.len())?);
        for replica in replicas {
            body.extend(replica.to_be_bytes());
        }
        body.push(NO_TAGS);
    }
    body.extend([NO_TAGS; 2]);
    Ok(body)
}

/// The body of an `ElectLeaders` request, version 1.
fn election(topic: &str, partitions: i32) -> Result<Vec<u8>> {
    const PREFERRED: u8 = 0;
    let mut body = vec![PREFERRED];
    body.extend(1_i32.to_be_bytes());
    body.extend(i16::try_from(topic.len())?.to_be_bytes());
    body.extend(topic.as_bytes());
    body.extend(partitions.to_be_bytes());
    for partition in 0..partitions {
        body.extend(partition.to_be_bytes());
    }
    body.extend(LIMIT_MS.to_be_bytes());
    Ok(body)
}
