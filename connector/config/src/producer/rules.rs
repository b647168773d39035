//! What follows from several properties together.

use std::time::Duration;

use super::{
    ProducerPlan, base,
    draft::{Acks, Draft},
};

/// Makes the plan of what was read.
pub(super) fn finish(mut draft: Draft<'_>) -> ProducerPlan {
    if let Some(serializer) = draft.given.serializer.take() {
        draft.warn(
            &serializer,
            "has no effect: keys and values are always written as bytes",
        );
    }
    let idempotent = idempotence(&mut draft);
    let delivery_timeout = timeouts(&mut draft);
    let (message_bytes, batch_bytes) = batches(&mut draft);
    compression(&mut draft);
    backoffs(&mut draft);
    base::apply(&mut draft);
    if !draft.bootstrap_servers.is_empty() {
        let servers = draft.bootstrap_servers.join(",");
        draft.put("bootstrap.servers", servers);
    }
    ProducerPlan {
        linger: millis(draft.given.linger_ms.unwrap_or(0)),
        batch_bytes,
        message_bytes,
        partitioner: draft.partitioner,
        delivery_timeout,
        idempotent,
        bootstrap_servers: draft.bootstrap_servers,
        properties: draft.properties,
        sasl: None,
        files: Vec::new(),
        read_elsewhere: draft.read_elsewhere,
        is_complete: draft.is_complete,
    }
}

/// Whether the producer is idempotent, by Java's rules (13.33): what cannot go with it switches it
/// off, unless it was asked for.
fn idempotence(draft: &mut Draft<'_>) -> bool {
    let acks = draft.given.acks.unwrap_or_default();
    let in_flight = draft.given.in_flight.unwrap_or(base::IN_FLIGHT);
    let mut obstacles = Vec::new();
    if acks != Acks::All {
        obstacles.push(("acks", "acks: all"));
    }
    if draft.given.retries == Some(0) {
        obstacles.push(("retries", "retries above 0"));
    }
    if in_flight > base::IN_FLIGHT {
        obstacles.push((
            "max.in.flight.requests.per.connection",
            "at most 5 requests in flight",
        ));
    }
    let idempotent = draft.given.idempotence != Some(false) && obstacles.is_empty();
    if draft.given.idempotence == Some(true) {
        for (name, needed) in obstacles {
            let remedy = format!("remove {name}, or remove enable.idempotence");
            draft.refuse(
                name,
                format!("does not go with enable.idempotence: true, which needs {needed}"),
                remedy,
            );
        }
    } else if !idempotent {
        let name = obstacles
            .first()
            .map_or("enable.idempotence", |(name, _)| name);
        draft.warn(name, what_is_lost(acks, draft.given.retries));
    }
    draft.put("enable.idempotence", idempotent);
    let acks = match acks {
        Acks::All => "all",
        Acks::Leader => "1",
        Acks::None => "0",
    };
    draft.put("acks", acks);
    draft.put("max.in.flight.requests.per.connection", in_flight);
    if let Some(retries) = draft.given.retries {
        draft.put("retries", retries);
    }
    idempotent
}

fn what_is_lost(acks: Acks, retries: Option<i64>) -> String {
    let mut text = match acks {
        Acks::All => String::new(),
        Acks::Leader => {
            "a record is lost if the partition's leader fails before it has a copy; ".to_owned()
        }
        Acks::None => {
            "a record is answered before Kafka has it, and lost without a word if it fails; "
                .to_owned()
        }
    };
    text.push_str("idempotence is off: ");
    text.push_str(if retries == Some(0) {
        "what Kafka does not take at once is left to the source to send again, perhaps twice"
    } else {
        "retries may write a record twice, or before an older version of it"
    });
    text
}

fn timeouts(draft: &mut Draft<'_>) -> Duration {
    let request = draft
        .given
        .request_timeout_ms
        .unwrap_or(base::REQUEST_TIMEOUT_MS);
    let linger = draft.given.linger_ms.unwrap_or(0);
    let least = request.saturating_add(linger);
    let delivery = match draft.given.delivery_timeout_ms {
        Some(delivery) if delivery < least => {
            draft.refuse(
                "delivery.timeout.ms",
                format!(
                    "{delivery} is less than linger.ms and request.timeout.ms together, {least}"
                ),
                format!("use at least {least}, or lower request.timeout.ms"),
            );
            least
        }
        Some(delivery) => delivery,
        // Java raises its own default where it is too low.
        None => base::DELIVERY_TIMEOUT_MS.max(least),
    };
    draft.put("message.timeout.ms", delivery);
    // Java's one time is the broker's for its answer and the client's for waiting.
    draft.put("request.timeout.ms", request);
    draft.put_default("socket.timeout.ms", request);
    millis(delivery)
}

/// Bytes of the largest message, and of a full batch.
fn batches(draft: &mut Draft<'_>) -> (usize, usize) {
    let message_bytes = draft.given.message_bytes.unwrap_or(base::MESSAGE_BYTES);
    draft.put("message.max.bytes", message_bytes);
    let batch_bytes = draft
        .given
        .batch_bytes
        .unwrap_or(base::BATCH_BYTES)
        .min(message_bytes);
    draft.put("batch.size", batch_bytes);
    let size = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
    (size(message_bytes), size(batch_bytes))
}

fn compression(draft: &mut Draft<'_>) {
    let Some(codec) = draft.given.compression else {
        return;
    };
    draft.put("compression.type", codec);
    let level = match codec {
        "gzip" => draft.given.gzip_level,
        "lz4" => draft.given.lz4_level,
        "zstd" => draft.given.zstd_level,
        _ => None,
    };
    if let Some(level) = level.or(draft.given.compression_level) {
        draft.put("compression.level", level);
    }
}

fn backoffs(draft: &mut Draft<'_>) {
    let reconnect = (draft.given.reconnect_ms, draft.given.reconnect_max_ms);
    // Java keeps to the first wait where no longest one is given.
    let fallback = reconnect.0.unwrap_or(base::RECONNECT_MS.1);
    backoff(
        draft,
        "reconnect.backoff",
        reconnect,
        (base::RECONNECT_MS.0, fallback),
    );
    let retry = (draft.given.retry_ms, draft.given.retry_max_ms);
    let fallback = base::RETRY_MS.1.max(retry.0.unwrap_or(0));
    backoff(draft, "retry.backoff", retry, (base::RETRY_MS.0, fallback));
}

/// Sets the first and the longest wait; the first is never above the longest, which librdkafka
/// refuses.
fn backoff(
    draft: &mut Draft<'_>,
    name: &str,
    given: (Option<i64>, Option<i64>),
    default: (i64, i64),
) {
    let longest = given.1.unwrap_or(default.1);
    let first = given.0.unwrap_or(default.0).min(longest);
    if given.0.is_some_and(|given| given > first) {
        draft.warn(
            &format!("{name}.ms"),
            format!("is above {name}.max.ms; {first} is used"),
        );
    }
    draft.put(&format!("{name}.ms"), first);
    draft.put(&format!("{name}.max.ms"), longest);
}

fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
