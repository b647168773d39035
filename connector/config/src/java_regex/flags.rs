//! The flags of a pattern: `(?idmsuxU)`.

/// One flag.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flag {
    /// `i`: letters match in either case.
    CaseInsensitive = 1,
    /// `d`: only a newline ends a line.
    UnixLines = 1 << 1,
    /// `m`: `^` and `$` are about lines.
    MultiLine = 1 << 2,
    /// `s`: a dot takes line ends too.
    DotAll = 1 << 3,
    /// `u`: case is about all letters, not ASCII's alone.
    UnicodeCase = 1 << 4,
    /// `x`: white space and comments do not count.
    Comments = 1 << 5,
    /// `U`: the predefined classes are Unicode's.
    UnicodeClasses = 1 << 6,
}

/// The flags in force at one place of a pattern.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Flags(u8);

impl Flags {
    pub(super) fn has(self, flag: Flag) -> bool {
        self.0 & flag as u8 != 0
    }

    /// Switches the flag of this letter on or off; `None` if no flag has the letter.
    pub(super) fn switch(self, letter: char, on: bool) -> Option<Self> {
        let bits = match letter {
            'i' => Flag::CaseInsensitive as u8,
            'd' => Flag::UnixLines as u8,
            'm' => Flag::MultiLine as u8,
            's' => Flag::DotAll as u8,
            'u' => Flag::UnicodeCase as u8,
            'x' => Flag::Comments as u8,
            'U' if on => Flag::UnicodeClasses as u8 | Flag::UnicodeCase as u8,
            'U' => Flag::UnicodeClasses as u8,
            _ => return None,
        };
        Some(Self(if on { self.0 | bits } else { self.0 & !bits }))
    }
}
