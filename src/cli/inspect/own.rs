//! `moe-arena inspect OWN --text …`: a text through the network of a checkpoint of this program, whose tokens are bytes.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use super::progress::Progress;
use super::text::{Routed, free, write_csv};
use crate::cli::Refusal;
use crate::cli::arguments::RoutingArguments;
use crate::cli::output::aside;
use crate::domain::quote;
use crate::run::{OwnModel, Reason, bytes_of_ids};
use crate::words::{self, inspection};

/// Most bytes of a file of text that are read: more than are ever routed.
const READ: u64 = 1 << 20;

/// Routes what the arguments give, if they give a text.
pub(super) fn route(name: &str, path: &Path, wanted: &RoutingArguments) -> Result<Option<Routed>, Refusal> {
    let Some(bytes) = bytes(name, wanted)? else { return Ok(None) };
    if wanted.dump.is_some() {
        return Err(Refusal::usage(inspection::refused(name, inspection::own_dump())));
    }
    free(wanted)?;
    let refused = |reason: Reason| match reason {
        Reason::Device(_) => Refusal::failure(inspection::refused(name, words::reason(&reason))),
        _ => Refusal::usage(inspection::refused(name, words::reason(&reason))),
    };
    let model = OwnModel::open(path).map_err(refused)?;
    if wanted.compete {
        aside(&inspection::competition_costs(format!("{:.1}", model.competition_factor())));
    }
    let mut shown: Option<Progress> = None;
    let mut progress = |done: usize, windows: usize| {
        let shown = shown.get_or_insert_with(|| Progress::new(windows as u64));
        shown.begin(&inspection::window(done + 1));
        // It is told before each window.
        shown.advance(u64::from(done > 0));
        ControlFlow::Continue(())
    };
    let routed = model.route(&bytes, wanted.compete, &mut progress).map_err(refused)?;
    if let Some(shown) = &shown {
        shown.close();
    }
    let Some(routed) = routed else { return Ok(None) };
    write_csv(wanted, &routed)?;
    let text = |byte: &u8| byte.is_ascii().then(|| char::from(*byte).to_string());
    let spans = (0..bytes.len()).map(|at| Some((at, at + 1))).collect();
    Ok(Some(Routed { routed, pieces: bytes.iter().map(text).collect(), spans }))
}

fn bytes(name: &str, wanted: &RoutingArguments) -> Result<Option<Vec<u8>>, Refusal> {
    match (&wanted.text, &wanted.text_file) {
        (Some(text), _) => Ok(Some(text.clone().into_bytes())),
        (None, Some(path)) => {
            let mut bytes = Vec::new();
            let read = File::open(path).and_then(|file| file.take(READ).read_to_end(&mut bytes));
            read.map_err(|error| Refusal::usage(inspection::text_unread(quote::path(path), error)))?;
            Ok(Some(bytes))
        }
        (None, None) if wanted.ids.is_empty() => Ok(None),
        (None, None) => match bytes_of_ids(&wanted.ids) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => Err(Refusal::usage(inspection::refused(name, error))),
        },
    }
}
