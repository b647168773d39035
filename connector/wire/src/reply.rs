//! Replies: 30 bytes that tell the source what became of one message.
//!
//! A source matches replies by their order alone: exactly one per message, in the order in which
//! the messages came over the connection.

use crate::frame::{BODY_LEN_MAX, Frame, FrameError, FrameKind, PROTOCOL_VERSION, next_frame};

/// Length of a reply in bytes.
pub const LEN: usize = 30;

/// What became of a message, in the three codes that we send (13.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ResultCode {
    /// It is published, or need not be: the source is done with it.
    Success,
    /// It could not be published now: the source sends the record again.
    TemporaryError,
    /// It can never be published: the source gives this version up.
    PermanentError,
}

impl ResultCode {
    /// The number of the wire.
    #[inline]
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::TemporaryError => 11,
            Self::PermanentError => 4,
        }
    }

    /// The reply with this code.
    #[inline]
    pub const fn reply(self) -> [u8; LEN] {
        let mut reply = [0; LEN];
        let [
            version,
            kind,
            _,
            _,
            _,
            _,
            _,
            len,
            header_len,
            _,
            _,
            _,
            _,
            code,
            ..,
        ] = &mut reply;
        *version = PROTOCOL_VERSION;
        *kind = FrameKind::Message.code();
        // The body is a message header and nothing else; it states its own length again.
        *len = 22;
        *header_len = 22;
        *code = self.code();
        reply
    }
}

/// Appends the reply with `code` to `out`.
#[inline]
pub fn write(code: ResultCode, out: &mut Vec<u8>) {
    out.extend_from_slice(&code.reply());
}

/// Takes the first reply of `input`, [`LEN`] bytes: its code as it stands; `None` until more bytes
/// arrive. This is the source's side, for whoever plays one.
///
/// # Errors
///
/// When the bytes are not a reply.
pub fn read(input: &[u8]) -> Result<Option<u8>, ReplyError> {
    let frame =
        next_frame(input, BODY_LEN_MAX).map_err(|source| ReplyError::ReadFrame { source })?;
    frame.map(code_of).transpose()
}

/// Why bytes are not a reply. The fault is the receiver's.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReplyError {
    /// They are not a frame.
    #[error("the reply is not a frame")]
    ReadFrame {
        /// Why not.
        source: FrameError,
    },
    /// The frame is not a bare message header.
    #[error("the reply has {len} bytes; it should be an uncompressed message of {LEN}")]
    NotAReply {
        /// Length of the frame in bytes.
        len: usize,
    },
}

fn code_of(frame: Frame<'_>) -> Result<u8, ReplyError> {
    match (frame.kind(), <&[u8; LEN]>::try_from(frame.bytes())) {
        (FrameKind::Message, Ok([_, _, _, _, _, _, _, _, _, _, _, _, _, code, ..])) => Ok(*code),
        _ => Err(ReplyError::NotAReply { len: frame.len() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_of_any_code_are_read_back_and_cut_ones_wait() {
        for code in [
            ResultCode::Success,
            ResultCode::TemporaryError,
            ResultCode::PermanentError,
        ] {
            let reply = code.reply();
            assert_eq!(read(&reply), Ok(Some(code.code())));
            for len in 0..LEN {
                assert_eq!(read(&reply[..len]), Ok(None), "{len}");
            }
        }
    }

    #[test]
    fn anything_else_than_a_bare_header_is_no_reply() {
        let mut reply = ResultCode::Success.reply().to_vec();
        reply[7] = 23;
        reply.push(0);
        assert_eq!(read(&reply), Err(ReplyError::NotAReply { len: 31 }));

        let mut reply = ResultCode::Success.reply();
        reply[1] = 4;
        assert_eq!(read(&reply), Err(ReplyError::NotAReply { len: 30 }));

        let mut reply = ResultCode::Success.reply();
        reply[1] = 1;
        assert!(matches!(read(&reply), Err(ReplyError::ReadFrame { .. })));
    }
}
