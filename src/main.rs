//! The program: arguments to a window or a command, and the exit code.

use std::process::ExitCode;

use moe_arena::cli::{self, EntryPoints, Window, allocator, environment, log};
use moe_arena::{run, ui};

fn main() -> ExitCode {
    allocator::prepare();
    environment::prepare();
    log::catch_panics(log::start());
    cli::run(EntryPoints { spawn: run::spawn, window })
}

/// Opens the window on a run, which wakes it whenever there is something to see.
fn window(window: Window) -> Result<(), String> {
    let options = ui::WindowOptions {
        x11: window.x11,
        recent_files: window.recent_files,
        mode: window.mode,
        settings: window.settings,
        still: window.still,
        language: window.language,
        system: window.system,
        settings_file: window.settings_file,
        hidden: window.hidden,
        inspects: window.inspects,
        lesson: window.lesson,
        ..ui::WindowOptions::default()
    };
    let Window { start, opened, .. } = window;
    ui::open(options, move |ctx| {
        let woken = ctx.clone();
        let reader = run::spawn(start, Box::new(move || woken.request_repaint()));
        opened(reader.ending(), Box::new(move || ui::close(&ctx)));
        Ok(reader)
    })
}
