//! Numbered changes over several connections, and the record of their answers.
//!
//! Each change carries its own number in the bin `seq`, and numbers of one key only grow on one
//! connection, so what is in Kafka can be held against what was answered: none lost, none out of
//! order.

mod outcome;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use self::outcome::Answered;
pub use self::outcome::{Arrived, Outcome};
use crate::message::{Message, digest};
use crate::source::{Heard, SUCCESS, Source};
use crate::wait::eventually;

/// Longer than any reply deadline.
const PATIENCE: Duration = Duration::from_mins(1);
/// Numbers of one connection begin at a multiple of this.
const SHARE: u64 = 1_000_000_000;

/// What to send.
#[derive(Clone, Debug)]
pub struct Load {
    pub port: u16,
    pub namespace: &'static str,
    /// Each record is of one set, by its key.
    pub sets: &'static [&'static str],
    pub connections: u64,
    /// Records per connection that get changes, in turn.
    pub keys: u64,
    /// Unanswered changes per connection, at most.
    pub window: usize,
    /// Changes per connection, at most; [`Running::stop`] ends it earlier.
    pub changes: u64,
    /// Changes per second and connection, at most.
    pub rate: Option<u32>,
    /// The place of the first change among all of its connection; a load that follows another one
    /// begins where that ended.
    pub first: u64,
}

/// A load on its way.
#[derive(Debug)]
pub struct Running {
    lines: Vec<JoinHandle<Result<Vec<Answered>>>>,
    stop: Arc<AtomicBool>,
    heard: Arc<Counts>,
}

/// Answers so far.
#[derive(Debug, Default)]
struct Counts {
    all: AtomicU64,
    success: AtomicU64,
}

/// The number of a change that is to be answered, and when it was sent.
type Due = (u64, Instant);

impl Load {
    /// Moderate: keeps the connector busy, and is read back in a second.
    pub fn new(port: u16, namespace: &'static str, sets: &'static [&'static str]) -> Self {
        Self {
            port,
            namespace,
            sets,
            connections: 2,
            keys: 50,
            window: 200,
            changes: 200_000,
            rate: None,
            first: 0,
        }
    }

    pub fn start(&self) -> Result<Running> {
        let stop = Arc::new(AtomicBool::new(false));
        let heard = Arc::new(Counts::default());
        let lines = (0..self.connections)
            .map(|line| {
                let source = Source::connect(self.port)?;
                let (load, stop, heard) = (self.clone(), Arc::clone(&stop), Arc::clone(&heard));
                Ok(thread::spawn(move || {
                    load.drive(source, line, &stop, &heard)
                }))
            })
            .collect::<Result<_>>()?;
        Ok(Running { lines, stop, heard })
    }

    fn drive(
        &self,
        source: Source,
        line: u64,
        stop: &AtomicBool,
        heard: &Counts,
    ) -> Result<Vec<Answered>> {
        // The one holds a change back while the window is full, the other tells when it was sent.
        let (places, taken) = sync_channel(self.window);
        let (sent, due) = sync_channel(self.window);
        let ear = source.try_clone()?;
        thread::scope(|scope| {
            let listener = scope.spawn(move || hear(ear, (&due, &taken), heard));
            self.speak(source, line, stop, (&places, &sent));
            drop((places, sent));
            listener
                .join()
                .map_err(|_| anyhow!("the listening thread panicked"))?
        })
    }

    /// Sends until told to stop, or until the connector takes no more.
    fn speak(
        &self,
        mut source: Source,
        line: u64,
        stop: &AtomicBool,
        (places, sent): (&SyncSender<()>, &SyncSender<Due>),
    ) {
        let begin = Instant::now();
        for index in 0..self.changes {
            if let Some(rate) = self.rate {
                let due = begin + Duration::from_secs(index) / rate;
                thread::park_timeout(due.saturating_duration_since(Instant::now()));
            }
            let number = line * SHARE + self.first + index;
            if stop.load(Ordering::Relaxed) || places.send(()).is_err() {
                return;
            }
            // Owed before it is on the wire.
            if sent.send((number, Instant::now())).is_err() {
                return;
            }
            if source.send(&self.frame(number)).is_err() {
                return;
            }
        }
    }

    /// The change with this number, which is always the same.
    pub fn frame(&self, number: u64) -> Vec<u8> {
        let (line, index) = (number / SHARE, number % SHARE);
        let key = line * SHARE + index % self.keys;
        let set = usize::try_from(index % self.keys).map_or(0, |key| key % self.sets.len());
        Message::write(self.namespace, digest(key))
            .set(self.sets.get(set).copied().unwrap_or_default())
            .generation(u32::try_from(index / self.keys % 65_535).unwrap_or_default() + 1)
            .integer("seq", number.cast_signed())
            .text("text", "some forty bytes, as records are not tiny")
            .frame()
    }
}

impl Running {
    /// How many changes have been answered so far.
    pub fn answered(&self) -> u64 {
        self.heard.all.load(Ordering::Relaxed)
    }

    /// How many of them with success.
    pub fn succeeded(&self) -> u64 {
        self.heard.success.load(Ordering::Relaxed)
    }

    /// Waits until so many more changes have been answered with success.
    pub fn await_success(&self, count: u64, limit: Duration) -> Result<()> {
        let before = self.succeeded();
        let what = format!("{count} more changes are published");
        eventually(limit, &what, || {
            (self.succeeded() >= before + count).then_some(())
        })
    }

    /// Sends no more and waits for the answers that are due.
    pub fn stop(self) -> Result<Outcome> {
        self.stop.store(true, Ordering::Relaxed);
        self.finish()
    }

    /// Waits until all is sent and answered, or the connections are gone.
    pub fn finish(self) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        for line in self.lines {
            let answers = line
                .join()
                .map_err(|_| anyhow!("a sending thread panicked"))??;
            for answered in answers {
                outcome.note(answered);
            }
        }
        Ok(outcome)
    }
}

fn hear(
    mut ear: Source,
    (due, taken): (&Receiver<Due>, &Receiver<()>),
    counts: &Counts,
) -> Result<Vec<Answered>> {
    let mut answers = Vec::new();
    let mut is_open = true;
    // Ends when the sender is gone and nothing is due any more.
    for (number, sent) in due {
        let heard = if is_open {
            ear.listen(PATIENCE)?
        } else {
            Heard::Closed
        };
        let code = match heard {
            Heard::Answer(code) => {
                counts.all.fetch_add(1, Ordering::Relaxed);
                counts
                    .success
                    .fetch_add(u64::from(code == SUCCESS), Ordering::Relaxed);
                Some(code)
            }
            Heard::Closed | Heard::Torn => None,
            Heard::Silence => {
                return Err(anyhow!("no reply for {PATIENCE:?} to change {number}"));
            }
        };
        is_open &= code.is_some();
        answers.push(Answered {
            number,
            code,
            took: sent.elapsed(),
        });
        taken.recv()?;
    }
    Ok(answers)
}
