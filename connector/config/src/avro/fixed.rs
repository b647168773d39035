//! The schemas that no configuration can change (4.2, 13.32 of the behaviour notes).

use std::sync::LazyLock;

use super::{AvroSchema, read};

/// Of the key of a map.
const KEY_MAP: &str = r#"{"type":"map","values":["long","double","bytes","string"]}"#;

/// Of the key of a record.
const KEY: &str = r#"{"type":"record","name":"AerospikeOutboundKey","namespace":"com.aerospike.connect","fields":[{"name":"namespace","type":"string"},{"name":"userKey","type":["null","long","double","bytes","string"],"default":null},{"name":"set","type":["null","string"],"default":null},{"name":"digest","type":"bytes"}]}"#;

/// Of a delete whose write has a schema of its own.
const DELETE: &str = r#"{"type":"record","name":"AerospikeOutboundDelete","namespace":"com.aerospike.connect","fields":[{"name":"namespace","type":"string"},{"name":"set","type":["null","string"],"default":null},{"name":"userKey","type":["null","long","double","bytes","string"],"default":null},{"name":"digest","type":"bytes"},{"name":"msg","type":"string"},{"name":"gen","type":["null","int"],"default":null},{"name":"lut","type":["null","long"],"default":null},{"name":"durable","type":["null","boolean"],"default":null}]}"#;

/// The schema of a Kafka key beside a value that is a map (4.2 of the behaviour notes).
pub fn key_map_schema() -> AvroSchema {
    static SCHEMA: LazyLock<AvroSchema> = LazyLock::new(|| fixed(KEY_MAP));
    SCHEMA.clone()
}

/// The schema of a Kafka key beside a value that is a record: `AerospikeOutboundKey`.
pub fn key_schema() -> AvroSchema {
    static SCHEMA: LazyLock<AvroSchema> = LazyLock::new(|| fixed(KEY));
    SCHEMA.clone()
}

/// The schema of a delete in the format `kafka-avro`: `AerospikeOutboundDelete` (13.32).
pub fn delete_schema() -> AvroSchema {
    static SCHEMA: LazyLock<AvroSchema> = LazyLock::new(|| fixed(DELETE));
    SCHEMA.clone()
}

#[expect(clippy::expect_used, reason = "a test reads each of them")]
fn fixed(text: &str) -> AvroSchema {
    read(text).expect("the fixed schemas are sound")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixed_schemas_are_what_they_are_called() {
        assert_eq!(key_map_schema().text(), KEY_MAP);
        assert_eq!(
            key_schema().as_record().unwrap().name,
            "com.aerospike.connect.AerospikeOutboundKey"
        );
        assert_eq!(
            delete_schema().as_record().unwrap().name,
            "com.aerospike.connect.AerospikeOutboundDelete"
        );
    }
}
