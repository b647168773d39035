//! A source that always has more to send than the connector takes.

use crate::rig::{PERMANENT, SUCCESS, TEMPORARY, writes};
use aeroduct_wire::reply;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

/// Answers by code.
#[derive(Debug)]
pub(crate) struct Heard([AtomicU64; 256]);

/// One connection that is sent to and listened to at the same time, without a pause.
pub(crate) struct Flood {
    stream: TcpStream,
    heard: Arc<Heard>,
    threads: [JoinHandle<()>; 2],
}

impl Flood {
    pub(crate) fn start(stream: TcpStream) -> Self {
        let heard = Arc::new(Heard(std::array::from_fn(|_| AtomicU64::new(0))));
        let mut mouth = stream.try_clone().unwrap();
        let frames = writes(0..1000);
        let sending = thread::spawn(move || while mouth.write_all(&frames).is_ok() {});
        let ear = stream.try_clone().unwrap();
        let counted = Arc::clone(&heard);
        let listening = thread::spawn(move || listen(ear, &counted));
        Self {
            stream,
            heard,
            threads: [sending, listening],
        }
    }

    /// How many answers had this code.
    pub(crate) fn heard(&self, code: u8) -> u64 {
        self.heard.0[usize::from(code)].load(Ordering::Relaxed)
    }

    /// Ends the connection.
    pub(crate) fn stop(self) -> Arc<Heard> {
        self.stream.shutdown(Shutdown::Both).unwrap();
        for thread in self.threads {
            thread.join().unwrap();
        }
        self.heard
    }
}

impl Heard {
    /// True when only the protocol's three codes were heard.
    pub(crate) fn is_sound(&self) -> bool {
        let of = |codes: &[u8]| -> u64 {
            let counts = codes.iter().map(|&code| &self.0[usize::from(code)]);
            counts.map(|count| count.load(Ordering::Relaxed)).sum()
        };
        let all: Vec<u8> = (0..=u8::MAX).collect();
        of(&all) == of(&[SUCCESS, TEMPORARY, PERMANENT])
    }
}

fn listen(mut ear: TcpStream, heard: &Heard) {
    let mut buffer = vec![0; reply::LEN * 2000];
    let mut filled = 0;
    while let Ok(count @ 1..) = ear.read(&mut buffer[filled..]) {
        filled += count;
        for reply in buffer[..filled].chunks_exact(reply::LEN) {
            heard.0[usize::from(reply[13])].fetch_add(1, Ordering::Relaxed);
        }
        let rest = filled % reply::LEN;
        buffer.copy_within(filled - rest..filled, 0);
        filled = rest;
    }
}
