//! The form of a file: every key against the schema, all faults at once.
//!
//! What is faulty is left out of the result, or replaced where it is needed, so that the meaning of
//! the rest can be checked in the same run.

use std::collections::BTreeSet;

use schemars::Schema;
use serde_json::{Map, Value};

use self::{
    places::shown,
    shape::{ListShape, Shape},
    suggest::listed,
};
use crate::{
    diagnostic::{Diagnostic, FAULTS_MAX},
    secret::is_open_path,
    support,
    yaml::{Kind, Node, Position, Scalar},
};

pub(crate) use places::{Places, child, is_within, named};
pub(crate) use suggest::joined;

mod object;
mod places;
mod scalar;
mod shape;
mod suggest;

/// A file after its form was checked.
pub(crate) struct Checked {
    /// The parts without faults, in the types that the schema asks for.
    pub(crate) value: Value,
    /// The faults.
    pub(crate) faults: Vec<Diagnostic>,
    /// Where each key stands.
    pub(crate) places: Places,
}

/// Checks the file `root` against `schema`.
pub(crate) fn check(root: &Node, schema: &Schema) -> Checked {
    let mut walk = Walk {
        schema,
        faults: Vec::new(),
        places: Places::default(),
        required: BTreeSet::new(),
    };
    let value = walk
        .node(root, schema.as_value(), "")
        .unwrap_or_else(|| Value::Object(Map::new()));
    Checked {
        value,
        faults: walk.faults,
        places: walk.places,
    }
}

struct Walk<'s> {
    schema: &'s Schema,
    faults: Vec<Diagnostic>,
    places: Places,
    /// Paths of the keys that may not be left out.
    required: BTreeSet<String>,
}

/// A place in the file, and its path.
#[derive(Clone, Copy)]
struct Spot<'p> {
    at: Position,
    path: &'p str,
}

impl<'s> Walk<'s> {
    /// The value of `node` as `schema` asks for it; `None` after a fault was reported.
    fn node(&mut self, node: &Node, schema: &'s Value, path: &str) -> Option<Value> {
        self.places.insert(path, node);
        let spot = Spot { at: node.at, path };
        if let Kind::Alias = node.kind {
            let remedy = "write the value out; aliases are not resolved";
            return self.fault(spot, "is a YAML alias", remedy);
        }
        if let Some(tag) = &node.tag {
            // A password without quotes that begins with an exclamation mark is a tag to YAML.
            if !is_open_path(path) {
                let remedy = "remove the tag, or put the value in quotes";
                return self.fault(spot, "has a YAML tag", remedy);
            }
            return self.fault(spot, &format!("has the YAML tag {tag:?}"), "remove the tag");
        }
        self.shaped(node, &Shape::of(self.schema, schema), path)
    }

    fn shaped(&mut self, node: &Node, shape: &Shape<'s>, path: &str) -> Option<Value> {
        let spot = Spot { at: node.at, path };
        match (shape, &node.kind) {
            (_, Kind::Scalar(scalar)) if scalar.is_null() => self.no_value(spot, scalar),
            (Shape::Object(shape), Kind::Map(entries)) => self.object(spot, entries, shape, None),
            (Shape::Tagged(shape), Kind::Map(entries)) => self.tagged(spot, entries, shape),
            (Shape::List(shape), Kind::List(nodes)) => self.list(spot, nodes, shape),
            (Shape::Either(shapes), kind) => match shapes.iter().find(|shape| shape.fits(kind)) {
                // A word that is none of the choices may stand where a mapping was meant.
                Some(Shape::Choice(choice)) => {
                    self.choice(node, choice, &joined(&shape.phrases(), "or"), path)
                }
                Some(shape) => self.shaped(node, shape, path),
                None => self.misfit(node, &joined(&shape.phrases(), "or"), path),
            },
            (Shape::Boolean, Kind::Scalar(scalar)) => self.boolean(node, scalar, path),
            (Shape::Choice(shape), Kind::Scalar(_)) => {
                let values = supported(path, &shape.values);
                self.choice(node, shape, &listed(&values, "or"), path)
            }
            (Shape::Integer(shape), Kind::Scalar(scalar)) => {
                self.integer(node, scalar, shape, path)
            }
            (Shape::Text(shape), Kind::Scalar(scalar)) => self.text(node, scalar, shape, path),
            (Shape::Free, _) => Some(Value::Null),
            (shape, _) => self.misfit(node, &joined(&shape.phrases(), "or"), path),
        }
    }

    fn list(&mut self, spot: Spot<'_>, nodes: &[Node], shape: &ListShape<'s>) -> Option<Value> {
        let len = nodes.len() as u64;
        if len < shape.min {
            return self.fault(spot, "is an empty list", "put at least one value into it");
        }
        if len > shape.max {
            let reason = format!("has {len} values, more than {}", shape.max);
            return self.fault(spot, &reason, "keep fewer");
        }
        let neutral = Shape::of(self.schema, shape.items).neutral();
        let items = (0..).zip(nodes).map(|(index, node): (usize, _)| {
            let path = format!("{}[{index}]", spot.path);
            self.node(node, shape.items, &path)
                .or_else(|| neutral.clone())
        });
        items.collect::<Option<_>>().map(Value::Array)
    }

    /// A value is needed, and nothing was written, or a word for nothing.
    fn no_value(&mut self, spot: Spot<'_>, scalar: &Scalar) -> Option<Value> {
        let remedy = match scalar.text.as_str() {
            "" if self.required.contains(spot.path) => "give it one; it is required".to_owned(),
            "" => "give it one, or remove it".to_owned(),
            word => format!("give it one, or write \"{word}\" in quotes if the word is meant"),
        };
        self.fault(spot, "has no value", &remedy)
    }

    /// A value of another kind than `expected`.
    fn misfit(&mut self, node: &Node, expected: &str, path: &str) -> Option<Value> {
        let remedy = match &node.kind {
            Kind::List(_) => "remove the brackets or dashes",
            Kind::Map(_) => "look at the indentation and the colons",
            _ if expected.starts_with("a list") => "write it as [a, b], or as one `- a` a line",
            _ if expected.starts_with("a mapping") => {
                "write its keys below it, one a line and indented"
            }
            _ if expected.starts_with("a whole number") => "write digits alone",
            _ => "choose one of them",
        };
        self.fault_of(node, path, &format!("must be {expected}"), remedy)
    }

    /// Reports a fault of a value, and shows the value.
    fn fault_of(&mut self, node: &Node, path: &str, reason: &str, remedy: &str) -> Option<Value> {
        let before = self.faults.len();
        self.fault(Spot { at: node.at, path }, reason, remedy);
        if let Some(fault) = self.faults.get_mut(before) {
            fault.value = shown(path, node);
        }
        None
    }

    /// Reports a fault; what was wanted is not to be had.
    fn fault(&mut self, spot: Spot<'_>, reason: &str, remedy: &str) -> Option<Value> {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Diagnostic {
                path: spot.path.to_owned(),
                line: spot.at.line,
                column: spot.at.column,
                value: None,
                reason: reason.to_owned(),
                remedy: remedy.to_owned(),
            });
        }
        None
    }
}

/// Those of `values` that this version serves at `path`.
fn supported<'v>(path: &str, values: &[&'v str]) -> Vec<&'v str> {
    let is_served = |value: &&str| support::refused_value(path, value).is_none();
    values.iter().copied().filter(is_served).collect()
}
