//! The program: arguments to a window or a command, and the exit code.

use std::process::ExitCode;

use moe_arena::cli::{self, Doors, log};
use moe_arena::run;
use moe_arena::ui::{self, WindowOptions};

fn main() -> ExitCode {
    log::catch_panics(log::start());
    cli::run(Doors { spawn: run::spawn, window })
}

/// Opens the window on a run, which wakes it whenever there is news.
fn window(start: run::Start) -> Result<(), String> {
    ui::open(WindowOptions::default(), move |context| {
        Ok(run::spawn(start, Box::new(move || context.request_repaint())))
    })
}
