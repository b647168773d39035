//! Whole records: what is written of them, and what it should be.

use aeroduct_config::{Format, avro::key_schema};
use aeroduct_outbound::{self as outbound, Lane, Prepared, Scratch, UnixSeconds};
use serde_json::{Value, json};

use super::{
    Field, Kind, expect_record,
    read::{Read, twice},
};
use crate::{
    ARRIVED, Change,
    tree::{Tree, lossy},
};

impl Change {
    /// Key and value, of which the bins are `bins`.
    fn expected_avro(&self, bins: Read) -> (Read, Read) {
        let members = |members: &[(&str, Read)]| {
            let members = members.iter();
            let members = members.map(|(name, value)| ((*name).to_owned(), value.clone()));
            Read::Members(members.collect())
        };
        let text = |bytes: &[u8]| Read::Text(lossy(bytes));
        let integer = |number: Option<u64>| match number.map(i64::try_from) {
            Some(Ok(number)) => Read::Integer(number),
            _ => Read::Nothing,
        };
        let kinds = Kind::Union(vec![Kind::Long, Kind::Double, Kind::Bytes, Kind::String]);
        let user_key = self.user_key.as_ref();
        let key = [
            ("namespace", text(&self.namespace)),
            (
                "set",
                self.set.as_ref().map_or(Read::Nothing, |set| text(set)),
            ),
            (
                "userKey",
                user_key.map_or(Read::Nothing, |key| kinds.expect(key).unwrap()),
            ),
            ("digest", Read::Bytes(self.digest.to_vec())),
        ];
        let expiry = self
            .expiry()
            .filter(|expiry| i32::try_from(*expiry).is_ok());
        let rest = [
            ("msg", Read::Text(self.kind().to_owned())),
            ("gen", integer(self.generation.map(u64::from))),
            ("lut", integer(self.last_update)),
            ("exp", integer(expiry)),
            ("durable", self.durable().map_or(Read::Nothing, Read::Bool)),
            ("bins", bins),
        ];
        (members(&key), members(&[&key[..], &rest].concat()))
    }
}

/// The format whose bins are a record of these fields.
pub(crate) fn whole_schema(fields: &[Field]) -> Format {
    let mut names = 0;
    let bins = Kind::Record(fields.to_vec()).schema(&mut names);
    let schema = json!({"type": "record", "name": "Change", "namespace": "org.example", "fields": [
        {"name": "gen", "type": ["null", "int"]},
        {"name": "bins", "type": ["null", bins]},
        {"name": "set", "type": ["null", "string"]},
        {"name": "namespace", "type": "string"},
        {"name": "userKey", "type": ["null", "long", "double", "bytes", "string"]},
        {"name": "digest", "type": "bytes"},
        {"name": "lut", "type": ["null", "long"]},
        {"name": "exp", "type": ["null", "int"]},
        {"name": "msg", "type": "string"},
        {"name": "durable", "type": ["null", "boolean"]},
    ]});
    format(&schema)
}

/// The format with this schema.
pub(crate) fn format(schema: &Value) -> Format {
    let config = json!({
        "producer-props": {"bootstrap.servers": "localhost:9092"},
        "routing": {"mode": "static", "destination": "all"},
        "format": {"mode": "avro", "schema": schema.to_string()},
    });
    let plan = aeroduct_config::parse(&config.to_string(), "config.yaml");
    let plan = plan.unwrap_or_else(|faults| panic!("{faults}"));
    plan.outbound.general.items.format.unwrap()
}

/// Looks what a lane makes of a record with these bins.
pub(crate) fn assert_avro(
    lane: &Lane,
    format: &Format,
    fields: &[Field],
    change: Change,
    bins: &[(&'static str, Tree)],
) {
    let Format::Avro { schema, .. } = format else {
        panic!("{format:?}");
    };
    let is_delete = change.operation.is_delete();
    let bins = if is_delete { &[] } else { bins };
    let change = Change {
        namespace: b"ns".to_vec(),
        set: Some(b"set".to_vec()),
        bins: bins
            .iter()
            .map(|(name, value)| (name.as_bytes().to_vec(), value.clone()))
            .collect(),
        ..change
    };
    let members: Vec<_> = bins
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value))
        .collect();
    let expected_bins = expect_record(fields, &members);
    let frame = change.frame();
    let frame = aeroduct_wire::next_frame(&frame, 1 << 24).unwrap().unwrap();
    let record = aeroduct_wire::parse_message(frame.body()).unwrap();
    let prepared = outbound::Change {
        record: &record,
        frame: frame.bytes(),
        arrived: UnixSeconds(ARRIVED),
        path: None,
    };
    let mut out = b"before".to_vec();
    match (
        lane.prepare(&prepared, &mut out, &mut Scratch::default()),
        expected_bins,
    ) {
        (Ok(Prepared::Outbound(outbound)), Some(bins)) => {
            let (key, value) = change.expected_avro(if is_delete { Read::Nothing } else { bins });
            assert_eq!(twice(&out[outbound.value], schema), value);
            let key_bytes = &out[outbound.key.unwrap()];
            assert_eq!(twice(key_bytes, &key_schema()), key);
        }
        (Ok(Prepared::Outbound(outbound)), None) if is_delete => {
            let (_, value) = change.expected_avro(Read::Nothing);
            assert_eq!(twice(&out[outbound.value], schema), value);
        }
        (Err(_), None) => assert_eq!(out, b"before"),
        (Err(error), Some(_)) => panic!("{error} of {change:?} by {}", schema.text()),
        (done, None) => panic!("{done:?} of {change:?} by {}", schema.text()),
        (done, _) => panic!("{done:?}"),
    }
}
