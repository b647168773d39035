//! The tickets of a flight's versions: written when one goes, given back when its report is in.

use super::ordering::Ticket;
use crate::sync::atomic::{AtomicU64, Ordering};

/// Tickets by slot, in ascending order; 0 where there is none.
#[derive(Debug, Default)]
pub(super) struct Tickets(Vec<(u32, AtomicU64)>);

impl Tickets {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The version in this slot, which comes after all others, will get a ticket.
    pub(super) fn expect(&mut self, slot: u32) {
        self.0.push((slot, AtomicU64::new(0)));
    }

    pub(super) fn put(&self, slot: u32, ticket: Ticket) {
        if let Some(place) = self.place(slot) {
            place.store(ticket.to_number(), Ordering::Release);
        }
    }

    /// Takes the ticket out, so that nobody gives it back twice.
    pub(super) fn take(&self, slot: u32) -> Option<Ticket> {
        Ticket::from_number(self.place(slot)?.swap(0, Ordering::AcqRel))
    }

    fn place(&self, slot: u32) -> Option<&AtomicU64> {
        // Most often all versions of a flight have one.
        let mut found = self.0.get(slot as usize).filter(|(of, _)| *of == slot);
        if found.is_none() {
            let number = self.0.binary_search_by_key(&slot, |(of, _)| *of).ok()?;
            found = self.0.get(number);
        }
        found.map(|(_, ticket)| ticket)
    }
}
