#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    aeroduct_outbound::fuzzing::format(data, |mut bytes| {
        rmpv::decode::read_value(&mut bytes).is_ok() && bytes.is_empty()
    });
});
