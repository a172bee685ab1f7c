//! The window as pixels: who may wear which colour. And pictures to be looked at:
//! `MOE_ARENA_PICTURES=folder cargo test ui::pictures::pictures -- --ignored`.

use std::path::PathBuf;

use eframe::egui::Color32;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::run::{Asked, Notice, Preparation, Snapshot, Status, channel};
use moe_arena::ui::App;
use moe_arena::ui::kit::theme::{DARK, LIGHT};

use super::fixture::{self, Shape, USUAL};
use crate::devices::graphics;

fn picture(
    name: &str,
    shot: Snapshot,
    size: [f32; 2],
    dark: bool,
    scale: f32,
    clicks: &[&str],
    notice: Option<Notice>,
) {
    let folder = PathBuf::from(
        std::env::var_os("MOE_ARENA_PICTURES").expect("MOE_ARENA_PICTURES names the folder to write into"),
    );
    let (reader, writer) = channel(shot, Box::new(|| {}));
    let mut harness = Harness::builder()
        .with_size(size)
        .with_pixels_per_point(scale)
        .with_max_steps(12)
        .with_render_cursor(false)
        .wgpu()
        .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, dark));
    harness.run();
    for name in clicks {
        harness.get_by_label(name).click();
        harness.run();
    }
    harness.remove_cursor();
    if let Some(notice) = notice {
        writer.notice(notice);
    }
    harness.run();
    let image = harness.render().expect("a picture");
    image.save(folder.join(format!("{name}.png"))).expect("the folder can be written to");
}

#[test]
#[ignore = "writes pictures into the folder named by MOE_ARENA_PICTURES; needs a Vulkan driver"]
fn pictures() {
    const BIG: [f32; 2] = [1600.0, 1000.0];
    const SMALL: [f32; 2] = [1280.0, 720.0];
    let only = std::env::var("MOE_ARENA_PICTURE").unwrap_or_default();
    let take = |name: &str, shot: &dyn Fn() -> Snapshot, size, dark, scale, clicks: &[&str], notice| {
        if only.is_empty() || only.split(',').any(|n| n == name) {
            picture(name, shot(), size, dark, scale, clicks, notice);
        }
    };
    let usual = || fixture::running(USUAL);
    take("train", &usual, BIG, true, 1.0, &["Show layer 2"], None);
    take("pending", &usual, BIG, true, 1.0, &["Top-k: one more", "Experts: one more"], None);
    take("policy", &usual, BIG, true, 1.0, &["Policy menu", "X-MoE"], None);
    take("policy-menu", &usual, SMALL, true, 1.0, &["Policy menu"], None);
    take("train-light", &usual, BIG, false, 1.0, &["Show layer 2", "Top-k: one more"], None);
    take("small", &usual, SMALL, true, 1.0, &[], None);
    take("small-light-2x", &usual, SMALL, false, 2.0, &[], None);
    take("start", &fixture::at_start, SMALL, true, 1.0, &[], None);
    let refused = Notice::Refused {
        asked: Asked::Knobs(vec!["12 experts".into()]),
        why: fixture::reason("“drop the least used” cannot grow 8 experts"),
    };
    take("failed", &fixture::failed, BIG, true, 1.0, &[], Some(refused));
    take("not-finite", &fixture::not_finite, SMALL, false, 1.0, &[], None);
    let preparing = || Snapshot { status: Status::Preparing(Preparation::Kernels { begun: 0, of: 0 }), ..usual() };
    take("preparing", &preparing, SMALL, true, 1.0, &[], None);
    let many = || fixture::running(Shape { steps: 300, experts: 64, layers: 16, ..USUAL });
    take("many", &many, BIG, true, 1.0, &[], None);
    take("narrow", &usual, [700.0, 560.0], true, 1.0, &[], None);
    take("new-run", &usual, SMALL, true, 1.0, &["New run…"], None);
    take("menus", &usual, BIG, false, 1.0, &["Device menu"], None);
    for (name, clicks) in [
        ("grown-load", &["Grow load"][..]),
        ("grown-who", &["Grow load", "Specialization"]),
        ("grown-agreement", &["Grow agreement"]),
        ("grown-router", &["Grow agreement", "Router alone"]),
        ("grown-collapse", &["Grow collapse"]),
        ("grown-weights", &["Grow collapse", "Weights"]),
        ("grown-loss", &["Grow loss"]),
    ] {
        take(name, &usual, BIG, true, 1.0, clicks, None);
        // On a small screen the tile's tab comes first; that of the first tile is there already.
        let tab = clicks[0].replace("Grow", "Show");
        let first = [&[tab.as_str()][..], clicks].concat();
        take(&format!("{name}-small"), &usual, SMALL, false, 1.0, &first, None);
    }
    take("log-loss", &usual, BIG, true, 1.0, &["Draw the loss on a logarithmic axis"], None);
    take("inspect", &usual, BIG, true, 1.0, &["Inspect"], None);
    take("inspect-small", &usual, SMALL, false, 1.0, &["Mode", "Inspect"], None);
    take("save", &usual, BIG, true, 1.0, &["Run menu", "Save checkpoint…"], None);
}

/// The pixels below the strip (its mark holds several colours), one entry per pixel.
fn pixels(shot: Snapshot, dark: bool, clicks: &[&str]) -> Vec<[u8; 3]> {
    let (reader, _writer) = channel(shot, Box::new(|| {}));
    let mut harness = Harness::builder()
        .with_size([1280.0, 720.0])
        .with_max_steps(12)
        .with_render_cursor(false)
        .wgpu()
        .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, dark));
    harness.run();
    for name in clicks {
        harness.get_by_label(name).click();
        harness.run();
    }
    harness.remove_cursor();
    harness.run();
    let image = harness.render().expect("a picture");
    image.enumerate_pixels().filter(|(_, y, _)| *y > 52).map(|(_, _, p)| [p[0], p[1], p[2]]).collect()
}

fn count(pixels: &[[u8; 3]], color: Color32) -> usize {
    let [r, g, b, _] = color.to_array();
    pixels.iter().filter(|p| **p == [r, g, b]).count()
}

#[test]
fn colours_mean_what_the_table_says() {
    if graphics("colours_mean_what_the_table_says").is_none() {
        return;
    }
    for theme in [&DARK, &LIGHT] {
        let running = pixels(fixture::running(USUAL), theme.dark, &[]);
        for (i, hue) in theme.experts.iter().enumerate() {
            assert!(count(&running, *hue) > 100, "expert {} is not seen, dark: {}", i + 1, theme.dark);
        }
        assert!(count(&running, theme.violet) > 100, "competition is not seen");
        assert_eq!(count(&running, theme.amber), 0, "amber without anything pending");
        assert_eq!(count(&running, theme.red), 0, "red without a failure");
        let start = pixels(Snapshot { status: Status::Running, ..fixture::at_start() }, theme.dark, &[]);
        assert_eq!(count(&start, theme.violet), 0, "violet before any competition");
        let pending = pixels(fixture::running(USUAL), theme.dark, &["Top-k: one more"]);
        assert!(count(&pending, theme.amber) > 100, "a pending edit is not seen");
        assert!(count(&pixels(fixture::failed(), theme.dark, &[]), theme.red) > 100, "a failure is not seen");
    }
}
