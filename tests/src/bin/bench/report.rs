//! The figures: a table for people, a file for machines.

use serde::Serialize;
use std::fmt;

/// One figure of the list of goals.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    /// Its number there.
    id: &'static str,
    /// What it is.
    what: String,
    /// What was measured, with its unit.
    measured: String,
    /// The number alone.
    value: f64,
    /// Lowest and highest of the runs, where there were several.
    spread: Option<(f64, f64)>,
    /// What must hold and what is aimed at, where the figure is judged.
    bounds: Option<Bounds>,
}

/// The floor and the goal of one figure.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Bounds {
    pub(crate) must: f64,
    pub(crate) goal: f64,
    /// More is better; else less is.
    pub(crate) upwards: bool,
}

impl Bounds {
    pub(crate) const fn at_least(must: f64, goal: f64) -> Self {
        Self {
            must,
            goal,
            upwards: true,
        }
    }

    pub(crate) const fn at_most(must: f64, goal: f64) -> Self {
        Self {
            must,
            goal,
            upwards: false,
        }
    }

    pub(crate) fn verdict(self, value: f64) -> &'static str {
        let reaches = |bound: f64| {
            if self.upwards {
                value >= bound
            } else {
                value <= bound
            }
        };
        match (reaches(self.goal), reaches(self.must)) {
            (true, _) => "goal",
            (false, true) => "must",
            (false, false) => "MISSED",
        }
    }
}

/// Everything that was measured in one run of the bench.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    machine: Machine,
    figures: Vec<Figure>,
    /// What a reader must know to judge the figures.
    notes: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// In GiB.
    pub(crate) memory: f64,
    /// Name and release of the operating system's kernel.
    pub(crate) kernel: String,
    /// Over 1, 5 and 15 minutes, before the first figure.
    pub(crate) load: String,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self {
            machine: Machine::here(),
            ..Self::default()
        }
    }

    /// Where this was measured.
    pub(crate) const fn machine(&self) -> &Machine {
        &self.machine
    }

    pub(crate) fn add(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    pub(crate) fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// True when no judged figure is below what must hold.
    pub(crate) fn holds(&self) -> bool {
        let missed = |figure: &Figure| {
            figure
                .bounds
                .is_some_and(|bounds| bounds.verdict(figure.value) == "MISSED")
        };
        !self.figures.iter().any(missed)
    }
}

impl Figure {
    /// A figure that is printed and not judged.
    pub(crate) fn of(id: &'static str, what: &str, measured: String, value: f64) -> Self {
        Self {
            id,
            what: what.to_owned(),
            measured,
            value,
            spread: None,
            bounds: None,
        }
    }

    /// The lowest and highest of the runs that it is the middle of.
    pub(crate) const fn spread(mut self, spread: (f64, f64)) -> Self {
        self.spread = Some(spread);
        self
    }

    /// Judged by these bounds.
    pub(crate) const fn judged(mut self, bounds: Bounds) -> Self {
        self.bounds = Some(bounds);
        self
    }
}

impl Machine {
    fn here() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let cpu = read("/proc/cpuinfo");
        let memory = read("/proc/meminfo");
        // MemTotal:       24689316 kB
        let kib = memory.split_whitespace().nth(1);
        let kib = kib
            .and_then(|kib| kib.parse::<f64>().ok())
            .unwrap_or(f64::NAN);
        let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
        Self {
            processor: model.map_or_else(String::new, |name| {
                name.trim_matches(['\t', ' ', ':']).to_owned()
            }),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: kib / f64::from(1 << 20),
            kernel: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
            load: read("/proc/loadavg")
                .split(' ')
                .take(3)
                .collect::<Vec<_>>()
                .join(" "),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine {
            processor,
            cores,
            load,
            ..
        } = &self.machine;
        writeln!(f, "\n{processor}, {cores} cores, load before {load}\n")?;
        writeln!(
            f,
            "{:<4} {:<58} {:>24} {:>17} {:>8} {:>8}  verdict",
            "", "figure", "measured", "min .. max", "must", "goal"
        )?;
        for figure in &self.figures {
            let spread = figure
                .spread
                .map_or_else(String::new, |(min, max)| format!("{min:.2} .. {max:.2}"));
            let bound = |pick: fn(Bounds) -> f64| {
                figure.bounds.map_or_else(String::new, |it| short(pick(it)))
            };
            let verdict = figure
                .bounds
                .map_or("", |bounds| bounds.verdict(figure.value));
            writeln!(
                f,
                "{:<4} {:<58} {:>24} {:>17} {:>8} {:>8}  {verdict}",
                figure.id,
                figure.what,
                figure.measured,
                spread,
                bound(|it| it.must),
                bound(|it| it.goal),
            )?;
        }
        for note in &self.notes {
            writeln!(f, "\n{note}")?;
        }
        Ok(())
    }
}

/// Two digits at most behind the point.
fn short(number: f64) -> String {
    ((number * 100.0).round() / 100.0).to_string()
}

/// The middle, lowest and highest of some runs.
pub(crate) fn median(mut runs: Vec<f64>) -> (f64, (f64, f64)) {
    runs.sort_by(f64::total_cmp);
    let at = |index: usize| runs.get(index).copied().unwrap_or(f64::NAN);
    (
        at(runs.len() / 2),
        (at(0), at(runs.len().saturating_sub(1))),
    )
}
