//! What becomes the key of a Kafka message (13.2).

/// The `key` item.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Key {
    /// The key of a single record.
    pub of_record: RecordKey,
    /// The key of a batch.
    pub of_batch: BatchKey,
}

/// The key of a single record.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum RecordKey {
    /// The record's own key, in the form that fits the format.
    #[default]
    Default,
    /// None; the message goes to the partition of the digest (13.34).
    None,
    /// The namespace's name.
    Namespace,
    /// The set's name.
    Set(Otherwise),
    /// The digest as Base64 text.
    Digest,
    /// The key that the client stored with the record, as bytes (13.28).
    UserKey(Otherwise),
    /// The value of the record's own bin of this name, as bytes (13.28).
    Bin(Box<str>, Otherwise),
    /// One text for all.
    Static(Box<str>),
}

/// What happens where a record does not have what its key is made of.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Otherwise {
    /// The digest takes its place, as Base64 text.
    #[default]
    Digest,
    /// A temporary error: the source sends the record again.
    Temporary,
    /// A permanent error.
    Permanent,
}

/// The key of a batch, made of the keys of its records (13.3).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum BatchKey {
    /// All of them, as an array of the format.
    #[default]
    Concat,
    /// RIPEMD-160 over the digests of the records.
    Hash,
    /// None.
    None,
}
