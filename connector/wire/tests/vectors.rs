//! The shared test messages: what was captured, recorded or built from the protocol's description,
//! compared with a decoding made by an independent program.

#![cfg(test)]

use aeroduct_record::cdt::{Event, MapOrder, Reader, Value};
use aeroduct_record::{Collection, Operation, Particle, Record, Ttl};
use aeroduct_wire::reply::ResultCode;
use aeroduct_wire::{
    BODY_LEN_MAX, Frame, FrameError, FrameKind, Inflater, fuzzing, next_frame, parse_message, reply,
};
use ripemd::{Digest, Ripemd160};
use serde_json::{Value as Json, json};

fn file() -> Json {
    serde_json::from_str(include_str!("vectors/xdr.json")).unwrap()
}

fn list<'a>(file: &'a Json, name: &str) -> &'a [Json] {
    let list = file[name].as_array().unwrap();
    assert!(!list.is_empty(), "{name}");
    list
}

/// The bytes of a vector as they appear on a connection.
fn bytes(vector: &Json) -> Vec<u8> {
    let mut bytes = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
    assert_eq!(vector["length"], bytes.len());
    if vector["transport"] == "http-body" {
        assert_eq!(bytes.remove(0), 1, "version of the form that HTTP carries");
    }
    bytes
}

fn text(bytes: &[u8]) -> Json {
    json!(String::from_utf8(bytes.to_vec()).unwrap())
}

/// The frame in the form of the vectors, with what is inside it when it is compressed.
fn frame_json(frame: Frame<'_>) -> Json {
    json!({ "version": 2, "type": frame.kind().code(), "size": frame.body().len() })
}

/// The header of a message, as far as a receiver reads it.
fn assert_header(record: &Record<'_>, header: &Json, id: &str) {
    let metadata = &record.metadata;
    let info = |number: &str| header[number].as_u64().unwrap();
    let operation = if info("info2") & 0x02 != 0 {
        Operation::Delete {
            durable: info("info2") & 0x10 != 0,
        }
    } else {
        Operation::Write {
            whole_record: info("info3") & 0x30 != 0,
        }
    };
    assert_eq!(metadata.operation, operation, "{id}");
    let generation = header["generation"]
        .as_u64()
        .filter(|generation| *generation != 0);
    assert_eq!(metadata.generation.map(u64::from), generation, "{id}");
    let ttl = match header["record_ttl"].as_u64().unwrap() {
        0xffff_ffff => Ttl::Never,
        0 | 0xffff_fffe => Ttl::Unknown,
        seconds => Ttl::Seconds(u32::try_from(seconds).unwrap()),
    };
    assert_eq!(metadata.ttl, ttl, "{id}");
    assert_eq!(header["n_ops"], record.bins.len(), "{id}");
}

fn assert_fields(record: &Record<'_>, fields: &Json, id: &str) {
    let metadata = &record.metadata;
    let field = |name: &str| {
        let mut all = fields.as_array().unwrap().iter();
        all.find(|field| field["name"] == name)
    };
    assert_eq!(
        text(metadata.namespace),
        field("namespace").unwrap()["value"],
        "{id}"
    );
    assert_eq!(
        hex::encode(metadata.digest),
        field("digest").unwrap()["hex"],
        "{id}"
    );
    let set = field("set").map(|field| field["value"].clone());
    assert_eq!(metadata.set.map(text), set.filter(|set| set != ""), "{id}");
    let key = field("user_key").map(|field| field["value"].clone());
    assert_eq!(
        metadata.user_key.map(|key| particle_json(&key, &[])),
        key,
        "{id}"
    );
    let time = metadata.last_update.map(|time| {
        let unix_ms = time.unix_ms();
        json!({
            "raw": time.raw(),
            "src_id": time.source_id(),
            "ms_since_2010": unix_ms - 1_262_304_000_000,
            "unix_ms": unix_ms,
        })
    });
    assert_eq!(
        time,
        field("lut").map(|field| field["value"].clone()),
        "{id}"
    );
}

fn bins_json(record: &Record<'_>) -> Json {
    let bin = |bin: aeroduct_record::Bin<'_>| {
        json!({
            "op": 2,
            "particle_type": bin.kind.0,
            "flags": 0,
            "bin": text(bin.name),
            "value": particle_json(&bin.particle().unwrap(), bin.bytes),
        })
    };
    record.bins.iter().map(bin).collect()
}

/// A value in the form of the vectors; `wire` are its bytes, for what we do not decode.
fn particle_json(particle: &Particle<'_>, wire: &[u8]) -> Json {
    match *particle {
        Particle::Null => json!({ "type": "null" }),
        Particle::Integer(number) => json!({ "type": "integer", "value": number }),
        Particle::Double(number) => double_json(number, true),
        Particle::Bool(truth) => json!({ "type": "bool", "value": truth }),
        Particle::String(bytes) => json!({ "type": "string", "value": text(bytes) }),
        Particle::Blob(bytes) => json!({ "type": "blob", "hex": hex::encode(bytes) }),
        Particle::LanguageBlob(kind, bytes) => {
            let name = kind.name().replace('#', "sharp").replace(' ', "_");
            json!({ "type": name, "hex": hex::encode(bytes) })
        }
        Particle::Hll(bytes) => json!({
            "type": "hll",
            "hex": hex::encode(bytes),
            "n_index_bits": bytes[1],
            "n_minhash_bits": bytes[2],
        }),
        Particle::GeoJson(json) => {
            let cells = &wire[3..wire.len() - json.len()];
            let cells: Vec<_> = cells.chunks(8).map(hex::encode).collect();
            json!({ "type": "geojson", "flags": wire[0], "cells": cells, "value": text(json) })
        }
        Particle::Map(collection) | Particle::List(collection) => collection_json(collection),
        Particle::Vector(_) | Particle::Unknown(..) => panic!("{particle:?}"),
    }
}

/// Bins have their bits beside the number where JSON may lose them; elements have not.
fn double_json(number: f64, with_bits: bool) -> Json {
    let value = match number {
        _ if number.is_nan() => json!("NaN"),
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        0.0 if number.is_sign_negative() => json!("-0.0"),
        _ => json!(number),
    };
    let mut double = json!({ "type": "double", "value": value });
    if with_bits {
        double["hex"] = json!(hex::encode(number.to_be_bytes()));
    }
    double
}

fn collection_json(collection: Collection<'_>) -> Json {
    let mut reader = collection.reader();
    let first = reader.next().unwrap().unwrap();
    let value = element_json(first, &mut reader);
    assert_eq!(reader.next(), Ok(None), "the bytes end with the value");
    value
}

fn element_json(event: Event<'_>, reader: &mut Reader<'_>) -> Json {
    match event {
        Event::ListStart { len, ordered } => {
            let order = if ordered { "ordered" } else { "unordered" };
            let items: Vec<_> = (0..len).map(|_| next_json(reader)).collect();
            assert_eq!(reader.next(), Ok(Some(Event::End)));
            json!({ "type": "list", "order": order, "items": items })
        }
        Event::MapStart { len, order } => {
            let order = match order {
                MapOrder::Unordered => "unordered",
                MapOrder::Key => "key-ordered",
                MapOrder::KeyValue => "key-value-ordered",
            };
            let pair = |_| json!([next_json(reader), next_json(reader)]);
            let entries: Vec<_> = (0..len).map(pair).collect();
            assert_eq!(reader.next(), Ok(Some(Event::End)));
            json!({ "type": "map", "order": order, "entries": entries })
        }
        Event::End => panic!("an end that nothing began"),
        Event::Value(value) => value_json(value),
    }
}

fn next_json(reader: &mut Reader<'_>) -> Json {
    let event = reader.next().unwrap().unwrap();
    element_json(event, reader)
}

fn value_json(value: Value<'_>) -> Json {
    match value {
        Value::Nil => json!({ "type": "nil" }),
        Value::Double(number) => double_json(number, false),
        Value::Bool(truth) => particle_json(&Particle::Bool(truth), &[]),
        Value::Integer(number) => particle_json(&Particle::Integer(number), &[]),
        Value::String(bytes) => particle_json(&Particle::String(bytes), &[]),
        Value::Blob(bytes) => particle_json(&Particle::Blob(bytes), &[]),
        other => panic!("{other:?}"),
    }
}

/// The decoded form leaves the bits of a double out where the number says it all.
fn without_plain_bits(mut ops: Json, expected: &Json) -> Json {
    let pairs = ops
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .zip(expected.as_array().unwrap());
    for (op, expected) in pairs {
        if op["value"]["type"] == "double" && expected["value"].get("hex").is_none() {
            op["value"].as_object_mut().unwrap().remove("hex");
        }
    }
    ops
}

fn assert_event(record: &Record<'_>, expect: &Json, id: &str) {
    let operation = match (expect["event"].as_str().unwrap(), record.metadata.operation) {
        ("write", Operation::Write { whole_record }) => {
            assert_eq!(expect["whole_record"], whole_record, "{id}");
            "write"
        }
        ("delete", Operation::Delete { durable }) => {
            assert_eq!(expect["durable"], durable, "{id}");
            "delete"
        }
        ("skip", _) if record.is_transaction_monitor() => "skip",
        other => panic!("{id}: {other:?}"),
    };
    assert_eq!(record.is_transaction_monitor(), operation == "skip", "{id}");
    let deleted: Vec<_> = record
        .bins
        .iter()
        .filter(|bin| bin.particle() == Ok(Particle::Null))
        .map(|bin| text(bin.name))
        .collect();
    let expected = expect.get("deleted_bins").cloned().unwrap_or(json!([]));
    assert_eq!(json!(deleted), expected, "{id}");
    if expect["metadata_only"] == true {
        assert!(record.bins.is_empty(), "{id}");
    }
}

#[test]
fn every_message_reads_as_an_independent_decoder_reads_it() {
    let file = file();
    for vector in list(&file, "vectors") {
        let id = vector["id"].as_str().unwrap();
        let bytes = bytes(vector);
        let mut inflater = Inflater::new(BODY_LEN_MAX);
        let mut rest = &bytes[..];
        for decoded in vector["decoded"]["frames"].as_array().unwrap() {
            let frame = next_frame(rest, BODY_LEN_MAX).unwrap().unwrap();
            rest = &rest[frame.len()..];
            assert_eq!(frame_json(frame), decoded["proto"], "{id}");
            let frame = match frame.kind() {
                FrameKind::Message => frame,
                FrameKind::Compressed => {
                    let inner = inflater.inflate(frame).unwrap();
                    assert_eq!(frame_json(inner), decoded["inner_proto"], "{id}");
                    assert_eq!(decoded["compressed"]["orig_sz"], inner.len(), "{id}");
                    inner
                }
            };
            let record = parse_message(frame.body()).unwrap();
            let message = &decoded["msg"];
            assert_header(&record, &message["header"], id);
            assert_fields(&record, &message["fields"], id);
            let ops = without_plain_bits(bins_json(&record), &message["ops"]);
            assert_eq!(ops, message["ops"], "{id}");
            assert_event(&record, &vector["expect"], id);
        }
        assert_eq!(rest, b"", "{id}");
    }
}

/// A decoder that stops at the first thing it cannot read, and says on which level that was.
fn damage(bytes: &[u8]) -> &'static str {
    let Ok(Some(frame)) = next_frame(bytes, BODY_LEN_MAX) else {
        return "framing";
    };
    let mut inflater = Inflater::new(BODY_LEN_MAX);
    let frame = match frame.kind() {
        FrameKind::Message => frame,
        FrameKind::Compressed => match inflater.inflate(frame) {
            Ok(inner) => inner,
            Err(_) => return "message",
        },
    };
    let Ok(record) = parse_message(frame.body()) else {
        return "message";
    };
    let is_bad = |particle: Particle<'_>| match particle {
        Particle::Map(collection) | Particle::List(collection) => {
            let mut reader = collection.reader();
            while let Ok(Some(_)) = reader.next() {}
            reader.next().is_err()
        }
        _ => false,
    };
    if record
        .bins
        .iter()
        .any(|bin| bin.particle().map_or(true, is_bad))
    {
        return "message";
    }
    "none"
}

#[test]
fn every_malformed_message_is_refused_on_its_level() {
    let file = file();
    for vector in list(&file, "malformed") {
        let id = vector["id"].as_str().unwrap();
        assert_eq!(
            damage(&bytes(vector)),
            vector["kind"],
            "{id}: {}",
            vector["title"]
        );
    }
    for vector in list(&file, "vectors") {
        assert_eq!(damage(&bytes(vector)), "none", "{}", vector["id"]);
    }
}

#[test]
fn a_frame_that_breaks_the_protocol_says_how() {
    let file = file();
    let error = |id: &str| {
        let vector = list(&file, "malformed")
            .iter()
            .find(|vector| vector["id"] == id);
        next_frame(&bytes(vector.unwrap()), u64::MAX).map(|frame| frame.is_some())
    };
    assert_eq!(error("neg-01"), Err(FrameError::UnsupportedVersion(3)));
    let (len, limit) = (134_217_729, 134_217_728);
    assert_eq!(error("neg-02"), Err(FrameError::TooLarge { len, limit }));
    assert_eq!(error("neg-03"), Err(FrameError::UnsupportedKind(9)));
    assert_eq!(error("neg-04"), Ok(false), "the rest may still come");
}

#[test]
fn what_we_reply_is_what_a_server_would() {
    let file = file();
    let ours = [
        ("ack-02", ResultCode::Success),
        ("ack-03", ResultCode::TemporaryError),
        ("ack-05", ResultCode::PermanentError),
    ];
    for (id, code) in ours {
        let vector = list(&file, "acknowledgements")
            .iter()
            .find(|vector| vector["id"] == id);
        let vector = vector.unwrap();
        let mut out = b"before".to_vec();
        reply::write(code, &mut out);
        assert_eq!(out[6..], bytes(vector), "{id}");
        assert_eq!(vector["result_code"], code.code(), "{id}");
    }
}

#[test]
fn replies_of_others_are_read() {
    let file = file();
    for vector in list(&file, "acknowledgements") {
        let code = reply::read(&bytes(vector)).unwrap().unwrap();
        assert_eq!(vector["result_code"], code, "{}", vector["id"]);
    }
}

#[test]
fn a_digest_is_made_of_set_and_key() {
    let digest = |set: &[u8], kind: u8, key: &[u8]| {
        let hash = Ripemd160::new()
            .chain_update(set)
            .chain_update([kind])
            .chain_update(key);
        hex::encode(hash.finalize())
    };
    let file = file();
    for case in list(&file["digests"], "cases") {
        let kind = u8::try_from(case["key_particle_type"].as_u64().unwrap()).unwrap();
        let key = hex::decode(case["key_hex"].as_str().unwrap()).unwrap();
        let set = case["set"].as_str().unwrap().as_bytes();
        assert_eq!(digest(set, kind, &key), case["digest"], "{case}");
    }
    // The same rule holds for every captured or recorded message with a stored key.
    let mut checked = 0;
    for vector in list(&file, "vectors") {
        let bytes = bytes(vector);
        let frame = next_frame(&bytes, BODY_LEN_MAX).unwrap().unwrap();
        let Ok(record) = parse_message(frame.body()) else {
            continue;
        };
        let (kind, key) = match record.metadata.user_key {
            Some(Particle::Integer(number)) => (1, number.to_be_bytes().to_vec()),
            Some(Particle::String(text)) => (3, text.to_vec()),
            _ => continue,
        };
        let set = record.metadata.set.unwrap_or_default();
        let expected = hex::encode(record.metadata.digest);
        assert_eq!(digest(set, kind, &key), expected, "{}", vector["id"]);
        checked += 1;
    }
    assert!(checked > 10, "{checked}");
}

#[test]
fn fuzz_targets_take_every_vector() {
    let file = file();
    for vector in list(&file, "vectors")
        .iter()
        .chain(list(&file, "malformed"))
    {
        let bytes = bytes(vector);
        fuzzing::stream(&bytes);
        fuzzing::message(&bytes[8..]);
        for at in 0..bytes.len() {
            fuzzing::particle(&bytes[at..]);
        }
    }
}
