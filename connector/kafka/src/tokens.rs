//! Tokens for SASL OAUTHBEARER, fetched by a thread of its own because that may take long.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::Recipient;
use crate::shared::Shared;
use crate::sync::lock;

/// How often clients are asked whether they want a token. A new connection waits so long.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// What a client shows to brokers.
#[derive(Clone)]
pub struct Token {
    /// The token itself. Never printed.
    pub value: String,
    /// Until when it is good, in milliseconds since 1970. A new one is asked for when four fifths
    /// of its life have passed.
    pub expires_ms: i64,
    /// Whom it stands for, for the log of the client library.
    pub principal: String,
    /// Names and values that go to the broker beside it (SASL extensions).
    pub extensions: Vec<(String, String)>,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("principal", &self.principal)
            .field("expires_ms", &self.expires_ms)
            .finish_non_exhaustive()
    }
}

/// Where tokens come from.
pub trait TokenSource: Send + Sync + 'static {
    /// Gets a token. May block for some seconds, for which the producer's end may wait.
    ///
    /// # Errors
    ///
    /// With words for the log, which hold no secret. It is tried again after ten seconds.
    fn token(&self) -> Result<Token, String>;
}

/// Tells the thread to stop.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    is_stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub(crate) fn stop(&self) {
        *lock(&self.is_stopped) = true;
        self.changed.notify_one();
    }

    /// Waits for a pause; true at the end.
    fn wait(&self) -> bool {
        let is_stopped = lock(&self.is_stopped);
        let waited = self
            .changed
            .wait_timeout_while(is_stopped, LOOK_PAUSE, |is_stopped| !*is_stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// A token, and when it has lived half its life.
struct Fetched {
    token: Token,
    half_life_ms: i64,
}

/// Runs the thread until it is stopped.
pub(crate) fn run<R: Recipient>(shared: &Shared<R>, source: &Arc<dyn TokenSource>) {
    let mut last: Option<Fetched> = None;
    while !shared.token_stop.wait() {
        let mut wanting = shared.fleet.alive();
        wanting.retain(|client| client.wants_token());
        if wanting.is_empty() {
            continue;
        }
        // Several clients ask at about the same time.
        last = last.filter(|fetched| now_ms() < fetched.half_life_ms);
        if last.is_none() {
            last = match source.token() {
                Ok(token) => Some(Fetched::new(token)),
                Err(reason) => {
                    count_failure(shared);
                    for client in wanting {
                        client.set_token_failure(&reason);
                    }
                    continue;
                }
            };
        }
        let Some(Fetched { token, .. }) = &last else {
            continue;
        };
        let refusals = wanting.iter().filter_map(|client| {
            let reason = client.set_token(token).err()?;
            client.set_token_failure(&reason);
            Some(reason)
        });
        if refusals.count() > 0 {
            count_failure(shared);
            last = None;
        }
    }
}

fn count_failure<R: Recipient>(shared: &Shared<R>) {
    shared.counters.token_errors.fetch_add(1, Ordering::Relaxed);
}

impl Fetched {
    fn new(token: Token) -> Self {
        let now_ms = now_ms();
        let half_life_ms = now_ms + token.expires_ms.saturating_sub(now_ms) / 2;
        Self {
            token,
            half_life_ms,
        }
    }
}

/// Milliseconds since 1970.
fn now_ms() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
