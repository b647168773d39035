//! New credentials for a producer that runs.

use std::time::{Duration, Instant};

use tracing::{info, warn};

use crate::native::{Client, ErrorCode, Event};
use crate::shared::{Phase, Shared};
use crate::sync::lock;
use crate::{Producer, Recipient, StartError};

/// How long a client on trial may take for its first question, before its errors are looked at; it
/// has twice as long for each further one, because a broker may be far away.
const QUESTION_LIMIT: Duration = Duration::from_millis(250);

/// Why clients with new properties do not take over. Those that are at work go on.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// librdkafka does not take the properties.
    #[error("the new settings cannot be used")]
    Refused(#[source] StartError),
    /// No broker has answered a client with the new properties, while those with the old ones work.
    #[error("kafka does not answer with the new settings: {reason}")]
    Unanswered {
        /// librdkafka's words.
        reason: String,
    },
    /// The producer is being stopped.
    #[error("the producer is being stopped")]
    ShuttingDown,
}

/// A name or password that cannot be given to Kafka: it holds a zero byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the user's name or the password holds a zero byte")]
pub struct CredentialsError;

impl<R: Recipient> Producer<R> {
    /// Gives a new name and password (SASL PLAIN and SCRAM) to all clients there are and will be.
    /// Open connections stay; those that are made from now on use them, and clients that were
    /// refused try again at once.
    ///
    /// # Errors
    ///
    /// When one of them holds a zero byte; then nothing changes.
    pub fn set_credentials(&self, user: &str, password: &str) -> Result<(), CredentialsError> {
        self.shared().fleet.set_credentials(user, password)?;
        info!(target: "kafka", "new credentials for kafka are in use");
        Ok(())
    }

    /// Has clients with new properties take over, for a changed certificate and all else that a
    /// client reads only when it is made. `properties` stand for all that the settings had; the
    /// limits of batches stay those of the start.
    ///
    /// Blocks until a broker has answered a client with the new properties, for up to `limit`. Then
    /// each partition's next batch goes by a new client, while the one under way is waited for: no
    /// record is lost, overtaken, or reported as failed. When the clients at work reach no broker
    /// there is nothing to lose, and the new ones take over unanswered.
    ///
    /// # Errors
    ///
    /// When librdkafka refuses the properties, or no broker answers: all stays as it was.
    pub fn renew(
        &self,
        properties: Vec<(String, String)>,
        limit: Duration,
    ) -> Result<(), RenewError> {
        let shared = self.shared();
        let _one_at_a_time = lock(&shared.renewing);
        let trial = shared
            .fleet
            .launch_trial(&shared.settings, &properties)
            .map_err(RenewError::Refused)?;
        shared.count_trial();
        if let Err(reason) = prove(shared, &trial, limit) {
            if shared.phase() != Phase::Running {
                return Err(RenewError::ShuttingDown);
            }
            if !shared.carriers.are_cut_off() {
                shared.questions.retire(trial);
                return Err(RenewError::Unanswered { reason });
            }
            warn!(
                target: "kafka",
                reason,
                "kafka answers neither with the old nor with the new settings; the new ones are used"
            );
        }
        shared.fleet.renew(properties, trial);
        for carrier in shared.carriers.all() {
            carrier.wake();
        }
        Ok(())
    }
}

/// Waits until a broker has answered the client; fails with what stands against it.
fn prove<R: Recipient>(shared: &Shared<R>, client: &Client, limit: Duration) -> Result<(), String> {
    let until = Instant::now() + limit;
    let mut reason = "no broker has answered".to_owned();
    let mut patience = QUESTION_LIMIT;
    loop {
        let rest = until.saturating_duration_since(Instant::now());
        if client.ask_brokers(patience.min(rest)).is_ok() {
            return Ok(());
        }
        patience *= 2;
        while let Some(event) = client.poll(Duration::ZERO) {
            match event {
                // It follows from the others.
                Event::Error { code, .. } if code == ErrorCode::ALL_BROKERS_DOWN => {}
                Event::Error { reason: words, .. } => reason = words,
                Event::Log {
                    level,
                    facility,
                    line,
                } => shared.counters.note_line(level, &facility, &line),
                Event::Reports(_) | Event::Other => {}
            }
        }
        if Instant::now() >= until || shared.phase() != Phase::Running {
            return Err(reason);
        }
    }
}
