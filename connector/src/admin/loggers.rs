//! Levels of the loggers, shown and changed.

use std::collections::BTreeMap;

use aeroduct_process::admin::{Response, StatusCode, json, text};
use aeroduct_process::logging::{Level, Levels};

/// The levels as a JSON object.
pub(super) fn show(levels: &Levels) -> Response {
    let levels = levels.get();
    let levels: BTreeMap<_, _> = levels
        .iter()
        .map(|(logger, level)| (logger.as_str(), level.as_str()))
        .collect();
    json(StatusCode::OK, &levels)
}

/// Takes such an object and changes the levels it names, all of them or none.
pub(super) fn change(levels: &Levels, body: &[u8]) -> Response {
    match read(body).and_then(|change| levels.set(change).map_err(|error| error.to_string())) {
        Ok(()) => {
            tracing::info!(target: "server", "log levels changed");
            show(levels)
        }
        Err(reason) => text(
            StatusCode::BAD_REQUEST,
            &format!("{reason}; nothing was changed"),
        ),
    }
}

fn read(body: &[u8]) -> Result<BTreeMap<String, Level>, String> {
    let change: BTreeMap<String, String> = serde_json::from_slice(body).map_err(|error| {
        format!(r#"not a JSON object of levels such as {{"server": "debug"}}: {error}"#)
    })?;
    change
        .into_iter()
        .map(|(logger, level)| match level.parse() {
            Ok(level) => Ok((logger, level)),
            Err(error) => Err(format!("logger {logger:?}: {error}")),
        })
        .collect()
}
