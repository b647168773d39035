//! The whole way of a change in one process: a source that plays real and generated messages, a
//! connector, and a Kafka that is librdkafka's mock cluster.
//!
//! Every number at the end is counted at its own place: `sent` and `acknowledged` by the source,
//! `published` by Kafka's watermarks.

mod page;
mod rich;
mod stage;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use aeroduct_wire::Inflater;
use aeroduct_wire::encode::EncodeError;

use self::page::{Arrived, Page, Sent};
use self::stage::Stage;
use crate::describe::{Summary, summarize};
use crate::load::{self, End, LoadError, LoadPlan, LoadReport, Percent, Stop};
use crate::progress::Pace;
use crate::recording::{self, FRAME_BYTES_MAX, Message, RecordingError};
use crate::reply::Meaning;
use crate::screen::Screen;

pub use self::stage::{Format, StageError, configuration};

/// Messages of real servers and clients.
const CAPTURES: &str = include_str!("../recordings/captures.json");

/// How many generated changes are shown before the load.
const GENERATED: usize = 6;

/// The pause after each change, so that people can follow; nobody follows a file.
const PAUSE: Duration = Duration::from_millis(450);
const PAUSE_WITHOUT_TERMINAL: Duration = Duration::from_millis(10);

/// How often a load without a terminal tells how it goes.
const PLAIN_INTERVAL: Duration = Duration::from_secs(1);

/// What to show.
#[derive(Clone, Copy, Debug)]
pub struct DemoPlan {
    /// The connector's output format.
    pub format: Format,
    /// How long the load at the end takes.
    pub load: Duration,
}

/// The four numbers that matter.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DemoReport {
    /// Changes that the source sent.
    pub sent: u64,
    /// Changes that the connector answered with success.
    pub acknowledged: u64,
    /// Records that Kafka holds or held, by its watermarks.
    pub published: u64,
}

impl DemoReport {
    /// Changes that were acknowledged and yet are not in Kafka.
    pub const fn lost(&self) -> u64 {
        self.acknowledged.saturating_sub(self.published)
    }
}

impl fmt::Display for DemoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sent,
            acknowledged,
            published,
        } = self;
        let lost = self.lost();
        write!(
            f,
            "sent {sent}  acknowledged {acknowledged}  published {published}  lost {lost}"
        )
    }
}

/// Why the demo could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the demo cannot be shown")]
    Print(#[source] io::Error),
    #[error("the recorded messages cannot be read")]
    Recording(#[source] RecordingError),
    #[error("the generated messages cannot be built")]
    Encode(#[source] EncodeError),
    #[error("the parts of the demo do not work together")]
    Stage(#[source] StageError),
    #[error("the load of the demo failed")]
    Load(#[source] LoadError),
}

/// Shows the demo on `out` until it is over or `stop` is requested.
pub fn run(
    plan: &DemoPlan,
    stop: &Stop,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<DemoReport, DemoError> {
    let captures = recording::parse_json(CAPTURES, Path::new("captures.json"))
        .map_err(DemoError::Recording)?;
    let stage = Stage::start(plan.format).map_err(DemoError::Stage)?;
    let page = Page::new(screen, out);
    let mut demo = Demo {
        plan: *plan,
        stop,
        screen,
        page,
        stage,
        report: DemoReport::default(),
    };
    demo.show_configuration()?;
    demo.show_captures(captures)?;
    demo.show_generated()?;
    demo.show_load()?;
    demo.end()
}

/// The demo while it runs.
struct Demo<'a> {
    plan: DemoPlan,
    stop: &'a Stop,
    screen: Screen,
    page: Page<'a>,
    stage: Stage,
    report: DemoReport,
}

impl Demo<'_> {
    fn show_configuration(&mut self) -> Result<(), DemoError> {
        let stage = &self.stage;
        self.page
            .title(
                "Aeroduct",
                "changes of an Aerospike database, published to Kafka",
            )
            .and_then(|()| self.page.section("the connector's configuration"))
            .and_then(|()| self.page.yaml(stage.configuration()))
            .map_err(DemoError::Print)?;
        self.pause(3);
        Ok(())
    }

    fn show_captures(&mut self, captures: Vec<Message>) -> Result<(), DemoError> {
        self.page
            .section("recorded from real servers and clients")
            .and_then(|()| self.page.column_heads())
            .map_err(DemoError::Print)?;
        for Message { title, frame, .. } in captures {
            self.show_change(title, &frame)?;
        }
        Ok(())
    }

    fn show_generated(&mut self) -> Result<(), DemoError> {
        self.page
            .section("generated, as the load below")
            .and_then(|()| self.page.column_heads())
            .map_err(DemoError::Print)?;
        // A small key space, so that keys come again; the seed is one that shows a delete.
        let plan = LoadPlan {
            keys: 3,
            connections: 1,
            deletes: Percent::new(20.0).unwrap_or(Percent::ZERO),
            seed: 11,
            ..LoadPlan::default()
        };
        let frames = load::first_frames(&plan, GENERATED).map_err(DemoError::Encode)?;
        for frame in frames {
            self.show_change(None, &frame)?;
        }
        self.stage.stop_reading();
        Ok(())
    }

    /// Sends one change, waits for its answer and for its arrival, and shows both sides.
    fn show_change(&mut self, title: Option<String>, frame: &[u8]) -> Result<(), DemoError> {
        if self.stop.is_requested() {
            return Ok(());
        }
        let summary = summarize(frame, &mut Inflater::new(FRAME_BYTES_MAX));
        let (reply, took) = self.stage.send(frame).map_err(DemoError::Stage)?;
        self.report.sent += 1;
        let arrived = if reply.meaning() == Meaning::Success {
            self.report.acknowledged += 1;
            self.stage
                .arrival()
                .map_err(DemoError::Stage)?
                .map(Arrived::from)
        } else {
            None
        };
        let sent = Sent {
            title,
            summary: summary.unwrap_or_else(unreadable),
            reply,
            took,
        };
        self.page
            .change(&sent, arrived.as_ref())
            .map_err(DemoError::Print)?;
        self.pause(1);
        Ok(())
    }

    fn show_load(&mut self) -> Result<(), DemoError> {
        if self.stop.is_requested() {
            return Ok(());
        }
        self.page
            .section("a load as fast as the replies allow; all on this machine")
            .map_err(DemoError::Print)?;
        let plan = LoadPlan {
            to: self.stage.address(),
            connections: 2,
            window: 2048,
            end: End::after(self.plan.load),
            retry: true,
            ..LoadPlan::default()
        };
        let mut pace = Pace::new();
        let mut shown_at = Duration::ZERO;
        let report = load::run(&plan, self.stop, &mut |progress| {
            pace.add(progress);
            if self.screen.is_terminal || progress.elapsed >= shown_at + PLAIN_INTERVAL {
                shown_at = progress.elapsed;
                // A line that cannot be shown must not end the load.
                drop(self.page.pace(progress, pace.take()));
            }
        })
        .map_err(DemoError::Load)?;
        self.count_load(&report);
        self.page.load(&report).map_err(DemoError::Print)
    }

    fn count_load(&mut self, report: &LoadReport) {
        self.report.sent += report.tally.sent;
        self.report.acknowledged += report.tally.success;
    }

    /// Ends all parts in order and counts what Kafka has.
    fn end(mut self) -> Result<DemoReport, DemoError> {
        self.report.published = self.stage.end().map_err(DemoError::Stage)?;
        self.page.summary(&self.report).map_err(DemoError::Print)?;
        Ok(self.report)
    }

    /// Gives people time to look.
    fn pause(&self, times: u32) {
        let pause = if self.screen.is_terminal {
            PAUSE
        } else {
            PAUSE_WITHOUT_TERMINAL
        };
        for _ in 0..times {
            if !self.stop.is_requested() {
                thread::sleep(pause);
            }
        }
    }
}

fn unreadable(reason: String) -> Summary {
    Summary {
        operation: "unreadable",
        namespace: reason,
        set: None,
        key: String::new(),
        bins: Vec::new(),
    }
}
