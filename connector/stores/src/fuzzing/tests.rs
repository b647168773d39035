use std::fs;
use std::path::Path;

use super::*;

#[test]
fn every_store_may_be_cut_and_flipped_anywhere() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    for file in fs::read_dir(corpus).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        stores(&bytes);
        // Where keys are derived at length, one place of many must do.
        let is_slow = path.extension().is_some_and(|kind| kind == "p12");
        let step = if is_slow { 41 } else { 3 };
        for at in (0..bytes.len()).step_by(step) {
            stores(&bytes[..at]);
            for bit in [0, 5, 7] {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                stores(&flipped);
            }
        }
    }
}

#[test]
fn counts_and_lengths_at_their_ends_are_refused() {
    let header = [0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF];
    stores(&header);
    stores(&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]);
    stores(&[0x30, 0x80, 0, 0]);
    stores("-----BEGIN CERTIFICATE-----".repeat(1000).as_bytes());
}
