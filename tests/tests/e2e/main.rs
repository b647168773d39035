//! End to end: the built connector between a source on a socket and a real Kafka.
//!
//! Needs Java 17 and Maven; `make test` brings them. Run alone:
//! `cargo test --package aeroduct-tests --test e2e`.

mod faults_brokers;
mod faults_clock;
mod faults_limits;
mod faults_network;
mod faults_sources;
mod login;
mod process_answers;
mod process_bad_input;
mod process_batching;
mod process_bin_transforms;
mod process_binary_formats;
mod process_client;
mod process_configuration;
mod process_connections;
mod process_convert;
mod process_dead_letters;
mod process_every_option;
mod process_formats;
mod process_headers;
mod process_http;
mod process_keys;
mod process_levels;
mod process_management;
mod process_ordering;
mod process_outage;
mod process_routing;
mod process_settings;
mod process_shutdown;
mod rig;
mod security_connector;
mod security_faults;
mod security_mechanisms;
mod security_rotation;
mod security_secrets;
mod stand;
