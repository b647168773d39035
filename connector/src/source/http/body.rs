//! The body of a request, as it arrives.

use super::refusal::Refusal;
use super::visit::{Late, Visit};
use crate::source::partial::{LongFrames, Share};
use hyper::body::{Body as _, Bytes, Incoming};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// Bodies up to this are not counted: the number of requests bounds their sum.
const SHORT_MAX: usize = 32 << 10;

/// Reads a body of at most `limit` bytes.
pub(super) async fn collect(
    mut body: Incoming,
    limit: usize,
    visit: &Visit,
    frames: &Arc<LongFrames>,
) -> Result<Bytes, Refusal> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(Refusal::BodyTooLarge(limit));
    }
    let Some(first) = next(&mut body, visit).await? else {
        return Ok(Bytes::new());
    };
    if first.len() > limit {
        return Err(Refusal::BodyTooLarge(limit));
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut whole = Whole::begin(&first, frames)?;
    while let Some(more) = next(&mut body, visit).await? {
        if whole.bytes.len() + more.len() > limit {
            return Err(Refusal::BodyTooLarge(limit));
        }
        whole.extend(&more)?;
    }
    Ok(whole.bytes.into())
}

/// The next piece of a body.
async fn next(body: &mut Incoming, visit: &Visit) -> Result<Option<Bytes>, Refusal> {
    poll_fn(|context| {
        if visit.poll_late(context) == Poll::Ready(Late) {
            return Poll::Ready(Err(Refusal::BodyTimeout));
        }
        Pin::new(&mut *body)
            .poll_frame(context)
            .map(|frame| match frame {
                None => Ok(None),
                // Headers behind the body say nothing to us.
                Some(Ok(frame)) => Ok(frame.into_data().ok()),
                Some(Err(_)) => Err(Refusal::BodyCut),
            })
    })
    .await
}

/// A body that comes in several pieces. Memory grows with the bytes that have come, never with the
/// length that is announced, and all such bodies together have a budget.
struct Whole {
    bytes: Vec<u8>,
    share: Share,
}

impl Whole {
    fn begin(first: &[u8], frames: &Arc<LongFrames>) -> Result<Self, Refusal> {
        let mut whole = Self {
            bytes: Vec::new(),
            share: Share::new(Arc::clone(frames)),
        };
        whole.extend(first)?;
        Ok(whole)
    }

    fn extend(&mut self, more: &[u8]) -> Result<(), Refusal> {
        let len = self.bytes.len() + more.len();
        if len > self.bytes.capacity() {
            let capacity = len.max(self.bytes.len() * 3 / 2);
            if capacity > SHORT_MAX && !self.share.grow(capacity, false) {
                return Err(Refusal::Busy);
            }
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(more);
        Ok(())
    }
}
