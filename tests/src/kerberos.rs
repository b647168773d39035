//! A realm of Kerberos with its own key distribution centre, by MIT's programs.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::debian::Unpacked;
use crate::ports;
use crate::program::{Program, checked};

pub const REALM: &str = "RIG.INVALID";

/// The centre, its library, the client's programs and the way of Cyrus SASL to them.
const PACKAGES: [&str; 11] = [
    "krb5-admin-server",
    "krb5-kdc",
    "krb5-user",
    "libev4",
    "libgssrpc4",
    "libkadm5clnt-mit12",
    "libkadm5srv-mit12",
    "libkdb5-10",
    "libsasl2-modules-gssapi-mit",
    "libverto-libev1",
    "libverto1",
];
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running centre; killed when dropped.
#[derive(Debug)]
pub struct Realm {
    tools: Tools,
    _centre: Program,
}

/// MIT's programs, working on the files of one folder.
#[derive(Debug)]
struct Tools {
    packages: Unpacked,
    libraries: PathBuf,
    folder: PathBuf,
}

impl Tools {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.packages.root.join("usr/sbin").join(program));
        command
            .env("LD_LIBRARY_PATH", &self.libraries)
            .env("KRB5_CONFIG", self.folder.join("krb5.conf"))
            .env("KRB5_KDC_PROFILE", self.folder.join("kdc.conf"));
        command
    }
}

impl Realm {
    /// Makes a realm in a folder, where all its files are, and starts its centre.
    pub fn start(folder: &Path) -> Result<Self> {
        let packages = Unpacked::get("kerberos", &PACKAGES, "Kerberos (1 MB)")?;
        let tools = Tools {
            libraries: packages.libraries("krb5/plugins/kdb/db2.so")?,
            folder: folder.to_owned(),
            packages,
        };
        let port = ports::free()?;
        fs::write(folder.join("krb5.conf"), client_file(port))?;
        let centre_file = centre_file(port, folder, &tools.libraries);
        fs::write(folder.join("kdc.conf"), centre_file)?;
        checked(
            tools
                .command("kdb5_util")
                .args(["create", "-s", "-P", "of-the-rig"]),
        )?;
        let mut centre =
            Program::start(tools.command("krb5kdc").arg("-n"), &folder.join("kdc.out"))?;
        centre.await_ready(START_LIMIT, |_| {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
        })?;
        Ok(Self {
            tools,
            _centre: centre,
        })
    }

    /// Where clients read of the realm.
    pub fn configuration(&self) -> PathBuf {
        self.tools.folder.join("krb5.conf")
    }

    /// Adds a principal, and writes its key to a key tab.
    pub fn add(&self, principal: &str, key_tab: &Path) -> Result<()> {
        let add = format!("addprinc -randkey {principal}");
        let export = format!("ktadd -k {} {principal}", key_tab.display());
        for order in [add, export] {
            let mut command = self.tools.command("kadmin.local");
            checked(command.args(["-r", REALM, "-q", &order]))?;
        }
        ensure!(key_tab.exists(), "no key for {principal}");
        Ok(())
    }

    /// What a program needs in its environment to speak Kerberos without an installed one: name and
    /// value.
    pub fn environment(&self) -> Vec<(String, String)> {
        let path = std::env::var("PATH").unwrap_or_default();
        let bin = self.tools.packages.root.join("usr/bin");
        let show = |path: &Path| path.display().to_string();
        [
            ("KRB5_CONFIG", show(&self.configuration())),
            (
                "KRB5CCNAME",
                format!("FILE:{}/tickets", show(&self.tools.folder)),
            ),
            ("SASL_PATH", show(&self.tools.libraries.join("sasl2"))),
            ("LD_LIBRARY_PATH", show(&self.tools.libraries)),
            ("PATH", format!("{}:{path}", show(&bin))),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }
}

fn client_file(port: u16) -> String {
    format!(
        "\
[libdefaults]
 default_realm = {REALM}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 {REALM} = {{
  kdc = 127.0.0.1:{port}
 }}
[domain_realm]
 localhost = {REALM}
"
    )
}

fn centre_file(port: u16, folder: &Path, libraries: &Path) -> String {
    format!(
        "\
[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {REALM} = {{
  database_module = rig
  key_stash_file = {folder}/stash
  max_life = 1h
  supported_enctypes = aes256-cts-hmac-sha1-96:normal
 }}
[dbmodules]
 db_module_dir = {libraries}/krb5/plugins/kdb
 rig = {{
  db_library = db2
  database_name = {folder}/principal
 }}
[logging]
 kdc = FILE:{folder}/kdc.log
",
        folder = folder.display(),
        libraries = libraries.display(),
    )
}
