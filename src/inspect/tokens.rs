//! Tokens of a text: by the tokenizer.json beside a checkpoint, or by the vocabulary that a GGUF file carries.

mod gguf;
mod template;

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tokenizers::Tokenizer;

use super::model::Model;
use crate::domain::quote;

/// Largest tokenizer.json that is read, bytes.
const LARGEST: u64 = 128 << 20;
/// Longest text, bytes.
const LONGEST: usize = 4 << 20;
/// The file that holds a tokenizer.
const NAME: &str = "tokenizer.json";

/// Why a text has no tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Nothing says how the model cuts a text.
    #[error(
        "nothing says how this model cuts a text into tokens; expected {NAME} beside {}, or a GGUF file with its vocabulary. \
         Put the model's own there",
        quote::path(.beside)
    )]
    NoTokenizer {
        /// The checkpoint's file.
        beside: PathBuf,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {error}", quote::path(.path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the file system says.
        error: std::io::Error,
    },
    /// A tokenizer larger than any.
    #[error("{} has {found} bytes; expected at most {LARGEST}. It is not the tokenizer of a model", quote::path(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its length.
        found: u64,
    },
    /// A tokenizer that is none.
    #[error(
        "{} is not a tokenizer that can be used: {}",
        quote::path(.path),
        quote::escaped(.reason)
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What its reader says.
        reason: String,
    },
    /// A kind of vocabulary that is not known.
    #[error(
        "the vocabulary of the GGUF file is of the kind “{}”; expected gpt2 or llama",
        quote::name(.found)
    )]
    Kind {
        /// The kind.
        found: String,
    },
    /// Words are cut in a way that is not known.
    #[error(
        "the GGUF file cuts words by the rule “{}”; expected {expected}",
        quote::name(.found)
    )]
    Split {
        /// The rule.
        found: String,
        /// The rules that are known.
        expected: String,
    },
    /// Something else where the id of a token is expected.
    #[error(
        "“{}” is not the id of a token; expected whole numbers from 0, such as 5, 17, 210, as nothing says how this model cuts a text \
         into tokens",
        quote::name(.found)
    )]
    NoId {
        /// What stands there.
        found: String,
    },
    /// A text longer than any that is routed.
    #[error("the text has {found} bytes; expected at most {LONGEST}. Route a shorter one")]
    LongText {
        /// Its length.
        found: usize,
    },
    /// A text that the tokenizer refuses.
    #[error("the tokenizer does not take the text: {}", quote::escaped(.0))]
    Refused(String),
}

/// A token of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextToken {
    /// Its number in the model's vocabulary.
    pub id: u32,
    /// The bytes of the text that it stands for; `None` for a token that the model adds, such as the one that begins a text.
    /// Tokens that share a character have the same bytes.
    pub span: Option<Range<usize>>,
}

/// The tokens whose ids a text lists, for a model of which nothing says how it cuts a text: `5, 17, 210`, or with blanks alone.
///
/// # Errors
/// [`TokenError::NoId`]: something else stands there. [`TokenError::LongText`].
pub fn listed_ids(text: &str) -> Result<Vec<TextToken>, TokenError> {
    if text.len() > LONGEST {
        return Err(TokenError::LongText { found: text.len() });
    }
    let words = text.split(|letter: char| letter == ',' || letter.is_whitespace()).filter(|word| !word.is_empty());
    let token = |word: &str| {
        let id = word.parse().map_err(|_| TokenError::NoId { found: word.to_owned() })?;
        let from = word.as_ptr().addr() - text.as_ptr().addr();
        Ok(TextToken { id, span: Some(from..from + word.len()) })
    };
    words.map(token).collect()
}

/// How a model cuts a text into tokens.
#[derive(Debug)]
pub struct Vocabulary {
    tokenizer: Tokenizer,
    /// Put before every text, where the tokenizer does not do it by itself.
    first: Option<u32>,
}

impl Vocabulary {
    /// That of a model.
    ///
    /// # Errors
    /// [`TokenError`]: there is none, or it cannot be used.
    pub fn of(model: &Model) -> Result<Self, TokenError> {
        let file = model.files().files().first().map_or(Path::new(""), |file| file.path());
        if let Some(keys) = model.files().gguf()
            && let Some(found) = gguf::vocabulary(keys, file)?
        {
            return Ok(found);
        }
        let path = file.with_file_name(NAME);
        if !path.is_file() {
            return Err(TokenError::NoTokenizer { beside: file.to_owned() });
        }
        Self::read(&path)
    }

    /// That of a tokenizer.json.
    fn read(path: &Path) -> Result<Self, TokenError> {
        let unreadable = |error| TokenError::Unreadable { path: path.to_owned(), error };
        let file = File::open(path).map_err(unreadable)?;
        let found = file.metadata().map_err(unreadable)?.len();
        if found > LARGEST {
            return Err(TokenError::TooLarge { path: path.to_owned(), found });
        }
        let mut text = Vec::new();
        file.take(LARGEST).read_to_end(&mut text).map_err(unreadable)?;
        Self::parse(&text, path, None)
    }

    fn parse(json: &[u8], path: &Path, first: Option<u32>) -> Result<Self, TokenError> {
        let damaged =
            |error: tokenizers::Error| TokenError::Damaged { path: path.to_owned(), reason: error.to_string() };
        if let Some(reason) = template::fault(json) {
            return Err(TokenError::Damaged { path: path.to_owned(), reason });
        }
        let tokenizer = Tokenizer::from_bytes(json);
        let mut tokenizer = tokenizer.map_err(damaged)?;
        // Neither belongs to the text.
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(damaged)?;
        Ok(Self { tokenizer, first })
    }

    /// The tokens of a text, in order, those included that the model adds.
    ///
    /// # Errors
    /// A text that is too long, or that the tokenizer refuses.
    pub fn tokens(&self, text: &str) -> Result<Vec<TextToken>, TokenError> {
        if text.len() > LONGEST {
            return Err(TokenError::LongText { found: text.len() });
        }
        let encoding = self.tokenizer.encode(text, true).map_err(|error| TokenError::Refused(error.to_string()))?;
        let own = encoding.get_ids().iter().zip(encoding.get_offsets()).zip(encoding.get_special_tokens_mask());
        let own = own.map(|((&id, &(from, to)), &added)| TextToken {
            id,
            span: (added == 0 && text.get(from..to).is_some()).then_some(from..to),
        });
        Ok(self.first.map(|id| TextToken { id, span: None }).into_iter().chain(own).collect())
    }

    /// How the vocabulary writes a token; `None` for an id that it does not have.
    pub fn piece(&self, id: u32) -> Option<String> {
        self.tokenizer.id_to_token(id)
    }
}

#[cfg(test)]
mod tests;
