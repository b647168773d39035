//! The items of every level, as the configuration file has them.

use std::collections::HashMap;

use aeroduct_config::{
    BatchKey, Batching, BinTransforms, Block, Format, Items, Key, NameRoute, Otherwise,
    OutboundPlan, RecordKey, RecordOrdering, Routing, Selection, TopicName, TransformStep,
    Transforms,
};
use serde_json::{Map, Value, json};

/// The general items, which apply where no level has its own and so tell the defaults; then what
/// the levels have.
pub(super) fn outbound(plan: &OutboundPlan) -> Map<String, Value> {
    let Items {
        routing,
        format,
        key,
        bins,
        batching,
        ordering,
    } = &plan.general.items;
    let mut value = items(&Items {
        routing: routing.clone(),
        format: format.clone(),
        key: Some(key.clone().unwrap_or_default()),
        bins: Some(bins.clone().unwrap_or_default()),
        batching: Some(batching.unwrap_or(Batching::Off)),
        ordering: Some(ordering.unwrap_or(RecordOrdering::Off)),
    });
    add_namespaces(&mut value, &plan.general);
    let mut ports: Vec<_> = plan.ports.iter().collect();
    ports.sort_by_key(|(port, _)| **port);
    let ports = ports.into_iter().map(|(port, block)| {
        let mut value = items(&block.items);
        add_namespaces(&mut value, block);
        (port.to_string(), value)
    });
    add_levels(&mut value, "port-based-config", ports);
    value
}

fn add_namespaces(value: &mut Map<String, Value>, block: &Block) {
    let namespaces = in_order(&block.namespaces);
    let namespaces = namespaces.into_iter().map(|(name, namespace)| {
        let mut value = items(&namespace.items);
        let sets = in_order(&namespace.sets);
        let sets = sets.into_iter().map(|(name, set)| (name, items(set)));
        add_levels(&mut value, "sets", sets);
        (name, value)
    });
    add_levels(value, "namespaces", namespaces);
}

fn add_levels(
    value: &mut Map<String, Value>,
    key: &str,
    levels: impl Iterator<Item = (String, Map<String, Value>)>,
) {
    let levels: Map<_, _> = levels.map(|(name, level)| (name, level.into())).collect();
    if !levels.is_empty() {
        value.insert(key.to_owned(), levels.into());
    }
}

fn in_order<T>(levels: &HashMap<Box<[u8]>, T>) -> Vec<(String, &T)> {
    let mut levels: Vec<_> = levels
        .iter()
        .map(|(name, level)| (text(name), level))
        .collect();
    levels.sort_by(|(one, _), (other, _)| one.cmp(other));
    levels
}

/// What the level has.
fn items(items: &Items) -> Map<String, Value> {
    let items = [
        ("routing", items.routing.as_ref().map(routing)),
        ("format", items.format.as_ref().map(format)),
        ("key", items.key.as_ref().map(key)),
        ("bin-transforms", items.bins.as_ref().map(bin_transforms)),
        ("batching", items.batching.as_ref().map(batching)),
        ("record-ordering", items.ordering.as_ref().map(ordering)),
    ];
    items
        .into_iter()
        .filter_map(|(name, item)| Some((name.to_owned(), item?)))
        .collect()
}

fn routing(routing: &Routing) -> Value {
    match routing {
        Routing::Static(topic) => json!({"mode": "static", "destination": topic.as_str()}),
        Routing::Skip => json!({"mode": "skip"}),
        Routing::Namespace(route) => by_name("namespace", None, route),
        Routing::Set(route) => by_name("set", None, route),
        Routing::Bin { bin, route } => by_name("bin", Some(bin), route),
        Routing::Path(route) => by_name("path", None, route),
    }
}

fn by_name(mode: &str, bin: Option<&str>, route: &NameRoute) -> Value {
    let mut value = json!({
        "mode": mode,
        "default": route.default.as_ref().map(TopicName::as_str),
        "transforms": transforms(&route.transforms),
    });
    if let Some(bin) = bin {
        value["bin"] = bin.into();
    }
    value
}

fn transforms(transforms: &Transforms) -> Value {
    let steps = transforms.steps().iter().map(|step| match step {
        TransformStep::Lowercase => json!("lowercase"),
        TransformStep::Uppercase => json!("uppercase"),
        TransformStep::Trim => json!("trim"),
        TransformStep::Regex(regex, replacement) => json!({
            "regex": {"pattern": regex.as_str(), "replacement": replacement.as_str()},
        }),
    });
    steps.collect()
}

fn format(format: &Format) -> Value {
    match format {
        Format::Json { stringify_map_keys } => {
            json!({"mode": "json", "stringify-map-keys": stringify_map_keys})
        }
        Format::FlatJson {
            metadata_key,
            stringify_map_keys,
        } => json!({
            "mode": "flat-json",
            "metadata-key": metadata_key,
            "stringify-map-keys": stringify_map_keys,
        }),
        Format::Avro {
            schema,
            stringify_map_keys,
        } => json!({
            "mode": "avro",
            "schema": schema.text(),
            "stringify-map-keys": stringify_map_keys,
        }),
        Format::MessagePack => json!({"mode": "message-pack"}),
        Format::Xdr => json!({"mode": "xdr"}),
    }
}

fn key(key: &Key) -> Value {
    match &key.of_record {
        RecordKey::Default if key.of_batch == BatchKey::Hash => json!({"source": "key-hash"}),
        RecordKey::Default => json!({"source": "system-default"}),
        RecordKey::None => json!({"source": "none"}),
        RecordKey::Namespace => json!({"source": "namespace"}),
        RecordKey::Set(otherwise) => {
            json!({"source": "set", "failure-strategy": strategy(*otherwise)})
        }
        RecordKey::Digest => json!({"source": "digest"}),
        RecordKey::UserKey(otherwise) => {
            json!({"source": "user-key", "failure-strategy": strategy(*otherwise)})
        }
        RecordKey::Bin(bin, otherwise) => json!({
            "source": "bin-value",
            "bin-name": bin,
            "failure-strategy": strategy(*otherwise),
        }),
        RecordKey::Static(value) => json!({"source": "static", "value": value}),
    }
}

fn strategy(otherwise: Otherwise) -> &'static str {
    match otherwise {
        Otherwise::Digest => "use-digest",
        Otherwise::Temporary => "fail",
        Otherwise::Permanent => "ignore",
    }
}

fn bin_transforms(bins: &BinTransforms) -> Value {
    let map: Map<_, _> = in_order(&bins.map)
        .into_iter()
        .map(|(name, new)| (name, json!(new)))
        .collect();
    json!({
        "include": selection(&bins.include),
        "exclude": selection(&bins.exclude),
        "map": map,
        "transforms": transforms(&bins.transforms),
    })
}

fn selection(selection: &Selection) -> Value {
    match selection {
        Selection::All => json!({"type": "all"}),
        Selection::None => json!({"type": "none"}),
        Selection::Specified(names) => {
            let mut names: Vec<_> = names.iter().map(|name| text(name)).collect();
            names.sort();
            json!({"type": "specified", "bins": names})
        }
    }
}

fn batching(batching: &Batching) -> Value {
    match batching {
        Batching::Off => json!({"enabled": false}),
        Batching::On(limits) => json!({
            "enabled": true,
            "max-records": limits.records,
            "max-bytes": limits.bytes,
            "batch-interval": u64::try_from(limits.interval.as_millis()).ok(),
        }),
    }
}

fn ordering(ordering: &RecordOrdering) -> Value {
    match ordering {
        RecordOrdering::Off => json!({"enable": false}),
        RecordOrdering::On { remembered } => {
            json!({"enable": true, "lut-cache-ttl-seconds": remembered.as_secs()})
        }
    }
}

/// A name of the database, which the file has as text.
fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
