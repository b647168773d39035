//! What becomes of a request: a change on its way to Kafka, a sign of life, or a page of the
//! management API.

use super::body::collect;
use super::ledger::{InProcess, Ledger};
use super::lobby::Lobby;
use super::refusal::{HEADERS_MAX, Refusal, label, outcome};
use crate::source::partial::LongFrames;
use aeroduct_process::admin::{
    BODY_BYTES_MAX, Handler, Method, Request, Response, Routes, StatusCode, text,
};
use aeroduct_wire::{Frame, Gunzip, post_len_max, posted_frame};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::CONTENT_ENCODING;
use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

/// Below this path, and at those, are the pages of the management API (13.34); everywhere else changes
/// are taken.
const PAGES: &str = "/manage/rest/";
const PROBES: [&str; 2] = ["/livez", "/readyz"];

/// What receives the requests of a shard.
pub(super) struct Reception {
    lobby: Rc<Lobby>,
    frames: Arc<LongFrames>,
    gunzip: RefCell<Gunzip>,
    pages: Routes,
    policy: Policy,
}

/// What the configuration says about requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    /// `aeroduct.max-frame-bytes`.
    pub(super) frame_bytes_max: u64,
    /// Whether the path of a request makes a difference.
    pub(super) has_paths: bool,
    /// `service.http2-max-concurrent-streams`.
    pub(super) streams_max: u32,
}

/// How a body is compressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Encoding {
    Plain,
    Gzip,
}

impl Reception {
    pub(super) fn new(
        lobby: Rc<Lobby>,
        frames: Arc<LongFrames>,
        pages: Routes,
        policy: Policy,
    ) -> Self {
        Self {
            lobby,
            frames,
            gunzip: RefCell::new(Gunzip::new(policy.frame_bytes_max)),
            pages,
            policy,
        }
    }

    pub(super) const fn streams_max(&self) -> u32 {
        self.policy.streams_max
    }

    /// Answers one request.
    pub(super) async fn respond(
        &self,
        request: Request<Incoming>,
        tray: usize,
        ledger: &Rc<Ledger>,
    ) -> Result<Response, Infallible> {
        let in_process = ledger.begin();
        let version = request.version();
        let is_head = request.method() == Method::HEAD;
        let answered = self.answer(request, tray, &in_process).await;
        let mut response = answered.unwrap_or_else(|refusal| refusal.response(version));
        if is_head {
            *response.body_mut() = Full::default();
        }
        let status = label(response.status());
        self.lobby.metrics().responded(status);
        Ok(response)
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        tray: usize,
        in_process: &InProcess,
    ) -> Result<Response, Refusal> {
        if request.headers().len() > HEADERS_MAX {
            return Err(Refusal::Headers);
        }
        let path = request.uri().path();
        if path.starts_with(PAGES) || PROBES.contains(&path) {
            return match self.pages.find(request.method(), path) {
                Some(page) => self.show(page, request).await,
                None => Ok(self.pages.refuse(path)),
            };
        }
        match *request.method() {
            Method::POST => self.take(request, tray, in_process).await,
            Method::GET | Method::HEAD if self.lobby.is_draining() => Err(Refusal::Draining),
            Method::GET | Method::HEAD => Ok(text(StatusCode::OK, "changes are taken by POST")),
            _ => Err(Refusal::Method),
        }
    }

    /// Takes a change.
    async fn take(
        &self,
        request: Request<Incoming>,
        tray: usize,
        in_process: &InProcess,
    ) -> Result<Response, Refusal> {
        if self.lobby.is_draining() {
            return Err(Refusal::Draining);
        }
        let encoding = encoding(&request)?;
        let (head, body) = request.into_parts();
        let limit = self.policy.frame_bytes_max;
        let visit = self.lobby.enter().ok_or(Refusal::Busy)?;
        visit
            .room(in_process.others())
            .await
            .map_err(|_| Refusal::Busy)?;
        let len_max = usize::try_from(post_len_max(limit)).unwrap_or(usize::MAX);
        let body = collect(body, len_max, &visit, &self.frames).await?;
        // Other bodies may have come meanwhile.
        visit
            .room(in_process.others())
            .await
            .map_err(|_| Refusal::Busy)?;
        let path = self.policy.has_paths.then(|| head.uri.path());
        let lay_down = |frame: Frame<'_>| visit.send(tray, frame.bytes(), path);
        let sent = match encoding {
            Encoding::Plain => posted_frame(&body, limit).map(lay_down),
            Encoding::Gzip => {
                let mut gunzip = self.gunzip.borrow_mut();
                let body = gunzip.inflate(&body);
                body.and_then(|body| posted_frame(body, limit))
                    .map(lay_down)
            }
        };
        sent.map_err(Refusal::Malformed)?;
        // Its frame lies on the tray.
        drop(body);
        outcome(visit.answer().await)?;
        Ok(Response::new(Full::default()))
    }

    /// Shows a page. It is made on a thread of its own: none of them costs a record any time.
    async fn show(&self, page: Handler, request: Request<Incoming>) -> Result<Response, Refusal> {
        let (head, body) = request.into_parts();
        let visit = self.lobby.enter().ok_or(Refusal::Busy)?;
        visit.begin();
        let body = collect(body, BODY_BYTES_MAX, &visit, &self.frames).await?;
        let request = Request::from_parts(head, body);
        let made = tokio::task::spawn_blocking(move || page(request)).await;
        // One that panicked is not to take the connection with it.
        made.map_err(|_| Refusal::Busy)
    }
}

fn encoding(request: &Request<Incoming>) -> Result<Encoding, Refusal> {
    let Some(encoding) = request.headers().get(CONTENT_ENCODING) else {
        return Ok(Encoding::Plain);
    };
    let encoding = encoding.as_bytes().trim_ascii();
    let is = |name: &str| encoding.eq_ignore_ascii_case(name.as_bytes());
    if is("gzip") || is("x-gzip") {
        Ok(Encoding::Gzip)
    } else if is("identity") || is("") {
        Ok(Encoding::Plain)
    } else {
        Err(Refusal::Encoding)
    }
}
