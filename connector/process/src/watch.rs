//! Files whose content may change while the program runs: certificates, keys, passwords.
//!
//! They are read again and again, by the paths that the configuration names. Kubernetes exchanges
//! the symbolic link of a whole folder, so that a watch on a file would look at what nobody links to
//! any more, and the system's watches are few and often all in use.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// How often files are looked at.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// The longest file that is looked at to its end, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Looks at a set of files, and tells when any of them has changed and all are at rest.
///
/// It remembers digests of what the files hold, nothing of the content.
#[derive(Debug)]
pub struct Watcher {
    files: Vec<PathBuf>,
    hasher: RandomState,
    /// What was there when a change was told last, or at the beginning.
    told: u64,
    /// What was there at the last look.
    seen: u64,
}

impl Watcher {
    /// Begins with what the files hold now. To miss nothing, make it before the files are read for
    /// use. A file that is not there or cannot be read counts as one content more.
    pub fn new(files: Vec<PathBuf>) -> Self {
        let hasher = RandomState::new();
        let now = fingerprint(&files, &hasher);
        Self {
            files,
            hasher,
            told: now,
            seen: now,
        }
    }

    /// Looks at the files: true when their content is another than was told last, and was the same
    /// at the look before. Who writes several files one after the other is given time in this way.
    pub fn look(&mut self) -> bool {
        let now = fingerprint(&self.files, &self.hasher);
        let is_at_rest = std::mem::replace(&mut self.seen, now) == now;
        is_at_rest && std::mem::replace(&mut self.told, now) != now
    }

    /// Looks every [`INTERVAL`] and calls `changed` after each change, until the other end of `stop`
    /// is dropped. Blocks its thread.
    pub fn run(mut self, stop: &Receiver<()>, mut changed: impl FnMut()) {
        while stop.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
            if self.look() {
                changed();
            }
        }
    }
}

/// A number that is another one for other content.
fn fingerprint(files: &[PathBuf], hasher: &RandomState) -> u64 {
    let mut all = hasher.build_hasher();
    let mut buffer = Vec::new();
    for file in files {
        buffer.clear();
        match read(file, &mut buffer) {
            Ok(()) => {
                all.write_u8(1);
                all.write_usize(buffer.len());
                all.write(&buffer);
            }
            Err(_) => all.write_u8(0),
        }
    }
    // What was read may be secret.
    buffer.fill(0);
    all.finish()
}

fn read(file: &PathBuf, buffer: &mut Vec<u8>) -> io::Result<()> {
    File::open(file)?.take(FILE_BYTES_MAX).read_to_end(buffer)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_change_is_told_once_and_only_when_it_is_at_rest() {
        let folder = tempfile::tempdir().unwrap();
        let [certificate, key] = ["tls.crt", "tls.key"].map(|name| folder.path().join(name));
        fs::write(&certificate, "a").unwrap();
        let mut watcher = Watcher::new(vec![certificate.clone(), key.clone()]);
        assert!(!watcher.look());

        fs::write(&certificate, "b").unwrap();
        assert!(!watcher.look(), "it may still be written");
        fs::write(&key, "b").unwrap();
        assert!(!watcher.look(), "the other one may still be written");
        assert!(watcher.look());
        assert!(!watcher.look());

        fs::remove_file(&key).unwrap();
        assert_eq!([watcher.look(), watcher.look()], [false, true]);
        // What comes back before it was told is no change.
        fs::write(&key, "b").unwrap();
        assert!(!watcher.look());
        fs::remove_file(&key).unwrap();
        assert_eq!([watcher.look(), watcher.look()], [false, false]);
    }

    #[test]
    fn a_folder_that_is_exchanged_by_its_link_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (version, content) in [("..1", "old"), ("..2", "new")] {
            fs::create_dir(path(version)).unwrap();
            fs::write(path(version).join("tls.crt"), content).unwrap();
        }
        symlink("..1", path("..data")).unwrap();
        symlink("..data/tls.crt", path("tls.crt")).unwrap();
        let mut watcher = Watcher::new(vec![path("tls.crt")]);
        symlink("..2", path("..data_tmp")).unwrap();
        fs::rename(path("..data_tmp"), path("..data")).unwrap();
        assert_eq!([watcher.look(), watcher.look()], [false, true]);
    }

    #[test]
    fn content_does_not_move_from_one_file_to_the_next_unseen() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        fs::write(&one, "ab").unwrap();
        fs::write(&two, "c").unwrap();
        let mut watcher = Watcher::new(vec![one.clone(), two.clone()]);
        fs::write(&one, "a").unwrap();
        fs::write(&two, "bc").unwrap();
        assert_eq!([watcher.look(), watcher.look()], [false, true]);
    }
}
