//! Playing recorded messages to a connector and checking its replies.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use aeroduct_wire::Inflater;

use crate::connect::{self, ConnectError};
use crate::describe::{Summary, summarize};
use crate::recording::{FRAME_BYTES_MAX, Message, Recording, RecordingError};
use crate::reply::{self, Code, Meaning, ReplyError};

/// The largest window of [`PlayPlan`].
pub const WINDOW_MAX: usize = 65_536;

/// After the last reply this long is waited for one too many.
const LISTEN_ON: Duration = Duration::from_millis(200);

/// What to play, and to whom.
#[derive(Clone, Debug)]
pub struct PlayPlan {
    /// Where the connector listens: `HOST:PORT`.
    pub to: String,
    pub files: Vec<PathBuf>,
    /// How often all files are played.
    pub repeat: u64,
    /// How many messages may be unanswered, 1 to [`WINDOW_MAX`].
    pub window: usize,
    /// How long to wait for one reply.
    pub patience: Duration,
}

/// One message and its reply.
#[derive(Clone, Debug)]
pub struct Played {
    /// Counted from 1.
    pub number: u64,
    /// What the file calls it.
    pub name: Option<String>,
    /// What it says; `Err` tells why it cannot be read, it was sent all the same.
    pub summary: Result<Summary, String>,
    pub reply: Code,
    /// From the write to the reply.
    pub took: Duration,
}

/// How playing ended: every message got one reply, in order.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PlayReport {
    pub sent: u64,
    pub success: u64,
    pub temporary: u64,
    pub permanent: u64,
    pub elapsed: Duration,
}

impl PlayReport {
    /// Whether every message was accepted.
    pub const fn is_clean(&self) -> bool {
        self.temporary == 0 && self.permanent == 0
    }
}

/// Why playing stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    #[error("playing could not begin")]
    Connect(#[source] ConnectError),
    #[error("a recording cannot be played")]
    Recording(#[source] RecordingError),
    #[error("message {number} could not be sent")]
    Send { number: u64, source: io::Error },
    #[error("message {number} got no reply: the connector closed the connection")]
    Closed { number: u64 },
    #[error("message {number} got no reply within {} s", .patience.as_secs())]
    Overdue { number: u64, patience: Duration },
    #[error("the reply to message {number} could not be received")]
    Receive { number: u64, source: io::Error },
    #[error("what answered message {number} is not a reply")]
    NotAReply { number: u64, source: ReplyError },
    #[error("after {sent} replies to {sent} messages another one came")]
    Unasked { sent: u64 },
}

/// A message that waits for its reply.
#[derive(Debug)]
struct Pending {
    number: u64,
    name: Option<String>,
    summary: Result<Summary, String>,
    sent: Instant,
}

/// Plays all files in order and tells `observer` of each message when its reply is in.
pub fn run(plan: &PlayPlan, observer: &mut dyn FnMut(&Played)) -> Result<PlayReport, PlayError> {
    for file in &plan.files {
        // A wrong path is told before the first message goes.
        Recording::open(file).map_err(PlayError::Recording)?;
    }
    let stream = connect::once(&plan.to).map_err(PlayError::Connect)?;
    let prepared = stream
        .set_nodelay(true)
        .and_then(|()| stream.set_read_timeout(Some(plan.patience)))
        .and_then(|()| stream.set_write_timeout(Some(plan.patience)));
    prepared.map_err(|source| PlayError::Send { number: 1, source })?;
    thread::scope(|scope| {
        // The one whose reply is awaited is out of the channel, so the channel holds one less.
        let (sender, pending) = mpsc::sync_channel(plan.window.clamp(1, WINDOW_MAX) - 1);
        let writer = scope.spawn({
            let stream = &stream;
            move || write_messages(plan, stream, &sender)
        });
        let outcome = read_replies(plan, &stream, pending, observer);
        if outcome.is_err() {
            // Wakes a writer that waits for the connector. It fails only where that is gone.
            drop(stream.shutdown(Shutdown::Both));
        }
        let written = writer.join().unwrap_or(Ok(()));
        let report = outcome?;
        written?;
        listen_on(&stream, report.sent)?;
        Ok(report)
    })
}

fn write_messages(
    plan: &PlayPlan,
    mut stream: &TcpStream,
    pending: &SyncSender<Pending>,
) -> Result<(), PlayError> {
    let mut inflater = Inflater::new(FRAME_BYTES_MAX);
    let mut number = 0;
    for _ in 0..plan.repeat {
        for file in &plan.files {
            for message in Recording::open(file).map_err(PlayError::Recording)? {
                let Message { name, frame, .. } = message.map_err(PlayError::Recording)?;
                number += 1;
                let summary = summarize(&frame, &mut inflater);
                let waiting = Pending {
                    number,
                    name,
                    summary,
                    sent: Instant::now(),
                };
                if pending.send(waiting).is_err() {
                    return Ok(()); // The reading side has ended and tells why.
                }
                stream
                    .write_all(&frame)
                    .map_err(|source| PlayError::Send { number, source })?;
            }
        }
    }
    Ok(())
}

fn read_replies(
    plan: &PlayPlan,
    mut stream: &TcpStream,
    pending: Receiver<Pending>,
    observer: &mut dyn FnMut(&Played),
) -> Result<PlayReport, PlayError> {
    let start = Instant::now();
    let mut report = PlayReport::default();
    for Pending {
        number,
        name,
        summary,
        sent,
    } in pending
    {
        let mut bytes = [0; reply::LEN];
        stream
            .read_exact(&mut bytes)
            .map_err(|source| match source.kind() {
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset => {
                    PlayError::Closed { number }
                }
                ErrorKind::WouldBlock | ErrorKind::TimedOut => PlayError::Overdue {
                    number,
                    patience: plan.patience,
                },
                _ => PlayError::Receive { number, source },
            })?;
        let code = reply::next(&bytes).map_err(|source| PlayError::NotAReply { number, source })?;
        let Some(reply) = code else {
            return Err(PlayError::Closed { number });
        };
        report.sent += 1;
        match reply.meaning() {
            Meaning::Success => report.success += 1,
            Meaning::Temporary => report.temporary += 1,
            Meaning::Permanent => report.permanent += 1,
        }
        observer(&Played {
            number,
            name,
            summary,
            reply,
            took: sent.elapsed(),
        });
    }
    report.elapsed = start.elapsed();
    Ok(report)
}

/// Whether nothing comes behind the last reply.
fn listen_on(mut stream: &TcpStream, sent: u64) -> Result<(), PlayError> {
    // What fails here has no message left to fail for.
    drop(stream.shutdown(Shutdown::Write));
    drop(stream.set_read_timeout(Some(LISTEN_ON)));
    match stream.read(&mut [0]) {
        Ok(1..) => Err(PlayError::Unasked { sent }),
        Ok(0) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
