//! The lane: everything resolved for one namespace and set, and the way of a record through it.

use std::{borrow::Cow, ops::Range, sync::Arc, time::Duration};

use aeroduct_config::{Format, OutboundPlan, RecordKey, Rules, TopicName};
use aeroduct_record::{MONITOR_SET, Record};

use crate::{
    batch::Batching, error::PrepareError, format::Formatter, key::KeyMaker, route::Route,
    text::collection::Nest,
};

/// Everything resolved for the records of one port, namespace and set.
///
/// Made once, which costs allocations and may run transforms; the caller caches it.
#[derive(Debug)]
pub struct Lane {
    course: Course,
}

#[derive(Debug)]
enum Course {
    Skip(SkipRule),
    Publish(Box<Publishing>),
}

#[derive(Debug)]
struct Publishing {
    route: Route,
    formatter: Formatter,
    key: KeyMaker,
    batching: Option<Batching>,
    ordering: Option<Duration>,
}

/// One record to prepare.
#[derive(Clone, Copy, Debug)]
pub struct Change<'c> {
    /// What the message says.
    pub record: &'c Record<'c>,
    /// The message as it was received, with its frame header, inflated when it came compressed.
    pub frame: &'c [u8],
    /// When it arrived.
    pub arrived: UnixSeconds,
    /// The path of the HTTP request that brought it, as it came; `None` over TCP.
    pub path: Option<&'c str>,
}

/// What becomes of a record.
#[derive(Debug)]
pub enum Prepared {
    /// It is to be published.
    Outbound(Outbound),
    /// It is not to be published, and that is a success.
    Skipped(SkipRule),
}

/// A record as Kafka gets it: ranges of the output that was passed to [`Lane::prepare`].
#[derive(Debug)]
pub struct Outbound {
    /// Where it goes.
    pub topic: TopicChoice,
    /// The Kafka key. It may lie inside the value.
    pub key: Option<Range<usize>>,
    /// The Kafka value.
    pub value: Range<usize>,
}

/// Which topic a record goes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TopicChoice {
    /// The one that [`Lane::topic`] returns.
    Fixed,
    /// The one that [`Scratch::topic`] returns until the next record is prepared.
    Named,
}

/// The rule by which a record is not published.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SkipRule {
    /// No format applies to it.
    NoFormat,
    /// No routing applies to it.
    NoRouting,
    /// Its routing has the mode `skip`.
    Routing,
    /// It is a transaction monitor, the server's own record (13.21).
    TransactionMonitor,
}

/// A moment: whole seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct UnixSeconds(pub u64);

/// Memory that preparing a record needs, kept from one record to the next. One per thread will do.
#[derive(Debug, Default)]
pub struct Scratch {
    nest: Nest,
    topic: String,
}

impl Lane {
    /// The lane for the records of `namespace` and `set` that arrive at `port`.
    ///
    /// Routing and format are looked at before any record: a lane without them, or whose routing skips,
    /// never judges a record by its values.
    pub fn resolve(plan: &OutboundPlan, port: u16, namespace: &[u8], set: Option<&[u8]>) -> Self {
        let skip = |rule| Self {
            course: Course::Skip(rule),
        };
        if set == Some(MONITOR_SET) {
            return skip(SkipRule::TransactionMonitor);
        }
        let rules = plan.rules(port, namespace, set);
        let Some(routing) = rules.routing else {
            return skip(SkipRule::NoRouting);
        };
        let Some(route) = Route::resolve(routing, namespace, set) else {
            return skip(SkipRule::Routing);
        };
        let Some(format) = rules.format else {
            return skip(SkipRule::NoFormat);
        };
        let publishing = Publishing::new(route, &rules, format, namespace, set);
        Self {
            course: Course::Publish(Box::new(publishing)),
        }
    }

    /// The topic of [`TopicChoice::Fixed`], where the lane has one: that of all its records, or, where
    /// each brings a name, the default.
    pub fn topic(&self) -> Option<&str> {
        match &self.course {
            Course::Skip(_) => None,
            Course::Publish(publishing) => publishing.route.topic().map(TopicName::as_ref),
        }
    }

    /// What tells apart the ways that the same records take over several ports: the topic or, where each
    /// brings a name, how it does that. Empty where nothing is published.
    pub fn way(&self) -> Cow<'_, str> {
        match &self.course {
            Course::Skip(_) => Cow::Borrowed(""),
            Course::Publish(publishing) => publishing.route.name(),
        }
    }

    /// When and how records of the lane are put together, if they are.
    pub fn batching(&self) -> Option<&Batching> {
        match &self.course {
            Course::Skip(_) => None,
            Course::Publish(publishing) => publishing.batching.as_ref(),
        }
    }

    /// For how long the last update of a record is remembered to keep its versions in order; `None`
    /// where order is not kept beyond that of a connection.
    pub fn ordering(&self) -> Option<Duration> {
        match &self.course {
            Course::Skip(_) => None,
            Course::Publish(publishing) => publishing.ordering,
        }
    }

    /// Writes value and key of a record to the end of `out`.
    ///
    /// # Errors
    ///
    /// Where the record finds no topic or no key, or a value has no place in the format. `out` is then
    /// as long as it was before.
    #[inline]
    pub fn prepare(
        &self,
        change: &Change<'_>,
        out: &mut Vec<u8>,
        scratch: &mut Scratch,
    ) -> Result<Prepared, PrepareError> {
        let publishing = match &self.course {
            Course::Skip(rule) => return Ok(Prepared::Skipped(*rule)),
            Course::Publish(publishing) => publishing,
        };
        let start = out.len();
        let prepared = publishing.prepare(change, out, scratch);
        if prepared.is_err() {
            out.truncate(start);
        }
        prepared.map(Prepared::Outbound)
    }
}

impl Publishing {
    fn new(
        route: Route,
        rules: &Rules<'_>,
        format: &Format,
        namespace: &[u8],
        set: Option<&[u8]>,
    ) -> Self {
        let key = rules.key.map_or(&RecordKey::Default, |key| &key.of_record);
        let key = KeyMaker::new(key, namespace, set);
        let has_key = key.is_of_format();
        Self {
            route,
            formatter: Formatter::new(format, rules.bins, has_key, namespace, set),
            key,
            batching: Batching::new(rules, format),
            ordering: rules.ordering,
        }
    }

    #[inline]
    fn prepare(
        &self,
        change: &Change<'_>,
        out: &mut Vec<u8>,
        scratch: &mut Scratch,
    ) -> Result<Outbound, PrepareError> {
        let topic = match &self.route {
            Route::Topic(_) => TopicChoice::Fixed,
            Route::Nowhere(unroutable) => {
                return Err(PrepareError::unroutable(Arc::clone(unroutable)));
            }
            Route::Bin(route) => route.choose(change.record, &mut scratch.topic)?,
            Route::Path(route) => route.choose(change.path, &mut scratch.topic)?,
        };
        let rendered = self.formatter.write(change, out, &mut scratch.nest)?;
        let key = if self.key.is_of_format() {
            rendered.key
        } else {
            self.key.write(change.record, out)?
        };
        Ok(Outbound {
            topic,
            key,
            value: rendered.value,
        })
    }
}

impl SkipRule {
    /// All rules, for registering their metrics.
    pub const ALL: [Self; 4] = [
        Self::NoFormat,
        Self::NoRouting,
        Self::Routing,
        Self::TransactionMonitor,
    ];

    /// The rule as the value of a metric's label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoFormat => "no-format",
            Self::NoRouting => "no-routing",
            Self::Routing => "routing",
            Self::TransactionMonitor => "transaction-monitor",
        }
    }
}

impl Scratch {
    /// The topic of the record prepared last, where its choice is [`TopicChoice::Named`].
    pub fn topic(&self) -> &str {
        &self.topic
    }
}

#[cfg(test)]
mod tests;
