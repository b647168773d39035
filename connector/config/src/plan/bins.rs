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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        java_regex::{Regex, Replacement},
        plan::TransformStep,
    };

    fn specified(names: &[&str]) -> Selection {
        let names = names.iter().map(|name| name.as_bytes().into());
        Selection::Specified(names.collect())
    }

    fn name(bins: &BinTransforms, name: &[u8]) -> Option<Vec<u8>> {
        bins.name(name).unwrap().map(Cow::into_owned)
    }

    #[test]
    fn a_bin_has_its_own_name_unless_something_is_said() {
        let bins = BinTransforms::default();
        for own in [b"name".as_slice(), b"", b"\xff\xfe"] {
            assert!(matches!(bins.name(own).unwrap(), Some(Cow::Borrowed(found)) if found == own));
        }
    }

    #[test]
    fn exclude_beats_include() {
        let bins = BinTransforms {
            include: specified(&["name", "dob"]),
            exclude: specified(&["dob", "age"]),
            ..BinTransforms::default()
        };
        assert_eq!(name(&bins, b"name"), Some(b"name".to_vec()));
        assert_eq!(name(&bins, b"dob"), None);
        assert_eq!(name(&bins, b"age"), None);
        assert_eq!(name(&bins, b"other"), None);
        let bins = BinTransforms {
            exclude: Selection::All,
            ..bins
        };
        assert_eq!(name(&bins, b"name"), None);
        let bins = BinTransforms {
            include: Selection::None,
            exclude: Selection::None,
            ..bins
        };
        assert_eq!(name(&bins, b"name"), None);
    }

    #[test]
    fn a_bin_in_the_map_is_not_transformed() {
        let bins = BinTransforms {
            map: HashMap::from([(b"colour".as_slice().into(), "color".into())]),
            transforms: Transforms::new(vec![TransformStep::Uppercase]),
            ..BinTransforms::default()
        };
        assert_eq!(name(&bins, b"colour"), Some(b"color".to_vec()));
        assert_eq!(name(&bins, b"color"), Some(b"COLOR".to_vec()));
    }

    #[test]
    fn selections_and_the_map_name_the_bins_of_the_record() {
        let bins = BinTransforms {
            include: specified(&["colour"]),
            exclude: specified(&["color"]),
            map: HashMap::from([(b"colour".as_slice().into(), "color".into())]),
            ..BinTransforms::default()
        };
        assert_eq!(name(&bins, b"colour"), Some(b"color".to_vec()));
    }

    #[test]
    fn a_name_that_is_not_text_fails_where_it_would_be_transformed_alone() {
        let bins = BinTransforms {
            exclude: Selection::Specified([b"\xfe".as_slice().into()].into()),
            map: HashMap::from([(b"\xfd".as_slice().into(), "fd".into())]),
            transforms: Transforms::new(vec![TransformStep::Trim]),
            ..BinTransforms::default()
        };
        assert_eq!(name(&bins, b"\xfe"), None);
        assert_eq!(name(&bins, b"\xfd"), Some(b"fd".to_vec()));
        assert!(matches!(bins.name(b"\xff"), Err(BinNameError::NotUtf8)));
    }

    #[test]
    fn a_regular_expression_that_gives_up_is_named() {
        let regex = Regex::new("(a*)*\\1b").unwrap();
        let replacement = Replacement::parse("", &regex).unwrap();
        let bins = BinTransforms {
            transforms: Transforms::new(vec![TransformStep::Regex(regex, replacement)]),
            ..BinTransforms::default()
        };
        let error = bins.name(&[b'a'; 4096]).unwrap_err();
        assert!(matches!(error, BinNameError::Transform { .. }), "{error}");
    }
}
