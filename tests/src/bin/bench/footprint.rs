//! Memory, start time, and what watching costs: P19, P20, P22.

use crate::Bench;
use crate::process::Served;
use crate::report::{Bounds, Figure, median};
use crate::system::{self, System};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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

/// Metrics scraped every second and lines in the log, against neither: P22.
pub(crate) fn watching(bench: &mut Bench) -> anyhow::Result<()> {
    let broker = crate::mock(1)?;
    let routing = system::one_topic();
    let port = system::free_port();
    let quiet = system::configuration(&broker.address, &routing, "")
        .replace("true }", "true, ticker-interval: 0 }");
    let manage = format!("  manage: {{ port: {port}, address: 127.0.0.1 }}\n");
    let watched = system::configuration(&broker.address, &routing, &manage)
        .replace("true }", "true, ticker-interval: 1 }");
    let mut ratios = Vec::new();
    for round in 1..=bench.rounds() {
        crate::say(&format!("metrics and logs, round {round}"));
        // Processes anew: one of them may have an unlucky place in memory as long as it lives.
        let without = cpu(
            &system::connector(&quiet, bench.folder())?,
            bench.duration(),
        )?;
        let served = system::connector(&watched, bench.folder())?;
        let done = AtomicBool::new(false);
        let with = std::thread::scope(|scope| {
            scope.spawn(|| scrape(port, &done));
            let with = cpu(&served, bench.duration());
            done.store(true, Ordering::Relaxed);
            with
        })?;
        ratios.push((with / without - 1.0) * 100.0);
    }
    let (tax, spread) = median(ratios);
    bench.report.add(
        Figure::of(
            "P22",
            "processor time that metrics (scraped each second) and logs cost",
            format!("{tax:+.1} %"),
            tax,
        )
        .spread(spread)
        .judged(Bounds::at_most(4.0, 2.0)),
    );
    Ok(())
}

fn cpu(served: &Served, duration: Duration) -> anyhow::Result<f64> {
    system::drive(served, &system::plan(served, Duration::from_secs(1)))?;
    Ok(system::drive(served, &system::plan(served, duration))?.cpu_ns)
}

fn scrape(port: u16, done: &AtomicBool) {
    while !done.load(Ordering::Relaxed) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
            let request =
                b"GET /manage/rest/v1/prometheus HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            let mut answer = Vec::new();
            drop(
                stream
                    .write_all(request)
                    .and_then(|()| stream.read_to_end(&mut answer)),
            );
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}
