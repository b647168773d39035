//! What the fuzz targets call, as ordinary functions: every one takes arbitrary bytes and panics
//! when a promise of this crate is broken. Tests call them too.

use aeroduct_record::cdt::{DEPTH_MAX, Event, Reader};
use aeroduct_record::{Particle, ParticleKind};

use crate::{FrameKind, Gunzip, Inflater, next_frame, parse_message, posted_frame};

/// The longest body that is tried: small enough that a fuzzer reaches it.
const LIMIT: u64 = 1 << 20;
/// The limit, a frame header, and the one byte by which too many are noticed.
const CAPACITY_MAX: usize = (1 << 20) + 8 + 1;

/// Reads `data` as what arrives on a connection: every whole frame, inflated where it is
/// compressed, and every message in it.
///
/// # Panics
///
/// When a frame is not a prefix of what is left, a frame that is cut is not told from a whole one,
/// or inflating takes more memory than the limit allows.
pub fn stream(data: &[u8]) {
    let mut inflater = Inflater::new(LIMIT);
    let mut rest = data;
    while let Ok(Some(frame)) = next_frame(rest, LIMIT) {
        let (taken, behind) = rest.split_at(frame.len());
        assert_eq!(taken, frame.bytes(), "a frame is the front of its stream");
        if let Some(cut) = taken.len().checked_sub(1).and_then(|len| taken.get(..len)) {
            let again = next_frame(cut, LIMIT);
            assert_eq!(again, Ok(None), "a cut frame waits for more bytes");
        }
        match frame.kind() {
            FrameKind::Message => message(frame.body()),
            FrameKind::Compressed => {
                if let Ok(inner) = inflater.inflate(frame) {
                    assert_eq!(inner.kind(), FrameKind::Message, "one level only");
                    message(inner.body());
                }
                assert!(inflater.capacity() <= CAPACITY_MAX, "memory is bounded");
            }
        }
        rest = behind;
    }
}

/// Reads `data` as the body of an HTTP request, as it came and inflated.
///
/// # Panics
///
/// When a frame is not all of its body but the version, or inflating takes more memory than the limit
/// allows.
pub fn http_body(data: &[u8]) {
    let mut gunzip = Gunzip::new(LIMIT);
    posted(data);
    if let Ok(inflated) = gunzip.inflate(data) {
        posted(inflated);
    }
    // A body is longer than its frame by the version.
    assert!(
        gunzip.capacity() <= CAPACITY_MAX.saturating_add(1),
        "memory is bounded"
    );
}

fn posted(body: &[u8]) {
    if let Ok(frame) = posted_frame(body, LIMIT) {
        assert_eq!(Some(frame.bytes()), body.get(1..), "one frame is all");
        stream(frame.bytes());
    }
}

/// Reads `data` as the body of a message, with all its values.
///
/// # Panics
///
/// When the bins are not as many as announced.
pub fn message(data: &[u8]) {
    let Ok(record) = parse_message(data) else {
        return;
    };
    let count = record.bins.iter().count();
    assert_eq!(
        count,
        record.bins.len(),
        "every bin of a parsed message can be read"
    );
    for bin in record.bins {
        if let Ok(value) = bin.particle() {
            walk(&value);
        }
    }
    if let Some(key) = &record.metadata.user_key {
        walk(key);
    }
}

/// Reads `data` as a value: its first byte is the kind.
///
/// # Panics
///
/// When the reader of lists and maps breaks its promises.
pub fn particle(data: &[u8]) {
    let Some((&kind, bytes)) = data.split_first() else {
        return;
    };
    if let Ok(value) = Particle::parse(ParticleKind(kind), bytes) {
        assert_eq!(value.kind(), ParticleKind(kind), "a value keeps its kind");
        walk(&value);
    }
}

fn walk(particle: &Particle<'_>) {
    if let Particle::Map(collection) | Particle::List(collection) = particle {
        walk_collection(collection.reader(), collection.bytes().len());
    }
}

fn walk_collection(mut reader: Reader<'_>, len: usize) {
    // Every step but an end takes a byte at least, and no end comes without a start.
    let most = len.saturating_mul(2);
    let mut steps = 0_usize;
    while let Ok(Some(event)) = reader.next() {
        steps = steps.saturating_add(1);
        assert!(
            steps <= most,
            "a value of {len} bytes has at most {most} steps"
        );
        assert!(reader.depth() <= DEPTH_MAX, "nesting is bounded");
        if let Event::ListStart { len: count, .. } | Event::MapStart { len: count, .. } = event {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            assert!(count <= len, "{count} elements need as many bytes");
        }
    }
}

#[cfg(test)]
mod tests;
