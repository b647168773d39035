//! The items of a file, by level, as the plan has them.

use std::time::Duration;

use serde_json::{Value, json};

use super::Levels;
use crate::{
    config::{Config, RoutingConfig},
    load::tests::plan,
    plan::{
        BatchKey, BatchLimits, Batching, BinTransforms, Format, Key, Otherwise, OutboundPlan,
        RecordKey, RecordOrdering, Routing, Rules, Selection,
    },
};

const PUBLISHING: &str = "
routing: {mode: static, destination: users}
format: {mode: json}
producer-props: {bootstrap.servers: 'localhost:9092'}
";

fn everything() -> OutboundPlan {
    plan(include_str!(
        "../../tests/corpus/good/every-supported-key.yml"
    ))
    .outbound
}

fn topic(rules: &Rules<'_>) -> Option<String> {
    match rules.routing? {
        Routing::Static(topic) => Some(topic.as_str().to_owned()),
        other => panic!("{other:?}"),
    }
}

fn names(bins: &BinTransforms, bins_of_record: &[&str]) -> Vec<String> {
    let names = bins_of_record.iter().filter_map(|bin| {
        let name = bins.name(bin.as_bytes()).unwrap()?;
        Some(String::from_utf8(name.into_owned()).unwrap())
    });
    names.collect()
}

#[test]
fn the_general_items_reach_the_plan() {
    let items = everything().general.items;
    let key = Key {
        of_record: RecordKey::Bin("tenant".into(), Otherwise::Permanent),
        of_batch: BatchKey::Concat,
    };
    assert_eq!(items.key, Some(key));
    let bins = items.bins.unwrap();
    assert_eq!(
        names(&bins, &["name", "dob", "colour", "age"]),
        ["NAME", "color"]
    );
    let limits = BatchLimits {
        records: 500,
        bytes: 1 << 20,
        interval: Duration::from_secs(2),
    };
    assert_eq!(items.batching, Some(Batching::On(limits)));
    let remembered = Duration::from_mins(1);
    assert_eq!(items.ordering, Some(RecordOrdering::On { remembered }));
}

// covers: namespaces.*.key, namespaces.*.bin-transforms, namespaces.*.batching,
// covers: namespaces.*.record-ordering, namespaces.*.sets.*.format, namespaces.*.sets.*.key,
// covers: namespaces.*.sets.*.batching
#[test]
fn the_items_of_a_namespace_and_its_sets_reach_the_plan() {
    let outbound = everything();
    let users = &outbound.general.namespaces[b"users".as_slice()];
    assert!(matches!(&users.items.routing, Some(Routing::Set(_))));
    assert!(matches!(&users.items.format, Some(Format::FlatJson { .. })));
    let key = Key {
        of_record: RecordKey::UserKey(Otherwise::Temporary),
        of_batch: BatchKey::Concat,
    };
    assert_eq!(users.items.key, Some(key));
    let exclude = &users.items.bins.as_ref().unwrap().exclude;
    assert!(matches!(exclude, Selection::All));
    assert_eq!(users.items.batching, Some(Batching::Off));
    assert_eq!(users.items.ordering, Some(RecordOrdering::Off));

    let vip = &users.sets[b"vip.eu".as_slice()];
    assert_eq!(vip.format, Some(Format::MessagePack));
    let key = Key {
        of_record: RecordKey::Static("vip".into()),
        of_batch: BatchKey::Concat,
    };
    assert_eq!(vip.key, Some(key));
    let Some(Batching::On(limits)) = vip.batching else {
        panic!("{vip:?}")
    };
    assert_eq!((limits.records, limits.bytes), (10, i64::MAX as u64));
    assert_eq!(limits.interval, Duration::from_secs(8));
    assert_eq!(vip.ordering, None);
}

// covers: port-based-config.*.record-ordering, port-based-config.*.key,
// covers: port-based-config.*.bin-transforms, port-based-config.*.batching
#[test]
fn the_items_of_a_port_reach_the_plan() {
    let outbound = everything();
    assert_eq!(outbound.ports.keys().collect::<Vec<_>>(), [&8081]);
    let port = &outbound.ports[&8081];
    assert!(matches!(port.items.routing, Some(Routing::Skip)));
    assert_eq!(port.items.format, Some(Format::Xdr));
    let remembered = Duration::from_secs(30);
    assert_eq!(port.items.ordering, Some(RecordOrdering::On { remembered }));
    let key = port.items.key.as_ref().unwrap();
    assert_eq!(key.of_record, RecordKey::Digest);
    let bins = port.items.bins.as_ref().unwrap();
    assert_eq!(names(bins, &["Name"]), ["name"]);
    assert!(matches!(port.items.batching, Some(Batching::On(_))));
    let users = &port.namespaces[b"users".as_slice()];
    assert!(matches!(users.items.routing, Some(Routing::Namespace(_))));
    let key = users.sets[b"vip.eu".as_slice()].key.as_ref().unwrap();
    assert_eq!(
        (&key.of_record, key.of_batch),
        (&RecordKey::None, BatchKey::None)
    );
}

// covers: key.source=key-concat
#[test]
fn every_source_of_a_key_is_one_for_records_and_one_for_batches() {
    for (source, of_record, of_batch) in [
        ("system-default", RecordKey::Default, BatchKey::Concat),
        ("none", RecordKey::None, BatchKey::None),
        ("namespace", RecordKey::Namespace, BatchKey::Concat),
        ("set", RecordKey::Set(Otherwise::Digest), BatchKey::Concat),
        ("digest", RecordKey::Digest, BatchKey::Concat),
        (
            "user-key",
            RecordKey::UserKey(Otherwise::Digest),
            BatchKey::Concat,
        ),
        ("key-concat", RecordKey::Default, BatchKey::Concat),
        ("key-hash", RecordKey::Default, BatchKey::Hash),
    ] {
        let text = format!("{PUBLISHING}batching: {{}}\nkey: {{source: {source}}}\n");
        let key = plan(&text).outbound.general.items.key.unwrap();
        assert_eq!(
            (key.of_record, key.of_batch),
            (of_record, of_batch),
            "{source}"
        );
    }
}

// covers: bin-transforms.include.type=all, bin-transforms.include.type=none
#[test]
fn bins_are_chosen_all_or_none() {
    for (include, exclude, published) in [
        ("all", "none", &["a", "b"][..]),
        ("none", "none", &[]),
        ("all", "all", &[]),
    ] {
        let text = format!(
            "{PUBLISHING}bin-transforms: {{include: {{type: {include}}}, exclude: {{type: {exclude}}}}}\n"
        );
        let bins = plan(&text).outbound.general.items.bins.unwrap();
        assert_eq!(names(&bins, &["a", "b"]), published, "{include} {exclude}");
    }
}

#[test]
fn a_batch_leaves_time_for_its_answer() {
    for (deadline, interval, counted) in [
        ("5s", "", 4_000),
        ("9s", "", 8_000),
        ("9s", "batch-interval: 8001", 8_000),
        ("5s", "batch-interval: 4000", 4_000),
        ("5s", "batch-interval: 50", 50),
        ("1500ms", "", 750),
        ("2s", "", 1_000),
        ("100ms", "batch-interval: 60000", 50),
    ] {
        let text = format!(
            "{PUBLISHING}batching: {{{interval}}}\naeroduct: {{reply-deadline: {deadline}}}\n"
        );
        let batching = plan(&text).outbound.rules(8080, b"users", None).batching;
        let found = batching.unwrap().interval;
        assert_eq!(
            found,
            Duration::from_millis(counted),
            "{deadline} {interval}"
        );
    }
}

#[test]
fn the_worked_example_of_the_official_pages_holds() {
    let text = include_str!("../../tests/corpus/good/namespaces-worked-example.yml");
    let outbound = plan(text).outbound;
    let json = Format::Json {
        stringify_map_keys: true,
    };
    let users = outbound.rules(8080, b"users", None);
    assert_eq!(topic(&users), Some("all-data".to_owned()));
    assert_eq!(users.format, Some(&json));
    assert!(users.bins.is_none());

    let premium = outbound.rules(8080, b"users", Some(b"premium"));
    assert_eq!(topic(&premium), Some("users-sets".to_owned()));
    assert_eq!(premium.format, Some(&json));
    assert_eq!(names(premium.bins.unwrap(), &["name"]), ["NAME"]);

    let places = outbound.rules(8080, b"places", Some(b"premium"));
    assert_eq!(topic(&places), Some("places".to_owned()));
    assert_eq!(places.format, None);
}

#[test]
fn a_set_that_is_not_named_has_no_routing_where_only_sets_have() {
    let text = include_str!("../../tests/corpus/good/namespaces-without-a-poisonous-set.yml");
    let outbound = plan(text).outbound;
    let topic_of = |namespace: &[u8], set| topic(&outbound.rules(8080, namespace, set));
    assert_eq!(
        topic_of(b"users", Some(b"premium")),
        Some("premium".to_owned())
    );
    assert_eq!(topic_of(b"users", Some(b"poisonous")), None);
    assert_eq!(topic_of(b"users", None), None);
    assert_eq!(topic_of(b"places", Some(b"premium")), None);
}

#[test]
fn nothing_merges_inside_an_item() {
    let text = format!(
        "{PUBLISHING}
bin-transforms: {{exclude: {{type: specified, bins: [secret]}}}}
batching: {{max-records: 7, batch-interval: 100}}
key: {{source: set, failure-strategy: fail}}
namespaces:
  users:
    format: {{mode: json, stringify-map-keys: false}}
    sets:
      vip:
        format: {{mode: json}}
        bin-transforms: {{transforms: [uppercase]}}
        batching: {{max-bytes: 9}}
        key: {{source: user-key}}
"
    );
    let outbound = plan(&text).outbound;
    let rules = outbound.rules(8080, b"users", Some(b"vip"));
    assert_eq!(
        rules.format,
        Some(&Format::Json {
            stringify_map_keys: true
        })
    );
    assert_eq!(
        names(rules.bins.unwrap(), &["name", "secret"]),
        ["NAME", "SECRET"]
    );
    let limits = BatchLimits {
        records: i32::MAX.unsigned_abs(),
        bytes: 9,
        interval: Duration::from_secs(4),
    };
    assert_eq!(rules.batching, Some(limits));
    let key = rules.key.unwrap();
    assert_eq!(key.of_record, RecordKey::UserKey(Otherwise::Digest));
}

// covers: batching.enabled, record-ordering.enable
#[test]
fn what_is_off_at_a_level_is_off_though_a_more_general_one_has_it_on() {
    let outbound = everything();
    let rules = outbound.rules(8080, b"users", Some(b"other"));
    assert_eq!((rules.batching, rules.ordering), (None, None));
    let rules = outbound.rules(8081, b"users", Some(b"other"));
    assert!(rules.batching.is_some() && rules.ordering.is_some());
}

/// Where the routing of records of namespace `n` and set `s` at port 8080 may stand, in the order
/// of 13.14.
const LEVELS: [&[&str]; 6] = [
    &["port-based-config", "8080", "namespaces", "n", "sets", "s"],
    &["port-based-config", "8080", "namespaces", "n"],
    &["port-based-config", "8080"],
    &["namespaces", "n", "sets", "s"],
    &["namespaces", "n"],
    &[],
];

/// A file with routing at the levels whose bits `mask` has; the topic is the number of the level.
fn file_with_routing_at(mask: usize) -> Value {
    let mut file = json!({
        "service": { "port": [8080, 8081] },
        "producer-props": { "bootstrap.servers": "localhost:9092" },
    });
    for (number, path) in LEVELS.iter().enumerate() {
        if mask & 1 << number != 0 {
            let level = path.iter().fold(&mut file, |level, key| &mut level[*key]);
            level["routing"] = json!({ "mode": "static", "destination": number.to_string() });
        }
    }
    file
}

/// The topic of the first level among `levels` that `mask` has.
fn first_of(mask: usize, levels: &[usize]) -> Option<String> {
    let first = levels.iter().find(|number| mask & 1 << *number != 0)?;
    Some(first.to_string())
}

#[test]
fn a_port_goes_before_the_rest_and_a_set_before_its_namespace() {
    for mask in 0..1 << LEVELS.len() {
        let outbound = plan(&file_with_routing_at(mask).to_string()).outbound;
        for (port, namespace, set, levels) in [
            (
                8080,
                b"n",
                Some(b"s".as_slice()),
                [0, 1, 2, 3, 4, 5].as_slice(),
            ),
            (8080, b"n", Some(b"t"), &[1, 2, 4, 5]),
            (8080, b"n", None, &[1, 2, 4, 5]),
            (8080, b"m", Some(b"s"), &[2, 5]),
            (8081, b"n", Some(b"s"), &[3, 4, 5]),
            (8081, b"n", None, &[4, 5]),
            (8081, b"m", Some(b"s"), &[5]),
        ] {
            let rules = outbound.rules(port, namespace, set);
            assert_eq!(
                topic(&rules),
                first_of(mask, levels),
                "{mask:b} {port} {set:?}"
            );
        }
    }
}

#[test]
fn what_is_checked_together_is_what_applies_together() {
    for mask in 0..1 << LEVELS.len() {
        let file = file_with_routing_at(mask);
        let outbound = plan(&file.to_string()).outbound;
        let config: Config = serde_json::from_value(file).unwrap();
        for kind in Levels::of(&config).kinds(&[8080, 8081]) {
            let port = kind.port.map_or(8081, |port| port.parse().unwrap());
            let namespace = kind.namespace.unwrap_or("other").as_bytes();
            let rules = outbound.rules(port, namespace, kind.set.map(str::as_bytes));
            let checked = kind.item(|level| level.routing).map(|(_, routing)| routing);
            let checked = checked.map(|routing| match routing {
                RoutingConfig::Static { destination } => destination.clone(),
                other => panic!("{other:?}"),
            });
            assert_eq!(checked, topic(&rules), "{mask:b} {port} {:?}", kind.set);
        }
    }
}

#[test]
fn every_name_is_checked_and_any_other() {
    let config: Config = serde_json::from_value(file_with_routing_at(0b111_111)).unwrap();
    let levels = Levels::of(&config);
    let kinds_at = |port, ports: &[u16]| {
        let kinds = levels.kinds(ports).filter(|kind| kind.port == port);
        kinds
            .map(|kind| (kind.namespace, kind.set))
            .collect::<Vec<_>>()
    };
    let each = [(None, None), (Some("n"), None), (Some("n"), Some("s"))];
    assert_eq!(kinds_at(Some("8080"), &[8081, 8080]), each);
    assert_eq!(kinds_at(None, &[8081, 8080, 8082]), each);
    assert_eq!(kinds_at(None, &[8080]), []);
}
