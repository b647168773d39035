//! Topics and rules of access.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::types::RDKafkaErrorCode;

use super::{Cluster, tool};
use crate::wait::eventually;

const LIMIT: Duration = Duration::from_secs(30);
/// One question, which is asked again when its broker is away.
const STEP: Duration = Duration::from_secs(2);

/// What a topic shall be like.
#[derive(Clone, Debug)]
pub struct Topic<'a> {
    pub name: &'a str,
    pub partitions: i32,
    pub replicas: i32,
    pub settings: &'a [(&'a str, &'a str)],
}

impl<'a> Topic<'a> {
    /// One replica, no settings of its own.
    pub fn new(name: &'a str, partitions: i32) -> Self {
        Self {
            name,
            partitions,
            replicas: 1,
            settings: &[],
        }
    }
}

impl Cluster {
    /// Creates a topic and waits until the brokers tell of it.
    pub fn create_topic(&self, topic: &Topic<'_>) -> Result<()> {
        let admin = self.admin()?;
        let new = topic.settings.iter().fold(
            NewTopic::new(
                topic.name,
                topic.partitions,
                TopicReplication::Fixed(topic.replicas),
            ),
            |new, (key, value)| new.set(key, value),
        );
        let what = format!("brokers for topic {}", topic.name);
        eventually(LIMIT, &what, || {
            let results = block_on(admin.create_topics([&new], &AdminOptions::new()));
            let created = results.and_then(|results| {
                let mut failed = results?.into_iter().filter_map(Result::err);
                Ok(failed.next())
            });
            match created {
                // On a busy machine a broker may be taken for dead, and is back in a moment.
                Ok(Some((_, RDKafkaErrorCode::InvalidReplicationFactor))) => None,
                Ok(Some((topic, code))) => Some(Err(anyhow!("create topic {topic}: {code}"))),
                Ok(None) => Some(Ok(())),
                Err(error) => Some(Err(error)),
            }
        })??;
        let what = format!("topic {} is known", topic.name);
        eventually(LIMIT, &what, || {
            let seen = admin.inner().fetch_metadata(Some(topic.name), LIMIT).ok()?;
            let partitions = seen.topics().first()?.partitions();
            let led = partitions
                .iter()
                .filter(|partition| partition.leader() >= 0);
            (i32::try_from(led.count()) == Ok(topic.partitions)).then_some(())
        })
    }

    /// Changes one setting of a topic.
    pub fn alter_topic(&self, topic: &str, key: &str, value: &str) -> Result<()> {
        let change = AlterConfig::new(ResourceSpecifier::Topic(topic)).set(key, value);
        let results = block_on(self.admin()?.alter_configs([&change], &AdminOptions::new()))??;
        for result in results {
            result.map_err(|(_, code)| anyhow!("alter topic {topic}: {code}"))?;
        }
        Ok(())
    }

    /// Waits until every replica of a topic has all records.
    pub fn await_in_sync(&self, topic: &Topic<'_>, limit: Duration) -> Result<()> {
        let admin = self.admin()?;
        let what = format!("all replicas of {} are in sync", topic.name);
        let replicas = usize::try_from(topic.replicas)?;
        eventually(limit, &what, || {
            let seen = admin.inner().fetch_metadata(Some(topic.name), STEP).ok()?;
            let partitions = seen.topics().first()?.partitions();
            let are_led = partitions.iter().all(|partition| partition.leader() >= 0);
            let mut in_sync = partitions.iter().map(|partition| partition.isr().len());
            (are_led && in_sync.all(|count| count == replicas)).then_some(())
        })
    }

    /// Waits until one broker leads all partitions of a topic.
    pub(super) fn await_leader(&self, topic: &str, leader: u16) -> Result<()> {
        let admin = self.admin()?;
        let what = format!("broker {leader} leads {topic}");
        eventually(LIMIT, &what, || {
            let seen = admin.inner().fetch_metadata(Some(topic), STEP).ok()?;
            let mut partitions = seen.topics().first()?.partitions().iter();
            let leader = i32::from(leader);
            partitions
                .all(|partition| partition.leader() == leader)
                .then_some(())
        })
    }

    /// Forbids everybody to write to a topic; all else stays allowed.
    pub fn deny_writes(&self, topic: &str) -> Result<()> {
        // A topic with any rule is closed for what no rule allows, hence both.
        for rule in [
            ["--allow-principal", "User:*", "--operation", "All"],
            ["--deny-principal", "User:*", "--operation", "Write"],
        ] {
            let arguments = [&["--add", "--topic", topic], rule.as_slice()].concat();
            self.tool(tool::ACLS, &arguments)?;
        }
        Ok(())
    }

    /// Forbids one user to write to a topic; all else stays allowed.
    pub fn deny_writes_of(&self, user: &str, topic: &str) -> Result<()> {
        let principal = format!("User:{user}");
        for rule in [
            ["--allow-principal", "User:*", "--operation", "All"],
            ["--deny-principal", &principal, "--operation", "Write"],
        ] {
            let arguments = [&["--add", "--topic", topic], rule.as_slice()].concat();
            self.tool(tool::ACLS, &arguments)?;
        }
        Ok(())
    }

    /// Gives a user of SCRAM-SHA-512 a new password.
    pub fn set_password(&self, user: &str, password: &str) -> Result<()> {
        let change = format!("SCRAM-SHA-512=[password={password}]");
        let arguments = ["--alter", "--entity-type", "users", "--entity-name", user];
        let arguments = [&arguments[..], &["--add-config", &change]].concat();
        self.tool(tool::CONFIGS, &arguments)?;
        Ok(())
    }

    /// Takes back [`Cluster::deny_writes`].
    pub fn allow_writes(&self, topic: &str) -> Result<()> {
        let arguments = ["--remove", "--force", "--topic", topic];
        self.tool(tool::ACLS, &arguments)?;
        Ok(())
    }

    pub(super) fn await_brokers(&self, count: usize) -> Result<()> {
        let admin = self.admin()?;
        eventually(LIMIT, "the brokers know each other", || {
            let seen = admin
                .inner()
                .fetch_metadata(None, Duration::from_secs(2))
                .ok()?;
            (seen.brokers().len() >= count).then_some(())
        })
    }

    fn admin(&self) -> Result<AdminClient<DefaultClientContext>> {
        ClientConfig::new()
            .set("bootstrap.servers", self.bootstrap())
            // It says nothing that the results do not say.
            .set("log_level", "0")
            .create()
            .context("an admin client")
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    runtime
        .block_on(async { tokio::time::timeout(LIMIT, future).await })
        .context("no answer from the brokers")
}
