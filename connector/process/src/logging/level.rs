//! Levels by logger name, changeable while the program runs.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tracing::level_filters::LevelFilter;

/// The logger name that stands for everything.
const ROOT: &str = "root";

/// Most loggers that can have a level of their own.
pub const LOGGERS_MAX: usize = 256;

/// Longest name of a logger, in bytes.
const LOGGER_NAME_MAX: usize = 256;

/// How much a logger tells.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

impl Level {
    /// The name in configuration files and in the management API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    /// The name in a log line.
    pub(super) const fn as_upper_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
            Self::Trace => "TRACE",
        }
    }

    const fn filter(self) -> LevelFilter {
        match self {
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

impl From<tracing::Level> for Level {
    fn from(level: tracing::Level) -> Self {
        match level {
            tracing::Level::ERROR => Self::Error,
            tracing::Level::WARN => Self::Warn,
            tracing::Level::INFO => Self::Info,
            tracing::Level::DEBUG => Self::Debug,
            tracing::Level::TRACE => Self::Trace,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    /// Reads a level in any case.
    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        [
            Self::Error,
            Self::Warn,
            Self::Info,
            Self::Debug,
            Self::Trace,
        ]
        .into_iter()
        .find(|level| text.eq_ignore_ascii_case(level.as_str()))
        .ok_or_else(|| UnknownLevel {
            level: text.chars().take(64).collect(),
        })
    }
}

/// A text that is no level.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown level {level:?}; use error, warn, info, debug or trace")]
pub struct UnknownLevel {
    /// The text, cut at 64 characters.
    pub level: String,
}

/// Why a change of levels was refused. Nothing was changed then.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SetLevelsError {
    /// A logger name that no logger can have.
    #[error("illegal logger name {name:?}; use 1 to {LOGGER_NAME_MAX} printable ASCII characters")]
    IllegalName { name: String },
    /// More names than the table takes.
    #[error("too many loggers with a level: {count}, at most {LOGGERS_MAX}")]
    TooMany { count: usize },
}

/// A name that users know from the official connector, and the targets it stands for here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Alias {
    /// The name as users write it, such as `com.kafka.clients`.
    pub logger: &'static str,
    /// Prefixes of the targets it covers.
    pub targets: &'static [&'static str],
}

/// The levels of all loggers. Cheap to clone; every clone is the same table.
///
/// A name covers the targets that begin with it and go on with something other than a letter or
/// digit: `aeroduct` covers `aeroduct_connector::source`, `server` does not cover `serverless`.
/// The longest name wins; between an alias and a name of the same length, the name.
#[derive(Clone, Debug)]
pub struct Levels {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    aliases: &'static [Alias],
    table: ArcSwap<Table>,
    /// One writer at a time, so that no change is lost.
    changing: Mutex<()>,
}

impl Levels {
    pub(super) fn new(
        levels: &[(String, Level)],
        aliases: &'static [Alias],
    ) -> Result<Self, SetLevelsError> {
        let mut named = BTreeMap::from([(ROOT.to_owned(), Level::default())]);
        merge(&mut named, levels.iter().cloned())?;
        Ok(Self {
            shared: Arc::new(Shared {
                aliases,
                table: ArcSwap::from_pointee(Table::new(named, aliases)),
                changing: Mutex::new(()),
            }),
        })
    }

    /// The names that have a level, as they were given, `root` among them.
    pub fn get(&self) -> BTreeMap<String, Level> {
        self.shared.table.load().named.clone()
    }

    /// Gives each named logger its level and leaves the others as they are. Takes effect at
    /// once, also for events that were switched off before.
    pub fn set(&self, levels: BTreeMap<String, Level>) -> Result<(), SetLevelsError> {
        let changing = self
            .shared
            .changing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut named = self.get();
        merge(&mut named, levels)?;
        self.shared
            .table
            .store(Arc::new(Table::new(named, self.shared.aliases)));
        drop(changing);
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }

    pub(super) fn enabled(&self, target: &str, level: Level) -> bool {
        level <= self.shared.table.load().level_of(target)
    }

    pub(super) fn most(&self) -> LevelFilter {
        self.shared.table.load().most.filter()
    }
}

fn merge(
    named: &mut BTreeMap<String, Level>,
    levels: impl IntoIterator<Item = (String, Level)>,
) -> Result<(), SetLevelsError> {
    for (name, level) in levels {
        let is_legal = (1..=LOGGER_NAME_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_legal {
            let name = name.chars().take(LOGGER_NAME_MAX).collect();
            return Err(SetLevelsError::IllegalName { name });
        }
        named.insert(name, level);
    }
    if named.len() > LOGGERS_MAX {
        return Err(SetLevelsError::TooMany { count: named.len() });
    }
    Ok(())
}

#[derive(Debug)]
struct Table {
    named: BTreeMap<String, Level>,
    /// Longest prefix first; the empty one, `root`, comes last.
    rules: Vec<(String, Level)>,
    most: Level,
}

impl Table {
    fn new(named: BTreeMap<String, Level>, aliases: &'static [Alias]) -> Self {
        let mut rules = Vec::new();
        for (name, &level) in &named {
            let prefix = if name == ROOT { "" } else { name.as_str() };
            rules.push((prefix.to_owned(), level));
        }
        for alias in aliases {
            if let Some(&level) = named.get(alias.logger) {
                let targets = alias
                    .targets
                    .iter()
                    .map(|&target| (target.to_owned(), level));
                rules.extend(targets);
            }
        }
        // Stable: among equal lengths the names stay before the aliases.
        rules.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        let most = rules.iter().map(|&(_, level)| level).max();
        Self {
            named,
            rules,
            most: most.unwrap_or_default(),
        }
    }

    fn level_of(&self, target: &str) -> Level {
        self.rules
            .iter()
            .find(|(prefix, _)| covers(prefix, target))
            .map_or_else(Level::default, |&(_, level)| level)
    }
}

fn covers(prefix: &str, target: &str) -> bool {
    target.strip_prefix(prefix).is_some_and(|rest| {
        prefix.is_empty() || !rest.starts_with(|next: char| next.is_ascii_alphanumeric())
    })
}
