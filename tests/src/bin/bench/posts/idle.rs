//! The same stack with nothing behind it: hyper on one runtime per processor, which reads each body and
//! answers.

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::net::{TcpListener, TcpStream};
use std::thread;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Connections that wait for their thread.
const ARRIVALS_MAX: usize = 1_024;

/// Serves until the process is ended.
pub(crate) fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let threads: Vec<Sender<TcpStream>> = (0..threads)
        .map(|_| {
            let (sender, arrivals) = channel(ARRIVALS_MAX);
            thread::spawn(move || run(arrivals));
            sender
        })
        .collect();
    crate::process::ready(listener.local_addr()?);
    for thread in threads.iter().cycle() {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        thread.blocking_send(stream)?;
    }
    Ok(())
}

fn run(mut arrivals: Receiver<TcpStream>) -> anyhow::Result<()> {
    let runtime = Builder::new_current_thread()
        .enable_io()
        .build_local(LocalOptions::default())?;
    runtime.block_on(async move {
        while let Some(stream) = arrivals.recv().await {
            let io = TokioIo::new(tokio::net::TcpStream::from_std(stream)?);
            let connection = http1::Builder::new().serve_connection(io, service_fn(answer));
            drop(tokio::task::spawn_local(connection));
        }
        Ok(())
    })
}

async fn answer(request: Request<Incoming>) -> hyper::Result<Response<Empty<Bytes>>> {
    let body = request.into_body().collect().await?;
    drop(body.to_bytes());
    Ok(Response::new(Empty::new()))
}
