//! `config.providers`: names for Kafka's own two providers of values that lie in files (13.31).

use super::{Property, PropertyValue, draft::Draft};
use crate::{
    files::Files,
    reference::{self, Expanded, Origin, Provider, Providers},
    secret::Secret,
};

const NAMES: &str = "config.providers";
const PACKAGE: &str = "org.apache.kafka.common.config.provider.";

/// The names that references may begin with: `directory`, `file`, and those that the properties
/// declare.
pub(super) fn read(properties: &[Property], draft: &mut Draft<'_>) -> Providers {
    let mut providers = Providers::default();
    let declared = properties.iter().find(|property| property.name == NAMES);
    let declared: Vec<&str> = declared.map(Draft::items).unwrap_or_default();
    for name in &declared {
        let class = format!("{NAMES}.{name}.class");
        let is_given = properties.iter().any(|property| property.name == class);
        if !is_given && !matches!(*name, "directory" | "file") {
            let remedy = format!("add {class}, or leave the name out");
            draft.refuse(NAMES, format!("names {name:?} without its class"), remedy);
        }
    }
    for property in properties {
        let Some((name, what)) = parameter(&property.name) else {
            continue;
        };
        if !declared.contains(&name) {
            let message = format!("has no effect: {NAMES} does not name {name:?}");
            draft.warn(&property.name, message);
        } else if what == "class" {
            if let Some(provider) = provider(draft, property) {
                providers.insert(name, provider);
            }
        } else {
            let why = "has no effect: whoever writes this file chooses the paths in it";
            draft.warn(&property.name, why);
        }
    }
    providers
}

/// Whether `name` is a property of a provider.
pub(super) fn is_parameter(name: &str) -> bool {
    parameter(name).is_some()
}

/// The provider that the property `name` is about, and what of it: `class` or a parameter.
fn parameter(name: &str) -> Option<(&str, &str)> {
    let rest = name.strip_prefix(NAMES)?.strip_prefix('.')?;
    let is_parameter = |what: &str| what == "class" || what.starts_with("param.");
    rest.split_once('.').filter(|(_, what)| is_parameter(what))
}

fn provider(draft: &mut Draft<'_>, property: &Property) -> Option<Provider> {
    let class = draft.text(property)?;
    match class.strip_prefix(PACKAGE).unwrap_or(class) {
        "DirectoryConfigProvider" => Some(Provider::Directory),
        "FileConfigProvider" => Some(Provider::File),
        _ => {
            let reason = format!(
                "{} is a Java class, which cannot be loaded",
                property.quoted(class)
            );
            let remedy = format!(
                "use {PACKAGE}DirectoryConfigProvider or {PACKAGE}FileConfigProvider, and put the values into files"
            );
            draft.refuse(&property.name, reason, remedy);
            None
        }
    }
}

/// The property with what `files` hold in the place of references; `None` where that is not to be
/// had.
pub(super) fn expand(
    property: &Property,
    providers: &Providers,
    files: &dyn Files,
    draft: &mut Draft<'_>,
) -> Option<Property> {
    let mut origin = Origin::Written;
    let mut text = |text: &Secret| match reference::expand(text.expose(), providers, files) {
        Ok(Expanded {
            text,
            origin: of_text,
        }) => {
            origin = origin.and(of_text);
            Some(text)
        }
        Err(findings) => {
            for finding in findings {
                draft.refuse(&property.name, finding.reason, finding.remedy);
            }
            None
        }
    };
    let value = match &property.value {
        PropertyValue::Text(value) => PropertyValue::Text(text(value)?),
        PropertyValue::List(items) => {
            let items: Vec<_> = items.iter().map(text).collect();
            PropertyValue::List(items.into_iter().collect::<Option<_>>()?)
        }
    };
    Some(Property {
        name: property.name.clone(),
        value,
        origin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_has_the_name_of_its_provider() {
        assert_eq!(parameter("config.providers.a.class"), Some(("a", "class")));
        assert_eq!(
            parameter("config.providers.a.param.allowed.paths"),
            Some(("a", "param.allowed.paths"))
        );
        assert_eq!(parameter("config.providers"), None);
        assert_eq!(parameter("config.providers.a"), None);
    }
}
