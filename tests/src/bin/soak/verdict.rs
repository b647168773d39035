//! What was required, what was seen, and whether the one holds against the other.

mod rules;
mod seen;

use std::fmt;
use std::time::Duration;

use anyhow::Result;

pub(crate) use self::seen::Seen;

/// From here on every kind of fault is dealt, but for gaps that are too long for the run, if none is
/// asked for by name.
pub(crate) const WHOLE_DEAL: Duration = Duration::from_mins(10);

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    required: String,
    seen: String,
    /// `None`: shown, not judged.
    holds: Option<bool>,
}

impl Verdict {
    pub(crate) fn of(seen: &Seen<'_>) -> Self {
        let mut verdict = Self::default();
        verdict.judge(seen);
        verdict
    }

    /// Whether everything holds that was judged.
    pub(crate) fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.holds != Some(false))
    }

    pub(crate) fn add_endings(&mut self, what: &str, rounds: u64, acknowledged: Result<usize>) {
        let what = format!("{rounds} times {what} under load");
        let (seen, holds) = match acknowledged {
            Ok(count) => (format!("{count} acknowledged"), true),
            Err(error) => (format!("{error:#}"), false),
        };
        self.add(&what, ("nothing lost, silent or late", &seen), Some(holds));
    }

    fn add(&mut self, what: &str, (required, seen): (&str, &str), holds: Option<bool>) {
        self.rows.push(Row {
            what: what.to_owned(),
            required: required.to_owned(),
            seen: seen.to_owned(),
            holds,
        });
    }

    fn at_most(&mut self, what: &str, bound: u64, seen: u64) {
        let required = if bound == 0 {
            "0".to_owned()
        } else {
            format!("at most {bound}")
        };
        self.add(what, (&required, &seen.to_string()), Some(seen <= bound));
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = |of: fn(&Row) -> &str| {
            let widths = self.rows.iter().map(|row| of(row).chars().count());
            widths.max().unwrap_or(0)
        };
        let (what, required) = (widest(|row| &row.what), widest(|row| &row.required));
        writeln!(f, "\n{:what$}  {:required$}  seen", "", "required")?;
        for row in &self.rows {
            let mark = match row.holds {
                Some(true) => "holds",
                Some(false) => "FAILS",
                None => "",
            };
            writeln!(
                f,
                "{:what$}  {:required$}  {}  {mark}",
                row.what, row.required, row.seen
            )?;
        }
        let verdict = if self.holds() {
            "everything holds"
        } else {
            "NOT everything holds"
        };
        write!(f, "{verdict}")
    }
}
