//! Ctrl-C: the first ends a run in order, the second at once.

use std::io;
use std::process;
use std::thread;

use crate::load::Stop;

/// The exit code of a program that an interrupt ended.
const INTERRUPTED: i32 = 130;

/// Requests `stop` at the first Ctrl-C, and ends the process at the second.
pub fn stop_at_interrupt(stop: Stop) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    thread::Builder::new()
        .name("interrupt".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                if tokio::signal::ctrl_c().await.is_ok() {
                    stop.request();
                }
                if tokio::signal::ctrl_c().await.is_ok() {
                    process::exit(INTERRUPTED);
                }
            });
        })?;
    Ok(())
}
