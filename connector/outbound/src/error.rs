//! Why a record is not published: always for what the record itself says.

use std::{error, fmt, sync::Arc};

use aeroduct_config::{BinNameError, TransformError};
use aeroduct_record::{
    ParticleError,
    cdt::{CdtError, DEPTH_MAX},
};

use crate::text::geojson::GeoJsonError;

/// Why one record is not published.
///
/// The fault lies in the record, so sending it again does not help: the answer is a permanent error,
/// or a dead letter; but for a missing key whose `failure-strategy` asks for a temporary one
/// ([`is_temporary`](Self::is_temporary)). The text names the bin and what is wrong with it.
#[derive(Debug)]
pub struct PrepareError(Fault);

#[derive(Debug)]
enum Fault {
    Route(Arc<Unroutable>),
    Value { place: Place, fault: ValueFault },
    Key { fault: KeyFault, is_temporary: bool },
}

/// What a key is to be made of, and the record does not have.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFault {
    #[error("the record has no set")]
    Set,
    #[error("the record has no user key of type string, blob, integer or double")]
    UserKey,
    #[error("the record has no bin {0:?} of type string, blob, integer or double")]
    Bin(Box<str>),
}

/// The part of a record that could not be rendered.
#[derive(Debug)]
enum Place {
    UserKey,
    Metadata(&'static str),
    Bin(Box<str>),
}

/// Why no topic could be found, and no default was configured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unroutable {
    #[error("the path of the request names none")]
    NoPath,
    #[error("the record has no set")]
    NoSet,
    #[error("bin {bin:?} is missing")]
    BinMissing { bin: Box<str> },
    #[error("bin {bin:?} is null")]
    BinNull { bin: Box<str> },
    #[error("bin {bin:?} is of type {found}, not string, blob or integer")]
    BinType { bin: Box<str>, found: &'static str },
    #[error("the {what} is not UTF-8 text")]
    NotUtf8 { what: Box<str> },
    #[error("{name:?} is no legal topic name (1 to 249 of A-Z a-z 0-9 . _ -, but not `.` or `..`)")]
    IllegalName { name: Box<str> },
    #[error("the transforms cannot be applied to {name:?}")]
    Transform {
        name: Box<str>,
        source: TransformError,
    },
}

/// Why a value has no place in the output.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ValueFault {
    #[error("its bytes are not of its type")]
    Particle(#[source] ParticleError),
    #[error("the collection cannot be read")]
    Collection(#[source] CdtError),
    #[error("its lists and maps nest deeper than {DEPTH_MAX} levels")]
    TooDeep,
    #[error("it is a collection of another kind than its type says")]
    CollectionKind,
    #[error("a map has a key of type {found}, which has no text form")]
    MapKeyType { found: &'static str },
    #[error("a map has a numeric key, and `stringify-map-keys` is off")]
    NumericMapKey,
    #[error("a map has two keys that become {key:?}")]
    DuplicateMapKey { key: Box<str> },
    #[error("a collection holds the marker `{0}`, which is no value")]
    Marker(&'static str),
    #[error("its GeoJSON text is not valid")]
    GeoJson(#[source] GeoJsonError),
    #[error("it has the name of the metadata object")]
    MetadataKey,
    #[error("there are two bins of this name")]
    DuplicateBin,
    #[error("`bin-transforms` gives it no name")]
    BinName(#[source] BinNameError),
    #[error("no place for {found} in the schema's {wanted}")]
    Unfit {
        found: &'static str,
        wanted: Box<str>,
    },
    #[error("the schema has no field of this name")]
    UnknownBin,
    #[error(
        "the record does not have it, and its field in the schema has neither null nor a default"
    )]
    Missing,
    #[error("a map has the key {key:?}, and the schema's record {record} no such field")]
    UnknownKey { key: Box<str>, record: Box<str> },
    #[error(
        "a map has no key {key:?}, and that field of the schema's record {record} has neither null nor a \
         default"
    )]
    MissingKey { key: Box<str>, record: Box<str> },
    #[error("in its field {field:?}")]
    InField { field: Box<str>, source: Box<Self> },
}

impl PrepareError {
    pub(crate) const fn unroutable(reason: Arc<Unroutable>) -> Self {
        Self(Fault::Route(reason))
    }

    pub(crate) const fn key(fault: KeyFault, is_temporary: bool) -> Self {
        Self(Fault::Key {
            fault,
            is_temporary,
        })
    }

    #[cold]
    pub(crate) fn user_key(fault: ValueFault) -> Self {
        Self(Fault::Value {
            place: Place::UserKey,
            fault,
        })
    }

    #[cold]
    pub(crate) fn bin(name: &[u8], fault: ValueFault) -> Self {
        let name = String::from_utf8_lossy(name).into();
        Self(Fault::Value {
            place: Place::Bin(name),
            fault,
        })
    }

    /// The same of what is said about the record as a whole.
    #[cold]
    pub(crate) fn metadata(name: &'static str, fault: ValueFault) -> Self {
        Self(Fault::Value {
            place: Place::Metadata(name),
            fault,
        })
    }

    /// What kind of fault this is, for counting.
    pub fn reason(&self) -> Reason {
        match &self.0 {
            Fault::Route(unroutable) => unroutable.reason(),
            Fault::Value { fault, .. } => fault.reason(),
            Fault::Key { .. } => Reason::KeyMissing,
        }
    }

    /// Whether the source is to send the record again, because the configuration says so.
    pub const fn is_temporary(&self) -> bool {
        matches!(
            self.0,
            Fault::Key {
                is_temporary: true,
                ..
            }
        )
    }
}

impl fmt::Display for PrepareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Fault::Route(unroutable) => {
                write!(
                    f,
                    "no topic: {unroutable}; set `default` in the routing to publish such records"
                )
            }
            Fault::Value {
                place: Place::UserKey,
                fault,
            } => write!(f, "user key: {fault}"),
            Fault::Value {
                place: Place::Metadata(name),
                fault,
            } => write!(f, "metadata `{name}`: {fault}"),
            Fault::Value {
                place: Place::Bin(name),
                fault,
            } => write!(f, "bin {name:?}: {fault}"),
            Fault::Key { fault, .. } => {
                write!(
                    f,
                    "no key: {fault}; `failure-strategy: use-digest` publishes such records"
                )
            }
        }
    }
}

impl error::Error for PrepareError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.0 {
            Fault::Route(unroutable) => unroutable.source(),
            Fault::Value { fault, .. } => fault.source(),
            Fault::Key { fault, .. } => fault.source(),
        }
    }
}

impl Unroutable {
    const fn reason(&self) -> Reason {
        match self {
            Self::NoPath => Reason::NoPath,
            Self::NoSet => Reason::NoSet,
            Self::BinMissing { .. } => Reason::TopicBinMissing,
            Self::BinNull { .. } => Reason::TopicBinNull,
            Self::BinType { .. } => Reason::TopicBinType,
            Self::NotUtf8 { .. } => Reason::TopicNotUtf8,
            Self::IllegalName { .. } => Reason::TopicIllegal,
            Self::Transform { .. } => Reason::TopicTransform,
        }
    }
}

impl ValueFault {
    fn reason(&self) -> Reason {
        match self {
            Self::Particle(_) => Reason::Particle,
            Self::Collection(_) | Self::CollectionKind => Reason::Collection,
            Self::TooDeep | Self::GeoJson(GeoJsonError::TooDeep { .. }) => Reason::Depth,
            Self::MapKeyType { .. } | Self::NumericMapKey => Reason::MapKeyType,
            Self::DuplicateMapKey { .. } => Reason::DuplicateMapKey,
            Self::Marker(_) => Reason::Marker,
            Self::GeoJson(GeoJsonError::Malformed { .. }) => Reason::GeoJson,
            Self::MetadataKey => Reason::MetadataKeyCollision,
            Self::DuplicateBin => Reason::DuplicateBin,
            Self::BinName(_) => Reason::BinName,
            Self::Unfit { .. } => Reason::SchemaType,
            Self::UnknownBin | Self::UnknownKey { .. } => Reason::SchemaUnknown,
            Self::Missing | Self::MissingKey { .. } => Reason::SchemaMissing,
            Self::InField { source, .. } => source.reason(),
        }
    }

    /// The same of a value inside of a record of the schema.
    #[cold]
    pub(crate) fn in_field(self, field: &str) -> Self {
        Self::InField {
            field: field.into(),
            source: Box::new(self),
        }
    }
}

impl From<CdtError> for ValueFault {
    fn from(error: CdtError) -> Self {
        match error {
            CdtError::TooDeep => Self::TooDeep,
            damage => Self::Collection(damage),
        }
    }
}

/// The kinds of faults that keep a record from being published: a closed set, fit for a metric's label.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Reason {
    /// A transform of `bin-transforms` gave up on the name of a bin.
    BinName,
    /// The lists and maps of a bin are not what the wire format allows.
    Collection,
    /// Collections, or the JSON of a GeoJSON text, are nested deeper than 64 levels.
    Depth,
    /// Two bins have one name.
    DuplicateBin,
    /// Two keys of a map become the same text.
    DuplicateMapKey,
    /// A GeoJSON text is not JSON.
    GeoJson,
    /// The record lacks what its key is to be made of.
    KeyMissing,
    /// A map key is of a type that cannot be the name of a JSON member.
    MapKeyType,
    /// A collection holds a wildcard or infinity, which stand for no value.
    Marker,
    /// A bin is named as the member that holds the metadata.
    MetadataKeyCollision,
    /// No path, or none that says anything, where the topic is what it says.
    NoPath,
    /// No set, where the topic is the set's name.
    NoSet,
    /// The bytes of a bin are not what its type allows.
    Particle,
    /// The schema needs a value that the record does not have.
    SchemaMissing,
    /// A value is of a type that the schema has no place for.
    SchemaType,
    /// The schema has no field for a bin, or for a key of a map.
    SchemaUnknown,
    /// The bin that names the topic is missing.
    TopicBinMissing,
    /// The bin that names the topic is null.
    TopicBinNull,
    /// The bin that names the topic is neither string, blob nor integer.
    TopicBinType,
    /// What should name the topic is no legal topic name.
    TopicIllegal,
    /// What should name the topic is not UTF-8.
    TopicNotUtf8,
    /// A transform of the topic's name gave up.
    TopicTransform,
}

impl Reason {
    /// All reasons, for registering their metrics.
    pub const ALL: [Self; 22] = [
        Self::BinName,
        Self::Collection,
        Self::Depth,
        Self::DuplicateBin,
        Self::DuplicateMapKey,
        Self::GeoJson,
        Self::KeyMissing,
        Self::MapKeyType,
        Self::Marker,
        Self::MetadataKeyCollision,
        Self::NoPath,
        Self::NoSet,
        Self::Particle,
        Self::SchemaMissing,
        Self::SchemaType,
        Self::SchemaUnknown,
        Self::TopicBinMissing,
        Self::TopicBinNull,
        Self::TopicBinType,
        Self::TopicIllegal,
        Self::TopicNotUtf8,
        Self::TopicTransform,
    ];

    /// The reason as the value of a metric's label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::BinName => "bin-name",
            Self::Collection => "collection",
            Self::Depth => "depth",
            Self::DuplicateBin => "duplicate-bin",
            Self::DuplicateMapKey => "duplicate-map-key",
            Self::GeoJson => "geojson",
            Self::KeyMissing => "key-missing",
            Self::MapKeyType => "map-key-type",
            Self::Marker => "marker",
            Self::MetadataKeyCollision => "metadata-key-collision",
            Self::NoPath => "no-path",
            Self::NoSet => "no-set",
            Self::Particle => "particle",
            Self::SchemaMissing => "schema-missing",
            Self::SchemaType => "schema-type",
            Self::SchemaUnknown => "schema-unknown",
            Self::TopicBinMissing => "topic-bin-missing",
            Self::TopicBinNull => "topic-bin-null",
            Self::TopicBinType => "topic-bin-type",
            Self::TopicIllegal => "topic-illegal",
            Self::TopicNotUtf8 => "topic-not-utf8",
            Self::TopicTransform => "topic-transform",
        }
    }

    /// Whether the record found no topic; otherwise it could not be rendered.
    pub const fn is_unroutable(self) -> bool {
        match self {
            Self::NoPath
            | Self::NoSet
            | Self::TopicBinMissing
            | Self::TopicBinNull
            | Self::TopicBinType
            | Self::TopicIllegal
            | Self::TopicNotUtf8
            | Self::TopicTransform => true,
            Self::BinName
            | Self::Collection
            | Self::Depth
            | Self::DuplicateBin
            | Self::DuplicateMapKey
            | Self::GeoJson
            | Self::KeyMissing
            | Self::MapKeyType
            | Self::Marker
            | Self::MetadataKeyCollision
            | Self::Particle
            | Self::SchemaMissing
            | Self::SchemaType
            | Self::SchemaUnknown => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn all_reasons_are_listed_once_under_a_label_of_their_own() {
        let labels: std::collections::BTreeSet<_> =
            Reason::ALL.iter().map(|reason| reason.label()).collect();
        assert_eq!(labels.len(), Reason::ALL.len());
        for label in labels {
            assert!(
                label
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            );
        }
        assert!(Reason::ALL.is_sorted());
    }
}
