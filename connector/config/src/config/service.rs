//! The `service` section.

use std::num::NonZeroU16;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::OneOrMany;

/// Most threads that may read changes.
const IO_THREADS_MAX: u32 = 1024;

/// Most records that may wait for an answer at one time.
const CONCURRENT_RECORDS_MAX: u32 = 10_000_000;

/// Fewest and most bytes that one read may ask for.
const RECEIVE_BUFFER_BYTES_MIN: u32 = 1024;
const RECEIVE_BUFFER_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// Where the connector listens for changes, and what bounds its work.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceConfig {
    /// Protocol in which changes arrive. Default `TCP`: the connector protocol of servers from 5.0
    /// on. The HTTP ones are for older servers and for hops from an event stream connector; each of
    /// them serves HTTP/1.1 and HTTP/2, and the management API besides, on the port of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
    /// Port, or list of ports, to listen on without TLS. Default `8080`. From 1 to 65535; below
    /// 1024 the system may ask for a privilege.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<OneOrMany<NonZeroU16>>,
    /// IP address, or list of them, of the interfaces to listen on. Default `0.0.0.0`: every IPv4
    /// address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<OneOrMany<String>>,
    /// TLS listeners, beside the ones without TLS or in their place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
    /// Threads that read, format and answer. Default: the number of processors, since each thread
    /// can use one up. At most 1024.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = 1, max = IO_THREADS_MAX),
        extend("x-remedy" = "leave it out for one thread per processor")
    )]
    pub io_threads: Option<u32>,
    /// Threads that dispatch records. Accepted without effect: here the thread that reads a record
    /// also dispatches it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), extend("x-remedy" = "remove the key; it has no effect"))]
    pub worker_threads: Option<u32>,
    /// Records of the process that may wait for their answer at one time; at the mark reading
    /// stops. Default `32768`, as in the official connector. At most 10000000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = 1, max = CONCURRENT_RECORDS_MAX),
        extend("x-remedy" = "leave it out for 32768; a larger window costs memory and answers no sooner")
    )]
    pub max_concurrent_records: Option<u32>,
    /// Another spelling of `max-concurrent-records`, found in old files. Only one of the two may be
    /// given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = 1, max = CONCURRENT_RECORDS_MAX),
        extend("x-source" = "historical"),
        extend("x-remedy" = "leave it out for 32768; a larger window costs memory and answers no sooner")
    )]
    pub max_concurrent_requests: Option<u32>,
    /// HTTP endpoint for metrics, health and log levels. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manage: Option<ManageConfig>,
    /// Label that groups the metrics of the instances of one installation. Default
    /// `aeroduct-connector`. At most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub cluster_name: Option<String>,
    /// Whether the replies of several records may go out in one write. Default `true`: fewer system
    /// calls, and no reply waits for a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_tcp_xdr_ack_buffering: Option<bool>,
    /// Bytes that one read of a connection asks for; raise it for large records. Default `262144`:
    /// enough to make system calls cheap, little enough to stay in a processor's cache. From 1024
    /// to 16777216, because each of the `io-threads` holds one such buffer. The receive buffer of
    /// the operating system is left as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = RECEIVE_BUFFER_BYTES_MIN, max = RECEIVE_BUFFER_BYTES_MAX),
        extend("x-remedy" = "leave it out for 262144; each of the `io-threads` holds one such buffer")
    )]
    pub socket_receive_buffer_bytes: Option<u32>,
    /// HTTP/2 streams that one connection may have open. Default `1000`, since each takes memory; 0
    /// or less means as many as `max-concurrent-records`. Without effect over TCP.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-source" = "historical"))]
    pub http2_max_concurrent_streams: Option<i32>,
}

/// Protocol in which changes arrive.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(extend("x-any-case" = true))]
pub enum Protocol {
    /// The connector protocol of servers from 5.0 on.
    #[serde(rename = "TCP")]
    Tcp,
    /// HTTP, either version.
    #[serde(rename = "HTTP")]
    Http,
    /// The same as `HTTP`.
    #[serde(rename = "HTTP_1_1")]
    Http1,
    /// The same as `HTTP`.
    #[serde(rename = "HTTP_2")]
    Http2,
}

/// HTTP endpoint for metrics, health and log levels.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ManageConfig {
    /// Port, or list of ports, to listen on without TLS. It has no default; without `tls` it is
    /// needed. From 1 to 65535, and none that `service` has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<OneOrMany<NonZeroU16>>,
    /// IP address, or list of them, of the interfaces to listen on. Default `0.0.0.0`: every IPv4
    /// address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<OneOrMany<String>>,
    /// TLS listeners of the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
}

/// Listeners that speak TLS.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TlsConfig {
    /// Port, or list of ports, to listen on with TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<OneOrMany<NonZeroU16>>,
    /// IP address, or list of them, of the interfaces to listen on. Default `0.0.0.0`: every IPv4
    /// address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<OneOrMany<String>>,
    /// Store with the certificate of the connector and its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_store: Option<StoreConfig>,
    /// Store with the authorities that may have signed a client's certificate. Default: those of
    /// the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_store: Option<StoreConfig>,
    /// Whether a client must show a certificate. Default `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutual_auth: Option<bool>,
    /// Versions of TLS to accept, such as `TLSv1.3`, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub protocols: Option<Vec<String>>,
    /// Cipher suites to accept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub ciphers: Option<Vec<String>>,
    /// Names of which a client's certificate must have one. Default: any client may connect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub allowed_peer_names: Option<Vec<String>>,
}

/// A store of keys or certificates. Relative paths start at the folder of the configuration file.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StoreConfig {
    /// The store.
    #[schemars(length(min = 1, max = 4096))]
    pub store_file: String,
    /// File whose first line is the password of the store.
    #[schemars(length(min = 1, max = 4096))]
    pub store_password_file: String,
    /// File whose first line is the password of the key. Default: the password of the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub key_password_file: Option<String>,
    /// Kind of store. Default `JKS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_type: Option<StoreType>,
}

/// Kind of store.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum StoreType {
    /// Java's own.
    #[serde(rename = "JKS")]
    Jks,
    /// Java's own, with better encryption.
    #[serde(rename = "JCEKS")]
    Jceks,
    /// The common one.
    #[serde(rename = "PKCS12")]
    Pkcs12,
    /// A hardware token.
    #[serde(rename = "PKCS11")]
    Pkcs11,
    /// Java's domain of several stores.
    #[serde(rename = "DKS")]
    Dks,
    /// The store of a Windows user.
    #[serde(rename = "Windows_MY")]
    WindowsMy,
    /// Bouncy Castle's.
    #[serde(rename = "BKS")]
    Bks,
}
