//! Finds the text a checkpoint goes on with: where it may lie, and whether it is the same by its hash.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Reason;
use crate::domain::config::Text;
use crate::domain::config::path::absolute;
use crate::store::checkpoint::{self, Checkpoint};
use crate::tasks::text::{Corpus, TextDifference, TextError, TextIdentity};

/// Which text a checkpoint is to go on with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextWish {
    /// The file that holds it; `None` looks where the text of the checkpoint may lie.
    pub at: Option<PathBuf>,
    /// Whether a file of other content will do as well. The run then goes on, but no longer as it would have.
    pub any: bool,
}

/// A text that is needed and not there as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedText {
    /// The checkpoint that opens once it is found; `None` for the run that is shown.
    pub file: Option<PathBuf>,
    /// What is wrong.
    pub why: Reason,
    /// A file of other content in its place, which may be taken knowingly.
    pub other: Option<PathBuf>,
}

/// An open text, how it differs from the one asked for, and whether that one was known by its content.
pub(super) struct Found {
    pub corpus: Arc<Corpus>,
    pub difference: Option<TextDifference>,
    /// The checkpoint has no hash of its text, so that a text of the same length is taken for the same.
    pub identity_unknown: bool,
}

impl Found {
    /// The config's entry for it.
    pub fn text(&self) -> Text {
        self.corpus.path().map_or(Text::MobyDick, |path| Text::File(path.to_owned()))
    }
}

/// Why there is no text to go on with.
#[derive(Debug)]
pub(super) struct NoText {
    pub why: Reason,
    pub other: Option<PathBuf>,
}

impl From<TextError> for NoText {
    fn from(error: TextError) -> Self {
        Self { why: error.into(), other: None }
    }
}

/// Finds the text of `whole`, which was read from `file`.
///
/// - `open`: a text that is open already; taken if it is the same by its hash
///
/// # Errors
/// That there is none, or only one of other content and `wish` does not take any.
pub(super) fn find(
    whole: &Checkpoint,
    file: &Path,
    wish: &TextWish,
    open: Option<&Arc<Corpus>>,
) -> Result<Found, NoText> {
    let then = &whole.text;
    let known = |corpus: &&Arc<Corpus>| {
        then.sha256.is_some() && corpus.identity() == then && corpus.path().is_some() && corpus.check().is_ok()
    };
    let identity_unknown = then.sha256.is_none();
    let same = |corpus| Found { corpus, difference: None, identity_unknown };
    let Some(text) = whole.config.task.text() else {
        return Err(NoText { why: Reason::LearnsNoText, other: None });
    };
    let (saved, places) = match (&wish.at, text) {
        (Some(at), _) => (at, vec![from_here(at)]),
        (None, Text::MobyDick) => return built_in(then),
        (None, Text::File(saved)) => {
            if let Some(corpus) = open.filter(known) {
                return Ok(same(corpus.clone()));
            }
            (saved, checkpoint::places_of_text(text, &whole.text_beside, file))
        }
    };
    let (mut other, mut fault) = (None, None);
    for place in &places {
        // A file of another length need not be read to know that it is another.
        let length = fs::metadata(place).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len());
        if length.is_some_and(|length| !then.is_unknown() && length != then.bytes) {
            other = other.or(Some(place));
            continue;
        }
        match Corpus::open(&Text::File(place.clone())) {
            Ok(corpus) if then.is_unknown() || then.matches(corpus.identity()) => return Ok(same(Arc::new(corpus))),
            Ok(_) => other = other.or(Some(place)),
            Err(TextError::Missing { .. }) => {}
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    let Some(other) = other else {
        let why = match fault {
            Some(error) => error.into(),
            None => missing(saved, &places, wish),
        };
        return Err(NoText { why, other: None });
    };
    let corpus = Corpus::open(&Text::File(other.clone()));
    let corpus = corpus.map_err(NoText::from)?;
    let difference = then.difference(corpus.identity());
    match &difference {
        Some(how) if !wish.any => {
            let why = match wish.at {
                Some(_) => Reason::OtherText { path: other.clone(), how: how.clone() },
                None => Reason::TextChanged { path: other.clone(), how: how.clone() },
            };
            Err(NoText { why, other: Some(other.clone()) })
        }
        _ => Ok(Found { corpus: Arc::new(corpus), difference, identity_unknown }),
    }
}

/// The built-in text; a later version of the program may have another.
fn built_in(then: &TextIdentity) -> Result<Found, NoText> {
    let corpus = Corpus::open(&Text::MobyDick).map_err(NoText::from)?;
    let difference = then.difference(corpus.identity()).filter(|_| !then.is_unknown());
    Ok(Found { corpus: Arc::new(corpus), difference, identity_unknown: then.sha256.is_none() })
}

/// A path that somebody typed or chose.
fn from_here(path: &Path) -> PathBuf {
    absolute(path, &std::env::current_dir().unwrap_or_default())
}

fn missing(saved: &Path, places: &[PathBuf], wish: &TextWish) -> Reason {
    if let (Some(_), [place]) = (&wish.at, places) {
        return Reason::NoFile(place.clone());
    }
    let name = saved.file_name().unwrap_or(saved.as_os_str()).to_string_lossy().into_owned();
    Reason::TextMissing { name, places: places.to_vec() }
}
