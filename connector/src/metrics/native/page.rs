//! The reference page of all metrics.

use std::fmt;

use aeroduct_kafka::Failure;
use aeroduct_outbound::{Reason, SkipRule};

use super::{Native, TABLES};
use crate::metrics::labels::{STALE_VERSION, reason};
use crate::metrics::official;

const PERMANENT: &str = "permanent";
const TEMPORARY: &str = "temporary";

/// Label, answer and meaning of reasons that the pipeline itself has.
const OWN: [(&str, &str, &str); 3] = [
    (
        reason::OVERDUE,
        TEMPORARY,
        "Messages that are overdue hold more than half of the window, so the record was not sent",
    ),
    (
        reason::PARSE_ERROR,
        PERMANENT,
        "The message is no sound record; only of dead letters, for it is counted by itself",
    ),
    (
        reason::TOO_MANY_TOPICS,
        PERMANENT,
        "Names of records have become `aeroduct.max-topics` topics, and this is one more",
    ),
];

/// The page, in Markdown.
pub fn page() -> String {
    Page.to_string()
}

struct Page;

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "# Metrics\n\n\
             With `service.manage`, `GET /manage/rest/v1/prometheus` serves both tables and \
             `GET /manage/rest/v1/metrics` the second one as JSON; `logging.ticker-interval` \
             repeats the second one in the log.\n\n",
        )?;
        ours(f)?;
        reasons(f)?;
        rules(f)?;
        official(f)
    }
}

fn ours(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("## Ours\n\n| Name | Type | Meaning |\n|---|---|---|\n")?;
    for Native {
        name, kind, help, ..
    } in TABLES.into_iter().flatten()
    {
        writeln!(f, "| `{name}` | {} | {help} |", kind.as_str())?;
    }
    Ok(())
}

fn reasons(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(
        "\n### Values of `reason`\n\n\
         Of records that failed, of topics that refuse records, and in the header \
         `aeroduct.error.reason` of dead letters. A record whose answer is permanent becomes a dead \
         letter where `aeroduct.dead-letter` is set.\n\n\
         | Value | Answer | Meaning |\n|---|---|---|\n",
    )?;
    for (reason, answer, meaning) in OWN {
        writeln!(f, "| `{reason}` | {answer} | {meaning} |")?;
    }
    for reason in Reason::ALL {
        let answer = match reason {
            Reason::KeyMissing => "temporary with `failure-strategy: fail`, else permanent",
            _ => PERMANENT,
        };
        let meaning = of_reason(reason);
        writeln!(f, "| `{}` | {answer} | {meaning} |", reason.label())?;
    }
    for failure in Failure::ALL {
        let answer = if failure.is_permanent() {
            PERMANENT
        } else {
            TEMPORARY
        };
        let meaning = of_failure(failure);
        writeln!(f, "| `{}` | {answer} | {meaning} |", failure.label())?;
    }
    Ok(())
}

fn rules(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(
        "\n### Values of `rule`\n\n\
         Of records that are answered with success and not published.\n\n\
         | Value | Meaning |\n|---|---|\n",
    )?;
    for rule in SkipRule::ALL {
        writeln!(f, "| `{}` | {} |", rule.label(), of_rule(rule))?;
    }
    let stale = "`record-ordering` is on, and Kafka has a newer version of the record";
    writeln!(f, "| `{STALE_VERSION}` | {stale} |")
}

fn official(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(
        "\n## Of the official connector\n\n\
         | JSON and log | Prometheus | Ours |\n|---|---|---|\n",
    )?;
    for metric in official::TABLE {
        write!(f, "| `{}` | ", metric.name)?;
        if let Some((group, status)) = metric.prometheus {
            write!(
                f,
                "`aerospike_kafka_outbound_{group}{{status=\"{status}\"}}`"
            )?;
        }
        match metric.ours {
            Some(ours) => writeln!(f, " | `{ours}` |")?,
            None => f.write_str(" | always 0 |\n")?,
        }
    }
    Ok(())
}

const fn of_reason(reason: Reason) -> &'static str {
    match reason {
        Reason::BinName => "A transform of `bin-transforms` gave up on the name of a bin",
        Reason::Collection => "The lists and maps of a bin are not what the wire format allows",
        Reason::Depth => "Lists, maps or GeoJSON nested deeper than 64 levels",
        Reason::DuplicateBin => "Two bins have one name",
        Reason::DuplicateMapKey => "Two keys of a map become the same text",
        Reason::GeoJson => "A GeoJSON text is not JSON",
        Reason::KeyMissing => "The record lacks what `key` makes its key of",
        Reason::MapKeyType => "A map key of a type that cannot be the name of a JSON member",
        Reason::Marker => "A list or map holds a wildcard or infinity, which stand for no value",
        Reason::MetadataKeyCollision => "A bin is named as the member that holds the metadata",
        Reason::NoPath => "The path of the HTTP request names no topic",
        Reason::NoSet => "No set, where the topic is the set's name",
        Reason::Particle => "The bytes of a bin are not what its type allows",
        Reason::SchemaMissing => "The Avro schema needs a value that the record does not have",
        Reason::SchemaType => "A value is of a type that the Avro schema has no place for",
        Reason::SchemaUnknown => "The Avro schema has no field for a bin, or for a key of a map",
        Reason::TopicBinMissing => "The bin that names the topic is missing",
        Reason::TopicBinNull => "The bin that names the topic is null",
        Reason::TopicBinType => "The bin that names the topic is no string, blob or integer",
        Reason::TopicIllegal => "What should name the topic is no legal topic name",
        Reason::TopicNotUtf8 => "What should name the topic is not UTF-8",
        Reason::TopicTransform => "A transform of the topic's name gave up",
    }
}

const fn of_failure(failure: Failure) -> &'static str {
    match failure {
        Failure::UnknownTopic => "The topic does not exist",
        Failure::UnknownPartition => "The topic has no such partition, or has lost it",
        Failure::Unauthorized => "The producer may not write to the topic or cluster",
        Failure::Unauthenticated => "The broker does not accept the producer's credentials",
        Failure::Restricted => "The broker's rules forbid it: quota or policy",
        Failure::Unavailable => "Not enough replicas, no leader, or a broker that cannot store",
        Failure::Disconnected => "No broker could be reached",
        Failure::TimedOut => "Kafka did not acknowledge within `delivery.timeout.ms`",
        Failure::Unsupported => "The topic or broker does not know this format or compression",
        Failure::InvalidTimestamp => "The topic does not take the record's time: a clock is wrong",
        Failure::Fatal => "The Kafka client has failed for good and is being replaced",
        Failure::Abandoned => "The reply deadline passed before the record's turn came",
        Failure::ShuttingDown => "The connector was stopped before Kafka acknowledged",
        Failure::Overtaken => {
            "Refused together with others, and a newer record of its key was delivered meanwhile"
        }
        Failure::Unexpected => "Any other error; its number is in the log",
        Failure::TooLarge => "The record is larger than the topic or broker takes",
        Failure::InvalidTopic => "No topic can have this name",
        Failure::InvalidRecord => "The broker judges the record invalid",
        Failure::Corrupt => "The broker judges the record corrupt",
    }
}

const fn of_rule(rule: SkipRule) -> &'static str {
    match rule {
        SkipRule::NoFormat => "No `format` applies to the record",
        SkipRule::NoRouting => "No `routing` applies to the record",
        SkipRule::Routing => "Its `routing` has the mode `skip`",
        SkipRule::TransactionMonitor => {
            "It is a transaction monitor, a record of the server itself"
        }
    }
}
