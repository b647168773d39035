//! Several records in one message: what it looks like, when it goes, and when its records are
//! answered.

use std::time::{Duration, Instant};

use aeroduct_tests::kafka::Topic;
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::reading;
use aeroduct_tests::source::{Heard, PERMANENT, SUCCESS, Source, TEMPORARY};
use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmpv::Value;

use crate::stand::{LIMIT, Stand};

/// What a batch is given at most before it has to go, so that its records are answered in time.
const LATEST: Duration = Duration::from_secs(2);
const NOT_YET: Duration = Duration::from_millis(300);

fn write(namespace: &str, number: u64) -> Message {
    Message::write(namespace, digest(number)).integer("n", number.cast_signed())
}

fn digest_text(number: u64) -> String {
    STANDARD.encode(digest(number))
}

fn json_array(element: impl Fn(u64) -> String) -> String {
    format!("[{}]", [1, 2, 3].map(element).join(","))
}

/// Batches of three in every format, each to the topic named like the namespace.
const LAYOUTS: &str = "routing:
  mode: namespace
  transforms: [regex: { pattern: '^', replacement: 'batch-' }]
batching: { max-records: 3, batch-interval: 300 }
namespaces:
  json: { format: { mode: json } }
  flat: { format: { mode: flat-json, metadata-key: of } }
  pack: { format: { mode: message-pack } }
  xdr: { format: { mode: xdr } }
  hash: { format: { mode: json }, key: { source: key-hash } }
  none: { format: { mode: json }, key: { source: none } }
  bin:
    format: { mode: flat-json, metadata-key: of }
    key: { source: bin-value, bin-name: n }";

/// Key and value of the batch of the records 1, 2 and 3 of this namespace. Before it a record goes
/// alone: with it the connector learns which partitions there are.
fn batch_of(stand: &mut Stand, namespace: &str) -> Result<(Option<Vec<u8>>, Vec<u8>)> {
    let topic = format!("batch-{namespace}");
    stand.cluster.create_topic(&Topic::new(&topic, 1))?;
    assert_eq!(stand.ask(&[write(namespace, 0)])?, [SUCCESS], "{namespace}");
    let answers = stand.ask(&[1, 2, 3].map(|number| write(namespace, number)))?;
    assert_eq!(answers, [SUCCESS; 3], "{namespace}");
    let batch = stand.read(&topic, 2)?.remove(1);
    Ok((batch.key, batch.value.unwrap_or_default()))
}

/// The connector has to ask Kafka for the partitions first; the interval is far longer than that.
#[test]
fn the_first_batch_of_a_topic_goes_as_soon_as_it_is_full() -> Result<()> {
    let blocks = "routing: { mode: static, destination: batch-first }
format: { mode: json }
batching: { max-records: 3, batch-interval: 8000 }
aeroduct: { reply-deadline: 9s }";
    let mut stand = Stand::start(&[Topic::new("batch-first", 1)], blocks)?;
    let begin = Instant::now();
    let answers = stand.ask(&[1, 2, 3].map(|number| write("shop", number)))?;
    let took = begin.elapsed();
    assert_eq!(answers, [SUCCESS; 3]);
    assert!(took < Duration::from_secs(6), "answered after {took:?}");
    stand.read("batch-first", 1)?;
    Ok(())
}

// covers: key.source=key-hash
#[test]
fn a_batch_in_json_is_an_array_and_its_key_an_array_of_keys() -> Result<()> {
    let mut stand = Stand::start(&[], LAYOUTS)?;
    let key =
        |namespace: &str, number| format!(r#"["{namespace}",null,"{}",null]"#, digest_text(number));
    let value = |namespace: &str, number| {
        format!(
            r#"{{"msg":"write","key":{},"gen":1,"exp":0,"bins":[{{"name":"n","type":"int","value":{number}}}]}}"#,
            key(namespace, number)
        )
    };
    let batch = batch_of(&mut stand, "json")?;
    let keys = json_array(|number| key("json", number));
    let values = json_array(|number| value("json", number));
    assert_eq!(batch, (Some(keys.into()), values.into()));

    let batch = batch_of(&mut stand, "flat")?;
    let key = |number| {
        let digest = digest_text(number);
        format!(r#"{{"namespace":"flat","digest":"{digest}"}}"#)
    };
    let flat = |namespace: &str, number| {
        format!(
            r#"{{"of":{{"namespace":"{namespace}","digest":"{}","msg":"write","gen":1,"exp":0}},"n":{number}}}"#,
            digest_text(number)
        )
    };
    let values = json_array(|number| flat("flat", number));
    assert_eq!(batch, (Some(json_array(key).into()), values.into()));

    // Keys that are not the format's own are its strings.
    let batch = batch_of(&mut stand, "bin")?;
    let values = json_array(|number| flat("bin", number));
    assert_eq!(batch, (Some(r#"["1","2","3"]"#.into()), values.into()));

    // RIPEMD-160 over the three digests, as Python has it.
    let hash = b"\xce\x4f\xc4\x22\x54\xf2\xb4\x66\x8a\x03\xbe\x17\xe4\x7e\xf2\x2a\xc9\xab\xf7\x2e";
    let batch = batch_of(&mut stand, "hash")?;
    let values = json_array(|number| value("hash", number));
    assert_eq!(batch, (Some(hash.to_vec()), values.into()));

    let batch = batch_of(&mut stand, "none")?;
    let values = json_array(|number| value("none", number));
    assert_eq!(batch, (None, values.into()));
    Ok(())
}

#[test]
fn a_batch_in_message_pack_is_an_array_and_in_xdr_the_frames_back_to_back() -> Result<()> {
    let mut stand = Stand::start(&[], LAYOUTS)?;
    let (key, value) = batch_of(&mut stand, "pack")?;
    let key_of = |number| {
        let digest = Value::Binary(digest(number).to_vec());
        Value::Array(vec!["pack".into(), Value::Nil, digest, Value::Nil])
    };
    let message = |number: u64| {
        let bin = ["n".into(), 1.into(), 0.into(), number.into()];
        let bins = Value::Array(vec![Value::Array(bin.to_vec())]);
        let payload = vec![key_of(number), 1.into(), 0.into(), Value::Nil, bins];
        Value::Array(vec![1.into(), 1.into(), Value::Array(payload)])
    };
    let keys = rmpv::decode::read_value(&mut key.unwrap_or_default().as_slice())?;
    assert_eq!(keys, Value::Array([1, 2, 3].map(key_of).to_vec()));
    let values = rmpv::decode::read_value(&mut value.as_slice())?;
    assert_eq!(values, Value::Array([1, 2, 3].map(message).to_vec()));

    let (key, value) = batch_of(&mut stand, "xdr")?;
    let frames = [1, 2, 3].map(|number| write("xdr", number).frame());
    assert_eq!(value, frames.concat());
    assert_eq!(key, Some([1, 2, 3].map(digest).concat()));
    Ok(())
}

/// To the topic named like the set, in batches with these limits.
fn limited(limits: &str) -> String {
    format!(
        "routing: {{ mode: set }}
format: {{ mode: json }}
batching: {{ {limits} }}
aeroduct: {{ reply-deadline: 3s }}"
    )
}

/// How many records are in each batch of a topic, as far as it has batches.
fn sizes(stand: &Stand, topic: &str) -> Result<Vec<usize>> {
    let count = reading::count(stand.cluster, topic)?;
    let batches = stand.read(topic, count)?;
    Ok(batches
        .iter()
        .map(|batch| batch.text().matches(r#""msg":"#).count())
        .collect())
}

// covers: batching.max-records
#[test]
fn a_batch_goes_when_it_has_its_records_and_they_are_answered_when_it_is_in_kafka() -> Result<()> {
    let topic = Topic::new("batch-by-records", 1);
    let limits = "max-records: 3, batch-interval: 1000";
    let mut stand = Stand::start(&[topic], &limited(limits))?;
    let write = |number| write("shop", number).set("batch-by-records");
    assert_eq!(stand.ask(&[write(0)])?, [SUCCESS]);
    stand.source.send(&write(1).frame())?;
    stand.source.send(&write(2).frame())?;
    assert_eq!(stand.source.listen(NOT_YET)?, Heard::Silence);
    assert_eq!(sizes(&stand, "batch-by-records")?, [1]);

    stand.source.send(&write(3).frame())?;
    assert_eq!(stand.source.answers(3, LIMIT)?, [SUCCESS; 3]);
    assert_eq!(sizes(&stand, "batch-by-records")?, [1, 3]);
    Ok(())
}

// covers: batching.max-bytes
#[test]
fn a_batch_goes_when_it_has_its_bytes() -> Result<()> {
    let topic = Topic::new("batch-by-bytes", 1);
    let limits = "max-bytes: 500, batch-interval: 1000";
    let mut stand = Stand::start(&[topic], &limited(limits))?;
    // Some 200 bytes of key and value each: the third one goes beyond, and is still in.
    let write = |number| write("shop", number).set("batch-by-bytes");
    assert_eq!(stand.ask(&[write(0)])?, [SUCCESS]);
    assert_eq!(stand.ask(&[1, 2, 3, 4].map(write))?, [SUCCESS; 4]);
    assert_eq!(sizes(&stand, "batch-by-bytes")?, [1, 3, 1]);
    Ok(())
}

// covers: batching.batch-interval
#[test]
fn a_batch_goes_when_its_time_has_come_and_before_the_answers_are_overdue() -> Result<()> {
    let topics = ["batch-by-time", "batch-by-deadline"].map(|name| Topic::new(name, 1));
    let blocks = limited("batch-interval: 500");
    let levels = "namespaces: { patient: { batching: {} } }";
    let mut stand = Stand::start(&topics, &format!("{blocks}\n{levels}"))?;
    let mut ask = |namespace, set, sizes_expected: &[usize]| -> Result<Duration> {
        let begin = Instant::now();
        let write = |number| write(namespace, number).set(set);
        assert_eq!(stand.ask(&[write(1), write(2)])?, [SUCCESS; 2]);
        let took = begin.elapsed();
        assert_eq!(sizes(&stand, set)?, sizes_expected);
        Ok(took)
    };
    let took = ask("shop", "batch-by-time", &[2])?;
    assert!(took >= Duration::from_millis(500), "{took:?}");
    assert!(took < LATEST, "{took:?}");
    let took = ask("patient", "batch-by-deadline", &[2])?;
    assert!(took >= LATEST, "{took:?}");
    Ok(())
}

#[test]
fn the_first_records_of_a_connection_do_not_wait_alone_for_what_the_source_has_sent_already()
-> Result<()> {
    let topic = Topic::new("batch-of-new", 1);
    let limits = "max-records: 500, batch-interval: 1800";
    let mut stand = Stand::start(&[topic], &limited(limits))?;
    let write = |number| write("shop", number).set("batch-of-new");
    assert_eq!(stand.ask(&[write(0)])?, [SUCCESS]);
    // Of so many most are in batches that are full.
    let frames: Vec<_> = (1..=5_000).map(|number| write(number).frame()).collect();
    let mut new = Source::connect(stand.connector.port)?;
    new.send(&frames.concat())?;
    let begin = Instant::now();
    assert_eq!(new.answers(4_000, LIMIT)?, [SUCCESS; 4_000]);
    let took = begin.elapsed();
    assert!(took < Duration::from_millis(1_200), "{took:?}");
    Ok(())
}

#[test]
fn open_batches_go_when_the_connector_is_told_to_stop() -> Result<()> {
    let topic = Topic::new("batch-by-drain", 1);
    let mut stand = Stand::start(&[topic], &limited("max-records: 1000"))?;
    let frames = [1, 2, 3].map(|number| write("shop", number).set("batch-by-drain").frame());
    stand.source.send(&frames.concat())?;
    let in_flight = "aeroduct_connector_in_flight_records";
    stand.connector.await_metric(in_flight, 3.0, LIMIT)?;
    let told = Instant::now();
    stand.connector.terminate()?;
    assert_eq!(stand.source.answers(3, LIMIT)?, [SUCCESS; 3]);
    assert!(told.elapsed() < LATEST, "{:?}", told.elapsed());
    assert_eq!(stand.connector.wait(LIMIT)?.code(), Some(0));
    let all: usize = sizes(&stand, "batch-by-drain")?.into_iter().sum();
    assert_eq!(all, 3);
    Ok(())
}

/// Sends what is to come again until nothing is; the last answers.
fn insist(source: &mut Source, messages: &[Message]) -> Result<Vec<u8>> {
    let mut answers = vec![TEMPORARY; messages.len()];
    let end = Instant::now() + LIMIT;
    while answers.contains(&TEMPORARY) {
        ensure!(Instant::now() < end, "still to come again: {answers:?}");
        let open: Vec<_> = (0..messages.len())
            .filter(|&index| answers[index] == TEMPORARY)
            .collect();
        let frames: Vec<_> = open.iter().map(|&index| messages[index].frame()).collect();
        source.send(&frames.concat())?;
        let heard = source.answers(open.len(), LIMIT)?;
        for (index, answer) in open.into_iter().zip(heard) {
            answers[index] = answer;
        }
    }
    Ok(answers)
}

/// Records for a topic that takes no batch of those of one partition. One of them it does not take
/// at all, while the batches of other partitions do well.
const MANY: u64 = 120;
const LARGE: u64 = 21;

/// Sends these until all is settled and the others are delivered; the answer to the large one.
fn too_much(topic: &str, further: &str) -> Result<(u8, Stand)> {
    let small = Topic {
        settings: &[("max.message.bytes", "4000")],
        ..Topic::new(topic, 3)
    };
    let blocks = format!(
        "routing: {{ mode: set }}
format: {{ mode: json }}
batching: {{ batch-interval: 100 }}
{further}"
    );
    let mut stand = Stand::start(&[small], &blocks)?;
    let write = |number| {
        let message = write("shop", number).set(topic);
        if number == LARGE {
            message.text("long", &"x".repeat(6_000))
        } else {
            message
        }
    };
    let others = (1..=MANY).filter(|&number| number != LARGE);
    let messages: Vec<_> = others.clone().chain([LARGE]).map(write).collect();
    let mut answers = insist(&mut stand.source, &messages)?;
    let to_the_large_one = answers.pop().unwrap_or(TEMPORARY);
    assert_eq!(answers, vec![SUCCESS; answers.len()]);

    let count = reading::count(stand.cluster, topic)?;
    let batches: String = stand
        .read(topic, count)?
        .iter()
        .map(reading::Stored::text)
        .collect();
    for number in others {
        let digest = digest_text(number);
        assert_eq!(batches.matches(&digest).count(), 1, "record {number}");
    }
    assert!(!batches.contains(&digest_text(LARGE)));
    Ok((to_the_large_one, stand))
}

#[test]
fn a_batch_too_large_for_its_topic_is_made_smaller_until_the_one_to_blame_is_refused() -> Result<()>
{
    let (answer, _) = too_much("batch-large", "")?;
    assert_eq!(answer, PERMANENT);
    Ok(())
}

#[test]
fn a_batch_too_large_for_its_topic_is_made_smaller_until_the_one_to_blame_is_a_letter() -> Result<()>
{
    let letters = "batch-large-letters";
    let further = format!("aeroduct: {{ dead-letter: {{ destination: {letters} }} }}");
    aeroduct_tests::kafka::Cluster::shared()?.create_topic(&Topic::new(letters, 1))?;
    let (answer, stand) = too_much("batch-large-too", &further)?;
    assert_eq!(answer, SUCCESS);
    let letter = &stand.read(letters, 1)?[0];
    assert_eq!(letter.key.as_deref(), Some(&digest(LARGE)[..]));
    assert_eq!(letter.header("aeroduct.error.reason"), Some("too-large"));
    Ok(())
}
