//! The reading half of a connection: books every reply and notes how long it took.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::time::Duration;

use super::account::Run;
use super::change::Changes;
use super::clock::Clock;
use super::link::{Breakage, Shared};
use crate::reply::{self, Code, ReplyError};

/// What is read at once: about two thousand replies.
const READ_BYTES: usize = 64 * 1024;

/// After its last answer a connection stays open this long, so that a reply too many is seen.
const LISTEN_ON: Duration = Duration::from_millis(200);

/// The reading half.
pub(super) struct Reader<'a> {
    pub(super) clock: Clock,
    pub(super) shared: &'a Shared,
    pub(super) changes: Changes,
}

impl Reader<'_> {
    /// Books replies until the stream ends; what it met is returned and told to the writer.
    pub(super) fn run(&self, stream: &TcpStream) -> Option<Breakage> {
        let breakage = self.read_replies(stream).err();
        self.shared.add_cpu_of_this_thread();
        let mut state = self.shared.state();
        if state.closing_since_ns.is_some() {
            return breakage.filter(Breakage::is_violation);
        }
        state.broken = breakage;
        self.shared.changed.notify_all();
        None
    }

    fn read_replies(&self, mut stream: &TcpStream) -> Result<(), Breakage> {
        let mut buffer = vec![0; READ_BYTES];
        let mut filled = 0;
        let mut codes = Vec::new();
        let mut done = Vec::new();
        loop {
            match stream.read(buffer.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => return Err(Breakage::Closed),
                Ok(count) => filled += count,
                Err(error) if is_pause(&error) && self.listens_on() => continue,
                Err(error) if is_pause(&error) => return Ok(()),
                Err(error) => return Err(Breakage::Read(error)),
            }
            codes.clear();
            let input = buffer.get(..filled).unwrap_or_default();
            let used = collect(input, &mut codes).map_err(Breakage::NotAReply)?;
            buffer.copy_within(used..filled, 0);
            filled -= used;
            self.book(&codes, &mut done)?;
        }
    }

    /// Whether more replies are worth waiting for.
    fn listens_on(&self) -> bool {
        let since = self.shared.state().closing_since_ns;
        since.is_none_or(|since| {
            u128::from(self.clock.now_ns().saturating_sub(since)) < LISTEN_ON.as_nanos()
        })
    }

    fn book(&self, codes: &[(Code, u32)], done: &mut Vec<Run>) -> Result<(), Breakage> {
        if codes.is_empty() {
            return Ok(());
        }
        done.clear();
        let now_ns = self.clock.now_ns();
        {
            let mut state = self.shared.state();
            state.last_reply_ns = now_ns;
            for &(code, count) in codes {
                state
                    .account
                    .book(code, count, now_ns, done)
                    .map_err(|_unasked| Breakage::Unasked)?;
            }
            if !done.is_empty() {
                state.last_final_ns = now_ns;
            }
            if state
                .wake_at
                .is_some_and(|wake_at| state.account.open() <= wake_at)
            {
                self.shared.changed.notify_all();
            }
        }
        self.time(now_ns, done);
        Ok(())
    }

    /// Notes how long the answers took, from when the records were to be sent.
    fn time(&self, now_ns: u64, done: &[Run]) {
        let mut latest = self.shared.latest();
        for run in done {
            if !self.clock.has_rate() {
                let took = Duration::from_nanos(now_ns.saturating_sub(run.sent_ns));
                latest.record_many(took, run.count.into());
                continue;
            }
            for index in run.first..run.first + u64::from(run.count) {
                let due_ns = self
                    .clock
                    .due_ns(self.changes.offset(index))
                    .unwrap_or(run.sent_ns);
                latest.record(Duration::from_nanos(now_ns.saturating_sub(due_ns)));
            }
        }
    }
}

fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

/// Reads the replies at the front of `input` as runs of equal codes; returns the bytes they take.
fn collect(input: &[u8], codes: &mut Vec<(Code, u32)>) -> Result<usize, ReplyError> {
    let mut used = 0;
    while let Some(code) = reply::next(input.get(used..).unwrap_or_default())? {
        used += reply::LEN;
        match codes.last_mut() {
            Some((last, count)) if *last == code => *count += 1,
            _ => codes.push((code, 1)),
        }
    }
    Ok(used)
}
