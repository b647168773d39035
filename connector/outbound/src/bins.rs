//! Under which names a record's bins are published, and which of them are.

use std::{borrow::Cow, collections::HashMap};

use aeroduct_config::BinTransforms;
use aeroduct_record::Bins;

use crate::error::{PrepareError, ValueFault};

/// Names kept from record to record for one namespace and set: more than a set has bins. There may be
/// thousands of sets.
const KNOWN_MAX: usize = 512;

/// What becomes of the names of bins.
#[derive(Debug)]
pub(crate) enum BinNames {
    /// All bins are published, under their own names.
    Own,
    /// As `bin-transforms` has it.
    New(Box<NewNames>),
}

/// Names that `bin-transforms` gives; each is worked out once.
#[derive(Debug)]
pub(crate) struct NewNames {
    transforms: BinTransforms,
    known: HashMap<Box<[u8]>, Option<Box<[u8]>>>,
}

impl BinNames {
    pub(crate) fn new(transforms: Option<&BinTransforms>) -> Self {
        transforms.map_or(Self::Own, |transforms| {
            Self::New(Box::new(NewNames {
                transforms: transforms.clone(),
                known: HashMap::new(),
            }))
        })
    }

    /// A new record begins: from here on all names that are asked for stay known.
    #[inline]
    pub(crate) fn begin(&mut self) {
        match self {
            Self::New(names) if names.known.len() > KNOWN_MAX => names.known.clear(),
            Self::Own | Self::New(_) => {}
        }
    }

    /// The name to publish the bin `own` under; `None` where it is left out.
    #[inline]
    pub(crate) fn name<'n>(&'n mut self, own: &'n [u8]) -> Result<Option<&'n [u8]>, PrepareError> {
        match self {
            Self::Own => Ok(Some(own)),
            Self::New(names) => names.name(own),
        }
    }

    /// The same of a bin of the record whose name was asked for before.
    #[inline]
    pub(crate) fn known<'n>(&'n self, own: &'n [u8]) -> Option<&'n [u8]> {
        match self {
            Self::Own => Some(own),
            Self::New(names) => names.known(own),
        }
    }

    /// How many bins of a record are published.
    #[inline]
    pub(crate) fn count(&mut self, bins: &Bins<'_>) -> Result<u32, PrepareError> {
        match self {
            Self::Own => Ok(u32::try_from(bins.len()).unwrap_or(u32::MAX)),
            Self::New(names) => names.count(bins),
        }
    }
}

impl NewNames {
    fn name(&mut self, own: &[u8]) -> Result<Option<&[u8]>, PrepareError> {
        if !self.known.contains_key(own) {
            self.learn(own)?;
        }
        Ok(self.known(own))
    }

    fn known(&self, own: &[u8]) -> Option<&[u8]> {
        self.known.get(own).and_then(Option::as_deref)
    }

    fn count(&mut self, bins: &Bins<'_>) -> Result<u32, PrepareError> {
        let mut count = 0;
        for bin in bins {
            count += u32::from(self.name(bin.name)?.is_some());
        }
        Ok(count)
    }

    #[cold]
    fn learn(&mut self, own: &[u8]) -> Result<(), PrepareError> {
        let name = self
            .transforms
            .name(own)
            .map_err(|error| PrepareError::bin(own, ValueFault::BinName(error)))?;
        let name = name.map(Cow::into_owned).map(Vec::into_boxed_slice);
        self.known.insert(own.into(), name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aeroduct_config::Plan;

    use super::*;

    const UPPER_CASE: &str = "producer-props: {bootstrap.servers: [localhost:9092]}
bin-transforms: {transforms: [uppercase]}
";

    fn names() -> BinNames {
        let plan: Plan = aeroduct_config::parse(UPPER_CASE, "test").unwrap();
        BinNames::new(plan.outbound.general.items.bins.as_ref())
    }

    #[test]
    fn all_names_of_a_record_stay_known_however_many_there_are() {
        let mut names = names();
        let own: Vec<_> = (0..3 * KNOWN_MAX)
            .map(|number| format!("b{number}"))
            .collect();
        for _ in 0..2 {
            names.begin();
            for own in &own {
                names.name(own.as_bytes()).unwrap();
            }
            let known = own
                .iter()
                .filter(|own| names.known(own.as_bytes()).is_some());
            assert_eq!(known.count(), own.len());
        }
    }

    #[test]
    fn what_is_kept_from_record_to_record_is_bounded() {
        let mut names = names();
        for number in 0..10 * KNOWN_MAX {
            names.begin();
            names.name(format!("b{number}").as_bytes()).unwrap();
            let BinNames::New(new) = &names else {
                panic!("the names are transformed");
            };
            assert!(new.known.len() <= KNOWN_MAX + 1);
        }
    }
}
