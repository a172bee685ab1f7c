//! A set-up as one line of text, to be pasted elsewhere: `moe-arena:1:` and its TOML, deflated, in base64, with a checksum.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

use super::fault::LessonFault;
use super::setup::{Setup, VERSION};
use crate::domain::config::LARGEST_FILE;

/// What every line begins with.
const MARK: &str = "moe-arena:";
/// Most letters of a line that are read: what this program writes of a file of 1 MiB fits well.
const LONGEST: usize = 1 << 20;
/// Digits of the checksum, hexadecimal.
const DIGITS: usize = 16;

/// Why a line is no set-up.
#[derive(Clone, Debug, PartialEq)]
pub enum LineFault {
    /// It does not begin as one.
    NoLine,
    /// It is of another version.
    Version(String),
    /// It has more letters than a line may have.
    TooLong(usize),
    /// Its end is missing.
    CutOff,
    /// It is not as it was copied.
    Damaged,
    /// What it holds is larger than a file may be.
    TooLarge,
    /// What it holds has faults; all of them, with lines of the file it was made of.
    Faults(Vec<LessonFault>),
}

/// Why a set-up has no line.
#[derive(Clone, Debug, PartialEq)]
pub enum NoLine {
    /// It is larger than what is read again: a file, of the same limit, would be refused as well.
    TooLarge,
    /// It has no form as TOML; the writer's words.
    Unwritten(String),
}

impl Setup {
    /// Whether a text holds a line that is, or was, a set-up.
    pub fn is_line(text: &str) -> bool {
        text.trim_start().starts_with(MARK)
    }

    /// The set-up as one line.
    ///
    /// # Errors
    /// See [`NoLine`].
    pub fn line(&self) -> Result<String, NoLine> {
        let text = self.to_toml().map_err(|error| NoLine::Unwritten(error.to_string()))?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(NoLine::TooLarge);
        }
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        let packed = packed.write_all(text.as_bytes()).and_then(|()| packed.finish());
        let packed = packed.map_err(|error| NoLine::Unwritten(error.to_string()))?;
        let line = format!("{MARK}{VERSION}:{}:{}", URL_SAFE_NO_PAD.encode(&packed), checksum(&packed));
        if line.len() > LONGEST { Err(NoLine::TooLarge) } else { Ok(line) }
    }

    /// The set-up that a line holds. Blanks and line breaks in it, which mail and chat put there, do not count, nor does what
    /// follows its checksum.
    ///
    /// # Errors
    /// See [`LineFault`].
    pub fn from_line(line: &str) -> Result<Self, LineFault> {
        let rest = line.trim_start().strip_prefix(MARK).ok_or(LineFault::NoLine)?;
        if line.len() > LONGEST {
            return Err(LineFault::TooLong(line.len()));
        }
        let rest: String = rest.split_whitespace().collect();
        let (version, rest) = rest.split_once(':').ok_or(LineFault::CutOff)?;
        if version != VERSION.to_string() {
            return Err(LineFault::Version(version.to_owned()));
        }
        let (packed, sum) = rest.split_once(':').ok_or(LineFault::CutOff)?;
        let sum: String = sum.chars().take(DIGITS).collect();
        if sum.len() < DIGITS {
            return Err(LineFault::CutOff);
        }
        let packed = URL_SAFE_NO_PAD.decode(packed).map_err(|_| LineFault::Damaged)?;
        if checksum(&packed) != sum {
            return Err(LineFault::Damaged);
        }
        let mut text = String::new();
        let mut unpacked = DeflateDecoder::new(&packed[..]).take(LARGEST_FILE + 1);
        unpacked.read_to_string(&mut text).map_err(|_| LineFault::Damaged)?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(LineFault::TooLarge);
        }
        Self::from_toml(&text).map_err(LineFault::Faults)
    }
}

/// What tells a line that is whole from one that is not.
fn checksum(packed: &[u8]) -> String {
    let digest = Sha256::digest(packed);
    digest.iter().take(DIGITS / 2).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{Knobs, PlaneConfig, PlaneData, Preset, TaskConfig};
    use crate::domain::interventions::Intervention;
    use crate::domain::roster::{Change, ExpertId, Origin, Surgery};
    use crate::lessons::ControlId;
    use crate::run::{Command, Planned, PlannedChange, RunSetup};
    use crate::store::history::PackedChange;

    /// A set-up with every kind of change.
    fn setup() -> Setup {
        let plane = PlaneConfig { data: PlaneData::Rings, seed: u64::MAX, ..PlaneConfig::default() };
        let mut config = Preset::Tiny.config_for(TaskConfig::Plane(plane));
        (config.seed, config.knobs.learning_rate) = (u64::MAX, 0.1 + 0.2);
        let first = Knobs { top_k: 1, theta: 1e-7, ..config.knobs.clone() };
        let change = Change { origins: vec![Origin::Kept(0), Origin::Split { parent: 1 }, Origin::Fresh] };
        let experts = Planned::Experts {
            target: 3,
            surgery: Surgery::SplitBusiest,
            changes: vec![PackedChange::new(&change, &[0.1, 0.9])],
        };
        let last = Knobs { response: Some(Default::default()), ..first.clone() };
        let asked = [
            Command::SetKnobs(first.clone()),
            Command::Intervene { layer: 0, intervention: Intervention::Mute { expert: ExpertId(1), on: true } },
            Command::Paint { layer: 0, from: 3, to: 9, compete: None },
            Command::SetKnobs(last),
            Command::HalveBatch,
            // A knob without a value, which a table of changes cannot say.
            Command::SetKnobs(first),
        ];
        let asked = asked.into_iter().map(Planned::Ask).chain([experts]);
        let changes = asked.zip(3..).map(|(what, at)| PlannedChange { at, what }).collect();
        let hidden = ["top-k", "noise"].into_iter().filter_map(ControlId::of).collect();
        Setup { run: RunSetup { config, text: None, changes }, hidden }
    }

    #[test]
    fn a_set_up_comes_back_from_its_file_and_from_its_line_as_it_was() {
        let setup = setup();
        let text = setup.to_toml().unwrap();
        assert_eq!(Setup::from_toml(&text), Ok(setup.clone()), "{text}");
        let line = setup.line().unwrap();
        assert!(Setup::is_line(&line) && !line.contains(char::is_whitespace) && line.is_ascii(), "{line}");
        assert_eq!(Setup::from_line(&line), Ok(setup.clone()));
        let broken: Vec<&str> = line.as_bytes().chunks(70).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
        let mailed = format!("\n  {} \n-- \nsent from afar\n", broken.join("\n> ").replace("> ", "  "));
        assert_eq!(Setup::from_line(&mailed), Ok(setup));
    }

    #[test]
    fn a_line_that_is_not_as_it_was_copied_is_told_and_never_another_set_up() {
        let (setup, line) = (setup(), setup().line().unwrap());
        for cut in 0..line.len() {
            let fault = Setup::from_line(&line[..cut]).unwrap_err();
            assert!(matches!(fault, LineFault::NoLine | LineFault::CutOff | LineFault::Damaged), "{cut}: {fault:?}");
        }
        for place in MARK.len()..line.len() {
            let mut letters = line.clone().into_bytes();
            letters[place] = if letters[place] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(letters).unwrap();
            assert_ne!(Setup::from_line(&other), Ok(setup.clone()), "{place}");
            assert!(Setup::from_line(&other).is_err(), "{place}");
        }
        let newer = line.replacen(":1:", ":2:", 1);
        assert_eq!(Setup::from_line(&newer), Err(LineFault::Version("2".into())));
        assert_eq!(Setup::from_line("step,loss"), Err(LineFault::NoLine));
        let long = format!("{MARK}1:{}", "A".repeat(LONGEST));
        assert!(matches!(Setup::from_line(&long), Err(LineFault::TooLong(_))));
    }

    #[test]
    fn a_small_line_of_a_huge_file_takes_no_memory_and_foreign_toml_is_no_set_up() {
        let line_of = |text: &[u8]| {
            let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
            packed.write_all(text).unwrap();
            let packed = packed.finish().unwrap();
            format!("{MARK}1:{}:{}", URL_SAFE_NO_PAD.encode(&packed), checksum(&packed))
        };
        let huge = line_of(&vec![b'#'; 64 << 20]);
        assert!(huge.len() < 200_000);
        assert_eq!(Setup::from_line(&huge), Err(LineFault::TooLarge));
        assert!(matches!(Setup::from_line(&line_of(b"seed = 3\n")), Err(LineFault::Faults(_))));
        assert_eq!(Setup::from_line(&line_of(b"\xff\xfe")), Err(LineFault::Damaged));
    }
}
