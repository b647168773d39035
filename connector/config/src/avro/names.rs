//! The look at a schema's JSON before the parser has it, which leaves some faults of it unsaid.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::read::Fault;

/// Under which name a field's default goes through the parser, which would spell it out for every field
/// it is looked at through: some lines of schema can ask for years of that.
pub(super) const DEFAULT: &str = "aeroduct-default";

/// What Avro itself calls its types.
const TYPES: [&str; 15] = [
    "array", "boolean", "bytes", "double", "enum", "error", "fixed", "float", "int", "long", "map",
    "null", "record", "string", "union",
];

/// Looks for names that are defined twice, or are Avro's own, and for fields that are none; puts defaults
/// out of the parser's way.
pub(super) fn prepare(schema: &mut Value) -> Result<(), Fault> {
    Preparation::default().visit(schema, "")
}

#[derive(Default)]
struct Preparation {
    defined: HashSet<String>,
}

impl Preparation {
    fn visit(&mut self, schema: &mut Value, namespace: &str) -> Result<(), Fault> {
        match schema {
            Value::Array(branches) => branches
                .iter_mut()
                .try_for_each(|branch| self.visit(branch, namespace)),
            Value::Object(complex) => self.visit_complex(complex, namespace),
            _ => Ok(()),
        }
    }

    fn visit_complex(
        &mut self,
        complex: &mut Map<String, Value>,
        namespace: &str,
    ) -> Result<(), Fault> {
        let kind = complex.get("type").and_then(Value::as_str);
        let own_namespace = match kind {
            Some("record" | "enum" | "fixed") => self.define(complex, namespace)?,
            _ => namespace.to_owned(),
        };
        for member in ["type", "items", "values"] {
            if let Some(inner) = complex.get_mut(member) {
                self.visit(inner, &own_namespace)?;
            }
        }
        let fields = complex.get_mut("fields").and_then(Value::as_array_mut);
        for field in fields.into_iter().flatten() {
            let Value::Object(field) = field else {
                return Err(Fault::schema(
                    format!("has {field} among the fields of a record"),
                    "write a field as an object with `name` and `type`",
                ));
            };
            if let Some(default) = field.remove("default") {
                field.insert(DEFAULT.to_owned(), default);
            }
            if let Some(inner) = field.get_mut("type") {
                self.visit(inner, &own_namespace)?;
            }
        }
        Ok(())
    }

    /// Takes down the name of a type, and returns its namespace.
    fn define(&mut self, complex: &Map<String, Value>, around: &str) -> Result<String, Fault> {
        let text = |member| complex.get(member).and_then(Value::as_str);
        let name = text("name").unwrap_or_default();
        let (namespace, short) = name
            .rsplit_once('.')
            .unwrap_or_else(|| (text("namespace").unwrap_or(around), name));
        if TYPES.contains(&short) {
            return Err(Fault::schema(
                format!("calls a type {short:?}, which is a word of Avro's"),
                "choose another name",
            ));
        }
        let full = if namespace.is_empty() {
            short.to_owned()
        } else {
            format!("{namespace}.{short}")
        };
        if !short.is_empty() && !self.defined.insert(full.clone()) {
            return Err(Fault::schema(
                format!("defines the type {full:?} twice"),
                "define it where it comes first, and write its name alone after that",
            ));
        }
        Ok(namespace.to_owned())
    }
}
