//! Where a record goes: a topic settled when the lane is made, or one that a bin or the path of its
//! request names.

use std::{borrow::Cow, sync::Arc};

use aeroduct_config::{NameRoute, Routing, TopicName, TransformError, Transforms, is_legal_topic};
use simdutf8::basic::from_utf8;

use self::{bin::BinRoute, path::PathRoute};
use crate::error::Unroutable;

pub(crate) mod bin;
pub(crate) mod path;

/// The way that the records of a lane take.
#[derive(Debug)]
pub(crate) enum Route {
    /// They all go to this topic.
    Topic(TopicName),
    /// None of them can go anywhere.
    Nowhere(Arc<Unroutable>),
    /// Each names its topic.
    Bin(BinRoute),
    /// The request that brings one names its topic.
    Path(PathRoute),
}

impl Route {
    /// The route that `routing` gives to the records of a namespace and set; `None` where it skips them.
    pub(crate) fn resolve(routing: &Routing, namespace: &[u8], set: Option<&[u8]>) -> Option<Self> {
        Some(match routing {
            Routing::Static(topic) => Self::Topic(topic.clone()),
            Routing::Skip => return None,
            Routing::Namespace(route) => Self::settle(route, name("namespace", namespace, route)),
            Routing::Set(route) => {
                let named = set
                    .ok_or(Unroutable::NoSet)
                    .and_then(|set| name("set name", set, route));
                Self::settle(route, named)
            }
            Routing::Bin { bin, route } => Self::Bin(BinRoute::new(bin, route)),
            Routing::Path(route) => Self::Path(PathRoute::new(route)),
        })
    }

    /// The topic that is known before any record, if there is one.
    pub(crate) fn topic(&self) -> Option<&TopicName> {
        match self {
            Self::Topic(topic) => Some(topic),
            Self::Nowhere(_) => None,
            Self::Bin(route) => route.default(),
            Self::Path(route) => route.default(),
        }
    }

    /// What tells apart the ways of the same records: the topic, or what names it.
    pub(crate) fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Topic(topic) => Cow::Borrowed(topic.as_ref()),
            Self::Nowhere(_) => Cow::Borrowed(""),
            Self::Bin(route) => Cow::Owned(route.to_string()),
            Self::Path(route) => Cow::Owned(route.to_string()),
        }
    }

    fn settle(route: &NameRoute, named: Result<TopicName, Unroutable>) -> Self {
        match (named, &route.default) {
            (Ok(topic), _) => Self::Topic(topic),
            (Err(_), Some(default)) => Self::Topic(default.clone()),
            (Err(unroutable), None) => Self::Nowhere(Arc::new(unroutable)),
        }
    }
}

fn name(what: &str, text: &[u8], route: &NameRoute) -> Result<TopicName, Unroutable> {
    let named = match transformed(text, &route.transforms) {
        Ok(named) => named,
        Err(misfit) => return Err(misfit.explain(what, text)),
    };
    TopicName::try_from(named.into_owned()).map_err(|illegal| Unroutable::IllegalName {
        name: illegal.0.into(),
    })
}

/// Why a text does not name a topic, short of being no legal name.
#[derive(Debug)]
enum TextMisfit {
    NotUtf8,
    /// A regular expression took more steps than it is granted. This names no topic any more than an
    /// illegal name does, so `default` mends it.
    Transform(TransformError),
}

impl TextMisfit {
    fn explain(self, what: &str, text: &[u8]) -> Unroutable {
        match self {
            Self::NotUtf8 => Unroutable::NotUtf8 { what: what.into() },
            Self::Transform(source) => Unroutable::Transform {
                name: String::from_utf8_lossy(text).into(),
                source,
            },
        }
    }
}

fn transformed<'t>(text: &'t [u8], transforms: &Transforms) -> Result<Cow<'t, str>, TextMisfit> {
    let text = from_utf8(text).map_err(|_| TextMisfit::NotUtf8)?;
    transforms.apply(text).map_err(TextMisfit::Transform)
}

/// Puts the name that `text` becomes into `topic`; says whether it is a legal one.
fn name_into(topic: &mut String, text: &[u8], transforms: &Transforms) -> Result<bool, TextMisfit> {
    let named = transformed(text, transforms)?;
    topic.clear();
    topic.push_str(&named);
    Ok(is_legal_topic(topic))
}
