//! What a terminal is given: colours, widths, one line that changes in place.
//!
//! Everything goes through `anstream`, which leaves the colours out where nobody can see them or
//! nobody wants them (`NO_COLOR`). Moving the cursor is for terminals alone.

use std::io::{self, IsTerminal, Write};
use std::iter;
use std::mem;

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub const PLAIN: Style = Style::new();
pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const GOOD: Style = AnsiColor::Green.on_default();
pub const WARN: Style = AnsiColor::Yellow.on_default();
pub const BAD: Style = AnsiColor::Red.on_default().bold();
pub const NAME: Style = AnsiColor::Cyan.on_default();
pub const VALUE: Style = AnsiColor::Magenta.on_default();

/// The width of a page where there is no terminal to ask.
const PAGE_WIDTH: usize = 100;

/// Returns to the first column and clears the line.
const CLEAR_LINE: &str = "\r\x1b[2K";

/// Where output goes, and what can be done there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Screen {
    /// Lines may be changed in place.
    pub is_terminal: bool,
    /// Columns.
    pub width: usize,
}

impl Screen {
    /// What standard output is connected to.
    pub fn of_stdout() -> Self {
        Self::new(
            io::stdout().is_terminal(),
            terminal_size::terminal_size_of(io::stdout()),
        )
    }

    /// What standard error is connected to.
    pub fn of_stderr() -> Self {
        Self::new(
            io::stderr().is_terminal(),
            terminal_size::terminal_size_of(io::stderr()),
        )
    }

    fn new(is_terminal: bool, size: Option<(terminal_size::Width, terminal_size::Height)>) -> Self {
        let width = size.map_or(PAGE_WIDTH, |(width, _)| usize::from(width.0).max(40));
        Self { is_terminal, width }
    }
}

/// One line at the bottom that is written again and again; elsewhere, a line now and then.
pub struct LiveLine<W> {
    screen: Screen,
    out: W,
    is_shown: bool,
}

impl<W: Write> LiveLine<W> {
    pub fn new(screen: Screen, out: W) -> Self {
        Self {
            screen,
            out,
            is_shown: false,
        }
    }

    /// Shows `line`, which may hold colours, in place of the last one.
    pub fn show(&mut self, line: &str) -> io::Result<()> {
        if !self.screen.is_terminal {
            return writeln!(self.out, "{line}");
        }
        write!(
            self.out,
            "{CLEAR_LINE}{}",
            fit(line, self.screen.width.saturating_sub(1))
        )?;
        self.is_shown = true;
        self.out.flush()
    }

    /// Prints a line for good, above the live one.
    pub fn print(&mut self, line: &str) -> io::Result<()> {
        self.clear()?;
        writeln!(self.out, "{line}")
    }

    /// Leaves the last line as it is and goes to the next.
    pub fn keep(&mut self) -> io::Result<()> {
        if mem::take(&mut self.is_shown) {
            writeln!(self.out)
        } else {
            Ok(())
        }
    }

    /// Removes the line.
    pub fn clear(&mut self) -> io::Result<()> {
        if mem::take(&mut self.is_shown) {
            write!(self.out, "{CLEAR_LINE}")?;
            self.out.flush()?;
        }
        Ok(())
    }
}

/// The columns that `text` takes; colours take none.
pub fn width(text: &str) -> usize {
    anstream::adapter::strip_str(text)
        .map(UnicodeWidthStr::width)
        .sum()
}

/// Cuts `text` to `columns`, colours kept and ended.
pub fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut room = columns.saturating_sub(1);
    let mut escape = false;
    for character in text.chars() {
        escape |= character == '\x1b';
        if escape {
            cut.push(character);
            escape = character != 'm';
            continue;
        }
        match room.checked_sub(character.width().unwrap_or(0)) {
            Some(left) => room = left,
            None => break,
        }
        cut.push(character);
    }
    format!(
        "{cut}…{PLAIN:#}{}",
        if text.contains('\x1b') { "\x1b[0m" } else { "" }
    )
}

/// Fills `text` up to `columns`, or cuts it there.
pub fn pad(text: &str, columns: usize) -> String {
    let mut padded = fit(text, columns);
    let missing = columns.saturating_sub(width(&padded));
    padded.extend(iter::repeat_n(' ', missing));
    padded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_take_no_columns() {
        assert_eq!(width(&format!("{GOOD}ok{GOOD:#} 北京")), 7);
    }

    #[test]
    fn text_is_cut_to_its_columns_and_its_colour_ended() {
        assert_eq!(fit("short", 10), "short");
        assert_eq!(fit("much too long", 8), "much to…");
        assert_eq!(fit("北京北京", 5), "北京…");
        let coloured = fit(&format!("{BAD}much too long{BAD:#}"), 8);
        assert_eq!(width(&coloured), 8);
        assert!(coloured.ends_with("\x1b[0m"));
    }

    #[test]
    fn text_is_filled_up_to_its_columns() {
        assert_eq!(pad("ab", 4), "ab  ");
        assert_eq!(width(&pad("北京北京", 7)), 7);
    }

    #[test]
    fn without_a_terminal_a_live_line_is_a_plain_line() {
        let mut out = Vec::new();
        let mut line = LiveLine::new(
            Screen {
                is_terminal: false,
                width: 80,
            },
            &mut out,
        );
        line.show("10 %").unwrap();
        line.show("20 %").unwrap();
        line.keep().unwrap();
        assert_eq!(out, b"10 %\n20 %\n");
    }

    #[test]
    fn on_a_terminal_it_is_written_in_place() {
        let mut out = Vec::new();
        let mut line = LiveLine::new(
            Screen {
                is_terminal: true,
                width: 80,
            },
            &mut out,
        );
        line.show("10 %").unwrap();
        line.show("20 %").unwrap();
        line.keep().unwrap();
        assert_eq!(out, b"\r\x1b[2K10 %\r\x1b[2K20 %\n");
    }
}
