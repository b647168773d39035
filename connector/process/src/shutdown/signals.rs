//! SIGTERM and SIGINT.

use std::convert::Infallible;
use std::io;
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{self, SignalKind};

use super::Controller;

/// How long the program has after the second signal to leave by itself.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// A signal that asks the program to end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signal {
    Terminate,
    Interrupt,
}

impl Signal {
    /// Its name, such as `SIGTERM`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
        }
    }

    /// The exit code of a program that this signal ended at once: 143 or 130, as shells tell it.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Terminate => 143,
            Self::Interrupt => 130,
        }
    }
}

/// Why signals cannot be heard.
#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    /// The thread or its event loop cannot be made.
    #[error("cannot start the thread that listens for signals")]
    Start { source: io::Error },
    /// The system refuses the registration.
    #[error("cannot register for {name}", name = signal.name())]
    Register { signal: Signal, source: io::Error },
}

/// Listens for SIGTERM and SIGINT until the process ends. Returns when both are registered.
///
/// The first signal, either of them, drains. The second aborts: listeners of
/// [`Shutdown::aborting`](super::Shutdown::aborting) have one second, then the process exits
/// with [`Signal::exit_code`]. A thread of its own does this, so that it works when everything
/// else hangs.
pub fn listen(controller: Controller) -> Result<(), SignalError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|source| SignalError::Start { source })?;
    let mut signals = {
        let _in_runtime = runtime.enter();
        Signals {
            terminate: register(Signal::Terminate)?,
            interrupt: register(Signal::Interrupt)?,
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || -> Infallible {
            let second = runtime.block_on(async {
                let first = signals.next().await;
                tracing::info!(target: "server", signal = first.name(), "shutting down");
                controller.drain();
                let second = signals.next().await;
                tracing::warn!(target: "server", signal = second.name(), "second signal, leaving at once");
                controller.abort();
                tokio::time::sleep(LAST_MOMENT).await;
                second
            });
            std::process::exit(second.exit_code().into())
        })
        .map_err(|source| SignalError::Start { source })?;
    Ok(())
}

struct Signals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
}

impl Signals {
    async fn next(&mut self) -> Signal {
        // Receiving is safe to drop: a signal that comes meanwhile is kept.
        tokio::select! {
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
        }
    }
}

fn register(signal: Signal) -> Result<unix::Signal, SignalError> {
    let kind = match signal {
        Signal::Terminate => SignalKind::terminate(),
        Signal::Interrupt => SignalKind::interrupt(),
    };
    unix::signal(kind).map_err(|source| SignalError::Register { signal, source })
}
