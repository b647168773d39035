//! Signals end a whole process, so each case runs one: this test program starts itself again,
//! told by its environment to be the child.
#![expect(clippy::unwrap_used, reason = "whatever fails here fails the test")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use aeroduct_process::shutdown::{channel, listen};

const CHILD: &str = "AERODUCT_PROCESS_TEST_CHILD";

/// The child: says "ready", then does as its role says.
#[test]
fn child_process() {
    let Ok(role) = std::env::var(CHILD) else {
        return;
    };
    let (controller, shutdown) = channel();
    listen(controller).unwrap();
    // The harness captures what `println` writes; the parent must see this.
    std::io::Write::write_all(&mut std::io::stderr(), b"ready\n").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        shutdown.draining().await;
        std::io::Write::write_all(&mut std::io::stderr(), b"draining\n").unwrap();
        match role.as_str() {
            "drains" => {}
            "obeys" => {
                shutdown.aborting().await;
                std::process::exit(7);
            }
            _ => loop {
                // Hangs on purpose, the runtime included.
                std::thread::park();
            },
        }
    });
    std::process::exit(0);
}

struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStderr>>,
}

impl Process {
    fn start(role: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child_process", "--exact", "--nocapture"])
            .env(CHILD, role)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut process = Self { child, lines };
        process.wait_for("ready");
        process
    }

    fn wait_for(&mut self, text: &str) {
        let found = self.lines.by_ref().any(|line| line.unwrap().contains(text));
        assert!(found, "the child says {text}");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

#[test]
fn the_first_signal_drains() {
    for signal in ["TERM", "INT"] {
        let mut process = Process::start("drains");
        process.signal(signal);
        process.wait_for("draining");
        assert_eq!(process.wait().code(), Some(0));
    }
}

#[test]
fn the_second_signal_lets_the_program_leave_by_itself() {
    let mut process = Process::start("obeys");
    process.signal("TERM");
    process.wait_for("draining");
    process.signal("TERM");
    assert_eq!(process.wait().code(), Some(7));
}

#[test]
fn the_second_signal_ends_a_program_that_hangs() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let mut process = Process::start("hangs");
        process.signal("TERM");
        process.wait_for("draining");
        let began = Instant::now();
        process.signal(signal);
        assert_eq!(process.wait().code(), Some(code));
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
