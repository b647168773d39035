#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| aeroduct_config::fuzzing::fuzz_schema(text));
