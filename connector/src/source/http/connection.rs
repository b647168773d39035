//! One connection: hyper reads its requests and writes their responses, and the ledger says when it
//! ends.

use super::ending::Ending;
use super::ledger::{LINGER_TIME, Ledger, Verdict};
use super::reception::Reception;
use super::refusal::HEAD_TIMEOUT;
use super::version::{Version, version};
use super::wire::Wire;
use crate::source::connection::End;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

/// Longest head of a request, in bytes; more is answered with 431. Of headers hyper takes 100 by
/// itself: any other number would cost it an allocation for each request.
pub(super) const HEAD_BYTES_MAX: u32 = 32 << 10;

/// What is read of a connection at a time, in bytes: enough for most requests in one piece, and so
/// little that thousands of connections hold no more than they need.
const READ_BYTES_MAX: usize = 64 << 10;

/// Bytes that one HTTP/2 stream may send before they are read.
const STREAM_WINDOW: u32 = 64 << 10;

/// Bytes that all streams of a connection may send before they are read.
const CONNECTION_WINDOW: u32 = 1 << 20;

/// Streams that a peer has opened and reset before we have looked at them; one more ends the
/// connection.
const RESET_STREAMS_MAX: usize = 20;

/// Streams that we have reset for a fault of the peer; one more ends the connection.
const FAULTY_STREAMS_MAX: usize = 100;

/// Responses of one stream that wait for the socket, in bytes.
const SEND_BYTES_MAX: usize = 64 << 10;

/// Serves a connection up to its end, and tells why it has ended.
pub(super) async fn serve<T>(
    stream: T,
    tray: usize,
    ledger: &Rc<Ledger>,
    reception: &Rc<Reception>,
) -> Ending
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut wire = Wire::new(stream, Rc::clone(ledger));
    let spoken = Box::pin(version(&mut wire));
    let spoken = match obeying(ledger, spoken, |_| {}).await {
        Ok(spoken) => spoken,
        Err(Verdict::Late) => return refuse_head(wire).await,
        Err(_) => return Ending::Answered,
    };
    match spoken {
        Ok(Version::Http1) => serve_http1(wire, tray, ledger, reception).await,
        Ok(Version::Http2) => serve_http2(wire, tray, ledger, reception).await,
        Err(error) => End::Fail(error).into(),
    }
}

async fn serve_http1<T>(
    wire: Wire<T>,
    tray: usize,
    ledger: &Rc<Ledger>,
    reception: &Rc<Reception>,
) -> Ending
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(|request| reception.respond(request, tray, ledger));
    let mut connection = http1::Builder::new()
        // Its own limit would count the silence between two requests, too.
        .header_read_timeout(None)
        .max_header_size(HEAD_BYTES_MAX as usize)
        .max_buf_size(READ_BYTES_MAX)
        .serve_connection(TokioIo::new(wire), service);
    let served = obeying(ledger, &mut connection, |connection| {
        Pin::new(&mut **connection).graceful_shutdown();
    });
    match served.await {
        Ok(Ok(())) => End::ClosedByPeer.into(),
        Ok(Err(error)) => error.into(),
        Err(Verdict::Late) => refuse_head(connection.into_parts().io.into_inner()).await,
        Err(_) => Ending::Answered,
    }
}

async fn serve_http2<T>(
    wire: Wire<T>,
    tray: usize,
    ledger: &Rc<Ledger>,
    reception: &Rc<Reception>,
) -> Ending
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    ledger.multiplex();
    let shared = (Rc::clone(ledger), Rc::clone(reception));
    let service = service_fn(move |request| {
        let (ledger, reception) = shared.clone();
        async move { reception.respond(request, tray, &ledger).await }
    });
    let connection = http2::Builder::new(Streams)
        .timer(TokioTimer::new())
        .max_concurrent_streams(reception.streams_max())
        .max_header_list_size(HEAD_BYTES_MAX)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_pending_accept_reset_streams(RESET_STREAMS_MAX)
        .max_local_error_reset_streams(FAULTY_STREAMS_MAX)
        .max_send_buf_size(SEND_BYTES_MAX)
        .serve_connection(TokioIo::new(wire), service);
    let connection = pin!(connection);
    let served = obeying(ledger, connection, |connection| {
        connection.as_mut().graceful_shutdown();
    });
    match served.await {
        Ok(Ok(())) => End::ClosedByPeer.into(),
        Ok(Err(error)) => error.into(),
        Err(_) => Ending::Answered,
    }
}

/// Drives a future while its connection is to be served: to its end, or up to the verdict that cuts
/// it off. It is asked to `retire` once.
async fn obeying<F: Future + Unpin>(
    ledger: &Ledger,
    mut future: F,
    retire: impl Fn(&mut F),
) -> Result<F::Output, Verdict> {
    let mut is_retiring = false;
    poll_fn(|context| {
        match ledger.verdict(context) {
            Verdict::Serve => {}
            Verdict::Retire if is_retiring => {}
            Verdict::Retire => {
                is_retiring = true;
                retire(&mut future);
            }
            verdict @ (Verdict::Late | Verdict::Cut) => return Poll::Ready(Err(verdict)),
        }
        Pin::new(&mut future).poll(context).map(Ok)
    })
    .await
}

/// Tells a peer that its head has taken too long, as far as it listens.
async fn refuse_head<T>(mut wire: Wire<T>) -> Ending
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let telling = async {
        wire.write_all(HEAD_TIMEOUT).await?;
        wire.shutdown().await
    };
    // Whoever does not listen is told nothing.
    drop(tokio::time::timeout(LINGER_TIME, telling).await);
    Ending::HeadTimeout
}

/// Runs the streams of HTTP/2 connections. They end with their connection, which the shard counts.
#[derive(Clone, Copy, Debug)]
struct Streams;

impl<F: Future<Output = ()> + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        drop(tokio::task::spawn_local(stream));
    }
}
