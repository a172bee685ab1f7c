//! The window of the program: its size, icon, and the window system it opens in.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{Context, IconData, ViewportBuilder, ViewportCommand, ViewportId};

use super::{App, clipboard};
use crate::domain::language::Language;
use crate::lessons::{ControlId, Lesson};
use crate::run::{Reader, WindowLanguage, WindowMode, WindowSettings};
use crate::ui::kit::theme;
use crate::ui::words;

/// How the window begins.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowOptions {
    /// Whether the theme is dark.
    pub dark: bool,
    /// Width and height in points.
    pub size: [f32; 2],
    /// Whether X11 is taken where the environment names a Wayland compositor.
    pub x11: bool,
    /// The file in which all windows keep the recent files; `None` where there is no place for it.
    pub recent_files: Option<PathBuf>,
    /// The checkpoint that is looked at first.
    pub inspects: Option<PathBuf>,
    /// The lesson it begins with.
    pub lesson: Option<Arc<Lesson>>,
    /// Controls that are not shown at first.
    pub hidden: Vec<ControlId>,
    /// The mode it begins in.
    pub mode: WindowMode,
    /// What was chosen in the window before.
    pub settings: WindowSettings,
    /// Whether nothing moves by itself where nobody has chosen.
    pub still: bool,
    /// The language it speaks.
    pub language: WindowLanguage,
    /// The language of the system.
    pub system: Language,
    /// The file in which what is chosen is kept for the next window; `None` where there is no place for it.
    pub settings_file: Option<PathBuf>,
}

impl Default for WindowOptions {
    fn default() -> Self {
        Self {
            dark: true,
            size: [1600.0, 1000.0],
            x11: false,
            recent_files: None,
            inspects: None,
            lesson: None,
            hidden: Vec::new(),
            mode: WindowMode::Train,
            settings: WindowSettings::default(),
            still: false,
            language: WindowLanguage::default(),
            system: Language::default(),
            settings_file: None,
        }
    }
}

/// Opens the window and returns when it is closed; the run may then still be saving itself, see
/// [`Reader::ending`](crate::run::Reader::ending). `start` spawns the run; the context it is given wakes the
/// window (`request_repaint`) from any thread.
///
/// # Errors
/// What the window system says, e.g. that there is no display.
pub fn open(options: WindowOptions, start: impl FnOnce(Context) -> Result<Reader, String>) -> Result<(), String> {
    let viewport = ViewportBuilder::default()
        .with_title(words::PROGRAM)
        .with_app_id("moe-arena")
        .with_inner_size(options.size)
        .with_min_inner_size([640.0, 400.0])
        .with_icon(icon())
        .with_drag_and_drop(true);
    let mut native = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    if options.x11 {
        take_x11(&mut native);
    }
    let create: eframe::AppCreator<'_> = Box::new(move |cc| {
        let reader = start(cc.egui_ctx.clone())?;
        let app = App::new(&cc.egui_ctx, reader, options.dark)
            .in_language(options.language, options.system)
            .in_mode(options.mode)
            .inspecting(options.inspects)
            .with_lesson(options.lesson)
            .with_settings(options.settings, options.settings_file)
            .still_unless_chosen(options.still)
            .with_hidden(options.hidden);
        Ok(Box::new(app.with_recent_files(options.recent_files).with_clipboard(clipboard::system(options.x11))))
    });
    eframe::run_native(words::PROGRAM.said(), native, create).map_err(|error| error.to_string())
}

#[cfg(all(unix, not(target_os = "macos")))]
fn take_x11(native: &mut eframe::NativeOptions) {
    use winit::platform::x11::EventLoopBuilderExtX11;
    native.event_loop_builder = Some(Box::new(|builder| {
        builder.with_x11();
    }));
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn take_x11(_: &mut eframe::NativeOptions) {}

/// Closes the window, from any thread.
pub fn close(ctx: &Context) {
    ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Close);
    ctx.request_repaint_of(ViewportId::ROOT);
}

/// The mark of the program as pixels: five experts, one ringed.
fn icon() -> IconData {
    const SIDE: u32 = 64;
    let theme = &theme::DARK;
    let spots = [(20.0, 20.0, 0), (46.0, 19.0, 1), (19.0, 45.0, 2), (32.0, 31.0, 3), (46.0, 46.0, 5)];
    let mut rgba = Vec::with_capacity((SIDE * SIDE * 4) as usize);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let mut pixel = theme.panel;
            for (cx, cy, hue) in spots {
                let distance = (x as f32 + 0.5 - cx).hypot(y as f32 + 0.5 - cy);
                pixel = pixel.lerp_to_gamma(theme.experts[hue], (9.0 - distance).clamp(0.0, 1.0));
                if hue == 5 {
                    pixel = pixel.lerp_to_gamma(theme.violet, (2.0 - (distance - 13.0).abs()).clamp(0.0, 1.0));
                }
            }
            rgba.extend(pixel.to_array());
        }
    }
    IconData { rgba, width: SIDE, height: SIDE }
}
