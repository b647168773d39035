//! What one connection has sent, what is still owed to it, and what must go again.
//!
//! No sockets and no clocks: the writer and the reader of a connection tell it what happened.
//! Times are nanoseconds since the start of the run.

use std::collections::VecDeque;

use super::change::Changes;
use super::ledger::Acknowledged;
use crate::reply::{Code, Meaning};

/// How long a source waits before it sends a record again: one round of its shipping thread.
const RETRY_AFTER_NS: u64 = 100_000_000;

/// The counts of a run, or of one connection of it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Records sent at least once.
    pub sent: u64,
    /// Messages sent again.
    pub resent: u64,
    /// Bytes sent.
    pub bytes: u64,
    /// Replies received.
    pub answered: u64,
    /// Records answered with success.
    pub success: u64,
    /// Temporary errors received.
    pub temporary: u64,
    /// Records refused for good.
    pub permanent: u64,
    /// Malformed messages refused as they must be.
    pub refused: u64,
    /// Malformed messages that were answered with success: the replies are out of order.
    pub misplaced: u64,
    /// Records that never got a final answer.
    pub missing: u64,
    /// Connections opened again.
    pub reconnects: u64,
    /// Connections that brought something else than the replies they owed.
    pub violations: u64,
    /// Connections that could not be opened again.
    pub abandoned: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.resent += other.resent;
        self.bytes += other.bytes;
        self.answered += other.answered;
        self.success += other.success;
        self.temporary += other.temporary;
        self.permanent += other.permanent;
        self.refused += other.refused;
        self.misplaced += other.misplaced;
        self.missing += other.missing;
        self.reconnects += other.reconnects;
        self.violations += other.violations;
        self.abandoned += other.abandoned;
    }
}

/// Neighbouring changes that were sent together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Run {
    /// The index of the first change on its connection.
    pub(super) first: u64,
    pub(super) count: u32,
    /// When they were first sent.
    pub(super) sent_ns: u64,
    /// Their last-update time, as on the wire.
    pub(super) lut: u64,
}

/// A change that waits to be sent again.
#[derive(Clone, Copy, Debug)]
struct Again {
    run: Run,
    not_before_ns: u64,
}

/// A reply came although none was owed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Unasked;

#[derive(Debug)]
pub(super) struct Account {
    changes: Changes,
    retry: bool,
    has_malformed: bool,
    owed: VecDeque<Run>,
    unanswered: u32,
    again: VecDeque<Again>,
    /// How many changes were taken from the stream so far.
    taken: u64,
    tally: Tally,
    acknowledged: Option<Acknowledged>,
}

impl Account {
    pub(super) fn new(changes: Changes, retry: bool, ledger: bool) -> Self {
        Self {
            has_malformed: changes.has_malformed(),
            changes,
            retry,
            owed: VecDeque::new(),
            unanswered: 0,
            again: VecDeque::new(),
            taken: 0,
            tally: Tally::default(),
            acknowledged: ledger.then(Acknowledged::default),
        }
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(super) fn tally_mut(&mut self) -> &mut Tally {
        &mut self.tally
    }

    pub(super) fn take_acknowledged(&mut self) -> Option<Acknowledged> {
        self.acknowledged.take()
    }

    /// Records on their way.
    pub(super) fn unanswered(&self) -> u32 {
        self.unanswered
    }

    /// Records that count against the window: on their way, or waiting to go again.
    pub(super) fn open(&self) -> u32 {
        self.unanswered
            .saturating_add(u32::try_from(self.again.len()).unwrap_or(u32::MAX))
    }

    /// How many changes were taken from the stream.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// When the next change may be sent again.
    pub(super) fn next_retry_ns(&self) -> Option<u64> {
        self.again.front().map(|again| again.not_before_ns)
    }

    /// Takes `count` new changes: they are owed an answer from now on.
    pub(super) fn take_new(&mut self, count: u32, now_ns: u64, lut: u64) -> Run {
        let run = Run {
            first: self.taken,
            count,
            sent_ns: now_ns,
            lut,
        };
        self.taken += u64::from(count);
        self.tally.sent += u64::from(count);
        self.owe(run);
        run
    }

    /// Takes the next change that is due to go again.
    pub(super) fn take_again(&mut self, now_ns: u64) -> Option<Run> {
        let again = self
            .again
            .pop_front_if(|again| again.not_before_ns <= now_ns)?;
        self.tally.resent += 1;
        self.owe(again.run);
        Some(again.run)
    }

    fn owe(&mut self, run: Run) {
        self.unanswered += run.count;
        match self.owed.back_mut() {
            Some(last)
                if last.first + u64::from(last.count) == run.first
                    && (last.sent_ns, last.lut) == (run.sent_ns, run.lut) =>
            {
                last.count += run.count;
            }
            _ => self.owed.push_back(run),
        }
    }

    /// Books `count` replies of one code and appends to `done` the changes that are through.
    pub(super) fn book(
        &mut self,
        code: Code,
        mut count: u32,
        now_ns: u64,
        done: &mut Vec<Run>,
    ) -> Result<(), Unasked> {
        while count > 0 {
            let limit = if self.has_malformed { 1 } else { count };
            let answered = self.pop_owed(limit).ok_or(Unasked)?;
            count -= answered.count;
            self.tally.answered += u64::from(answered.count);
            self.book_run(code.meaning(), answered, now_ns, done);
        }
        Ok(())
    }

    fn book_run(&mut self, meaning: Meaning, run: Run, now_ns: u64, done: &mut Vec<Run>) {
        let count = u64::from(run.count);
        let is_malformed = self.has_malformed && self.changes.is_malformed(run.first);
        match meaning {
            Meaning::Success if is_malformed => self.tally.misplaced += count,
            Meaning::Success => {
                self.tally.success += count;
                if let Some(acknowledged) = &mut self.acknowledged {
                    acknowledged.note(run.first, run.count);
                }
            }
            Meaning::Temporary => {
                self.tally.temporary += count;
                if self.retry {
                    return self.queue(run, now_ns.saturating_add(RETRY_AFTER_NS));
                }
            }
            Meaning::Permanent if is_malformed => self.tally.refused += count,
            Meaning::Permanent => self.tally.permanent += count,
        }
        done.push(run);
    }

    /// Takes up to `limit` changes off the front of what is owed.
    fn pop_owed(&mut self, limit: u32) -> Option<Run> {
        let front = self.owed.front_mut()?;
        let count = front.count.min(limit);
        let popped = Run { count, ..*front };
        if count == front.count {
            self.owed.pop_front();
        } else {
            front.first += u64::from(count);
            front.count -= count;
        }
        self.unanswered -= count;
        Some(popped)
    }

    fn queue(&mut self, run: Run, not_before_ns: u64) {
        for first in run.first..run.first + u64::from(run.count) {
            self.again.push_back(Again {
                run: Run {
                    first,
                    count: 1,
                    ..run
                },
                not_before_ns,
            });
        }
    }

    /// The connection is gone: what it owed goes again before anything else, or is missing.
    pub(super) fn lose_connection(&mut self) {
        if !self.retry {
            return self.lose_owed();
        }
        let waiting = std::mem::take(&mut self.again);
        while let Some(run) = self.pop_owed(u32::MAX) {
            self.queue(run, 0);
        }
        self.again.extend(waiting);
    }

    /// Nobody will answer any more: all that is open is missing.
    pub(super) fn give_up(&mut self) {
        self.tally.missing += self.again.len() as u64;
        self.again.clear();
        self.lose_owed();
    }

    fn lose_owed(&mut self) {
        self.tally.missing += u64::from(self.unanswered);
        self.owed.clear();
        self.unanswered = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::{LoadPlan, Percent};
    use super::*;

    const OK: Code = Code(0);
    const UNAVAILABLE: Code = Code(11);
    const REFUSED: Code = Code(4);

    fn account(retry: bool) -> Account {
        Account::new(Changes::new(&LoadPlan::default(), 0), retry, true)
    }

    #[test]
    fn replies_answer_the_changes_in_the_order_they_were_sent() {
        let mut account = account(false);
        account.take_new(3, 10, 0);
        account.take_new(2, 20, 0);
        let mut done = Vec::new();

        account.book(OK, 4, 50, &mut done).unwrap();
        assert_eq!(done.len(), 2);
        assert_eq!((done[0].first, done[0].count, done[0].sent_ns), (0, 3, 10));
        assert_eq!((done[1].first, done[1].count, done[1].sent_ns), (3, 1, 20));
        assert_eq!(account.unanswered(), 1);
    }

    #[test]
    fn a_reply_too_many_is_found() {
        let mut account = account(false);
        account.take_new(2, 0, 0);
        assert_eq!(account.book(OK, 3, 1, &mut Vec::new()), Err(Unasked));
    }

    #[test]
    fn a_temporary_error_goes_again_after_a_while_and_then_counts_once() {
        let mut account = account(true);
        account.take_new(2, 0, 7);
        account.book(UNAVAILABLE, 1, 1000, &mut Vec::new()).unwrap();
        account.book(OK, 1, 1000, &mut Vec::new()).unwrap();

        assert_eq!(account.open(), 1, "it still counts against the window");
        assert_eq!(account.take_again(1000), None);
        let again = account.take_again(1000 + RETRY_AFTER_NS).unwrap();
        assert_eq!(
            (again.first, again.count, again.sent_ns, again.lut),
            (0, 1, 0, 7)
        );

        account
            .book(OK, 1, RETRY_AFTER_NS * 2, &mut Vec::new())
            .unwrap();
        let tally = account.tally();
        assert_eq!((tally.sent, tally.resent, tally.answered), (2, 1, 3));
        assert_eq!((tally.success, tally.temporary, tally.missing), (2, 1, 0));
        assert_eq!(
            account
                .take_acknowledged()
                .map(|acknowledged| acknowledged.len()),
            Some(2)
        );
    }

    #[test]
    fn without_retry_a_lost_connection_leaves_its_changes_missing() {
        let mut account = account(false);
        account.take_new(5, 0, 0);
        account.book(OK, 2, 1, &mut Vec::new()).unwrap();
        account.lose_connection();
        assert_eq!(account.tally().missing, 3);
        assert_eq!(account.open(), 0);
    }

    #[test]
    fn with_retry_a_lost_connection_sends_its_changes_again_in_order_and_first() {
        let mut account = account(true);
        account.take_new(1, 0, 0);
        account.book(UNAVAILABLE, 1, 1, &mut Vec::new()).unwrap();
        account.take_new(2, 5, 0);
        account.lose_connection();

        let order: Vec<_> = std::iter::from_fn(|| account.take_again(u64::MAX))
            .map(|run| run.first)
            .collect();
        assert_eq!(order, [1, 2, 0]);
        assert_eq!(account.tally().missing, 0);
    }

    #[test]
    fn a_permanent_error_is_final() {
        let mut account = account(true);
        account.take_new(1, 0, 0);
        let mut done = Vec::new();
        account.book(REFUSED, 1, 1, &mut done).unwrap();
        assert_eq!(
            (account.tally().permanent, account.open(), done.len()),
            (1, 0, 1)
        );
    }

    #[test]
    fn malformed_messages_must_be_refused_at_their_very_place() {
        let plan = LoadPlan {
            malformed: Percent::new(50.0).unwrap(),
            ..LoadPlan::default()
        };
        let changes = Changes::new(&plan, 0);
        let right: Vec<_> = (0..20)
            .map(|index| {
                if changes.is_malformed(index) {
                    REFUSED
                } else {
                    OK
                }
            })
            .collect();
        assert!(right.contains(&REFUSED) && right.contains(&OK));

        let tally = |codes: &[Code]| {
            let mut account = Account::new(changes.clone(), false, false);
            account.take_new(20, 0, 0);
            for &code in codes {
                account.book(code, 1, 1, &mut Vec::new()).unwrap();
            }
            *account.tally()
        };
        let in_order = tally(&right);
        assert_eq!((in_order.permanent, in_order.misplaced), (0, 0));

        let mut swapped = right;
        swapped.rotate_left(1);
        let out_of_order = tally(&swapped);
        assert!(out_of_order.permanent > 0 && out_of_order.misplaced > 0);
    }
}
