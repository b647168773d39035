//! Memory and start time: P19, P20.

use crate::Bench;
use crate::report::{Bounds, Figure, median};
use crate::system::{self, System};

/// Runs P19 and P20.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let broker = crate::mock(1)?;
    crate::say("memory and start time");
    let start = || System::Aeroduct.start(&broker.address, &system::one_topic(), bench.folder());
    let starts = (0..9)
        .map(|_| Ok(start()?.start_time.as_secs_f64() * 1e3))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let served = start()?;
    let idle = served.memory()?.0;
    system::drive(&served, &system::plan(&served, bench.duration()))?;
    let loaded = served.memory()?.1;
    bench.report.add(
        Figure::of(
            "P19",
            "resident memory, idle",
            format!("{idle:.1} MiB"),
            idle,
        )
        .judged(Bounds::at_most(30.0, 15.0)),
    );
    bench.report.add(
        Figure::of(
            "P19",
            "resident memory, highest with full windows",
            format!("{loaded:.1} MiB"),
            loaded,
        )
        .judged(Bounds::at_most(250.0, 150.0)),
    );
    let (time, spread) = median(starts);
    bench
        .report
        .add(Figure::of("P20", "start to listening", format!("{time:.0} ms"), time).spread(spread));
    Ok(())
}
