//! Under which names a record's bins are published, and which of them are.

use std::{borrow::Cow, collections::HashMap};

use aeroduct_config::BinTransforms;
use aeroduct_record::Bins;

use crate::error::{PrepareError, ValueFault};

/// Names kept for one namespace and set: more than a set has bins. There may be thousands of sets.
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

    /// The name to publish the bin `own` under; `None` where it is left out.
    #[inline]
    pub(crate) fn name<'n>(&'n mut self, own: &'n [u8]) -> Result<Option<&'n [u8]>, PrepareError> {
        match self {
            Self::Own => Ok(Some(own)),
            Self::New(names) => names.name(own),
        }
    }

    /// The same of a bin whose name was asked for before.
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
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
        }
        let name = self
            .transforms
            .name(own)
            .map_err(|error| PrepareError::bin(own, ValueFault::BinName(error)))?;
        let name = name.map(Cow::into_owned).map(Vec::into_boxed_slice);
        self.known.insert(own.into(), name);
        Ok(())
    }
}
