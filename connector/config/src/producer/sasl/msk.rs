//! `AWS_MSK_IAM`: tokens that AWS credentials sign.

use std::fmt;

use super::{Login, SaslPlan};
use crate::{producer::draft::Draft, secret::Secret};

/// The handler by which OAUTHBEARER shows the same tokens.
pub(super) const HANDLER: &str = "software.amazon.msk.auth.iam.IAMOAuthBearerLoginCallbackHandler";

/// How tokens for AWS MSK are signed. Without a profile and without a role, by the credentials that
/// AWS's default chain finds.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct MskIamPlan {
    /// The region, where the names of the brokers tell it.
    pub region: Option<String>,
    /// The profile of AWS's configuration files to take credentials from.
    pub profile: Option<String>,
    /// The role to take on.
    pub role: Option<AwsRole>,
}

/// A role of AWS that is taken on to sign tokens.
#[derive(Clone, Eq, PartialEq)]
pub struct AwsRole {
    /// Its resource name.
    pub arn: String,
    /// Under which name it is taken on.
    pub session_name: String,
    /// What its owner asks for beside the credentials.
    pub external_id: Option<String>,
    /// The region whose token service is asked; `None` for the one without a region.
    pub sts_region: Option<String>,
    /// The credentials to ask with; without them those of AWS's default chain.
    pub keys: Option<AwsKeys>,
}

/// Credentials of AWS.
#[derive(Clone, Eq, PartialEq)]
pub struct AwsKeys {
    /// Names the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: Secret,
    /// The token that belongs to a key for a time.
    pub session_token: Option<Secret>,
}

/// Leaves out what belongs to the account.
impl fmt::Debug for MskIamPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("MskIamPlan");
        debug.field("region", &self.region).finish_non_exhaustive()
    }
}

/// Under which name a role is taken on, unless another one is given.
const SESSION_NAME: &str = "aeroduct";

const OPTIONS: &[&str] = &[
    "awsProfileName",
    "awsRoleArn",
    "awsRoleExternalId",
    "awsRoleAccessKeyId",
    "awsRoleSecretAccessKey",
    "awsRoleSessionName",
    "awsRoleSessionToken",
    "awsStsRegion",
];

pub(super) fn finish(draft: &mut Draft<'_>, login: &Login<'_>) -> Option<SaslPlan> {
    login.needed(draft)?;
    login.warn_of_other_options(draft, OPTIONS, &[]);
    let option = |name| login.option(name).map(str::to_owned);
    let secret = |name| login.option(name).map(Secret::from);
    let keys = match (
        option("awsRoleAccessKeyId"),
        secret("awsRoleSecretAccessKey"),
    ) {
        (Some(access_key_id), Some(secret_access_key)) => Some(AwsKeys {
            access_key_id,
            secret_access_key,
            session_token: secret("awsRoleSessionToken"),
        }),
        (None, None) => None,
        _ => {
            let reason = "has only one of awsRoleAccessKeyId and awsRoleSecretAccessKey";
            draft.refuse(super::JAAS, reason, "add the other");
            return None;
        }
    };
    let role = option("awsRoleArn").map(|arn| AwsRole {
        arn,
        session_name: option("awsRoleSessionName").unwrap_or_else(|| SESSION_NAME.to_owned()),
        external_id: option("awsRoleExternalId"),
        sts_region: option("awsStsRegion"),
        keys,
    });
    if role.is_none()
        && OPTIONS
            .iter()
            .any(|name| name.starts_with("awsRole") && login.option(name).is_some())
    {
        draft.refuse(
            super::JAAS,
            "has options about a role without awsRoleArn",
            "add it",
        );
        return None;
    }
    draft.put("sasl.mechanisms", "OAUTHBEARER");
    Some(SaslPlan::MskIam(MskIamPlan {
        region: draft
            .bootstrap_servers
            .iter()
            .find_map(|broker| region(broker)),
        profile: option("awsProfileName"),
        role,
    }))
}

/// The region in the name of a broker: `b-1.NAME.kafka.REGION.amazonaws.com:9098`.
fn region(broker: &str) -> Option<String> {
    let host = broker.rsplit_once(':').map_or(broker, |(host, _)| host);
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let (name, region) = host.strip_suffix(".amazonaws.com")?.rsplit_once('.')?;
    let service = name.rsplit('.').next()?;
    matches!(service, "kafka" | "kafka-serverless").then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::region;

    #[test]
    fn the_region_is_in_the_names_of_brokers() {
        for (broker, expected) in [
            (
                "b-1.demo.x1.c2.kafka.eu-west-1.amazonaws.com:9098",
                Some("eu-west-1"),
            ),
            (
                "boot-x.c1.kafka-serverless.us-east-1.amazonaws.com:9098",
                Some("us-east-1"),
            ),
            (
                "b-1.demo.kafka.cn-north-1.amazonaws.com.cn:9098",
                Some("cn-north-1"),
            ),
            ("broker-1.example.com:9098", None),
            ("b-1.eu-west-1.amazonaws.com:9098", None),
        ] {
            assert_eq!(region(broker).as_deref(), expected, "{broker}");
        }
    }
}
