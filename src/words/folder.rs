//! Refused folders in words: why a run cannot write its files, or save itself, in a folder, and what to type instead.

use super::reason::holder;
use super::table::sentences;
use crate::domain::quote;
use crate::run::{FolderFault, FolderRefusal, Occupant};

sentences! { "folder":
    fn not_made(folder, why);
    fn is_file(folder);
    fn dangling_link(folder);
    fn in_use(folder, holder);
    fn not_writable(folder, name, why);
    fn lock(folder, why);
    fn other_than_resumed(folder, name, what);
    fn holds_run(folder, name, what);
    fn holds_run_to_resume(folder, name, what, checkpoint);
    fn not_checkpoint(name, folder, why);
    fn unreadable(name, folder, why);
    fn foreign(name, folder, why);
    fn file_in_place(folder);
    fn no_permission(folder);
    fn autosaves_not_made(folder, why);
    fn takes_no_files(folder, why);
    fn step_of_run(step, run);
    fn another_run();
}

/// Why a folder cannot be used.
pub(super) fn folder_refusal(refusal: &FolderRefusal) -> String {
    let folder = quote::path(&refusal.folder);
    match &refusal.why {
        FolderFault::NotMade(error) => not_made(folder, error),
        FolderFault::IsFile => is_file(folder),
        FolderFault::DanglingLink => dangling_link(folder),
        FolderFault::InUse(by) => in_use(folder, holder(by.as_deref())),
        FolderFault::NotWritable { name, error } => not_writable(folder, name, error),
        FolderFault::Lock(error) => lock(folder, error),
        FolderFault::HoldsRun { name, occupant, checkpoint: None } => holds_run(folder, name, what_it_is(occupant)),
        FolderFault::HoldsRun { name, occupant, checkpoint: Some(checkpoint) } => {
            holds_run_to_resume(folder, name, what_it_is(occupant), quote::shell_path(checkpoint))
        }
        FolderFault::OtherThanResumed { name, occupant } => other_than_resumed(folder, name, what_it_is(occupant)),
        FolderFault::NotCheckpoint { name, error } => not_checkpoint(quote::path(name), folder, error),
        FolderFault::Unreadable { name, error } => unreadable(quote::path(name), folder, error),
        FolderFault::Foreign { name, error } => foreign(name, folder, error),
        FolderFault::FileInPlace => file_in_place(folder),
        FolderFault::NoPermission => no_permission(folder),
        FolderFault::AutosavesNotMade(error) => autosaves_not_made(folder, error),
        FolderFault::TakesNoFiles(error) => takes_no_files(folder, error),
    }
}

fn what_it_is(occupant: &Occupant) -> String {
    match occupant {
        Occupant::Checkpoint { step, run } => step_of_run(step, run),
        Occupant::AnotherRun => another_run().to_owned(),
        Occupant::Error(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_holds_a_run_says_what_can_be_typed() {
        let said = |why| folder_refusal(&FolderRefusal { folder: "runs/a".into(), why });
        let holds = |checkpoint: Option<&str>| {
            let checkpoint = checkpoint.map(Into::into);
            said(FolderFault::HoldsRun { name: "metrics.csv", occupant: Occupant::AnotherRun, checkpoint })
        };
        let begins = "the folder runs/a already holds a run (metrics.csv: another run wrote it).";
        assert_eq!(holds(None), format!("{begins} Choose another --out, or overwrite it with --overwrite"));
        assert_eq!(
            holds(Some("runs/a/checkpoint.safetensors")),
            format!(
                "{begins} Go on with --resume runs/a/checkpoint.safetensors, choose another --out, or overwrite it with \
                 --overwrite"
            )
        );
        let in_use = said(FolderFault::InUse(None));
        assert!(in_use.starts_with("the folder runs/a is in use: another process writes there."), "{in_use}");
    }
}
