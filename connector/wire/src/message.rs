//! Messages: the body of a frame read as one change.

use aeroduct_record::{
    Bins, BinsError, LastUpdate, Metadata, Operation, Particle, ParticleError, ParticleKind,
    Record, Ttl,
};

/// Length of the fixed part of a message.
pub const MESSAGE_HEADER_LEN: usize = 22;

/// Reads the body of a message frame as one change. Everything in it borrows `body`.
///
/// All bytes must be used, and every field and bin lies inside the message; what the values of the
/// bins mean is not looked at. Fields may come in any order; those of unknown types are skipped.
/// A field that names the record or tells its time must not come twice: which of the two holds
/// would be a guess. The message's own statement of its header's length is not judged: what
/// follows has to fit exactly, which says more.
///
/// # Errors
///
/// When the body is not a change. The frame's boundary is known, so the connection can go on; this
/// message will not get better by being sent again.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "called for every record in one place; the record goes by memory otherwise"
)]
pub fn parse_message(body: &[u8]) -> Result<Record<'_>, MessageError> {
    let Some((header, rest)) = body.split_first_chunk::<MESSAGE_HEADER_LEN>() else {
        return Err(MessageError::TooShort { len: body.len() });
    };
    let header = Header::read(header);
    let operation = header.operation()?;
    let (fields, rest) = Fields::read(rest, header.fields)?;
    let bins =
        Bins::parse(rest, header.bins).map_err(|source| MessageError::ReadBins { source })?;
    Ok(Record {
        metadata: Metadata {
            operation,
            namespace: fields.namespace()?,
            set: fields.set()?,
            digest: fields.digest()?,
            user_key: fields.user_key()?,
            generation: (header.generation != 0).then_some(header.generation),
            last_update: fields.last_update()?,
            ttl: Ttl::from_raw(header.ttl),
        },
        bins,
    })
}

/// Why the body of a frame is not a change. The fault is the peer's, and it is permanent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MessageError {
    /// Not even the fixed part is there.
    #[error("the message has {len} bytes; its header alone needs {MESSAGE_HEADER_LEN}")]
    TooShort {
        /// Length of the body in bytes.
        len: usize,
    },
    /// Neither a write nor a delete.
    #[error("the message is neither a write nor a delete (second byte of flags: {flags:#04x})")]
    NotAChange {
        /// The flags that tell writes and deletes.
        flags: u8,
    },
    /// A field runs past the end.
    #[error("field {field} of the message runs past its end")]
    TruncatedField {
        /// Position in the message, from 0.
        field: u16,
    },
    /// A field without even a type.
    #[error("field {field} of the message has size 0")]
    EmptyField {
        /// Position in the message, from 0.
        field: u16,
    },
    /// A field that must not come twice.
    #[error("the message has its {0} twice")]
    DuplicateField(Field),
    /// A field without which a record has no identity.
    #[error("the message has no {0}")]
    MissingField(Field),
    /// A field of another length than its type allows.
    #[error("the {field} of the message has {len} bytes")]
    FieldLength {
        /// Which field.
        field: Field,
        /// Length of its content in bytes.
        len: usize,
    },
    /// The user key is not a value of the kind that it names.
    #[error("the user key of the message cannot be read")]
    ReadUserKey {
        /// Why not.
        source: ParticleError,
    },
    /// The bins do not fit into the message.
    #[error("the bins of the message cannot be read")]
    ReadBins {
        /// Why not.
        source: BinsError,
    },
}

/// A field that is read; all others are skipped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Field {
    /// 1 to 31 bytes.
    Namespace,
    /// Up to 63 bytes; none stands for "no set".
    Set,
    /// At least the byte that names its kind.
    UserKey,
    /// 20 bytes.
    Digest,
    /// 8 bytes.
    LastUpdate,
}

impl Field {
    /// The number of the wire.
    pub const fn code(self) -> u8 {
        match self {
            Self::Namespace => 0,
            Self::Set => 1,
            Self::UserKey => 2,
            Self::Digest => 4,
            Self::LastUpdate => 14,
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Namespace => "namespace",
            Self::Set => "set",
            Self::UserKey => "user key",
            Self::Digest => "digest",
            Self::LastUpdate => "last-update time",
        })
    }
}

/// Bits of the second byte of flags.
pub(crate) const FLAG_WRITE: u8 = 0x01;
pub(crate) const FLAG_DELETE: u8 = 0x02;
pub(crate) const FLAG_DURABLE: u8 = 0x10;
/// Bits of the third byte of flags: create or replace, replace only.
pub(crate) const FLAG_REPLACE: u8 = 0x10;
const FLAGS_WHOLE_RECORD: u8 = FLAG_REPLACE | 0x20;

const NAMESPACE_LEN_MAX: usize = 31;
const SET_LEN_MAX: usize = 63;

/// The part of the header that means something to a receiver.
struct Header {
    info2: u8,
    info3: u8,
    generation: u32,
    ttl: u32,
    fields: u16,
    bins: u16,
}

impl Header {
    #[inline]
    fn read(header: &[u8; MESSAGE_HEADER_LEN]) -> Self {
        let [
            _len,
            _info1,
            info2,
            info3,
            _info4,
            _result, //
            g0,
            g1,
            g2,
            g3,
            t0,
            t1,
            t2,
            t3,
            _,
            _,
            _,
            _,
            f0,
            f1,
            b0,
            b1,
        ] = *header;
        Self {
            info2,
            info3,
            generation: u32::from_be_bytes([g0, g1, g2, g3]),
            ttl: u32::from_be_bytes([t0, t1, t2, t3]),
            fields: u16::from_be_bytes([f0, f1]),
            bins: u16::from_be_bytes([b0, b1]),
        }
    }

    /// The durable bit alone does not make a delete: sources set it on plain writes too.
    #[inline]
    fn operation(&self) -> Result<Operation, MessageError> {
        if self.info2 & FLAG_DELETE != 0 {
            Ok(Operation::Delete {
                durable: self.info2 & FLAG_DURABLE != 0,
            })
        } else if self.info2 & FLAG_WRITE != 0 {
            Ok(Operation::Write {
                whole_record: self.info3 & FLAGS_WHOLE_RECORD != 0,
            })
        } else {
            Err(MessageError::NotAChange { flags: self.info2 })
        }
    }
}

/// The contents of the fields that are read.
#[derive(Default)]
struct Fields<'a> {
    namespace: Option<&'a [u8]>,
    set: Option<&'a [u8]>,
    user_key: Option<&'a [u8]>,
    digest: Option<&'a [u8]>,
    last_update: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    #[inline]
    fn read(mut rest: &'a [u8], count: u16) -> Result<(Self, &'a [u8]), MessageError> {
        let mut fields = Self::default();
        for field in 0..count {
            let Some((header, behind)) = rest.split_first_chunk::<5>() else {
                // A size of 0 may well be the last thing in a message.
                return Err(match rest.first_chunk::<4>() {
                    Some([0, 0, 0, 0]) => MessageError::EmptyField { field },
                    Some(_) | None => MessageError::TruncatedField { field },
                });
            };
            let [a, b, c, d, code] = *header;
            // The size counts the type as well.
            let Some(len) = u32::from_be_bytes([a, b, c, d]).checked_sub(1) else {
                return Err(MessageError::EmptyField { field });
            };
            let Some((content, behind)) = usize::try_from(len)
                .ok()
                .and_then(|len| behind.split_at_checked(len))
            else {
                return Err(MessageError::TruncatedField { field });
            };
            fields.keep(code, content)?;
            rest = behind;
        }
        Ok((fields, rest))
    }

    #[inline]
    fn keep(&mut self, code: u8, content: &'a [u8]) -> Result<(), MessageError> {
        let (slot, field) = match code {
            0 => (&mut self.namespace, Field::Namespace),
            1 => (&mut self.set, Field::Set),
            2 => (&mut self.user_key, Field::UserKey),
            4 => (&mut self.digest, Field::Digest),
            14 => (&mut self.last_update, Field::LastUpdate),
            _ => return Ok(()),
        };
        match slot.replace(content) {
            None => Ok(()),
            Some(_) => Err(MessageError::DuplicateField(field)),
        }
    }

    #[inline]
    fn namespace(&self) -> Result<&'a [u8], MessageError> {
        let field = Field::Namespace;
        match self.namespace.ok_or(MessageError::MissingField(field))? {
            name if (1..=NAMESPACE_LEN_MAX).contains(&name.len()) => Ok(name),
            name => Err(wrong_length(field, name)),
        }
    }

    #[inline]
    fn set(&self) -> Result<Option<&'a [u8]>, MessageError> {
        match self.set {
            None | Some([]) => Ok(None),
            Some(name) if name.len() <= SET_LEN_MAX => Ok(Some(name)),
            Some(name) => Err(wrong_length(Field::Set, name)),
        }
    }

    #[inline]
    fn digest(&self) -> Result<&'a [u8; 20], MessageError> {
        let field = Field::Digest;
        let content = self.digest.ok_or(MessageError::MissingField(field))?;
        content.try_into().map_err(|_| wrong_length(field, content))
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the key goes by memory otherwise")]
    fn user_key(&self) -> Result<Option<Particle<'a>>, MessageError> {
        let Some(content) = self.user_key else {
            return Ok(None);
        };
        let Some((&kind, bytes)) = content.split_first() else {
            return Err(wrong_length(Field::UserKey, content));
        };
        match Particle::parse(ParticleKind(kind), bytes) {
            Ok(key) => Ok(Some(key)),
            Err(source) => Err(MessageError::ReadUserKey { source }),
        }
    }

    #[inline]
    fn last_update(&self) -> Result<Option<LastUpdate>, MessageError> {
        let Some(content) = self.last_update else {
            return Ok(None);
        };
        <[u8; 8]>::try_from(content)
            .map(|raw| LastUpdate::from_raw(u64::from_be_bytes(raw)))
            .map_err(|_| wrong_length(Field::LastUpdate, content))
    }
}

#[cold]
const fn wrong_length(field: Field, content: &[u8]) -> MessageError {
    MessageError::FieldLength {
        field,
        len: content.len(),
    }
}

#[cfg(test)]
mod tests;
