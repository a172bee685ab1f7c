//! Set-ups and demonstrations in words: what is wrong with a file or a line, what is to be seen.

use super::lesson::{encoding, lesson_fault, unreadable};
use super::table::sentences;
use crate::domain::quote;
use crate::lessons::{LessonFault, LessonFileError, LineFault, NoLine};

sentences! { "setup":
    fn other_kind(kind);
    fn is_config();
    fn not_toml();
    fn too_large();
    fn no_line();
    fn version(version);
    fn too_long(letters);
    fn cut_off();
    fn damaged();
    fn unpacks_too_large();
    fn line_faults(faults);
    fn too_large_for_a_line();
    fn unwritten(error);
    /// A file that cannot be read as a set-up.
    pub(crate) fn file(file, error);
}

/// Why a file is no set-up that can be begun; follows its name. One line for each fault.
pub fn setup_file_error(error: &LessonFileError) -> String {
    match error {
        LessonFileError::Unreadable(error) => unreadable(error),
        LessonFileError::Other(kind) => other_kind(kind.words()),
        LessonFileError::Config => is_config().to_owned(),
        LessonFileError::NotToml => not_toml().to_owned(),
        LessonFileError::TooLarge => too_large().to_owned(),
        LessonFileError::Encoding { encoding: found, line } => encoding(found, line),
        LessonFileError::Faults(found) => faults(found),
    }
}

fn faults(faults: &[LessonFault]) -> String {
    faults.iter().map(lesson_fault).collect::<Vec<_>>().join("\n")
}

/// Why a line is no set-up that can be begun.
pub fn line_fault(fault: &LineFault) -> String {
    match fault {
        LineFault::NoLine => no_line().to_owned(),
        LineFault::Version(found) => version(quote::name(found)),
        LineFault::TooLong(letters) => too_long(letters),
        LineFault::CutOff => cut_off().to_owned(),
        LineFault::Damaged => damaged().to_owned(),
        LineFault::TooLarge => unpacks_too_large().to_owned(),
        LineFault::Faults(found) => line_faults(faults(found)),
    }
}

/// Why a set-up has no line.
pub(crate) fn without_a_line(why: &NoLine) -> String {
    match why {
        NoLine::TooLarge => too_large_for_a_line().to_owned(),
        NoLine::Unwritten(error) => unwritten(quote::escaped(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lessons::Setup;

    #[test]
    fn a_fault_says_what_was_expected_and_what_to_do() {
        let said = |line: &str| line_fault(&Setup::from_line(line).unwrap_err());
        assert!(said("moe-arena:9:AAAA:0123456789abcdef").contains("version 9"));
        assert!(said("moe-arena:1:AAAA").contains("copy it again"));
        assert!(said("moe-arena:1:AAAA:0123456789abcdef").contains("copy it again"));
        let faults = Setup::from_toml("setup = 1\nhiden = []\n[config]\nseed = -1\n").unwrap_err();
        let said: Vec<String> = faults.iter().map(lesson_fault).collect();
        assert!(
            said.iter()
                .any(|fault| fault.contains("line 2, column 1: hiden: there is no such key; did you mean “hidden”?")),
            "{said:?}"
        );
        assert!(said.iter().any(|fault| fault.starts_with("line 4")), "{said:?}");
    }
}
