//! Properties whose value needs a closer look than its type.

use crate::secret::Secret;

use super::{
    Partitioner, Property, PropertyValue,
    draft::{Acks, Draft, Kind},
};

pub(super) fn acks(draft: &mut Draft<'_>, property: &Property) {
    draft.given.acks = draft
        .choice(property, &["all", "-1", "0", "1"])
        .map(|acks| match acks {
            "0" => Acks::None,
            "1" => Acks::Leader,
            _ => Acks::All,
        });
}

/// A level of compression. Java takes those of `range` and -1 for the codec's own; librdkafka none
/// above `held_most`, and no negative one.
pub(super) fn level(
    draft: &mut Draft<'_>,
    property: &Property,
    range: (i64, i64),
    held_most: i64,
) -> Option<i64> {
    let kind = Kind::Number {
        least: range.0.min(-1),
        most: range.1,
        held: (-1, held_most),
    };
    let level = draft.number(property, kind)?;
    if level < range.0 && level != -1 {
        let remedy = format!("use a level from {} to {}", range.0, range.1);
        let reason = format!("{} is out of bounds", property.shown(&level.to_string()));
        draft.refuse(&property.name, reason, remedy);
        return None;
    }
    Some(level)
}

pub(super) fn interceptors(draft: &mut Draft<'_>, property: &Property) {
    if !Draft::items(property).is_empty() {
        draft.refuse(
            &property.name,
            "names Java classes, which cannot be loaded",
            "leave it out; see transforms, and the connector's own metrics",
        );
    }
}

/// Only the first one is mentioned: one line is enough.
pub(super) fn serializer(draft: &mut Draft<'_>, property: &Property) {
    draft
        .given
        .serializer
        .get_or_insert_with(|| property.name.clone());
}

/// Java asks for all metadata after this time; librdkafka has one time for asking and one for
/// forgetting.
pub(super) fn metadata_age(draft: &mut Draft<'_>, property: &Property) {
    let kind = Kind::Number {
        least: 0,
        most: i64::MAX,
        held: (1_000, 3_600_000),
    };
    if let Some(age) = draft.number(property, kind) {
        draft.put("topic.metadata.refresh.interval.ms", age);
        draft.put("metadata.max.age.ms", age * 3);
    }
}

pub(super) fn partitioner(draft: &mut Draft<'_>, property: &Property) {
    const PACKAGE: &str = "org.apache.kafka.clients.producer.";
    let Some(class) = draft.text(property) else {
        return;
    };
    let class = class.strip_prefix(PACKAGE).unwrap_or(class);
    let class = class.strip_prefix("internals.").unwrap_or(class);
    match class {
        "" | "null" | "DefaultPartitioner" => {}
        "RoundRobinPartitioner" | "UniformStickyPartitioner" => ignore_keys(draft, property),
        _ => draft.refuse(
            &property.name,
            format!(
                "{} is a Java class, which cannot be loaded",
                property.quoted(class)
            ),
            "leave it out: records are placed by the hash of their keys, as Java's default does; \
             or use org.apache.kafka.clients.producer.RoundRobinPartitioner",
        ),
    }
}

pub(super) fn ignore_keys(draft: &mut Draft<'_>, property: &Property) {
    draft.partitioner = Partitioner::RoundRobin;
    draft.warn(
        &property.name,
        "records go to each partition in turn: the versions of one record are not kept in order",
    );
}

/// Java's -1 leaves the size to the operating system; librdkafka says 0 for it.
pub(super) fn socket_buffer(draft: &mut Draft<'_>, name: &str, property: &Property) {
    let kind = Kind::Number {
        least: -1,
        most: 2_147_483_647,
        held: (-1, 100_000_000),
    };
    if let Some(bytes) = draft.number(property, kind) {
        draft.put(name, bytes.max(0));
    }
}

/// The property with its value in small letters, for choices of which Java takes any case.
pub(super) fn lowercase(property: &Property) -> Property {
    let value = match &property.value {
        PropertyValue::Text(text) => {
            PropertyValue::Text(Secret::new(text.expose().to_ascii_lowercase()))
        }
        PropertyValue::List(items) => PropertyValue::List(items.clone()),
    };
    Property {
        value,
        ..property.clone()
    }
}
