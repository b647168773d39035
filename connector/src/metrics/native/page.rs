//! The reference page of all metrics.

use std::fmt;

use aeroduct_kafka::Failure;
use aeroduct_outbound::{Reason, SkipRule};

use super::{Native, TABLES};
use crate::metrics::labels::{STALE_VERSION, reason};
use crate::metrics::official;

/// Label, whether the answer is permanent, and meaning.
const OWN: [(&str, bool, &str); 3] = [
    (
        reason::OVERDUE,
        false,
        "Messages that are overdue fill the window, so the record was not sent: a long outage",
    ),
    (
        reason::PARSE_ERROR,
        true,
        "The message is no sound record; only of dead letters, for it is counted by itself",
    ),
    (
        reason::TOO_MANY_TOPICS,
        true,
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
    for (reason, is_permanent, meaning) in OWN {
        line(f, reason, is_permanent, meaning)?;
    }
    for reason in Reason::ALL {
        line(f, reason.label(), true, reason.meaning())?;
    }
    for failure in Failure::ALL {
        line(
            f,
            failure.label(),
            failure.is_permanent(),
            failure.meaning(),
        )?;
    }
    Ok(())
}

fn line(f: &mut fmt::Formatter<'_>, label: &str, is_permanent: bool, meaning: &str) -> fmt::Result {
    let answer = if is_permanent {
        "permanent"
    } else {
        "temporary"
    };
    writeln!(f, "| `{label}` | {answer} | {meaning} |")
}

fn rules(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(
        "\n### Values of `rule`\n\n\
         Of records that are answered with success and not published.\n\n\
         | Value | Meaning |\n|---|---|\n",
    )?;
    for rule in SkipRule::ALL {
        writeln!(f, "| `{}` | {} |", rule.label(), rule.meaning())?;
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
