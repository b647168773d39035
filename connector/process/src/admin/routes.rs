//! The table of what a server answers.

use std::fmt;
use std::sync::Arc;

use hyper::body::Bytes;
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Request, StatusCode};

use super::response::{Response, text};

/// Answers one request. Called on the server's thread: it must not wait for anything.
pub type Handler = Arc<dyn Fn(Request<Bytes>) -> Response + Send + Sync>;

/// One address of the table of what the server answers. A route for GET answers HEAD too.
#[derive(Clone)]
pub struct Route {
    pub method: Method,
    /// The whole path; a query is not part of it.
    pub path: &'static str,
    pub handler: Handler,
}

impl Route {
    /// A route that answers GET and HEAD.
    pub fn get(
        path: &'static str,
        handler: impl Fn(Request<Bytes>) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self::new(Method::GET, path, handler)
    }

    /// A route that answers PUT.
    pub fn put(
        path: &'static str,
        handler: impl Fn(Request<Bytes>) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self::new(Method::PUT, path, handler)
    }

    fn new(
        method: Method,
        path: &'static str,
        handler: impl Fn(Request<Bytes>) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self {
            method,
            path,
            handler: Arc::new(handler),
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Routes, by method and path.
#[derive(Clone, Debug)]
pub struct Routes(Arc<[Route]>);

impl Routes {
    /// A table of these.
    pub fn new(routes: Vec<Route>) -> Self {
        Self(routes.into())
    }

    /// Who answers a request.
    pub fn find(&self, method: &Method, path: &str) -> Option<Handler> {
        let method = match *method {
            Method::HEAD => &Method::GET,
            ref method => method,
        };
        self.0
            .iter()
            .find(|route| route.path == path && route.method == method)
            .map(|route| Arc::clone(&route.handler))
    }

    /// The answer to a request that no route takes: 404, or 405 where other methods are served.
    pub fn refuse(&self, path: &str) -> Response {
        let here = self.0.iter().filter(|route| route.path == path);
        let mut allowed: Vec<&str> = here.map(|route| route.method.as_str()).collect();
        if allowed.is_empty() {
            return text(StatusCode::NOT_FOUND, "no such page; see /");
        }
        if allowed.contains(&Method::GET.as_str()) {
            allowed.push(Method::HEAD.as_str());
        }
        let allowed = allowed.join(", ");
        let mut refusal = text(
            StatusCode::METHOD_NOT_ALLOWED,
            &format!("method not allowed; use {allowed}"),
        );
        if let Ok(value) = HeaderValue::from_str(&allowed) {
            refusal.headers_mut().insert(ALLOW, value);
        }
        refusal
    }
}
