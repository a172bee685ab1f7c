//! Notices in words: what was opened, saved, refused or failed.

use std::path::Path;

use super::alert::{alert, alert_why};
use super::asked::{asked, file_work};
use super::fact::fact;
use super::failure::failure;
use super::reason::reason;
use super::table::sentences;
use super::{notation, retold};
use crate::domain::quote;
use crate::run::{FileWork, Notice, Saved, Standing, WantedText};

sentences! { "notice":
    fn refused(what, why);
    fn saved(step, path);
    fn autosaved(step, path);
    fn not_saved(what);
    fn no_room(path, bytes, folder);
    fn worse(loss, step, path, good_step, good_loss, good_path);
    fn loss_unknown();
    fn left(seed, step, path);
    fn not_left(why);
    fn opened(path, step);
    fn failed(what, why);
    fn run_files_failed(what, why);
    fn reshaped(from, to, layers);
    fn reshaped_and_lowered(from, to, layers, top_k);
    fn layer(layer, words);
    fn opening_failed(path, why);
    fn text_failed(why);
    fn not_finite(step, place);
    fn alert_and_why(sentence, why);
    fn finished(step);
    fn nothing_there(path);
    fn no_folder(folder);
    fn is_folder(path);
    fn is_checkpoint(path, step);
    fn is_other_file(path);
    fn unreadable(path, why);
}

/// A notice.
pub fn notice(notice: &Notice) -> String {
    match notice {
        Notice::Fact(told) => fact(told),
        Notice::Failed(cause) => failure(cause),
        Notice::Refused { asked: what, why } => refused(asked(what), reason(why)),
        Notice::Saved { step, path, auto: false } => saved(step, quote::path(path)),
        Notice::Saved { step, path, auto: true } => autosaved(step, quote::path(path)),
        Notice::Occupied { path, standing: there } => not_saved(standing(there, path)),
        Notice::NoRoom { path, folder, bytes } => no_room(quote::path(path), bytes, quote::path(folder)),
        Notice::Worse { saved, last_good } => worse(
            loss(saved),
            saved.step,
            quote::path(&saved.path),
            last_good.step,
            loss(last_good),
            quote::path(&last_good.path),
        ),
        Notice::Left { seed, step, path } => left(seed, step, quote::path(path)),
        Notice::NotLeft { why, .. } => not_left(reason(why)),
        Notice::Opened { step, path } => opened(quote::path(path), step),
        Notice::FileFailed { work: FileWork::RunFiles, why } => {
            run_files_failed(file_work(&FileWork::RunFiles), reason(why))
        }
        Notice::FileFailed { work, why } => failed(file_work(work), reason(why)),
        Notice::TextWanted(WantedText { file: Some(file), why, .. }) => opening_failed(quote::path(file), reason(why)),
        Notice::TextWanted(WantedText { file: None, why, .. }) => text_failed(reason(why)),
        Notice::Reshaped { from, to, layers, top_k } => {
            let layers = layers.iter().enumerate().map(|(place, words)| layer(place + 1, retold::comings(words)));
            let layers = layers.collect::<Vec<_>>().join("; ");
            match top_k {
                None => reshaped(from, to, layers),
                Some(top_k) => reshaped_and_lowered(from, to, layers, top_k),
            }
        }
        Notice::NotFinite { step, place } => not_finite(step + 1, retold::not_finite(place)),
        Notice::Alert(raised) => alert_and_why(alert(raised), alert_why(raised)),
        Notice::Finished { step } => finished(step),
    }
}

/// What failed, and why: for what a window or a command line does itself.
pub(crate) fn failed_because(what: &str, why: &str) -> String {
    failed(what, why)
}

/// What stands at `path`, as the beginning of a sentence.
pub(crate) fn standing(standing: &Standing, path: &Path) -> String {
    let shown = quote::path(path);
    match standing {
        Standing::Nothing => nothing_there(shown),
        Standing::NoFolder(folder) => no_folder(quote::path(folder)),
        Standing::Folder => is_folder(shown),
        Standing::Checkpoint { step, .. } => is_checkpoint(shown, step),
        Standing::Other { .. } => is_other_file(shown),
        Standing::Unreadable(why) => unreadable(shown, why),
    }
}

/// The loss of a save in few characters, whatever its size.
fn loss(saved: &Saved) -> String {
    match saved.loss {
        None => loss_unknown().to_owned(),
        Some(loss) => notation::sized(loss, 3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_the_entry_of_its_kind_with_its_numbers() {
        let saved = |auto| Notice::Saved { step: 7, path: "a.safetensors".into(), auto };
        assert_eq!(notice(&saved(false)), "Saved step 7 to a.safetensors");
        assert_eq!(notice(&saved(true)), "Autosaved step 7 to a.safetensors");
        let occupied = Notice::Occupied { path: "there".into(), standing: Standing::Folder };
        assert_eq!(notice(&occupied), "Not saved: there is a folder; a file name is missing");
        let place = "layer 1, keys".into();
        let said = "Stopped before step 7: not finite, first in layer 1, keys. Nothing was changed";
        assert_eq!(notice(&Notice::NotFinite { step: 6, place }), said);
        let wanted = WantedText { file: None, why: std::io::Error::other("it is gone").into(), other: None };
        assert_eq!(notice(&Notice::TextWanted(wanted)), "Reading the text failed: it is gone");
    }

    #[test]
    fn a_worse_save_tells_both_losses_whatever_their_size() {
        let save = |step, loss| Saved {
            step,
            path: format!("{step}.safetensors").into(),
            auto: false,
            at: std::time::SystemTime::UNIX_EPOCH,
            loss,
            good: true,
        };
        let told = notice(&Notice::Worse { saved: save(9, Some(123_456.0)), last_good: save(5, Some(2.0)) });
        assert!(
            told.starts_with("The run got worse: validation loss 1.2e5 at step 9, saved to 9.safetensors."),
            "{told}"
        );
        assert!(told.ends_with("step 5 with loss 2.000, is kept in 5.safetensors"), "{told}");
        let told = notice(&Notice::Worse { saved: save(9, None), last_good: save(5, None) });
        assert!(told.contains("validation loss not known at step 9"), "{told}");
    }
}
