use std::time::Duration;

use super::*;
use crate::{
    NoFiles, ProducerChange, ProducerPlan,
    files::held::Held,
    producer::tests::{plan, plan_with, read_with, refused, refused_with, setting, warned},
};

const CA: &str = include_str!("../../../../stores/tests/corpus/ca.pem");
const TLS: (&str, &str) = ("security.protocol", "SASL_SSL");
const PLAIN: (&str, &str) = (MECHANISM, "PLAIN");
const SHA_256: (&str, &str) = (MECHANISM, "SCRAM-SHA-256");
const GSSAPI: (&str, &str) = (MECHANISM, "GSSAPI");
const OAUTH: (&str, &str) = (MECHANISM, "OAUTHBEARER");
const IAM: (&str, &str) = (MECHANISM, "AWS_MSK_IAM");
const PLAIN_MODULE: (&str, &str) = (
    JAAS,
    r#"org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="canary\"";"#,
);
const SCRAM_MODULE: (&str, &str) = (
    JAAS,
    r#"org.apache.kafka.common.security.scram.ScramLoginModule required username="u" password="canary";"#,
);
const OAUTH_MODULE: (&str, &str) = (
    JAAS,
    "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;",
);
const IAM_MODULE: (&str, &str) = (
    JAAS,
    "software.amazon.msk.auth.iam.IAMLoginModule required;",
);
const SERVICE: (&str, &str) = ("sasl.kerberos.service.name", "kafka");
const ENDPOINT: (&str, &str) = (
    "sasl.oauthbearer.token.endpoint.url",
    "https://login.example/token",
);
const CLIENT: (&str, &str) = ("sasl.oauthbearer.client.credentials.client.id", "me");
const SECRET: (&str, &str) = (
    "sasl.oauthbearer.client.credentials.client.secret",
    "canary",
);

fn krb5(options: &str) -> String {
    format!("com.sun.security.auth.module.Krb5LoginModule required {options};")
}

fn oauth(options: &str) -> String {
    let (_, module) = OAUTH_MODULE;
    module.replace(';', &format!(" {options};"))
}

fn iam(options: &str) -> String {
    let (_, module) = IAM_MODULE;
    module.replace(';', &format!(" {options};"))
}

fn password(plan: &ProducerPlan) -> (&str, &str) {
    let Some(SaslPlan::Password { user, password }) = &plan.sasl else {
        panic!("{:?}", plan.sasl);
    };
    (user, password.expose())
}

fn bearer(plan: &ProducerPlan) -> &OAuthBearerPlan {
    let Some(SaslPlan::OAuthBearer(bearer)) = &plan.sasl else {
        panic!("{:?}", plan.sasl);
    };
    bearer
}

// covers: producer-props.sasl.jaas.config, producer-props.sasl.mechanism=PLAIN
#[test]
fn a_user_and_a_password_come_from_the_login_module() {
    let given = plan(&[TLS, PLAIN, PLAIN_MODULE]);
    assert_eq!(password(&given), ("u", "canary\""));
    for (name, value) in [
        ("security.protocol", "sasl_ssl"),
        ("sasl.mechanisms", "PLAIN"),
        ("sasl.username", "u"),
        ("sasl.password", "canary\""),
    ] {
        assert_eq!(setting(&given, name), Some(value), "{name}");
    }
    assert_eq!(setting(&given, JAAS), None);
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let plan = plan(&[TLS, (MECHANISM, mechanism), SCRAM_MODULE]);
        assert_eq!(password(&plan), ("u", "canary"));
        assert_eq!(setting(&plan, "sasl.mechanisms"), Some(mechanism));
    }
}

#[test]
fn librdkafkas_names_take_a_password_without_quoting() {
    let given = [
        TLS,
        SHA_256,
        ("sasl.username", "u"),
        ("sasl.password", "${directory:s:p}"),
    ];
    let given = plan_with(&given, &Held::of(&[("s/p", "a\"b\\c;\n")]));
    assert_eq!(password(&given), ("u", "a\"b\\c;"));
    assert_eq!(
        refused(&[
            TLS,
            PLAIN,
            PLAIN_MODULE,
            ("sasl.username", "u"),
            ("sasl.password", "p")
        ]),
        "sasl.username does not go with sasl.jaas.config; keep one of the two"
    );
    assert_eq!(
        refused(&[TLS, PLAIN, ("sasl.username", "u")]),
        "sasl.password is missing; there is sasl.username; add sasl.password"
    );
}

#[test]
fn a_login_without_what_it_needs_is_refused() {
    for (given, expected) in [
        (&[TLS][..], "sasl.jaas.config is missing; GSSAPI needs it"),
        (&[TLS, PLAIN], "sasl.jaas.config is missing; PLAIN needs it"),
        (
            &[
                TLS,
                PLAIN,
                (
                    JAAS,
                    "org.apache.kafka.common.security.plain.PlainLoginModule required username=u;",
                ),
            ],
            "sasl.jaas.config has no option password",
        ),
        (
            &[TLS, (MECHANISM, "DIGEST-MD5"), PLAIN_MODULE],
            "sasl.mechanism \"DIGEST-MD5\" is no mechanism that the connector has; use one of AWS_MSK_IAM, GSSAPI",
        ),
        (
            &[TLS, OAUTH, OAUTH_MODULE],
            "sasl.oauthbearer.token.endpoint.url is missing; OAUTHBEARER needs it",
        ),
        (
            &[TLS, OAUTH, OAUTH_MODULE, ENDPOINT, CLIENT],
            "sasl.oauthbearer.client.credentials.client.secret is missing",
        ),
    ] {
        let said = refused(given);
        assert!(said.starts_with(expected), "{said}");
    }
}

#[test]
fn module_and_mechanism_must_fit() {
    for (given, expected) in [
        (
            &[TLS, SCRAM_MODULE][..],
            "has the login module of SCRAM-SHA-256 or SCRAM-SHA-512, while sasl.mechanism is GSSAPI, its default",
        ),
        (
            &[TLS, SHA_256, PLAIN_MODULE],
            "has the login module of PLAIN, while sasl.mechanism is SCRAM-SHA-256; set sasl.mechanism to PLAIN, or \
             write org.apache",
        ),
        (
            &[TLS, PLAIN, (JAAS, "com.example.canary required;")],
            "names a login module that cannot be loaded",
        ),
        (
            &[TLS, PLAIN, (JAAS, "canary canary")],
            "is no login module with options: required, requisite, sufficient or optional is expected at character 8",
        ),
        (
            &[TLS, PLAIN, (JAAS, "a.B required x=\"\\0\";")],
            "names a login module",
        ),
    ] {
        let said = refused(given);
        assert!(
            said.starts_with(&format!("sasl.jaas.config {expected}")),
            "{said}"
        );
        assert!(!said.contains("canary"), "{said}");
    }
    let nul = (
        JAAS,
        r#"org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="\0";"#,
    );
    assert!(refused(&[TLS, PLAIN, nul]).contains("NUL"));
}

#[test]
fn delegation_tokens_and_options_without_effect_are_told() {
    let module = SCRAM_MODULE.1.replace(';', " tokenauth=true;");
    assert!(refused(&[TLS, SHA_256, (JAAS, &module)]).contains("delegation token"));
    let module = PLAIN_MODULE.1.replace(';', " user_canary=\"canary\";");
    let (_, (name, message)) = warned(&[TLS, PLAIN, (JAAS, &module)]);
    assert_eq!(
        (name.as_str(), message.as_str()),
        (
            JAAS,
            "1 of its options have no effect; there are username, password"
        )
    );
}

#[test]
fn secrets_in_the_clear_get_a_warning() {
    let clear = ("security.protocol", "SASL_PLAINTEXT");
    let (_, (name, message)) = warned(&[clear, PLAIN, PLAIN_MODULE]);
    assert_eq!(name, MECHANISM);
    assert!(
        message.starts_with("the password goes over the network for all to read"),
        "{message}"
    );
    plan(&[clear, SHA_256, SCRAM_MODULE]);
    assert!(
        warned(&[clear, OAUTH, OAUTH_MODULE, ENDPOINT, CLIENT, SECRET])
            .1
            .1
            .starts_with("tokens go")
    );
}

#[test]
fn without_a_login_its_properties_have_no_effect_as_in_java() {
    for protocol in ["PLAINTEXT", "SSL"] {
        let (plan, (name, message)) = warned(&[
            ("security.protocol", protocol),
            PLAIN,
            (JAAS, "whatever"),
            ("sasl.password", "p"),
        ]);
        assert_eq!(name, JAAS);
        assert_eq!(
            message,
            format!("has no effect, nor has any other `sasl.*`: security.protocol is {protocol}")
        );
        assert_eq!(plan.sasl, None);
        assert_eq!(setting(&plan, "sasl.password"), None);
    }
}

#[test]
fn classes_that_java_would_call_are_known_or_refused() {
    let known = (
        "sasl.client.callback.handler.class",
        "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
    );
    plan(&[TLS, IAM, IAM_MODULE, known]);
    let said = refused(&[TLS, PLAIN, PLAIN_MODULE, known]);
    assert!(
        said.contains("is for AWS_MSK_IAM, while sasl.mechanism is PLAIN"),
        "{said}"
    );
    for name in [
        CLIENT_HANDLER,
        LOGIN_HANDLER,
        "sasl.login.class",
        "sasl.oauthbearer.jwt.retriever.class",
    ] {
        let said = refused(&[
            TLS,
            OAUTH,
            OAUTH_MODULE,
            ENDPOINT,
            CLIENT,
            SECRET,
            (name, "com.example.Handler"),
        ]);
        assert!(
            said.starts_with(name) && said.contains("Java class"),
            "{said}"
        );
    }
}

// covers: producer-props.sasl.mechanism=GSSAPI
#[test]
fn a_key_tab_is_given_to_kinit() {
    let files = Held::of(&[("kafka.keytab", "x")]);
    let module = krb5(
        "useKeyTab=true storeKey=true keyTab=\"kafka.keytab\" principal=\"me/host@EXAMPLE.COM\" serviceName=kafka",
    );
    let given = [
        TLS,
        (JAAS, module.as_str()),
        ("sasl.kerberos.kinit.cmd", "/usr/bin/kinit"),
    ];
    let plan = plan_with(&given, &files);
    assert_eq!(plan.sasl, Some(SaslPlan::Kerberos));
    for (name, value) in [
        ("sasl.mechanisms", "GSSAPI"),
        ("sasl.kerberos.service.name", "kafka"),
        ("sasl.kerberos.principal", "me/host@EXAMPLE.COM"),
        ("sasl.kerberos.keytab", "/etc/connector/kafka.keytab"),
        (
            "sasl.kerberos.kinit.cmd",
            "/usr/bin/kinit -R -t \"%{sasl.kerberos.keytab}\" -k %{sasl.kerberos.principal} || /usr/bin/kinit -t \
             \"%{sasl.kerberos.keytab}\" -k %{sasl.kerberos.principal}",
        ),
    ] {
        assert_eq!(setting(&plan, name), Some(value), "{name}");
    }
    let by_properties = [
        TLS,
        GSSAPI,
        SERVICE,
        ("sasl.kerberos.keytab", "kafka.keytab"),
        ("sasl.kerberos.principal", "me@EXAMPLE.COM"),
        ("sasl.kerberos.min.time.before.relogin", "0"),
    ];
    let (plan, findings) = read_with(&by_properties, &files);
    assert!(findings.errors.is_empty(), "{findings:?}");
    assert_eq!(
        setting(&plan, "sasl.kerberos.min.time.before.relogin"),
        Some("1")
    );
}

#[test]
fn a_ticket_of_the_cache_needs_no_kinit() {
    let module = krb5("useTicketCache=true");
    let plan = plan(&[TLS, SERVICE, (JAAS, &module)]);
    assert_eq!(
        setting(&plan, "sasl.kerberos.min.time.before.relogin"),
        Some("0")
    );
    assert_eq!(setting(&plan, "sasl.kerberos.keytab"), None);
}

type Properties = &'static [(&'static str, &'static str)];

/// Options of the login module and properties, and what is said of them.
const KRB5_REFUSED: &[(&str, Properties, &str)] = &[
    (
        "useTicketCache=true",
        &[],
        "sasl.kerberos.service.name is missing",
    ),
    (
        "serviceName=a",
        &[SERVICE],
        "sasl.kerberos.service.name says something else",
    ),
    (
        "",
        &[SERVICE],
        "sasl.jaas.config says neither which key tab to use",
    ),
    (
        "useKeyTab=true",
        &[SERVICE],
        "sasl.jaas.config has useKeyTab without keyTab",
    ),
    (
        "useTicketCache=true ticketCache=\"/tmp/x\"",
        &[SERVICE],
        "sasl.jaas.config names a ticket cache",
    ),
    (
        "useKeyTab=true keyTab=k",
        &[SERVICE],
        "sasl.jaas.config has a key tab, and no principal",
    ),
    (
        "useKeyTab=true keyTab=none principal=me",
        &[SERVICE],
        "sasl.jaas.config the key tab \"/etc/connector/none\" cannot be read",
    ),
    // These would be parts of a shell's command.
    (
        "useKeyTab=true keyTab=k principal=\"me; rm -rf /\"",
        &[SERVICE],
        "sasl.kerberos.principal has characters",
    ),
    (
        "useKeyTab=true keyTab=k principal=\"-x\"",
        &[SERVICE],
        "sasl.kerberos.principal has characters",
    ),
    (
        "useKeyTab=true keyTab='a\"b' principal=me",
        &[SERVICE],
        "sasl.jaas.config has a quote",
    ),
    (
        "useKeyTab=true keyTab=k principal=me",
        &[SERVICE, ("sasl.kerberos.kinit.cmd", "kinit; reboot")],
        "sasl.kerberos.kinit.cmd is no path of a program",
    ),
    (
        "useTicketCache=true",
        &[("sasl.kerberos.service.name", "$(reboot)")],
        "sasl.kerberos.service.name has characters",
    ),
];

#[test]
fn what_kerberos_cannot_do_is_refused() {
    let files = Held::of(&[("k", "x"), ("a\"b", "x")]);
    for (options, others, expected) in KRB5_REFUSED {
        let module = krb5(options);
        let said = refused_with(&[&[TLS, (JAAS, module.as_str())], *others].concat(), &files);
        assert!(said.starts_with(expected), "{said}");
    }
}

// covers: producer-props.sasl.mechanism=OAUTHBEARER
#[test]
fn tokens_are_asked_for_with_a_clients_secret() {
    let plan = plan(&[
        TLS,
        OAUTH,
        OAUTH_MODULE,
        ENDPOINT,
        CLIENT,
        SECRET,
        ("sasl.oauthbearer.scope", "kafka"),
        ("sasl.oauthbearer.header.urlencode", "true"),
        ("sasl.oauthbearer.sub.claim.name", "azp"),
        ("sasl.login.read.timeout.ms", "3000"),
        ("sasl.login.retry.backoff.ms", "200"),
        (
            LOGIN_HANDLER,
            "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
        ),
        (
            "sasl.oauthbearer.jwt.retriever.class",
            "org.apache.kafka.common.security.oauthbearer.ClientCredentialsJwtRetriever",
        ),
    ]);
    let bearer = bearer(&plan);
    let TokenOrigin::Endpoint(credentials) = &bearer.origin else {
        panic!();
    };
    assert_eq!(credentials.endpoint, "https://login.example/token");
    assert_eq!(
        (
            credentials.client_id.as_str(),
            credentials.client_secret.expose()
        ),
        ("me", "canary")
    );
    assert_eq!(credentials.scope.as_deref(), Some("kafka"));
    assert!(credentials.urlencodes_header && credentials.trusted.is_none());
    assert_eq!(credentials.connect_timeout, Duration::from_secs(10));
    assert_eq!(credentials.read_timeout, Duration::from_secs(3));
    assert_eq!(
        credentials.backoff,
        (Duration::from_millis(200), Duration::from_secs(10))
    );
    assert_eq!(bearer.subject_claim, "azp");
    assert_eq!(setting(&plan, "sasl.mechanisms"), Some("OAUTHBEARER"));
    let others = plan
        .properties
        .iter()
        .filter(|(name, _)| name.starts_with("sasl."));
    assert_eq!(others.count(), 1);
}

#[test]
fn options_of_the_module_say_the_same_as_properties_and_go_behind_them() {
    let module = oauth(
        "clientId=\"other\" clientSecret=\"canary\" scope=s extension_logicalCluster=\"lkc-1\"",
    );
    let plan = plan(&[TLS, OAUTH, (JAAS, &module), ENDPOINT, CLIENT]);
    let TokenOrigin::Endpoint(credentials) = &bearer(&plan).origin else {
        panic!();
    };
    assert_eq!(
        (
            credentials.client_id.as_str(),
            credentials.client_secret.expose()
        ),
        ("me", "canary")
    );
    assert_eq!(credentials.scope.as_deref(), Some("s"));
    assert_eq!(
        bearer(&plan).extensions,
        [("logicalCluster".to_owned(), "lkc-1".to_owned())]
    );
    for bad in [
        "extension_auth=x",
        "extension_a1=x",
        "extension_=x",
        "extension_a=\"\u{e9}\"",
    ] {
        let module = oauth(bad);
        assert!(
            refused(&[TLS, OAUTH, (JAAS, &module), ENDPOINT, CLIENT, SECRET])
                .contains("extension_NAME")
        );
    }
}

#[test]
fn the_authorities_of_the_endpoint_can_be_given_in_three_ways() {
    let files = Held::of(&[("ca.pem", CA)]);
    let module = oauth("ssl.truststore.location=\"ca.pem\" ssl.truststore.type=PEM");
    for (module, others) in [
        (module.as_str(), &[][..]),
        (OAUTH_MODULE.1, &[("https.ca.location", "ca.pem")]),
        (OAUTH_MODULE.1, &[("https.ca.pem", CA)]),
    ] {
        let given = [
            &[TLS, OAUTH, (JAAS, module), ENDPOINT, CLIENT, SECRET],
            others,
        ]
        .concat();
        let plan = plan_with(&given, &files);
        let TokenOrigin::Endpoint(credentials) = &bearer(&plan).origin else {
            panic!();
        };
        let trusted = credentials.trusted.as_ref().unwrap();
        assert_eq!(trusted.expose().trim_end(), CA.trim_end());
    }
    let base = [TLS, OAUTH, OAUTH_MODULE, ENDPOINT, CLIENT, SECRET];
    let said = refused_with(
        &[&base[..], &[("https.ca.location", "none")]].concat(),
        &files,
    );
    assert!(
        said.starts_with(
            "https.ca.location the trust store \"/etc/connector/none\" cannot be read"
        ),
        "{said}"
    );
    let wrong = oauth("ssl.truststore.location=none ssl.truststore.type=PEM");
    let said = refused_with(
        &[TLS, OAUTH, (JAAS, &wrong), ENDPOINT, CLIENT, SECRET],
        &files,
    );
    assert!(
        said.starts_with("sasl.jaas.config has an option ssl.truststore.location that"),
        "{said}"
    );
    let both = [
        &base[..],
        &[("https.ca.location", "ca.pem"), ("https.ca.pem", CA)],
    ]
    .concat();
    assert!(refused_with(&both, &files).contains("keep one"));
}

#[test]
fn a_token_may_lie_in_a_file() {
    let url = "file:///var/run/token";
    let plan = plan(&[
        TLS,
        OAUTH,
        OAUTH_MODULE,
        ("sasl.oauthbearer.token.endpoint.url", url),
    ]);
    assert!(bearer(&plan).origin == TokenOrigin::File("/var/run/token".into()));
}

#[test]
fn an_endpoint_that_is_none_is_refused_and_one_in_the_clear_told() {
    for url in [
        "login.example",
        "ftp://a/b",
        "https://",
        "https://:80/x",
        "https://a b/",
        "https://me:canary@a/",
    ] {
        let said = refused(&[
            TLS,
            OAUTH,
            OAUTH_MODULE,
            CLIENT,
            SECRET,
            ("sasl.oauthbearer.token.endpoint.url", url),
        ]);
        assert!(
            said.contains("is no URL") && !said.contains("canary"),
            "{said}"
        );
    }
    let url = (
        "sasl.oauthbearer.token.endpoint.url",
        "http://login.example/token",
    );
    assert!(
        warned(&[TLS, OAUTH, OAUTH_MODULE, CLIENT, SECRET, url])
            .1
            .1
            .contains("use https")
    );
    for name in [
        "sasl.oauthbearer.assertion.file",
        "sasl.oauthbearer.config",
        "sasl.oauthbearer.method",
    ] {
        assert!(refused(&[(name, "x")]).starts_with(name), "{name}");
    }
}

#[test]
fn unsigned_tokens_are_made_by_the_library_with_a_warning() {
    let module =
        oauth("unsecuredLoginStringClaim_sub=\"alice\" unsecuredLoginExtension_traceId=\"5\"");
    let (plan, (name, message)) = warned(&[TLS, OAUTH, (JAAS, &module)]);
    assert_eq!(plan.sasl, Some(SaslPlan::Unsecured));
    assert_eq!(name, JAAS);
    assert!(message.starts_with("tokens have no signature"), "{message}");
    for (name, value) in [
        ("enable.sasl.oauthbearer.unsecure.jwt", "true"),
        (
            "sasl.oauthbearer.config",
            "principal=alice lifeSeconds=3600 extension_traceId=5",
        ),
    ] {
        assert_eq!(setting(&plan, name), Some(value));
    }
    for (options, expected) in [
        (
            "unsecuredLoginLifetimeSeconds=\"5\"",
            "has no option unsecuredLoginStringClaim_sub",
        ),
        (
            "unsecuredLoginStringClaim_sub=\"a b\"",
            "has an option for a token without a signature",
        ),
        (
            "unsecuredLoginStringClaim_sub=a unsecuredLoginLifetimeSeconds=\"0\"",
            "has no whole number of seconds",
        ),
    ] {
        let module = oauth(options);
        assert!(
            refused(&[TLS, OAUTH, (JAAS, &module)]).contains(expected),
            "{options}"
        );
    }
}

#[test]
fn tokens_for_aws_are_signed_with_what_the_module_says() {
    let broker = (
        "bootstrap.servers",
        "b-1.x.kafka.eu-west-1.amazonaws.com:9098",
    );
    let given = plan(&[broker, TLS, IAM, IAM_MODULE]);
    let expected = MskIamPlan {
        region: Some("eu-west-1".to_owned()),
        ..MskIamPlan::default()
    };
    assert_eq!(given.sasl, Some(SaslPlan::MskIam(expected)));
    assert_eq!(setting(&given, "sasl.mechanisms"), Some("OAUTHBEARER"));

    let module = iam(
        "awsProfileName=p awsRoleArn=\"arn:aws:iam::1:role/r\" awsRoleExternalId=e awsStsRegion=\"eu-west-1\" \
         awsRoleAccessKeyId=a awsRoleSecretAccessKey=canary awsRoleSessionToken=canary",
    );
    let given = plan(&[TLS, IAM, (JAAS, &module)]);
    let Some(SaslPlan::MskIam(msk)) = &given.sasl else {
        panic!("{:?}", given.sasl);
    };
    let role = msk.role.as_ref().unwrap();
    assert_eq!(
        (role.arn.as_str(), role.session_name.as_str()),
        ("arn:aws:iam::1:role/r", "aeroduct")
    );
    assert_eq!(
        role.keys.as_ref().unwrap().secret_access_key.expose(),
        "canary"
    );
    assert_eq!(
        (msk.profile.as_deref(), msk.region.as_deref()),
        (Some("p"), None)
    );

    for (options, expected) in [
        ("awsRoleAccessKeyId=a", "only one of"),
        ("awsRoleSessionName=a", "without awsRoleArn"),
    ] {
        assert!(
            refused(&[TLS, IAM, (JAAS, &iam(options))]).contains(expected),
            "{options}"
        );
    }
}

#[test]
fn the_oauth_form_of_aws_is_the_same() {
    let plan = plan(&[
        TLS,
        OAUTH,
        OAUTH_MODULE,
        (LOGIN_HANDLER, msk::HANDLER),
        (CLIENT_HANDLER, msk::HANDLER),
    ]);
    assert!(
        matches!(plan.sasl, Some(SaslPlan::MskIam(_))),
        "{:?}",
        plan.sasl
    );
}

#[test]
fn a_changed_password_or_secret_needs_no_new_client() {
    let module = "org.apache.kafka.common.security.plain.PlainLoginModule required username=u password=\"${directory:s:p}\";";
    let client = (
        "sasl.oauthbearer.client.credentials.client.secret",
        "${directory:s:p}",
    );
    for given in [
        &[TLS, PLAIN, (JAAS, module)][..],
        &[TLS, OAUTH, OAUTH_MODULE, ENDPOINT, CLIENT, client],
    ] {
        let files = Held::of(&[("s/p", "one")]);
        let first = plan_with(given, &files);
        files.set("s/p", "two");
        let second = plan_with(given, &files);
        assert_eq!(first.change_to(&second), ProducerChange::Credentials);
        assert_eq!(
            second.change_to(&plan_with(given, &files)),
            ProducerChange::None
        );
        let other = [given, &[("client.id", "other")]].concat();
        assert_eq!(
            second.change_to(&plan_with(&other, &files)),
            ProducerChange::Client
        );
    }
}

#[test]
fn a_login_whose_files_are_out_of_reach_is_checked_as_far_as_it_can_be() {
    let module = "org.apache.kafka.common.security.plain.PlainLoginModule required username=u password=\"${directory:s:p}\";";
    for given in [
        &[TLS, PLAIN, (JAAS, module)][..],
        &[TLS, PLAIN, (JAAS, "${file:app.properties:jaas}")],
        &[
            TLS,
            PLAIN,
            (JAAS, "a.B required ${file:app.properties:options};"),
        ],
        &[
            TLS,
            PLAIN,
            (JAAS, "org.${file:app.properties:module} required;"),
        ],
        &[
            TLS,
            PLAIN,
            ("sasl.username", "u"),
            ("sasl.password", "${directory:s:p}"),
        ],
        &[("security.protocol", "${file:a:b}")],
        &[TLS, (MECHANISM, "${file:a:b}")],
        &[
            TLS,
            OAUTH,
            OAUTH_MODULE,
            ENDPOINT,
            CLIENT,
            ("https.ca.location", "ca.pem"),
            SECRET,
        ],
    ] {
        let (plan, findings) = read_with(given, &NoFiles);
        assert!(findings.errors.is_empty(), "{given:?} {findings:?}");
        assert!(!plan.is_complete, "{given:?}");
    }
    assert!(refused(&[TLS, SHA_256, (JAAS, module)]).contains("has the login module of PLAIN"));
    let module = "org.apache.kafka.common.security.plain.PlainLoginModule required user=u password=\"${directory:s:p}\";";
    let (_, findings) = read_with(&[TLS, PLAIN, (JAAS, module)], &NoFiles);
    assert_eq!(findings.errors[0].1.reason, "has no option username");
}
