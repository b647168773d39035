//! The mechanisms of SASL, and the login modules of Java that stand for them.

/// A mechanism of SASL that the connector has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mechanism {
    AwsMskIam,
    /// Java's default.
    Gssapi,
    OAuthBearer,
    Plain,
    ScramSha256,
    ScramSha512,
}

/// Names of mechanisms, an example of a login module with its options, and the other modules that can
/// stand for it.
pub(super) const MECHANISMS: &[(Mechanism, &str, &str, &[&str])] = &[
    (
        Mechanism::AwsMskIam,
        "AWS_MSK_IAM",
        "software.amazon.msk.auth.iam.IAMLoginModule required;",
        &[],
    ),
    (
        Mechanism::Gssapi,
        "GSSAPI",
        "com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true keyTab=\"FILE\" principal=\"NAME@REALM\";",
        &["com.ibm.security.auth.module.Krb5LoginModule"],
    ),
    (
        Mechanism::OAuthBearer,
        "OAUTHBEARER",
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;",
        &[],
    ),
    (
        Mechanism::Plain,
        "PLAIN",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"USER\" password=\"PASSWORD\";",
        &[],
    ),
    (Mechanism::ScramSha256, "SCRAM-SHA-256", SCRAM, &[]),
    (Mechanism::ScramSha512, "SCRAM-SHA-512", SCRAM, &[]),
];
const SCRAM: &str = "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"USER\" password=\"PASSWORD\";";

impl Mechanism {
    fn row(self) -> (&'static str, &'static str, &'static [&'static str]) {
        let row = MECHANISMS.iter().find(|(mechanism, ..)| *mechanism == self);
        row.map_or(("", "", &[]), |(_, name, example, others)| {
            (*name, *example, *others)
        })
    }

    pub(super) fn name(self) -> &'static str {
        self.row().0
    }

    /// A login module with its options, as it is written.
    pub(super) fn example(self) -> &'static str {
        self.row().1
    }

    /// Whether the login module `class` is for this mechanism.
    pub(super) fn takes(self, class: &str) -> bool {
        let (_, example, others) = self.row();
        example.split(' ').next() == Some(class) || others.contains(&class)
    }
}
