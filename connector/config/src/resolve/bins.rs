//! `bin-transforms`: which bins are published, and under which names (5.1).

use std::collections::BTreeMap;

use super::{Report, transforms};
use crate::{
    check::child,
    config::{BinSelectionConfig, BinTransformsConfig, SelectionType},
    plan::{BinTransforms, Selection},
};

/// Longest name of a bin, in bytes, as in the database.
const BIN_NAME_LEN_MAX: usize = 15;

const NAME_A_BIN: &str = "name a bin of the database";

pub(super) fn resolve(
    config: &BinTransformsConfig,
    path: &str,
    report: &mut Report<'_>,
) -> BinTransforms {
    let default = BinTransforms::default();
    let map_path = child(path, "map");
    let map = config.map.iter().flatten();
    let map = map.map(|(name, new)| {
        let path = child(&map_path, name);
        if let Some(reason) = too_long(name) {
            report.error_of_name(&path, reason, NAME_A_BIN);
        }
        if new.is_empty() {
            let remedy = "give the bin a name, or leave it out with `exclude`";
            report.error(&path, "is an empty name", remedy);
        }
        (name.as_bytes().into(), new.as_str().into())
    });
    let map = map.collect();
    let steps = config.transforms.as_deref();
    let mut selection = |config: Option<&BinSelectionConfig>, key, default| {
        config.map_or(default, |config| {
            selection(config, &child(path, key), report)
        })
    };
    let resolved = BinTransforms {
        include: selection(config.include.as_ref(), "include", default.include),
        exclude: selection(config.exclude.as_ref(), "exclude", default.exclude),
        map,
        transforms: transforms::resolve(steps, &child(path, "transforms"), report),
    };
    warn_of_one_name_for_two(config, &resolved, &map_path, report);
    resolved
}

/// Of the records that have both bins none can be rendered (13.9).
fn warn_of_one_name_for_two(
    config: &BinTransformsConfig,
    resolved: &BinTransforms,
    path: &str,
    report: &mut Report<'_>,
) {
    let is_published = |own: &str| !matches!(resolved.name(own.as_bytes()), Ok(None));
    let mut owners = BTreeMap::new();
    let named = config.map.iter().flatten();
    for (own, new) in named.filter(|(own, _)| is_published(own)) {
        if let Some(other) = owners.insert(new, own) {
            let message = format!(
                "gives {other:?} and {own:?} one name, {new:?}: records with both bins are refused for \
                 good"
            );
            report.warn(path, message);
        }
    }
}

fn selection(config: &BinSelectionConfig, path: &str, report: &mut Report<'_>) -> Selection {
    let is_faulty = report.is_faulty(&child(path, "type"));
    let path = &child(path, "bins");
    match (config.r#type, config.bins.as_deref()) {
        (SelectionType::All, None) => return Selection::All,
        (SelectionType::None, None) => return Selection::None,
        (SelectionType::All | SelectionType::None, Some(_)) if !is_faulty => {
            let remedy = "remove it, or write `type: specified`";
            report.error(path, "goes with type `specified` alone", remedy);
        }
        (SelectionType::Specified, None) => {
            let remedy = "add `bins`, such as [name, dob]; type `specified` needs it";
            report.error(path, "is missing", remedy);
        }
        (SelectionType::Specified, Some([])) => {
            let remedy = "put at least one bin into it, or write `type: none`";
            report.error(path, "is an empty list", remedy);
        }
        (_, bins) => {
            for (index, name) in (0..).zip(bins.unwrap_or_default()) {
                let index: usize = index;
                check_bin_name(name, &format!("{path}[{index}]"), report);
            }
        }
    }
    let bins = config.bins.iter().flatten();
    Selection::Specified(bins.map(|name| name.as_bytes().into()).collect())
}

/// Whether the name at `path` can be one of a bin; otherwise there is an error.
pub(super) fn check_bin_name(name: &str, path: &str, report: &mut Report<'_>) {
    if let Some(reason) = too_long(name) {
        report.error(path, reason, NAME_A_BIN);
    }
}

fn too_long(name: &str) -> Option<String> {
    let len = name.len();
    (len > BIN_NAME_LEN_MAX).then(|| format!("has {len} bytes, more than {BIN_NAME_LEN_MAX}"))
}
