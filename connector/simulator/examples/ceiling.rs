//! How fast the load generator itself is: it sends to a sink that answers everything at once.
//!
//! Prints records per second, and the CPU time that the generator's own threads took per record;
//! the rest of the machine is the sink's. Run it optimised.

use std::error::Error;
use std::time::Duration;

use aeroduct_simulator::load::{self, End, LoadPlan, RecordShape, Stop};
use aeroduct_simulator::sink::{Behaviour, Sink};
use anstream::println;

fn main() -> Result<(), Box<dyn Error>> {
    let sink = Sink::start(Behaviour::default())?;
    let shapes = [
        RecordShape::Small,
        RecordShape::Reference,
        RecordShape::Typical,
        RecordShape::Large,
    ];
    for shape in shapes {
        let plan = LoadPlan {
            to: sink.address(),
            connections: 1,
            window: 16_384,
            shape,
            end: End::after(Duration::from_secs(3)),
            ..LoadPlan::default()
        };
        let report = load::run(&plan, &Stop::new(), &mut |_| {})?;
        let records = report.tally.success.max(1);
        let nanos = report
            .cpu
            .map_or(0, |cpu| cpu.as_nanos() / u128::from(records));
        println!(
            "{shape:<10} {:>6.2} M records/s  {:>5} bytes/record  {nanos:>5} ns CPU/record  clean: {}",
            report.rate() / 1e6,
            report.tally.bytes / records,
            report.is_clean(),
        );
    }
    Ok(())
}
