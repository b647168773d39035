//! Dead letters: records that would be refused for good are published elsewhere, as they were
//! received, with headers that say why (14).

use super::headers::{DIGEST, NAMESPACE, SET};
use super::refusals::Refusal;
use super::{Message, narrow};
use aeroduct_kafka::{extras, murmur2};
use aeroduct_record::Metadata;
use base64_simd::STANDARD;

/// A record that would be refused for good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter<'l> {
    /// Why.
    pub(super) refusal: Refusal<'l>,
    /// What is known of the record.
    pub(super) metadata: Option<&'l Metadata<'l>>,
    /// The message as it was received, its frame header included, compressed if it came so.
    pub(super) frame: &'l [u8],
}

impl Letter<'_> {
    /// Appends the letter to `out`. Its key is the digest (13.28); without one the frame decides
    /// the partition.
    pub(super) fn write<T>(&self, topic: T, slot: u32, out: &mut Vec<u8>) -> Message<T> {
        let start = out.len();
        out.extend_from_slice(self.frame);
        let value = start..out.len();
        let digest = self.metadata.map(|metadata| metadata.digest.as_slice());
        let key = digest.map(|digest| {
            out.extend_from_slice(digest);
            narrow(value.end..out.len())
        });
        let digest_text = digest.map(|digest| STANDARD.encode_to_string(digest));
        let metadata = self.metadata;
        let known = [
            (NAMESPACE, metadata.map(|it| it.namespace)),
            (SET, metadata.and_then(|it| it.set)),
            (DIGEST, digest_text.as_ref().map(String::as_bytes)),
        ];
        let (reason, words) = (self.refusal.reason(), self.refusal.words());
        let why = [
            ("aeroduct.error.reason", Some(reason.as_bytes())),
            ("aeroduct.error.message", Some(words.as_bytes())),
        ];
        let headers = why.into_iter().chain(known);
        let headers = headers.filter(|(_, value)| value.is_some());
        let extras = extras::write(out, None, headers);
        Message {
            topic,
            key,
            value: narrow(value),
            extras,
            hash: murmur2(digest.unwrap_or(self.frame)),
            slot,
        }
    }
}
