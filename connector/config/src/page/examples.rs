//! Examples of each section, which together have each of its keys.

/// The examples of `section`.
pub(super) fn of(section: &str) -> impl Iterator<Item = &'static str> {
    let file = FILES.iter().find(|(name, _)| *name == section);
    file.into_iter().flat_map(|(_, text)| text.split("---\n"))
}

const FILES: &[(&str, &str)] = &[
    ("service", include_str!("examples/service.yml")),
    (
        "producer-props",
        include_str!("examples/producer-props.yml"),
    ),
    ("routing", include_str!("examples/routing.yml")),
    ("format", include_str!("examples/format.yml")),
    ("key", include_str!("examples/key.yml")),
    (
        "bin-transforms",
        include_str!("examples/bin-transforms.yml"),
    ),
    (
        "custom-transformer",
        include_str!("examples/custom-transformer.yml"),
    ),
    ("batching", include_str!("examples/batching.yml")),
    (
        "record-ordering",
        include_str!("examples/record-ordering.yml"),
    ),
    ("namespaces", include_str!("examples/namespaces.yml")),
    (
        "port-based-config",
        include_str!("examples/port-based-config.yml"),
    ),
    ("logging", include_str!("examples/logging.yml")),
    (
        "feature-key-file",
        include_str!("examples/feature-key-file.yml"),
    ),
    ("aeroduct", include_str!("examples/aeroduct.yml")),
];
