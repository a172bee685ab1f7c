//! The program: arguments to a window or a command, and the exit code.

use std::process::ExitCode;

use moe_arena::cli::{self, Doors, log};
use moe_arena::{run, ui};

fn main() -> ExitCode {
    log::catch_panics(log::start());
    cli::run(Doors { spawn: run::spawn, window })
}

/// Opens the window on a run, which wakes it whenever there is something to see.
fn window(start: run::Start) -> Result<(), String> {
    ui::open(ui::WindowOptions::default(), move |ctx| Ok(run::spawn(start, Box::new(move || ctx.request_repaint()))))
}
