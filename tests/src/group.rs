//! A control group of the system with little memory, as a container has.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process;

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
    pub fn new(bytes: u64) -> Option<Self> {
        let name = format!("aeroduct-{}", process::id());
        KINDS.iter().find_map(|(mount, file)| {
            let folder = Path::new(mount).join(&name);
            fs::create_dir(&folder).ok()?;
            let group = Self { folder };
            // Only the system itself puts the file there.
            let mut limit = File::options()
                .write(true)
                .open(group.folder.join(file))
                .ok()?;
            limit.write_all(bytes.to_string().as_bytes()).ok()?;
            Some(group)
        })
    }

    /// Starts the program within the group.
    pub fn launch(&self) -> Launch {
        let enter = format!(
            "echo $$ > {}/cgroup.procs; exec \"$@\"",
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
