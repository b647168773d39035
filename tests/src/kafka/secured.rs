//! A broker that lets nobody in who does not show who it is: every kind of TLS and SASL.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow};
use tempfile::TempDir;

use super::{Cluster, Layout, Listener};
use crate::authority::{Authority, Wish};
use crate::issuer::{self, Issuer};
use crate::kerberos::Realm;
use crate::{keeper, ports};

/// The user of all mechanisms, and its password.
pub const USER: &str = "alice";
pub const PASSWORD: &str = "alice-secret";

const LOGIN: &str = "org.apache.kafka.common.security";

/// A broker with four ways in beside the open one, and what guards them.
///
/// All ways are by the name `localhost`, for which its certificates are. SASL knows PLAIN, both
/// kinds of SCRAM, OAUTHBEARER (signed tokens by TLS, unsecured ones without) and GSSAPI.
#[derive(Debug)]
pub struct Secured {
    /// The broker, and the open way, which administers.
    pub cluster: Cluster,
    /// Signs the broker's certificates, and believes those that it has signed.
    pub authority: Authority,
    /// Signs the tokens that are believed.
    pub issuer: Issuer,
    /// The realm of the broker.
    pub realm: Realm,
    /// Wants a certificate of the client.
    pub mutual: String,
    /// SASL by TLS.
    pub sasl_tls: String,
    /// SASL without TLS.
    pub sasl_plain: String,
    /// TLS with a certificate of the broker that has run out.
    pub expired: String,
    // Dropped after the broker.
    folder: TempDir,
}

impl Secured {
    /// The one that all tests share. Use topics and users of your own where you change them.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<Secured, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::start().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow!("the secured broker: {error}"))
    }

    fn start() -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("aeroduct-secured-")
            .tempdir()?;
        keeper::remove(folder.path());
        let authority = Authority::new("rig-authority")?;
        let broker = authority.issue(&Wish::server("broker"))?;
        broker.write(folder.path(), "broker")?;
        let expired = authority.issue(&Wish::server("broker").expired())?;
        expired.write(folder.path(), "expired")?;
        fs::write(folder.path().join("ca.crt"), authority.certificate())?;
        let issuer = Issuer::start()?;
        fs::write(folder.path().join("jwks.json"), issuer.key_set())?;
        let realm = Realm::start(folder.path()).context("Kerberos")?;
        realm.add("kafka/localhost", &folder.path().join("broker.keytab"))?;

        let listener = |name, protocol| {
            Ok::<_, anyhow::Error>(Listener {
                name,
                protocol,
                port: ports::free()?,
            })
        };
        let listeners = [
            listener("MUTUAL", "SSL")?,
            listener("SASLTLS", "SASL_SSL")?,
            listener("SASLPLAIN", "SASL_PLAINTEXT")?,
            listener("EXPIRED", "SSL")?,
        ];
        let [mutual, sasl_tls, sasl_plain, expired] = listeners
            .each_ref()
            .map(|it| format!("localhost:{}", it.port));
        let layout = Layout {
            settings: settings(folder.path()),
            listeners: listeners.to_vec(),
            java: java(folder.path(), &realm),
            users: ["SCRAM-SHA-256", "SCRAM-SHA-512"]
                .map(|mechanism| format!("{mechanism}=[name={USER},password={PASSWORD}]"))
                .to_vec(),
            ..Layout::default()
        };
        Ok(Self {
            cluster: Cluster::with_layout(layout)?,
            authority,
            issuer,
            realm,
            mutual,
            sasl_tls,
            sasl_plain,
            expired,
            folder,
        })
    }

    /// The certificate of the authority, as a file.
    pub fn authority_file(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }
}

/// What the listeners want. Files are in `folder`.
fn settings(folder: &Path) -> Vec<(String, String)> {
    let file = |name: &str| folder.join(name).display().to_string();
    let mut lines = vec![
        ("super.users".to_owned(), "User:ANONYMOUS".to_owned()),
        ("sasl.kerberos.service.name".to_owned(), "kafka".to_owned()),
    ];
    let mut set = |listener: &str, key: &str, value: &str| {
        lines.push((format!("listener.name.{listener}.{key}"), value.to_owned()));
    };
    for (listener, identity) in [
        ("mutual", "broker.pem"),
        ("sasltls", "broker.pem"),
        ("expired", "expired.pem"),
    ] {
        set(listener, "ssl.keystore.type", "PEM");
        set(listener, "ssl.keystore.location", &file(identity));
        set(listener, "ssl.truststore.type", "PEM");
        set(listener, "ssl.truststore.location", &file("ca.crt"));
    }
    set("mutual", "ssl.client.auth", "required");
    set(
        "mutual",
        "ssl.principal.mapping.rules",
        "RULE:^.*CN=([^,]+).*$/$1/L,DEFAULT",
    );
    for listener in ["sasltls", "saslplain"] {
        set(
            listener,
            "sasl.enabled.mechanisms",
            "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER,GSSAPI",
        );
        for (key, value) in logins(folder) {
            set(listener, key, &value);
        }
    }
    // Sessions end, so that what has changed must be shown.
    set("sasltls", "connections.max.reauth.ms", "8000");
    let validator = format!("{LOGIN}.oauthbearer.OAuthBearerValidatorCallbackHandler");
    set(
        "sasltls",
        "oauthbearer.sasl.server.callback.handler.class",
        &validator,
    );
    let key_set = format!("file://{}", file("jwks.json"));
    set("sasltls", "sasl.oauthbearer.jwks.endpoint.url", &key_set);
    let audience = issuer::AUDIENCE;
    set("sasltls", "sasl.oauthbearer.expected.audience", audience);
    set(
        "sasltls",
        "sasl.oauthbearer.expected.issuer",
        issuer::ISSUER,
    );
    lines
}

/// By what the broker believes each mechanism.
fn logins(folder: &Path) -> [(&'static str, String); 5] {
    let scram = format!("{LOGIN}.scram.ScramLoginModule required;");
    [
        (
            "plain.sasl.jaas.config",
            format!("{LOGIN}.plain.PlainLoginModule required user_{USER}=\"{PASSWORD}\";"),
        ),
        ("scram-sha-256.sasl.jaas.config", scram.clone()),
        ("scram-sha-512.sasl.jaas.config", scram),
        (
            "oauthbearer.sasl.jaas.config",
            format!(
                "{LOGIN}.oauthbearer.OAuthBearerLoginModule required \
                 unsecuredLoginStringClaim_sub=\"broker\";"
            ),
        ),
        (
            "gssapi.sasl.jaas.config",
            format!(
                "com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true \
                 storeKey=true keyTab=\"{}\" principal=\"kafka/localhost\";",
                folder.join("broker.keytab").display()
            ),
        ),
    ]
}

/// What the broker's JVM must know of keys and realms.
fn java(folder: &Path, realm: &Realm) -> Vec<String> {
    vec![
        format!(
            "-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://{}",
            folder.join("jwks.json").display()
        ),
        format!(
            "-Djava.security.krb5.conf={}",
            realm.configuration().display()
        ),
    ]
}
