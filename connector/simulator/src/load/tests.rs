use std::time::Instant;

use super::*;
use crate::sink::{Behaviour, Message, Sink};

/// Long enough for a busy machine, short enough for a test that waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

fn plan(sink: &Sink, count: u64) -> LoadPlan {
    LoadPlan {
        to: sink.address(),
        connections: 2,
        window: 64,
        end: End::count(count),
        shape: RecordShape::Small,
        keys: 100,
        ledger: true,
        patience: PATIENCE,
        ..LoadPlan::default()
    }
}

fn sink(behaviour: Behaviour) -> Sink {
    Sink::start(behaviour).unwrap()
}

fn run_plan(plan: &LoadPlan) -> LoadReport {
    run(plan, &Stop::new(), &mut |_| {}).unwrap()
}

#[test]
fn every_record_is_answered_once_and_stands_in_the_ledger() {
    let sink = sink(Behaviour::default());
    let report = run_plan(&LoadPlan {
        first_sequence: 50,
        ..plan(&sink, 10_001)
    });
    let Tally {
        sent,
        answered,
        success,
        resent,
        ..
    } = report.tally;
    assert_eq!(
        (sent, answered, success, resent),
        (10_001, 10_001, 10_001, 0)
    );
    assert!(report.is_clean(), "{:?}", report.problems);
    assert_eq!(report.latency.count(), 10_001);
    let ledger = report.ledger.unwrap();
    assert_eq!(ledger.len(), 10_001);
    let mut numbers: Vec<_> = ledger.sequences().collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(50..10_051));
}

#[test]
fn the_window_is_kept() {
    let sink = sink(Behaviour {
        delay: Duration::from_millis(2),
        ..Behaviour::default()
    });
    let report = run_plan(&LoadPlan {
        window: 16,
        ..plan(&sink, 2_000)
    });
    assert!(report.is_clean());
    assert!(
        (1..=16).contains(&sink.unanswered_max()),
        "{}",
        sink.unanswered_max()
    );
}

#[test]
fn a_window_of_one_sends_one_by_one() {
    let sink = sink(Behaviour::default());
    let report = run_plan(&LoadPlan {
        window: 1,
        ..plan(&sink, 200)
    });
    assert!(report.is_clean());
    assert_eq!(sink.unanswered_max(), 1);
}

#[test]
fn a_permanent_error_is_counted_and_not_clean() {
    let sink = sink(Behaviour {
        code: Some(|number, _| Some(if number == 7 { 4 } else { 0 })),
        ..Behaviour::default()
    });
    let report = run_plan(&plan(&sink, 100));
    assert_eq!(
        (report.tally.permanent, report.tally.success),
        (2, 98),
        "one per connection"
    );
    assert!(!report.is_clean());
    assert_eq!(report.ledger.unwrap().len(), 98);
}

#[test]
fn a_missing_reply_is_found() {
    let sink = sink(Behaviour {
        code: Some(|number, _| (number != 3).then_some(0)),
        ..Behaviour::default()
    });
    let patience = Duration::from_millis(300);
    let report = run_plan(&LoadPlan {
        connections: 1,
        patience,
        ..plan(&sink, 50)
    });
    assert_eq!((report.tally.success, report.tally.missing), (49, 1));
    assert!(!report.is_clean());
    assert!(
        report.problems[0].contains("no reply"),
        "{:?}",
        report.problems
    );
}

#[test]
fn a_reply_too_many_is_found_even_at_the_end() {
    let sink = sink(Behaviour {
        extra: 1,
        ..Behaviour::default()
    });
    let report = run_plan(&LoadPlan {
        connections: 1,
        ..plan(&sink, 1)
    });
    assert_eq!(report.tally.violations, 1);
    assert!(!report.is_clean());
}

#[test]
fn replies_out_of_order_are_found_by_malformed_messages() {
    let malformed = Percent::new(10.0).unwrap();
    let honest = sink(Behaviour {
        code: Some(|_, message| Some(if message == Message::Malformed { 4 } else { 0 })),
        ..Behaviour::default()
    });
    let report = run_plan(&LoadPlan {
        malformed,
        ..plan(&honest, 1_000)
    });
    assert!(report.is_clean(), "{:?}", report.tally);
    assert!(report.tally.refused > 50);
    assert_eq!(report.tally.refused + report.tally.success, 1_000);

    // Right in number, wrong in place.
    let shuffling = sink(Behaviour {
        code: Some(|number, _| Some(if number % 10 == 0 { 4 } else { 0 })),
        ..Behaviour::default()
    });
    let report = run_plan(&LoadPlan {
        malformed,
        ..plan(&shuffling, 1_000)
    });
    assert!(report.tally.misplaced > 0 && report.tally.permanent > 0);
    assert!(!report.is_clean());
}

#[test]
fn with_retry_temporary_errors_end_in_success() {
    let sink = sink(Behaviour {
        code: Some(|number, _| Some(if number < 40 { 11 } else { 0 })),
        ..Behaviour::default()
    });
    let report = run_plan(&LoadPlan {
        retry: true,
        ..plan(&sink, 500)
    });
    assert_eq!((report.tally.success, report.tally.temporary), (500, 80));
    assert_eq!(report.tally.resent, 80);
    assert!(report.is_clean());
    assert_eq!(report.ledger.unwrap().len(), 500);
}

#[test]
fn without_retry_temporary_errors_are_final() {
    let sink = sink(Behaviour {
        code: Some(|_, _| Some(11)),
        ..Behaviour::default()
    });
    let report = run_plan(&plan(&sink, 100));
    assert_eq!((report.tally.temporary, report.tally.success), (100, 0));
    assert_eq!(report.tally.resent, 0);
}

#[test]
fn a_connector_that_goes_away_is_connected_to_again() {
    let sink = sink(Behaviour {
        close_after: Some(100),
        ..Behaviour::default()
    });
    let report = run_plan(&LoadPlan {
        retry: true,
        ..plan(&sink, 1_000)
    });
    assert_eq!(report.tally.success, 1_000);
    assert!(report.tally.reconnects >= 8, "{}", report.tally.reconnects);
    assert!(report.is_clean(), "{:?}", report.problems);
    assert!(sink.connections() >= 10);
}

#[test]
fn without_retry_what_a_lost_connection_owed_is_missing() {
    let sink = sink(Behaviour {
        close_after: Some(100),
        delay: Duration::from_millis(1),
        ..Behaviour::default()
    });
    let report = run_plan(&plan(&sink, 1_000));
    let Tally {
        sent,
        success,
        missing,
        ..
    } = report.tally;
    assert_eq!(sent, success + missing);
    assert!(missing > 0);
    assert!(!report.is_clean());
}

#[test]
fn a_connector_that_never_comes_back_is_given_up() {
    let gone = sink(Behaviour {
        close_after: Some(10),
        ..Behaviour::default()
    });
    let patience = Duration::from_millis(500);
    let plan = LoadPlan {
        retry: true,
        patience,
        ..plan(&gone, 10_000)
    };
    let holder = Mutex::new(Some(gone));
    let report = run(&plan, &Stop::new(), &mut |_| {
        drop(holder.lock().unwrap().take());
    })
    .unwrap();
    assert!(report.tally.abandoned > 0);
    assert!(report.tally.missing > 0);
    assert!(!report.is_clean());
}

#[test]
fn nobody_listening_is_an_error_at_once() {
    let address = sink(Behaviour::default()).address();
    let plan = LoadPlan {
        to: address,
        ..LoadPlan::default()
    };
    let error = run(&plan, &Stop::new(), &mut |_| {}).unwrap_err();
    assert!(matches!(
        error,
        LoadError::Connect(ConnectError::Open { .. })
    ));
}

#[test]
fn a_rate_is_kept_and_latency_counts_from_the_intended_time() {
    let sink = sink(Behaviour {
        delay: Duration::from_millis(20),
        ..Behaviour::default()
    });
    let plan = LoadPlan {
        rate: Some(2_000.0),
        connections: 1,
        // Far too small for the delay: at most 10 records per 20 ms are let through.
        window: 10,
        end: End::after(Duration::from_secs(1)),
        ..plan(&sink, 0)
    };
    let report = run_plan(&plan);
    // Sent late, so the records waited; a closed loop would have told 20 ms.
    assert!(
        report.latency.at(0.9) > Duration::from_millis(200),
        "{:?}",
        report.latency
    );
    assert!(report.tally.sent <= 600, "{}", report.tally.sent);
    assert_eq!(report.overdue, 2_000 - report.tally.sent);
}

#[test]
fn a_paced_load_sends_what_was_asked() {
    let sink = sink(Behaviour::default());
    let end = End::after(Duration::from_millis(500));
    let report = run_plan(&LoadPlan {
        rate: Some(10_000.0),
        end,
        ..plan(&sink, 0)
    });
    // A machine that stops for a moment may leave some overdue; none may be too many.
    assert_eq!(report.tally.sent + report.overdue, 5_000);
    assert!(report.tally.sent > 2_500, "{}", report.tally.sent);
    assert!(report.is_clean());
}

#[test]
fn a_stop_ends_the_run_with_everything_answered() {
    let sink = sink(Behaviour::default());
    let stop = Stop::new();
    let plan = LoadPlan {
        end: End::default(),
        ..plan(&sink, 0)
    };
    let start = Instant::now();
    let report = run(&plan, &stop, &mut |_| stop.request()).unwrap();
    assert!(start.elapsed() < PATIENCE);
    assert_eq!(report.tally.sent, report.tally.success);
    assert!(report.tally.sent > 0);
}
