//! One partition: what waits for it and the one batch that librdkafka has.

mod current;
mod waiting;

use std::iter::Peekable;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tracing::error;

pub(crate) use self::current::Sender;
use self::current::{Current, Tally};
use self::waiting::{State, Waiting};
use crate::berths::Berth;
use crate::native::{
    ErrorCode, Handed, Lot, Outstanding, ReportIter, Reported, TopicHandle, Undecided,
};
use crate::publisher::{Item, board};
use crate::shared::Shared;
use crate::snapshot::Volume;
use crate::sync::lock;
use crate::topic::TopicCore;
use crate::{Batch, Failure, Parcel, Recipient, Report};

/// How soon a batch that librdkafka's full queue refused is tried again.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(5);

/// A partition of a topic. Lives as long as the producer.
///
/// Locks: `waiting` before `current`. Whoever finds the partition idle makes it busy
/// under `waiting` and may then load `current`; only the last report of that batch makes
/// it idle again. So `current` is contended only between handing over and the first
/// report.
pub(crate) struct Partition<R: Recipient> {
    /// The partition's number in the producer, from 1; comes back with every report.
    pub(crate) id: u32,
    number: i32,
    topic: Arc<TopicCore>,
    waiting: Mutex<Waiting<R>>,
    current: Mutex<Current<R>>,
}

impl<R: Recipient> Partition<R> {
    pub(crate) fn new(id: u32, number: i32, topic: Arc<TopicCore>) -> Self {
        let waiting = Waiting::default();
        let current = Current::default();
        Self {
            id,
            number,
            topic,
            waiting: Mutex::new(waiting),
            current: Mutex::new(current),
        }
    }

    pub(crate) fn number(&self) -> i32 {
        self.number
    }

    pub(crate) fn topic(&self) -> &TopicCore {
        &self.topic
    }

    /// Takes records of one parcel and sends them off when nothing of the partition is
    /// under way.
    pub(crate) fn accept<'i>(
        &self,
        shared: &Shared<R>,
        parcel: &Arc<Parcel<R>>,
        shipped: Instant,
        items: impl Iterator<Item = &'i Item>,
    ) {
        let mut waiting = lock(&self.waiting);
        if waiting.is_closed {
            drop(waiting);
            shared.refuse(parcel, items, Failure::ShuttingDown);
            return;
        }
        let refused = board(&mut waiting.lot, parcel, shipped, items);
        self.launch(shared, waiting);
        shared.refuse(parcel, refused.iter(), Failure::InvalidRecord);
    }

    /// Takes records that waited elsewhere.
    pub(crate) fn accept_lot(&self, shared: &Shared<R>, mut lot: Lot<R>) {
        let mut waiting = lock(&self.waiting);
        if waiting.is_closed {
            drop(waiting);
            shared.fail(&mut lot, Failure::ShuttingDown);
            return;
        }
        waiting.lot.append(&mut lot);
        self.launch(shared, waiting);
    }

    /// Looks whether something can be sent: after a change of circumstances.
    pub(crate) fn nudge(&self, shared: &Shared<R>) {
        self.launch(shared, lock(&self.waiting));
    }

    /// As [`Partition::nudge`], for the alarm that the partition had set.
    pub(crate) fn ring(&self, shared: &Shared<R>) {
        let mut waiting = lock(&self.waiting);
        waiting.has_alarm = false;
        self.launch(shared, waiting);
    }

    /// The quarantine is done with the partition's last batch.
    pub(crate) fn release(&self, shared: &Shared<R>) {
        let mut waiting = lock(&self.waiting);
        if waiting.state == State::Quarantined {
            waiting.state = State::Idle;
        }
        self.launch(shared, waiting);
    }

    /// The topic's metadata is fresh and has this partition.
    pub(crate) fn confirm(&self, shared: &Shared<R>) {
        let mut waiting = lock(&self.waiting);
        if waiting.state == State::Lost {
            waiting.state = State::Idle;
        }
        self.launch(shared, waiting);
    }

    /// The topic's metadata is fresh and lacks this partition: gives back what waits.
    pub(crate) fn evacuate(&self) -> Lot<R> {
        let mut waiting = lock(&self.waiting);
        if waiting.state == State::Lost {
            waiting.state = State::Idle;
        }
        std::mem::take(&mut waiting.lot)
    }

    /// Drops records that wait although nobody waits for them any more.
    pub(crate) fn sweep(&self, shared: &Shared<R>) {
        let dropped = lock(&self.waiting)
            .lot
            .drop_abandoned_front(Report::Failed(Failure::Abandoned));
        shared.count_failed(Failure::Abandoned, dropped);
    }

    /// Takes nothing any more, and reports what waits.
    pub(crate) fn close(&self, shared: &Shared<R>) {
        let mut waiting = lock(&self.waiting);
        waiting.is_closed = true;
        let mut lot = std::mem::take(&mut waiting.lot);
        drop(waiting);
        shared.fail(&mut lot, Failure::ShuttingDown);
    }

    /// Reports what librdkafka should have reported long ago.
    pub(crate) fn write_off(&self, shared: &Shared<R>, failure: Failure) {
        let mut current = lock(&self.current);
        let (messages, reported) = current.batch.write_off(Report::Failed(failure));
        if messages == 0 {
            return;
        }
        error!(
            target: "kafka",
            topic = self.topic.name(),
            partition = self.number,
            messages,
            "librdkafka did not report these messages, they are given up"
        );
        self.topic.carrier.took_back(messages);
        shared.count_failed(failure, u64::from(reported));
        self.finish(shared, current);
    }

    pub(crate) fn waiting(&self) -> Volume {
        let waiting = lock(&self.waiting);
        Volume {
            messages: waiting.lot.len() as u64,
            bytes: waiting.lot.bytes() as u64,
        }
    }

    /// The partition's turn has come to hand over a batch.
    pub(crate) fn admit(&self, shared: &Shared<R>, berth: Berth) {
        let mut waiting = lock(&self.waiting);
        if waiting.state == State::Queued {
            waiting.state = State::Idle;
        }
        if let Some(berth) = self.launch_with(shared, waiting, Some(berth)) {
            shared.berths.give_back(berth);
        }
    }

    fn launch(&self, shared: &Shared<R>, waiting: MutexGuard<'_, Waiting<R>>) {
        if let Some(berth) = self.launch_with(shared, waiting, None) {
            shared.leave(berth);
        }
    }

    /// Hands over the next batch, if there is one and nothing of the partition is under
    /// way. The call to librdkafka is made without the `waiting` lock. Returns the berth when
    /// no batch keeps it.
    fn launch_with<'p>(
        &'p self,
        shared: &Shared<R>,
        mut waiting: MutexGuard<'p, Waiting<R>>,
        mut berth: Option<Berth>,
    ) -> Option<Berth> {
        while waiting.may_launch() {
            let limit = self.topic.ceiling.limit(shared.limit, shared.now_ms());
            if let Some(due) = shared.lingers_until(&waiting.lot, limit) {
                self.set_alarm(&mut waiting, due);
                return berth;
            }
            let Some(topic) = self.topic.handle() else {
                return berth;
            };
            berth = berth.or_else(|| shared.berths.take(self.id, Instant::now()));
            if berth.is_none() {
                waiting.state = State::Queued;
                return None;
            }
            waiting.state = State::Busy;
            let mut current = lock(&self.current);
            let dropped = current.batch.load(&mut waiting.lot, limit);
            // Counted under the lock: who closes the partition then waits for the reports.
            self.topic.carrier.hands_over(current.batch.len());
            drop(waiting);
            shared.count_failed(Failure::Abandoned, dropped);
            let handed = self.hand_over(shared, &topic, &mut current.batch);
            if handed.accepted > 0 {
                current.berth = berth;
                return None;
            }
            let returned = current.batch.returned();
            current.batch.clear();
            drop(current);
            waiting = lock(&self.waiting);
            waiting.state = State::Idle;
            if let Some(code) = handed.refused_by {
                self.take_refusal(shared, &mut waiting, code, returned);
                // The next client's coming nudges every partition; but it may have come
                // while this one still talked to the last.
                let is_replaced = self
                    .topic
                    .handle()
                    .is_some_and(|it| !Arc::ptr_eq(&it, &topic));
                if !is_replaced {
                    return berth;
                }
            }
        }
        berth
    }

    fn hand_over(
        &self,
        shared: &Shared<R>,
        topic: &TopicHandle,
        batch: &mut Outstanding<R>,
    ) -> Handed {
        if batch.is_empty() {
            return Handed::default();
        }
        let count = batch.len();
        let start = Instant::now();
        let handed = batch.produce(topic, self.number, self.id);
        shared.prompter.note(start, shared.settings.gather, count);
        let refused = u32::try_from(count).unwrap_or(u32::MAX) - handed.accepted;
        self.topic.carrier.took_back(refused);
        shared.count_own_faults(&handed);
        if handed.accepted > 0 {
            shared
                .counters
                .produced(handed.accepted, handed.accepted_bytes);
            if let Some(observer) = &shared.settings.observer {
                observer.batch_handed_over(&self.describe(handed.accepted, handed.accepted_bytes));
            }
        }
        handed
    }

    /// librdkafka took nothing.
    #[cold]
    fn take_refusal(
        &self,
        shared: &Shared<R>,
        waiting: &mut Waiting<R>,
        code: ErrorCode,
        mut returned: Lot<R>,
    ) {
        returned.append(&mut waiting.lot);
        match code {
            _ if waiting.is_closed => shared.fail(&mut returned, Failure::ShuttingDown),
            ErrorCode::QUEUE_FULL => {
                waiting.lot = returned;
                self.set_alarm(waiting, Instant::now() + QUEUE_FULL_PAUSE);
            }
            ErrorCode::FATAL => waiting.lot = returned,
            ErrorCode::UNKNOWN_PARTITION => {
                waiting.lot = returned;
                waiting.state = State::Lost;
                shared.ask_again(&self.topic);
            }
            _ => {
                let failure = Failure::from(code);
                self.log(shared, failure, code);
                if failure.is_refusal_by_topic() {
                    self.topic.breaker.trip(failure, shared.now_ms());
                }
                shared.ask_again(&self.topic);
                shared.fail(&mut returned, failure);
            }
        }
    }

    /// Takes the reports of one event about this partition.
    pub(crate) fn take_reports(
        &self,
        shared: &Shared<R>,
        sender: Sender,
        first: Reported,
        reports: &mut Peekable<ReportIter<'_>>,
    ) {
        let mut current = lock(&self.current);
        let mut tally = Tally::default();
        let mut next = Some(first);
        while let Some(reported) = next {
            let verdict = current.judge(shared, sender, reported.code());
            if let Some(bytes) = current.batch.settle(&reported, verdict) {
                tally.add(shared, verdict, bytes);
            } else {
                error!(target: "kafka", ?reported, "report about an unknown message");
            }
            if reported.code().is_error() {
                self.log(shared, Failure::from(reported.code()), reported.code());
            }
            next = reports.next_if(|next| next.owner() == self.id);
        }
        current.batch.settle_run();
        tally.flush(shared);
        self.topic.carrier.took_back(tally.messages);
        if tally.delivered_in_all > 0 {
            self.topic.breaker.close();
            self.topic.carrier.note_answer();
            current.lost = 0;
        }
        if current.batch.unreported() == 0 {
            self.finish(shared, current);
        }
    }

    /// The batch is reported as a whole: what comes next.
    fn finish(&self, shared: &Shared<R>, mut current: MutexGuard<'_, Current<R>>) {
        if let (Some(observer), Some(oldest)) = (&shared.settings.observer, current.batch.oldest())
        {
            let batch = self.describe(current.batch.accepted(), current.batch.accepted_bytes());
            observer.batch_reported(&batch, oldest.elapsed());
        }
        if std::mem::take(&mut current.is_too_large) {
            let refused = current.batch.accepted_bytes();
            self.topic.ceiling.lower(refused, shared.now_ms());
        }
        let Undecided {
            mut returned,
            suspects,
            overtaken,
        } = current.batch.undecided();
        shared.count_failed(Failure::Overtaken, u64::from(overtaken));
        let refusal = current.refusal.take();
        let is_lost = std::mem::take(&mut current.is_lost);
        if is_lost {
            current.lost += 1;
        }
        current.batch.clear();
        let berth = current.berth.take();
        drop(current);
        if let Some(berth) = berth {
            shared.leave(berth);
        }

        if let Some(failure) = refusal {
            self.topic.breaker.trip(failure, shared.now_ms());
            shared.ask_again(&self.topic);
        }
        let mut waiting = lock(&self.waiting);
        if !returned.is_empty() {
            returned.append(&mut waiting.lot);
            waiting.lot = std::mem::take(&mut returned);
        }
        if let Some(failure) = refusal {
            let mut refused = std::mem::take(&mut waiting.lot);
            shared.fail(&mut refused, failure);
        }
        if waiting.is_closed {
            let mut left = std::mem::take(&mut waiting.lot);
            shared.fail(&mut left, Failure::ShuttingDown);
        }
        waiting.state = match (suspects.is_empty(), is_lost) {
            (false, _) => State::Quarantined,
            (true, true) => State::Lost,
            (true, false) => State::Idle,
        };
        if is_lost {
            shared.ask_again(&self.topic);
        }
        if waiting.state == State::Quarantined {
            drop(waiting);
            shared.quarantine(self.id, suspects);
        } else if waiting.lot.is_empty() {
            waiting.lot.shrink();
            lock(&self.current).batch.shrink();
        } else {
            self.launch(shared, waiting);
        }
    }

    fn set_alarm(&self, waiting: &mut Waiting<R>, due: Instant) {
        if !waiting.has_alarm {
            waiting.has_alarm = true;
            self.topic.carrier.set_alarm(due, self.id);
        }
    }

    fn log(&self, shared: &Shared<R>, failure: Failure, code: ErrorCode) {
        shared.log_failure(failure, self.topic.name(), Some(self.number), code);
    }

    fn describe(&self, records: u32, bytes: usize) -> Batch<'_> {
        Batch {
            topic: self.topic.name(),
            partition: self.number,
            records,
            bytes,
        }
    }
}
