//! Every part of a configuration that the recipes show is sound.

use std::path::Path;

const BROKERS: &str = "producer-props: { bootstrap.servers: 'localhost:9092' }\n";

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
        let text = format!("{BROKERS}{block}");
        match aeroduct_config::parse(&text, "recipe.yml") {
            Ok(plan) => assert!(plan.warnings.is_empty(), "{heading}: {:?}", plan.warnings),
            Err(diagnostics) => panic!("{heading}:\n{diagnostics}"),
        }
    }
}
