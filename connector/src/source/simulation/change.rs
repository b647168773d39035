//! What sources send: changes of a few records, and what is no change at all; and how to know them
//! again in what is published.

use super::random::Random;
use super::setup::{Content, FRAME_BYTES_MAX, Setup, set_of};
use aeroduct_record::{LastUpdate, Operation, Particle};
use aeroduct_wire::encode::{self, MessageWriter};
use aeroduct_wire::{Frame, FrameKind, Inflater};

/// The last update of the change with the number 0; each further one is a millisecond later.
const FIRST_UPDATE_MS: u64 = 1_650_000_000_000;

/// Writes a frame with the change number `number`, of this record.
pub(super) fn write_change(out: &mut Vec<u8>, number: usize, record: usize, random: &mut Random) {
    write(
        out,
        number,
        record,
        set_of(record).map(str::as_bytes),
        random,
    );
}

/// Writes a frame with a change that a rule says is not to be published.
pub(super) fn write_skipped(out: &mut Vec<u8>, number: usize, record: usize, random: &mut Random) {
    write(
        out,
        number,
        record,
        Some(aeroduct_wire::MONITOR_SET),
        random,
    );
}

fn write(out: &mut Vec<u8>, number: usize, record: usize, set: Option<&[u8]>, random: &mut Random) {
    let operation = match random.below(4) {
        0 => Operation::Delete { durable: false },
        _ => Operation::Write {
            whole_record: random.percent(50),
        },
    };
    let update = LastUpdate::from_unix_ms(FIRST_UPDATE_MS + number as u64, 1);
    let mut frame = Vec::new();
    let mut message = MessageWriter::new(&mut frame, operation)
        .namespace(b"shop")
        .digest(&[u8::try_from(record).unwrap(); 20])
        .last_update(update);
    if let Some(set) = set {
        message = message.set(set);
    }
    let is_long = random.percent(1);
    let pad = vec![b'a'; random.below(if is_long { 100_000 } else { 40 })];
    let bins = match operation {
        Operation::Delete { .. } => message.bins(),
        Operation::Write { .. } => message.bins().bin(b"pad", &Particle::String(&pad)),
    };
    bins.finish().unwrap();
    if random.percent(5) {
        encode::compress(&frame, out).unwrap();
    } else {
        out.append(&mut frame);
    }
}

/// Writes a sound frame that holds no sound message.
pub(super) fn write_nonsense(out: &mut Vec<u8>, random: &mut Random) -> Content {
    let kind = random.pick(&[3, 4]);
    let len = u8::try_from(random.below(40)).unwrap();
    out.extend_from_slice(&[2, kind, 0, 0, 0, 0, 0, len]);
    out.resize(out.len() + usize::from(len), 0);
    Content::Refused
}

/// Writes the header of what is no frame.
pub(super) fn write_broken(out: &mut Vec<u8>, random: &mut Random) {
    out.extend_from_slice(&random.pick(&[
        [2, 2, 0, 0, 0, 0, 0, 9],
        [7, 3, 0, 0, 0, 0, 0, 9],
        [2, 3, 0, 0, 0, 255, 255, 255],
    ]));
}

impl Setup {
    /// Writes a frame with a change, and tells what it holds for a connection at this port.
    pub(super) fn write(
        &self,
        out: &mut Vec<u8>,
        (number, record, port): (usize, usize, u16),
        random: &mut Random,
    ) -> Content {
        if random.percent(4) {
            write_skipped(out, number, record, random);
            return Content::Skipped;
        }
        write_change(out, number, record, random);
        self.fate_of(record, port)
    }
}

/// The numbers of the changes that a message tells, in its order.
pub(super) fn numbers_in(value: &[u8]) -> Vec<usize> {
    if value.starts_with(&[2]) {
        numbers_in_frames(value)
    } else {
        numbers_in_json(value)
    }
}

fn numbers_in_frames(mut frames: &[u8]) -> Vec<usize> {
    let mut numbers = Vec::new();
    while let Some(frame) = aeroduct_wire::next_frame(frames, FRAME_BYTES_MAX).unwrap() {
        frames = &frames[frame.len()..];
        numbers.extend(number_in_frame(frame));
    }
    numbers
}

fn number_in_frame(frame: Frame<'_>) -> Option<usize> {
    let mut inflater = Inflater::new(FRAME_BYTES_MAX);
    let frame = match frame.kind() {
        FrameKind::Message => frame,
        FrameKind::Compressed => inflater.inflate(frame).ok()?,
    };
    let record = aeroduct_wire::parse_message(frame.body()).ok()?;
    Some(number_of(record.metadata.last_update?.unix_ms()))
}

fn numbers_in_json(text: &[u8]) -> Vec<usize> {
    const LABEL: &[u8] = b"\"lut\":";
    let labels = text.windows(LABEL.len()).enumerate();
    let ends = labels.filter_map(|(at, part)| (part == LABEL).then_some(at + LABEL.len()));
    let number = |end: usize| {
        let digits = text[end..].iter().take_while(|byte| byte.is_ascii_digit());
        number_of(digits.fold(0, |sum, &digit| sum * 10 + u64::from(digit - b'0')))
    };
    ends.map(number).collect()
}

fn number_of(update_ms: u64) -> usize {
    usize::try_from(update_ms - FIRST_UPDATE_MS).unwrap()
}
