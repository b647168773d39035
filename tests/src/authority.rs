//! Certificates: an authority of the rig's own, and what it signs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};

/// Signs certificates.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate, with the key that belongs to it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate, and that of the authority behind it.
    pub chain: String,
    /// The key, in the form of PKCS#8.
    pub key: String,
}

/// What a certificate shall be like.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Its common name.
    pub name: &'a str,
    /// The names of its host.
    pub hosts: &'a [&'a str],
    /// Its time was over years ago.
    pub is_expired: bool,
}

impl<'a> Wish<'a> {
    /// For a client of this name.
    pub fn client(name: &'a str) -> Self {
        Self {
            name,
            hosts: &[],
            is_expired: false,
        }
    }

    /// For a server on this machine, by its name alone: not by its address.
    pub fn server(name: &'a str) -> Self {
        Self {
            hosts: &["localhost"],
            ..Self::client(name)
        }
    }

    #[must_use]
    pub fn expired(self) -> Self {
        Self {
            is_expired: true,
            ..self
        }
    }
}

impl Authority {
    pub fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::new([])?;
        params.distinguished_name = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    /// Its certificate.
    pub fn certificate(&self) -> &str {
        &self.pem
    }

    pub fn issue(&self, wish: &Wish<'_>) -> Result<Identity> {
        let hosts: Vec<String> = wish.hosts.iter().map(|&host| host.to_owned()).collect();
        let mut params = CertificateParams::new(hosts)?;
        params.distinguished_name = named(wish.name);
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        params.use_authority_key_identifier_extension = true;
        if wish.is_expired {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Identity {
            chain: certificate.pem() + &self.pem,
            key: key.serialize_pem(),
        })
    }
}

impl Identity {
    /// Key and chain in one file, as Java's PEM stores have them.
    pub fn whole(&self) -> String {
        format!("{}{}", self.key, self.chain)
    }

    /// Writes NAME.crt, NAME.key and NAME.pem, which has both, into a folder; the last one's path.
    pub fn write(&self, folder: &Path, name: &str) -> Result<PathBuf> {
        let write = |ending: &str, text: &str| {
            let path = folder.join(format!("{name}.{ending}"));
            fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
            Ok::<_, anyhow::Error>(path)
        };
        write("crt", &self.chain)?;
        write("key", &self.key)?;
        write("pem", &self.whole())
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished.push(DnType::OrganizationName, "rig");
    distinguished
}
