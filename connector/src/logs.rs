//! The log of the connector: the plan's settings, and what is said at the start.

use aeroduct_config::{Level as PlanLevel, LogFormat, LoggingPlan, Plan};
use aeroduct_process::logging::{Alias, Format, Level, Logging, LoggingError, Settings};

/// Logger names of the vendor's connector, and the targets of ours that they stand for.
const ALIASES: &[Alias] = &[
    Alias {
        logger: "com.aerospike.connect",
        targets: &["aeroduct", "server", "record-parser"],
    },
    Alias {
        logger: "com.kafka.clients",
        targets: &["kafka"],
    },
    Alias {
        logger: "org.apache.kafka",
        targets: &["kafka"],
    },
];

/// Sets up the log of the process.
///
/// # Errors
/// When the file cannot be opened, or the process has a log already.
pub fn init(plan: &LoggingPlan) -> Result<Logging, LoggingError> {
    Logging::init(&Settings {
        format: match plan.format {
            LogFormat::Simple => Format::Simple,
            LogFormat::Json => Format::Json,
        },
        console: plan.console,
        file: plan.file.clone(),
        max_history: plan.max_history,
        levels: plan
            .levels
            .iter()
            .map(|(name, level)| (name.clone(), narrow(*level)))
            .collect(),
        aliases: ALIASES,
    })
}

const fn narrow(level: PlanLevel) -> Level {
    match level {
        PlanLevel::Error => Level::Error,
        PlanLevel::Warn => Level::Warn,
        PlanLevel::Info => Level::Info,
        PlanLevel::Debug => Level::Debug,
        PlanLevel::Trace => Level::Trace,
    }
}

/// Says what starts here: version, the configuration with secrets left blank, what to know about it.
pub fn banner(plan: &Plan) {
    tracing::info!(target: "server", "aeroduct-connector {}", env!("CARGO_PKG_VERSION"));
    tracing::info!(target: "server", "configuration:\n{}", plan.text.trim_end());
    for warning in &plan.warnings {
        tracing::warn!(target: "server", "{warning}");
    }
    tracing::info!(
        target: "server",
        records = plan.service.max_concurrent_records,
        bytes = plan.aeroduct.max_in_flight_bytes,
        "limits of what is in flight",
    );
}
