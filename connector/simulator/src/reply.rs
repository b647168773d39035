//! Reading a connector's replies: what came, and what a source makes of it.
//!
//! Replies carry no id: the n-th reply of a connection answers the n-th message. So whatever is
//! not a reply ends the connection; nothing behind it could be told apart.

use std::fmt;

pub use aeroduct_wire::reply::{LEN, ReplyError};

/// What a source does with a reply.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Meaning {
    /// The record is done with.
    Success,
    /// The source sends the record again later.
    Temporary,
    /// The source never sends this version again.
    Permanent,
}

/// The result code of a reply.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Code(pub u8);

impl Code {
    /// What a source (server 5.0 and later) does with this code.
    pub const fn meaning(self) -> Meaning {
        match self.0 {
            0 | 2 => Meaning::Success,
            8 | 9 | 11 | 14 | 18 | 80 => Meaning::Temporary,
            _ => Meaning::Permanent,
        }
    }

    /// The code's name among Aerospike's result codes.
    pub const fn name(self) -> &'static str {
        match self.0 {
            0 => "ok",
            1 => "unknown error",
            2 => "not found",
            4 => "parameter error",
            8 => "out of space",
            9 => "timeout",
            11 => "unavailable",
            13 => "record too big",
            14 => "key busy",
            18 => "device overload",
            22 => "forbidden",
            80 => "not authenticated",
            _ => "other",
        }
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "success",
            Self::Temporary => "temporary error: the source sends it again",
            Self::Permanent => "permanent error: the source drops it",
        })
    }
}

/// Takes one reply off the front of `input`, or `None` until more bytes arrive.
///
/// What is longer than a reply cannot become one any more, and is an error at once.
pub fn next(input: &[u8]) -> Result<Option<Code>, ReplyError> {
    match aeroduct_wire::reply::read(input)? {
        Some(code) => Ok(Some(Code(code))),
        None if input.len() < LEN => Ok(None),
        None => Err(ReplyError::NotAReply { len: input.len() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reply as its layout has it: version 2, message, body of 22 bytes; the code is byte 13.
    fn reply(header_size: u8, code: u8) -> Vec<u8> {
        let mut bytes = vec![0; LEN];
        bytes[..8].copy_from_slice(&[2, 3, 0, 0, 0, 0, 0, 22]);
        bytes[8] = header_size;
        bytes[13] = code;
        bytes
    }

    #[test]
    fn both_header_sizes_are_replies() {
        assert_eq!(next(&reply(22, 11)), Ok(Some(Code(11))));
        assert_eq!(next(&reply(0, 4)), Ok(Some(Code(4))));
    }

    #[test]
    fn what_cannot_become_a_reply_is_not_waited_for() {
        let mut longer = reply(22, 0);
        longer[6] = 1;
        assert!(next(&longer).is_err());
        assert_eq!(next(&longer[..LEN - 1]), Ok(None));
        assert!(next(b"HTTP/1.1 400 Bad Request\r\nDate:").is_err());
    }

    #[test]
    fn codes_mean_what_a_source_makes_of_them() {
        for code in [0, 2] {
            assert_eq!(Code(code).meaning(), Meaning::Success, "{code}");
        }
        for code in [8, 9, 11, 14, 18, 80] {
            assert_eq!(Code(code).meaning(), Meaning::Temporary, "{code}");
        }
        for code in [1, 4, 10, 13, 22, 28, 255] {
            assert_eq!(Code(code).meaning(), Meaning::Permanent, "{code}");
        }
    }
}
