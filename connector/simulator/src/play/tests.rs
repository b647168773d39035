use std::fs;

use tempfile::TempDir;

use super::*;
use crate::sink::{Behaviour, Message as Kind, Sink};

/// Writes `count` small messages as raw frames and plays them.
fn play(
    sink: &Sink,
    count: usize,
    change: impl Fn(PlayPlan) -> PlayPlan,
) -> (Vec<Played>, Result<PlayReport, PlayError>) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("frames");
    let mut frames = Vec::new();
    for number in 0..count {
        aeroduct_wire::encode::MessageWriter::new(
            &mut frames,
            aeroduct_record::Operation::Delete { durable: false },
        )
        .namespace(b"test")
        .digest(&[u8::try_from(number % 256).unwrap(); 20])
        .finish()
        .unwrap();
    }
    fs::write(&file, frames).unwrap();
    let plan = change(PlayPlan {
        to: sink.address(),
        files: vec![file],
        repeat: 1,
        window: 8,
        patience: Duration::from_secs(20),
    });
    let mut played = Vec::new();
    let report = run(&plan, &mut |message| played.push(message.clone()));
    (played, report)
}

fn sink(behaviour: Behaviour) -> Sink {
    Sink::start(behaviour).unwrap()
}

#[test]
fn every_message_is_told_with_its_reply_in_order() {
    let sink = sink(Behaviour {
        code: Some(|number, _| Some(if number % 3 == 1 { 11 } else { 0 })),
        ..Behaviour::default()
    });
    let (played, report) = play(&sink, 6, |plan| PlayPlan { repeat: 2, ..plan });
    let report = report.unwrap();
    assert_eq!((report.sent, report.success, report.temporary), (12, 8, 4));
    assert!(!report.is_clean());
    let numbers: Vec<_> = played.iter().map(|message| message.number).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
    assert_eq!(played[1].reply, Code(11));
    let summary = played[3].summary.as_ref().unwrap();
    assert_eq!(
        (summary.operation, summary.place().as_str()),
        ("delete", "test")
    );
    assert_eq!(summary.key, "#030303030303…");
}

#[test]
fn the_window_is_kept() {
    let sink = sink(Behaviour {
        delay: Duration::from_millis(1),
        ..Behaviour::default()
    });
    let (_, report) = play(&sink, 100, |plan| PlayPlan { window: 1, ..plan });
    assert!(report.unwrap().is_clean());
    assert_eq!(sink.unanswered_max(), 1);
}

#[test]
fn a_message_without_reply_is_named() {
    let silent = sink(Behaviour {
        code: Some(|number, _| (number < 4).then_some(0)),
        ..Behaviour::default()
    });
    let patience = Duration::from_millis(200);
    let (played, report) = play(&silent, 10, |plan| PlayPlan { patience, ..plan });
    assert_eq!(played.len(), 4);
    assert!(
        matches!(report, Err(PlayError::Overdue { number: 5, .. })),
        "{report:?}"
    );

    let closing = sink(Behaviour {
        close_after: Some(4),
        ..Behaviour::default()
    });
    let (played, report) = play(&closing, 1000, |plan| plan);
    assert_eq!(played.len(), 4);
    assert!(
        matches!(
            report,
            Err(PlayError::Closed { number: 5 } | PlayError::Receive { number: 5, .. })
        ),
        "{report:?}"
    );
}

#[test]
fn a_reply_too_many_is_found() {
    let sink = sink(Behaviour {
        extra: 1,
        ..Behaviour::default()
    });
    let (_, report) = play(&sink, 3, |plan| plan);
    assert!(
        matches!(report, Err(PlayError::Unasked { sent: 3 })),
        "{report:?}"
    );
}

#[test]
fn an_unreadable_message_is_sent_all_the_same() {
    let sink = sink(Behaviour {
        code: Some(|_, message| Some(if message == Kind::Malformed { 4 } else { 0 })),
        ..Behaviour::default()
    });
    let (played, report) = play(&sink, 0, |plan| {
        fs::write(&plan.files[0], [2, 3, 0, 0, 0, 0, 0, 2, 22, 0x10]).unwrap();
        plan
    });
    assert_eq!(report.unwrap().permanent, 1);
    assert!(played[0].summary.is_err());
}

#[test]
fn a_wrong_file_is_told_before_anything_is_sent() {
    let sink = sink(Behaviour::default());
    let (played, report) = play(&sink, 3, |mut plan| {
        plan.files.push(PathBuf::from("/nonexistent/file"));
        plan
    });
    assert!(matches!(report, Err(PlayError::Recording(_))));
    assert!(played.is_empty());
    assert_eq!(sink.connections(), 0);
}
