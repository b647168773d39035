//! Files of recorded messages.
//!
//! Three kinds, told apart by their first byte: JSON with a list `vectors` whose members hold a
//! message as `hex`; frames as they went over the wire, one behind the other; and the `.asbx`
//! files of Aerospike's own XDR backup. Nothing that a file announces is believed before its bytes
//! are read.

mod asbx;
mod json;
mod raw;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use aeroduct_wire::{FrameError, HEADER_LEN, next_frame};

use self::asbx::AsbxReader;
use self::json::JsonReader;
use self::raw::RawReader;

/// The largest body of a frame by the protocol: 128 MiB.
pub const FRAME_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// The largest JSON file: it is read as a whole.
pub const JSON_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// One recorded message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// What the file calls it.
    pub name: Option<String>,
    /// What the file says of it.
    pub title: Option<String>,
    /// A whole frame, its header included.
    pub frame: Vec<u8>,
}

/// Why a file cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("{} cannot be read", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is broken at offset {offset}", .path.display())]
    Broken {
        path: PathBuf,
        offset: u64,
        source: Fault,
    },
    #[error("{} is broken in vectors[{index}]", .path.display())]
    Vector {
        path: PathBuf,
        index: usize,
        source: Fault,
    },
    #[error("{} is not JSON with a list \"vectors\" of objects with \"hex\"", .path.display())]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },
}

/// What is wrong at one place of a file.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("the file ends within {what}: {found} of {expected} bytes are there")]
    CutShort {
        what: &'static str,
        found: u64,
        expected: u64,
    },
    #[error("the bytes cannot be read")]
    Read(#[source] io::Error),
    #[error("the record announces {announced} bytes, its frame holds a body of {frame}")]
    LengthsDiffer { announced: u64, frame: u64 },
    #[error("there is no frame")]
    Frame(#[source] FrameError),
    #[error("a recording cannot begin with byte {0:#04x}: use JSON, frames (0x02) or .asbx (0x01)")]
    UnknownKind(u8),
    #[error("the file is empty")]
    Empty,
    #[error("the file has more than {JSON_BYTES_MAX} bytes, the limit for JSON")]
    TooLarge,
    #[error("\"hex\" is not hexadecimal")]
    Hex(#[source] hex::FromHexError),
    #[error("an HTTP body begins with its format version 1, not with {0:?}")]
    BodyVersion(Option<u8>),
}

/// The messages of one file, one by one.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    reader: Reader,
}

#[derive(Debug)]
enum Reader {
    Json(JsonReader),
    Raw(RawReader<BufReader<File>>),
    Asbx(AsbxReader<BufReader<File>>),
}

impl Recording {
    /// Opens a file and finds out what kind it is.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let unreadable = |source| RecordingError::Read {
            path: path.to_owned(),
            source,
        };
        let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
        let first = file.fill_buf().map_err(unreadable)?.first().copied();
        let at_start = |source| RecordingError::Broken {
            path: path.to_owned(),
            offset: 0,
            source,
        };
        let reader = match first {
            Some(asbx::VERSION) => {
                Reader::Asbx(AsbxReader::open(file).map_err(|error| error.at(path))?)
            }
            Some(raw::VERSION) => Reader::Raw(RawReader::new(file)),
            Some(b'{' | b' ' | b'\t' | b'\r' | b'\n') => {
                Reader::Json(JsonReader::open(file, path)?)
            }
            Some(other) => return Err(at_start(Fault::UnknownKind(other))),
            None => return Err(at_start(Fault::Empty)),
        };
        Ok(Self {
            path: path.to_owned(),
            reader,
        })
    }
}

impl Iterator for Recording {
    type Item = Result<Message, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        let frame = match &mut self.reader {
            Reader::Json(json) => return json.next(&self.path),
            Reader::Raw(raw) => raw.next(),
            Reader::Asbx(asbx) => asbx.next(),
        };
        match frame {
            Ok(None) => None,
            Ok(Some(frame)) => Some(Ok(Message {
                name: None,
                title: None,
                frame,
            })),
            Err(error) => Some(Err(error.at(&self.path))),
        }
    }
}

/// A recording as text in memory: the JSON form.
pub fn parse_json(text: &str, path: &Path) -> Result<Vec<Message>, RecordingError> {
    let mut reader = JsonReader::parse(text, path)?;
    std::iter::from_fn(|| reader.next(path)).collect()
}

/// What went wrong while a stream of frames was read.
#[derive(Debug)]
enum StreamError {
    Read(io::Error),
    Broken { offset: u64, fault: Fault },
}

impl StreamError {
    fn at(self, path: &Path) -> RecordingError {
        let path = path.to_owned();
        match self {
            Self::Read(source) => RecordingError::Read { path, source },
            Self::Broken { offset, fault } => RecordingError::Broken {
                path,
                offset,
                source: fault,
            },
        }
    }
}

/// A reader that knows how far it is.
#[derive(Debug)]
struct Counted<R> {
    inner: R,
    offset: u64,
}

impl<R: BufRead> Counted<R> {
    fn new(inner: R) -> Self {
        Self { inner, offset: 0 }
    }

    fn is_at_end(&mut self) -> Result<bool, StreamError> {
        self.inner
            .fill_buf()
            .map(<[u8]>::is_empty)
            .map_err(StreamError::Read)
    }

    /// Reads exactly `len` bytes; the memory for them grows with what is really there.
    fn take(&mut self, len: u64, what: &'static str) -> Result<Vec<u8>, StreamError> {
        let mut bytes = Vec::new();
        let found = self
            .inner
            .by_ref()
            .take(len)
            .read_to_end(&mut bytes)
            .map_err(StreamError::Read)?;
        let found = found as u64;
        if found < len {
            let fault = Fault::CutShort {
                what,
                found,
                expected: len,
            };
            return Err(StreamError::Broken {
                offset: self.offset,
                fault,
            });
        }
        self.offset += found;
        Ok(bytes)
    }

    /// Reads one whole frame.
    fn frame(&mut self) -> Result<Vec<u8>, StreamError> {
        let start = self.offset;
        let mut frame = self.take(HEADER_LEN as u64, "a frame header")?;
        let broken = |error| StreamError::Broken {
            offset: start,
            fault: Fault::Frame(error),
        };
        // A sound header alone is an incomplete frame, or one without a body.
        next_frame(&frame, FRAME_BYTES_MAX).map_err(broken)?;
        frame.append(&mut self.take(body_len(&frame), "a frame")?);
        Ok(frame)
    }
}

/// The length of the body that a frame header announces.
fn body_len(header: &[u8]) -> u64 {
    header
        .iter()
        .skip(2)
        .take(6)
        .fold(0, |len, &byte| len << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests;
