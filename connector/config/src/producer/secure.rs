//! The rows of properties about encryption, login and secrets.

use super::{
    draft::Kind,
    librdkafka::{CODE, JAVA_NAME},
    table::{Class, LEAVE_OUT, Row, refused},
};

/// Properties of the Java producer of Kafka 4.3.
pub(super) const SECURITY: &[Row] = &[
    ("sasl.client.callback.handler.class", Class::Together),
    ("sasl.jaas.config", Class::Together),
    ("sasl.kerberos.kinit.cmd", Class::Together),
    ("sasl.kerberos.min.time.before.relogin", Class::Together),
    ("sasl.kerberos.service.name", Class::Together),
    (
        "sasl.kerberos.ticket.renew.jitter",
        Class::WithoutEffect(KINIT),
    ),
    (
        "sasl.kerberos.ticket.renew.window.factor",
        Class::WithoutEffect(KINIT),
    ),
    ("sasl.login.callback.handler.class", Class::Together),
    ("sasl.login.class", refused(CLASS, LEAVE_OUT)),
    ("sasl.login.connect.timeout.ms", Class::Together),
    ("sasl.login.read.timeout.ms", Class::Together),
    (
        "sasl.login.refresh.buffer.seconds",
        Class::WithoutEffect(REFRESH),
    ),
    (
        "sasl.login.refresh.min.period.seconds",
        Class::WithoutEffect(REFRESH),
    ),
    (
        "sasl.login.refresh.window.factor",
        Class::WithoutEffect(REFRESH),
    ),
    (
        "sasl.login.refresh.window.jitter",
        Class::WithoutEffect(REFRESH),
    ),
    ("sasl.login.retry.backoff.max.ms", Class::Together),
    ("sasl.login.retry.backoff.ms", Class::Together),
    ("sasl.mechanism", Class::Together),
    (
        "sasl.oauthbearer.assertion.algorithm",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.assertion.claim.aud",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.assertion.claim.exp.seconds",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.assertion.claim.iss",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.assertion.claim.jti.include",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.assertion.claim.nbf.seconds",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.assertion.claim.sub",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.assertion.file",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.assertion.private.key.file",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.assertion.private.key.passphrase",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.assertion.template.file",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.client.credentials.client.id",
        Class::Together,
    ),
    (
        "sasl.oauthbearer.client.credentials.client.secret",
        Class::Together,
    ),
    (
        "sasl.oauthbearer.clock.skew.seconds",
        Class::WithoutEffect(BROKERS),
    ),
    (
        "sasl.oauthbearer.expected.audience",
        Class::WithoutEffect(BROKERS),
    ),
    (
        "sasl.oauthbearer.expected.issuer",
        Class::WithoutEffect(BROKERS),
    ),
    ("sasl.oauthbearer.header.urlencode", Class::Together),
    (
        "sasl.oauthbearer.jwks.endpoint.refresh.ms",
        Class::WithoutEffect(BROKERS),
    ),
    (
        "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms",
        Class::WithoutEffect(BROKERS),
    ),
    (
        "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms",
        Class::WithoutEffect(BROKERS),
    ),
    (
        "sasl.oauthbearer.jwks.endpoint.url",
        Class::WithoutEffect(BROKERS),
    ),
    ("sasl.oauthbearer.jwt.retriever.class", Class::Together),
    ("sasl.oauthbearer.jwt.validator.class", Class::Together),
    ("sasl.oauthbearer.scope", Class::Together),
    (
        "sasl.oauthbearer.scope.claim.name",
        Class::WithoutEffect(BROKERS),
    ),
    ("sasl.oauthbearer.sub.claim.name", Class::Together),
    ("sasl.oauthbearer.token.endpoint.url", Class::Together),
    ("security.protocol", Class::Together),
    ("security.providers", refused(PROVIDER, LEAVE_OUT)),
    ("ssl.cipher.suites", Class::Together),
    ("ssl.enabled.protocols", Class::Together),
    ("ssl.endpoint.identification.algorithm", Class::Together),
    ("ssl.engine.factory.class", refused(CLASS, LEAVE_OUT)),
    ("ssl.key.password", Class::Together),
    ("ssl.keymanager.algorithm", Class::WithoutEffect(ENGINE)),
    ("ssl.keystore.certificate.chain", Class::Together),
    ("ssl.keystore.key", Class::Together),
    ("ssl.keystore.location", Class::Together),
    ("ssl.keystore.password", Class::Together),
    ("ssl.keystore.type", Class::Together),
    ("ssl.protocol", Class::Together),
    ("ssl.provider", refused(PROVIDER, LEAVE_OUT)),
    (
        "ssl.secure.random.implementation",
        Class::WithoutEffect(ENGINE),
    ),
    ("ssl.trustmanager.algorithm", Class::WithoutEffect(ENGINE)),
    ("ssl.truststore.certificates", Class::Together),
    ("ssl.truststore.location", Class::Together),
    ("ssl.truststore.password", Class::Together),
    ("ssl.truststore.type", Class::Together),
];

/// librdkafka's own.
pub(super) const LIBRDKAFKA_SECURITY: &[Row] = &[
    (
        "enable.sasl.oauthbearer.unsecure.jwt",
        refused(
            JAAS_NAME,
            "write the option unsecuredLoginStringClaim_sub in sasl.jaas.config",
        ),
    ),
    ("enable.ssl.certificate.verification", Class::Together),
    ("https.ca.location", Class::Together),
    ("https.ca.pem", Class::Together),
    ("oauthbearer_token_refresh_cb", refused(CODE, LEAVE_OUT)),
    ("sasl.kerberos.keytab", Class::Together),
    ("sasl.kerberos.principal", Class::Together),
    ("sasl.mechanisms", refused(JAVA_NAME, "use sasl.mechanism")),
    (
        "sasl.oauthbearer.assertion.jwt.template.file",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.assertion.private.key.pem",
        refused(ASSERTION, ASSERTION_REMEDY),
    ),
    (
        "sasl.oauthbearer.client.id",
        refused(
            JAVA_NAME,
            "use sasl.oauthbearer.client.credentials.client.id",
        ),
    ),
    (
        "sasl.oauthbearer.client.secret",
        refused(
            JAVA_NAME,
            "use sasl.oauthbearer.client.credentials.client.secret",
        ),
    ),
    (
        "sasl.oauthbearer.config",
        refused(JAAS_NAME, "write options in sasl.jaas.config"),
    ),
    (
        "sasl.oauthbearer.extensions",
        refused(
            JAAS_NAME,
            "write options extension_NAME in sasl.jaas.config",
        ),
    ),
    ("sasl.oauthbearer.grant.type", refused(GRANT, LEAVE_OUT)),
    (
        "sasl.oauthbearer.metadata.authentication.type",
        refused(METADATA, ASSERTION_REMEDY),
    ),
    ("sasl.oauthbearer.method", refused(GRANT, LEAVE_OUT)),
    ("sasl.password", Class::Together),
    ("sasl.username", Class::Together),
    ("ssl.ca.certificate.stores", Class::WithoutEffect(WINDOWS)),
    ("ssl.ca.location", Class::Together),
    (
        "ssl.ca.pem",
        refused(JAVA_NAME, "use ssl.truststore.certificates"),
    ),
    ("ssl.certificate.location", Class::Together),
    (
        "ssl.certificate.pem",
        refused(JAVA_NAME, "use ssl.keystore.certificate.chain"),
    ),
    ("ssl.certificate.verify_cb", refused(CODE, LEAVE_OUT)),
    ("ssl.crl.location", Class::Together),
    ("ssl.curves.list", Class::Same(Kind::Text)),
    ("ssl.engine.id", refused(MODULE, LEAVE_OUT)),
    ("ssl.engine.location", refused(MODULE, LEAVE_OUT)),
    ("ssl.key.location", Class::Together),
    ("ssl.key.pem", refused(JAVA_NAME, "use ssl.keystore.key")),
    ("ssl.providers", refused(MODULE, LEAVE_OUT)),
    ("ssl.sigalgs.list", Class::Same(Kind::Text)),
    ("ssl_ca", refused(CODE, LEAVE_OUT)),
    ("ssl_certificate", refused(CODE, LEAVE_OUT)),
    ("ssl_engine_callback_data", refused(CODE, LEAVE_OUT)),
    ("ssl_key", refused(CODE, LEAVE_OUT)),
];

const ASSERTION: &str =
    "is about logging in by a signed assertion, which this connector does not do";
const ASSERTION_REMEDY: &str =
    "use sasl.oauthbearer.client.credentials.client.id and client.secret, or a file with a token";
const BROKERS: &str = "brokers check tokens, not those who show them";
const CLASS: &str = "names a Java class, which cannot be loaded";
const ENGINE: &str = "is about Java's TLS; the connector has OpenSSL's";
const GRANT: &str = "is settled: a token is asked for by the client credentials grant";
const JAAS_NAME: &str = "is the client library's way to say what Java has in sasl.jaas.config";
const KINIT: &str = "a ticket is renewed every sasl.kerberos.min.time.before.relogin";
const METADATA: &str = "asks a service of a cloud for tokens, which this connector does not do";
const MODULE: &str = "names native code, which the connector does not load";
const PROVIDER: &str = "names a provider of Java's; the connector has OpenSSL's TLS";
const REFRESH: &str =
    "a new token is asked for when four fifths of the life of the last have passed";
const WINDOWS: &str = "is for Windows";
