//! Mappings: known, unknown, missing and refused keys.

use std::collections::{BTreeMap, btree_map::Entry as Slot};

use serde_json::{Map, Value};

use super::{
    Spot, Walk, child, named,
    shape::{ObjectShape, Shape, TaggedShape},
    suggest::{listed, nearest},
    supported,
};
use crate::{
    support::{self, Refusal},
    yaml::{Entry, Kind},
};

/// The key that chose what else its mapping may have, and its value.
#[derive(Clone, Copy)]
pub(super) struct Tag<'t> {
    key: &'t str,
    value: &'t str,
}

impl<'s> Walk<'s> {
    /// A mapping whose keys are those of `shape`.
    pub(super) fn object(
        &mut self,
        spot: Spot<'_>,
        entries: &[Entry],
        shape: &ObjectShape<'s>,
        tag: Option<Tag<'_>>,
    ) -> Option<Value> {
        if entries.len() as u64 > shape.max {
            let reason = format!("has more than {} entries", shape.max);
            return self.fault(spot, &reason, "keep fewer");
        }
        let required = shape.required.iter().map(|key| child(spot.path, key));
        self.required.extend(required);
        let mut value = Map::new();
        let mut seen = BTreeMap::new();
        for entry in entries {
            let key = entry.key.text.as_str();
            let path = &self.path_of(key, spot.path, shape);
            match seen.entry(key) {
                Slot::Occupied(first) => {
                    let reason = format!("given twice, first on line {}", first.get());
                    self.fault(Spot { at: entry.at, path }, &reason, "keep one of the two");
                }
                Slot::Vacant(first) => {
                    first.insert(entry.at.line);
                    if let Some(member) = self.member(entry, spot.path, shape, tag) {
                        value.insert(key.to_owned(), member);
                    }
                }
            }
        }
        for key in &shape.required {
            if !seen.contains_key(key) {
                let needs = tag.map(|Tag { key, value }| format!("; {key} `{value}` needs it"));
                let remedy = format!("add `{key}`{}", needs.unwrap_or_default());
                let path = &child(spot.path, key);
                self.fault(Spot { path, ..spot }, "is missing", &remedy);
            }
            if !value.contains_key(*key) {
                let schema = shape
                    .properties
                    .and_then(|properties| properties.get(*key))?;
                let neutral = Shape::of(self.schema, schema).neutral()?;
                value.insert((*key).to_owned(), neutral);
            }
        }
        Some(Value::Object(value))
    }

    /// The value of one key of the mapping at `around`; `None` if it has none, or a fault.
    fn member(
        &mut self,
        entry: &Entry,
        around: &str,
        shape: &ObjectShape<'s>,
        tag: Option<Tag<'_>>,
    ) -> Option<Value> {
        let key = entry.key.text.as_str();
        let path = &self.path_of(key, around, shape);
        let property = shape.properties.and_then(|properties| properties.get(key));
        if property.is_none() {
            self.places.insert_name(path, entry.at);
        }
        if let Some(Refusal { reason, remedy }) = support::refused_key(path) {
            return self.fault(Spot { at: entry.at, path }, reason, remedy);
        }
        let Some(schema) = property.or(shape.additional) else {
            self.unknown(entry, around, shape, tag);
            return None;
        };
        let may_be_absent = property.is_some() && !shape.required.contains(&key);
        match &entry.value.kind {
            Kind::Scalar(scalar) if scalar.is_null() && may_be_absent => {
                self.places.insert(path, &entry.value);
                None
            }
            _ => self.node(&entry.value, schema, path),
        }
    }

    /// The path of `key` in the mapping at `around`.
    fn path_of(&self, key: &str, around: &str, shape: &ObjectShape<'s>) -> String {
        let is_known = shape
            .properties
            .is_some_and(|properties| properties.contains_key(key));
        let has_keys = |schema| matches!(Shape::of(self.schema, schema), Shape::Object(_));
        if !is_known && shape.additional.is_some_and(has_keys) {
            named(around, key)
        } else {
            child(around, key)
        }
    }

    /// A mapping whose keys depend on the value of one of them.
    pub(super) fn tagged(
        &mut self,
        spot: Spot<'_>,
        entries: &[Entry],
        shape: &TaggedShape<'s>,
    ) -> Option<Value> {
        let TaggedShape { tag, variants } = shape;
        let path = &child(spot.path, tag);
        let values: Vec<_> = variants.iter().map(|(value, _)| *value).collect();
        let values = supported(path, &values);
        let expected = listed(&values, "or");
        let Some(entry) = entries.iter().find(|entry| entry.key.text == *tag) else {
            let mistyped = entries
                .iter()
                .find(|entry| nearest(&entry.key.text, [*tag]).is_some());
            let reason = mistyped.map_or_else(
                || "is missing".to_owned(),
                |entry| format!("is missing; there is `{}`", child("", &entry.key.text)),
            );
            let remedy = format!("add `{tag}`, which is {expected}");
            return self.fault(Spot { path, ..spot }, &reason, &remedy);
        };
        self.places.insert(path, &entry.value);
        let scalar = match &entry.value.kind {
            Kind::Scalar(scalar) if scalar.is_null() => {
                self.required.insert(path.clone());
                return self.no_value(
                    Spot {
                        at: entry.value.at,
                        path,
                    },
                    scalar,
                );
            }
            Kind::Scalar(scalar) => scalar,
            _ => return self.misfit(&entry.value, &expected, path),
        };
        let Some((value, schema)) = variants.iter().find(|(value, _)| *value == scalar.text) else {
            return self.no_choice(&entry.value, &values, &expected, path);
        };
        let Some(Refusal { reason, remedy }) = support::refused_value(path, value) else {
            return self.object(
                spot,
                entries,
                &ObjectShape::of(schema),
                Some(Tag { key: tag, value }),
            );
        };
        // A Java class is what the author knows the value by, so it is named where there is one.
        let is_class = |entry: &&Entry| {
            *value == "custom" && matches!(&*entry.key.text, "class" | "batch-formatter-class")
        };
        let culprit = entries.iter().find(is_class).unwrap_or(entry);
        self.fault_of(
            &culprit.value,
            &child(spot.path, &culprit.key.text),
            reason,
            remedy,
        )
    }

    fn unknown(
        &mut self,
        entry: &Entry,
        around: &str,
        shape: &ObjectShape<'_>,
        tag: Option<Tag<'_>>,
    ) {
        let key = entry.key.text.as_str();
        let path = &child(around, key);
        let spot = Spot { at: entry.at, path };
        if entry.key.is_plain && key == "<<" {
            let remedy = "write the keys out; merge keys are not resolved";
            self.fault(spot, "is a YAML merge key", remedy);
            return;
        }
        let is_of_use = |known: &&str| {
            support::refused_key(&child(around, known)).is_none()
                && tag.is_none_or(|tag| tag.key != *known)
        };
        let known = shape
            .properties
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str);
        let known: Vec<_> = known.filter(is_of_use).collect();
        let remedy = if let Some(section) = self.section_of(key).filter(|_| around.is_empty()) {
            format!("did you mean `{section}.{key}`?")
        } else if let Some(meant) = nearest(key, known.iter().copied()) {
            format!("did you mean `{meant}`?")
        } else if known.is_empty() {
            "remove it; there are no further keys here".to_owned()
        } else {
            format!("known here: {}", listed(&known, "and"))
        };
        let reason = match tag {
            Some(Tag { key, value }) => format!("unknown key for {key} `{value}`"),
            None => "unknown key".to_owned(),
        };
        self.fault(spot, &reason, &remedy);
    }

    /// The section of the file that has `key`.
    fn section_of(&self, key: &str) -> Option<&'s str> {
        let has_key = |object: ObjectShape<'_>| {
            object
                .properties
                .is_some_and(|properties| properties.contains_key(key))
        };
        let sections = self.schema.get("properties").and_then(Value::as_object)?;
        let mut sections = sections
            .iter()
            .filter(|(name, _)| support::refused_key(name).is_none());
        let section = sections.find(|(_, section)| match Shape::of(self.schema, section) {
            Shape::Object(object) => has_key(object),
            Shape::Tagged(TaggedShape { variants, .. }) => variants
                .iter()
                .any(|(_, variant)| has_key(ObjectShape::of(variant))),
            _ => false,
        });
        section.map(|(name, _)| name.as_str())
    }
}
