use super::*;
use crate::parse;
use proptest::prelude::*;

/// The least that a values file may say.
const LEAST: &str = "connectorConfig: { producer-props: { bootstrap.servers: 'kafka:9092' } }";

fn converted(values: &str) -> Conversion {
    match from_helm_values(values.as_bytes(), "values.yaml", None) {
        Ok(conversion) => conversion,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

fn refusal(values: &[u8]) -> String {
    let refused = from_helm_values(values, "values.yaml", None);
    refused.unwrap_err().to_string()
}

/// The notes, one a line.
fn notes(values: &str) -> Vec<String> {
    let notes = converted(values).notes;
    notes.iter().map(ToString::to_string).collect()
}

/// What `connectorConfig` with these lines becomes.
fn config(lines: &str) -> String {
    converted(&format!("connectorConfig:\n{lines}")).text
}

#[test]
fn gaps_are_filled_as_the_chart_fills_them() {
    assert_eq!(
        converted(LEAST).text,
        "\
producer-props:
  bootstrap.servers: kafka:9092
service:
  port: 8080
  manage:
    port: 8081
format:
  mode: flat-json
  metadata-key: metadata
routing:
  mode: static
  destination: aerospike
logging:
  enable-console-logging: true
"
    );
    let notes = notes(LEAST);
    let told = |part: &str| notes.iter().any(|note| note.contains(part));
    assert!(
        told(
            "1:18: connectorConfig.format: is not in the file: the chart fills in { mode: flat-json, metadata-key: metadata }"
        ),
        "{notes:#?}"
    );
    assert!(told("connectorConfig.service.cluster-name: "), "{notes:#?}");
}

#[test]
fn what_is_given_goes_before_the_defaults_of_the_chart() {
    let text = config(
        "  service: { port: [3000, 3001] }
  format: { mode: json }
  routing: { mode: namespace, default: others }
  producer-props: { bootstrap.servers: ['a:1', 'b:2'], linger.ms: 5, acks: all }
  logging: { file: log/file.log }
",
    );
    assert_eq!(
        text,
        "\
service:
  port:
    - 3000
    - 3001
  manage:
    port: 8081
format:
  mode: json
routing:
  mode: namespace
  default: others
producer-props:
  bootstrap.servers:
    - a:1
    - b:2
  linger.ms: 5
  acks: all
logging:
  file: log/file.log
  enable-console-logging: true
"
    );
}

#[test]
fn null_takes_a_default_of_the_chart_away() {
    let text = config(
        "  service: { manage: null }\n  logging: ~\n  format:\n  producer-props: { bootstrap.servers: 'a:1' }\n",
    );
    assert!(text.contains("port: 8080"), "{text}");
    for absent in ["manage", "logging", "format"] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
}

#[test]
fn a_default_that_helm_merged_into_another_mode_is_left_out() {
    let all = "connectorConfig:
  format: { mode: json, metadata-key: metadata }
  routing: { mode: set, destination: aerospike, default: others }
  producer-props: { bootstrap.servers: 'a:1' }
";
    let text = converted(all).text;
    assert!(!text.contains("metadata-key"), "{text}");
    assert!(!text.contains("destination"), "{text}");
    let notes = notes(all);
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with("2:25: connectorConfig.format.metadata-key: ")),
        "{notes:#?}"
    );
    let own = all.replace("metadata-key: metadata", "metadata-key: meta");
    let said = refusal(own.as_bytes());
    assert!(
        said.contains("connectorConfig.format.metadata-key: unknown key"),
        "{said}"
    );
}

#[test]
fn the_name_of_a_release_becomes_that_of_the_cluster_whatever_was_given() {
    let cluster_name = |lines: &str| {
        let values =
            format!("connectorConfig:\n  producer-props: {{ bootstrap.servers: 'a:1' }}\n{lines}");
        let conversion = from_helm_values(values.as_bytes(), "values.yaml", Some("prod"));
        let text = conversion.unwrap().text;
        parse(&text, "made.yml").unwrap().service.cluster_name
    };
    assert_eq!(cluster_name(""), "prod");
    assert_eq!(cluster_name("  service: { cluster-name: own }\n"), "prod");
    assert_eq!(cluster_name("  service: null\n"), "prod");
}

#[test]
fn values_beside_the_configuration_are_named_with_the_place_where_they_belong() {
    let values = format!(
        "{LEAST}
replicaCount: 3
image: {{ repository: r, tag: '' }}
imagePullSecrets: []
nameOverride: ''
affinity: {{ nodeAffinity: {{}} }}
resources: {{ limits: {{ memory: 1Gi }} }}
sidecars: [x]
"
    );
    let notes = notes(&values);
    let of = |key: &str| {
        let mut notes = notes
            .iter()
            .filter(|note| note.contains(&format!(": {key}: ")));
        notes.next().cloned()
    };
    assert!(
        of("replicaCount")
            .is_some_and(|note| note.starts_with("2:1: ") && note.contains("XDR datacenter")),
        "{notes:#?}"
    );
    assert!(of("image").is_some(), "{notes:#?}");
    assert!(of("resources").is_some(), "{notes:#?}");
    assert!(
        of("sidecars").is_some_and(|note| note.contains("no value of the chart")),
        "{notes:#?}"
    );
    for nothing in ["imagePullSecrets", "nameOverride", "affinity"] {
        assert_eq!(of(nothing), None);
    }
}

#[test]
fn every_value_of_the_chart_has_its_place() {
    let values = "affinity autoscaling connectorSecrets fullnameOverride image imagePullSecrets nameOverride \
                  nodeSelector podAnnotations podSecurityContext replicaCount resources securityContext \
                  serviceAccount tolerations";
    for key in values.split(' ') {
        let notes = notes(&format!("{key}: [x]\n{LEAST}"));
        assert!(
            notes.iter().any(|note| note.starts_with("1:1: ")
                && note.contains("belongs to what runs the connector")),
            "{key}: {notes:#?}"
        );
    }
}

#[test]
fn the_values_of_a_sub_chart_are_found_under_its_name() {
    let values = "\
other: 1
aerospike-kafka-outbound:
  replicaCount: 2
  connectorConfig: { producer-props: { bootstrap.servers: 'a:1' }, service: { worker-threads: 4 } }
";
    let conversion = converted(values);
    assert_eq!(
        conversion.warnings[0].path,
        "aerospike-kafka-outbound.connectorConfig.service.worker-threads"
    );
    assert!(
        conversion
            .notes
            .iter()
            .any(|note| note.path == "aerospike-kafka-outbound.replicaCount"
                && note.place == Some((3, 3))),
        "{:#?}",
        conversion.notes
    );
}

#[test]
fn text_stays_text_for_readers_that_know_more_words_than_this_one() {
    let text = config(
        "  service: { cluster-name: 'no' }
  routing: { mode: static, destination: 2024-01-01 }
  namespaces: { on: { routing: { mode: static, destination: 1_000 } } }
  producer-props: { bootstrap.servers: 'a:1', client.id: 0x10 }
",
    );
    for line in [
        "cluster-name: \"no\"",
        "destination: \"2024-01-01\"",
        "\"on\":",
        "destination: \"1_000\"",
        "client.id: \"0x10\"",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn a_wrong_configuration_is_refused_at_its_place_in_the_values() {
    let said = refusal(
        b"replicaCount: 1
connectorConfig:
  service:
    prot: 1
  routing: { mode: statik }
  format: { mode: custom, class: a.B }
",
    );
    for part in [
        "values.yaml:4:5: connectorConfig.service.prot: unknown key; did you mean `port`?\n",
        "values.yaml:5:20: connectorConfig.routing.mode: must be `static`, ",
        "values.yaml:6:34: connectorConfig.format.class: asks for a Java class, ",
        "3 errors in values.yaml",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn what_is_no_values_file_is_refused_with_the_reason() {
    for (values, reason) in [
        (&b"\xff"[..], "1:1: is not UTF-8 text"),
        (b"", "the file has no content"),
        (b"a: [", "not valid YAML"),
        (b"- a", "1:1: is no values file of a Helm chart"),
        (b"replicaCount: 1", "1:1: connectorConfig: is missing"),
        (
            b"connectorConfig:",
            "1:16: connectorConfig: must be a mapping",
        ),
        (
            b"connectorConfig: [a]",
            "1:18: connectorConfig: must be a mapping",
        ),
        (
            b"a: &a { b: c }\nconnectorConfig: *a",
            "2:18: connectorConfig: is a YAML alias",
        ),
        (
            b"connectorConfig: {}\nconnectorConfig: {}",
            "2:1: connectorConfig: given twice, first on line 1",
        ),
        (
            b"aerospike-kafka-outbound: 1",
            "1:1: connectorConfig: is missing",
        ),
    ] {
        let said = refusal(values);
        assert!(said.contains(reason), "{reason}: {said}");
    }
    let long = format!("# {}\n{LEAST}", "x".repeat(1 << 20));
    assert!(refusal(long.as_bytes()).contains("more than 1048576 bytes"));
}

#[test]
fn files_that_only_the_pods_have_do_not_stop_a_conversion() {
    let values = "connectorConfig:
  format: { mode: avro, schema-file: secrets/schemas/change.avsc }
  producer-props:
    bootstrap.servers: 'a:1'
    security.protocol: SSL
    ssl.truststore.location: secrets/tls-certs/store.jks
    ssl.truststore.password: ${directory:secrets/tls-certs:storepass}
";
    let conversion = converted(values);
    for line in [
        "schema-file: secrets/schemas/change.avsc",
        "ssl.truststore.location: secrets/tls-certs/store.jks",
        "${directory:secrets/tls-certs:storepass}",
    ] {
        assert!(
            conversion.text.contains(line),
            "{line}: {}",
            conversion.text
        );
    }
    let is_told = |note: &Note| {
        note.path == "connectorConfig.format.schema-file" && note.message.contains("`check` there")
    };
    assert!(conversion.notes.iter().any(is_told), "{conversion:#?}");
}

#[test]
fn comments_are_said_to_be_lost() {
    let is_told = |values: &str| notes(values).iter().any(|note| note.contains("comments"));
    assert!(is_told(&format!("# why\n{LEAST}")));
    assert!(!is_told(LEAST));
}

proptest! {
    #[test]
    fn names_arrive_as_they_were(name in "[ -~äß→]{1,40}") {
        let values = serde_json::json!({
            "connectorConfig": {
                "service": { "cluster-name": &name },
                "producer-props": { "bootstrap.servers": "a:1", "client.id": &name },
            }
        });
        let text = converted(&values.to_string()).text;
        let plan = parse(&text, "made.yml").unwrap();
        prop_assert_eq!(plan.service.cluster_name, name);
    }
}
