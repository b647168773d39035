#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aeroduct_wire::fuzzing::http_body(data));
