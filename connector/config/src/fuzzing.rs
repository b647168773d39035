//! What fuzz targets call, and ordinary tests too, so that it keeps working.

use crate::yaml;

/// Reads `text` as a configuration file, whatever it is, and shows what is said of it.
///
/// What the banner shows of it, shown once more, is the same. Nothing may panic, and nothing that is said may hold a character that garbles a terminal or
/// breaks a line.
pub fn fuzz_yaml(text: &[u8]) {
    // Longer ones only take longer.
    let root = str::from_utf8(text)
        .ok()
        .filter(|text| text.len() < 1 << 16);
    if let Some(root) = root.and_then(|text| yaml::parse(text).ok()) {
        let shown = yaml::banner(&root);
        let again = yaml::parse(&shown).map(|root| yaml::banner(&root));
        assert_eq!(again.as_ref(), Ok(&shown));
    }
    let messages: Vec<_> = match crate::load::parse_bytes(text, "fuzz.yml", &crate::NoFiles) {
        Ok(plan) => plan.warnings.iter().map(ToString::to_string).collect(),
        Err(diagnostics) => diagnostics.iter().map(ToString::to_string).collect(),
    };
    for message in messages {
        assert!(!message.chars().any(char::is_control), "{message:?}");
    }
}
