//! Tokens for SASL OAUTHBEARER.

mod endpoint;
mod file;
mod jwt;
#[cfg(feature = "msk-iam")]
mod msk;

use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use aeroduct_config::{OAuthBearerPlan, ProducerPlan, SaslPlan, TokenOrigin};
use aeroduct_kafka::{Token, TokenSource};

use endpoint::Endpoint;
use file::TokenFile;

/// Why tokens cannot be asked for. Holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("tokens cannot be asked for: {0}")]
pub struct TokenError(String);

/// Where the tokens of a producer come from, which changes with its plan.
pub struct Tokens(Mutex<Arc<dyn TokenSource>>);

impl Tokens {
    /// The tokens that a plan asks for; `None` where it needs none.
    pub fn of(plan: &ProducerPlan) -> Result<Option<Arc<Self>>, TokenError> {
        let source = source_of(plan)?;
        Ok(source.map(|source| Arc::new(Self(Mutex::new(source)))))
    }

    /// From now on tokens come from where this plan says.
    pub fn change(&self, plan: &ProducerPlan) -> Result<(), TokenError> {
        if let Some(source) = source_of(plan)? {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = source;
        }
        Ok(())
    }
}

impl TokenSource for Tokens {
    fn token(&self) -> Result<Token, String> {
        // It may take long, and a change shall not wait for it.
        let source = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        source.token()
    }
}

fn source_of(plan: &ProducerPlan) -> Result<Option<Arc<dyn TokenSource>>, TokenError> {
    Ok(match &plan.sasl {
        Some(SaslPlan::OAuthBearer(bearer)) => Some(bearer_source(bearer)?),
        #[cfg(feature = "msk-iam")]
        Some(SaslPlan::MskIam(iam)) => Some(Arc::new(msk::MskIam::new(iam)?)),
        #[cfg(not(feature = "msk-iam"))]
        Some(SaslPlan::MskIam(_)) => {
            let reason = "AWS_MSK_IAM is not built into this program (feature msk-iam)";
            return Err(TokenError(reason.to_owned()));
        }
        Some(SaslPlan::Password { .. } | SaslPlan::Kerberos | SaslPlan::Unsecured) | None => None,
    })
}

fn bearer_source(plan: &OAuthBearerPlan) -> Result<Arc<dyn TokenSource>, TokenError> {
    Ok(match &plan.origin {
        TokenOrigin::Endpoint(credentials) => Arc::new(Endpoint::new(credentials, plan)?),
        TokenOrigin::File(path) => Arc::new(TokenFile::new(path, plan)),
    })
}
