//! What librdkafka is told where the user says nothing.

use super::draft::Draft;

/// Bytes of a batch: librdkafka's own default. Java's 16 384 would cut the throughput of a thick
/// pipe.
pub(super) const BATCH_BYTES: i64 = 1_000_000;
/// Java's `delivery.timeout.ms`. Far above the deadline of a reply: a message that is overdue keeps
/// its place, so that newer versions of its record queue behind it.
pub(super) const DELIVERY_TIMEOUT_MS: i64 = 120_000;
/// Java's `request.timeout.ms`.
pub(super) const REQUEST_TIMEOUT_MS: i64 = 30_000;
/// Java's `max.request.size`.
pub(super) const MESSAGE_BYTES: i64 = 1_048_576;
/// Java's `max.in.flight.requests.per.connection`, and the most that idempotence allows.
pub(super) const IN_FLIGHT: i64 = 5;
/// First and longest wait before a broker is connected to again: faster than librdkafka's 100 ms
/// and 10 s, so that a short outage stays within the deadline of a reply.
pub(super) const RECONNECT_MS: (i64, i64) = (50, 500);
/// First and longest wait before a request is sent again, for the same reason.
pub(super) const RETRY_MS: (i64, i64) = (50, 1_000);

/// What holds unless the user says otherwise.
const DEFAULTS: &[(&str, &str)] = &[
    ("client.id", "aeroduct"),
    // A message for a topic that is not there is held for so long; librdkafka's 30 s would block
    // its connection.
    ("topic.metadata.propagation.max.ms", "3000"),
    // A broker that vanished without a word is noticed.
    ("socket.keepalive.enable", "true"),
];

/// What holds whatever the user says.
const FIXED: &[(&str, &str)] = &[
    // The connector makes the batches: waiting once more inside librdkafka only costs time.
    ("linger.ms", "0"),
    // The connector bounds what is in flight, in records and bytes. With no bound here a full queue
    // cannot happen; librdkafka's 1 GiB and 100 000 messages would be a second, hidden one.
    ("queue.buffering.max.messages", "0"),
    ("queue.buffering.max.kbytes", "2147483647"),
];

pub(super) fn apply(draft: &mut Draft<'_>) {
    for (name, value) in DEFAULTS {
        draft.put_default(name, value);
    }
    for (name, value) in FIXED {
        draft.put(name, value);
    }
}
