//! Properties of the formats: what is written reads back as the record it was made of, whatever it holds.
//!
//! The expected values are built from the generated records by a walk over their trees; none of the
//! writer's code takes part.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails here fails a test"
)]

#[path = "properties/avro.rs"]
mod avro;
#[path = "properties/packed.rs"]
mod packed;
#[path = "properties/tree.rs"]
mod tree;

use aeroduct_config::{Format, Plan, avro::key_map_schema};
use aeroduct_outbound::{self as outbound, Lane, Prepared, Scratch, UnixSeconds};
use aeroduct_record::{Bins, LastUpdate, Metadata, Operation, Particle, ParticleKind, Record, Ttl};
use aeroduct_wire::encode::MessageWriter;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tree::{Tree, lossy};

const PORT: u16 = 8080;
const ARRIVED: u64 = 1_700_000_000;

fn plan(format: Format) -> Plan {
    let text = "producer-props: {bootstrap.servers: [localhost:9092]}\nrouting: {mode: static, destination: all}\n";
    let mut plan =
        aeroduct_config::parse(text, "config.yaml").unwrap_or_else(|faults| panic!("{faults}"));
    plan.outbound.general.items.format = Some(format);
    plan
}

fn json_format() -> Format {
    Format::Json {
        stringify_map_keys: true,
    }
}

fn flat_json_format() -> Format {
    Format::FlatJson {
        metadata_key: "metadata".to_owned(),
        stringify_map_keys: true,
    }
}

/// One change, owned.
#[derive(Clone, Debug)]
struct Change {
    operation: Operation,
    namespace: Vec<u8>,
    set: Option<Vec<u8>>,
    digest: [u8; 20],
    user_key: Option<Tree>,
    generation: Option<u32>,
    last_update: Option<u64>,
    ttl: Ttl,
    bins: Vec<(Vec<u8>, Tree)>,
}

impl Change {
    fn frame(&self) -> Vec<u8> {
        let mut frame = Vec::new();
        let mut writer = MessageWriter::new(&mut frame, self.operation)
            .namespace(&self.namespace)
            .digest(&self.digest)
            .generation(self.generation.unwrap_or(0))
            .ttl(self.ttl)
            .last_update(
                self.last_update
                    .and_then(|unix_ms| LastUpdate::from_unix_ms(unix_ms, 3)),
            );
        if let Some(set) = &self.set {
            writer = writer.set(set);
        }
        if let Some(key) = &self.user_key {
            writer = key.with_particle(|key| writer.user_key(key));
        }
        let mut bins = writer.bins();
        for (name, value) in &self.bins {
            bins = value.with_particle(|value| bins.bin(name, value));
        }
        bins.finish().unwrap();
        frame
    }

    fn digest_text(&self) -> String {
        BASE64_STANDARD.encode(self.digest)
    }

    fn expiry(&self) -> Option<u64> {
        match self.ttl {
            _ if self.operation.is_delete() => None,
            Ttl::Never => Some(0),
            Ttl::Unknown => None,
            Ttl::Seconds(ttl) => Some(ARRIVED + u64::from(ttl)),
        }
    }

    fn durable(&self) -> Option<bool> {
        match self.operation {
            Operation::Write { .. } => None,
            Operation::Delete { durable } => Some(durable),
        }
    }

    fn kind(&self) -> &'static str {
        if self.operation.is_delete() {
            "delete"
        } else {
            "write"
        }
    }

    fn expected_json(&self) -> (Value, Value) {
        let set = self.set.as_ref().map(|set| lossy(set));
        let key = json!([
            lossy(&self.namespace),
            set,
            self.digest_text(),
            self.user_key.as_ref().map(Tree::json)
        ]);
        let mut value = object([
            ("msg", Some(json!(self.kind()))),
            ("key", Some(key.clone())),
        ]);
        value.extend(object([
            ("gen", self.generation.map(Value::from)),
            ("exp", self.expiry().map(Value::from)),
            ("lut", self.last_update.map(Value::from)),
            ("durable", self.durable().map(Value::from)),
        ]));
        if !self.operation.is_delete() {
            let bin = |(name, value): &(Vec<u8>, Tree)| {
                let (kind, extra) = value.kind();
                let mut bin = object([
                    ("name", Some(json!(lossy(name)))),
                    ("type", Some(json!(kind))),
                    ("value", Some(value.json())),
                ]);
                bin.extend(extra.map(|(name, value)| (name.to_owned(), value)));
                Value::Object(bin)
            };
            value.insert("bins".to_owned(), self.bins.iter().map(bin).collect());
        }
        (key, value.into())
    }

    fn expected_flat_json(&self) -> (Value, Value) {
        let key = object([
            ("namespace", Some(json!(lossy(&self.namespace)))),
            ("set", self.set.as_ref().map(|set| json!(lossy(set)))),
            ("userKey", self.user_key.as_ref().map(Tree::json)),
            ("digest", Some(json!(self.digest_text()))),
        ]);
        let mut metadata = key.clone();
        metadata.extend(object([
            ("msg", Some(json!(self.kind()))),
            ("gen", self.generation.map(Value::from)),
            ("lut", self.last_update.map(Value::from)),
            ("exp", self.expiry().map(Value::from)),
            ("durable", self.durable().map(Value::from)),
        ]));
        let mut value = object([("metadata", Some(metadata.into()))]);
        value.extend(
            self.bins
                .iter()
                .map(|(name, value)| (lossy(name), value.json())),
        );
        (key.into(), value.into())
    }
}

fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

fn changes() -> impl Strategy<Value = Change> {
    let operation = prop_oneof![
        3 => any::<bool>().prop_map(|whole_record| Operation::Write { whole_record }),
        1 => any::<bool>().prop_map(|durable| Operation::Delete { durable }),
    ];
    let ttl = prop_oneof![
        Just(Ttl::Never),
        Just(Ttl::Unknown),
        (1..u32::MAX - 1).prop_map(Ttl::Seconds)
    ];
    let identity = (
        tree::text(1..31),
        prop::option::of(tree::text(1..63)),
        any::<[u8; 20]>(),
    );
    let metadata = (
        prop::option::of(1..=65_535_u32),
        prop::option::of(1_262_304_000_001..2_000_000_000_000_u64),
        ttl,
        prop::option::of(tree::user_key()),
    );
    let bins = prop::collection::vec((tree::text(0..15), tree::value()), 0..12);
    (operation, identity, metadata, bins).prop_map(|(operation, identity, metadata, mut bins)| {
        let mut names = std::collections::HashSet::from(["metadata".to_owned()]);
        bins.retain(|(name, _)| !operation.is_delete() && names.insert(lossy(name)));
        let (namespace, set, digest) = identity;
        let (generation, last_update, ttl, user_key) = metadata;
        Change {
            operation,
            namespace,
            set,
            digest,
            user_key,
            generation,
            last_update,
            ttl,
            bins,
        }
    })
}

fn written(format: Format, change: &Change) -> (String, String) {
    let (key, value) = written_bytes(format, change);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(key), text(value))
}

fn written_bytes(format: Format, change: &Change) -> (Vec<u8>, Vec<u8>) {
    let frame = change.frame();
    let frame = aeroduct_wire::next_frame(&frame, 1 << 24).unwrap().unwrap();
    let record = aeroduct_wire::parse_message(frame.body()).unwrap();
    let lane = Lane::resolve(
        &plan(format).outbound,
        PORT,
        record.metadata.namespace,
        record.metadata.set,
    );
    let mut out = Vec::new();
    let change = outbound::Change {
        record: &record,
        frame: frame.bytes(),
        arrived: UnixSeconds(ARRIVED),
        path: None,
    };
    match lane
        .prepare(&change, &mut out, &mut Scratch::default())
        .unwrap()
    {
        Prepared::Outbound(outbound) => {
            let bytes = |range: std::ops::Range<usize>| out[range].to_vec();
            (bytes(outbound.key.unwrap()), bytes(outbound.value))
        }
        Prepared::Skipped(rule) => panic!("skipped: {rule:?}"),
    }
}

/// Compares with the order of members, which maps of `serde_json` ignore.
fn assert_reads_back(text: &str, expected: &Value) {
    let read: Value = serde_json::from_str(text).unwrap();
    assert_eq!(&read, expected, "{text}");
    assert_eq!(read.to_string(), expected.to_string());
}

fn unpacked(mut bytes: &[u8]) -> rmpv::Value {
    let value = rmpv::decode::read_value(&mut bytes).unwrap();
    assert!(bytes.is_empty(), "one value and no more");
    value
}

/// A record whose bins are made of any bytes at all.
fn assert_any_bytes_pass(bins: &[(u8, Vec<u8>)]) {
    let mut ops = Vec::new();
    for (index, (kind, bytes)) in bins.iter().enumerate() {
        let name = index.to_string();
        let len = u32::try_from(4 + name.len() + bytes.len()).unwrap();
        ops.extend_from_slice(&len.to_be_bytes());
        ops.extend_from_slice(&[2, *kind, 0, u8::try_from(name.len()).unwrap()]);
        ops.extend_from_slice(name.as_bytes());
        ops.extend_from_slice(bytes);
    }
    let metadata = Metadata {
        operation: Operation::Write { whole_record: true },
        namespace: b"ns",
        set: None,
        digest: &[0; 20],
        user_key: bins
            .first()
            .and_then(|(kind, bytes)| Particle::parse(ParticleKind(*kind), bytes).ok()),
        generation: None,
        last_update: None,
        ttl: Ttl::Never,
    };
    let bins = Bins::parse(&ops, u16::try_from(bins.len()).unwrap()).unwrap();
    let record = Record { metadata, bins };
    let change = outbound::Change {
        record: &record,
        frame: &[],
        arrived: UnixSeconds(0),
        path: None,
    };
    let avro = avro::record::format(&avro::cases::map_of_all());
    for format in [json_format(), flat_json_format(), Format::MessagePack, avro] {
        let lane = Lane::resolve(&plan(format.clone()).outbound, PORT, b"ns", None);
        let mut out = b"before".to_vec();
        match lane.prepare(&change, &mut out, &mut Scratch::default()) {
            Ok(Prepared::Outbound(outbound)) => {
                assert_is(&format, &out[outbound.value], &out[outbound.key.unwrap()]);
            }
            Ok(Prepared::Skipped(rule)) => panic!("skipped: {rule:?}"),
            Err(_) => assert_eq!(out, b"before"),
        }
    }
}

/// Value and key are each one value of the format.
fn assert_is(format: &Format, value: &[u8], key: &[u8]) {
    for part in [value, key] {
        match format {
            Format::Json { .. } | Format::FlatJson { .. } => {
                serde_json::from_slice::<serde::de::IgnoredAny>(part).unwrap();
            }
            Format::MessagePack => drop(unpacked(part)),
            Format::Avro { .. } | Format::Xdr => {}
        }
    }
    if let Format::Avro { schema, .. } = format {
        avro::read::twice(value, schema);
        avro::read::twice(key, &key_map_schema());
    }
}

proptest! {
    #[test]
    fn json_reads_back_as_the_record(change in changes()) {
        let (key, value) = written(json_format(), &change);
        let (expected_key, expected) = change.expected_json();
        assert_reads_back(&key, &expected_key);
        assert_reads_back(&value, &expected);
    }

    #[test]
    fn flat_json_reads_back_as_the_record(change in changes()) {
        let (key, value) = written(flat_json_format(), &change);
        let (expected_key, expected) = change.expected_flat_json();
        assert_reads_back(&key, &expected_key);
        assert_reads_back(&value, &expected);
    }

    #[test]
    fn message_pack_reads_back_as_the_record(change in changes()) {
        let (key, value) = written_bytes(Format::MessagePack, &change);
        let (expected_key, expected) = change.expected_message_pack();
        prop_assert_eq!(unpacked(&key), expected_key);
        prop_assert_eq!(unpacked(&value), expected);
    }

    #[test]
    fn avro_reads_back_as_the_record_or_the_record_has_no_place(
        (fields, records) in avro::cases::record().prop_flat_map(|fields| {
            // One lane for several records, which remembers of each what helps the next.
            let records = prop::collection::vec((changes(), avro::cases::bins_for(&fields)), 1..4);
            (Just(fields), records)
        })
    ) {
        let schema = avro::record::whole_schema(&fields);
        let lane = Lane::resolve(&plan(schema.clone()).outbound, PORT, b"ns", Some(b"set"));
        for (change, bins) in records {
            avro::record::assert_avro(&lane, &schema, &fields, change, &bins);
        }
    }

    #[test]
    fn any_bytes_as_bins_are_rendered_or_refused(
        bins in prop::collection::vec((prop_oneof![0..24_u8, any::<u8>()], prop::collection::vec(any::<u8>(), 0..40)), 0..6)
    ) {
        assert_any_bytes_pass(&bins);
    }

    #[test]
    fn broken_collections_are_rendered_or_refused(
        (tree, cut, flip) in (tree::collection(), any::<prop::sample::Index>(), any::<(prop::sample::Index, u8)>())
    ) {
        let (kind, mut bytes) = tree.with_particle(|particle| match particle {
            Particle::List(collection) | Particle::Map(collection) => (particle.kind().0, collection.bytes().to_vec()),
            other => panic!("{other:?} is no collection"),
        });
        let place = flip.0.index(bytes.len());
        bytes[place] ^= flip.1;
        assert_any_bytes_pass(&[(kind, bytes.clone())]);
        bytes.truncate(cut.index(bytes.len()));
        assert_any_bytes_pass(&[(kind, bytes)]);
    }
}
