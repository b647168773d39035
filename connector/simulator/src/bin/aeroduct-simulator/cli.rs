//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use aeroduct_simulator::load::{self, Percent, RecordShape};
use aeroduct_simulator::play;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  aeroduct-simulator demo
  aeroduct-simulator play --to 127.0.0.1:8080 captures.json backup.asbx
  aeroduct-simulator load --to 127.0.0.1:8080 --rate 100k --duration 1m";

const PLAY_EXAMPLES: &str = "\
Files, told apart by their first byte:
  JSON      {\"vectors\": [{\"hex\": \"0203...\"}]}; \"transport\": \"http-body\" drops the version byte
  frames    as they went over the wire, one behind the other
  .asbx     files of Aerospike's XDR backup

Examples:
  aeroduct-simulator play --to 127.0.0.1:8080 captures.json
  aeroduct-simulator play --to 127.0.0.1:8080 --repeat 100 --window 256 --quiet backup.asbx

Exit code: 0 when every message was accepted, 1 otherwise, 2 for wrong usage.";

const LOAD_EXAMPLES: &str = "\
Every record has a number, from --first-sequence on and without a gap: the integer bin \"seq\"
(\"visits\" in reference records). With --keys 0 the user key holds it too, of deletes as well.

Examples:
  aeroduct-simulator load --to 127.0.0.1:8080
  aeroduct-simulator load --to 127.0.0.1:8080 --rate 100k --duration 1m --deletes 5
  aeroduct-simulator load --to 127.0.0.1:8080 --count 10M --record-shape large --retry --json

Exit code: 0 when every record got its answer, 1 when one was missing, out of order or a
permanent error, 2 for wrong usage.";

/// Plays an Aerospike XDR source to a connector: no server, no licence.
#[derive(Debug, Parser)]
#[command(version, styles = STYLES, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the whole way in one process: source, connector, Kafka
    Demo(DemoArgs),
    /// Sends recorded messages and shows each reply
    #[command(after_help = PLAY_EXAMPLES)]
    Play(PlayArgs),
    /// Generates a change stream and checks every reply
    #[command(after_help = LOAD_EXAMPLES)]
    Load(LoadArgs),
}

#[derive(Args, Debug)]
pub(crate) struct PlayArgs {
    /// Where the connector listens
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) to: String,

    /// Recorded messages: JSON, frames or .asbx
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Play all files so many times
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) repeat: u64,

    /// How many messages may wait for their replies
    #[arg(long, default_value_t = 64, value_parser = window)]
    pub(crate) window: usize,

    /// How long to wait for a reply
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) patience: Duration,

    /// Print the summary alone
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Args, Debug)]
pub(crate) struct LoadArgs {
    /// Where the connector listens
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) to: String,

    /// Records per second over all connections; 0 is as fast as the replies allow
    #[arg(long, default_value = "0", value_parser = amount)]
    pub(crate) rate: u64,

    /// How long to make new records [default: 10s without --count]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) duration: Option<Duration>,

    /// How many records to make
    #[arg(long, value_name = "RECORDS", value_parser = amount)]
    pub(crate) count: Option<u64>,

    /// Connections; all changes of one key go over one
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=i64::from(load::CONNECTIONS_MAX)))]
    pub(crate) connections: u32,

    /// Records per connection that may be unanswered
    #[arg(long, default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..=i64::from(load::WINDOW_MAX)))]
    pub(crate) window: u32,

    /// Which bins the records have
    #[arg(long, value_enum, default_value_t = Shape::Typical)]
    pub(crate) record_shape: Shape,

    /// Share of deletes
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    pub(crate) deletes: Percent,

    /// Share of malformed messages; each must be refused at its very place
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    pub(crate) malformed: Percent,

    /// How many keys change; 0 gives each change its own
    #[arg(long, value_name = "N", default_value = "100k", value_parser = amount)]
    pub(crate) keys: u64,

    /// Namespaces of the keys
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "production"
    )]
    pub(crate) namespaces: Vec<String>,

    /// Sets of the keys
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "user_profiles"
    )]
    pub(crate) sets: Vec<String>,

    /// The same seed and options make the same records
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// The number of the first record
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) first_sequence: u64,

    /// Send compressed frames
    #[arg(long)]
    pub(crate) compress: bool,

    /// Send again, as a source does, what got a temporary error or no reply
    #[arg(long)]
    pub(crate) retry: bool,

    /// How long to wait for replies, and for a connector that is away
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) patience: Duration,

    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// What the values in Kafka look like
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,

    /// How long the load at the end takes
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) seconds: u64,

    /// Print the connector's configuration and end
    #[arg(long)]
    pub(crate) config_out: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// Metadata beside the bins
    Json,
    /// Metadata among the bins
    FlatJson,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Shape {
    /// 2 bins, about 160 bytes
    Small,
    /// 8 bins with a list and a map, about 370 bytes
    Typical,
    /// 6 bins with a blob and big collections, about 8 KiB
    Large,
    /// The record of our benchmarks: 8 bins, 426 bytes
    Reference,
}

impl From<Shape> for RecordShape {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Small => Self::Small,
            Shape::Typical => Self::Typical,
            Shape::Large => Self::Large,
            Shape::Reference => Self::Reference,
        }
    }
}

/// A whole number; `k` and `M` stand for thousands and millions.
fn amount(text: &str) -> Result<u64, String> {
    let (digits, factor) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1_000),
        None => text
            .strip_suffix('M')
            .map_or((text, 1), |digits| (digits, 1_000_000)),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| "use a whole number, as in 5000, 100k or 2M".to_owned())
}

/// A time with its unit: `500ms`, `10s`, `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000)];
    units
        .iter()
        .find_map(|(unit, ms)| Some((text.strip_suffix(unit)?, ms)))
        .and_then(|(digits, ms)| digits.trim_end().parse::<u64>().ok()?.checked_mul(*ms))
        .filter(|ms| *ms > 0)
        .map(Duration::from_millis)
        .ok_or_else(|| "use a time with its unit, as in 500ms, 10s or 2m".to_owned())
}

fn window(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(window @ 1..=play::WINDOW_MAX) => Ok(window),
        _ => Err(format!("use 1 to {}", play::WINDOW_MAX)),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn amounts_have_suffixes() {
        assert_eq!(amount("5000"), Ok(5_000));
        assert_eq!(amount("100k"), Ok(100_000));
        assert_eq!(amount("2M"), Ok(2_000_000));
        for wrong in [
            "",
            "k",
            "-1",
            "1.5k",
            "99999999999999999999",
            "18446744073709551615k",
        ] {
            assert!(amount(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        for wrong in ["", "10", "0s", "ms", "-1s", "1h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
