//! A control group of the system with little memory, as a container has.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result};

use crate::connector::Launch;

/// Where the system keeps groups, and the file that limits their memory: of the first version, and
/// of the second.
const KINDS: [(&str, &str); 2] = [
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
    ("/sys/fs/cgroup", "memory.max"),
];

/// The group; removed when dropped, if its processes have ended.
#[derive(Debug)]
pub struct MemoryGroup {
    folder: PathBuf,
}

impl MemoryGroup {
    /// A group whose processes may use so many bytes; `None` where this user may not make one.
    pub fn new(bytes: u64) -> Result<Option<Self>> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("aeroduct-{}-{number}", process::id());
        for (mount, file) in KINDS {
            let folder = Path::new(mount).join(&name);
            match fs::create_dir(&folder) {
                Ok(()) => {}
                Err(error) if is_no_right(&error) => continue,
                Err(error) => return Err(error).context(folder.display().to_string()),
            }
            let group = Self { folder };
            // Only the system itself puts the file there.
            let limit = File::options().write(true).open(group.folder.join(file));
            if let Ok(mut limit) = limit {
                limit.write_all(bytes.to_string().as_bytes())?;
                return Ok(Some(group));
            }
        }
        Ok(None)
    }

    /// Starts the program within the group.
    pub fn launch(&self) -> Launch {
        let enter = format!(
            "echo $$ > {}/cgroup.procs && exec \"$@\"",
            self.folder.display()
        );
        Launch {
            prefix: ["sh", "-c", &enter, "sh"].map(str::to_owned).to_vec(),
            ..Launch::default()
        }
    }
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        let _ignored = fs::remove_dir(&self.folder);
    }
}

/// Whether there are no groups of this kind, or they are the system's alone.
fn is_no_right(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
    )
}
