#![no_main]

use apache_avro::{Schema, reader::datum::GenericDatumReader};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    aeroduct_outbound::fuzzing::avro(data, |schema, mut bytes| {
        // Of some defaults the reader has a narrower view; without them it reads just the same.
        let Ok(schema) = Schema::parse_str(schema) else {
            return true;
        };
        let reader = GenericDatumReader::builder(&schema).build();
        reader.is_ok_and(|reader| reader.read_value(&mut bytes).is_ok() && bytes.is_empty())
    });
});
