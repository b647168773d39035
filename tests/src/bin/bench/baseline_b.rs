//! Baseline B: `ThreadedProducer`, topic by name, one thread per connection. Formatted by our
//! own writer, so that the difference is the way of producing alone.

use aeroduct_config::Plan;
use aeroduct_outbound::{Change, Lane, Prepared, Scratch, UnixSeconds};
use aeroduct_wire::reply::{self, ResultCode};
use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{
    BaseRecord, NoCustomPartitioner, Producer, ProducerContext, ThreadedProducer,
};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::{HashMap, VecDeque};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How often finished replies are sent.
const REPLY_INTERVAL: Duration = Duration::from_millis(1);

/// Records in flight for each connection.
const WINDOW: usize = 16_384;

struct Context;

/// Which record of which connection a message carries.
struct Ticket {
    connection: Arc<Connection>,
    number: u64,
}

struct Connection {
    answers: Mutex<Answers>,
}

#[derive(Default)]
struct Answers {
    first: u64,
    slots: VecDeque<Option<ResultCode>>,
}

impl ClientContext for Context {}

impl ProducerContext<NoCustomPartitioner> for Context {
    type DeliveryOpaque = Box<Ticket>;

    fn delivery(&self, result: &DeliveryResult<'_>, ticket: Box<Ticket>) {
        let code = if result.is_ok() {
            ResultCode::Success
        } else {
            ResultCode::TemporaryError
        };
        if let Ok(mut answers) = ticket.connection.answers.lock() {
            let index = usize::try_from(ticket.number - answers.first).unwrap_or(usize::MAX);
            if let Some(slot) = answers.slots.get_mut(index) {
                *slot = Some(code);
            }
        }
    }
}

type Threaded = ThreadedProducer<Context>;

/// Serves until the process is ended.
pub(crate) fn serve(bootstrap: &str, plan: Plan) -> anyhow::Result<()> {
    let producer: Threaded = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("queue.buffering.max.messages", "1000000")
        .create_with_context(Context)?;
    let producer = Arc::new(producer);
    let plan = Arc::new(plan);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    crate::process::ready(listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        stream.set_nodelay(true)?;
        let connection = Arc::new(Connection {
            answers: Mutex::default(),
        });
        let (writer, replied) = (stream.try_clone()?, Arc::clone(&connection));
        thread::spawn(move || reply(writer, &replied));
        let (producer, plan) = (Arc::clone(&producer), Arc::clone(&plan));
        thread::spawn(move || read(stream, &connection, &producer, &plan));
    }
    producer.flush(Duration::from_secs(1))?;
    Ok(())
}

fn read(
    mut stream: TcpStream,
    connection: &Arc<Connection>,
    producer: &Threaded,
    plan: &Plan,
) -> anyhow::Result<()> {
    let mut lanes: HashMap<Vec<u8>, Lane> = HashMap::new();
    let (mut buffer, mut chunk) = (Vec::new(), vec![0; 256 << 10]);
    let (mut out, mut scratch, mut number) = (Vec::new(), Scratch::default(), 0);
    loop {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        buffer.extend_from_slice(&chunk[..count]);
        let mut used = 0;
        while let Some(frame) = aeroduct_wire::next_frame(&buffer[used..], 16 << 20)? {
            used += frame.len();
            let record = aeroduct_wire::parse_message(frame.body())?;
            let metadata = &record.metadata;
            let set = metadata.set.unwrap_or_default();
            if !lanes.contains_key(set) {
                lanes.insert(
                    set.to_vec(),
                    Lane::resolve(&plan.outbound, 0, metadata.namespace, metadata.set),
                );
            }
            let lane = &lanes[set];
            out.clear();
            let change = Change {
                record: &record,
                frame: frame.bytes(),
                arrived: UnixSeconds(0),
                path: None,
            };
            let prepared = lane.prepare(&change, &mut out, &mut scratch)?;
            let (Prepared::Outbound(outbound), Some(topic)) = (prepared, lane.topic()) else {
                continue;
            };
            board(connection);
            let ticket = Box::new(Ticket {
                connection: Arc::clone(connection),
                number,
            });
            let message = BaseRecord::with_opaque_to(topic, ticket)
                .key(outbound.key.map_or(&[][..], |key| &out[key]))
                .payload(&out[outbound.value]);
            send(producer, message);
            number += 1;
        }
        buffer.drain(..used);
    }
}

fn board(connection: &Connection) {
    loop {
        if let Ok(mut answers) = connection.answers.lock()
            && answers.slots.len() < WINDOW
        {
            answers.slots.push_back(None);
            return;
        }
        thread::sleep(REPLY_INTERVAL);
    }
}

fn send(producer: &Threaded, mut message: BaseRecord<'_, [u8], [u8], Box<Ticket>>) {
    while let Err((error, back)) = producer.send(message) {
        if !matches!(
            error,
            KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)
        ) {
            return;
        }
        thread::sleep(REPLY_INTERVAL);
        message = back;
    }
}

fn reply(mut stream: TcpStream, connection: &Connection) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    loop {
        if let Ok(mut answers) = connection.answers.lock() {
            while let Some(&Some(code)) = answers.slots.front() {
                answers.slots.pop_front();
                answers.first += 1;
                reply::write(code, &mut bytes);
            }
        }
        if bytes.is_empty() {
            thread::sleep(REPLY_INTERVAL);
        } else {
            stream.write_all(&bytes)?;
            bytes.clear();
        }
    }
}
