//! The one that stays when the tests are gone: a small shell process that kills what they left
//! running and removes their folders.
//!
//! Fixtures shared by all tests live in statics, which are never dropped, and a test binary may
//! itself be killed. The keeper reads its orders from a pipe; the end of the pipe is the end of
//! the tests, however it came.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::wait;

const SCRIPT: &str = r#"
trap '' HUP INT TERM
pids=' '
folders=
while read -r order what; do
  case $order in
    keep) pids="$pids$what " ;;
    forget) case $pids in *" $what "*) pids="${pids%%" $what "*} ${pids#*" $what "}" ;; esac ;;
    folder) folders="$folders$what
" ;;
  esac
done
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done
printf '%s' "$folders" | while read -r folder; do
  rm -rf -- "$folder" || { sleep 1; rm -rf -- "$folder"; }
done
"#;

static ORDERS: OnceLock<Option<Mutex<ChildStdin>>> = OnceLock::new();

/// Kills this process when the tests end.
pub fn keep(pid: u32) {
    order("keep", &pid.to_string());
}

/// This process has ended; its number may belong to another one soon.
pub fn forget(pid: u32) {
    order("forget", &pid.to_string());
}

/// Removes this folder when the tests end.
pub fn remove(folder: &Path) {
    order("folder", &folder.display().to_string());
}

/// Tells the person at the screen, past the capture of the test harness.
pub fn say(text: &str) {
    // Nobody may be listening; that is no reason to fail.
    let _ignored = writeln!(std::io::stderr(), "rig: {text}");
}

fn order(verb: &str, what: &str) {
    let orders = ORDERS.get_or_init(|| {
        wait::guard_the_suite();
        start()
            .inspect_err(|error| say(&format!("no keeper, so leftovers may stay: {error}")))
            .ok()
    });
    if let Some(orders) = orders {
        let mut pipe = orders.lock().unwrap_or_else(PoisonError::into_inner);
        // A keeper that was killed keeps nothing; the tests themselves go on.
        let _ignored = writeln!(pipe, "{verb} {what}");
    }
}

fn start() -> std::io::Result<Mutex<ChildStdin>> {
    let mut child = Command::new("sh")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    child
        .stdin
        .take()
        .map(Mutex::new)
        .ok_or_else(|| std::io::Error::other("no pipe to the keeper"))
}
