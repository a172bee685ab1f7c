//! `moe-arena inspect --report`: one HTML file that needs nothing else, with what the other outputs tell.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{self, complaint, out};

fn public(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public").join(name)
}

/// Tags that are opened and not closed in their turn; `None` if all are.
fn unclosed(html: &str) -> Option<String> {
    const ALONE: [&str; 4] = ["meta", "br", "!DOCTYPE", "path"];
    let mut open: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(1) {
        let (inside, _) = tag.split_once('>')?;
        let name = inside.trim_start_matches('/').split_whitespace().next().unwrap_or("");
        if inside.starts_with('/') {
            let last = open.pop();
            if last != Some(name) {
                return Some(format!("{last:?} closed by {name}"));
            }
        } else if !ALONE.contains(&name) {
            open.push(name);
        }
    }
    (!open.is_empty()).then(|| open.join(" "))
}

#[test]
fn a_report_is_one_page_with_findings_experts_and_routing() {
    let here = tempfile::tempdir().unwrap();
    let model = public("mixtral");
    let words = format!("inspect {} --json --report page.html --compete --ids 5,46,17,99,200,7,31,64", model.display());
    let output = program::run(here.path(), &words);
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    let report: Value = serde_json::from_str(&out(&output)).unwrap();
    let page = fs::read_to_string(here.path().join("page.html")).unwrap();
    assert_eq!(unclosed(&page), None);
    for outside in ["http", "src=", "<script", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    for rule in ["dead-router-row", "twin-experts", "rank-collapsed-expert", "faint-expert"] {
        assert!(page.contains(&format!("<h3>{rule}</h3>")), "{rule}");
    }
    for layer in report["layers"].as_array().unwrap() {
        assert!(page.contains(&format!("<b>{}</b>", layer["key"].as_str().unwrap())));
        // With a report the experts are measured although a text is routed.
        for norm in layer["health"]["down_norm"].as_array().unwrap() {
            assert!(page.contains(&format!("<td>{:.3}</td>", norm.as_f64().unwrap())), "{norm}");
        }
    }
    for layer in report["routing"]["layers"].as_array().unwrap() {
        let top1 = layer["competition"]["softplus"]["top1"].as_f64().unwrap();
        assert!(page.contains(&format!("<td>{top1:.3}</td>")), "{top1}");
    }
    // Loads; and of two layers likeness as stored, matched, and of router rows.
    assert_eq!(page.matches("<svg").count(), 1 + 2 * 3);

    let words = format!("inspect {} --quick --report page.html", model.display());
    let output = program::run(here.path(), &words);
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("page.html") && complaint(&output).contains("--overwrite"), "{output:?}");
    assert_eq!(fs::read_to_string(here.path().join("page.html")).unwrap(), page);
    let output = program::run(here.path(), &format!("{words} --overwrite"));
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    let quick = fs::read_to_string(here.path().join("page.html")).unwrap();
    assert!(quick.contains("dead-router-row") && !quick.contains("twin-experts"), "{quick}");
}

#[test]
fn a_report_says_what_changed() {
    let here = tempfile::tempdir().unwrap();
    let model = public("mixtral");
    let words = format!("inspect {0} --against {0} --report page.html", model.display());
    let output = program::run(here.path(), &words);
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    let page = fs::read_to_string(here.path().join("page.html")).unwrap();
    assert!(page.contains("<h2>What changed since") && page.contains("<ul><li>"), "{page}");
    assert_eq!(unclosed(&page), None);
}
