//! What fuzz targets call, and ordinary tests too, so that it keeps working.

/// Reads `text` as a configuration file, whatever it is, and shows what is said of it.
///
/// Neither may panic, and nothing that is said may hold a character that garbles a terminal or
/// breaks a line.
pub fn fuzz_yaml(text: &[u8]) {
    let messages: Vec<_> = match crate::load::parse_bytes(text, "fuzz.yml", &crate::NoFiles) {
        Ok(plan) => plan.warnings.iter().map(ToString::to_string).collect(),
        Err(diagnostics) => diagnostics.iter().map(ToString::to_string).collect(),
    };
    for message in messages {
        assert!(!message.chars().any(char::is_control), "{message:?}");
    }
}
