//! A destination: a bounded queue and the thread that writes what is in it.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Clock;
use super::level::Level;
use super::line::{Content, Layout, Line};

/// Most lines that wait for the writer.
const LINES_MAX: usize = 8192;

/// Most bytes that wait for the writer; one longer line passes when nothing waits.
const BYTES_MAX: usize = 8 << 20;

/// How much is put together for one write.
const WRITE_BYTES: usize = 64 << 10;

/// Pause between two attempts to get a flush into a full queue.
const FLUSH_RETRY: Duration = Duration::from_millis(5);

/// One destination. Sending never blocks.
pub(super) struct Sink {
    layout: Layout,
    queue: SyncSender<Entry>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    waiting_bytes: AtomicUsize,
    /// Lines that found no room, and lines that could not be written.
    dropped: AtomicU64,
}

#[derive(Debug)]
enum Entry {
    Line(String),
    /// Answered when everything before it is written.
    Flush(SyncSender<()>),
}

impl Sink {
    /// Starts the writer. It ends when the sink is dropped.
    pub(super) fn start(
        name: &'static str,
        writer: Box<dyn Write + Send>,
        layout: Layout,
        clock: Clock,
    ) -> io::Result<Self> {
        let (queue, entries) = sync_channel(LINES_MAX);
        let counts = Arc::new(Counts::default());
        let worker = Worker {
            entries,
            writer,
            layout,
            clock,
            counts: Arc::clone(&counts),
            told: 0,
            buffer: Vec::with_capacity(WRITE_BYTES),
        };
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || worker.run())?;
        Ok(Self {
            layout,
            queue,
            counts,
        })
    }

    /// Queues a line, or counts it as dropped.
    pub(super) fn send(&self, line: &Line<'_>) {
        let text = self.layout.render(line);
        let len = text.len();
        let waiting = self.counts.waiting_bytes.fetch_add(len, Ordering::Relaxed);
        let has_room = waiting == 0 || waiting.saturating_add(len) <= BYTES_MAX;
        if !has_room || self.queue.try_send(Entry::Line(text)).is_err() {
            self.counts.waiting_bytes.fetch_sub(len, Ordering::Relaxed);
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Waits until what was sent before is written, at most `limit`. Returns whether it is.
    pub(super) fn flush(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let (done, wait) = sync_channel(1);
        let mut entry = Entry::Flush(done);
        loop {
            match self.queue.try_send(entry) {
                Ok(()) => break,
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(_)) if Instant::now() >= deadline => return false,
                Err(TrySendError::Full(back)) => entry = back,
            }
            thread::sleep(FLUSH_RETRY);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        wait.recv_timeout(left).is_ok()
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink")
            .field("layout", &self.layout)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

/// The thread's side of a destination.
struct Worker {
    entries: Receiver<Entry>,
    writer: Box<dyn Write + Send>,
    layout: Layout,
    clock: Clock,
    counts: Arc<Counts>,
    /// How many dropped lines the log has told of.
    told: u64,
    buffer: Vec<u8>,
}

impl Worker {
    fn run(mut self) {
        while let Ok(entry) = self.entries.recv() {
            self.tell_dropped();
            let mut lines = 0;
            let mut next = Some(entry);
            let mut flushed = None;
            while let Some(entry) = next {
                match entry {
                    Entry::Line(text) => {
                        lines += 1;
                        self.buffer.extend_from_slice(text.as_bytes());
                        self.counts
                            .waiting_bytes
                            .fetch_sub(text.len(), Ordering::Relaxed);
                    }
                    Entry::Flush(done) => {
                        flushed = Some(done);
                        break;
                    }
                }
                if self.buffer.len() >= WRITE_BYTES {
                    break;
                }
                next = self.entries.try_recv().ok();
            }
            self.write(lines);
            if let Some(done) = flushed {
                self.tell_dropped();
                self.write(0);
                // Whoever asked may have stopped waiting.
                let _ = done.try_send(());
            }
        }
    }

    /// Writes the buffer. A full disk or a closed pipe costs these lines and nothing else.
    fn write(&mut self, lines: u64) {
        let written = self
            .writer
            .write_all(&self.buffer)
            .and_then(|()| self.writer.flush());
        if written.is_err() {
            self.counts.dropped.fetch_add(lines, Ordering::Relaxed);
        }
        self.buffer.clear();
        self.buffer.shrink_to(WRITE_BYTES);
    }

    fn tell_dropped(&mut self) {
        let dropped = self.counts.dropped.load(Ordering::Relaxed);
        if dropped == self.told {
            return;
        }
        let line = Line {
            time: (self.clock)(),
            level: Level::Warn,
            logger: "logging",
            content: Content::message("dropped log lines, the destination does not follow")
                .with("count", dropped - self.told),
        };
        self.told = dropped;
        self.buffer
            .extend_from_slice(self.layout.render(&line).as_bytes());
    }
}
