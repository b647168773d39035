//! The table of endpoints (13.11).

use std::sync::Arc;

use aeroduct_process::admin::{Response, Route, StatusCode, json, text, typed};
use aeroduct_process::logging::Levels;
use serde_json::Value;

use super::{health, loggers};
use crate::metrics::{CONTENT_TYPE, Metrics, Outside, Snapshot, native, official};

/// What the endpoints show.
#[derive(Clone)]
pub(super) struct Endpoints {
    pub(super) metrics: Arc<Metrics>,
    pub(super) outside: Arc<dyn Fn() -> Outside + Send + Sync>,
    pub(super) levels: Option<Levels>,
    /// The effective configuration; secrets are blank already.
    pub(super) config: Value,
}

impl Endpoints {
    fn snapshot(&self) -> Snapshot {
        self.metrics.snapshot((self.outside)())
    }
}

pub(super) fn routes(endpoints: Endpoints) -> Vec<Route> {
    let endpoints = Arc::new(endpoints);
    let get = |path, answer: fn(&Endpoints) -> Response| {
        let endpoints = Arc::clone(&endpoints);
        Route::get(path, move |_| answer(&endpoints))
    };
    let mut routes = vec![
        get("/manage/rest/v1/metrics", |it| {
            json(StatusCode::OK, &official::json(&it.snapshot()))
        }),
        get("/manage/rest/v1/prometheus", |it| {
            let exposition = native::exposition(&it.snapshot());
            typed(StatusCode::OK, CONTENT_TYPE, exposition)
        }),
        get("/manage/rest/v1/config", |it| {
            json(StatusCode::OK, &it.config)
        }),
        get("/livez", |it| health::live(&it.metrics)),
        get("/readyz", |it| health::ready(&it.metrics, &(it.outside)())),
    ];
    if let Some(levels) = &endpoints.levels {
        let (read, change) = (levels.clone(), levels.clone());
        let path = "/manage/rest/v1/logging";
        routes.push(Route::get(path, move |_| loggers::show(&read)));
        routes.push(Route::put(path, move |request| {
            loggers::change(&change, request.body())
        }));
    }
    let index = index(&routes);
    for path in ["/", "/manage/rest/v1"] {
        let index = index.clone();
        routes.push(Route::get(path, move |_| text(StatusCode::OK, &index)));
    }
    routes
}

/// One line per endpoint.
fn index(routes: &[Route]) -> String {
    let lines = routes.iter().map(|route| format!("{route:?}"));
    lines.collect::<Vec<_>>().join("\n")
}
