//! The text of a page: paragraphs with words in bold, and references to what is called by name elsewhere in the window.

use std::collections::BTreeSet;

use super::ids::Anchor;
use super::measure::{MeasureId, Quantity};

/// Paragraphs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LessonText(pub Vec<Vec<TextPiece>>);

/// A part of a paragraph.
#[derive(Clone, Debug, PartialEq)]
pub enum TextPiece {
    /// As it stands.
    Plain(String),
    /// In bold.
    Bold(String),
    /// The name of a measure, `{kappa}`, as the window has it.
    Measure(MeasureId),
    /// The name of a control or a panel, `{top-k}`.
    Anchor(Anchor),
    /// The present number of a measure of the first layer, `{now kappa}`.
    Now(Quantity),
    /// A number that an earlier page has kept, `{kept before}`.
    Kept(String),
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq)]
pub enum TextSlip {
    /// A brace without its other.
    OpenBrace,
    /// `**` without its other.
    OpenBold,
    /// A reference to nothing; the name that was probably meant.
    Unknown {
        /// What stands in the braces.
        name: String,
        /// What was probably meant.
        meant: Option<String>,
    },
}

impl LessonText {
    /// Reads a text; an empty line parts paragraphs, a single line break is a blank.
    ///
    /// # Errors
    /// All that is wrong, each with its place in bytes.
    pub(super) fn read(text: &str) -> Result<Self, Vec<(usize, TextSlip)>> {
        let (mut paragraphs, mut slips) = (Vec::new(), Vec::new());
        let mut at = 0;
        for paragraph in text.split("\n\n") {
            if !paragraph.trim().is_empty() {
                paragraphs.push(pieces(paragraph, at, &mut slips));
            }
            at += paragraph.len() + 2;
        }
        if slips.is_empty() { Ok(Self(paragraphs)) } else { Err(slips) }
    }

    /// Everything that it refers to, as it is written: `{now kappa}`.
    pub(super) fn references(&self) -> BTreeSet<String> {
        let written = |piece: &TextPiece| match piece {
            TextPiece::Plain(_) | TextPiece::Bold(_) => None,
            TextPiece::Measure(id) => Some(format!("{{{id}}}")),
            TextPiece::Anchor(anchor) => Some(format!("{{{anchor}}}")),
            TextPiece::Now(quantity) => Some(format!("{{now {}}}", quantity.measure)),
            TextPiece::Kept(name) => Some(format!("{{kept {name}}}")),
        };
        self.pieces().filter_map(written).collect()
    }

    /// Every piece.
    pub fn pieces(&self) -> impl Iterator<Item = &TextPiece> {
        self.0.iter().flatten()
    }
}

fn pieces(paragraph: &str, at: usize, slips: &mut Vec<(usize, TextSlip)>) -> Vec<TextPiece> {
    let mut pieces = Vec::new();
    let mut bold = false;
    let mut run = String::new();
    let mut rest = paragraph;
    let mut close = |run: &mut String, bold: bool| {
        let text = std::mem::take(run).replace('\n', " ");
        if !text.is_empty() {
            pieces.push(if bold { TextPiece::Bold(text) } else { TextPiece::Plain(text) });
        }
        pieces.len()
    };
    let mut references = Vec::new();
    let mut opened = 0;
    while let Some(letter) = rest.chars().next() {
        let here = at + paragraph.len() - rest.len();
        if let Some(after) = rest.strip_prefix("**") {
            close(&mut run, bold);
            (bold, opened, rest) = (!bold, here, after);
        } else if letter == '{' {
            let Some((name, after)) = rest[1..].split_once('}') else {
                slips.push((here, TextSlip::OpenBrace));
                break;
            };
            let place = close(&mut run, bold);
            match reference(name.trim()) {
                Ok(piece) => references.push((place + references.len(), piece)),
                Err(slip) => slips.push((here, slip)),
            }
            rest = after;
        } else if letter == '}' {
            slips.push((here, TextSlip::OpenBrace));
            rest = &rest[1..];
        } else {
            run.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    if bold {
        slips.push((opened, TextSlip::OpenBold));
    }
    close(&mut run, false);
    references.into_iter().for_each(|(place, piece)| pieces.insert(place, piece));
    trim(&mut pieces);
    pieces
}

/// Takes the blanks away from both ends of a paragraph.
fn trim(pieces: &mut [TextPiece]) {
    if let Some(TextPiece::Plain(text) | TextPiece::Bold(text)) = pieces.first_mut() {
        *text = text.trim_start().to_owned();
    }
    if let Some(TextPiece::Plain(text) | TextPiece::Bold(text)) = pieces.last_mut() {
        *text = text.trim_end().to_owned();
    }
}

/// What stands in braces.
fn reference(name: &str) -> Result<TextPiece, TextSlip> {
    let unknown = |name: &str, meant| TextSlip::Unknown { name: name.to_owned(), meant };
    if let Some(measure) = name.strip_prefix("now ") {
        let id = MeasureId::of(measure).filter(|id| !id.of_expert());
        return id
            .map(|id| TextPiece::Now(Quantity::of(id)))
            .ok_or_else(|| unknown(measure, MeasureId::meant(measure)));
    }
    if let Some(kept) = name.strip_prefix("kept ") {
        return Ok(TextPiece::Kept(kept.to_owned()));
    }
    let measure = MeasureId::of(name).map(TextPiece::Measure);
    let found = measure.or_else(|| Anchor::of(name).map(TextPiece::Anchor));
    found.ok_or_else(|| unknown(name, MeasureId::meant(name).or_else(|| Anchor::meant(name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_bold_and_references() {
        let text = LessonText::read(
            "On a **competition** step\nall answer. See {router-map}.\n\n{kappa} is {now kappa}, was {kept a}.\n",
        );
        let kappa = MeasureId::of("kappa").unwrap();
        let expected = vec![
            vec![
                TextPiece::Plain("On a ".into()),
                TextPiece::Bold("competition".into()),
                TextPiece::Plain(" step all answer. See ".into()),
                TextPiece::Anchor(Anchor::of("router-map").unwrap()),
                TextPiece::Plain(".".into()),
            ],
            vec![
                TextPiece::Measure(kappa),
                TextPiece::Plain(" is ".into()),
                TextPiece::Now(Quantity::of(kappa)),
                TextPiece::Plain(", was ".into()),
                TextPiece::Kept("a".into()),
                TextPiece::Plain(".".into()),
            ],
        ];
        assert_eq!(text.unwrap().0, expected);
        assert_eq!(LessonText::read("\n\n  \n").unwrap(), LessonText::default());
    }

    #[test]
    fn every_slip_has_its_place() {
        let slips = LessonText::read("a **b\n\nthe {kapa} and } and {now routed} {").unwrap_err();
        let meant =
            |name: &str, meant: Option<&str>| TextSlip::Unknown { name: name.into(), meant: meant.map(Into::into) };
        assert_eq!(
            slips,
            [
                (2, TextSlip::OpenBold),
                (11, meant("kapa", Some("kappa"))),
                (22, TextSlip::OpenBrace),
                (28, meant("routed", Some("routed"))),
                (41, TextSlip::OpenBrace),
            ]
        );
    }
}
