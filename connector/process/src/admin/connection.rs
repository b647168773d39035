//! One connection and its requests.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

use super::response::{Response, text};
use super::{BODY_BYTES_MAX, BODY_LIMIT, EXCHANGE_LIMIT, HEAD_BYTES_MAX, HEAD_LIMIT, Server};

/// Starts to serve a connection. Its place is free again when it ends.
pub(super) fn start(server: Arc<Server>, stream: TcpStream, place: OwnedSemaphorePermit) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the place in the server's semaphore is what the end of the server waits for"
    )]
    drop(tokio::task::spawn(async move {
        serve(server, stream).await;
        drop(place);
    }));
}

async fn serve(server: Arc<Server>, stream: TcpStream) {
    let mut closing = server.closing.subscribe();
    let (began, last_began) = watch::channel(Instant::now());
    let began = Arc::new(began);
    let service = service_fn(move |request| {
        began.send_replace(Instant::now());
        let server = Arc::clone(&server);
        async move { Ok::<_, Infallible>(answer(&server, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(HEAD_BYTES_MAX + BODY_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);

    let is_closing = closing.wait_for(|&closing| closing);
    // Dropping a branch loses nothing: the connection is pinned here and polled on below.
    tokio::select! {
        // What a peer does wrong is its own affair; hyper has answered where it could.
        _ = connection.as_mut() => return,
        () = expiry(last_began, EXCHANGE_LIMIT) => return,
        _ = is_closing => connection.as_mut().graceful_shutdown(),
    }
    drop(connection.await);
}

/// Completes when `limit` has passed since the last request began.
async fn expiry(last_began: watch::Receiver<Instant>, limit: Duration) {
    loop {
        let deadline = *last_began.borrow() + limit;
        if deadline <= Instant::now() {
            return;
        }
        tokio::time::sleep_until(deadline).await;
    }
}

async fn answer(server: &Server, request: Request<Incoming>) -> Response {
    let routes = &server.routes;
    let Some(handler) = routes.find(request.method(), request.uri().path()) else {
        return routes.refuse(request.uri().path());
    };
    let (head, body) = request.into_parts();
    match collect(body).await {
        Ok(body) => handler(Request::from_parts(head, body)),
        Err((status, line)) => {
            let mut refusal = text(status, &line);
            refusal
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
            refusal
        }
    }
}

/// Reads the whole body, or tells the status and text of the refusal.
async fn collect(body: Incoming) -> Result<Bytes, (StatusCode, String)> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let collected = tokio::time::timeout(BODY_LIMIT, Limited::new(body, BODY_BYTES_MAX).collect());
    match collected.await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err((
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("body too large; at most {BODY_BYTES_MAX} bytes"),
        )),
        Ok(Err(_)) => Err((StatusCode::BAD_REQUEST, "body cannot be read".to_owned())),
        Err(_) => Err((
            StatusCode::REQUEST_TIMEOUT,
            format!("body not complete within {} s", BODY_LIMIT.as_secs()),
        )),
    }
}
