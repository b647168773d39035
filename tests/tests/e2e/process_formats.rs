//! What stands in Kafka, to the byte, as Kafka's own consumer prints it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aeroduct_tests::connector::Connector;
use aeroduct_tests::kafka::{Cluster, Topic};
use aeroduct_tests::message::{Message, digest, particle};
use aeroduct_tests::reading;
use aeroduct_tests::source::{SUCCESS, Source};
use anyhow::Result;

const LIMIT: Duration = Duration::from_secs(30);

/// The bytes 0 to 19, and their Base64.
pub(crate) const DIGEST: [u8; 20] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
];
pub(crate) const DIGEST_TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhM=";

/// 2024-12-10T14:49:26.168Z in milliseconds since 2010, from source 1; and since 1970.
pub(crate) const LAST_UPDATE: u64 = 0x016d_c9dd_6998;
pub(crate) const LAST_UPDATE_UNIX: u64 = 1_733_842_166_168;

/// `[1, "x", 2.5, true, bytes 01 02]`, ordered: the marker is its first element.
const LIST: &[u8] = b"\x96\xc7\x00\x01\x01\xa2\x03x\xcb\x40\x04\0\0\0\0\0\0\xc3\xa3\x04\x01\x02";
/// `{"a": nil, "b": 1}`, ordered by key.
const MAP: &[u8] = b"\x83\xc7\x00\x01\xc0\xa2\x03a\xc0\xa2\x03b\x01";
/// One cell of the index lies before the text.
const PLACE: &[u8] =
    b"\x00\x00\x01\x80\0\0\0\0\0\0\x01{\"type\":\"Point\",\"coordinates\":[1.3,103.9]}";

pub(crate) fn all_types() -> Message {
    Message::write("users", DIGEST)
        .set("premium")
        .user_key(particle::STRING, b"id123")
        .generation(3)
        .last_update(LAST_UPDATE)
        .text("name", "Ann \"A\" \u{e9}\u{1d11e}\n")
        .integer("n", -5)
        .bin("d", particle::DOUBLE, &1e10_f64.to_be_bytes())
        .bin("b", particle::BOOL, &[1])
        .bin("x", particle::BLOB, &[0xde, 0xad])
        .bin("h", particle::HLL, &[0, 4, 0, 1])
        .bin("l", particle::LIST, LIST)
        .bin("m", particle::MAP, MAP)
        .bin("g", particle::GEOJSON, PLACE)
}

pub(crate) fn delete() -> Message {
    Message::delete("users", DIGEST)
        .set("premium")
        .user_key(particle::INTEGER, &(-7_i64).to_be_bytes())
        .generation(4)
        .last_update(LAST_UPDATE)
}

/// From a server that ships neither set nor key, generation or time.
pub(crate) fn bare_delete() -> Message {
    Message::durable_delete("users", DIGEST).generation(0)
}

/// Sends these to a connector with this format, and returns key and value of each as printed.
fn publish(topic: &str, format: &str, messages: &[Message]) -> Result<Vec<(String, String)>> {
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new(topic, 1))?;
    let blocks =
        format!("routing: {{ mode: static, destination: {topic} }}\nformat: {{ {format} }}");
    let connector = Connector::start(&cluster.bootstrap(), &blocks)?;
    let mut source = Source::connect(connector.port)?;
    for message in messages {
        source.send(&message.frame())?;
    }
    let answers = source.answers(messages.len(), LIMIT)?;
    assert_eq!(answers, vec![SUCCESS; messages.len()]);

    let printed = reading::print(cluster, topic, messages.len())?;
    assert!(
        printed.iter().all(|record| record.headers == "NO_HEADERS"),
        "{printed:?}"
    );
    Ok(printed
        .into_iter()
        .map(|record| (record.key, record.value))
        .collect())
}

// covers: format.mode=json
#[test]
fn json_is_as_documented() -> Result<()> {
    let records = publish(
        "format-json",
        "mode: json",
        &[all_types(), delete(), bare_delete()],
    )?;

    let key = format!(r#"["users","premium","{DIGEST_TEXT}","id123"]"#);
    let write = format!(
        concat!(
            r#"{{"msg":"write","key":{},"gen":3,"exp":0,"lut":{},"bins":["#,
            r#"{{"name":"name","type":"str","value":"Ann \"A\" {}\n"}},"#,
            r#"{{"name":"n","type":"int","value":-5}},"#,
            r#"{{"name":"d","type":"float","value":1.0E10}},"#,
            r#"{{"name":"b","type":"bool","value":true}},"#,
            r#"{{"name":"x","type":"blob","value":"3q0="}},"#,
            r#"{{"name":"h","type":"hll","value":"AAQAAQ=="}},"#,
            r#"{{"name":"l","type":"list","value":[1,"x",2.5,true,"AQI="],"ordered":true}},"#,
            r#"{{"name":"m","type":"map","value":{{"a":null,"b":1}},"order":"key"}},"#,
            r#"{{"name":"g","type":"geojson","value":{{"type":"Point","coordinates":[1.3,103.9]}}}}"#,
            r#"]}}"#,
        ),
        key, LAST_UPDATE_UNIX, "\u{e9}\u{1d11e}",
    );
    let delete_key = format!(r#"["users","premium","{DIGEST_TEXT}",-7]"#);
    let delete = format!(
        r#"{{"msg":"delete","key":{delete_key},"gen":4,"lut":{LAST_UPDATE_UNIX},"durable":false}}"#
    );
    let bare_key = format!(r#"["users",null,"{DIGEST_TEXT}",null]"#);
    let bare = format!(r#"{{"msg":"delete","key":{bare_key},"durable":true}}"#);
    assert_eq!(
        records,
        [(key, write), (delete_key, delete), (bare_key, bare)]
    );
    Ok(())
}

// covers: format.mode=flat-json, format.metadata-key
#[test]
fn flat_json_is_as_documented() -> Result<()> {
    let format = "mode: flat-json, metadata-key: metadata";
    let records = publish(
        "format-flat",
        format,
        &[all_types(), delete(), bare_delete()],
    )?;

    let key = format!(
        r#"{{"namespace":"users","set":"premium","userKey":"id123","digest":"{DIGEST_TEXT}"}}"#
    );
    let write = format!(
        concat!(
            r#"{{"metadata":{{"namespace":"users","set":"premium","userKey":"id123","digest":"{}","#,
            r#""msg":"write","gen":3,"lut":{},"exp":0}},"#,
            r#""name":"Ann \"A\" {}\n","n":-5,"d":1.0E10,"b":true,"x":"3q0=","h":"AAQAAQ==","#,
            r#""l":[1,"x",2.5,true,"AQI="],"m":{{"a":null,"b":1}},"#,
            r#""g":{{"type":"Point","coordinates":[1.3,103.9]}}}}"#,
        ),
        DIGEST_TEXT, LAST_UPDATE_UNIX, "\u{e9}\u{1d11e}",
    );
    let delete_key =
        format!(r#"{{"namespace":"users","set":"premium","userKey":-7,"digest":"{DIGEST_TEXT}"}}"#);
    let delete = format!(
        concat!(
            r#"{{"metadata":{{"namespace":"users","set":"premium","userKey":-7,"digest":"{}","#,
            r#""msg":"delete","gen":4,"lut":{},"durable":false}}}}"#,
        ),
        DIGEST_TEXT, LAST_UPDATE_UNIX,
    );
    let bare_key = format!(r#"{{"namespace":"users","digest":"{DIGEST_TEXT}"}}"#);
    let bare = format!(
        r#"{{"metadata":{{"namespace":"users","digest":"{DIGEST_TEXT}","msg":"delete","durable":true}}}}"#
    );
    assert_eq!(
        records,
        [(key, write), (delete_key, delete), (bare_key, bare)]
    );
    Ok(())
}

#[test]
fn a_time_to_live_becomes_a_time_of_expiry() -> Result<()> {
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map(|since| since.as_secs())
    };
    let before = now()?;
    let message = Message::write("users", digest(1)).ttl(3600).integer("n", 1);
    let records = publish("format-expiry", "mode: json", &[message])?;
    let after = now()?;

    let value: serde_json::Value = serde_json::from_str(&records[0].1)?;
    let expiry = value["exp"].as_u64().unwrap_or_default();
    assert!(
        (before + 3600..=after + 3600).contains(&expiry),
        "{expiry} for {before} to {after}"
    );
    Ok(())
}

// covers: format.stringify-map-keys
#[test]
fn numbers_as_map_keys_are_refused_when_they_may_not_become_text() -> Result<()> {
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new("format-keys", 1))?;
    let blocks = "routing: { mode: static, destination: format-keys }\n\
                  format: { mode: json, stringify-map-keys: false }";
    let connector = Connector::start(&cluster.bootstrap(), blocks)?;
    let mut source = Source::connect(connector.port)?;
    // {1: 2}
    let number_key = Message::write("users", digest(1)).bin("m", particle::MAP, &[0x81, 1, 2]);
    let text_key = Message::write("users", digest(2)).bin("m", particle::MAP, b"\x81\xa2\x03a\x02");
    source.send(&[number_key.frame(), text_key.frame()].concat())?;

    let permanent = aeroduct_tests::source::PERMANENT;
    assert_eq!(source.answers(2, LIMIT)?, [permanent, SUCCESS]);
    assert_eq!(reading::read(cluster, "format-keys", 1)?.len(), 1);
    Ok(())
}
