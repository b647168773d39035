//! What the fuzz targets feed, as ordinary functions: every one takes arbitrary bytes and panics when a
//! promise of this crate is broken.

use std::{iter, sync::OnceLock};

use aeroduct_config::{
    Format, Plan,
    avro::{key_map_schema, key_schema},
    fuzzing::plan_with_schema,
};
use aeroduct_record::{
    Bins, LastUpdate, Metadata, OP_WRITE, Operation, Particle, ParticleKind, Record, Ttl,
};

use crate::{
    lane::{Change, Lane, Prepared, Scratch, UnixSeconds},
    text::geojson::{self, GeoJsonError},
};

/// What is written must be this.
#[derive(Clone, Copy)]
enum Kind {
    Json,
    MessagePack,
    /// The message as it came.
    Frame,
}

/// Format and what must come of it; keys are of the format, but for the two last.
const CONFIGS: [(Kind, &str); 6] = [
    (Kind::Json, "format: {mode: json}"),
    (
        Kind::Json,
        "format: {mode: json, stringify-map-keys: false}",
    ),
    (
        Kind::Json,
        "format: {mode: flat-json, metadata-key: b}\nrouting: {mode: bin, bin: a, transforms: [trim, lowercase]}",
    ),
    (Kind::MessagePack, "format: {mode: message-pack}"),
    (
        Kind::MessagePack,
        "format: {mode: message-pack}\nkey: {source: bin-value, bin-name: a}\n\
         bin-transforms: {map: {a: b}, transforms: [trim, uppercase], exclude: {type: specified, bins: [c]}}",
    ),
    (Kind::Frame, "format: {mode: xdr}\nkey: {source: user-key}"),
];

/// Renders a record whose user key and bins are made of `data` in every format. `is_message_pack` says
/// whether bytes are one value of MessagePack, and nothing else.
///
/// # Panics
///
/// When a record that is refused leaves something in the output, or what is written is not of the
/// format.
pub fn format(data: &[u8], is_message_pack: impl Fn(&[u8]) -> bool) {
    for (kind, plan) in plans() {
        let has_own_key = plan.outbound.general.items.key.is_some();
        render(data, data, plan, |value, key| {
            for written in iter::once(value).chain(key.filter(|_| !has_own_key)) {
                match kind {
                    Kind::Json => assert_json(written),
                    Kind::MessagePack => assert!(is_message_pack(written), "{written:?}"),
                    Kind::Frame => assert_eq!(written, data),
                }
            }
        });
    }
}

/// Renders a record by an Avro schema: `data` is its text, a zero byte, and what makes user key and bins.
/// `is_avro` says whether bytes are one value of a schema, and nothing else.
///
/// # Panics
///
/// As [`format`].
pub fn avro(data: &[u8], is_avro: impl Fn(&str, &[u8]) -> bool) {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let (Some(schema), Some(bins)) = (parts.next(), parts.next()) else {
        return;
    };
    let Some(plan) = str::from_utf8(schema).ok().and_then(plan_with_schema) else {
        return;
    };
    let Some(Format::Avro { schema, .. }) = &plan.outbound.general.items.format else {
        return;
    };
    let key_schema = match schema.as_record() {
        Some(_) => key_schema(),
        None => key_map_schema(),
    };
    render(bins, data, &plan, |value, key| {
        assert!(is_avro(schema.text(), value), "{value:?}");
        let key = key.unwrap_or_default();
        assert!(is_avro(key_schema.text(), key), "{key:?}");
    });
}

/// Renders a record whose user key and bins are made of `data`, and has value and key looked at.
fn render(data: &[u8], frame: &[u8], plan: &Plan, look: impl Fn(&[u8], Option<&[u8]>)) {
    let (count, ops) = bin_operations(data);
    let Ok(bins) = Bins::parse(&ops, count) else {
        return;
    };
    let metadata = Metadata {
        operation: Operation::Write { whole_record: true },
        namespace: b"ns",
        set: None,
        digest: &[0; 20],
        user_key: bins
            .iter()
            .next()
            .and_then(|bin| Particle::parse(bin.kind, bin.bytes).ok()),
        generation: Some(1),
        last_update: LastUpdate::from_raw(1),
        ttl: Ttl::Never,
    };
    let lane = Lane::resolve(&plan.outbound, 8080, metadata.namespace, metadata.set);
    let mut out = b"before".to_vec();
    let change = Change {
        record: &Record { metadata, bins },
        frame,
        arrived: UnixSeconds(1),
        path: None,
    };
    match lane.prepare(&change, &mut out, &mut Scratch::default()) {
        Ok(Prepared::Outbound(outbound)) => {
            let key = outbound.key.and_then(|key| out.get(key));
            look(out.get(outbound.value).unwrap_or_default(), key);
        }
        Ok(Prepared::Skipped(rule)) => {
            assert!(lane.topic().is_none(), "{rule:?} is no rule of these plans");
        }
        Err(error) => assert_eq!(
            out, b"before",
            "a record that failed ({error}) leaves nothing behind"
        ),
    }
}

/// Bins made of `data`, as a message has them, and their number.
fn bin_operations(data: &[u8]) -> (u16, Vec<u8>) {
    let mut ops = Vec::new();
    let mut count = 0;
    for (kind, name, bytes) in Cut(data).take(usize::from(u16::MAX)) {
        let len = u32::try_from(4 + name.len() + bytes.len()).unwrap_or(u32::MAX);
        let name_len = u8::try_from(name.len()).unwrap_or(u8::MAX);
        ops.extend_from_slice(&len.to_be_bytes());
        ops.extend_from_slice(&[OP_WRITE, kind.0, 0, name_len]);
        ops.extend_from_slice(name);
        ops.extend_from_slice(bytes);
        count += 1;
    }
    (count, ops)
}

/// Bins cut off the front of some bytes: type, lengths of name and value, name, value.
struct Cut<'a>(&'a [u8]);

impl<'a> Iterator for Cut<'a> {
    type Item = (ParticleKind, &'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[kind, name_len, high, low], rest) = self.0.split_first_chunk()?;
        let (name, rest) = rest.split_at_checked(usize::from(name_len % 16))?;
        let (bytes, rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])).min(rest.len()))?;
        self.0 = rest;
        Some((ParticleKind(kind), name, bytes))
    }
}

fn plans() -> &'static [(Kind, Plan)] {
    static PLANS: OnceLock<Vec<(Kind, Plan)>> = OnceLock::new();
    PLANS.get_or_init(|| {
        let complete = |text: &str| {
            let routing = if text.contains("routing") {
                ""
            } else {
                "routing: {mode: static, destination: all}"
            };
            format!("producer-props: {{bootstrap.servers: [localhost:9092]}}\n{routing}\n{text}\n")
        };
        let plan = |(kind, text)| {
            let plan = aeroduct_config::parse(&complete(text), "fuzzing").ok()?;
            Some((kind, plan))
        };
        CONFIGS.into_iter().filter_map(plan).collect()
    })
}

/// The checker of GeoJSON texts knows all of JSON; it only stops at a depth that a value may well have.
fn assert_json(text: &[u8]) {
    let checked = geojson::write(&mut Vec::new(), text);
    assert!(
        matches!(checked, Ok(()) | Err(GeoJsonError::TooDeep { .. })),
        "{checked:?}: {text:?}"
    );
}

#[cfg(test)]
mod tests {
    use super::{CONFIGS, avro, format, plans};
    use apache_avro::{Schema, reader::datum::GenericDatumReader};
    use proptest::prelude::*;
    use std::{cell::Cell, fs, path::Path};

    fn is_message_pack(mut bytes: &[u8]) -> bool {
        rmpv::decode::read_value(&mut bytes).is_ok() && bytes.is_empty()
    }

    #[test]
    fn the_seeds_pass() {
        assert_eq!(plans().len(), CONFIGS.len());
        for seed in [
            &b""[..],
            b"\x03\x01\x00\x02aHi",
            b"\x01\x01\x00\x08a\0\0\0\0\0\0\0\x07",
            b"\x02\x01\x00\x08d\x7f\xf8\0\0\0\0\0\0",
            b"\x13\x01\x00\x09m\x82\xc7\x00\x01\xc0\xa2\x03k\x01",
            b"\x14\x01\x00\x04l\x93\x01\xc0\x90",
            b"\x17\x01\x00\x05g\0\0\0{}",
            b"\x03\x01\x00\x01bx\x11\x01\x00\x01z\x02",
        ] {
            format(seed, is_message_pack);
        }
    }

    fn is_avro(schema: &str, mut bytes: &[u8]) -> bool {
        let schema = Schema::parse_str(schema).unwrap();
        let reader = GenericDatumReader::builder(&schema).build().unwrap();
        reader.read_value(&mut bytes).is_ok() && bytes.is_empty()
    }

    /// The seeds of the fuzz target; most of their records have a place in their schemas.
    fn seeds_of_schemas() -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
        let files = fs::read_dir(folder).unwrap();
        files
            .map(|file| fs::read(file.unwrap().path()).unwrap())
            .collect()
    }

    #[test]
    fn the_seeds_of_schemas_pass_and_are_written() {
        let seeds = seeds_of_schemas();
        let written = Cell::new(0);
        for seed in &seeds {
            avro(seed, |schema, bytes| {
                written.set(written.get() + 1);
                is_avro(schema, bytes)
            });
        }
        // Value and key.
        assert_eq!(written.get(), 2 * seeds.len());
    }

    proptest! {
        #[test]
        fn any_change_of_a_schemas_seed_passes(
            seed in prop::sample::select(seeds_of_schemas()),
            place in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let mut seed = seed;
            let place = place.index(seed.len());
            seed[place] = byte;
            // Such a schema may have defaults that this reader does not know.
            avro(&seed, |schema, bytes| Schema::parse_str(schema).is_err() || is_avro(schema, bytes));
        }

        #[test]
        fn any_bytes_pass(data in prop::collection::vec(any::<u8>(), 0..200)) {
            format(&data, is_message_pack);
        }
    }
}
