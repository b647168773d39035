//! JSON with a list `vectors`: `{"vectors": [{"id": "...", "transport": "...", "hex": "..."}]}`.
//!
//! `hex` holds one or more frames. Where `transport` is `http-body`, a format version of one byte
//! stands before them, which a TCP connection does not have.

use std::collections::VecDeque;
use std::io::{BufRead, Read};
use std::path::Path;
use std::vec;

use serde::Deserialize;

use super::{Counted, Fault, JSON_BYTES_MAX, Message, RecordingError, StreamError};

/// The format version of an HTTP body.
const BODY_VERSION: u8 = 1;

#[derive(Debug, Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Debug, Deserialize)]
struct Vector {
    id: Option<String>,
    title: Option<String>,
    transport: Option<String>,
    hex: String,
}

#[derive(Debug)]
pub(super) struct JsonReader {
    vectors: std::iter::Enumerate<vec::IntoIter<Vector>>,
    ready: VecDeque<Message>,
}

impl JsonReader {
    pub(super) fn open(file: impl BufRead, path: &Path) -> Result<Self, RecordingError> {
        let mut text = String::new();
        file.take(JSON_BYTES_MAX + 1)
            .read_to_string(&mut text)
            .map_err(|source| RecordingError::Read {
                path: path.to_owned(),
                source,
            })?;
        if text.len() as u64 > JSON_BYTES_MAX {
            let (path, source) = (path.to_owned(), Fault::TooLarge);
            return Err(RecordingError::Broken {
                path,
                offset: JSON_BYTES_MAX,
                source,
            });
        }
        Self::parse(&text, path)
    }

    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, RecordingError> {
        let parsed: Vectors =
            serde_json::from_str(text).map_err(|source| RecordingError::Json {
                path: path.to_owned(),
                source,
            })?;
        Ok(Self {
            vectors: parsed.vectors.into_iter().enumerate(),
            ready: VecDeque::new(),
        })
    }

    pub(super) fn next(&mut self, path: &Path) -> Option<Result<Message, RecordingError>> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(Ok(message));
            }
            let (index, vector) = self.vectors.next()?;
            match frames(&vector) {
                Ok(frames) => self.ready.extend(frames.into_iter().map(|frame| {
                    let (name, title) = (vector.id.clone(), vector.title.clone());
                    Message { name, title, frame }
                })),
                Err(source) => {
                    let path = path.to_owned();
                    return Some(Err(RecordingError::Vector {
                        path,
                        index,
                        source,
                    }));
                }
            }
        }
    }
}

fn frames(vector: &Vector) -> Result<Vec<Vec<u8>>, Fault> {
    let bytes = hex::decode(&vector.hex).map_err(Fault::Hex)?;
    let stream = if vector.transport.as_deref() == Some("http-body") {
        match bytes.split_first() {
            Some((&BODY_VERSION, frames)) => frames,
            other => return Err(Fault::BodyVersion(other.map(|(&first, _)| first))),
        }
    } else {
        &bytes
    };
    let mut input = Counted::new(stream);
    let mut frames = Vec::new();
    while !input.is_at_end().map_err(fault)? {
        frames.push(input.frame().map_err(fault)?);
    }
    Ok(frames)
}

fn fault(error: StreamError) -> Fault {
    match error {
        StreamError::Broken { fault, .. } => fault,
        StreamError::Read(source) => Fault::Read(source),
    }
}
