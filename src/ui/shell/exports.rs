//! Writes what a tile shows into files: takes the picture of the window that was asked for, and writes tables, pixels and
//! shapes on a thread of its own, where the files panel says.

use std::path::{Path, PathBuf, absolute};
use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui::{Area, ColorImage, Context, Id, Order, Sense};

use super::background::BackgroundWork;
use super::report::{self, Reported};
use crate::run::{Inspection, Standing, write_file};
use crate::ui::kit::export::png::{Frame, Picture};
use crate::ui::view::export::{Content, Export};
use crate::ui::words::notices;
use crate::ui::words::notices::WindowNotice;

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Written {
    /// It is written, or it failed; in words.
    Told(WindowNotice),
    /// It was not written, for something stands there that may not go unasked, or nothing can stand there.
    Occupied {
        /// What was to be written.
        export: Arc<Export>,
        /// Where.
        path: PathBuf,
        /// What stands there.
        standing: Standing,
    },
}

/// Writes a file whole or not at all, and says in words how that went. A path without an ending gets the usual one; a file
/// that stands there is replaced only if `replace` says so, even if it came after it was looked for.
fn write_export(export: &Arc<Export>, path: &Path, replace: bool) -> Written {
    let path = if path.extension().is_none() { path.with_extension(export.format().ending()) } else { path.to_owned() };
    let path = absolute(&path).unwrap_or(path);
    let what = notices::saving(&path);
    let bytes = match export.encode() {
        Ok(bytes) => bytes,
        Err(why) => return Written::Told(notices::failed(&what, &why)),
    };
    let Err(error) = write_file(&path, &bytes, replace) else {
        return Written::Told(notices::fact(notices::saved(&export.described(), &path)));
    };
    match Standing::at(&path) {
        Standing::Nothing | Standing::Unreadable(_) => {
            Written::Told(notices::failed(&what, &notices::not_written(&path, &error)))
        }
        Standing::Checkpoint { .. } | Standing::Other { .. } if replace => {
            Written::Told(notices::failed(&what, &notices::not_written(&path, &error)))
        }
        standing => Written::Occupied { export: export.clone(), path, standing },
    }
}

/// Where a picture of the window arrives, from whichever thread reads the pixels.
type Plate = Arc<Mutex<Option<Arc<ColorImage>>>>;

/// A picture that was asked for and is not there yet.
#[derive(Debug)]
struct Pose {
    stem: String,
    frame: Frame,
    plate: Option<Plate>,
    /// When it was asked for, seconds.
    since: f64,
}

/// What is on its way: a picture being taken, files being written.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    pose: Option<Pose>,
    writing: Vec<BackgroundWork<Written>>,
    reports: Vec<BackgroundWork<Export>>,
}

impl Exports {
    /// Longest wait for a picture, seconds. A window that is hidden is not drawn.
    pub const PATIENCE: f64 = 5.0;
    /// Seconds between looks whether it is there; the pixels come with a later frame, so there must be one.
    const LOOK: f32 = 0.03;

    /// Takes a picture of a part of the window as it will be drawn next, without menus and notices.
    pub fn pose(&mut self, stem: String, frame: Frame, ctx: &Context) {
        let since = ctx.input(|i| i.time);
        self.pose = Some(Pose { stem, frame, plate: None, since });
        ctx.request_repaint();
    }

    /// Whether a picture is being taken, so that nothing but the panels must be drawn.
    pub fn is_posing(&self) -> bool {
        self.pose.is_some()
    }

    /// While a picture is being taken: asks for it, and keeps the pointer away from the panels, which would light up.
    pub fn restore_frozen(&mut self, ctx: &Context) {
        let Some(pose) = &mut self.pose else {
            return;
        };
        if pose.plate.is_none() {
            let plate = Plate::default();
            pose.plate = Some(plate.clone());
            let wake = ctx.clone();
            ctx.request_screenshot(move |image| {
                *plate.lock().unwrap_or_else(PoisonError::into_inner) = Some(image);
                wake.request_repaint();
            });
        }
        let window = ctx.content_rect();
        let shield = Area::new(Id::unique("held-still")).order(Order::Foreground).fixed_pos(window.min).fade_in(false);
        shield.show(ctx, |ui| ui.allocate_response(window.size(), Sense::CLICK | Sense::DRAG));
        ctx.request_repaint_after_secs(Self::LOOK);
    }

    /// The picture once it is there; or why there will be none.
    pub fn picture(&mut self, ctx: &Context) -> Option<Result<Export, WindowNotice>> {
        let pose = self.pose.as_ref()?;
        let image = pose.plate.as_ref().and_then(|p| p.lock().unwrap_or_else(PoisonError::into_inner).take());
        if image.is_none() && ctx.input(|i| i.time) - pose.since < Self::PATIENCE {
            return None;
        }
        let Pose { stem, frame, .. } = self.pose.take()?;
        Some(match image {
            Some(image) => {
                let pixels_per_point = ctx.pixels_per_point();
                Ok(Export { stem, content: Content::Picture(Picture { image, pixels_per_point, frame }) })
            }
            None => Err(notices::failed(&notices::taking_picture(&stem), notices::NO_PIXELS.said())),
        })
    }

    /// Begins to make a report of a run. It is given out by [`Self::reports`]; what hinders the
    /// beginning, now.
    pub fn report(&mut self, reported: Reported, ctx: &Context) -> Option<WindowNotice> {
        let stem = format!("report-step-{}", reported.shot.step);
        self.make(stem, move || report::document(&reported), ctx)
    }

    /// The same of a checkpoint that is looked at; nothing is made as long as nothing is known of it.
    pub fn inspected(&mut self, inspection: Arc<Inspection>, ctx: &Context) -> Option<WindowNotice> {
        let stem = report::inspected::stem(&inspection)?;
        self.make(stem, move || report::inspected::document(&inspection).unwrap_or_default(), ctx)
    }

    fn make(
        &mut self,
        stem: String,
        document: impl FnOnce() -> String + Send + 'static,
        ctx: &Context,
    ) -> Option<WindowNotice> {
        let make = move || Export { stem, content: Content::Report(document()) };
        match BackgroundWork::start("report", ctx, make) {
            Ok(work) => {
                self.reports.push(work);
                None
            }
            Err(error) => Some(notices::failed(notices::MAKING_REPORT.said(), &notices::no_thread(&error))),
        }
    }

    /// The reports that are made, or that one could not be.
    pub fn reports(&mut self) -> Vec<Result<Export, WindowNotice>> {
        let ended = || notices::failed(notices::MAKING_REPORT.said(), notices::NO_ANSWER.said());
        let made = BackgroundWork::take_finished(&mut self.reports).into_iter();
        made.map(|report| report.ok_or_else(ended)).collect()
    }

    /// Begins to write a file. What comes of it is told by [`Self::done`]; what hinders the beginning, now.
    pub fn write(&mut self, export: Arc<Export>, path: PathBuf, replace: bool, ctx: &Context) -> Option<WindowNotice> {
        let what = notices::saving(&path);
        match BackgroundWork::start("export", ctx, move || write_export(&export, &path, replace)) {
            Ok(work) => {
                self.writing.push(work);
                None
            }
            Err(error) => Some(notices::failed(&what, &notices::no_thread(&error))),
        }
    }

    /// What became of files that were being written.
    pub fn done(&mut self) -> Vec<Written> {
        let ended = || Written::Told(notices::failed(notices::SAVING_A_FILE.said(), notices::NO_ANSWER.said()));
        BackgroundWork::take_finished(&mut self.writing)
            .into_iter()
            .map(|written| written.unwrap_or_else(ended))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{RawInput, Rect};

    #[test]
    fn a_window_that_gives_no_pixels_is_not_waited_for_forever() {
        let ctx = Context::default();
        let mut exports = Exports::default();
        exports.pose("load".into(), Frame { rect: Rect::ZERO, buttons: Rect::ZERO }, &ctx);
        let mut at = |time: f64| {
            let mut told = None;
            let mut output = ctx.run_ui(RawInput { time: Some(time), ..RawInput::default() }, |ui| {
                told = exports.picture(ui.ctx());
                exports.restore_frozen(ui.ctx());
            });
            output.textures_delta.clear();
            (told, exports.is_posing())
        };
        assert_eq!(at(0.1), (None, true));
        assert_eq!(at(4.9), (None, true));
        let (told, posing) = at(5.1);
        let Some(Err(notice)) = told else { panic!("{told:?}") };
        assert!(notice.words.contains("found none after 5 s. Show the window, or save SVG") && !posing);
    }
}
