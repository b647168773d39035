//! The topic is the value of a bin: string or blob as UTF-8 text, integer in decimal (13.7).

use std::{fmt, sync::Arc};

use aeroduct_config::{NameRoute, TopicName, Transforms};
use aeroduct_record::{Particle, ParticleKind, Record};

use super::{TextMisfit, name_into};
use crate::{
    error::{PrepareError, Unroutable},
    lane::TopicChoice,
};

/// Takes the topic from a bin of the record.
#[derive(Debug)]
pub(crate) struct BinRoute {
    bin: Box<str>,
    default: Option<TopicName>,
    transforms: Transforms,
}

/// Why the bin does not name a topic. Nothing is allocated for it: records that take the default, such
/// as all deletes, are no errors.
#[derive(Debug)]
enum Misfit {
    Missing,
    Null,
    Type(ParticleKind),
    Malformed,
    Text(TextMisfit),
    IllegalName,
}

/// `bin BIN else DEFAULT`, and the transforms; no topic is called like that.
impl fmt::Display for BinRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = self.default.as_ref().map_or("", AsRef::as_ref);
        let Self {
            bin, transforms, ..
        } = self;
        write!(f, "bin {bin} else {default}{transforms}")
    }
}

impl BinRoute {
    pub(crate) fn new(bin: &str, route: &NameRoute) -> Self {
        Self {
            bin: bin.into(),
            default: route.default.clone(),
            transforms: route.transforms.clone(),
        }
    }

    pub(crate) const fn default(&self) -> Option<&TopicName> {
        self.default.as_ref()
    }

    /// Puts the name of the record's topic into `topic`, or takes the default.
    pub(crate) fn choose(
        &self,
        record: &Record<'_>,
        topic: &mut String,
    ) -> Result<TopicChoice, PrepareError> {
        match self.name(record, topic) {
            Ok(()) => Ok(TopicChoice::Named),
            Err(_) if self.default.is_some() => Ok(TopicChoice::Fixed),
            Err(misfit) => Err(PrepareError::unroutable(Arc::new(
                self.explain(misfit, record, topic),
            ))),
        }
    }

    fn name(&self, record: &Record<'_>, topic: &mut String) -> Result<(), Misfit> {
        let bin = record
            .bins
            .find(self.bin.as_bytes())
            .ok_or(Misfit::Missing)?;
        let is_legal = match bin.particle() {
            Ok(Particle::String(text) | Particle::Blob(text)) => {
                name_into(topic, text, &self.transforms)
            }
            Ok(Particle::Integer(value)) => name_into(
                topic,
                itoa::Buffer::new().format(value).as_bytes(),
                &self.transforms,
            ),
            Ok(Particle::Null) => return Err(Misfit::Null),
            Ok(_) => return Err(Misfit::Type(bin.kind)),
            Err(_) => return Err(Misfit::Malformed),
        };
        if is_legal.map_err(Misfit::Text)? {
            Ok(())
        } else {
            Err(Misfit::IllegalName)
        }
    }

    #[cold]
    fn explain(&self, misfit: Misfit, record: &Record<'_>, topic: &str) -> Unroutable {
        let bin = self.bin.clone();
        match misfit {
            Misfit::Missing => Unroutable::BinMissing { bin },
            Misfit::Null => Unroutable::BinNull { bin },
            Misfit::Type(kind) => Unroutable::BinType {
                bin,
                found: kind.name(),
            },
            Misfit::Malformed => Unroutable::BinType {
                bin,
                found: "malformed",
            },
            Misfit::Text(misfit) => {
                let value = record
                    .bins
                    .find(bin.as_bytes())
                    .map_or(&[][..], |bin| bin.bytes);
                misfit.explain(&format!("value of bin {bin:?}"), value)
            }
            Misfit::IllegalName => Unroutable::IllegalName { name: topic.into() },
        }
    }
}
