//! The user's cache: what was fetched or made once stays for the next run.

use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The folder NAME-KEY of the cache, filled by `fill` when it is not there yet.
///
/// `fill` works in a folder beside it that is renamed when it is complete, so a broken run leaves
/// nothing half. Two runs at once wait for each other.
pub fn folder(name: &str, key: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let home = home()?;
    let done = home.join(format!("{name}-{key}"));
    if done.exists() {
        return Ok(done);
    }
    fs::create_dir_all(&home).with_context(|| format!("create {}", home.display()))?;
    let lock = File::create(home.join(format!("{name}.lock")))?;
    lock.lock()?;
    if done.exists() {
        return Ok(done);
    }
    let draft = tempfile::Builder::new()
        .prefix(&format!("{name}-draft-"))
        .tempdir_in(&home)?;
    fill(draft.path())?;
    fs::rename(draft.keep(), &done)?;
    Ok(done)
}

/// A short name for a content.
pub fn key(content: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn home() -> Result<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(base.join("aeroduct"))
}
