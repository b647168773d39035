//! The documentation of a key, taken apart.

/// A description without its default, and the default.
pub(super) struct Prose {
    pub(super) text: String,
    pub(super) default: Option<String>,
}

impl Prose {
    /// Takes the sentence that begins with "Default" out of `description`.
    pub(super) fn of(description: &str) -> Self {
        let (first, further) = description.split_once("\n\n").unwrap_or((description, ""));
        let (defaults, others): (Vec<_>, Vec<_>) = sentences(first)
            .into_iter()
            .partition(|sentence| sentence.starts_with("Default"));
        let default = defaults.first().map(|sentence| {
            let sentence = sentence.trim_start_matches("Default");
            sentence.trim_matches([':', ' ', '.']).to_owned()
        });
        let mut text = others.join(" ");
        if !further.is_empty() {
            text.push_str("\n\n");
            text.push_str(further);
        }
        Self { text, default }
    }
}

/// The sentences of a text.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut rest = text;
    while let Some(end) = end_of_sentence(rest) {
        let (sentence, after) = rest.split_at(end);
        sentences.push(sentence);
        rest = after.trim_start();
    }
    sentences.push(rest);
    sentences
}

/// Where the first sentence ends that another one follows.
fn end_of_sentence(text: &str) -> Option<usize> {
    text.match_indices(". ").map(|(at, _)| at + 1).find(|at| {
        let next = text.split_at(*at).1.trim_start();
        next.starts_with(|c: char| c.is_uppercase() || c == '`')
    })
}
