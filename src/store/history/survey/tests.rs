//! Tests of what is kept of metrics and events files.

use std::fs;
use std::path::PathBuf;

use super::*;

/// A metrics file of one layer: a line per row of step and loss, then `end`.
fn metrics(rows: &[(u64, f64)], end: &str) -> (tempfile::TempDir, PathBuf) {
    let columns = columns(1, MetricKind::BitsPerByte);
    let row = |&(step, loss): &(u64, f64)| {
        let cells: Vec<String> = columns
            .iter()
            .map(|name| match name.as_str() {
                "step" => step.to_string(),
                "loss_task" => loss.to_string(),
                _ => String::new(),
            })
            .collect();
        cells.join(",") + "\n"
    };
    let text = columns.join(",") + "\n" + &rows.iter().map(row).collect::<String>() + end;
    file("metrics.csv", text.as_bytes())
}

fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn survey(path: &Path, done: u64) -> Result<Kept, NotKept> {
    survey_metrics(path, 1, MetricKind::BitsPerByte, done, |_| None)
}

#[test]
fn rows_up_to_the_step_are_kept_and_a_torn_one_is_not() {
    let (_folder, path) = metrics(&[(1, 5.0), (2, 4.5), (3, 4.0)], "4,0.1,");
    let all = fs::metadata(&path).unwrap().len();
    let kept = survey(&path, 9).unwrap();
    assert_eq!((kept.bytes, kept.steps, kept.cut), (all - 6, Some((1, 3)), None));
    let kept = survey(&path, 2).unwrap();
    assert_eq!((kept.steps, kept.cut), (Some((1, 2)), Some((3, 3))));
    let header = survey(&path, 0).unwrap();
    assert_eq!((header.steps, header.cut), (None, Some((1, 3))));
}

#[test]
fn rows_of_another_run_are_known_by_their_losses() {
    let (_folder, path) = metrics(&[(1, 5.0), (2, 4.5), (3, 4.0)], "");
    let exact = |step: u64| Some(5.5 - 0.5 * step as f64).map(|loss| (loss, loss));
    assert!(survey_metrics(&path, 1, MetricKind::BitsPerByte, 3, exact).is_ok());
    assert!(
        survey_metrics(&path, 1, MetricKind::BitsPerByte, 3, |_| Some((4.0, 5.0))).is_ok(),
        "within what a bucket remembers"
    );
    let other = |step: u64| if step == 3 { Some((4.1, 4.1)) } else { exact(step) };
    let error = survey_metrics(&path, 1, MetricKind::BitsPerByte, 3, other).unwrap_err();
    assert!(matches!(error, NotKept::AnotherRun(_)) && error.to_string().contains("step 3"), "{error}");
    assert!(
        survey_metrics(&path, 1, MetricKind::BitsPerByte, 2, other).is_ok(),
        "what is taken out may be of another course"
    );
}

#[test]
fn a_spreadsheets_mark_is_read_over_and_other_kinds_are_named() {
    let (_folder, plain) = metrics(&[(1, 5.0), (2, 4.5)], "");
    let text = fs::read_to_string(&plain).unwrap();
    let marked = format!("{BYTE_ORDER_MARK}{}", text.replace('\n', "\r\n"));
    let (_folder, path) = file("metrics.csv", marked.as_bytes());
    let kept = survey(&path, 2).unwrap();
    assert_eq!((kept.bytes, kept.steps), (marked.len() as u64, Some((1, 2))));
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.bytes().flat_map(|b| [b, 0])).collect();
    for (bytes, word) in [
        (text.replace(',', ";").into_bytes(), "spreadsheets"),
        (utf16, "UTF-16"),
        (b"a,b\n1,2\n".to_vec(), "other columns"),
        (b"step".to_vec(), "other columns"),
    ] {
        let (_folder, path) = file("metrics.csv", &bytes);
        let error = survey(&path, 2).unwrap_err();
        assert!(matches!(error, NotKept::Foreign(_)) && error.to_string().contains(word), "{error}");
    }
}

#[test]
fn rows_that_no_run_writes_are_named_by_their_line() {
    for (rows, end, line) in [
        (&[(1, 5.0), (1, 5.0)][..], "", 3),
        (&[(2, 5.0), (1, 5.0)], "", 3),
        (&[(1, 5.0)], "2,0.1,3\n", 3),
        (&[], "nonsense\n", 2),
    ] {
        let (_folder, path) = metrics(rows, end);
        let error = survey(&path, 9).unwrap_err();
        assert!(matches!(error, NotKept::Damaged { line: found, .. } if found == line), "{rows:?} {end}: {error}");
    }
    // Two programs wrote at once, after the step that is gone back to.
    let (_folder, path) = metrics(&[(1, 5.0), (2, 5.0), (2, 5.0)], "3,0.1,3\n");
    assert_eq!(survey(&path, 1).unwrap().steps, Some((1, 1)));
}

#[test]
fn files_with_nothing_in_them_are_none() {
    let none = |error: NotKept| matches!(error, NotKept::Missing);
    let (folder, path) = file("metrics.csv", b"");
    assert!(none(survey(&path, 3).unwrap_err()));
    assert!(none(survey(&folder.path().join("none"), 3).unwrap_err()));
    fs::write(&path, "step,seconds,tokens,lo").unwrap();
    assert!(none(survey(&path, 3).unwrap_err()), "killed while it wrote the header");
    fs::write(&path, "{\"step\":0,\"wh").unwrap();
    assert!(none(survey_events(&path, "", 3, 0).unwrap_err()), "killed while it wrote the first event");
    assert!(matches!(survey(folder.path(), 3), Err(NotKept::Foreign(_))));
}

#[test]
fn events_of_another_run_and_other_files_are_told_apart() {
    let line = |run: &str| format!("{{\"step\":0,\"what\":{{\"started\":{{\"device\":\"CPU\"}}}}{run}}}\n");
    let (_folder, path) = file("events.jsonl", (line("") + &line(",\"run\":\"b\"")).as_bytes());
    assert!(matches!(survey_events(&path, "a", 3, 0), Err(NotKept::AnotherRun(_))));
    assert_eq!(survey_events(&path, "b", 3, 0).unwrap().bytes, fs::metadata(&path).unwrap().len());
    for foreign in ["{\"mine\":1}\n", "hello", "hello\n"] {
        fs::write(&path, foreign).unwrap();
        assert!(matches!(survey_events(&path, "a", 3, 0), Err(NotKept::Foreign(_))), "{foreign}");
    }
    fs::write(&path, line("") + "garbage\n" + &line("")).unwrap();
    assert!(matches!(survey_events(&path, "a", 3, 0), Err(NotKept::Damaged { line: 2, .. })));
}
