//! What a message has beside key and value: its timestamp, and headers of the metadata (14).

use aeroduct_config::{AeroductPlan, Headers, Timestamp};
use aeroduct_kafka::extras::{self, Place};
use aeroduct_record::{LastUpdate, Metadata};
use base64_simd::{Out, STANDARD};

/// The namespace as a header.
pub(super) const NAMESPACE: &str = "aeroduct.namespace";

/// The set as a header.
pub(super) const SET: &str = "aeroduct.set";

/// The digest as a header, in Base64.
pub(super) const DIGEST: &str = "aeroduct.digest";

/// Base64 of a digest.
const DIGEST_TEXT: usize = 28;

/// Which extras messages get.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExtrasRule {
    has_headers: bool,
    has_timestamp: bool,
}

impl ExtrasRule {
    pub(super) fn new(plan: &AeroductPlan) -> Self {
        Self {
            has_headers: plan.headers == Headers::Metadata,
            has_timestamp: plan.timestamp == Timestamp::LastUpdate,
        }
    }

    /// The timestamp of a record's message, where it is not the producer's clock.
    #[inline]
    pub(super) fn timestamp_ms(self, metadata: &Metadata<'_>) -> Option<u64> {
        if self.has_timestamp {
            metadata.last_update.map(LastUpdate::unix_ms)
        } else {
            None
        }
    }

    /// Appends the extras of a record's message to `out`.
    #[inline]
    pub(super) fn write(self, metadata: &Metadata<'_>, out: &mut Vec<u8>) -> Place {
        if self.has_headers || self.has_timestamp {
            self.write_some(metadata, out)
        } else {
            Place::default()
        }
    }

    fn write_some(self, metadata: &Metadata<'_>, out: &mut Vec<u8>) -> Place {
        let timestamp_ms = self.timestamp_ms(metadata);
        let timestamp_ms = timestamp_ms.and_then(|ms| i64::try_from(ms).ok());
        if !self.has_headers {
            return extras::write(out, timestamp_ms, []);
        }
        let mut digest = [0; DIGEST_TEXT];
        let digest = STANDARD.encode(metadata.digest, Out::from_slice(&mut digest));
        let mut numbers = [itoa::Buffer::new(), itoa::Buffer::new()];
        let [generation, update] = &mut numbers;
        let last_update = metadata.last_update.map(LastUpdate::unix_ms);
        let headers = [
            (NAMESPACE, Some(metadata.namespace)),
            (SET, metadata.set),
            (DIGEST, Some(&*digest)),
            (
                "aeroduct.generation",
                metadata
                    .generation
                    .map(|it| generation.format(it).as_bytes()),
            ),
            (
                "aeroduct.lut",
                last_update.map(|it| update.format(it).as_bytes()),
            ),
        ];
        let present = headers.into_iter().filter(|(_, value)| value.is_some());
        extras::write(out, timestamp_ms, present)
    }
}
