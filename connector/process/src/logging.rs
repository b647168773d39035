//! Logging: one line per event, to the console, to a file, or to both.
//!
//! Writing never holds up the caller: each destination has a thread of its own behind a bounded
//! queue. When a destination cannot follow, lines are dropped, counted, and the number is told in
//! the log itself as soon as it takes lines again. Texts of a peer can not forge lines: control
//! characters are escaped, and further lines of a message are indented.

mod file;
mod layer;
mod level;
mod line;
mod sink;
mod throttle;

#[cfg(test)]
mod tests;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tracing::Dispatch;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

pub use level::{Alias, LOGGERS_MAX, Level, Levels, SetLevelsError, UnknownLevel};
pub use line::chain;
pub use throttle::Throttle;

use file::RollingFile;
use layer::LogLayer;
use line::Layout;
use sink::Sink;

/// How long the end of the program waits for lines that are still queued.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);

/// Tells the time of a line; tests stop it.
type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The form of a line.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Format {
    /// `2023-10-29 11:02:44.575 GMT INFO  server - <message> key=value`.
    #[default]
    Simple,
    /// One JSON object per line: `timestamp`, `level`, `logger`, `message`, `fields`.
    Json,
}

/// Where lines go and which ones.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The form of a line, the same for all destinations.
    pub format: Format,
    /// Whether lines go to standard output. Forced when there is no `file`.
    pub console: bool,
    /// The log file, rotated daily (GMT) next to itself as `<file>.<yyyy-mm-dd>`.
    pub file: Option<PathBuf>,
    /// How many rotated files are kept.
    pub max_history: u32,
    /// Logger names and their levels; `root` is everything that no other name covers. Default
    /// for `root`: info.
    pub levels: Vec<(String, Level)>,
    /// Names that users know and that stand for targets of this program.
    pub aliases: &'static [Alias],
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The log file cannot be opened for appending.
    #[error("cannot open log file {path:?}; its folder must exist and be writable")]
    OpenFile {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The thread that writes lines cannot be started.
    #[error("cannot start the log writer")]
    StartWriter { source: std::io::Error },
    /// The levels are not usable.
    #[error("cannot take the log levels")]
    SetLevels { source: SetLevelsError },
    /// A subscriber was installed before.
    #[error("logging is set up already")]
    AlreadySetUp,
}

/// The running log. Dropping it writes what is queued, for at most two seconds.
#[derive(Debug)]
#[must_use = "dropping it ends the log"]
pub struct Logging {
    levels: Levels,
    sinks: Vec<Arc<Sink>>,
}

impl Logging {
    /// Sets up logging for the whole process.
    pub fn init(settings: &Settings) -> Result<Self, LoggingError> {
        let (dispatch, logging) = Self::build(settings)?;
        tracing::dispatcher::set_global_default(dispatch)
            .map_err(|_| LoggingError::AlreadySetUp)?;
        Ok(logging)
    }

    /// Makes a log without installing it; `tracing::dispatcher::with_default` puts it to use.
    pub fn build(settings: &Settings) -> Result<(Dispatch, Self), LoggingError> {
        Self::build_with(settings, Arc::new(Timestamp::now))
    }

    fn build_with(settings: &Settings, clock: Clock) -> Result<(Dispatch, Self), LoggingError> {
        let levels = Levels::new(&settings.levels, settings.aliases)
            .map_err(|source| LoggingError::SetLevels { source })?;
        let layout = Layout {
            format: settings.format,
            colours: false,
        };

        let mut sinks = Vec::with_capacity(2);
        if settings.console || settings.file.is_none() {
            let layout = Layout {
                colours: settings.format == Format::Simple && colours_wanted(),
                ..layout
            };
            let stdout = Box::new(std::io::stdout());
            sinks.push(start_sink("log-console", stdout, layout, &clock)?);
        }
        if let Some(path) = &settings.file {
            let file = RollingFile::open(path, settings.max_history, Arc::clone(&clock)).map_err(
                |source| LoggingError::OpenFile {
                    path: path.clone(),
                    source,
                },
            )?;
            sinks.push(start_sink("log-file", Box::new(file), layout, &clock)?);
        }

        let layer = LogLayer::new(levels.clone(), sinks.clone(), clock);
        let dispatch = Dispatch::new(Registry::default().with(layer));
        Ok((dispatch, Self { levels, sinks }))
    }

    /// The handle that reads and changes the levels while the program runs.
    pub fn levels(&self) -> Levels {
        self.levels.clone()
    }

    /// Lines that were dropped because a destination did not follow, since the start.
    pub fn dropped_lines(&self) -> u64 {
        self.sinks.iter().map(|sink| sink.dropped()).sum()
    }

    /// Waits until all lines so far are written, at most `limit` per destination. Returns
    /// whether they are.
    pub fn flush(&self, limit: Duration) -> bool {
        let unfinished = self.sinks.iter().filter(|sink| !sink.flush(limit));
        unfinished.count() == 0
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.flush(FLUSH_LIMIT);
    }
}

fn start_sink(
    name: &'static str,
    writer: Box<dyn std::io::Write + Send>,
    layout: Layout,
    clock: &Clock,
) -> Result<Arc<Sink>, LoggingError> {
    Sink::start(name, writer, layout, Arc::clone(clock))
        .map(Arc::new)
        .map_err(|source| LoggingError::StartWriter { source })
}

/// Colours are for people: a terminal, and nobody said no (<https://no-color.org>).
fn colours_wanted() -> bool {
    std::io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
