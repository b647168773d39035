//! A change in few words, for people who watch it go by.

use std::fmt::Write as _;

use aeroduct_record::cdt::{Event, Value};
use aeroduct_record::{Bin, Collection, Operation, Particle, Record};
use aeroduct_wire::{FrameKind, Inflater, next_frame, parse_message};

use crate::text;

/// The longest text made of one value and of all bins together, in characters.
const VALUE_CHARS: usize = 60;
const BINS_CHARS: usize = 400;

/// One change in few words. Control characters are replaced, so that it can be printed as it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Summary {
    pub operation: &'static str,
    pub namespace: String,
    pub set: Option<String>,
    /// The user key; without one, the first bytes of the digest.
    pub key: String,
    /// Names and values of the bins.
    pub bins: Vec<(String, String)>,
}

impl Summary {
    pub fn of(record: &Record<'_>) -> Self {
        let metadata = &record.metadata;
        Self {
            operation: operation(metadata.operation),
            namespace: plain(metadata.namespace),
            set: metadata.set.map(plain),
            key: metadata
                .user_key
                .map_or_else(|| digest(metadata.digest), key),
            bins: bins(record),
        }
    }

    /// The bins as `name=value`, one behind the other.
    pub fn bins_text(&self) -> String {
        let bins: Vec<_> = self
            .bins
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        bins.join(" ")
    }

    /// `namespace/set`, or the namespace alone.
    pub fn place(&self) -> String {
        match &self.set {
            Some(set) => format!("{}/{set}", self.namespace),
            None => self.namespace.clone(),
        }
    }
}

/// What one whole frame says, or why nobody can tell.
pub fn summarize(frame: &[u8], inflater: &mut Inflater) -> Result<Summary, String> {
    let frame = match next_frame(frame, u64::MAX) {
        Ok(Some(frame)) => frame,
        Ok(None) => return Err("the frame is not whole".to_owned()),
        Err(error) => return Err(text::chain(&error)),
    };
    let frame = match frame.kind() {
        FrameKind::Message => frame,
        FrameKind::Compressed => inflater
            .inflate(frame)
            .map_err(|error| text::chain(&error))?,
    };
    let record = parse_message(frame.body()).map_err(|error| text::chain(&error))?;
    Ok(Summary::of(&record))
}

const fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::Write { whole_record: true } => "write",
        Operation::Write {
            whole_record: false,
        } => "update",
        Operation::Delete { durable: false } => "delete",
        Operation::Delete { durable: true } => "durable delete",
    }
}

fn digest(digest: &[u8; 20]) -> String {
    let mut text = String::from("#");
    push_hex(&mut text, digest.first_chunk::<6>().unwrap_or(&[0; 6]));
    text.push('…');
    text
}

fn key(key: Particle<'_>) -> String {
    match key {
        Particle::String(text) => plain(text),
        other => {
            let mut brief = Brief::new(VALUE_CHARS);
            brief.particle(other);
            brief.text
        }
    }
}

fn bins(record: &Record<'_>) -> Vec<(String, String)> {
    let mut chars = 0;
    let mut bins = Vec::new();
    for bin in record.bins {
        if chars > BINS_CHARS {
            bins.push(("…".to_owned(), String::new()));
            break;
        }
        let (name, value) = (plain(bin.name), value(&bin));
        chars += name.chars().count() + value.chars().count();
        bins.push((name, value));
    }
    bins
}

fn value(bin: &Bin<'_>) -> String {
    let mut brief = Brief::new(VALUE_CHARS);
    match bin.particle() {
        Ok(Particle::Null) => brief.push("(deleted)"),
        Ok(particle) => brief.particle(particle),
        Err(_) => brief.push(&format!("(unreadable {})", bin.kind.name())),
    }
    brief.text
}

/// Text that stops growing at a limit.
struct Brief {
    text: String,
    room: usize,
}

impl Brief {
    fn new(room: usize) -> Self {
        Self {
            text: String::new(),
            room,
        }
    }

    fn is_full(&self) -> bool {
        self.room == 0
    }

    fn push(&mut self, text: &str) {
        for character in text.chars() {
            if self.room == 0 {
                return;
            }
            self.room -= 1;
            self.text.push(if self.room == 0 {
                '…'
            } else {
                printable(character)
            });
        }
    }

    fn particle(&mut self, particle: Particle<'_>) {
        match particle {
            Particle::Null => self.push("null"),
            Particle::Integer(number) => self.push(&number.to_string()),
            Particle::Double(number) => self.push(&format!("{number:?}")),
            Particle::String(text) => self.quoted(text),
            Particle::Bool(claim) => self.push(if claim { "true" } else { "false" }),
            Particle::Map(collection) | Particle::List(collection) => self.collection(collection),
            Particle::GeoJson(text) => self.push(&String::from_utf8_lossy(text)),
            Particle::Blob(bytes) => self.sized("blob", bytes),
            Particle::Vector(bytes) => self.sized("vector", bytes),
            Particle::Hll(bytes) => self.sized("hyperloglog", bytes),
            Particle::LanguageBlob(kind, bytes) | Particle::Unknown(kind, bytes) => {
                self.sized(kind.name(), bytes);
            }
        }
    }

    fn quoted(&mut self, text: &[u8]) {
        self.push("\"");
        self.push(&String::from_utf8_lossy(text));
        self.push("\"");
    }

    fn sized(&mut self, kind: &str, bytes: &[u8]) {
        self.push(&format!("<{kind} {} B>", bytes.len()));
    }

    /// Walks a list or map as far as there is room.
    fn collection(&mut self, collection: Collection<'_>) {
        let mut reader = collection.reader();
        // Of each open collection: whether it is a map, and how many elements were seen.
        let mut open: Vec<(bool, u32)> = Vec::new();
        while !self.is_full() {
            let event = match reader.next() {
                Ok(Some(event)) => event,
                Ok(None) => return,
                Err(_) => return self.push("(unreadable)"),
            };
            if let Event::End = event {
                self.push(if open.pop().is_some_and(|(is_map, _)| is_map) {
                    "}"
                } else {
                    "]"
                });
                continue;
            }
            if let Some((is_map, seen)) = open.last_mut() {
                let separator = match (*is_map, *seen) {
                    (_, 0) => "",
                    (true, seen) if !seen.is_multiple_of(2) => ": ",
                    _ => ", ",
                };
                *seen += 1;
                self.push(separator);
            }
            match event {
                Event::ListStart { .. } => self.open(&mut open, false),
                Event::MapStart { .. } => self.open(&mut open, true),
                Event::Value(value) => self.value(value),
                Event::End => {}
            }
        }
    }

    fn open(&mut self, open: &mut Vec<(bool, u32)>, is_map: bool) {
        open.push((is_map, 0));
        self.push(if is_map { "{" } else { "[" });
    }

    fn value(&mut self, value: Value<'_>) {
        match value {
            Value::Nil => self.push("null"),
            Value::Bool(claim) => self.push(if claim { "true" } else { "false" }),
            Value::Integer(number) => self.push(&number.to_string()),
            Value::Unsigned(number) => self.push(&number.to_string()),
            Value::Double(number) => self.push(&format!("{number:?}")),
            Value::String(text) => self.quoted(text),
            Value::GeoJson(text) => self.push(&String::from_utf8_lossy(text)),
            Value::Blob(bytes) => self.sized("blob", bytes),
            Value::Hll(bytes) => self.sized("hyperloglog", bytes),
            Value::LanguageBlob(kind, bytes) | Value::Unknown(kind, bytes) => {
                self.sized(kind.name(), bytes);
            }
            Value::Wildcard => self.push("*"),
            Value::Infinity => self.push("∞"),
        }
    }
}

/// A peer's name as text that a terminal can be given.
fn plain(name: &[u8]) -> String {
    String::from_utf8_lossy(name)
        .chars()
        .map(printable)
        .collect()
}

fn printable(character: char) -> char {
    if character.is_control() {
        '·'
    } else {
        character
    }
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _infallible = write!(text, "{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use aeroduct_record::{Bins, Metadata, ParticleKind, Ttl};

    use super::*;

    fn record<'a>(user_key: Option<Particle<'a>>, bins: Bins<'a>) -> Record<'a> {
        Record {
            metadata: Metadata {
                operation: Operation::Write { whole_record: true },
                namespace: b"test",
                set: Some(b"users"),
                digest: &[0xab; 20],
                user_key,
                generation: Some(1),
                last_update: None,
                ttl: Ttl::Never,
            },
            bins,
        }
    }

    fn bin(name: &str, kind: ParticleKind, value: &[u8]) -> Vec<u8> {
        let size = u32::try_from(4 + name.len() + value.len()).unwrap();
        let mut bytes = size.to_be_bytes().to_vec();
        bytes.extend([2, kind.0, 0, u8::try_from(name.len()).unwrap()]);
        bytes.extend(name.as_bytes());
        bytes.extend(value);
        bytes
    }

    #[test]
    fn a_record_is_told_by_operation_place_key_and_bins() {
        let ops = [
            bin("age", ParticleKind::INTEGER, &36_i64.to_be_bytes()),
            bin("name", ParticleKind::STRING, b"Ada"),
            bin("gone", ParticleKind::NULL, b""),
        ]
        .concat();
        let bins = Bins::parse(&ops, 3).unwrap();
        let summary = Summary::of(&record(Some(Particle::Integer(777)), bins));
        assert_eq!(summary.operation, "write");
        assert_eq!(summary.place(), "test/users");
        assert_eq!(summary.key, "777");
        assert_eq!(summary.bins_text(), "age=36 name=\"Ada\" gone=(deleted)");
    }

    #[test]
    fn a_record_without_a_stored_key_is_told_by_its_digest() {
        let summary = Summary::of(&record(None, Bins::EMPTY));
        assert_eq!(summary.key, "#abababababab…");
    }

    #[test]
    fn collections_are_shown_from_the_inside() {
        // {"a": [1, true], "b": nil}
        let map = [0x82, 0xa2, 3, b'a', 0x92, 1, 0xc3, 0xa2, 3, b'b', 0xc0];
        let ops = bin("m", ParticleKind::MAP, &map);
        let summary = Summary::of(&record(None, Bins::parse(&ops, 1).unwrap()));
        assert_eq!(summary.bins_text(), "m={\"a\": [1, true], \"b\": null}");
    }

    #[test]
    fn long_values_are_cut_and_control_characters_replaced() {
        let ops = bin(
            "s",
            ParticleKind::STRING,
            "\u{1b}[31m".repeat(50).as_bytes(),
        );
        let summary = Summary::of(&record(None, Bins::parse(&ops, 1).unwrap()));
        let [(name, value)] = summary.bins.as_slice() else {
            panic!("one bin, one summary: {summary:?}")
        };
        assert_eq!(name, "s");
        assert!(value.starts_with("\"·[31m·[31m"), "{value}");
        assert!(value.ends_with('…'));
        assert_eq!(value.chars().count(), VALUE_CHARS);
    }
}
