use std::path::PathBuf;

use crate::{Diagnostics, Plan, ProducerChange, Setting, files::held::Held, parse, parse_with};

fn file(properties: &str) -> String {
    format!("routing: {{mode: skip}}\nproducer-props:\n{properties}\nformat: {{mode: json}}\n")
}

fn plan(properties: &str, files: &Held) -> Result<Plan, Diagnostics> {
    parse_with(&file(properties), "test.yml", files)
}

fn setting(plan: &crate::ProducerPlan, name: &str) -> Option<Setting> {
    let mut settings = plan.properties.iter();
    let found = settings.find(|(known, _)| known == name);
    found.map(|(_, value)| value.clone())
}

#[test]
fn what_a_file_holds_is_a_value_as_if_it_was_written_but_never_shown() {
    let files = Held::default();
    files.set("ids/id", "canary\n");
    files.set("app.properties", "linger = 7");
    let properties = "  client.id: ${directory:ids:id}\n  linger.ms: ${file:app.properties:linger}";
    let plan = plan(properties, &files).unwrap();
    assert_eq!(plan.producer.linger.as_millis(), 7);
    let id = setting(&plan.producer, "client.id").unwrap();
    assert_eq!(id.expose(), "canary");
    assert!(!format!("{plan:?}").contains("canary"));
    let expected = ["/etc/connector/app.properties", "/etc/connector/ids/id"];
    let expected = expected.map(PathBuf::from);
    assert_eq!(plan.producer.files, expected);
    assert_eq!(plan.files, expected);
    assert!(plan.producer.is_complete);
}

#[test]
fn a_wrong_value_of_a_file_is_told_without_the_value() {
    let files = Held::default();
    files.set("f/k", "canary");
    for property in [
        "linger.ms: ${directory:f:k}",
        "acks: ${directory:f:k}",
        "enable.idempotence: ${directory:f:k}",
        "compression.gzip.level: ${directory:f:k}",
        "bootstrap.servers: [a:1, '${directory:f:k}']",
        "partitioner.class: ${directory:f:k}",
        "security.protocol: ${directory:f:k}",
    ] {
        let error = plan(&format!("  {property}"), &files).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("the value ") && !text.contains("canary"),
            "{text}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error_at_its_property() {
    let error = plan("  client.id: ${directory:ids:id}", &Held::default()).unwrap_err();
    assert_eq!(
        error.iter().next().unwrap().to_string(),
        "3:14: producer-props.client.id: refers to the file \"/etc/connector/ids/id\", which cannot be \
         read: entity not found (value \"${directory:ids:id}\"); mend the path, which is relative to the \
         configuration file, or the file's rights"
    );
}

#[test]
fn without_files_in_reach_values_of_them_are_not_checked() {
    let text = file("  client.id: ${directory:ids:id}\n  linger.ms: a${file:b:c}");
    let plan = parse(&text, "test.yml").unwrap();
    assert!(!plan.producer.is_complete);
    assert_eq!(plan.producer.files, [] as [PathBuf; 0]);
    assert!(parse(&file("  client.idd: ${directory:ids:id}"), "test.yml").is_err());
}

#[test]
fn the_producer_is_planned_again_when_a_file_has_changed() {
    let files = Held::default();
    files.set("f/k", "one");
    let plan = plan(
        "  client.id: ${directory:f:k}\n  retries: ${directory:f:n}",
        &files,
    );
    assert!(plan.is_err());
    files.set("f/n", "5");
    let plan = self::plan(
        "  client.id: ${directory:f:k}\n  retries: ${directory:f:n}",
        &files,
    )
    .unwrap();
    let again = plan.producer_again(&files).unwrap();
    assert_eq!(plan.producer.change_to(&again), ProducerChange::None);
    files.set("f/k", "two");
    let again = plan.producer_again(&files).unwrap();
    assert_eq!(plan.producer.change_to(&again), ProducerChange::Client);
    files.set("f/n", "canary");
    let error = plan.producer_again(&files).unwrap_err();
    assert_eq!(
        error.to_string(),
        "test.yml:4:12: producer-props.retries: the value is no whole number (value \
         \"${directory:f:n}\"); use a whole number from 0 to 2147483647\n1 error in test.yml"
    );
}

#[test]
fn kafkas_own_providers_can_be_declared_under_any_name_and_no_others() {
    let files = Held::default();
    files.set("f/k", "me");
    let class = "org.apache.kafka.common.config.provider.DirectoryConfigProvider";
    let properties = format!(
        "  config.providers: [vault, file]\n  config.providers.vault.class: {class}\n  client.id: ${{vault:f:k}}"
    );
    let plan = plan(&properties, &files).unwrap();
    assert_eq!(setting(&plan.producer, "client.id").unwrap().expose(), "me");
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);

    let error = self::plan(
        "  config.providers: env\n  config.providers.env.class: org.apache.kafka.common.config.provider.EnvVarConfigProvider",
        &files,
    );
    let text = error.unwrap_err().to_string();
    assert!(text.contains("config.providers.env.class: \"org.apache.kafka.common.config.provider.EnvVarConfigProvider\" is a Java class, which cannot be loaded"), "{text}");
    let error = self::plan("  config.providers: x", &files).unwrap_err();
    assert!(error.to_string().contains("names \"x\" without its class"));
    let plan = self::plan(
        "  config.providers: file\n  config.providers.file.param.allowed.paths: /a\n  config.providers.x.class: y",
        &files,
    );
    let warnings = plan.unwrap().warnings;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}
