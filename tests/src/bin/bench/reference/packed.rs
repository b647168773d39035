//! The reference record in the shape of `message-pack`, as types that `rmp-serde` writes:
//! structs of tuples are arrays, structs with names are maps.

use super::{ARRIVED, Attrs, text};
use aeroduct_record::{LastUpdate, Particle, Record, Ttl};
use serde::{Serialize, Serializer};

/// A write: version, kind, and what it writes.
#[derive(Debug, Serialize)]
struct Write<'a>(u8, u8, Content<'a>);

/// Key, generation, expiry, last update, bins.
#[derive(Debug, Serialize)]
struct Content<'a>(Key<'a>, u32, u64, u64, Bins<'a>);

/// Namespace, set, digest, user key.
#[derive(Debug, Default, Serialize)]
struct Key<'a>(&'a str, &'a str, Blob<'a>, &'a str);

#[derive(Debug, Default, Serialize)]
struct Bins<'a>(
    Bin<i64>,
    Bin<f64>,
    Bin<&'a str>,
    Bin<&'a str>,
    Bin<bool>,
    Bin<i64>,
    Bin<Blob<'a>>,
    Bin<Attrs>,
);

/// Name, type, flags, value.
#[derive(Debug, Default, Serialize)]
struct Bin<T>(&'static str, u8, u8, T);

#[derive(Debug, Default)]
struct Blob<'a>(&'a [u8]);

impl Serialize for Blob<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Appends value and key; `None` when it cannot.
pub(crate) fn write(record: &Record<'_>, value: &mut Vec<u8>, key: &mut Vec<u8>) -> Option<()> {
    let write = Write::of(record);
    let named = |out| rmp_serde::Serializer::new(out).with_struct_map();
    write.serialize(&mut named(value)).ok()?;
    write.2.0.serialize(&mut named(key)).ok()
}

impl<'a> Write<'a> {
    /// Reads the record by name, as a derived type would be filled.
    fn of(record: &Record<'a>) -> Self {
        let metadata = &record.metadata;
        let user_key = match metadata.user_key {
            Some(Particle::String(key)) => text(key),
            _ => "",
        };
        let key = Key(
            text(metadata.namespace),
            text(metadata.set.unwrap_or_default()),
            Blob(metadata.digest),
            user_key,
        );
        let expiry = match metadata.ttl {
            Ttl::Seconds(ttl) => ARRIVED + u64::from(ttl),
            _ => 0,
        };
        let content = Content(
            key,
            metadata.generation.unwrap_or_default(),
            expiry,
            metadata.last_update.map_or(0, LastUpdate::unix_ms),
            Bins::of(record),
        );
        Self(1, 1, content)
    }
}

impl<'a> Bins<'a> {
    fn of(record: &Record<'a>) -> Self {
        let mut it = Self::default();
        for bin in &record.bins {
            let kind = bin.kind.0;
            match (bin.name, bin.particle()) {
                (b"visits", Ok(Particle::Integer(value))) => it.0 = Bin("visits", kind, 0, value),
                (b"balance", Ok(Particle::Double(value))) => it.1 = Bin("balance", kind, 0, value),
                (b"name", Ok(Particle::String(value))) => {
                    it.2 = Bin("name", kind, 0, text(value));
                }
                (b"address", Ok(Particle::String(value))) => {
                    it.3 = Bin("address", kind, 0, text(value));
                }
                (b"active", Ok(Particle::Bool(value))) => it.4 = Bin("active", kind, 0, value),
                (b"last_seen", Ok(Particle::Integer(value))) => {
                    it.5 = Bin("last_seen", kind, 0, value);
                }
                (b"token", Ok(Particle::Blob(value))) => {
                    it.6 = Bin("token", kind, 0, Blob(value));
                }
                (b"attrs", Ok(Particle::Map(map))) => {
                    it.7 = Bin("attrs", kind, 0, Attrs::of(map.reader()));
                }
                _ => {}
            }
        }
        it
    }
}
