//! `logging`: what is written down, and where.

use std::{path::PathBuf, time::Duration};

use super::Report;
use crate::{config::LoggingConfig, plan::LoggingPlan};

/// A month of daily files.
pub(super) const MAX_HISTORY: u32 = 30;

/// Often enough to watch, seldom enough to read.
pub(super) const TICKER_INTERVAL_SECONDS: u32 = 10;

pub(super) fn resolve(config: Option<&LoggingConfig>, report: &mut Report<'_>) -> LoggingPlan {
    let config = config.cloned().unwrap_or_default();
    let file = config.file.map(PathBuf::from);
    if file.as_ref().is_some_and(|file| file.file_name().is_none()) {
        report.error(
            "logging.file",
            "names no file",
            "write the path of a file, such as /var/log/aeroduct/connector.log",
        );
    }
    if file.is_none() && config.enable_console_logging == Some(false) {
        let message =
            "has no effect without `file`: the log would go nowhere, so it goes to the console";
        report.warn("logging.enable-console-logging", message);
    }
    let seconds = config.ticker_interval.unwrap_or(TICKER_INTERVAL_SECONDS);
    LoggingPlan {
        console: config.enable_console_logging.unwrap_or(false) || file.is_none(),
        file,
        max_history: config.max_history.unwrap_or(MAX_HISTORY),
        levels: config.levels.unwrap_or_default().into_iter().collect(),
        ticker_interval: (seconds > 0).then(|| Duration::from_secs(seconds.into())),
        format: config.format.unwrap_or_default(),
    }
}
