//! Tokens for AWS MSK: an address that AWS credentials have signed (`AWS_MSK_IAM`).

use std::io;
use std::time::{Duration, SystemTime};

use aeroduct_config::{AwsKeys, AwsRole, MskIamPlan};
use aeroduct_kafka::{Token, TokenSource};
use aeroduct_process::logging::chain;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningError, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use base64_simd::URL_SAFE_NO_PAD;
use tokio::runtime::{Builder, Runtime};

use super::TokenError;

const SERVICE: &str = "kafka-cluster";
/// How long a signed address is good, as AWS's own library has it.
const LIFE: Duration = Duration::from_mins(15);
/// AWS's sources of credentials are other services, which may not answer.
const LIMIT: Duration = Duration::from_secs(15);
/// The region of the token service that has none.
const STS_REGION: &str = "us-east-1";

/// Signs by the credentials of a plan.
pub(super) struct MskIam {
    plan: MskIamPlan,
    runtime: Runtime,
}

impl MskIam {
    pub(super) fn new(plan: &MskIamPlan) -> Result<Self, TokenError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let refused = |error: io::Error| TokenError(error.to_string());
        Ok(Self {
            plan: plan.clone(),
            runtime: runtime.map_err(refused)?,
        })
    }

    async fn sign(&self) -> Result<Token, String> {
        let config = self.config().await;
        let region = config
            .region()
            .map(Region::as_ref)
            .ok_or("no region is known: the names of the brokers do not tell it, nor AWS_REGION")?;
        let provider = self.provider(&config).await?;
        let credentials = provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| chain(&error).to_string())?;
        let now = SystemTime::now();
        let address = signed_address(region, &credentials, now)?;
        let until = credentials
            .expiry()
            .map_or(now + LIFE, |it| it.min(now + LIFE));
        let since_1970 = until
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Ok(Token {
            value: URL_SAFE_NO_PAD.encode_to_string(address),
            expires_ms: i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX),
            principal: "aws".to_owned(),
            extensions: Vec::new(),
        })
    }

    async fn config(&self) -> SdkConfig {
        let mut loader: ConfigLoader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(region) = &self.plan.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = &self.plan.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(keys) = self.plan.role.as_ref().and_then(|role| role.keys.as_ref()) {
            loader = loader.credentials_provider(fixed(keys));
        }
        loader.load().await
    }

    async fn provider(&self, config: &SdkConfig) -> Result<SharedCredentialsProvider, String> {
        let Some(role) = &self.plan.role else {
            let provider = config.credentials_provider();
            return provider.ok_or_else(|| "there are no AWS credentials".to_owned());
        };
        let AwsRole {
            arn,
            session_name,
            external_id,
            sts_region,
            ..
        } = role;
        let region = sts_region.clone().unwrap_or_else(|| STS_REGION.to_owned());
        let mut builder = AssumeRoleProvider::builder(arn)
            .configure(config)
            .region(Region::new(region))
            .session_name(session_name);
        if let Some(id) = external_id {
            builder = builder.external_id(id);
        }
        Ok(SharedCredentialsProvider::new(builder.build().await))
    }
}

impl TokenSource for MskIam {
    fn token(&self) -> Result<Token, String> {
        let signing = self.runtime.block_on(async {
            let signed = tokio::time::timeout(LIMIT, self.sign()).await;
            signed.unwrap_or_else(|_| Err(format!("no answer within {LIMIT:?}")))
        });
        signing.map_err(|reason| format!("AWS credentials: {reason}"))
    }
}

fn fixed(keys: &AwsKeys) -> Credentials {
    let session = keys.session_token.as_ref();
    Credentials::new(
        &keys.access_key_id,
        keys.secret_access_key.expose(),
        session.map(|token| token.expose().to_owned()),
        None,
        "sasl.jaas.config",
    )
}

/// The address that stands for the wish to connect, signed by these credentials.
fn signed_address(
    region: &str,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<String, String> {
    let address = format!("https://kafka.{region}.amazonaws.com/?Action={SERVICE}%3AConnect");
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(LIFE);
    let identity = credentials.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| error.to_string())?;
    let request = SignableRequest::new("GET", &address, [].into_iter(), SignableBody::Bytes(&[]));
    let told = |error: SigningError| chain(&error).to_string();
    let signed = request.and_then(|request| sign(request, &params.into()));
    let (instructions, _) = signed.map_err(told)?.into_parts();
    let (_, added) = instructions.into_parts();
    let mut signed = address.clone();
    for (name, value) in added {
        signed = format!("{signed}&{name}={}", encoded(&value));
    }
    // Said beside what is signed, as AWS's own libraries do.
    Ok(format!(
        "{signed}&User-Agent=aeroduct%2F{}",
        env!("CARGO_PKG_VERSION")
    ))
}

/// As AWS wants values of a query.
fn encoded(value: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(value.len());
    for &byte in value.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            write!(encoded, "%{byte:02X}").unwrap_or_default();
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
