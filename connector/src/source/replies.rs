//! The replies of one connection: bytes that wait for the socket, in order of arrival.

use crate::pipeline::{Answer, Answers};
use aeroduct_wire::reply::{self, ResultCode};
use std::io::{self, Write};
use std::time::Instant;

/// Unsent bytes above which the connection reads nothing more: a thousand peers that send without
/// reading their replies must not fill our memory. What the socket holds of the replies of a proven
/// connection is far more than a peer needs that reads.
const UNSENT_MAX: usize = 64 << 10;

/// What is left of a buffer that has been larger, in bytes.
const KEPT_CAPACITY: usize = 64 << 10;

/// Answers by kind.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Tally {
    pub(super) success: usize,
    pub(super) temporary: usize,
    pub(super) permanent: usize,
}

/// Replies that are written, or wait to be.
#[derive(Debug, Default)]
pub(super) struct Replies {
    unsent: Vec<u8>,
    sent: usize,
    /// Bytes that the socket has taken so far.
    taken: u64,
    blocked_since: Option<Instant>,
}

impl Replies {
    /// Adds one reply for each answer.
    pub(super) fn push(&mut self, answers: &Answers) -> Tally {
        let mut tally = Tally::default();
        for answer in answers.iter() {
            let code = match answer {
                Answer::Success => {
                    tally.success += 1;
                    ResultCode::Success
                }
                Answer::TemporaryError => {
                    tally.temporary += 1;
                    ResultCode::TemporaryError
                }
                Answer::PermanentError => {
                    tally.permanent += 1;
                    ResultCode::PermanentError
                }
            };
            reply::write(code, &mut self.unsent);
        }
        tally
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.unsent.is_empty()
    }

    /// True when the peer must read before more is read from it.
    pub(super) const fn is_full(&self) -> bool {
        self.unsent.len() - self.sent >= UNSENT_MAX
    }

    /// Bytes that the socket has taken so far.
    pub(super) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Bytes that it will have taken when it has taken all.
    pub(super) const fn owed(&self) -> u64 {
        self.taken + (self.unsent.len() - self.sent) as u64
    }

    /// Since when the socket has taken nothing.
    pub(super) const fn blocked_since(&self) -> Option<Instant> {
        self.blocked_since
    }

    /// Writes as much as the socket takes; false when some is left.
    pub(super) fn flush(&mut self, socket: &mut impl Write, now: Instant) -> io::Result<bool> {
        while let Some(rest) = self.unsent.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match socket.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.sent += written;
                    self.taken += written as u64;
                    self.blocked_since = None;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.blocked_since.get_or_insert(now);
                    self.forget_sent();
                    return Ok(false);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.unsent.clear();
        self.unsent.shrink_to(KEPT_CAPACITY);
        self.sent = 0;
        Ok(true)
    }
}

impl Replies {
    /// A peer that never takes everything must not make the buffer keep what it has taken.
    fn forget_sent(&mut self) {
        if self.sent >= KEPT_CAPACITY {
            self.unsent.drain(..self.sent);
            self.sent = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `room` bytes, then would block.
    struct Socket {
        room: usize,
        taken: Vec<u8>,
    }

    impl Write for Socket {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.room);
            if taken == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.room -= taken;
            self.taken.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_peer_that_is_always_behind_does_not_make_the_buffer_grow() {
        let mut replies = Replies::default();
        let answers = Answers::new(&[Answer::Success; 10_000], 0);
        let now = Instant::now();
        for _ in 0..1_000 {
            let room = replies.unsent.len() - replies.sent;
            replies.push(&answers);
            let mut socket = Socket {
                room,
                taken: Vec::new(),
            };
            assert!(!replies.flush(&mut socket, now).unwrap());
        }
        assert!(replies.unsent.capacity() < 8 * 10_000 * reply::LEN);
    }

    #[test]
    fn replies_keep_their_order_through_a_slow_socket() {
        let mut replies = Replies::default();
        let answers = [
            Answer::Success,
            Answer::TemporaryError,
            Answer::PermanentError,
        ];
        let tally = replies.push(&Answers::new(&answers, 0));
        assert_eq!(
            tally,
            Tally {
                success: 1,
                temporary: 1,
                permanent: 1
            }
        );

        let now = Instant::now();
        let mut socket = Socket {
            room: 40,
            taken: Vec::new(),
        };
        assert!(!replies.flush(&mut socket, now).unwrap());
        assert_eq!(replies.blocked_since(), Some(now));
        socket.room = 100;
        assert!(replies.flush(&mut socket, now).unwrap());
        assert!(replies.is_empty());
        assert_eq!(replies.blocked_since(), None);
        let codes: Vec<_> = socket
            .taken
            .chunks(reply::LEN)
            .map(|reply| reply[13])
            .collect();
        assert_eq!(codes, [0, 11, 4]);
    }
}
