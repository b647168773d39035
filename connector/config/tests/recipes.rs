//! Every part of a configuration that the recipes show is sound.

use std::{
    io,
    path::{Path, PathBuf},
};

use aeroduct_config::{Files, parse_with};

const BROKERS: &str = "producer-props: { bootstrap.servers: 'localhost:9092' }\n";

/// The files that the recipes name.
struct Shown;

impl Files for Shown {
    fn locate(&self, path: &str) -> PathBuf {
        Path::new("/etc/aeroduct").join(path)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let stores = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stores/tests/corpus");
        let store = match path {
            "tls/truststore.jks" => "trust.jks",
            "tls/keystore.p12" => "java.p12",
            "secrets/kafka/ca.crt" => "ca.pem",
            "secrets/kafka/tls.crt" => "server.pem",
            "secrets/kafka/tls.key" => "sec1.key",
            "secrets/store-password" => return Ok(b"changeit\n".to_vec()),
            "secrets/kafka.properties" => return Ok(b"user = me\npassword = p\\u0061ss\n".to_vec()),
            _ if path.starts_with("secrets/") || path.ends_with(".keytab") => {
                return Ok(b"secret".to_vec());
            }
            _ => return Err(io::ErrorKind::NotFound.into()),
        };
        std::fs::read(stores.join(store))
    }
}

/// The blocks of YAML of a page, each with the heading above it.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut heading = "";
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix("## ") {
            heading = text;
        } else if line == "```yaml" {
            let block = lines.by_ref().take_while(|line| *line != "```");
            blocks.push((heading, block.flat_map(|line| [line, "\n"]).collect()));
        }
    }
    blocks
}

#[test]
fn each_recipe_is_a_sound_configuration() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/recipes.md");
    let page = std::fs::read_to_string(path).unwrap();
    let blocks = blocks(&page);
    assert!(blocks.len() > 10, "{blocks:?}");
    for (heading, block) in blocks {
        let brokers = if block.starts_with("producer-props:") {
            ""
        } else {
            BROKERS
        };
        let text = format!("{brokers}{block}");
        match parse_with(&text, "recipe.yml", &Shown) {
            Ok(plan) => assert!(plan.warnings.is_empty(), "{heading}: {:?}", plan.warnings),
            Err(diagnostics) => panic!("{heading}:\n{diagnostics}"),
        }
    }
}
