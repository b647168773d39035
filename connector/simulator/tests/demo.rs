//! The demo from end to end: source, connector, mock Kafka, in this process.

use std::error::Error;
use std::time::Duration;

use aeroduct_simulator::demo::{self, DemoPlan, DemoReport, Format};
use aeroduct_simulator::load::Stop;
use aeroduct_simulator::screen::{self, Screen};
use anstream::StripStream;

/// Runs a short demo as a page of this width, and returns its numbers and its text.
fn demo(format: Format, width: usize, stop: &Stop) -> Result<(DemoReport, String), Box<dyn Error>> {
    let screen = Screen {
        is_terminal: false,
        width,
    };
    let plan = DemoPlan {
        format,
        load: Duration::from_secs(1),
    };
    let mut out = StripStream::new(Vec::new());
    let report = demo::run(&plan, stop, screen, &mut out)?;
    Ok((report, String::from_utf8(out.into_inner())?))
}

#[test]
fn every_change_that_is_acknowledged_is_published() {
    for format in [Format::Json, Format::FlatJson] {
        let (report, text) = demo(format, 160, &Stop::new()).unwrap();
        assert_eq!(report.lost(), 0, "{text}");
        assert_eq!(report.sent, report.acknowledged, "{text}");
        assert_eq!(report.published, report.acknowledged, "{text}");
        assert!(report.sent > 100, "{text}");
        let last = text.lines().last().unwrap();
        assert!(last.contains("sent ") && last.ends_with("lost 0"), "{last}");
    }
}

#[test]
fn both_sides_of_a_real_change_are_shown() {
    let (_, text) = demo(Format::Json, 160, &Stop::new()).unwrap();
    // The first capture: a write of bin "a" in source-ns1/set1 with key 777.
    let row = text
        .lines()
        .find(|line| line.contains("source-ns1/set1  777"))
        .unwrap();
    assert!(row.contains("aerospike partition"), "{row}");
    assert!(text.contains(r#"a="zzzzzzzzzzzzzzz""#), "{text}");
    assert!(text.contains(r#""zzzzzzzzzzzzzzz""#), "{text}");
    assert!(!text.contains("nothing arrived"), "{text}");
    assert!(
        !text.contains('\u{1b}'),
        "no escape codes without a terminal"
    );
}

#[test]
fn a_narrow_page_is_never_wider_than_it_says() {
    let (_, text) = demo(Format::Json, 80, &Stop::new()).unwrap();
    for line in text.lines() {
        assert!(screen::width(line) <= 80, "{line}");
    }
}

#[test]
fn a_stop_ends_it_with_its_summary() {
    let stop = Stop::new();
    stop.request();
    let (report, text) = demo(Format::Json, 100, &stop).unwrap();
    assert_eq!(report, DemoReport::default());
    assert!(
        text.ends_with("sent 0  acknowledged 0  published 0  lost 0\n"),
        "{text}"
    );
}
