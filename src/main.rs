//! The program: arguments to a window or a command, and the exit code.

use std::process::ExitCode;

use moe_arena::cli::{self, Doors, log};
use moe_arena::run;

fn main() -> ExitCode {
    log::catch_panics(log::start());
    cli::run(Doors { spawn: run::spawn, window })
}

/// Opens the window on a run.
fn window(start: run::Start) -> Result<(), String> {
    // SEAM: `ui::open` is not here yet; replace this body by
    // ui::open(WindowOptions::default(), move |ctx| Ok(run::spawn(start, Box::new(move || ctx.request_repaint()))))
    drop(start);
    Err("this build has no window yet".into())
}
