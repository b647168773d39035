//! The shards, of the kind that the protocol asks for.

use super::{App, StartError};
use crate::clock::SystemClock;
use crate::metrics::ShardMetrics;
use crate::pipeline::{Pipeline, Shared};
use crate::sink::KafkaSink;
use crate::source::{
    HttpSettings, HttpShard, Lifetimes, LongFrames, Mailbox, Shard, ShardSettings,
};
use aeroduct_config::{Plan, Protocol};
use aeroduct_process::admin::{Route, Routes};
use std::io;
use std::sync::Arc;

impl App {
    pub(super) fn start_shards(
        &mut self,
        shared: &Shared,
        pages: &[Route],
    ) -> Result<(), StartError> {
        let plan = &shared.plan;
        let long_frames = Arc::new(LongFrames::new(shared.window.limit().bytes / 2));
        let started = match plan.service.protocol {
            Protocol::Tcp => {
                let settings = tcp_settings(plan, long_frames);
                self.start_all(shared, |pipeline, metrics| {
                    let one = Shard::new(settings.clone(), pipeline, metrics)?;
                    Ok((one.mailbox(), move || one.run()))
                })
            }
            Protocol::Http { streams_max } => {
                let pages = Routes::new(pages.to_vec());
                let settings = http_settings(plan, streams_max, long_frames, pages);
                self.start_all(shared, |pipeline, metrics| {
                    let one = HttpShard::new(settings.clone(), pipeline, metrics);
                    Ok((one.mailbox(), move || one.run()))
                })
            }
        };
        started.map_err(|source| StartError::Spawn {
            part: "a shard",
            source,
        })
    }

    /// Starts as many shards as there are to be, each with a pipeline of its own.
    fn start_all<Run>(
        &mut self,
        shared: &Shared,
        make: impl Fn(Pipeline<KafkaSink>, Arc<ShardMetrics>) -> io::Result<(Arc<Mailbox>, Run)>,
    ) -> io::Result<()>
    where
        Run: FnOnce() -> io::Result<()> + Send + 'static,
    {
        for (number, metrics) in self.metrics.shards().iter().enumerate() {
            let sink = KafkaSink::new(self.producer.publisher());
            let pipeline = Pipeline::new(
                shared.clone(),
                number,
                Arc::clone(metrics),
                sink,
                SystemClock,
            );
            let (mailbox, run) = make(pipeline, Arc::clone(metrics))?;
            self.shards.push(mailbox);
            self.serving.spawn(format!("shard-{number}"), run)?;
        }
        Ok(())
    }
}

fn tcp_settings(plan: &Plan, long_frames: Arc<LongFrames>) -> ShardSettings {
    let service = &plan.service;
    ShardSettings {
        reply_deadline: plan.aeroduct.reply_deadline,
        is_ack_buffered: service.ack_buffering,
        read_bytes: service
            .socket_receive_buffer_bytes
            .map(|bytes| bytes as usize),
        lifetimes: lifetimes(plan),
        long_frames,
    }
}

fn http_settings(
    plan: &Plan,
    streams_max: u32,
    long_frames: Arc<LongFrames>,
    pages: Routes,
) -> HttpSettings {
    let (service, aeroduct) = (&plan.service, &plan.aeroduct);
    HttpSettings {
        ports: service.ports.clone(),
        streams_max,
        frame_bytes_max: aeroduct.max_frame_bytes,
        has_paths: plan.outbound.has_paths(),
        // One for each connection, and as many besides as may be in flight.
        requests_max: (service.max_concurrent_records as usize)
            .saturating_add(aeroduct.max_connections as usize),
        reply_deadline: aeroduct.reply_deadline,
        lifetimes: lifetimes(plan),
        long_frames,
        pages,
    }
}

const fn lifetimes(plan: &Plan) -> Lifetimes {
    Lifetimes {
        age: plan.aeroduct.max_connection_age,
        idle: plan.aeroduct.idle_timeout,
    }
}
