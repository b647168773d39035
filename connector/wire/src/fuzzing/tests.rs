use super::*;

/// Every form of particle in one message frame.
fn seed() -> Vec<u8> {
    use aeroduct_record::cdt::MapOrder;
    use aeroduct_record::{Collection, Operation};

    let mut list = Vec::new();
    let mut writer = crate::encode::CdtWriter::new(&mut list);
    writer.ordered_list(6).integer(-70_000).string(b"x").nil();
    writer.list(0).map(1, MapOrder::Key).blob(b"k").double(0.5);
    writer.geojson(b"{}");
    let mut out = Vec::new();
    crate::encode::MessageWriter::new(&mut out, Operation::Write { whole_record: true })
        .namespace(b"test")
        .digest(&[7; 20])
        .user_key(&Particle::String(b"key"))
        .bins()
        .bin(b"l", &Particle::List(Collection::new(&list)))
        .geojson(b"g", false, &[1], b"{}")
        .bin(b"i", &Particle::Integer(1))
        .finish()
        .unwrap();
    out
}

#[test]
fn targets_take_a_seed_and_every_cut_and_flip_of_it() {
    let plain = seed();
    let mut both = plain.clone();
    crate::encode::compress(&plain, &mut both).unwrap();
    let posted = [&[1], &both[..]].concat();
    for at in 0..both.len() {
        http_body(&posted[..at]);
        stream(&both[..at]);
        message(&both[at..]);
        particle(&both[at..]);
        for bit in 0..8 {
            let mut flipped = both.clone();
            flipped[at] ^= 1 << bit;
            stream(&flipped);
            http_body(&[&[1], &flipped[..]].concat());
            message(&flipped[8..]);
            particle(&flipped[at..]);
        }
    }
}
