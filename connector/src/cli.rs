//! What the program understands on its command line.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Where the configuration is looked for when none is named.
pub const DEFAULT_CONFIG: &str = "/etc/aeroduct/aerospike-kafka-outbound.yml";

/// Publishes the changes of an Aerospike database to Kafka.
///
/// Takes XDR connections, routes each change to a topic, formats it, publishes it, and
/// answers the database only when Kafka has acknowledged.
#[derive(Debug, Parser)]
#[command(
    name = "aeroduct-connector",
    version,
    after_help = "Exit codes: 0 ended as asked, 1 failed at run time, 2 wrong configuration or usage; 130 or \
                  143 ended by a second SIGINT or SIGTERM.\n\n\
                  Example:\n  aeroduct-connector check --config aerospike-kafka-outbound.yml\n  \
                  aeroduct-connector run --config aerospike-kafka-outbound.yml\n  \
                  aeroduct-connector convert --from-helm-values values.yaml > aerospike-kafka-outbound.yml"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the connector until SIGTERM or SIGINT; a second signal ends it at once.
    Run(ConfigFile),
    /// Checks a configuration file and lists everything that is wrong with it.
    ///
    /// Of a sound file it also says what the vendor's connector does otherwise, of what the file uses.
    Check(Check),
    /// Turns the values file of the vendor's Helm chart into a configuration file.
    ///
    /// What a configuration file cannot hold, such as the number of instances, is named on standard
    /// error with the place where it belongs.
    Convert(Convert),
    /// Prints the JSON schema of the configuration file.
    Schema,
}

/// The configuration file.
#[derive(Args, Debug)]
pub struct ConfigFile {
    /// The connector's configuration, as the vendor's connector reads it.
    #[arg(long, value_name = "FILE", default_value = DEFAULT_CONFIG)]
    pub config: PathBuf,
}

/// What is checked, and what is said of it.
#[derive(Args, Debug)]
pub struct Check {
    /// The file.
    #[command(flatten)]
    pub file: ConfigFile,
    /// Say nothing but errors and warnings.
    #[arg(long, short)]
    pub quiet: bool,
}

/// What is converted, and where to.
#[derive(Args, Debug)]
pub struct Convert {
    /// Values file of the chart `aerospike-kafka-outbound`, of which `connectorConfig` is the
    /// configuration; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub from_helm_values: PathBuf,
    /// Name of the Helm release, which the chart writes into `service.cluster-name`.
    #[arg(long, value_name = "NAME")]
    pub release: Option<String>,
    /// Where the configuration is written; standard output without it.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
