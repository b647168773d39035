//! How much memory the process may use.
//!
//! Linux limits it by control groups: in a container, a Kubernetes pod, a unit of systemd. The
//! tightest limit among the group of the process and those above it counts.

use std::fs;
use std::path::{Path, PathBuf};

/// What files of the first version say where there is no limit: the largest number of pages.
const UNLIMITED_FROM: u64 = 1 << 62;

/// The most memory that the system lets this process use, in bytes; `None` where there is no limit
/// but the machine's, or where it is not known.
pub fn limit() -> Option<u64> {
    limit_below(Path::new("/"))
}

fn limit_below(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let limits = groups
        .lines()
        .filter_map(|line| Some(place(line)?.files(root)))
        .flatten();
    limits.filter_map(|file| read(&file)).min()
}

/// Where limits of one hierarchy are.
#[derive(Clone, Copy)]
struct Place<'l> {
    mount: &'static str,
    group: &'l str,
    file: &'static str,
}

/// `NUMBER:CONTROLLERS:GROUP`; of the second version there is one, without a controller.
fn place(line: &str) -> Option<Place<'_>> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, group) = (fields.next()?, fields.next()?);
    let (mount, file) = if controllers.is_empty() {
        ("sys/fs/cgroup", "memory.max")
    } else if controllers.split(',').any(|name| name == "memory") {
        ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
    } else {
        return None;
    };
    Some(Place { mount, group, file })
}

impl<'l> Place<'l> {
    /// Of the group and those above it. In a container the group may be named as the host sees it;
    /// then only the uppermost is there, and it is the container's.
    fn files(self, root: &Path) -> impl Iterator<Item = PathBuf> + use<'l> {
        let mount = root.join(self.mount);
        Path::new(self.group)
            .ancestors()
            .map(move |group| mount.join(group.strip_prefix("/").unwrap_or(group)))
            .map(move |folder| folder.join(self.file))
    }
}

fn read(file: &Path) -> Option<u64> {
    let limit = fs::read_to_string(file).ok()?.trim().parse().ok()?;
    (limit < UNLIMITED_FROM).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limit in a system with these files.
    fn limit_with(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        limit_below(root.path())
    }

    #[test]
    fn in_a_container_it_is_that_of_the_uppermost_group() {
        let version_2 = [
            ("proc/self/cgroup", "0::/\n"),
            ("sys/fs/cgroup/memory.max", "134217728\n"),
        ];
        assert_eq!(limit_with(&version_2), Some(128 << 20));
        let version_1 = [
            (
                "proc/self/cgroup",
                "5:cpu,cpuacct:/docker/f00\n4:memory:/docker/f00\n0::/\n",
            ),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "134217728\n"),
        ];
        assert_eq!(limit_with(&version_1), Some(128 << 20));
    }

    #[test]
    fn of_groups_within_groups_the_tightest_counts() {
        let files = [
            ("proc/self/cgroup", "0::/system.slice/aeroduct.service\n"),
            ("sys/fs/cgroup/system.slice/memory.max", "1000\n"),
            (
                "sys/fs/cgroup/system.slice/aeroduct.service/memory.max",
                "max\n",
            ),
        ];
        assert_eq!(limit_with(&files), Some(1000));
    }

    #[test]
    fn without_a_limit_there_is_none() {
        assert_eq!(limit_with(&[]), None);
        let odd = [("proc/self/cgroup", "\n::\n4:memory\n0::/a:b\n")];
        assert_eq!(limit_with(&odd), None);
        let unlimited = [
            ("proc/self/cgroup", "4:memory:/a\n0::/a\n"),
            ("sys/fs/cgroup/a/memory.max", "max\n"),
            (
                "sys/fs/cgroup/memory/a/memory.limit_in_bytes",
                "9223372036854771712\n",
            ),
        ];
        assert_eq!(limit_with(&unlimited), None);
    }
}
