//! Words: every sentence that people read, from one table (`assets/words.toml`), for the window and the command line alike;
//! the window can speak another language ([`speak`]), each of which has a table of its own.
//!
//! Lower rooms say what happened in types and numbers; here are the functions that choose the entry and put the numbers in.
//! Each file declares the entries of its section by `sentences!` (`table`): a function each, so that a missing place does not
//! compile. What errors of files and drivers say stands with them (`Display`), and names in files where they are written.

pub(crate) mod constants;
pub(crate) mod language;
pub(crate) mod notation;
pub(crate) mod table;
pub(crate) mod terms;

mod alert;
mod asked;
pub(crate) mod command;
mod demonstration;
mod device;
pub(crate) mod difference;
mod effect;
mod fact;
mod failure;
mod folder;
pub(crate) mod headless;
pub(crate) mod inspected_page;
pub(crate) mod inspection;
mod journal;
pub(crate) mod lesson;
mod notice;
mod policy;
mod reason;
mod refusal;
mod retold;
pub(crate) mod setup;
mod trial;
pub(crate) mod watch;

pub use alert::alert;
pub(crate) use alert::{alert_tries, alert_why};
pub use asked::intervention;
pub(crate) use asked::preparation;
#[cfg(test)]
pub(crate) use demonstration::TEXTS as DEMONSTRATION_TEXTS;
pub use demonstration::demonstration;
pub(crate) use device::{
    also_called, choose_another, device_fault, device_why, driver, limit, listed, refused, taken_by_auto,
};
pub use difference::{DifferenceNames, change_verdict, compared_measure, measured_on, what_changed};
pub use effect::explanation;
pub use failure::{failure, way_on};
pub use journal::{flag, left_branch, undoable};
pub use language::{FixedText, speak, spoken};
pub(crate) use language::{in_a_sentence, in_language};
pub(crate) use lesson::change;
pub use lesson::{check_fault, lesson_fault, lesson_file_error, miss};
pub use notice::notice;
pub(crate) use notice::{failed_because, standing};
pub use policy::policy_of;
pub(crate) use policy::{about_form, about_policy, policy_help, source_of_policy, surgery};
pub use reason::{reason, sentence};
pub use refusal::lacking_parts;
pub(crate) use refusal::{complaint_of, surgery_refusal};
pub(crate) use retold::{changes as knob_changes, named, not_finite as not_finite_place, retold};
pub(crate) use setup::without_a_line;
pub use setup::{line_fault, setup_file_error};
pub use terms::speak_of;
pub(crate) use terms::{in_terms_of, said, speak_of_shown};
pub(crate) use trial::indicator;

/// Everything that is declared, section by section.
#[cfg(test)]
pub(crate) const DECLARED: &[&[table::Declared]] = &[
    alert::DECLARED,
    asked::DECLARED,
    command::DECLARED,
    device::DECLARED,
    difference::DECLARED,
    effect::DECLARED,
    fact::DECLARED,
    failure::DECLARED,
    folder::DECLARED,
    headless::DECLARED,
    inspected_page::DECLARED,
    inspection::DECLARED,
    journal::DECLARED,
    lesson::DECLARED,
    notice::DECLARED,
    policy::DECLARED,
    reason::DECLARED,
    refusal::DECLARED,
    setup::DECLARED,
    trial::DECLARED,
    watch::DECLARED,
];
