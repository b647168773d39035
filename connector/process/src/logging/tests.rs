use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;
use tracing::dispatcher::with_default;

use super::layer::LogLayer;
use super::level::{Alias, Level, Levels, SetLevelsError};
use super::line::{Content, Layout, Line, chain};
use super::sink::Sink;
use super::{Clock, Format, Logging, LoggingError, Settings};

const SOON: Duration = Duration::from_secs(5);

/// 2023-10-29 11:02:44.575 GMT.
const MOMENT_MS: i64 = 1_698_577_364_575;

const DAY_MS: i64 = 86_400_000;

const ALIASES: &[Alias] = &[Alias {
    logger: "com.aerospike.connect",
    targets: &["server", "aeroduct"],
}];

fn clock_at(ms: i64) -> (Arc<AtomicI64>, Clock) {
    let now = Arc::new(AtomicI64::new(ms));
    let hand = Arc::clone(&now);
    let clock: Clock = Arc::new(move || {
        Timestamp::from_millisecond(hand.load(Ordering::Relaxed)).expect("in range")
    });
    (now, clock)
}

/// What `emit` logs to a file, with the clock standing still.
fn logged(format: Format, levels: &[(&str, Level)], emit: impl FnOnce(&Logging)) -> String {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("connector.log");
    let levels = levels.iter().map(|&(name, level)| (name.to_owned(), level));
    let settings = Settings {
        format,
        file: Some(path.clone()),
        levels: levels.collect(),
        aliases: ALIASES,
        ..Settings::default()
    };
    let (dispatch, logging) = Logging::build_with(&settings, clock_at(MOMENT_MS).1).unwrap();
    with_default(&dispatch, || emit(&logging));
    assert!(logging.flush(SOON));
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_line_has_the_official_shape() {
    let text = logged(Format::Simple, &[("root", Level::Trace)], |_| {
        tracing::info!(target: "server", "shutting down");
        tracing::error!(target: "record-parser", "cannot parse");
        tracing::warn!(target: "server", "late");
        tracing::debug!(target: "server", "opened");
        tracing::trace!(target: "server", "read");
    });
    assert_eq!(
        text,
        "2023-10-29 11:02:44.575 GMT INFO  server - shutting down\n\
         2023-10-29 11:02:44.575 GMT ERROR record-parser - cannot parse\n\
         2023-10-29 11:02:44.575 GMT WARN  server - late\n\
         2023-10-29 11:02:44.575 GMT DEBUG server - opened\n\
         2023-10-29 11:02:44.575 GMT TRACE server - read\n"
    );
}

#[test]
fn fields_follow_the_message_and_words_stand_without_quotes() {
    let text = logged(Format::Simple, &[], |_| {
        let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 3000));
        tracing::info!(
            target: "server",
            %peer, records = 7_u64, late = true, ratio = 0.5, shard = -1_i64, reason = "too large",
            "closed"
        );
    });
    assert_eq!(
        text,
        "2023-10-29 11:02:44.575 GMT INFO  server - closed \
         peer=127.0.0.1:3000 records=7 late=true ratio=0.5 shard=-1 reason=\"too large\"\n"
    );
}

#[test]
fn fields_of_the_spans_around_an_event_follow_its_own() {
    let text = logged(Format::Simple, &[], |_| {
        let span = tracing::info_span!(
            "connection",
            peer = "10.0.0.1",
            records = tracing::field::Empty
        );
        span.record("records", 3);
        span.in_scope(|| tracing::info!(target: "server", reason = "idle", "closed"));
    });
    let end = text.split_once(" - ").unwrap().1;
    assert_eq!(end, "closed reason=idle peer=10.0.0.1 records=3\n");
}

#[test]
fn no_text_of_a_peer_forges_a_line_or_a_field() {
    let forged = "x\n2023-10-29 11:02:44.575 GMT INFO  server - all is well";
    let text = logged(Format::Simple, &[], |_| {
        tracing::warn!(target: "server", topic = forged, "refused {forged}");
        tracing::warn!(target: "server", topic = "a b\" level=\"c\\\u{1b}[31m\r\u{2028}", "refused");
        tracing::warn!(target: "server", topic = "", "empty\u{1b}]0;title\u{7}");
    });
    assert_eq!(
        text,
        "2023-10-29 11:02:44.575 GMT WARN  server - refused x\n    \
         2023-10-29 11:02:44.575 GMT INFO  server - all is well \
         topic=\"x\\n2023-10-29 11:02:44.575 GMT INFO  server - all is well\"\n\
         2023-10-29 11:02:44.575 GMT WARN  server - refused \
         topic=\"a b\\\" level=\\\"c\\\\\\u{1b}[31m\\r\\u{2028}\"\n\
         2023-10-29 11:02:44.575 GMT WARN  server - empty\\u{1b}]0;title\\u{7} topic=\"\"\n"
    );
}

#[derive(Debug)]
struct Outer(io::Error);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot write")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn errors_come_with_their_causes() {
    let error = Outer(io::Error::other("disk full"));
    assert_eq!(chain(&error).to_string(), "cannot write: disk full");
    let text = logged(Format::Simple, &[], |_| {
        let error: &(dyn Error + 'static) = &error;
        tracing::error!(target: "server", error, "stopped");
    });
    assert!(
        text.ends_with("stopped error=\"cannot write: disk full\"\n"),
        "{text}"
    );
}

#[test]
fn json_lines_are_one_object_each() {
    let text = logged(Format::Json, &[], |_| {
        tracing::info!(target: "server", peer = "a\nb", records = 7_u64, rate = f64::NAN, "two\nlines");
        tracing::warn!(target: "server", "late");
    });
    assert_eq!(
        text,
        concat!(
            r#"{"timestamp":"2023-10-29T11:02:44.575Z","level":"INFO","logger":"server","#,
            r#""message":"two\nlines","fields":{"peer":"a\nb","records":7,"rate":"NaN"}}"#,
            "\n",
            r#"{"timestamp":"2023-10-29T11:02:44.575Z","level":"WARN","logger":"server","#,
            r#""message":"late","fields":{}}"#,
            "\n",
        )
    );
}

#[test]
fn a_huge_value_is_cut_and_marked() {
    let text = logged(Format::Simple, &[], |_| {
        tracing::info!(target: "server", value = "é".repeat(100_000), "got");
    });
    // 8 KiB hold 4096 characters of two bytes.
    let expected = format!("got value={}...\n", "é".repeat(4096));
    assert!(text.ends_with(&expected));
}

#[test]
fn colours_are_around_the_level_alone() {
    let layout = Layout {
        format: Format::Simple,
        colours: true,
    };
    let line = Line {
        time: Timestamp::from_millisecond(MOMENT_MS).unwrap(),
        level: Level::Warn,
        logger: "server",
        content: Content::message("late").with("ms", 5),
    };
    assert_eq!(
        layout.render(&line),
        "2023-10-29 11:02:44.575 GMT \u{1b}[33mWARN \u{1b}[0m server - late ms=5\n"
    );
}

// covers: logging.levels=error, logging.levels=trace
#[test]
fn the_longest_name_that_covers_a_target_gives_its_level() {
    let named = [("root", Level::Error), ("server", Level::Debug)]
        .map(|(name, level)| (name.to_owned(), level));
    let levels = Levels::new(&named, ALIASES).unwrap();
    assert!(levels.enabled("server", Level::Debug));
    assert!(!levels.enabled("server", Level::Trace));
    assert!(levels.enabled("server::tls", Level::Debug));
    assert!(!levels.enabled("serverless", Level::Warn));
    assert!(!levels.enabled("kafka", Level::Warn));

    let change = BTreeMap::from([("com.aerospike.connect".to_owned(), Level::Trace)]);
    levels.set(change).unwrap();
    // The name itself is stronger than the alias that covers it too.
    assert!(!levels.enabled("server", Level::Trace));
    assert!(levels.enabled("aeroduct_connector::source", Level::Trace));
    assert!(!levels.enabled("kafka", Level::Warn));
    assert_eq!(
        levels.get(),
        BTreeMap::from([
            ("com.aerospike.connect".to_owned(), Level::Trace),
            ("root".to_owned(), Level::Error),
            ("server".to_owned(), Level::Debug),
        ])
    );
}

#[test]
fn a_change_of_levels_takes_effect_at_once_for_known_call_sites() {
    let text = logged(Format::Simple, &[], |logging| {
        let emit = || tracing::debug!(target: "server", "detail");
        let set = |level| {
            let change = BTreeMap::from([("server".to_owned(), level)]);
            logging.levels().set(change).unwrap();
        };
        emit();
        set(Level::Debug);
        emit();
        set(Level::Warn);
        emit();
    });
    assert_eq!(text, "2023-10-29 11:02:44.575 GMT DEBUG server - detail\n");
}

#[test]
fn a_refused_change_of_levels_changes_nothing() {
    let levels = Levels::new(&[], &[]).unwrap();
    let before = levels.get();
    let change = BTreeMap::from([
        ("a".to_owned(), Level::Trace),
        ("b\n".to_owned(), Level::Trace),
    ]);
    let refused = levels.set(change).unwrap_err();
    assert!(matches!(refused, SetLevelsError::IllegalName { .. }));
    let many = (0..300).map(|number| (format!("logger{number}"), Level::Warn));
    let refused = levels.set(many.collect()).unwrap_err();
    assert_eq!(refused, SetLevelsError::TooMany { count: 301 });
    assert_eq!(levels.get(), before);
    assert!(!levels.enabled("a", Level::Debug));
}

#[test]
fn levels_are_read_in_any_case_and_unknown_ones_are_named() {
    assert_eq!("WARN".parse(), Ok(Level::Warn));
    assert_eq!("trace".parse(), Ok(Level::Trace));
    let error = "verbose".parse::<Level>().unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"unknown level "verbose"; use error, warn, info, debug or trace"#
    );
}

#[test]
fn a_log_file_that_cannot_be_opened_is_named() {
    let settings = Settings {
        file: Some("/nonexistent/folder/connector.log".into()),
        ..Settings::default()
    };
    let error = Logging::build(&settings).unwrap_err();
    assert!(matches!(error, LoggingError::OpenFile { .. }));
    assert!(
        error
            .to_string()
            .contains("/nonexistent/folder/connector.log")
    );
}

// covers: logging.max-history
#[test]
fn the_file_is_rotated_daily_and_old_ones_are_removed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("connector.log");
    let unrelated = folder.path().join("connector.log.backup");
    fs::write(&unrelated, "kept").unwrap();
    let settings = Settings {
        file: Some(path.clone()),
        max_history: 2,
        ..Settings::default()
    };
    let (now, clock) = clock_at(MOMENT_MS);
    let (dispatch, logging) = Logging::build_with(&settings, clock).unwrap();
    for day in 0..5 {
        now.store(MOMENT_MS + day * DAY_MS, Ordering::Relaxed);
        with_default(&dispatch, || tracing::info!(target: "server", day, "up"));
        assert!(logging.flush(SOON));
    }
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    // Written on 29 October to 2 November; the last day is in the file itself.
    assert_eq!(
        names,
        [
            "connector.log",
            "connector.log.2023-10-31",
            "connector.log.2023-11-01",
            "connector.log.backup",
        ]
    );
    let rotated = fs::read_to_string(folder.path().join("connector.log.2023-10-31")).unwrap();
    assert_eq!(
        rotated,
        "2023-10-31 11:02:44.575 GMT INFO  server - up day=2\n"
    );
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "2023-11-02 11:02:44.575 GMT INFO  server - up day=4\n"
    );
}

#[test]
fn a_restart_goes_on_in_the_file_and_rotates_what_is_of_an_earlier_day() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("connector.log");
    let settings = Settings {
        file: Some(path.clone()),
        max_history: 30,
        ..Settings::default()
    };
    let start_at = |ms| {
        let (dispatch, logging) = Logging::build_with(&settings, clock_at(ms).1).unwrap();
        with_default(&dispatch, || tracing::info!(target: "server", "up"));
        assert!(logging.flush(SOON));
    };
    let today = Timestamp::now().as_millisecond();
    start_at(today);
    start_at(today);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
    start_at(today + 2 * DAY_MS);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// A destination that takes nothing until it is told to.
struct Gated {
    gate: Receiver<()>,
    written: Arc<Mutex<String>>,
}

impl Write for Gated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.gate.recv();
        self.written
            .lock()
            .unwrap()
            .push_str(std::str::from_utf8(bytes).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn gated_sink() -> (Sender<()>, Arc<Mutex<String>>, Arc<Sink>) {
    let (open, gate) = channel();
    let written = Arc::new(Mutex::new(String::new()));
    let writer = Gated {
        gate,
        written: Arc::clone(&written),
    };
    let layout = Layout {
        format: Format::Simple,
        colours: false,
    };
    let sink = Sink::start("test-log", Box::new(writer), layout, clock_at(MOMENT_MS).1).unwrap();
    (open, written, Arc::new(sink))
}

#[test]
fn a_stuck_destination_holds_up_nobody_and_the_loss_is_told() {
    use tracing_subscriber::layer::SubscriberExt as _;

    const LINES: u64 = 20_000;

    let (open, written, sink) = gated_sink();
    let levels = Levels::new(&[], &[]).unwrap();
    let layer = LogLayer::new(levels, vec![Arc::clone(&sink)], clock_at(MOMENT_MS).1);
    let dispatch = tracing::Dispatch::new(tracing_subscriber::Registry::default().with(layer));
    with_default(&dispatch, || {
        for number in 0..LINES {
            tracing::info!(target: "server", number, "busy");
        }
    });
    assert!(!sink.flush(Duration::from_millis(20)));
    let dropped = sink.dropped();
    assert!(dropped > 0, "the queue is bounded");

    drop(open);
    assert!(sink.flush(SOON));
    let written = written.lock().unwrap();
    let busy = written.lines().filter(|line| line.contains("busy")).count();
    assert_eq!(u64::try_from(busy).unwrap() + dropped, LINES);
    let told = written.lines().filter_map(|line| {
        line.strip_prefix(
            "2023-10-29 11:02:44.575 GMT WARN  logging - \
             dropped log lines, the destination does not follow count=",
        )
    });
    let told: u64 = told.map(|count| count.parse::<u64>().unwrap()).sum();
    assert_eq!(told, dropped);
}

/// A destination whose disk is full for the first writes.
struct Full {
    failures: u32,
    written: Arc<Mutex<String>>,
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failures > 0 {
            self.failures -= 1;
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        let text = std::str::from_utf8(bytes).unwrap();
        self.written.lock().unwrap().push_str(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_costs_lines_and_nothing_else() {
    let written = Arc::new(Mutex::new(String::new()));
    let writer = Full {
        failures: 1,
        written: Arc::clone(&written),
    };
    let layout = Layout {
        format: Format::Simple,
        colours: false,
    };
    let sink = Sink::start("test-log", Box::new(writer), layout, clock_at(MOMENT_MS).1).unwrap();
    let line = |text: &str| Line {
        time: Timestamp::from_millisecond(MOMENT_MS).unwrap(),
        level: Level::Info,
        logger: "server",
        content: Content::message(text),
    };
    sink.send(&line("first"));
    assert!(sink.flush(SOON));
    sink.send(&line("second"));
    assert!(sink.flush(SOON));
    let written = written.lock().unwrap();
    assert!(!written.contains("first"));
    assert!(written.contains("dropped log lines"));
    assert!(written.contains("count=1"));
    assert!(written.ends_with("server - second\n"));
}
