//! The few fields of a certificate that order a chain.

use der::Tag;

use crate::StoreError;
use crate::asn1::{Values, context};

/// Whose a certificate is, and who signed it: both as encoded.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) subject: &'a [u8],
    pub(crate) issuer: &'a [u8],
}

/// Reads the names of a certificate.
pub(crate) fn names(certificate: &[u8]) -> Result<Names<'_>, StoreError> {
    let mut signed = Values::new(certificate).sequence()?.sequence()?;
    signed.optional(context(0, true))?;
    signed.content(Tag::Integer)?;
    signed.sequence()?;
    let issuer = signed.content(Tag::Sequence)?;
    signed.sequence()?;
    let subject = signed.content(Tag::Sequence)?;
    Ok(Names { subject, issuer })
}
