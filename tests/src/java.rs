//! Java and Maven, as the machine has them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// The Java of `JAVA_HOME`, or the first one on the path.
pub fn program() -> PathBuf {
    env::var_os("JAVA_HOME")
        .map(|home| Path::new(&home).join("bin/java"))
        .filter(|java| java.exists())
        .unwrap_or_else(|| PathBuf::from("java"))
}

/// What Java says of its version: several lines, and an error when it is too old for Kafka.
pub fn version() -> Result<String> {
    const REMEDY: &str =
        "install Java 17 or later (Debian and Ubuntu: apt-get install openjdk-17-jre-headless)";
    let output = Command::new(program())
        .arg("-version")
        .output()
        .with_context(|| format!("java cannot be started: {REMEDY}"))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    // openjdk version "17.0.15" 2025-04-15
    let major = text
        .split_once('"')
        .and_then(|(_, rest)| rest.split(['.', '"', '-']).next())
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(17..) => Ok(text),
        Some(old) => bail!("Kafka needs a newer Java than {old}: {REMEDY}"),
        None => bail!("java -version says something unknown: {text:?}; {REMEDY}"),
    }
}

/// Fetches the jars that `pom` names, and all that they need, into `folder`. `options` go to
/// Maven.
pub fn fetch(pom: &str, options: &[&str], folder: &Path) -> Result<()> {
    let file = folder.join("pom.xml");
    fs::write(&file, pom)?;
    let output = Command::new("mvn")
        .args(["-B", "-q", "-f"])
        .arg(&file)
        .args(options)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", folder.display()))
        .stdin(Stdio::null())
        .output()
        .context(
            "mvn cannot be started: install Maven (Debian and Ubuntu: apt-get install maven)",
        )?;
    if !output.status.success() {
        bail!(
            "Maven could not fetch what is needed; it says:\n{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
    Ok(())
}

/// The jars in a folder, in the order of their names.
pub fn jars(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut jars: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    jars.retain(|path| path.extension().is_some_and(|extension| extension == "jar"));
    jars.sort();
    Ok(jars)
}
