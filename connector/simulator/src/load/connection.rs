//! One connection of a load run: the thread that writes its changes, and opens it again when it
//! breaks. The replies are read by a thread beside it ([`super::reader`]).

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

use super::account::{Account, Run};
use super::change::Changes;
use super::clock::{self, Clock};
use super::forge::Forge;
use super::link::{Breakage, Shared, State};
use super::plan::LoadPlan;
use super::reader::Reader;
use super::{Problems, Stop};
use crate::{connect, text};

/// One write holds about this much: enough to make its cost small, little enough for the caches.
const WRITE_BYTES: usize = 64 * 1024;

/// How long the two threads wait for each other before they look around.
const LOOK_AROUND: Duration = Duration::from_millis(100);

/// The writing half, and the one that opens the connection again.
pub(super) struct Connection<'a> {
    plan: &'a LoadPlan,
    clock: Clock,
    stop: &'a Stop,
    problems: &'a Problems,
    shared: &'a Shared,
    changes: Changes,
    forge: Forge<'a>,
    /// How many changes this connection makes at most.
    quota: u64,
    /// When no more changes are made.
    end_ns: u64,
    batch: Vec<Run>,
    buffer: Vec<u8>,
    bytes: u64,
}

/// What the writer does next.
enum Step {
    Send,
    Finish,
    Break(Breakage),
}

impl<'a> Connection<'a> {
    pub(super) fn new(
        plan: &'a LoadPlan,
        clock: Clock,
        watch: (&'a Stop, &'a Problems, &'a Shared),
        changes: Changes,
        forge: Forge<'a>,
    ) -> Self {
        let (stop, problems, shared) = watch;
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self {
            quota: plan
                .end
                .count
                .map_or(u64::MAX, |count| changes.share(count)),
            end_ns: plan.end.duration.map_or(u64::MAX, nanos),
            plan,
            clock,
            stop,
            problems,
            shared,
            changes,
            forge,
            batch: Vec::new(),
            buffer: Vec::with_capacity(WRITE_BYTES * 2),
            bytes: 0,
        }
    }

    /// Sends this connection's changes until all are answered or nobody answers any more.
    pub(super) fn run(mut self, stream: TcpStream) {
        let mut stream = stream;
        while let Some(breakage) = self.session(&stream) {
            self.problems.note(|| text::chain(&breakage));
            let mut state = self.shared.state();
            state.account.tally_mut().violations += u64::from(breakage.is_violation());
            state.account.lose_connection();
            if matches!(breakage, Breakage::Unsettled(_)) {
                state.account.give_up();
            }
            if self.is_finished(&state.account) {
                break;
            }
            drop(state);
            match connect::again(&self.plan.to, self.plan.patience) {
                Ok(again) => stream = again,
                Err(error) => {
                    self.problems.note(|| text::chain(&error));
                    let mut state = self.shared.state();
                    state.account.tally_mut().abandoned += 1;
                    state.account.give_up();
                    break;
                }
            }
            self.shared.state().account.tally_mut().reconnects += 1;
        }
        self.shared.add_cpu_of_this_thread();
    }

    /// Uses one stream until all is answered (`None`) or it breaks.
    fn session(&mut self, stream: &TcpStream) -> Option<Breakage> {
        if let Err(error) = prepare(stream, self.plan.patience) {
            return Some(Breakage::Write(error));
        }
        {
            let mut state = self.shared.state();
            state.broken = None;
            state.closing_since_ns = None;
            state.last_reply_ns = self.clock.now_ns();
        }
        let reader = Reader {
            clock: self.clock,
            shared: self.shared,
            changes: self.changes.clone(),
        };
        thread::scope(|scope| {
            let replies = scope.spawn(|| reader.run(stream));
            let breakage = self.write_changes(stream);
            let how = if breakage.is_none() {
                Shutdown::Write
            } else {
                Shutdown::Both
            };
            self.shared.state().closing_since_ns = Some(self.clock.now_ns());
            // It fails only where the connection is gone already.
            drop(stream.shutdown(how));
            let heard = replies.join().unwrap_or(None);
            // What ended the writer is the cause; what the reader met after that, its effect.
            breakage.or(heard)
        })
    }

    fn write_changes(&mut self, mut stream: &TcpStream) -> Option<Breakage> {
        loop {
            match self.next_step() {
                Step::Send => {}
                Step::Finish => return None,
                Step::Break(breakage) => return Some(breakage),
            }
            self.buffer.clear();
            for run in &self.batch {
                for index in run.first..run.first + u64::from(run.count) {
                    let change = self.changes.change(index);
                    self.forge.append(&change, run.lut, &mut self.buffer);
                }
            }
            if let Err(error) = stream.write_all(&self.buffer) {
                // The reader's news, if any, tells the cause better than the failed write.
                return Some(
                    self.shared
                        .state()
                        .broken
                        .take()
                        .unwrap_or(Breakage::Write(error)),
                );
            }
            self.bytes += self.buffer.len() as u64;
        }
    }

    /// Waits until there is something to do; the changes to send are then in `batch`, and owed.
    fn next_step(&mut self) -> Step {
        let shared = self.shared;
        let mut state = shared.state();
        state.account.tally_mut().bytes += std::mem::take(&mut self.bytes);
        loop {
            if let Some(breakage) = state.broken.take() {
                return Step::Break(breakage);
            }
            let now_ns = self.clock.now_ns();
            let was_idle = state.account.unanswered() == 0;
            if self.fill_batch(&mut state.account, now_ns) {
                if was_idle {
                    state.last_reply_ns = now_ns;
                }
                return Step::Send;
            }
            if self.is_finished(&state.account) {
                return Step::Finish;
            }
            if let Some(breakage) = self.judge_silence(&state, now_ns) {
                return Step::Break(breakage);
            }
            state.wake_at = self.wake_at(&state.account);
            let pause = self.pause(&state.account, now_ns);
            state = shared
                .changed
                .wait_timeout(state, pause)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.wake_at = None;
        }
    }

    /// Takes what may be sent now: first what goes again, then new changes.
    fn fill_batch(&mut self, account: &mut Account, now_ns: u64) -> bool {
        self.batch.clear();
        let limit = u32::try_from(WRITE_BYTES / self.forge.len_max())
            .unwrap_or(u32::MAX)
            .max(1);
        let mut taken = 0;
        while taken < limit
            && let Some(run) = account.take_again(now_ns)
        {
            self.batch.push(run);
            taken += 1;
        }
        let count = self.new_allowed(account, now_ns).min(limit - taken);
        if count > 0 {
            self.batch
                .push(account.take_new(count, now_ns, clock::last_update()));
        }
        !self.batch.is_empty()
    }

    /// How many new changes may be sent now.
    fn new_allowed(&self, account: &Account, now_ns: u64) -> u32 {
        if self.has_ended(now_ns) {
            return 0;
        }
        let due = self.changes.share(self.clock.due_by(now_ns));
        let left = self.quota.min(due).saturating_sub(account.taken());
        let room = self.plan.window.saturating_sub(account.open());
        let count = u32::try_from(left).map_or(room, |left| left.min(room));
        // As fast as possible means in good portions, except at the end.
        let is_crumb = !self.clock.has_rate() && u64::from(count) < left && count < self.portion();
        if is_crumb { 0 } else { count }
    }

    /// What makes a write worth its cost.
    fn portion(&self) -> u32 {
        (self.plan.window / 4).clamp(1, 256)
    }

    fn has_ended(&self, now_ns: u64) -> bool {
        now_ns >= self.end_ns || self.stop.is_requested()
    }

    fn is_finished(&self, account: &Account) -> bool {
        let makes_more = account.taken() < self.quota && !self.has_ended(self.clock.now_ns());
        !makes_more && account.open() == 0
    }

    fn judge_silence(&self, state: &State, now_ns: u64) -> Option<Breakage> {
        let patience = self.plan.patience;
        let over =
            |since_ns: u64| u128::from(now_ns.saturating_sub(since_ns)) > patience.as_nanos();
        let last_final_ns = state.last_final_ns.max(self.end_ns.min(now_ns));
        if state.account.unanswered() > 0 && over(state.last_reply_ns) {
            Some(Breakage::Silent(patience))
        } else if self.has_ended(now_ns) && over(last_final_ns) {
            Some(Breakage::Unsettled(patience))
        } else {
            None
        }
    }

    /// When the reader must wake the writer: at how few open records.
    fn wake_at(&self, account: &Account) -> Option<u32> {
        let makes_more = account.taken() < self.quota && !self.has_ended(self.clock.now_ns());
        if !makes_more {
            Some(0)
        } else if !self.clock.has_rate() {
            Some(self.plan.window - self.portion())
        } else if account.open() >= self.plan.window {
            Some(self.plan.window - 1)
        } else {
            None
        }
    }

    /// How long to wait when nobody wakes the writer.
    fn pause(&self, account: &Account, now_ns: u64) -> Duration {
        let next_due = (account.open() < self.plan.window && account.taken() < self.quota)
            .then(|| self.clock.due_ns(self.changes.offset(account.taken())))
            .flatten();
        [next_due, account.next_retry_ns(), Some(self.end_ns)]
            .into_iter()
            .flatten()
            .filter_map(|at_ns| at_ns.checked_sub(now_ns))
            .map(Duration::from_nanos)
            .fold(LOOK_AROUND, Duration::min)
    }
}

fn prepare(stream: &TcpStream, patience: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LOOK_AROUND))?;
    stream.set_write_timeout(Some(patience))
}
