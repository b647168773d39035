#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aeroduct_outbound::fuzzing::format(data));
