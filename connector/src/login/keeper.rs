//! The watch over the files that the producer's properties name.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use aeroduct_config::{Files, Plan, ProducerChange, ProducerPlan, SaslPlan};
use aeroduct_kafka::{Producer, Recipient, RenewError};
use aeroduct_process::logging::chain;
use aeroduct_process::watch::{INTERVAL, Watcher};

use super::{Figures, Tokens};
use crate::sink;

/// How long brokers have to answer a client with new properties.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// When properties that no broker has answered are tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(20);

/// Takes up what changes in the files of a plan.
pub struct Keeper<R: Recipient> {
    plan: Arc<Plan>,
    files: Box<dyn Files + Send>,
    producer: Producer<R>,
    tokens: Option<Arc<Tokens>>,
    figures: Arc<Figures>,
    watcher: Watcher,
    /// What the producer uses.
    current: ProducerPlan,
}

impl<R: Recipient> Keeper<R> {
    /// Keeps a producer that was started by this plan and gets its tokens from `tokens`. A change
    /// between the making of the plan and now is not missed, if files are as they were then.
    pub fn new(
        plan: Arc<Plan>,
        files: Box<dyn Files + Send>,
        producer: Producer<R>,
        tokens: Option<Arc<Tokens>>,
        figures: Arc<Figures>,
    ) -> Self {
        Self {
            watcher: Watcher::new(plan.producer.files.clone()),
            current: plan.producer.clone(),
            plan,
            files,
            producer,
            tokens,
            figures,
        }
    }

    /// Looks every second until the other end of `stop` is dropped. Blocks its thread.
    pub fn run(mut self, stop: &Receiver<()>) {
        // What has changed while the program started is taken up at once.
        let mut due = Some(Instant::now());
        while stop.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
            if self.watcher.look() {
                due = Some(Instant::now());
            }
            if due.is_some_and(|due| Instant::now() >= due) {
                due = self.take_up();
            }
        }
    }

    /// Makes the plan again and takes up what is new in it. Returns when to try once more.
    fn take_up(&mut self) -> Option<Instant> {
        let next = match self.plan.producer_again(&*self.files) {
            Ok(next) => next,
            Err(faults) => {
                self.figures.note_refused();
                tracing::error!(
                    target: "kafka",
                    "files of producer-props have changed and cannot be used; what was read before \
                     stays in use: {faults}"
                );
                return None;
            }
        };
        let taken = match self.current.change_to(&next) {
            ProducerChange::None => return None,
            ProducerChange::Credentials => self.log_in_anew(&next),
            ProducerChange::Client => self.renew(&next),
        };
        match taken {
            Ok(()) => {
                self.figures.note_taken();
                self.current = next;
                None
            }
            Err(Refusal { reason, again }) => {
                self.figures.note_refused();
                tracing::error!(
                    target: "kafka",
                    reason,
                    "files of producer-props have changed and cannot be used; what was read before \
                     stays in use"
                );
                again.then(|| Instant::now() + RETRY_PAUSE)
            }
        }
    }

    fn log_in_anew(&self, next: &ProducerPlan) -> Result<(), Refusal> {
        if let Some(SaslPlan::Password { user, password }) = &next.sasl {
            return self
                .producer
                .set_credentials(user, password.expose())
                .map_err(|error| Refusal::for_good(&error));
        }
        self.change_tokens(next)
    }

    fn renew(&self, next: &ProducerPlan) -> Result<(), Refusal> {
        self.change_tokens(next)?;
        let renewed = self.producer.renew(sink::properties(next), ANSWER_LIMIT);
        renewed.map_err(|error| match error {
            RenewError::Unanswered { reason } => Refusal {
                reason: format!("kafka does not answer: {reason}"),
                again: true,
            },
            RenewError::Refused(cause) => Refusal::for_good(&cause),
            RenewError::ShuttingDown => Refusal::for_good(&error),
        })
    }

    fn change_tokens(&self, next: &ProducerPlan) -> Result<(), Refusal> {
        match &self.tokens {
            Some(tokens) => tokens
                .change(next)
                .map_err(|error| Refusal::for_good(&error)),
            None => Ok(()),
        }
    }
}

/// Why a change is not taken up.
struct Refusal {
    reason: String,
    /// Time may mend it.
    again: bool,
}

impl Refusal {
    fn for_good(error: &(dyn std::error::Error + 'static)) -> Self {
        Self {
            reason: chain(error).to_string(),
            again: false,
        }
    }
}
