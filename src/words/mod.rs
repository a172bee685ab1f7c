//! Words: every sentence that people read, from one table (`assets/words.toml`), for the window and the command line alike.
//!
//! Lower rooms say what happened in types and numbers; here are the functions that choose the entry and put the numbers in.
//! Each file declares the entries of its section by `sentences!` (`table`): a function each, so that a missing place does not
//! compile. What errors of files and drivers say stands with them (`Display`), and names in files where they are written.

pub(crate) mod constants;
pub(crate) mod table;
pub(crate) mod terms;

mod alert;
mod asked;
pub(crate) mod command;
mod device;
mod fact;
mod failure;
mod folder;
pub mod headless;
mod journal;
mod notice;
mod policy;
mod reason;
mod refusal;
mod trial;

pub use alert::{alert, alert_tries, alert_why};
pub use asked::{intervention, preparation};
pub use device::device_why;
pub(crate) use device::{choose_another, device_fault, driver, limit, listed, refused, taken_by_auto};
pub use failure::{failure, way_on};
pub use journal::flag;
pub use notice::{failed_because, notice, standing};
pub(crate) use policy::policy_help;
pub use policy::{about_form, about_policy, policy_of, source_of_policy, surgery};
pub use reason::{reason, sentence};
pub use refusal::{complaint_of, lacking_parts, surgery_refusal};
pub use terms::{in_terms_of, said, speak_of};
pub use trial::indicator;

/// Everything that is declared, section by section.
#[cfg(test)]
pub(crate) const DECLARED: &[&[table::Declared]] = &[
    alert::DECLARED,
    asked::DECLARED,
    command::DECLARED,
    device::DECLARED,
    fact::DECLARED,
    failure::DECLARED,
    folder::DECLARED,
    headless::DECLARED,
    journal::DECLARED,
    notice::DECLARED,
    policy::DECLARED,
    reason::DECLARED,
    refusal::DECLARED,
    trial::DECLARED,
];
