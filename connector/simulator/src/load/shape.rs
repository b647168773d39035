//! Which bins the generated records have.

use std::fmt;

use aeroduct_record::cdt::MapOrder;
use aeroduct_record::{Collection, Operation, Particle};
use aeroduct_wire::encode::{BinsWriter, CdtWriter, EncodeError, MessageWriter};

use super::change::mix;

/// The bins of the generated records. Sizes are of the whole frame.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum RecordShape {
    /// A counter and a short text: about 160 bytes.
    Small,
    /// A customer with a list and a map: about 400 bytes.
    #[default]
    Typical,
    /// A document with text, a blob, a list of maps and a big map: about 8 KiB.
    Large,
    /// The record of our benchmarks: eight bins, 426 bytes, always the same values.
    Reference,
}

/// The first bin of every shape holds the record's number; this is what it is called.
const SEQUENCE_BIN: &str = "seq";
const REFERENCE_SEQUENCE_BIN: &str = "visits";

/// What a user key begins with; the key's number in ten digits follows.
const KEY_PREFIX: &str = "user:";
const REFERENCE_KEY_PREFIX: &str = "user:47:profile:";

const FIRST_NAMES: [&str; 8] = [
    "Ada", "Grace", "Edsger", "Barbara", "Donald", "Radia", "Zoë", "Søren",
];
const LAST_NAMES: [&str; 8] = [
    "Lovelace",
    "Hopper",
    "Dijkstra",
    "Liskov",
    "Knuth",
    "Perlman",
    "Müller",
    "Kierkegaard",
];
const CITIES: [&str; 6] = [
    "London",
    "New York",
    "Rotterdam",
    "北京",
    "São Paulo",
    "Zürich",
];
const STATES: [&str; 6] = [
    "active",
    "created",
    "payment pending",
    "suspended",
    "verified by phone",
    "archived",
];
const TAGS: [&str; 6] = [
    "beta",
    "newsletter",
    "premium",
    "returning",
    "student",
    "wholesale",
];
const WORDS: [&str; 12] = [
    "record",
    "change",
    "\"quoted\"",
    "cluster",
    "stream",
    "partition",
    "naïve",
    "offset",
    "line\nbreak",
    "topic",
    "replica",
    "key",
];

impl RecordShape {
    /// The name of the integer bin with the record's number, which a consumer counts by.
    ///
    /// Numbers begin at [`super::LoadPlan::first_sequence`] and have no gap over all connections.
    /// Deletes carry no bins; with a key space of 0 the number is in their key too.
    pub const fn sequence_bin(self) -> &'static str {
        match self {
            Self::Small | Self::Typical | Self::Large => SEQUENCE_BIN,
            Self::Reference => REFERENCE_SEQUENCE_BIN,
        }
    }

    pub(super) const fn key_prefix(self) -> &'static str {
        match self {
            Self::Small | Self::Typical | Self::Large => KEY_PREFIX,
            Self::Reference => REFERENCE_KEY_PREFIX,
        }
    }

    /// How many different records of this shape are prepared.
    pub(super) const fn variants(self) -> u64 {
        match self {
            Self::Small | Self::Typical => 64,
            Self::Large => 16,
            Self::Reference => 1,
        }
    }

    /// The bytes of all bins of one record; the number in the first bin is still 0.
    pub(super) fn bins(self, seed: u64) -> Result<Bins, EncodeError> {
        let mut draw = Draw(seed);
        let write = Operation::Write { whole_record: true };
        let start = MessageWriter::new(&mut Vec::new(), write).finish()?;
        let mut frame = Vec::new();
        let bins = MessageWriter::new(&mut frame, write)
            .bins()
            .bin(self.sequence_bin().as_bytes(), &Particle::Integer(0));
        match self {
            Self::Small => small(bins, &mut draw).finish()?,
            Self::Typical => typical(bins, &mut draw).finish()?,
            Self::Large => large(bins, &mut draw).finish()?,
            Self::Reference => reference(bins).finish()?,
        };
        let count = [frame.get(28).copied(), frame.get(29).copied()].map(Option::unwrap_or_default);
        Ok(Bins {
            bytes: frame.split_off(start),
            count,
        })
    }
}

impl fmt::Display for RecordShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Small => "small",
            Self::Typical => "typical",
            Self::Large => "large",
            Self::Reference => "reference",
        })
    }
}

/// The bins of one record as they go over the wire.
#[derive(Clone, Debug)]
pub(super) struct Bins {
    pub(super) bytes: Vec<u8>,
    /// How many, as in the message header.
    pub(super) count: [u8; 2],
}

fn small<'v>(bins: BinsWriter<'v>, draw: &mut Draw) -> BinsWriter<'v> {
    bins.bin(b"state", &Particle::String(draw.one_of(&STATES).as_bytes()))
}

fn typical<'v>(bins: BinsWriter<'v>, draw: &mut Draw) -> BinsWriter<'v> {
    let (given, family) = (draw.one_of(&FIRST_NAMES), draw.one_of(&LAST_NAMES));
    let email = format!(
        "{}.{}@example.com",
        given.to_lowercase(),
        family.to_lowercase()
    );
    let mut tags = Vec::new();
    let count = draw.up_to(3) + 1;
    let mut list = CdtWriter::new(&mut tags);
    list.list(u32::from(count));
    for _ in 0..count {
        list.string(draw.one_of(&TAGS).as_bytes());
    }
    let mut address = Vec::new();
    CdtWriter::new(&mut address)
        .map(3, MapOrder::Key)
        .string(b"city")
        .string(draw.one_of(&CITIES).as_bytes())
        .string(b"number")
        .integer(i64::from(draw.up_to(999)))
        .string(b"street")
        .string(format!("{} Street", draw.one_of(&LAST_NAMES)).as_bytes());
    bins.bin(
        b"name",
        &Particle::String(format!("{given} {family}").as_bytes()),
    )
    .bin(b"email", &Particle::String(email.as_bytes()))
    .bin(
        b"balance",
        &Particle::Double(f64::from(draw.up_to(60_000)) / 4.0),
    )
    .bin(b"logins", &Particle::Integer(draw.up_to(10_000).into()))
    .bin(b"verified", &Particle::Bool(draw.up_to(1) == 1))
    .bin(b"tags", &Particle::List(Collection::new(&tags)))
    .bin(b"address", &Particle::Map(Collection::new(&address)))
}

fn large<'v>(bins: BinsWriter<'v>, draw: &mut Draw) -> BinsWriter<'v> {
    let text: Vec<_> = (0..400).map(|_| draw.one_of(&WORDS)).collect();
    let image: Vec<u8> = (0..3072).map(|_| draw.byte()).collect();
    let mut orders = Vec::new();
    let mut list = CdtWriter::new(&mut orders);
    list.list(24);
    for number in 0..24 {
        list.map(3, MapOrder::Key)
            .string(b"amount")
            .double(f64::from(draw.up_to(40_000)) / 8.0)
            .string(b"id")
            .integer(number)
            .string(b"state")
            .string(draw.one_of(&STATES).as_bytes());
    }
    let mut scores = Vec::new();
    let mut map = CdtWriter::new(&mut scores);
    map.map(48, MapOrder::Key);
    for game in 0..48 {
        map.string(format!("game-{game:02}").as_bytes())
            .integer(draw.up_to(60_000).into());
    }
    let place = format!(
        r#"{{"type":"Point","coordinates":[{}.5,{}.25]}}"#,
        draw.up_to(179),
        draw.up_to(89)
    );
    bins.bin(b"text", &Particle::String(text.join(" ").as_bytes()))
        .bin(b"image", &Particle::Blob(&image))
        .bin(b"orders", &Particle::List(Collection::new(&orders)))
        .bin(b"scores", &Particle::Map(Collection::new(&scores)))
        .geojson(b"place", false, &[], place.as_bytes())
}

fn reference(bins: BinsWriter<'_>) -> BinsWriter<'_> {
    let token: Vec<u8> = (0..48).collect();
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
    bins.bin(b"balance", &Particle::Double(1234.5678))
        .bin(b"name", &Particle::String(b"Ada Lovelace, Countess"))
        .bin(b"address", &Particle::String(address.as_bytes()))
        .bin(b"active", &Particle::Bool(true))
        .bin(b"last_seen", &Particle::Integer(1_763_710_123))
        .bin(b"token", &Particle::Blob(&token))
        .bin(b"attrs", &Particle::Map(Collection::new(&attrs)))
}

/// Draws values; the same seed draws the same ones.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = mix(self.0);
        self.0
    }

    fn up_to(&mut self, max: u16) -> u16 {
        u16::try_from(self.next() % (u64::from(max) + 1)).unwrap_or(max)
    }

    fn byte(&mut self) -> u8 {
        let [byte, ..] = self.next().to_be_bytes();
        byte
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        let at = self.next() % (texts.len().max(1) as u64);
        usize::try_from(at)
            .ok()
            .and_then(|at| texts.get(at))
            .copied()
            .unwrap_or_default()
    }
}
