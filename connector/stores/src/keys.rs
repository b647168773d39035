//! What comes out of a store.

use std::fmt;

use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

/// Characters of Base64 in a line of PEM.
const LINE_LEN: usize = 64;

/// A private key and the certificates that vouch for it.
pub struct KeyPair {
    /// The certificate of the key, then that of its signer, and so on. Never empty.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key, overwritten when it is dropped.
    pub key: Zeroizing<PrivateKeyDer<'static>>,
    /// The name of the key in its store, if that gives names.
    pub alias: Option<String>,
    /// The names of further keys in the store: the first one is taken, as Java does.
    pub passed_over: Vec<String>,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair")
            .field("alias", &self.alias)
            .field("certificates", &self.chain.len())
            .finish_non_exhaustive()
    }
}

impl KeyPair {
    /// The key as PEM text.
    pub fn key_to_pem(&self) -> Zeroizing<String> {
        let label = match &*self.key {
            PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
            PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        let mut text = Zeroizing::new(String::new());
        write_section(&mut text, label, self.key.secret_der());
        text
    }

    /// The chain as PEM text, the certificate of the key first.
    pub fn chain_to_pem(&self) -> String {
        certificates_to_pem(&self.chain)
    }
}

/// Certificates as PEM text, in their order.
pub fn certificates_to_pem(certificates: &[CertificateDer<'_>]) -> String {
    let mut text = String::new();
    for certificate in certificates {
        write_section(&mut text, "CERTIFICATE", certificate);
    }
    text
}

fn write_section(text: &mut String, label: &str, der: &[u8]) {
    let base64 = Zeroizing::new(base64_simd::STANDARD.encode_to_string(der));
    // Secrets must not stay behind in a text that was too short and moved.
    text.reserve(base64.len().saturating_mul(2).saturating_add(128));
    for part in ["-----BEGIN ", label, "-----\n"] {
        text.push_str(part);
    }
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at_checked(LINE_LEN).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = behind;
    }
    for part in ["-----END ", label, "-----\n"] {
        text.push_str(part);
    }
}
