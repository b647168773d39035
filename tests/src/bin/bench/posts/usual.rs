//! Baseline A over HTTP: axum, a record read and written by serde, one `FutureProducer` send.

use crate::reference::Reference;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use std::time::Duration;
use tokio::net::TcpListener;

#[derive(Clone)]
struct Way {
    producer: FutureProducer,
    topic: &'static str,
}

/// Serves until the process is ended.
pub(crate) fn serve(bootstrap: &str, topic: &'static str) -> anyhow::Result<()> {
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .create()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        crate::process::ready(listener.local_addr()?);
        let router = Router::new().fallback(post(take));
        let router = router.with_state(Way { producer, topic });
        axum::serve(listener, router).await?;
        Ok(())
    })
}

async fn take(State(way): State<Way>, body: Bytes) -> StatusCode {
    match publish(&way, &body).await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn publish(way: &Way, body: &[u8]) -> anyhow::Result<()> {
    let frame = aeroduct_wire::posted_frame(body, 16 << 20)?;
    let record = aeroduct_wire::parse_message(frame.body())?;
    let key = *record.metadata.digest;
    let value = serde_json::to_vec(&Reference::of(&record))?;
    let message = FutureRecord::to(way.topic).key(&key[..]).payload(&value);
    let sent = way.producer.send(message, Duration::from_secs(5)).await;
    sent.map_err(|(error, _)| error)?;
    Ok(())
}
