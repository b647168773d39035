//! A connector on the shared broker and one source, with topics of their own: what a test of the
//! data plane begins with.

use std::time::Duration;

use aeroduct_tests::connector::{Connector, Launch};
use aeroduct_tests::kafka::{Cluster, Topic};
use aeroduct_tests::message::Message;
use aeroduct_tests::reading::{self, Stored};
use aeroduct_tests::source::Source;
use anyhow::Result;

pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct Stand {
    pub(crate) cluster: &'static Cluster,
    pub(crate) connector: Connector,
    pub(crate) source: Source,
}

impl Stand {
    /// Creates the topics and starts a connector with these blocks of its configuration.
    pub(crate) fn start(topics: &[Topic<'_>], blocks: &str) -> Result<Self> {
        Self::start_as(&Launch::default(), topics, blocks)
    }

    pub(crate) fn start_as(launch: &Launch, topics: &[Topic<'_>], blocks: &str) -> Result<Self> {
        let cluster = Cluster::shared()?;
        for topic in topics {
            cluster.create_topic(topic)?;
        }
        let connector = Connector::start_as(launch, &cluster.bootstrap(), blocks)?;
        Ok(Self {
            cluster,
            source: Source::connect(connector.port)?,
            connector,
        })
    }

    /// Sends these in one write; their answers.
    pub(crate) fn ask(&mut self, messages: &[Message]) -> Result<Vec<u8>> {
        let frames: Vec<_> = messages.iter().map(Message::frame).collect();
        self.ask_frames(&frames)
    }

    /// Sends these in one write; their answers.
    pub(crate) fn ask_frames(&mut self, frames: &[Vec<u8>]) -> Result<Vec<u8>> {
        self.source.send(&frames.concat())?;
        self.source.answers(frames.len(), LIMIT)
    }

    /// All that is in a topic, where that is so many records. They are sorted by partition and
    /// offset.
    pub(crate) fn read(&self, topic: &str, count: usize) -> Result<Vec<Stored>> {
        let records = reading::read(self.cluster, topic, count)?;
        assert_eq!(records.len(), count, "{topic}: {records:?}");
        Ok(records)
    }
}
