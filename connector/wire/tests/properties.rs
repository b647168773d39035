//! What holds for any message, any cut of a stream and any bytes at all.

#![cfg(test)]

use aeroduct_record::cdt::{Event, MapOrder, Reader, Value};
use aeroduct_record::{Collection, LastUpdate, Operation, Particle, ParticleKind, Ttl};
use aeroduct_wire::encode::{CdtWriter, MessageWriter, compress};
use aeroduct_wire::{
    BODY_LEN_MAX, FrameKind, HEADER_LEN, Inflater, fuzzing, next_frame, parse_message,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// A value that owns its bytes, as tests make them up.
#[derive(Clone, Debug)]
enum Owned {
    Nil,
    Bool(bool),
    Integer(i64),
    Unsigned(u64),
    Double(f64),
    Float(f32),
    Bytes(u8, Vec<u8>),
    Wildcard,
    Infinity,
    List(bool, Vec<Self>),
    Map(MapOrder, Vec<(Self, Self)>),
}

impl Owned {
    fn write(&self, writer: &mut CdtWriter<'_>) {
        match self {
            Self::Nil => writer.nil(),
            Self::Bool(truth) => writer.boolean(*truth),
            Self::Integer(number) => writer.integer(*number),
            Self::Unsigned(number) => writer.unsigned(*number),
            Self::Double(number) => writer.double(*number),
            Self::Float(number) => writer.float(*number),
            Self::Bytes(kind, bytes) => writer.raw(ParticleKind(*kind), bytes),
            Self::Wildcard => writer.wildcard(),
            Self::Infinity => writer.infinity(),
            Self::List(ordered, elements) => {
                let len = u32::try_from(elements.len()).unwrap();
                if *ordered {
                    writer.ordered_list(len);
                } else {
                    writer.list(len);
                }
                for element in elements {
                    element.write(writer);
                }
                writer
            }
            Self::Map(order, pairs) => {
                writer.map(u32::try_from(pairs.len()).unwrap(), *order);
                for (key, value) in pairs {
                    key.write(writer);
                    value.write(writer);
                }
                writer
            }
        };
    }

    /// Reads the same value back, step by step.
    fn check(&self, reader: &mut Reader<'_>) {
        let event = reader.next().unwrap().unwrap();
        match self {
            Self::Nil => assert_eq!(event, Event::Value(Value::Nil)),
            Self::Bool(truth) => assert_eq!(event, Event::Value(Value::Bool(*truth))),
            Self::Integer(number) => assert_eq!(event, Event::Value(Value::Integer(*number))),
            Self::Unsigned(number) => {
                let value = i64::try_from(*number).map_or(Value::Unsigned(*number), Value::Integer);
                assert_eq!(event, Event::Value(value));
            }
            Self::Double(number) => check_double(event, *number),
            Self::Float(number) => check_double(event, f64::from(*number)),
            Self::Bytes(kind, bytes) => {
                let value = match *kind {
                    3 => Value::String(bytes),
                    4 => Value::Blob(bytes),
                    18 => Value::Hll(bytes),
                    23 => Value::GeoJson(bytes),
                    7..=12 => Value::LanguageBlob(ParticleKind(*kind), bytes),
                    _ => Value::Unknown(ParticleKind(*kind), bytes),
                };
                assert_eq!(event, Event::Value(value));
            }
            Self::Wildcard => assert_eq!(event, Event::Value(Value::Wildcard)),
            Self::Infinity => assert_eq!(event, Event::Value(Value::Infinity)),
            Self::List(ordered, elements) => {
                let len = u32::try_from(elements.len()).unwrap();
                assert_eq!(
                    event,
                    Event::ListStart {
                        len,
                        ordered: *ordered
                    }
                );
                for element in elements {
                    element.check(reader);
                }
                assert_eq!(reader.next(), Ok(Some(Event::End)));
            }
            Self::Map(order, pairs) => {
                let len = u32::try_from(pairs.len()).unwrap();
                assert_eq!(event, Event::MapStart { len, order: *order });
                for (key, value) in pairs {
                    key.check(reader);
                    value.check(reader);
                }
                assert_eq!(reader.next(), Ok(Some(Event::End)));
            }
        }
    }
}

/// Compares bit by bit, so that NaN equals itself.
fn check_double(event: Event<'_>, number: f64) {
    match event {
        Event::Value(Value::Double(read)) => assert_eq!(read.to_bits(), number.to_bits()),
        other => panic!("{other:?}"),
    }
}

fn value() -> impl Strategy<Value = Owned> {
    let leaf = prop_oneof![
        Just(Owned::Nil),
        Just(Owned::Wildcard),
        Just(Owned::Infinity),
        any::<bool>().prop_map(Owned::Bool),
        any::<i64>().prop_map(Owned::Integer),
        (-70_000_i64..70_000).prop_map(Owned::Integer),
        any::<u64>().prop_map(Owned::Unsigned),
        any::<f64>().prop_map(Owned::Double),
        // Widening may set the quiet bit of a NaN.
        any::<f32>()
            .prop_filter("a number", |number| !number.is_nan())
            .prop_map(Owned::Float),
        (any::<u8>(), vec(any::<u8>(), 0..300)).prop_map(|(kind, bytes)| Owned::Bytes(kind, bytes)),
    ];
    leaf.prop_recursive(6, 60, 20, |inner| {
        prop_oneof![collection_of(inner.clone()), inner]
    })
}

fn collection_of(
    inner: impl Strategy<Value = Owned> + Clone + 'static,
) -> impl Strategy<Value = Owned> {
    let order = prop_oneof![
        Just(MapOrder::Unordered),
        Just(MapOrder::Key),
        Just(MapOrder::KeyValue),
    ];
    prop_oneof![
        (any::<bool>(), vec(inner.clone(), 0..20))
            .prop_map(|(ordered, elements)| Owned::List(ordered, elements)),
        (order, vec((inner.clone(), inner), 0..20))
            .prop_map(|(order, pairs)| Owned::Map(order, pairs)),
    ]
}

fn encoded(value: &Owned) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.write(&mut CdtWriter::new(&mut bytes));
    bytes
}

/// Everything that can be said of one record.
#[derive(Clone, Debug)]
struct Change {
    operation: Operation,
    generation: u32,
    ttl: u32,
    namespace: Vec<u8>,
    set: Vec<u8>,
    digest: [u8; 20],
    key: Option<Vec<u8>>,
    last_update: u64,
    bins: Vec<(Vec<u8>, u64, Vec<u8>)>,
}

fn change() -> impl Strategy<Value = Change> {
    let operation = prop_oneof![
        any::<bool>().prop_map(|whole_record| Operation::Write { whole_record }),
        any::<bool>().prop_map(|durable| Operation::Delete { durable }),
    ];
    let bin = (
        vec(any::<u8>(), 0..=15),
        any::<u64>(),
        vec(any::<u8>(), 0..60),
    );
    let about = (operation, any::<u32>(), any::<u32>(), any::<u64>());
    let names = (vec(any::<u8>(), 1..=31), vec(any::<u8>(), 0..=63));
    let rest = (
        any::<[u8; 20]>(),
        option::of(vec(any::<u8>(), 0..60)),
        vec(bin, 0..12),
    );
    (about, names, rest).prop_map(|(about, names, rest)| Change {
        operation: about.0,
        generation: about.1,
        ttl: about.2,
        last_update: about.3,
        namespace: names.0,
        set: names.1,
        digest: rest.0,
        key: rest.1,
        bins: rest.2,
    })
}

impl Change {
    fn write(&self, out: &mut Vec<u8>) {
        let mut fields = MessageWriter::new(out, self.operation)
            .generation(self.generation)
            .ttl(Ttl::from_raw(self.ttl))
            .namespace(&self.namespace)
            .digest(&self.digest)
            .set(&self.set)
            .last_update(LastUpdate::from_raw(self.last_update));
        if let Some(key) = &self.key {
            fields = fields.user_key(&Particle::Blob(key));
        }
        let mut bins = fields.bins();
        for (name, last_update, bytes) in &self.bins {
            let last_update = LastUpdate::from_raw(*last_update);
            bins = bins.bin_changed_at(name, last_update, &Particle::String(bytes));
        }
        bins.finish().unwrap();
    }

    fn check(&self, body: &[u8]) {
        let record = parse_message(body).unwrap();
        let metadata = record.metadata;
        assert_eq!(metadata.operation, self.operation);
        assert_eq!(metadata.generation.unwrap_or(0), self.generation);
        assert_eq!(metadata.ttl, Ttl::from_raw(self.ttl));
        assert_eq!(metadata.namespace, self.namespace);
        assert_eq!(metadata.set.unwrap_or_default(), self.set);
        assert_eq!(metadata.digest, &self.digest);
        assert_eq!(metadata.user_key, self.key.as_deref().map(Particle::Blob));
        assert_eq!(metadata.last_update, LastUpdate::from_raw(self.last_update));
        assert_eq!(record.bins.len(), self.bins.len());
        for (bin, (name, last_update, bytes)) in record.bins.iter().zip(&self.bins) {
            assert_eq!(bin.name, name);
            assert_eq!(bin.last_update, LastUpdate::from_raw(*last_update));
            assert_eq!(bin.particle(), Ok(Particle::String(bytes)));
        }
    }
}

/// Feeds `stream` in pieces that end at `cuts` and returns where each frame began and ended.
fn frames_of(stream: &[u8], cuts: &[usize]) -> Vec<(usize, usize, FrameKind)> {
    let mut frames = Vec::new();
    let mut taken = 0;
    for &cut in cuts.iter().chain([&stream.len()]) {
        while let Some(frame) = next_frame(&stream[taken..cut.max(taken)], BODY_LEN_MAX).unwrap() {
            frames.push((taken, taken + frame.len(), frame.kind()));
            taken += frame.len();
        }
    }
    assert_eq!(taken, stream.len());
    frames
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(change in change()) {
        let mut out = Vec::new();
        change.write(&mut out);
        let frame = next_frame(&out, BODY_LEN_MAX).unwrap().unwrap();
        prop_assert_eq!(frame.len(), out.len());
        change.check(frame.body());
    }

    #[test]
    fn what_is_compressed_is_inflated_to_the_same(changes in vec(change(), 1..5)) {
        let mut inflater = Inflater::new(BODY_LEN_MAX);
        for change in changes {
            let (mut plain, mut out) = (Vec::new(), Vec::new());
            change.write(&mut plain);
            compress(&plain, &mut out).unwrap();
            let frame = next_frame(&out, BODY_LEN_MAX).unwrap().unwrap();
            prop_assert_eq!(frame.kind(), FrameKind::Compressed);
            let inner = inflater.inflate(frame).unwrap();
            prop_assert_eq!(inner.bytes(), &plain);
            change.check(inner.body());
        }
    }

    #[test]
    fn any_split_of_a_stream_gives_the_same_frames(
        changes in vec((change(), any::<bool>()), 1..6),
        at in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut stream = Vec::new();
        let mut expected = Vec::new();
        for (change, compressed) in &changes {
            let start = stream.len();
            let mut plain = Vec::new();
            change.write(&mut plain);
            if *compressed {
                compress(&plain, &mut stream).unwrap();
                expected.push((start, stream.len(), FrameKind::Compressed));
            } else {
                stream.extend_from_slice(&plain);
                expected.push((start, stream.len(), FrameKind::Message));
            }
        }
        let mut cuts: Vec<_> = at.iter().map(|at| at.index(stream.len())).collect();
        cuts.sort_unstable();
        prop_assert_eq!(frames_of(&stream, &cuts), expected.clone());
        let every_byte: Vec<_> = (0..stream.len()).collect();
        prop_assert_eq!(frames_of(&stream, &every_byte), expected);
    }

    #[test]
    fn lists_and_maps_are_read_back(value in collection_of(value().boxed())) {
        let bytes = encoded(&value);
        let mut reader = Collection::new(&bytes).reader();
        value.check(&mut reader);
        prop_assert_eq!(reader.next(), Ok(None));
    }

    #[test]
    fn a_cut_list_or_map_is_never_taken_for_a_whole_one(
        value in collection_of(value().boxed()),
        at in any::<prop::sample::Index>(),
    ) {
        let bytes = encoded(&value);
        let mut reader = Reader::new(&bytes[..at.index(bytes.len())]);
        while let Ok(Some(_)) = reader.next() {}
        prop_assert!(reader.next().is_err());
    }

    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..400)) {
        fuzzing::stream(&bytes);
        fuzzing::message(&bytes);
        fuzzing::particle(&bytes);
        // The same bytes behind a header that fits, and behind headers that lead further in.
        let len = u8::try_from(bytes.len() % 256).unwrap();
        let body = &bytes[..usize::from(len)];
        for kind in [3, 4] {
            fuzzing::stream(&[&[2, kind, 0, 0, 0, 0, 0, len], body].concat());
        }
        for kind in [19, 20, 23] {
            fuzzing::particle(&[&[kind], &bytes[..]].concat());
        }
    }

    #[test]
    fn a_damaged_message_is_read_or_refused(
        change in change(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut out = Vec::new();
        change.write(&mut out);
        for (at, byte) in damage {
            let at = at.index(out.len());
            out[at] = byte;
        }
        fuzzing::stream(&out);
        fuzzing::message(&out[HEADER_LEN..]);
    }
}

#[test]
fn a_bin_of_a_million_lists_is_refused_on_a_small_stack() {
    let refuse = || {
        let lists = [vec![0x91; 1_000_000], vec![0x90]].concat();
        let mut out = Vec::new();
        MessageWriter::new(&mut out, Operation::Write { whole_record: true })
            .namespace(b"test")
            .digest(&[0; 20])
            .bins()
            .bin(b"deep", &Particle::List(Collection::new(&lists)))
            .finish()
            .unwrap();
        fuzzing::stream(&out);
        let record = parse_message(&out[HEADER_LEN..]).unwrap();
        let Ok(Particle::List(list)) = record.bins.find(b"deep").unwrap().particle() else {
            panic!("it begins as a list");
        };
        let mut reader = list.reader();
        let error = loop {
            match reader.next() {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(error, aeroduct_record::cdt::CdtError::TooDeep);
        assert_eq!(reader.depth(), aeroduct_record::cdt::DEPTH_MAX);
    };
    let thread = std::thread::Builder::new().stack_size(128 << 10);
    thread.spawn(refuse).unwrap().join().unwrap();
}
