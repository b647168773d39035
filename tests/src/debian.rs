//! Programs from Debian's packages that are unpacked into the cache and not installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::program::checked;
use crate::{cache, keeper};

/// Unpacked packages.
#[derive(Clone, Debug)]
pub struct Unpacked {
    /// Where the packages' `/` is.
    pub root: PathBuf,
    /// A line with address, name, size and hash for each package.
    offer: String,
}

impl Unpacked {
    /// Fetches the packages that apt offers, once for each version. `what` is said then.
    pub fn get(name: &str, packages: &[&str], what: &str) -> Result<Self> {
        let offer = offer(packages).context("it comes from Debian's packages")?;
        let root = cache::folder(name, &cache::key(&[&offer]), |draft| {
            keeper::say(&format!("fetching {what} from Debian (once)"));
            fetch(packages, draft)
        })?;
        Ok(Self { root, offer })
    }

    /// The folder of libraries of the machine's kind, which Debian names by its own words: the one
    /// that has this file.
    pub fn libraries(&self, with: &str) -> Result<PathBuf> {
        for entry in std::fs::read_dir(self.root.join("usr/lib"))? {
            let folder = entry?.path();
            if folder.join(with).exists() {
                return Ok(folder);
            }
        }
        bail!("{with} is in none of the unpacked packages")
    }

    /// `2.0.2-1` of `librdkafka1_2.0.2-1_amd64.deb`.
    pub fn version(&self, package: &str) -> &str {
        version_in(&self.offer, package)
    }
}

/// What apt would download.
fn offer(packages: &[&str]) -> Result<String> {
    let ask = || {
        checked(
            Command::new("apt-get")
                .args(["download", "--print-uris"])
                .args(packages),
        )
    };
    let offered = match ask() {
        Ok(offered) => offered,
        // A fresh machine has no lists of packages yet.
        Err(_) if rustix::process::geteuid().is_root() => {
            checked(Command::new("apt-get").arg("update"))?;
            ask()?
        }
        Err(error) => return Err(error),
    };
    let text = String::from_utf8(offered.stdout)?;
    ensure!(
        text.lines().count() == packages.len(),
        "apt does not offer all of {}",
        packages.join(", ")
    );
    Ok(text)
}

fn fetch(packages: &[&str], draft: &Path) -> Result<()> {
    let mut apt = Command::new("apt-get");
    apt.arg("download").args(packages).current_dir(draft);
    checked(&mut apt)?;
    for entry in std::fs::read_dir(draft)? {
        let package = entry?.path();
        if package
            .extension()
            .is_some_and(|extension| extension == "deb")
        {
            checked(Command::new("dpkg-deb").arg("-x").args([&package, draft]))?;
        }
    }
    Ok(())
}

fn version_in<'a>(offer: &'a str, package: &str) -> &'a str {
    let mut words = offer.split_whitespace();
    let of_package = |word: &'a str| word.strip_prefix(package)?.strip_prefix('_');
    let name = words.find_map(of_package);
    let version = name.and_then(|name| name.split('_').next());
    version.unwrap_or("of an unknown version")
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn versions_are_read_from_what_apt_offers() {
        let offer = "\
'http://host/librdkafka1_2.0.2-1_amd64.deb' librdkafka1_2.0.2-1_amd64.deb 643568 SHA256:d5
'http://host/rsyslog-kafka_8.2302.0-1_amd64.deb' rsyslog-kafka_8.2302.0-1_amd64.deb 2 SHA256:78
'http://host/rsyslog_8.2302.0-1_amd64.deb' rsyslog_8.2302.0-1_amd64.deb 724132 SHA256:68
";
        assert_eq!(version_in(offer, "rsyslog"), "8.2302.0-1");
        assert_eq!(version_in(offer, "librdkafka1"), "2.0.2-1");
    }
}
