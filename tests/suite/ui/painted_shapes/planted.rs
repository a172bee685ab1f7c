//! Faults that are drawn on purpose, each in a window of its own: every rule finds the one it is for.

use eframe::egui::{Align2, Color32, FontId, Key, Rect, Sense, Slider, Ui, pos2, vec2};
use egui_kittest::Harness;

use super::{Painted, Sheet, faults, texts, widgets};

const WINDOW: [f32; 2] = [300.0, 200.0];

/// What is found in a window that `draw` has drawn.
fn found(draw: impl FnMut(&mut Ui) + 'static) -> Vec<String> {
    let mut harness = Harness::builder().with_size(WINDOW).build_ui(draw);
    harness.key_press(Key::Escape);
    harness.run();
    let widgets = widgets(&harness);
    let window = Rect::from_min_size(pos2(0.0, 0.0), WINDOW.into());
    faults(&texts(&harness.output().shapes), &Sheet { window, scrolls: &[], over: &[], widgets: &widgets })
}

fn write(ui: &Ui, x: f32, y: f32, text: &str) -> Rect {
    ui.painter().text(pos2(x, y), Align2::LEFT_TOP, text, FontId::proportional(12.0), Color32::WHITE)
}

fn one(found: &[String], what: &str) {
    assert!(found.iter().any(|fault| fault.contains(what)), "“{what}” is not among {found:#?}");
}

#[test]
fn a_tidy_window_has_no_faults() {
    let tidy = found(|ui| {
        ui.painter().rect_filled(ui.max_rect(), 0, Color32::from_gray(20));
        let name = write(ui, 20.0, 20.0, "Competition rate");
        let mut rate = 0.5;
        let slider = Rect::from_min_size(pos2(name.right() + 8.0, 20.0), vec2(70.0, 14.0));
        ui.spacing_mut().slider_width = 70.0;
        ui.put(slider, Slider::new(&mut rate, 0.0..=1.0).show_value(false)).accessible_name("rate");
        ui.put(Rect::from_min_size(pos2(20.0, 60.0), vec2(90.0, 24.0)), eframe::egui::Button::new("New run…"));
        ui.painter().rect_filled(Rect::from_min_size(pos2(20.0, 100.0), vec2(30.0, 20.0)), 2, Color32::BLUE);
        write(ui, 25.0, 102.0, "7");
        write(ui, 20.0, 130.0, "−2.08");
        write(ui, 20.0, 150.0, "0.5");
    });
    assert!(tidy.is_empty(), "{tidy:#?}");
}

#[test]
fn a_label_over_a_slider_is_found() {
    for after in [false, true] {
        let over = found(move |ui| {
            ui.painter().rect_filled(ui.max_rect(), 0, Color32::from_gray(20));
            let mut rate = 0.5;
            let slider = Rect::from_min_size(pos2(100.0, 20.0), vec2(70.0, 14.0));
            if !after {
                write(ui, 20.0, 20.0, "Competition warm-up");
            }
            ui.spacing_mut().slider_width = 70.0;
            ui.put(slider, Slider::new(&mut rate, 0.0..=1.0).show_value(false)).accessible_name("rate");
            let track = Rect::from_center_size(slider.center(), vec2(70.0, 3.0));
            ui.painter().rect_filled(track, 1, Color32::GRAY);
            if after {
                write(ui, 20.0, 20.0, "Competition warm-up");
            }
        });
        one(&over, "“Competition warm-up” lies across the edge of");
        assert!(
            over.iter().any(|fault| fault.contains("Competition warm-up") && fault.contains("lies across “")),
            "{over:?}"
        );
    }
}

#[test]
fn a_minus_that_is_cut_is_found() {
    let cut = found(|ui| {
        ui.painter().rect_filled(ui.max_rect(), 0, Color32::from_gray(20));
        let axis = Rect::from_min_max(pos2(28.0, 0.0), pos2(300.0, 200.0));
        let painter = ui.painter().with_clip_rect(axis);
        painter.text(pos2(20.0, 40.0), Align2::LEFT_TOP, "−2.05", FontId::proportional(10.0), Color32::WHITE);
        painter.text(pos2(60.0, 80.0), Align2::LEFT_TOP, "-2.05", FontId::proportional(10.0), Color32::WHITE);
    });
    one(&cut, "“−2.05” is cut: ");
    one(&cut, "“-2.05” has a hyphen for a minus");
}

#[test]
fn a_third_line_under_the_next_row_is_found() {
    let words =
        "The router of layer 2 foresees the competition no better than chance: kappa 0.00 after 63 competitions";
    for opaque in [false, true] {
        let rows = found(move |ui| {
            ui.painter().rect_filled(ui.max_rect(), 0, Color32::from_gray(20));
            for row in 0..2 {
                let rect = Rect::from_min_size(pos2(10.0, 10.0 + 32.0 * row as f32), vec2(190.0, 30.0));
                if opaque {
                    ui.painter().rect_filled(rect, 0, Color32::from_gray(40));
                }
                let job = ui.painter().layout(words.to_owned(), FontId::proportional(11.0), Color32::WHITE, 190.0);
                assert!(job.rows.len() >= 3, "three lines in a row for two");
                ui.painter().galley(rect.min, job, Color32::WHITE);
                ui.interact(rect, ui.scope_id().with(row), Sense::click())
                    .widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Button, true, "alert"));
            }
        });
        let sees = |what: &str| rows.iter().any(|fault| fault.contains(what));
        assert!(sees("lie on each other") || sees("lies across"), "{rows:#?}");
        one(&rows, "lies across “alert”");
    }
}

#[test]
fn text_across_a_disc_a_bar_or_a_tiles_edge_is_found() {
    let across = found(|ui| {
        ui.painter().rect_filled(ui.max_rect(), 0, Color32::from_gray(20));
        ui.painter().circle_filled(pos2(40.0, 40.0), 4.0, Color32::YELLOW);
        ui.painter().text(pos2(40.0, 40.0), Align2::CENTER_CENTER, "14", FontId::proportional(12.0), Color32::RED);
        write(ui, 60.0, 62.0, "12.5");
        ui.painter().rect_filled(Rect::from_min_size(pos2(70.0, 60.0), vec2(8.0, 60.0)), 0, Color32::BLUE);
        ui.painter().rect_filled(Rect::from_min_size(pos2(150.0, 20.0), vec2(100.0, 150.0)), 0, Color32::from_gray(60));
        write(ui, 120.0, 140.0, "across the edge");
    });
    one(&across, "“14” lies across the edge of");
    one(&across, "“12.5” lies across the edge of");
    one(&across, "“across the edge” lies across the edge of");
}

#[test]
fn an_ellipsis_with_room_below_is_found_and_one_without_is_not() {
    let cut = |ui: &Ui, y: f32, words: &str| {
        let mut job = eframe::egui::text::LayoutJob::simple_singleline(
            words.to_owned(),
            FontId::proportional(12.0),
            Color32::WHITE,
        );
        job.wrap = eframe::egui::text::TextWrapping::truncate_at_width(90.0);
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(pos2(20.0, y), galley, Color32::WHITE);
    };
    let rows = found(move |ui| {
        ui.painter().rect_filled(ui.max_rect(), 0, Color32::from_gray(20));
        cut(ui, 20.0, "punctuation, consonant, vowel");
        write(ui, 20.0, 36.0, "the next row");
        cut(ui, 80.0, "should rise: need not fall");
    });
    assert_eq!(rows.len(), 1, "{rows:#?}");
    one(&rows, "“should rise");
}

#[test]
fn faults_of_a_text_alone_are_found() {
    let at = |text: &str, x: f32, width: f32| Painted {
        text: text.into(),
        ink: Rect::from_min_size(pos2(x, 10.0), vec2(width, 8.0)),
        clip: Rect::from_min_size(pos2(0.0, 0.0), vec2(100.0, 100.0)),
        mark: true,
        contrast: 5.0,
        line: 10.0,
        cut: false,
        ground: None,
        crossed: None,
    };
    let window = Rect::from_min_size(pos2(0.0, 0.0), vec2(100.0, 100.0));
    let sheet = Sheet { window, scrolls: &[], over: &[], widgets: &[] };
    let count = |texts: &[Painted]| faults(texts, &sheet).len();
    assert_eq!(count(&[at("0.5", 10.0, 20.0), at("1.0", 40.0, 20.0)]), 0);
    assert_eq!(count(&[at("−2.08", -6.0, 20.0)]), 1);
    assert_eq!(count(&[at("0.5", 10.0, 20.0), at("1.0", 25.0, 20.0)]), 1);
    assert_eq!(count(&[at("88709.… …", 10.0, 20.0)]), 1);
    assert_eq!(count(&[at("-3", 10.0, 20.0)]), 1);
    assert_eq!(count(&[Painted { contrast: 1.1, ..at("4", 10.0, 20.0) }]), 1);
    let below = Painted { ink: at("0", 10.0, 20.0).ink.translate(vec2(0.0, 30.0)), ..at("0", 10.0, 20.0) };
    assert_eq!(count(&[at("0", 10.0, 20.0), below]), 1);
}
