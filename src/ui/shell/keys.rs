//! Keys: the shortcuts of the actions. None of them acts while something is being typed or asked.

use eframe::egui::{Context, FocusDirection, Key, Modifiers, Popup};

use super::actions::{ACTIONS, Action};
use crate::run::Snapshot;
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::words::{notices, watched};

/// What decides which keys act.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyState {
    /// A question stands over the window.
    pub covered: bool,
    /// A lesson is open, which takes the Space key.
    pub lesson: bool,
    /// One tile is shown at a time.
    pub turns: bool,
}

/// Reads the keys of this frame.
pub(crate) fn read(ctx: &Context, shot: &Snapshot, state: KeyState, out: &mut Outbox) {
    let KeyState { covered, lesson, turns } = state;
    let typing = ctx.text_edit_focused();
    let focused = ctx.memory(|memory| memory.focused().is_some());
    // The longer ones first: the shorter are part of them.
    let mut all: Vec<(&Action, usize)> = ACTIONS.iter().flat_map(places).collect();
    all.sort_by_key(|(action, place)| std::cmp::Reverse(modifiers(action.shortcuts[*place].0)));
    for (action, place) in all {
        let (modifiers, key) = action.shortcuts[place];
        // What tells about the window itself is shown over anything.
        let stays = key != Key::F12 && (covered || typing);
        // A menu that is open takes Escape itself.
        let taken = key == Key::Escape && Popup::is_any_open(ctx);
        if stays || taken || focused && action.yields_to_focus || action.turns && !turns {
            continue;
        }
        if !ctx.input_mut(|input| input.consume_key(modifiers, key)) {
            continue;
        }
        if key == Key::Tab {
            ctx.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        }
        if lesson && key == Key::Space {
            out.ask(Ask::GoOn);
        } else if !action.fits(shot) {
            out.ask(Ask::Tell(notices::fact(watched::ONLY.into())));
        } else if (action.can)(shot) {
            (action.act)(shot, out, place);
        }
    }
}

fn places(action: &'static Action) -> impl Iterator<Item = (&'static Action, usize)> {
    (0..action.shortcuts.len()).map(move |place| (action, place))
}

/// How many keys are held beside the one that is pressed.
fn modifiers(held: Modifiers) -> u32 {
    [held.command, held.shift, held.alt].into_iter().map(u32::from).sum()
}
