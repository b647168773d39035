//! A log file that is rotated daily.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Clock;

/// How long a rotation that failed is not tried again.
const RETRY_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// Most files of one day, when the clock or an operator makes a day come twice.
const FILES_OF_A_DAY_MAX: u32 = 1000;

/// Appends to `path`; at the first write of another day (GMT) the file becomes
/// `<path>.<yyyy-mm-dd>`, the day of its lines, and a new one begins.
///
/// A rotation that fails costs nothing: writing goes on in the old file.
pub(super) struct RollingFile {
    path: PathBuf,
    max_history: u32,
    clock: Clock,
    file: File,
    /// The day of the lines in `file`.
    day: Date,
    retry_at: Timestamp,
}

impl RollingFile {
    pub(super) fn open(path: &Path, max_history: u32, clock: Clock) -> io::Result<Self> {
        let file = append_to(path)?;
        let metadata = file.metadata()?;
        let now = clock();
        let written = if metadata.len() == 0 {
            now
        } else {
            Timestamp::try_from(metadata.modified()?).unwrap_or(now)
        };
        Ok(Self {
            path: path.to_owned(),
            max_history,
            file,
            day: day_of(written),
            retry_at: Timestamp::MIN,
            clock,
        })
    }

    fn rotate(&mut self, today: Date) -> io::Result<()> {
        // Gone already when an earlier attempt got this far and no further.
        if self.path.exists() {
            fs::rename(&self.path, self.free_name()?)?;
        }
        self.file = append_to(&self.path)?;
        self.day = today;
        self.prune()
    }

    fn free_name(&self) -> io::Result<PathBuf> {
        let dated = appended(&self.path, &format!(".{}", self.day));
        let later = (1..FILES_OF_A_DAY_MAX).map(|number| appended(&dated, &format!(".{number}")));
        let found = std::iter::once(dated.clone())
            .chain(later)
            .find(|name| !name.exists());
        found.ok_or_else(|| io::Error::other("too many log files of one day"))
    }

    /// Removes the oldest rotated files beyond `max_history`.
    fn prune(&self) -> io::Result<()> {
        let (Some(folder), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return Ok(());
        };
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let mut rotated = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if let Some(order) = order_of(&entry.file_name(), name) {
                rotated.push((order, entry.path()));
            }
        }
        rotated.sort_unstable();
        let kept = usize::try_from(self.max_history).unwrap_or(usize::MAX);
        let surplus = rotated.len().saturating_sub(kept);
        rotated
            .iter()
            .take(surplus)
            .try_for_each(|(_, path)| fs::remove_file(path))
    }
}

impl Write for RollingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let now = (self.clock)();
        let today = day_of(now);
        if today != self.day && now >= self.retry_at && self.rotate(today).is_err() {
            self.retry_at = now.saturating_add(RETRY_AFTER).unwrap_or(Timestamp::MAX);
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The day and number of a rotated file, or `None` if `candidate` is none of ours.
fn order_of(candidate: &OsStr, log: &OsStr) -> Option<(Date, u32)> {
    let suffix = candidate.to_str()?.strip_prefix(log.to_str()?)?;
    let suffix = suffix.strip_prefix('.')?;
    let (day, number) = match suffix.split_once('.') {
        Some((day, number)) => (day, number.parse().ok()?),
        None => (suffix, 0),
    };
    let date: Date = day.parse().ok()?;
    (date.to_string() == day).then_some((date, number))
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

fn appended(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn day_of(time: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(time).date()
}
