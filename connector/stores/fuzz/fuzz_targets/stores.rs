#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aeroduct_stores::fuzzing::stores(data));
