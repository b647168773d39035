//! The key of a Kafka message: that of the format, or what `key` asks for (13.2, 13.28).

use std::ops::Range;

use aeroduct_config::{Otherwise, RecordKey};
use aeroduct_record::{Particle, Record};
use base64_simd::STANDARD;

use crate::{
    error::{KeyFault, PrepareError},
    text::{double, integer},
};

/// How the key of a lane's records is made.
#[derive(Debug)]
pub(crate) enum KeyMaker {
    /// The format writes it.
    OfFormat,
    /// There is none.
    None,
    /// The same for all.
    Fixed(Box<[u8]>),
    /// The digest as Base64 text.
    Digest,
    /// The user key as bytes.
    UserKey(Otherwise),
    /// A bin's value as bytes.
    Bin(Box<str>, Otherwise),
    /// No record of the lane has what is asked for.
    Missing(Otherwise),
}

impl KeyMaker {
    pub(crate) fn new(key: &RecordKey, namespace: &[u8], set: Option<&[u8]>) -> Self {
        match key {
            RecordKey::Default => Self::OfFormat,
            RecordKey::None => Self::None,
            RecordKey::Namespace => Self::Fixed(namespace.into()),
            RecordKey::Set(otherwise) => match set {
                Some(set) => Self::Fixed(set.into()),
                None => Self::Missing(*otherwise),
            },
            RecordKey::Digest => Self::Digest,
            RecordKey::UserKey(otherwise) => Self::UserKey(*otherwise),
            RecordKey::Bin(name, otherwise) => Self::Bin(name.clone(), *otherwise),
            RecordKey::Static(text) => Self::Fixed(text.as_bytes().into()),
        }
    }

    /// Whether the key is the one that the format writes.
    #[inline]
    pub(crate) const fn is_of_format(&self) -> bool {
        matches!(self, Self::OfFormat)
    }

    /// Appends the key of `record`, unless it is the format's or none.
    pub(crate) fn write(
        &self,
        record: &Record<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Range<usize>>, PrepareError> {
        let start = out.len();
        match self {
            Self::OfFormat | Self::None => return Ok(None),
            Self::Fixed(key) => out.extend_from_slice(key),
            Self::Digest => write_digest(record, out),
            Self::UserKey(otherwise) => {
                if !write_particle(record.metadata.user_key, out) {
                    fall_back(*otherwise, KeyFault::UserKey, record, out)?;
                }
            }
            Self::Bin(name, otherwise) => {
                let bin = record.bins.find(name.as_bytes());
                if !write_particle(bin.and_then(|bin| bin.particle().ok()), out) {
                    let fault = KeyFault::Bin(name.clone());
                    fall_back(*otherwise, fault, record, out)?;
                }
            }
            Self::Missing(otherwise) => fall_back(*otherwise, KeyFault::Set, record, out)?,
        }
        Ok(Some(start..out.len()))
    }
}

/// Appends the value as bytes, where it is of a type that has some.
fn write_particle(particle: Option<Particle<'_>>, out: &mut Vec<u8>) -> bool {
    match particle {
        Some(Particle::String(bytes) | Particle::Blob(bytes)) => out.extend_from_slice(bytes),
        Some(Particle::Integer(value)) => integer(out, value),
        Some(Particle::Double(value)) => double::write(out, value),
        Some(_) | None => return false,
    }
    true
}

fn write_digest(record: &Record<'_>, out: &mut Vec<u8>) {
    STANDARD.encode_append(record.metadata.digest, out);
}

#[cold]
fn fall_back(
    otherwise: Otherwise,
    fault: KeyFault,
    record: &Record<'_>,
    out: &mut Vec<u8>,
) -> Result<(), PrepareError> {
    match otherwise {
        Otherwise::Digest => {
            write_digest(record, out);
            Ok(())
        }
        Otherwise::Temporary => Err(PrepareError::key(fault, true)),
        Otherwise::Permanent => Err(PrepareError::key(fault, false)),
    }
}
