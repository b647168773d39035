//! Ceiling C: the same producer and the same replies without parsing or formatting. Frames are
//! told apart and nothing more; every message has the same prebuilt value, and the record's
//! digest as its key.

use aeroduct_connector::sink::GATHER;
use aeroduct_kafka::{Parcel, Piece, Producer, Publisher, Recipient, Report, Settings, murmur2};
use anyhow::Context;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// Where the digest lies in the frames that are sent here: header, message header, namespace.
const DIGEST: std::ops::Range<usize> = 50..70;

/// Bytes of one reply.
const REPLY_LEN: usize = 30;

struct Flight {
    count: u32,
    outstanding: AtomicU32,
    connection: Arc<Connection>,
}

#[derive(Default)]
struct Connection {
    flights: Mutex<VecDeque<Arc<Parcel<Flight>>>>,
    complete: Condvar,
}

impl Recipient for Flight {
    fn report(&self, _slot: u32, report: Report) {
        if report != Report::Delivered {
            // A ceiling with errors in it is none.
            std::process::exit(1);
        }
    }

    fn settle(&self, count: u32) {
        if self.outstanding.fetch_sub(count, Ordering::AcqRel) == count {
            self.connection.complete.notify_one();
        }
    }

    fn is_abandoned(&self) -> bool {
        false
    }

    fn reclaim(&self, _bytes: Vec<u8>) {}
}

/// Serves until the process is ended.
pub(crate) fn serve(bootstrap: &str, topic: &str, value: &'static [u8]) -> anyhow::Result<()> {
    let settings = [
        ("bootstrap.servers", bootstrap),
        ("acks", "all"),
        ("enable.idempotence", "true"),
        ("linger.ms", "0"),
        ("queue.buffering.max.messages", "1000000"),
    ];
    let pairs = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut settings = Settings::new(pairs.to_vec());
    settings.gather = GATHER;
    let producer = Producer::start(settings)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    crate::process::ready(listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        stream.set_nodelay(true)?;
        let connection = Arc::new(Connection::default());
        let (writer, replied) = (stream.try_clone()?, Arc::clone(&connection));
        thread::spawn(move || reply(writer, &replied));
        let publisher = producer.publisher();
        let topic = topic.to_owned();
        thread::spawn(move || read(stream, &connection, publisher, &topic, value));
    }
    Ok(())
}

fn read(
    mut stream: TcpStream,
    connection: &Arc<Connection>,
    mut publisher: Publisher<Flight>,
    topic: &str,
    value: &[u8],
) -> anyhow::Result<()> {
    let topic = publisher.topic(topic).context("too many topics")?;
    let mut buffer = vec![0; 256 << 10];
    let mut held = 0;
    loop {
        let count = stream.read(&mut buffer[held..])?;
        if count == 0 {
            return Ok(());
        }
        held += count;
        let mut bytes = value.to_vec();
        let (mut used, mut slot) = (0, 0);
        while let Some(frame) = aeroduct_wire::next_frame(&buffer[used..held], 16 << 20)? {
            used += frame.len();
            let key = frame.bytes().get(DIGEST).unwrap_or_default();
            let start = u32::try_from(bytes.len())?;
            bytes.extend_from_slice(key);
            let end = u32::try_from(bytes.len())?;
            let whole = 0..u32::try_from(value.len())?;
            let piece = Piece {
                key: Some(start..end),
                value: whole,
                hash: murmur2(key),
                slot,
                ..Piece::default()
            };
            publisher.add(topic, piece);
            slot += 1;
        }
        if slot > 0 {
            let flight = Flight {
                count: slot,
                outstanding: AtomicU32::new(slot),
                connection: Arc::clone(connection),
            };
            let parcel = Parcel::seal(bytes, flight);
            let mut flights = connection
                .flights
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            flights.push_back(Arc::clone(&parcel));
            drop(flights);
            publisher.ship(parcel);
        }
        buffer.copy_within(used..held, 0);
        held -= used;
    }
}

fn reply(mut stream: TcpStream, connection: &Connection) -> anyhow::Result<()> {
    let mut one = Vec::new();
    aeroduct_wire::reply::write(aeroduct_wire::reply::ResultCode::Success, &mut one);
    let many = one.repeat(8192);
    let is_complete = |head: Option<&Arc<Parcel<Flight>>>| {
        head.is_some_and(|head| head.recipient().outstanding.load(Ordering::Acquire) == 0)
    };
    loop {
        let mut flights = connection
            .flights
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut count = 0;
        while is_complete(flights.front()) {
            count += flights
                .pop_front()
                .map_or(0, |head| head.recipient().count as usize);
        }
        if count == 0 {
            let wait = std::time::Duration::from_millis(1);
            drop(connection.complete.wait_timeout(flights, wait));
            continue;
        }
        drop(flights);
        let mut left = count * REPLY_LEN;
        while left > 0 {
            let now = left.min(many.len());
            stream.write_all(&many[..now])?;
            left -= now;
        }
    }
}
