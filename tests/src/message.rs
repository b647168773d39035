//! Change messages to the byte, written apart from the connector's own crates, so that an error
//! in those does not cancel out.

/// A write or delete as an Aerospike node sends it.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent yet"]
pub struct Message {
    flags: [u8; 3],
    generation: u32,
    ttl: u32,
    fields: Vec<Vec<u8>>,
    bins: Vec<Vec<u8>>,
}

/// The types of values.
pub mod particle {
    pub const INTEGER: u8 = 1;
    pub const DOUBLE: u8 = 2;
    pub const STRING: u8 = 3;
    pub const BLOB: u8 = 4;
    pub const BOOL: u8 = 17;
    pub const HLL: u8 = 18;
    pub const MAP: u8 = 19;
    pub const LIST: u8 = 20;
    pub const GEOJSON: u8 = 23;
}

const XDR: u8 = 0x10;
const WRITE: u8 = 0x01;
const DELETE: u8 = 0x02;
const DURABLE: u8 = 0x10;
const WHOLE_RECORD: u8 = 0x10;

impl Message {
    /// A whole record that never expires.
    pub fn write(namespace: &str, digest: [u8; 20]) -> Self {
        Self::new([XDR, WRITE, WHOLE_RECORD], namespace, digest)
    }

    pub fn delete(namespace: &str, digest: [u8; 20]) -> Self {
        let mut delete = Self::new([XDR, WRITE | DELETE, 0], namespace, digest);
        delete.ttl = 0;
        delete
    }

    pub fn durable_delete(namespace: &str, digest: [u8; 20]) -> Self {
        let mut delete = Self::delete(namespace, digest);
        delete.flags[1] |= DURABLE;
        delete
    }

    pub fn set(self, set: &str) -> Self {
        self.field(1, set.as_bytes())
    }

    pub fn user_key(self, kind: u8, bytes: &[u8]) -> Self {
        self.field(2, &[&[kind], bytes].concat())
    }

    /// Last update time, as the 64 bits on the wire.
    pub fn last_update(self, raw: u64) -> Self {
        self.field(14, &raw.to_be_bytes())
    }

    pub fn generation(mut self, generation: u32) -> Self {
        self.generation = generation;
        self
    }

    /// Seconds to live, as on the wire.
    pub fn ttl(mut self, ttl: u32) -> Self {
        self.ttl = ttl;
        self
    }

    pub fn bin(mut self, name: &str, kind: u8, value: &[u8]) -> Self {
        let name_len = name.len().to_be_bytes()[7];
        self.bins
            .push([&[2, kind, 0, name_len], name.as_bytes(), value].concat());
        self
    }

    pub fn integer(self, name: &str, value: i64) -> Self {
        self.bin(name, particle::INTEGER, &value.to_be_bytes())
    }

    pub fn text(self, name: &str, value: &str) -> Self {
        self.bin(name, particle::STRING, value.as_bytes())
    }

    /// The message with its frame header.
    pub fn frame(&self) -> Vec<u8> {
        let [info1, info2, info3] = self.flags;
        let mut body = vec![22, info1, info2, info3, 0, 0];
        body.extend(self.generation.to_be_bytes());
        body.extend(self.ttl.to_be_bytes());
        body.extend([0; 4]);
        body.extend(&self.fields.len().to_be_bytes()[6..]);
        body.extend(&self.bins.len().to_be_bytes()[6..]);
        for part in self.fields.iter().chain(&self.bins) {
            body.extend(&part.len().to_be_bytes()[4..]);
            body.extend(part);
        }
        frame(3, &body)
    }

    fn new(flags: [u8; 3], namespace: &str, digest: [u8; 20]) -> Self {
        let message = Self {
            flags,
            generation: 1,
            ttl: u32::MAX,
            fields: Vec::new(),
            bins: Vec::new(),
        };
        message.field(0, namespace.as_bytes()).field(4, &digest)
    }

    fn field(mut self, kind: u8, data: &[u8]) -> Self {
        self.fields.push([&[kind], data].concat());
        self
    }
}

/// A frame header and this body.
pub fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, kind];
    frame.extend(&body.len().to_be_bytes()[2..]);
    frame.extend(body);
    frame
}

/// A digest that tells one number from another, in all of its bytes.
pub fn digest(number: u64) -> [u8; 20] {
    let spread = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
    let mut digest = [0; 20];
    for (byte, value) in digest
        .iter_mut()
        .zip(spread.iter().chain(&number.to_be_bytes()).cycle())
    {
        *byte = *value;
    }
    digest
}
