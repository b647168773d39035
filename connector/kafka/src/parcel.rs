//! The bytes of many records on their way to Kafka, and who is told about them.

use std::fmt;
use std::sync::Arc;

use crate::Failure;

/// Who is told what became of the records of a [`Parcel`].
///
/// Every record that was shipped gets exactly one `report`, followed by a `settle`
/// that counts it. Both may come from any thread, also from inside
/// [`Publisher::ship`](crate::Publisher::ship), and hold up other records: they must
/// be short, and must not call the producer.
pub trait Recipient: Send + Sync + 'static {
    /// Takes Kafka's word about the record with this slot. Called once per record.
    fn report(&self, slot: u32, report: Report);

    /// Says that `count` more reports of this parcel have been written. The sum of
    /// all counts is the number of records shipped with the parcel.
    fn settle(&self, count: u32);

    /// Whether nobody waits for this parcel any more. Records of it that are not
    /// yet with librdkafka are then reported [`Failure::Abandoned`] instead of
    /// being produced.
    fn is_abandoned(&self) -> bool;

    /// Takes the buffer back for use by another parcel, once the last report has
    /// been given.
    fn reclaim(&self, bytes: Vec<u8>);

    /// Hears that the parcel will never be dropped and its buffer never come back: librdkafka
    /// may still read it, and has not reported in time. A recipient that counts what is in
    /// flight counts it no longer.
    fn written_off(&self) {}
}

/// What became of one record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Report {
    /// Kafka has acknowledged the record.
    Delivered,
    /// The record is not known to be in Kafka. It may be there all the same.
    Failed(Failure),
}

/// Sealed bytes that the records shipped with them point into.
///
/// librdkafka reads values from here without a copy, so nothing can change or move
/// the bytes until the last record is reported; then they go back to the recipient.
pub struct Parcel<R: Recipient> {
    bytes: Vec<u8>,
    recipient: R,
}

impl<R: Recipient> Parcel<R> {
    /// Seals `bytes`; the reports of all records in them go to `recipient`.
    pub fn seal(bytes: Vec<u8>, recipient: R) -> Arc<Self> {
        Arc::new(Self { bytes, recipient })
    }

    /// The sealed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Who is told about the records of this parcel.
    pub fn recipient(&self) -> &R {
        &self.recipient
    }
}

impl<R: Recipient> fmt::Debug for Parcel<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Parcel")
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl<R: Recipient> Drop for Parcel<R> {
    fn drop(&mut self) {
        self.recipient.reclaim(std::mem::take(&mut self.bytes));
    }
}
