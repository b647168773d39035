//! Makes the frames of a load: prepared once, patched in place for every record.
//!
//! Per record: two copies and a handful of stores. Building a message field by field would cost
//! the load generator more than a good connector needs to read it.

use aeroduct_record::{LastUpdate, Operation, Particle, Ttl};
use aeroduct_wire::encode::{self, EncodeError, MessageWriter};
use ripemd::{Digest, Ripemd160};

use super::change::{Change, Kind, mix};
use super::plan::LoadPlan;
use super::shape::{Bins, RecordShape};

/// How long generated records live.
const TTL: Ttl = Ttl::Seconds(86_400);

/// Digits of a key's number.
const KEY_DIGITS: usize = 10;

/// Where a frame has its length, its generation and its count of bins; where its fields begin.
const LENGTH_AT: usize = 2;
const GENERATION_AT: usize = 14;
const BINS_AT: usize = 28;
const FIELDS_AT: usize = 30;

/// What a field has in front of its content: a size of 4 bytes and its number.
const FIELD_HEADER: usize = 5;

/// The kind of a user key, which counts into the digest.
const STRING_KEY: u8 = 3;

/// What all connections of a run share: one head per (namespace, set), one tail per variant.
#[derive(Debug)]
pub(super) struct Templates {
    lanes: Vec<Lane>,
    variants: Vec<Bins>,
    sequence_at: usize,
    frame_len_max: usize,
}

/// The front part of a frame, up to its bins.
#[derive(Debug)]
struct Lane {
    write: Vec<u8>,
    delete: Vec<u8>,
    set: Vec<u8>,
    digest_at: usize,
    /// Where the user key begins, and where its digits do.
    key_at: usize,
    digits_at: usize,
    last_update_at: usize,
}

impl Templates {
    pub(super) fn new(plan: &LoadPlan) -> Result<Self, EncodeError> {
        let lanes: Vec<_> = plan
            .namespaces
            .iter()
            .flat_map(|namespace| plan.sets.iter().map(move |set| (namespace, set)))
            .map(|(namespace, set)| Lane::new(plan.shape, namespace, set))
            .collect::<Result<_, _>>()?;
        let variants: Vec<_> = (0..plan.shape.variants())
            .map(|variant| plan.shape.bins(mix(plan.seed ^ mix(variant))))
            .collect::<Result<_, _>>()?;
        let head_max = lanes.iter().map(|lane| lane.write.len()).max().unwrap_or(0);
        let tail_max = variants
            .iter()
            .map(|bins| bins.bytes.len())
            .max()
            .unwrap_or(0);
        Ok(Self {
            lanes,
            variants,
            // The first bin: 8 bytes of header, its name, its value.
            sequence_at: 8 + plan.shape.sequence_bin().len(),
            frame_len_max: head_max + tail_max,
        })
    }
}

impl Lane {
    fn new(shape: RecordShape, namespace: &str, set: &str) -> Result<Self, EncodeError> {
        let key = format!("{}{:0KEY_DIGITS$}", shape.key_prefix(), 0);
        let head = |operation, ttl| {
            let mut frame = Vec::new();
            MessageWriter::new(&mut frame, operation)
                .ttl(ttl)
                .namespace(namespace.as_bytes())
                .digest(&[0; 20])
                .set(set.as_bytes())
                .user_key(&Particle::String(key.as_bytes()))
                .last_update(LastUpdate::from_raw(1))
                .finish()?;
            Ok(frame)
        };
        let write = head(Operation::Write { whole_record: true }, TTL)?;
        let digest_at = FIELDS_AT + FIELD_HEADER + namespace.len() + FIELD_HEADER;
        // Behind the digest: the set, the header of the key and the kind of the key.
        let key_at = digest_at + 20 + FIELD_HEADER + set.len() + FIELD_HEADER + 1;
        Ok(Self {
            delete: head(Operation::Delete { durable: false }, Ttl::Unknown)?,
            set: set.as_bytes().to_vec(),
            digest_at,
            key_at,
            digits_at: key_at + shape.key_prefix().len(),
            last_update_at: write.len() - 8,
            write,
        })
    }
}

/// Makes the frames of one connection.
#[derive(Debug)]
pub(super) struct Forge<'t> {
    templates: &'t Templates,
    /// By the key's slot, so by its place on the walk; all zeroes until the key is first used.
    digests: Vec<[u8; 20]>,
    compress: Option<Vec<u8>>,
}

impl<'t> Forge<'t> {
    pub(super) fn new(templates: &'t Templates, keys: Option<u64>, compress: bool) -> Self {
        let keys = keys
            .and_then(|keys| usize::try_from(keys).ok())
            .unwrap_or(0);
        Self {
            templates,
            digests: vec![[0; 20]; keys],
            compress: compress.then(Vec::new),
        }
    }

    /// The length of the longest frame.
    pub(super) fn len_max(&self) -> usize {
        self.templates.frame_len_max
    }

    /// Appends the frame of one change.
    pub(super) fn append(&mut self, change: &Change, last_update: u64, out: &mut Vec<u8>) {
        let Some(mut scratch) = self.compress.take() else {
            return self.append_plain(change, last_update, out);
        };
        scratch.clear();
        self.append_plain(change, last_update, &mut scratch);
        if encode::compress(&scratch, out).is_err() {
            // A source sends what it cannot compress as it is.
            out.extend_from_slice(&scratch);
        }
        self.compress = Some(scratch);
    }

    fn append_plain(&mut self, change: &Change, last_update: u64, out: &mut Vec<u8>) {
        let templates = self.templates;
        let (Some(lane), Some(bins)) = (
            pick(&templates.lanes, change.lane),
            pick(&templates.variants, change.random),
        ) else {
            return;
        };
        let start = out.len();
        match change.kind {
            Kind::Delete => out.extend_from_slice(&lane.delete),
            Kind::Write | Kind::Malformed => {
                out.extend_from_slice(&lane.write);
                out.extend_from_slice(&bins.bytes);
            }
        }
        let Some(frame) = out.get_mut(start..) else {
            return;
        };
        let [_, _, length @ ..] = (frame.len() as u64 - 8).to_be_bytes();
        patch(frame, LENGTH_AT, &length);
        patch(
            frame,
            GENERATION_AT,
            &u32::from(change.generation).to_be_bytes(),
        );
        patch(frame, lane.last_update_at, &last_update.to_be_bytes());
        patch(frame, lane.digits_at, &digits(change.key));
        let key = frame
            .get(lane.key_at..lane.digits_at + KEY_DIGITS)
            .unwrap_or_default();
        let digest = self.digest(change, &lane.set, key);
        patch(frame, lane.digest_at, &digest);
        if change.kind != Kind::Delete {
            patch(frame, BINS_AT, &bins.count);
            let sequence_at = lane.write.len() + templates.sequence_at;
            patch(frame, sequence_at, &change.sequence.to_be_bytes());
        }
        if change.kind == Kind::Malformed {
            // The last field announces more bytes than the message has.
            patch(frame, lane.last_update_at - FIELD_HEADER, &[0xff; 4]);
        }
    }

    fn digest(&mut self, change: &Change, set: &[u8], key: &[u8]) -> [u8; 20] {
        let Some(known) = change.slot.and_then(|slot| self.digests.get_mut(slot)) else {
            return digest_of(set, key);
        };
        if *known == [0; 20] {
            *known = digest_of(set, key);
        }
        *known
    }
}

/// The digest by which a server knows a record: over its set and its key.
fn digest_of(set: &[u8], key: &[u8]) -> [u8; 20] {
    Ripemd160::new()
        .chain_update(set)
        .chain_update([STRING_KEY])
        .chain_update(key)
        .finalize()
        .into()
}

fn pick<T>(choices: &[T], number: u64) -> Option<&T> {
    let at = number.checked_rem(choices.len() as u64)?;
    choices.get(usize::try_from(at).ok()?)
}

fn patch(frame: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = frame.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// A key's number in ten digits.
fn digits(number: u64) -> [u8; KEY_DIGITS] {
    let mut digits = [b'0'; KEY_DIGITS];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        let [low, ..] = (rest % 10).to_le_bytes();
        *digit = b'0' + low;
        rest /= 10;
    }
    digits
}

#[cfg(test)]
mod tests;
