//! Which bins are published, and under which names (5.1).

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use super::{TransformError, Transforms};

/// The `bin-transforms` item.
///
/// Selections and `map` name the record's own bins, before any renaming (13.9).
#[derive(Clone, Debug)]
pub struct BinTransforms {
    /// Bins to publish.
    pub include: Selection,
    /// Bins to leave out, even if they are included.
    pub exclude: Selection,
    /// New names. A bin named here is not subject to `transforms`.
    pub map: HashMap<Box<[u8]>, Box<str>>,
    /// Steps that turn the names of the other bins into new ones.
    pub transforms: Transforms,
}

/// A choice of bins.
#[derive(Clone, Debug)]
pub enum Selection {
    /// Every bin.
    All,
    /// No bin.
    None,
    /// The bins of these names.
    Specified(HashSet<Box<[u8]>>),
}

/// Why a bin has no name to be published under.
#[derive(Debug, thiserror::Error)]
pub enum BinNameError {
    /// Transforms are for text.
    #[error("the name is not UTF-8 text, which the transforms need")]
    NotUtf8,
    /// A regular expression gave up on it.
    #[error("the transforms cannot be applied to the name")]
    Transform {
        /// The bound that was met.
        source: TransformError,
    },
}

/// Every bin under its own name.
impl Default for BinTransforms {
    fn default() -> Self {
        Self {
            include: Selection::All,
            exclude: Selection::None,
            map: HashMap::new(),
            transforms: Transforms::default(),
        }
    }
}

impl BinTransforms {
    /// The name that the bin `name` is published under; `None` where it is left out.
    ///
    /// # Errors
    ///
    /// Where the transforms cannot be applied to the name.
    pub fn name<'n>(&'n self, name: &'n [u8]) -> Result<Option<Cow<'n, [u8]>>, BinNameError> {
        if self.exclude.has(name) || !self.include.has(name) {
            return Ok(None);
        }
        if let Some(new) = self.map.get(name) {
            return Ok(Some(new.as_bytes().into()));
        }
        if self.transforms.is_empty() {
            return Ok(Some(name.into()));
        }
        let text = str::from_utf8(name).map_err(|_| BinNameError::NotUtf8)?;
        let named = self
            .transforms
            .apply(text)
            .map_err(|source| BinNameError::Transform { source })?;
        Ok(Some(match named {
            Cow::Borrowed(name) => name.as_bytes().into(),
            Cow::Owned(name) => name.into_bytes().into(),
        }))
    }
}

impl Selection {
    fn has(&self, name: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Specified(names) => names.contains(name),
        }
    }
}
