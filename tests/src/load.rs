//! Numbered changes at full speed over several connections, and the record of their answers.
//!
//! Each change carries its own number in the bin `seq`, and numbers of one key only grow on one
//! connection, so what is in Kafka can be held against what was answered: none lost, none out of
//! order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::message::{Message, digest};
use crate::reading::Stored;
use crate::source::{Heard, Source};

/// Longer than any reply deadline.
const PATIENCE: Duration = Duration::from_mins(1);
/// Numbers of one connection begin at a multiple of this.
const SHARE: u64 = 1_000_000_000;

/// What to send.
#[derive(Clone, Debug)]
pub struct Load {
    pub port: u16,
    pub namespace: &'static str,
    pub set: &'static str,
    pub connections: u64,
    /// Records per connection that get changes, in turn.
    pub keys: u64,
    /// Unanswered changes per connection, at most.
    pub window: usize,
    /// Changes per connection, at most; [`Running::stop`] ends it earlier.
    pub changes: u64,
}

/// A load on its way.
#[derive(Debug)]
pub struct Running {
    lines: Vec<JoinHandle<Result<Vec<Answered>>>>,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
}

/// One change and what was said about it.
#[derive(Clone, Copy, Debug)]
struct Answered {
    number: u64,
    /// None: the connection ended first.
    code: Option<u8>,
}

/// All changes of a load, by number.
#[derive(Debug, Default)]
pub struct Outcome {
    pub answers: BTreeMap<u8, BTreeSet<u64>>,
    pub unanswered: BTreeSet<u64>,
}

impl Load {
    /// Moderate: keeps the connector busy, and is read back in a second.
    pub fn new(port: u16, namespace: &'static str, set: &'static str) -> Self {
        Self {
            port,
            namespace,
            set,
            connections: 2,
            keys: 50,
            window: 200,
            changes: 200_000,
        }
    }

    pub fn start(&self) -> Result<Running> {
        let stop = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let lines = (0..self.connections)
            .map(|line| {
                let source = Source::connect(self.port)?;
                let (load, stop, answered) =
                    (self.clone(), Arc::clone(&stop), Arc::clone(&answered));
                Ok(thread::spawn(move || {
                    load.drive(source, line, &stop, &answered)
                }))
            })
            .collect::<Result<_>>()?;
        Ok(Running {
            lines,
            stop,
            answered,
        })
    }

    fn drive(
        &self,
        source: Source,
        line: u64,
        stop: &AtomicBool,
        answered: &AtomicU64,
    ) -> Result<Vec<Answered>> {
        let (sent, due) = sync_channel(self.window);
        let ear = source.try_clone()?;
        thread::scope(|scope| {
            let listener = scope.spawn(move || hear(ear, &due, answered));
            self.speak(source, line, stop, &sent);
            drop(sent);
            listener
                .join()
                .map_err(|_| anyhow!("the listening thread panicked"))?
        })
    }

    /// Sends until told to stop, or until the connector takes no more.
    fn speak(&self, mut source: Source, line: u64, stop: &AtomicBool, sent: &SyncSender<u64>) {
        for index in 0..self.changes {
            let number = line * SHARE + index;
            // The place in the window is taken before the change is on the wire.
            if stop.load(Ordering::Relaxed) || sent.send(number).is_err() {
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
        Message::write(self.namespace, digest(key))
            .set(self.set)
            .generation(u32::try_from(index / self.keys % 65_535).unwrap_or_default() + 1)
            .integer("seq", number.cast_signed())
            .text("text", "some forty bytes, as records are not tiny")
            .frame()
    }
}

impl Running {
    /// How many changes have been answered so far.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
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
            for Answered { number, code } in answers {
                match code {
                    Some(code) => outcome.answers.entry(code).or_default().insert(number),
                    None => outcome.unanswered.insert(number),
                };
            }
        }
        Ok(outcome)
    }
}

impl Outcome {
    /// The numbers with this answer.
    pub fn with(&self, code: u8) -> BTreeSet<u64> {
        self.answers.get(&code).cloned().unwrap_or_default()
    }
}

/// What is in a topic, told by number.
#[derive(Debug, Default)]
pub struct Arrived {
    pub numbers: BTreeSet<u64>,
    pub duplicates: usize,
}

impl Arrived {
    /// Takes the numbers out of `flat-json` values.
    ///
    /// An error if one key lies in two partitions, or if a version comes for the first time
    /// behind a newer one of its key.
    pub fn new(records: &[Stored]) -> Result<Self> {
        let mut arrived = Self::default();
        let mut newest: BTreeMap<&[u8], (i32, u64)> = BTreeMap::new();
        for record in records {
            let number = number_of(record)?;
            let is_new = arrived.numbers.insert(number);
            arrived.duplicates += usize::from(!is_new);
            let key = record.key.as_deref().context("a record without a key")?;
            let (partition, last) = newest.entry(key).or_insert((record.partition, number));
            ensure!(*partition == record.partition, "one key in two partitions");
            ensure!(
                !is_new || number >= *last,
                "{number} comes for the first time behind {last}, in partition {partition} at {}",
                record.offset
            );
            *last = number.max(*last);
        }
        Ok(arrived)
    }
}

fn number_of(record: &Stored) -> Result<u64> {
    let value = record
        .value
        .as_deref()
        .context("a record without a value")?;
    let json: serde_json::Value = serde_json::from_slice(value)?;
    json.get("seq")
        .and_then(serde_json::Value::as_u64)
        .context("no seq")
}

fn hear(mut ear: Source, due: &Receiver<u64>, answered: &AtomicU64) -> Result<Vec<Answered>> {
    let mut answers = Vec::new();
    let mut is_open = true;
    // Ends when the sender is gone and nothing is due any more.
    for number in due {
        let begin = Instant::now();
        let heard = if is_open {
            ear.listen(PATIENCE)?
        } else {
            Heard::Closed
        };
        let code = match heard {
            Heard::Answer(code) => {
                answered.fetch_add(1, Ordering::Relaxed);
                Some(code)
            }
            Heard::Closed => None,
            Heard::Silence => {
                return Err(anyhow!(
                    "no reply for {:?} to change {number}",
                    begin.elapsed()
                ));
            }
        };
        is_open &= code.is_some();
        answers.push(Answered { number, code });
    }
    Ok(answers)
}
