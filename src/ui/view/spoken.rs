//! Words in the terms of the task: what a run on a text says of bytes, one on the plane says of points.

use std::borrow::Cow;

use eframe::egui::{Context, Id, Ui};

use crate::domain::config::TaskConfig;
use crate::ui::words::plane;

fn id() -> Id {
    Id::unique("spoken-task")
}

/// From now on words drawn in `ctx` are in the terms of `task`.
pub(crate) fn speak_of(ctx: &Context, task: &TaskConfig) {
    let of_points = matches!(task, TaskConfig::Plane(_));
    ctx.data_mut(|data| data.insert_temp(id(), of_points));
}

/// `words`, which speak of bytes, in the terms of the task that is drawn in `ui`.
pub(crate) fn spoken<'a>(ui: &Ui, words: &'a str) -> Cow<'a, str> {
    if ui.data(|data| data.get_temp(id()).unwrap_or(false)) { plane::of_points(words).into() } else { words.into() }
}
