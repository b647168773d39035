//! Baseline A: the usual way. One tokio task and one `FutureProducer` send per record,
//! formatted by serde, replies awaited in order.

use crate::reference::Reference;
use aeroduct_wire::reply::{self, ResultCode};
use anyhow::Context;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Records in flight for each connection.
const WINDOW: usize = 16_384;

type Pending = JoinHandle<ResultCode>;

/// Serves until the process is ended.
pub(crate) fn serve(bootstrap: &str, topic: &'static str) -> anyhow::Result<()> {
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("queue.buffering.max.messages", "1000000")
        .create()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        crate::process::ready(listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            start(stream, producer.clone(), topic);
        }
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a task per record is what this baseline is about"
)]
fn start(stream: TcpStream, producer: FutureProducer, topic: &'static str) {
    let (reader, writer) = stream.into_split();
    let (pending, replies) = mpsc::channel(WINDOW);
    tokio::task::spawn(read(reader, producer, topic, pending));
    tokio::task::spawn(reply(writer, replies));
}

#[expect(
    clippy::disallowed_methods,
    reason = "a task per record is what this baseline is about"
)]
async fn read(
    mut reader: OwnedReadHalf,
    producer: FutureProducer,
    topic: &'static str,
    pending: mpsc::Sender<Pending>,
) -> anyhow::Result<()> {
    let mut buffer = Vec::with_capacity(256 << 10);
    while reader.read_buf(&mut buffer).await? > 0 {
        let mut used = 0;
        while let Some(frame) = aeroduct_wire::next_frame(&buffer[used..], 16 << 20)? {
            used += frame.len();
            let record = aeroduct_wire::parse_message(frame.body())?;
            let key = *record.metadata.digest;
            let value = serde_json::to_vec(&Reference::of(&record))?;
            let producer = producer.clone();
            let task = tokio::task::spawn(async move {
                let message = FutureRecord::to(topic).key(&key[..]).payload(&value);
                match producer.send(message, Duration::from_secs(5)).await {
                    Ok(_) => ResultCode::Success,
                    Err(_) => ResultCode::TemporaryError,
                }
            });
            pending.send(task).await.context("the connection is gone")?;
        }
        buffer.drain(..used);
    }
    Ok(())
}

async fn reply(
    mut writer: OwnedWriteHalf,
    mut replies: mpsc::Receiver<Pending>,
) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    let mut waiting = VecDeque::new();
    while let Some(first) = replies.recv().await {
        waiting.push_back(first);
        while let Ok(next) = replies.try_recv() {
            waiting.push_back(next);
        }
        while let Some(task) = waiting.pop_front() {
            if !task.is_finished() && !bytes.is_empty() {
                writer.write_all(&bytes).await?;
                bytes.clear();
            }
            reply::write(task.await.unwrap_or(ResultCode::TemporaryError), &mut bytes);
        }
        writer.write_all(&bytes).await?;
        bytes.clear();
    }
    Ok(())
}
