//! The keys of the file one by one, as its schema has them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{json_schema, phrase::phrase};

/// A key of the configuration file.
#[derive(Clone, Debug)]
pub struct ConfigKey {
    /// Its path, such as `service.port`; `*` stands for a name that the file chooses.
    pub path: String,
    /// The values of the mapping's `mode` that have the key; empty where there is no such choice.
    pub modes: Vec<String>,
    /// Whether its mapping needs it.
    pub is_required: bool,
    /// The modes among `modes` that need it.
    pub required_by: Vec<String>,
    /// What it is, its default and its limits, in sentences; a paragraph for each mode that has
    /// something else to say of it.
    pub description: String,
    /// The values that it takes, in a phrase.
    pub value: String,
    /// The words to choose from, where it takes words.
    pub choices: Vec<Choice>,
    /// The key that has the same keys inside, and describes them; `None` where it has none, or
    /// describes them itself.
    pub same_as: Option<String>,
    /// Whether it has keys inside.
    pub has_keys: bool,
    /// Who has it: the vendor's documentation of today, or what `x-source` of the schema says.
    pub source: Option<String>,
}

/// A word that a key takes.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The word.
    pub value: String,
    /// What it means.
    pub description: String,
    /// Who has it, as [`ConfigKey::source`].
    pub source: Option<String>,
}

/// All keys, in the order of the types. What one key describes is not described again at another.
pub fn keys() -> Vec<ConfigKey> {
    let schema = json_schema().to_value();
    let mut walk = Walk {
        root: &schema,
        keys: Vec::new(),
        described: BTreeMap::new(),
    };
    walk.members(&schema, "", None);
    walk.keys
}

struct Walk<'s> {
    root: &'s Value,
    keys: Vec<ConfigKey>,
    /// The types that have been met, each with the key that describes it.
    described: BTreeMap<&'s str, String>,
}

impl<'s> Walk<'s> {
    /// The keys of a mapping; `mode` is what chose it.
    fn members(&mut self, object: &'s Value, around: &str, mode: Option<&str>) {
        let required = object.get("required").and_then(Value::as_array);
        for (name, schema) in properties(object).filter(|(_, schema)| !is_tag(schema)) {
            let path = joined(around, name);
            let is_required = required.is_some_and(|names| names.contains(&name.as_str().into()));
            let known = self.keys.iter_mut().find(|key| key.path == path);
            if let (Some(known), Some(mode)) = (known, mode) {
                known.add_mode(mode, schema);
            } else {
                self.add(&path, schema);
            }
            if let Some(key) = self.keys.iter_mut().find(|key| key.path == path) {
                match mode {
                    None => key.is_required = is_required,
                    Some(mode) => {
                        key.modes.push(mode.to_owned());
                        key.required_by.extend(is_required.then(|| mode.to_owned()));
                    }
                }
            }
        }
    }

    /// The key at `path`, and what is inside it.
    fn add(&mut self, path: &str, schema: &'s Value) {
        let source = text(schema, "x-source").or_else(|| self.source_around(path));
        let index = self.keys.len();
        self.keys.push(ConfigKey {
            modes: Vec::new(),
            is_required: false,
            required_by: Vec::new(),
            description: text(schema, "description")
                .or_else(|| text(resolved(self.root, schema), "description"))
                .unwrap_or_default(),
            value: phrase(self.root, schema),
            choices: Vec::new(),
            same_as: None,
            has_keys: false,
            source,
            path: path.to_owned(),
        });
        self.inside(index, path, schema);
    }

    /// What the key has inside: further keys, or words to choose from.
    fn inside(&mut self, index: usize, path: &str, schema: &'s Value) {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let described = self.described.get(name).cloned();
            let target = resolved(self.root, schema);
            if let Some(described) = described.filter(|_| has_members(target)) {
                self.keys[index].same_as = Some(described);
                return;
            }
            self.described
                .entry(name)
                .or_insert_with(|| path.to_owned());
            self.inside(index, path, target);
            return;
        }
        for alternative in alternatives(schema) {
            if let Some(mode) = mode_of(alternative) {
                self.keys[index].has_keys = true;
                self.variant(path, alternative, mode);
            } else if let Some(word) = alternative.get("const").and_then(Value::as_str) {
                let choice = choice(word, alternative);
                self.keys[index].choices.push(choice);
            } else {
                let before = self.keys.len();
                self.inside(index, path, alternative);
                // One of several: whoever chooses another needs none of its keys.
                let has_others = alternatives(schema).nth(1).is_some();
                for key in self.keys.iter_mut().skip(before).filter(|_| has_others) {
                    key.is_required &= !is_right_below(&key.path, path);
                }
            }
        }
        if properties(schema).next().is_some() {
            self.keys[index].has_keys = true;
            self.members(schema, path, None);
        }
        if let Some(items) = schema.get("items") {
            self.inside(index, path, items);
        }
        if let Some(named) = schema.get("additionalProperties").filter(|s| s.is_object()) {
            self.inside(index, &joined(path, "*"), named);
        }
    }

    /// What a mapping has in one of its modes.
    fn variant(&mut self, around: &str, schema: &'s Value, (tag, mode): (&str, &str)) {
        let path = joined(around, tag);
        if !self.keys.iter().any(|key| key.path == path) {
            let source = self.source_around(&path);
            self.keys.push(ConfigKey {
                modes: Vec::new(),
                is_required: true,
                required_by: Vec::new(),
                description: "Which of these it is; it decides which other keys there are."
                    .to_owned(),
                value: "one of the words below".to_owned(),
                choices: Vec::new(),
                same_as: None,
                has_keys: false,
                source,
                path: path.clone(),
            });
        }
        if let Some(key) = self.keys.iter_mut().find(|key| key.path == path) {
            key.choices.push(choice(mode, schema));
        }
        self.members(schema, around, Some(mode));
    }

    /// Who has the mapping that the key at `path` is in.
    fn source_around(&self, path: &str) -> Option<String> {
        let (around, _) = path.rsplit_once('.')?;
        let key = self.keys.iter().find(|key| key.path == around)?;
        key.source.clone()
    }
}

impl ConfigKey {
    /// A further mode that has the key, too.
    fn add_mode(&mut self, mode: &str, schema: &Value) {
        if let Some(description) = text(schema, "description")
            && !self.description.contains(&description)
        {
            let paragraph = format!("\n\nWith `{mode}`: {description}");
            self.description.push_str(&paragraph);
        }
    }
}

fn choice(word: &str, schema: &Value) -> Choice {
    Choice {
        value: word.to_owned(),
        description: text(schema, "description").unwrap_or_default(),
        source: text(schema, "x-source"),
    }
}

fn joined(around: &str, name: &str) -> String {
    if around.is_empty() {
        name.to_owned()
    } else {
        format!("{around}.{name}")
    }
}

fn is_right_below(path: &str, around: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(before, _)| before == around)
}

fn text(schema: &Value, word: &str) -> Option<String> {
    schema.get(word)?.as_str().map(str::to_owned)
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(Map::iter)
}

fn is_tag(schema: &Value) -> bool {
    schema.get("const").is_some()
}

/// The alternatives of a schema, but for null.
pub(super) fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf"]
        .into_iter()
        .filter_map(|word| schema.get(word)?.as_array())
        .flatten()
        .filter(|alternative| alternative.get("type") != Some(&"null".into()))
}

/// The key by whose value a mapping was chosen, and the value.
fn mode_of(schema: &Value) -> Option<(&str, &str)> {
    let (tag, schema) = properties(schema).find(|(_, schema)| is_tag(schema))?;
    Some((tag, schema.get("const")?.as_str()?))
}

/// What `schema` refers to, or itself.
pub(super) fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let target = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|target| root.pointer(target.strip_prefix('#')?));
    target.unwrap_or(schema)
}

/// Whether a type has keys.
fn has_members(schema: &Value) -> bool {
    properties(schema).next().is_some()
        || alternatives(schema).any(|alternative| properties(alternative).next().is_some())
}
