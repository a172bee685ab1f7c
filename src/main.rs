//! The program: arguments to a window or a command, and the exit code.

use std::process::ExitCode;

use moe_arena::cli::{self, EntryPoints, Window, environment, log};
use moe_arena::{run, ui};

fn main() -> ExitCode {
    environment::prepare();
    log::catch_panics(log::start());
    cli::run(EntryPoints { spawn: run::spawn, window })
}

/// Opens the window on a run, which wakes it whenever there is something to see.
fn window(window: Window) -> Result<(), String> {
    let Window {
        start,
        x11,
        recent_files,
        mode,
        settings,
        still,
        language,
        system,
        settings_file,
        hidden,
        lesson,
        opened,
    } = window;
    let options = ui::WindowOptions {
        x11,
        recent_files,
        mode,
        settings,
        still,
        language,
        system,
        settings_file,
        hidden,
        lesson,
        ..ui::WindowOptions::default()
    };
    ui::open(options, move |ctx| {
        let woken = ctx.clone();
        let reader = run::spawn(start, Box::new(move || woken.request_repaint()));
        opened(reader.ending(), Box::new(move || ui::close(&ctx)));
        Ok(reader)
    })
}
