//! A configuration as YAML text.

use super::{Diagnostic, Position, Value, checked, tree_of};

/// Numbers and booleans mean the same there as texts of their spelling.
const PROPERTIES: &str = "producer-props";

/// `config` in YAML, its keys in order; the fault is found at `at`.
///
/// What is text stays text for every reader: words such as `no`, and digits, stand in quotes.
///
/// # Errors
/// When what was written would be read as something else, which no configuration brings about.
pub(super) fn yaml(config: &Value, at: Position) -> Result<String, Diagnostic> {
    let options = serde_saphyr::ser_options! {
        compact_list_indent: false,
        // A person looks for a long line as it was written.
        prefer_block_scalars: false,
    };
    let mut shown = config.clone();
    if let Some(Value::Object(properties)) = shown.get_mut(PROPERTIES) {
        properties.values_mut().for_each(plain);
    }
    let text = serde_saphyr::to_string_with_options(&shown, options)
        .map_err(|error| fault(at, &format!("cannot be written as YAML: {error}")))?;
    match tree_of(&text) {
        Ok(root) if checked(&root).value == *config => Ok(text),
        _ => Err(fault(at, "would not be read as it is")),
    }
}

/// Turns a property whose text is a number or a boolean into one, as people write them.
fn plain(property: &mut Value) {
    let Value::String(text) = property else {
        return;
    };
    let number = text.parse::<i64>().ok();
    if let Some(number) = number.filter(|number| number.to_string() == *text) {
        *property = number.into();
    } else if let Ok(boolean) = text.parse::<bool>() {
        *property = boolean.into();
    }
}

fn fault(at: Position, reason: &str) -> Diagnostic {
    Diagnostic {
        path: String::new(),
        line: at.line,
        column: at.column,
        value: None,
        reason: reason.to_owned(),
        remedy: "please report this, with the file".to_owned(),
    }
}
