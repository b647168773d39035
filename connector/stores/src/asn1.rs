//! Values of ASN.1, one after the other.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode as _, ErrorKind, Tag, TagNumber, Tagged as _};

use crate::StoreError;

/// The tag of an explicit or implicit field `[number]`.
pub(crate) const fn context(number: u32, constructed: bool) -> Tag {
    Tag::ContextSpecific {
        constructed,
        number: TagNumber(number),
    }
}

/// The values within a value.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    rest: &'a [u8],
}

impl<'a> Values<'a> {
    pub(crate) const fn new(content: &'a [u8]) -> Self {
        Self { rest: content }
    }

    /// What has not been read.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next value, whatever it is.
    pub(crate) fn next(&mut self) -> Result<Option<AnyRef<'a>>, StoreError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (value, rest) = AnyRef::from_der_partial(self.rest).map_err(refused)?;
        self.rest = rest;
        Ok(Some(value))
    }

    /// The content of the next value, which must have this tag.
    pub(crate) fn content(&mut self, tag: Tag) -> Result<&'a [u8], StoreError> {
        match self.next()? {
            Some(value) if value.tag() == tag => Ok(value.value()),
            _ => Err(StoreError::Malformed("a value in it is not of its type")),
        }
    }

    /// The content of the next value, if that has this tag.
    pub(crate) fn optional(&mut self, tag: Tag) -> Result<Option<&'a [u8]>, StoreError> {
        let mut ahead = *self;
        match ahead.next()? {
            Some(value) if value.tag() == tag => {
                *self = ahead;
                Ok(Some(value.value()))
            }
            _ => Ok(None),
        }
    }

    /// The values within the next one, which must be a sequence.
    pub(crate) fn sequence(&mut self) -> Result<Self, StoreError> {
        self.content(Tag::Sequence).map(Self::new)
    }

    /// The next value, which must name an object.
    pub(crate) fn object(&mut self) -> Result<ObjectIdentifier, StoreError> {
        ObjectIdentifier::from_bytes(self.content(Tag::ObjectIdentifier)?)
            .map_err(|_| StoreError::Malformed("an object identifier in it cannot be read"))
    }

    /// The next value, which must be a count.
    pub(crate) fn count(&mut self) -> Result<u32, StoreError> {
        let bytes = self.content(Tag::Integer)?;
        let mut count: u32 = 0;
        for byte in bytes {
            count = count
                .checked_mul(256)
                .and_then(|count| count.checked_add(u32::from(*byte)))
                .filter(|count| i32::try_from(*count).is_ok())
                .ok_or(StoreError::Malformed("a count in it is out of range"))?;
        }
        Ok(count)
    }
}

/// Whether these bytes begin as a `PrivateKeyInfo`: what was decrypted with a wrong password is
/// none, even when its padding happens to be right.
pub(crate) fn is_private_key(bytes: &[u8]) -> bool {
    let begins = |mut key: Values<'_>| {
        key.count()?;
        key.sequence()?.object()?;
        key.content(Tag::OctetString).map(|_| ())
    };
    Values::new(bytes).sequence().and_then(begins).is_ok()
}

fn refused(error: der::Error) -> StoreError {
    match error.kind() {
        ErrorKind::Incomplete { .. } => StoreError::Truncated,
        ErrorKind::IndefiniteLength => {
            StoreError::Unsupported("lengths that are left open (BER)".to_owned())
        }
        _ => StoreError::Malformed("a value in it cannot be read"),
    }
}
