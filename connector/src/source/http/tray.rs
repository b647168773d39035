//! The frames that the requests of one turn have brought to one port.

/// What a tray keeps of its memory from turn to turn, in bytes.
const KEPT_CAPACITY: usize = 1 << 20;

/// Frames that lie one behind the other, as on a connection of the other protocol.
#[derive(Debug)]
pub(super) struct Tray {
    /// The port that they came to.
    pub(super) port: u16,
    pub(super) bytes: Vec<u8>,
    /// The paths of their requests, where paths make a difference.
    pub(super) paths: Vec<Box<str>>,
    /// The requests, in the order of their frames.
    pub(super) requests: Vec<usize>,
}

impl Tray {
    pub(super) const fn new(port: u16) -> Self {
        Self {
            port,
            bytes: Vec::new(),
            paths: Vec::new(),
            requests: Vec::new(),
        }
    }

    pub(super) fn put(&mut self, frame: &[u8], path: Option<&str>, request: usize) {
        self.bytes.extend_from_slice(frame);
        self.paths.extend(path.map(Box::from));
        self.requests.push(request);
    }

    /// How many frames there are.
    pub(super) const fn len(&self) -> usize {
        self.requests.len()
    }

    /// Takes everything out; the memory is kept for what comes next.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_CAPACITY);
        self.paths.clear();
        self.requests.clear();
    }
}
