//! Plays a source to a connector: recorded messages, a generated load, or the whole demo.

mod cli;
mod demo;
mod load;
mod play;

use std::process::ExitCode;

use aeroduct_simulator::screen::BAD;
use anstream::eprintln;
use clap::Parser;

use crate::cli::{Cli, Command};

/// Exit code for arguments that cannot be meant; clap uses the same.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Play(args) => play::run(args),
        Command::Load(args) => load::run(&args),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("{BAD}error{BAD:#}: {error:#}");
        ExitCode::FAILURE
    })
}
