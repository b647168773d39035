//! The record that all figures are for: 8 bins, 377 bytes on the wire, written by serde the
//! way a program without a writer of its own would do it.

pub(crate) mod packed;

use aeroduct_record::cdt::MapOrder;
use aeroduct_record::cdt::{Event, Value};
use aeroduct_record::{Collection, LastUpdate, Operation, Particle, Record, Ttl};
use aeroduct_wire::encode::{CdtWriter, EncodeError, MessageWriter};
use base64::Engine;
use serde::Serialize;

/// When the record arrives, in seconds since 1970.
pub(crate) const ARRIVED: u64 = 1_763_710_124;

/// The frame of the reference record.
pub(crate) fn frame() -> Result<Vec<u8>, EncodeError> {
    let token: Vec<u8> = (0..48).collect();
    let digest = *b"reference-record-xyz";
    let mut attrs = Vec::new();
    CdtWriter::new(&mut attrs)
        .map(3, MapOrder::Unordered)
        .string(b"tier")
        .integer(3)
        .string(b"region")
        .integer(7)
        .string(b"score")
        .integer(99);
    let address = "12 St James's Square, London SW1Y 4LB, United Kingdom \"east\"";
    let mut frame = Vec::new();
    MessageWriter::new(&mut frame, Operation::Write { whole_record: true })
        .generation(12)
        .ttl(Ttl::Seconds(86_400))
        .namespace(b"production")
        .digest(&digest)
        .set(b"user_profiles")
        .user_key(&Particle::String(b"user:47:profile:0000098231"))
        .last_update(LastUpdate::from_unix_ms(1_763_710_123_456, 0))
        .bins()
        .bin(b"visits", &Particle::Integer(918_273_645))
        .bin(b"balance", &Particle::Double(1234.5678))
        .bin(b"name", &Particle::String(b"Ada Lovelace, Countess"))
        .bin(b"address", &Particle::String(address.as_bytes()))
        .bin(b"active", &Particle::Bool(true))
        .bin(b"last_seen", &Particle::Integer(1_763_710_123))
        .bin(b"token", &Particle::Blob(&token))
        .bin(b"attrs", &Particle::Map(Collection::new(&attrs)))
        .finish()?;
    Ok(frame)
}

/// The bins of the reference record, as typed members.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Reference<'a> {
    metadata: Metadata<'a>,
    visits: i64,
    balance: f64,
    name: &'a str,
    address: &'a str,
    active: bool,
    last_seen: i64,
    token: String,
    attrs: Attrs,
}

#[derive(Debug, Default, Serialize)]
struct Metadata<'a> {
    namespace: &'a str,
    set: &'a str,
    #[serde(rename = "userKey")]
    user_key: &'a str,
    digest: String,
    msg: &'static str,
    #[serde(rename = "gen")]
    generation: u32,
    lut: u64,
    exp: u64,
}

/// The Kafka key: the first four of the metadata.
#[derive(Debug, Serialize)]
pub(crate) struct Identity<'a> {
    namespace: &'a str,
    set: &'a str,
    #[serde(rename = "userKey")]
    user_key: &'a str,
    digest: &'a str,
}

#[derive(Debug, Default, Serialize)]
struct Attrs {
    tier: i64,
    region: i64,
    score: i64,
}

fn encode(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

impl<'a> Reference<'a> {
    /// The key of this record.
    pub(crate) fn identity(&self) -> Identity<'_> {
        Identity {
            namespace: self.metadata.namespace,
            set: self.metadata.set,
            user_key: self.metadata.user_key,
            digest: &self.metadata.digest,
        }
    }

    /// Reads the record by name, as a derived type would be filled.
    pub(crate) fn of(record: &Record<'a>) -> Self {
        let metadata = &record.metadata;
        let mut it = Self {
            metadata: Metadata {
                namespace: text(metadata.namespace),
                set: text(metadata.set.unwrap_or_default()),
                user_key: match metadata.user_key {
                    Some(Particle::String(key)) => text(key),
                    _ => "",
                },
                digest: encode(metadata.digest),
                msg: "write",
                generation: metadata.generation.unwrap_or_default(),
                lut: metadata.last_update.map_or(0, LastUpdate::unix_ms),
                exp: match metadata.ttl {
                    Ttl::Seconds(ttl) => ARRIVED + u64::from(ttl),
                    _ => 0,
                },
            },
            ..Self::default()
        };
        for bin in &record.bins {
            match (bin.name, bin.particle()) {
                (b"visits", Ok(Particle::Integer(value))) => it.visits = value,
                (b"balance", Ok(Particle::Double(value))) => it.balance = value,
                (b"name", Ok(Particle::String(value))) => it.name = text(value),
                (b"address", Ok(Particle::String(value))) => it.address = text(value),
                (b"active", Ok(Particle::Bool(value))) => it.active = value,
                (b"last_seen", Ok(Particle::Integer(value))) => it.last_seen = value,
                (b"token", Ok(Particle::Blob(value))) => it.token = encode(value),
                (b"attrs", Ok(Particle::Map(map))) => it.attrs = Attrs::of(map.reader()),
                _ => {}
            }
        }
        it
    }
}

impl Attrs {
    fn of(mut reader: aeroduct_record::cdt::Reader<'_>) -> Self {
        let mut attrs = Self::default();
        while let Ok(Some(event)) = reader.next() {
            if let Event::Value(Value::String(key)) = event
                && let Ok(Some(Event::Value(Value::Integer(value)))) = reader.next()
            {
                match key {
                    b"tier" => attrs.tier = value,
                    b"region" => attrs.region = value,
                    b"score" => attrs.score = value,
                    _ => {}
                }
            }
        }
        attrs
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The value that the ceiling publishes for every record: as long as the one that is written for
/// the reference record.
pub(crate) const PREBUILT: &[u8] = &[b'x'; 503];
