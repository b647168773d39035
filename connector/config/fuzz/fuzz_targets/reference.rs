#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aeroduct_config::fuzzing::fuzz_reference(data));
