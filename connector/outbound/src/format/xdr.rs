//! `xdr`: the message as it was received, its frame header included, inflated when it came compressed
//! (13.20). The Kafka key is the digest.

use super::Rendered;
use crate::lane::Change;

/// Appends the message and, where it is asked for, the key.
#[inline]
pub(super) fn write(change: &Change<'_>, out: &mut Vec<u8>, has_key: bool) -> Rendered {
    let start = out.len();
    out.extend_from_slice(change.frame);
    let value = start..out.len();
    if has_key {
        out.extend_from_slice(change.record.metadata.digest);
    }
    Rendered {
        key: has_key.then_some(value.end..out.len()),
        value,
    }
}
