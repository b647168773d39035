//! The thread that asks Kafka how many partitions topics have. The call blocks, so no
//! other thread makes it.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::native::{Client, ErrorCode, TopicHandle};
use crate::shared::Shared;
use crate::snapshot::BrokerState;
use crate::sync::lock;
use crate::topic::Topic;
use crate::{Failure, Recipient};

/// How long one question may take. Short enough for a stop, long enough for a broker
/// that is a second away.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// When a question without an answer is put again.
const RETRY_PAUSE: Duration = Duration::from_millis(100);
/// How often retired clients are looked at.
const RETIRE_PAUSE: Duration = Duration::from_millis(20);

/// What the thread has to do.
pub(crate) struct Questions<R: Recipient> {
    errands: Mutex<Errands<R>>,
    changed: Condvar,
}

struct Errands<R: Recipient> {
    /// Each topic is in here at most once.
    asked: VecDeque<Arc<Topic<R>>>,
    /// Clients to be destroyed as soon as nobody uses them; that may take a while.
    retired: Vec<Arc<Client>>,
    is_stopped: bool,
}

/// What a question came to.
enum Answer {
    Partitions(usize),
    Refused(Failure, ErrorCode),
    /// The broker cannot say yet.
    NotYet,
    NoBroker,
}

/// What is to be done about a topic.
enum Outcome {
    Done,
    AskAgain,
    NoBroker,
}

impl<R: Recipient> Default for Questions<R> {
    fn default() -> Self {
        let errands = Errands {
            asked: VecDeque::new(),
            retired: Vec::new(),
            is_stopped: false,
        };
        Self {
            errands: Mutex::new(errands),
            changed: Condvar::new(),
        }
    }
}

impl<R: Recipient> Questions<R> {
    /// Asks for the partitions of a topic, unless that is under way.
    pub(crate) fn ask(&self, topic: &Arc<Topic<R>>) {
        if topic.note_question() {
            lock(&self.errands).asked.push_back(Arc::clone(topic));
            self.changed.notify_one();
        }
    }

    /// Takes back the questions of records that came while these topics were attended to:
    /// they are asked again after a pause, and once each.
    fn withdraw(&self, delayed: &[Arc<Topic<R>>]) {
        if delayed.is_empty() {
            return;
        }
        let delayed: HashSet<_> = delayed.iter().map(Arc::as_ptr).collect();
        lock(&self.errands)
            .asked
            .retain(|topic| !delayed.contains(&Arc::as_ptr(topic)));
    }

    /// Hands over a client that has nothing to do any more.
    pub(crate) fn retire(&self, client: Arc<Client>) {
        lock(&self.errands).retired.push(client);
        self.changed.notify_one();
    }

    pub(crate) fn stop(&self) {
        lock(&self.errands).is_stopped = true;
        self.changed.notify_one();
    }
}

/// Runs the thread until it is stopped.
pub(crate) fn run<R: Recipient>(shared: &Shared<R>) {
    let mut next_refresh = Instant::now() + shared.settings.metadata_refresh;
    let mut again: Vec<Arc<Topic<R>>> = Vec::new();
    let mut retry_at = Instant::now();
    loop {
        let until = if again.is_empty() {
            next_refresh
        } else {
            next_refresh.min(retry_at)
        };
        let (asked, retired) = wait(shared, until);
        let Some(asked) = asked else {
            break;
        };
        destroy_unused(shared, retired);
        let mut topics = asked;
        if Instant::now() >= retry_at {
            topics.extend(again.drain(..));
        }
        let is_first_delay = again.is_empty();
        if Instant::now() >= next_refresh {
            next_refresh = Instant::now() + shared.settings.metadata_refresh;
            // First those that records wait for.
            for topic in shared.topics() {
                if !topics.iter().any(|asked| Arc::ptr_eq(asked, &topic)) {
                    topics.push_back(topic);
                }
            }
        }
        while let Some(topic) = topics.pop_front() {
            topic.note_answer();
            match attend(shared, &topic) {
                Outcome::Done => {}
                Outcome::AskAgain => put_off(&mut again, topic),
                // What holds for one holds for all of its client: no waiting for each of them
                // in turn.
                Outcome::NoBroker => {
                    let carrier = Arc::clone(&topic.core.carrier);
                    put_off(&mut again, topic);
                    topics.retain(|other| {
                        let is_other = !Arc::ptr_eq(&other.core.carrier, &carrier);
                        if !is_other {
                            put_off(&mut again, Arc::clone(other));
                        }
                        is_other
                    });
                }
            }
            if lock(&shared.questions.errands).is_stopped {
                break;
            }
        }
        shared.questions.withdraw(&again);
        if is_first_delay {
            retry_at = Instant::now() + RETRY_PAUSE;
        }
    }
}

fn put_off<R: Recipient>(again: &mut Vec<Arc<Topic<R>>>, topic: Arc<Topic<R>>) {
    topic.note_question();
    again.push(topic);
}

type Work<R> = (Option<VecDeque<Arc<Topic<R>>>>, Vec<Arc<Client>>);

/// Waits for something to do; `None` for the questions means the end.
fn wait<R: Recipient>(shared: &Shared<R>, until: Instant) -> Work<R> {
    let mut errands = lock(&shared.questions.errands);
    loop {
        if errands.is_stopped {
            return (None, Vec::new());
        }
        let is_due = Instant::now() >= until;
        if !errands.asked.is_empty() || is_due {
            return (
                Some(std::mem::take(&mut errands.asked)),
                std::mem::take(&mut errands.retired),
            );
        }
        let mut rest = until.saturating_duration_since(Instant::now());
        if !errands.retired.is_empty() {
            rest = rest.min(RETIRE_PAUSE);
        }
        let (guard, waited) = shared
            .questions
            .changed
            .wait_timeout(errands, rest)
            .unwrap_or_else(PoisonError::into_inner);
        errands = guard;
        if waited.timed_out() && !errands.is_stopped {
            return (
                Some(std::mem::take(&mut errands.asked)),
                std::mem::take(&mut errands.retired),
            );
        }
    }
}

/// Asks about one topic and passes the answer on.
fn attend<R: Recipient>(shared: &Shared<R>, topic: &Arc<Topic<R>>) -> Outcome {
    let Some(client) = topic.core.carrier.client.load_full() else {
        return Outcome::AskAgain;
    };
    let answer = match handle_of(topic, &client) {
        Some(handle) => ask(&client, &handle),
        None => Answer::Refused(Failure::InvalidTopic, ErrorCode::TOPIC_EXCEPTION),
    };
    match answer {
        Answer::Partitions(count) => {
            topic.core.carrier.note_answer();
            shared.counters.note_brokers(BrokerState::Up);
            topic.learn(shared, count);
            Outcome::Done
        }
        Answer::Refused(failure, code) => {
            if topic.refuse(shared, failure, Instant::now()) {
                shared.log_failure(failure, topic.core.name(), None, code);
                Outcome::Done
            } else {
                Outcome::AskAgain
            }
        }
        Answer::NotYet => Outcome::AskAgain,
        Answer::NoBroker => Outcome::NoBroker,
    }
}

fn ask(client: &Client, handle: &TopicHandle) -> Answer {
    match client.partition_count(handle, ANSWER_LIMIT) {
        Ok(0) => Answer::NotYet,
        Ok(count) => Answer::Partitions(count),
        Err(code) => {
            let failure = Failure::from(code);
            match failure {
                _ if failure.is_refusal_by_topic() => Answer::Refused(failure, code),
                Failure::Disconnected | Failure::TimedOut | Failure::Unauthenticated => {
                    Answer::NoBroker
                }
                _ => Answer::NotYet,
            }
        }
    }
}

/// The topic's handle of this client, made on first use. librdkafka looks topics up one
/// by one, so this is not done where records pass.
fn handle_of<R: Recipient>(topic: &Topic<R>, client: &Arc<Client>) -> Option<Arc<TopicHandle>> {
    if let Some(handle) = topic.core.handle()
        && Arc::ptr_eq(handle.client(), client)
    {
        return Some(handle);
    }
    let handle = Arc::new(TopicHandle::open(client, topic.core.name())?);
    topic.core.set_handle(Some(Arc::clone(&handle)));
    // The client may have been withdrawn between the two steps; then nobody else takes the
    // handle back.
    let present = topic.core.carrier.client.load();
    let is_present = present.as_ref().is_some_and(|it| Arc::ptr_eq(it, client));
    if !is_present {
        topic.core.drop_handle_of(client);
    }
    Some(handle)
}

fn destroy_unused<R: Recipient>(shared: &Shared<R>, retired: Vec<Arc<Client>>) {
    for client in retired {
        match Arc::try_unwrap(client) {
            Ok(client) => {
                drop(client);
                shared
                    .counters
                    .clients_closed
                    .fetch_add(1, Ordering::Relaxed);
            }
            Err(client) => lock(&shared.questions.errands).retired.push(client),
        }
    }
}

/// Destroys what is left. For the end, when no other thread uses a client.
pub(crate) fn destroy_retired<R: Recipient>(shared: &Shared<R>) {
    let retired = std::mem::take(&mut lock(&shared.questions.errands).retired);
    destroy_unused(shared, retired);
}
