//! A shard's way into the producer.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use crate::breaker::Admission;
use crate::extras::Place;
use crate::native::{Lot, partition_of};
use crate::partition::Partition;
use crate::shared::{Phase, Shared};
use crate::topic::Topic;
use crate::{BreakerState, Failure, Parcel, Recipient};

/// No item.
const NONE: u32 = u32::MAX;

/// A topic's number within one [`Publisher`], from zero and without gaps.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct TopicIndex(u32);

/// One shard's way into the producer: collects the records of one parcel and ships them
/// together. Holds its scratch memory, so a record costs no allocation, and one lock is
/// taken per partition touched.
pub struct Publisher<R: Recipient> {
    shared: Arc<Shared<R>>,
    routes: Vec<Route<R>>,
    names: HashMap<String, TopicIndex>,
    items: Vec<Item>,
    /// For each item the next one of the same partition.
    links: Vec<u32>,
    touched: Vec<Touched>,
    /// The number of the parcel being shipped.
    flight: u64,
}

/// One record of the parcel to come: where its parts lie in the parcel's bytes. The default has
/// no key, an empty value and no extras.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    /// The key; an empty one is not the same as none.
    pub key: Option<Range<u32>>,
    /// The value.
    pub value: Range<u32>,
    /// Timestamp and headers, if it has any. Such a record is handed over by itself, which costs
    /// two to four times as much, the more headers the more.
    pub extras: Place,
    /// Decides the partition, as in Java's producer; see [`murmur2`](crate::murmur2()).
    pub hash: u32,
    /// Comes back with the report.
    pub slot: u32,
}

/// One record of the parcel to come, and its topic.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) piece: Piece,
    topic: u32,
}

/// A topic as this publisher sees it.
struct Route<R: Recipient> {
    topic: Arc<Topic<R>>,
    partitions: Vec<Arc<Partition<R>>>,
    /// The items of each partition, in order. One more, the last, for items that go to no
    /// partition.
    chains: Vec<Chain>,
    course: Course,
    /// The parcel that `course` was decided for.
    flight: u64,
}

/// Where the records of a topic go, for one parcel.
#[derive(Clone, Copy, Debug)]
enum Course {
    ToPartitions,
    ToTopic,
    Refused(Failure),
}

#[derive(Clone, Copy, Debug)]
struct Chain {
    first: u32,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
struct Touched {
    route: u32,
    chain: u32,
}

impl<R: Recipient> Publisher<R> {
    pub(crate) fn new(shared: Arc<Shared<R>>) -> Self {
        Self {
            shared,
            routes: Vec::new(),
            names: HashMap::new(),
            items: Vec::new(),
            links: Vec::new(),
            touched: Vec::new(),
            flight: 0,
        }
    }

    /// The number of the topic with this name, for [`Publisher::add`], or `None` when the
    /// producer has [`Settings::topics_max`](crate::Settings::topics_max) others already.
    /// Takes a lock for a name that this publisher has not met.
    pub fn topic(&mut self, name: &str) -> Option<TopicIndex> {
        if let Some(&index) = self.names.get(name) {
            return Some(index);
        }
        let index = TopicIndex(u32::try_from(self.routes.len()).unwrap_or(NONE));
        let topic = self.shared.topic(name)?;
        // So that the partitions are known when the first records come, if possible.
        self.shared.questions.ask(&topic);
        self.routes.push(Route::new(topic));
        self.names.insert(name.to_owned(), index);
        Some(index)
    }

    /// How many partitions the topic has, as far as this is known. Together with
    /// [`partition_of`](crate::partition_of()) it tells which records will lie in one partition.
    /// It may have become another number when they are shipped.
    ///
    /// While it is not known Kafka is asked for it, unless the topic refuses records at the
    /// moment.
    pub fn partitions(&mut self, topic: TopicIndex) -> Option<usize> {
        let route = self.routes.get_mut(topic.0 as usize)?;
        route.follow();
        if route.partitions.is_empty() && route.topic.core.breaker.state() == BreakerState::Closed {
            self.shared.questions.ask(&route.topic);
        }
        Some(route.partitions.len()).filter(|&count| count > 0)
    }

    /// Adds a record of the parcel that will be shipped next.
    #[inline]
    pub fn add(&mut self, topic: TopicIndex, piece: Piece) {
        self.items.push(Item {
            piece,
            topic: topic.0,
        });
    }

    /// Puts the records added since the last call on their way, in their order. Does not
    /// wait for Kafka. Some may be reported before this returns.
    ///
    /// A record whose ranges are not within the parcel, or whose extras are malformed, is
    /// reported [`Failure::InvalidRecord`]; the others are not affected.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the caller's share of the parcel ends here"
    )]
    pub fn ship(&mut self, parcel: Arc<Parcel<R>>) {
        let count = self.items.len() as u64;
        self.shared
            .counters
            .unreported
            .fetch_add(count, std::sync::atomic::Ordering::AcqRel);
        if self.shared.phase() == Phase::Running {
            let shipped = Instant::now();
            self.thread_items(shipped);
            self.deliver_chains(&parcel, shipped);
        } else {
            self.shared
                .refuse(&parcel, self.items.iter(), Failure::ShuttingDown);
        }
        self.items.clear();
        self.links.clear();
        self.touched.clear();
    }

    /// Links the items of each partition to a chain.
    fn thread_items(&mut self, now: Instant) {
        self.flight += 1;
        self.links.resize(self.items.len(), NONE);
        for (index, item) in (0_u32..).zip(&self.items) {
            // Indexes come from `topic`, so the route is there.
            let route = &mut self.routes[item.topic as usize];
            if route.flight != self.flight {
                route.flight = self.flight;
                route.decide(&self.shared, now);
            }
            let number = match route.course {
                Course::ToPartitions => partition_of(item.piece.hash, route.partitions.len()),
                Course::ToTopic | Course::Refused(_) => route.partitions.len(),
            };
            let chain = &mut route.chains[number];
            if chain.first == NONE {
                chain.first = index;
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "partitions are numbered with 31 bits"
                )]
                self.touched.push(Touched {
                    route: item.topic,
                    chain: number as u32,
                });
            } else {
                self.links[chain.last as usize] = index;
            }
            chain.last = index;
        }
    }

    fn deliver_chains(&mut self, parcel: &Arc<Parcel<R>>, shipped: Instant) {
        for touched in &self.touched {
            let route = &mut self.routes[touched.route as usize];
            let chain = &mut route.chains[touched.chain as usize];
            let first = std::mem::replace(&mut chain.first, NONE);
            let items = || Chained {
                items: &self.items,
                links: &self.links,
                next: first,
            };
            match route.course {
                Course::ToPartitions => {
                    let partition = &route.partitions[touched.chain as usize];
                    partition.accept(&self.shared, parcel, shipped, items());
                }
                Course::ToTopic => {
                    if !route.topic.wait(&self.shared, parcel, shipped, items()) {
                        route.synchronise();
                        route.scatter(&self.shared, parcel, shipped, items());
                    }
                    self.shared.questions.ask(&route.topic);
                }
                Course::Refused(failure) => self.shared.refuse(parcel, items(), failure),
            }
        }
    }
}

impl<R: Recipient> Route<R> {
    fn new(topic: Arc<Topic<R>>) -> Self {
        let chains = vec![Chain {
            first: NONE,
            last: NONE,
        }];
        Self {
            topic,
            partitions: Vec::new(),
            chains,
            course: Course::ToTopic,
            flight: 0,
        }
    }

    fn decide(&mut self, shared: &Shared<R>, now: Instant) {
        self.follow();
        let is_known = !self.partitions.is_empty();
        self.course = match self.topic.core.breaker.admit(shared.counters.clock_ms(now)) {
            Admission::Refused(failure) => Course::Refused(failure),
            Admission::Open if is_known => Course::ToPartitions,
            Admission::Probe if is_known => {
                shared.questions.ask(&self.topic);
                Course::ToPartitions
            }
            Admission::Open | Admission::Probe => Course::ToTopic,
        };
    }

    /// Takes over the topic's partitions if their number has changed. No chain may have items.
    fn follow(&mut self) {
        if self.topic.partition_count() != self.partitions.len() {
            self.synchronise();
        }
    }

    fn synchronise(&mut self) {
        self.partitions = self.topic.partitions();
        self.chains.clear();
        self.chains.resize(
            self.partitions.len() + 1,
            Chain {
                first: NONE,
                last: NONE,
            },
        );
    }

    /// Distributes items whose topic became known between deciding and delivering.
    fn scatter<'i>(
        &self,
        shared: &Shared<R>,
        parcel: &Arc<Parcel<R>>,
        shipped: Instant,
        items: impl Iterator<Item = &'i Item>,
    ) {
        for item in items {
            let number = partition_of(item.piece.hash, self.partitions.len());
            if let Some(partition) = self.partitions.get(number) {
                partition.accept(shared, parcel, shipped, std::iter::once(item));
            }
        }
    }
}

/// Adds records of one parcel to a lot. Returns those that point beyond the parcel.
pub(crate) fn board<'i, R: Recipient>(
    lot: &mut Lot<R>,
    parcel: &Arc<Parcel<R>>,
    shipped: Instant,
    items: impl Iterator<Item = &'i Item>,
) -> Vec<Item> {
    let mut refused = Vec::new();
    lot.begin_run(parcel, shipped);
    for item in items {
        if lot.push(&item.piece).is_err() {
            refused.push(item.clone());
        }
    }
    lot.end_run();
    refused
}

/// Walks over a chain.
struct Chained<'p> {
    items: &'p [Item],
    links: &'p [u32],
    next: u32,
}

impl<'p> Iterator for Chained<'p> {
    type Item = &'p Item;

    fn next(&mut self) -> Option<&'p Item> {
        let index = self.next as usize;
        let item = self.items.get(index)?;
        self.next = self.links[index];
        Some(item)
    }
}
