//! Actions: what can be done by a key or from the palette, each once, with its name and its shortcuts.

use eframe::egui::{Key, ModifierNames, Modifiers};

use crate::domain::language::Language;
use crate::run::{AppCommand, Command, Preparation, Snapshot, Status, WindowLanguage, WindowMode};
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::view::watched::{counts_dumps, trains};
use crate::ui::words::actions as words;
use crate::words::language::FixedText;
use crate::words::named;

/// What an action is about, as the list of keys groups them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActionGroup {
    /// The run: train, step, begin again, take back.
    Run,
    /// What is looked at.
    Look,
    /// Files and the window itself.
    Window,
}

impl ActionGroup {
    /// In the order of the list.
    pub const ALL: [Self; 3] = [Self::Run, Self::Look, Self::Window];

    /// Its heading.
    pub fn name(self) -> FixedText {
        match self {
            Self::Run => words::OF_RUN,
            Self::Look => words::OF_LOOK,
            Self::Window => words::OF_WINDOW,
        }
    }
}

/// Something that can be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action {
    /// What it does.
    pub name: FixedText,
    /// What it is about.
    pub group: ActionGroup,
    /// The keys that do it.
    pub shortcuts: &'static [(Modifiers, Key)],
    /// Whether the keys belong to whatever has the focus, if something has.
    pub yields_to_focus: bool,
    /// Whether it can be done only where one tile is shown at a time.
    pub turns: bool,
    /// Whether it drives, changes or saves a run of this window, so that there is nothing to do where somebody's is watched.
    pub of_run: bool,
    /// Whether it can be done now.
    pub can: fn(&Snapshot) -> bool,
    /// Does it; by which of its shortcuts.
    pub act: fn(&Snapshot, &mut Outbox, usize),
}

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const COMMAND: Modifiers = Modifiers::COMMAND;
const DIGITS: &[(Modifiers, Key)] = &[
    (NONE, Key::Num1),
    (NONE, Key::Num2),
    (NONE, Key::Num3),
    (NONE, Key::Num4),
    (NONE, Key::Num5),
    (NONE, Key::Num6),
    (NONE, Key::Num7),
    (NONE, Key::Num8),
    (NONE, Key::Num9),
];

const fn action(
    name: FixedText,
    group: ActionGroup,
    shortcuts: &'static [(Modifiers, Key)],
    act: fn(&Snapshot, &mut Outbox, usize),
) -> Action {
    Action { name, group, shortcuts, yields_to_focus: false, turns: false, of_run: false, can: |_| true, act }
}

/// An action on a run of this window.
const fn of_run(
    name: FixedText,
    group: ActionGroup,
    shortcuts: &'static [(Modifiers, Key)],
    act: fn(&Snapshot, &mut Outbox, usize),
) -> Action {
    Action { of_run: true, ..action(name, group, shortcuts, act) }
}

/// Everything that can be done, in the order in which it is listed.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        // Space presses the button that has the focus.
        yields_to_focus: true,
        can: |shot| !matches!(shot.status, Status::Preparing(_) | Status::Failed(_)),
        ..of_run(words::RUN, ActionGroup::Run, &[(NONE, Key::Space)], |shot, out, _| {
            out.drive(if shot.is_running() { Command::Pause } else { Command::Run });
        })
    },
    Action {
        can: is_ready,
        ..of_run(words::STEP, ActionGroup::Run, &[(NONE, Key::S)], |_, out, _| out.drive(Command::Step(1)))
    },
    Action {
        can: is_ready,
        ..of_run(words::PHASE, ActionGroup::Run, &[(SHIFT, Key::S)], |_, out, _| out.drive(Command::Phase))
    },
    Action {
        can: is_ready,
        ..of_run(words::STOP_AT, ActionGroup::Run, &[(NONE, Key::G)], |_, out, _| out.ask(Ask::StopAt))
    },
    of_run(words::RESET, ActionGroup::Run, &[(NONE, Key::R)], |_, out, _| out.push(Command::Reset { seed: None })),
    of_run(words::NEW_SEED, ActionGroup::Run, &[(SHIFT, Key::R)], |shot, out, _| {
        out.push(Command::Reset { seed: Some(shot.config.seed.wrapping_add(1)) });
    }),
    Action {
        can: |shot| matches!(shot.status, Status::Preparing(Preparation::Rewinding(_))),
        ..of_run(words::CANCEL_REWIND, ActionGroup::Run, &[], |_, out, _| out.push(AppCommand::CancelRewind))
    },
    of_run(words::UNDO, ActionGroup::Run, &[(COMMAND, Key::Z)], |_, out, _| out.push(Command::Undo)),
    of_run(words::REDO, ActionGroup::Run, &[(COMMAND.plus(SHIFT), Key::Z), (COMMAND, Key::Y)], |_, out, _| {
        out.push(Command::Redo);
    }),
    action(words::NEW_RUN, ActionGroup::Run, &[], |_, out, _| out.ask(Ask::NewRun)),
    action(words::EXPERT, ActionGroup::Look, DIGITS, |_, out, place| out.ask(Ask::Expert(place))),
    action(words::LAYER_UP, ActionGroup::Look, &[(NONE, Key::CloseBracket)], |_, out, _| out.ask(Ask::Layer(1))),
    action(words::LAYER_DOWN, ActionGroup::Look, &[(NONE, Key::OpenBracket)], |_, out, _| out.ask(Ask::Layer(-1))),
    Action {
        // Arrows move what has the focus.
        yields_to_focus: true,
        ..action(
            words::CURSOR,
            ActionGroup::Look,
            &[(NONE, Key::ArrowLeft), (NONE, Key::ArrowRight)],
            |_, out, place| {
                out.ask(Ask::Cursor([-1, 1][place]));
            },
        )
    },
    Action {
        yields_to_focus: true,
        ..action(
            words::CURSOR_PROBE,
            ActionGroup::Look,
            &[(SHIFT, Key::ArrowLeft), (SHIFT, Key::ArrowRight)],
            |shot, out, place| out.ask(Ask::Cursor([-1, 1][place] * far(shot))),
        )
    },
    Action {
        yields_to_focus: true,
        ..action(words::LIVE, ActionGroup::Look, &[(NONE, Key::End)], |_, out, _| out.ask(Ask::Live))
    },
    Action {
        // Tab moves the focus, once something has it.
        yields_to_focus: true,
        turns: true,
        ..action(words::NEXT_TILE, ActionGroup::Look, &[(NONE, Key::Tab)], |_, out, _| out.ask(Ask::Tile(1)))
    },
    Action {
        yields_to_focus: true,
        turns: true,
        ..action(words::TILE_BEFORE, ActionGroup::Look, &[(SHIFT, Key::Tab)], |_, out, _| out.ask(Ask::Tile(-1)))
    },
    of_run(words::DRAW, ActionGroup::Look, &[(NONE, Key::D)], |_, out, _| out.ask(Ask::Draw)),
    action(words::SELECTION, ActionGroup::Look, &[(NONE, Key::I)], |_, out, _| out.ask(Ask::Drawer)),
    action(words::ALERTS, ActionGroup::Look, &[(NONE, Key::A)], |_, out, _| out.ask(Ask::Alerts)),
    action(words::LET_GO, ActionGroup::Look, &[(NONE, Key::Escape)], |_, out, _| out.ask(Ask::LetGo)),
    action(words::LEARN, ActionGroup::Window, &[(NONE, Key::F1)], |_, out, _| out.ask(Ask::Mode(WindowMode::Learn))),
    action(words::TRAIN, ActionGroup::Window, &[(NONE, Key::F2)], |_, out, _| out.ask(Ask::Mode(WindowMode::Train))),
    action(words::INSPECT, ActionGroup::Window, &[(NONE, Key::F3)], |_, out, _| {
        out.ask(Ask::Mode(WindowMode::Inspect));
    }),
    action(words::COMPARE, ActionGroup::Window, &[(NONE, Key::F4)], |_, out, _| {
        out.ask(Ask::Mode(WindowMode::Compare));
    }),
    action(words::OPEN, ActionGroup::Window, &[(COMMAND, Key::O)], |_, out, _| out.ask(Ask::Open)),
    of_run(words::SAVE, ActionGroup::Window, &[(COMMAND, Key::S)], |_, out, _| out.ask(Ask::Save)),
    of_run(words::COPY_SETUP, ActionGroup::Window, &[], |_, out, _| out.ask(Ask::CopySetup)),
    action(words::PASTE_SETUP, ActionGroup::Window, &[], |_, out, _| out.ask(Ask::PasteSetup)),
    of_run(words::SAVE_SETUP, ActionGroup::Window, &[], |_, out, _| out.ask(Ask::SaveSetup)),
    action(words::OPEN_SETUP, ActionGroup::Window, &[], |_, out, _| out.ask(Ask::OpenSetup)),
    action(words::LESSONS, ActionGroup::Window, &[], |_, out, _| out.ask(Ask::Lessons)),
    action(words::REPORT, ActionGroup::Window, &[], |_, out, _| out.ask(Ask::Report)),
    action(words::THEME, ActionGroup::Window, &[], |_, out, _| out.ask(Ask::Theme)),
    action(words::PROJECTOR, ActionGroup::Window, &[(NONE, Key::P)], |_, out, _| out.ask(Ask::Projector)),
    action(words::STILL, ActionGroup::Window, &[], |_, out, _| out.ask(Ask::Still)),
    action(words::LANGUAGE_OF_SYSTEM, ActionGroup::Window, &[], |_, out, _| {
        out.ask(Ask::Language(WindowLanguage::System));
    }),
    action(words::ENGLISH, ActionGroup::Window, &[], |_, out, _| {
        out.ask(Ask::Language(WindowLanguage::Chosen(Language::English)));
    }),
    action(words::GERMAN, ActionGroup::Window, &[], |_, out, _| {
        out.ask(Ask::Language(WindowLanguage::Chosen(Language::German)));
    }),
    action(words::LOG, ActionGroup::Window, &[], |_, out, _| out.ask(Ask::Log)),
    action(words::PALETTE, ActionGroup::Window, &[(COMMAND, Key::K)], |_, out, _| out.ask(Ask::Palette)),
    action(words::KEYS, ActionGroup::Window, &[(NONE, Key::Questionmark), (NONE, Key::F10)], |_, out, _| {
        out.ask(Ask::Keys);
    }),
    action(words::DEBUG, ActionGroup::Window, &[(NONE, Key::F12)], |_, out, _| out.ask(Ask::Debug)),
];

fn is_ready(shot: &Snapshot) -> bool {
    !matches!(shot.status, Status::Preparing(_) | Status::Failed(_))
}

/// Steps between two probes, what the panels can tell apart; of dumps, of which each is one, ten.
fn far(shot: &Snapshot) -> i64 {
    if counts_dumps(shot) {
        return 10;
    }
    i64::try_from(shot.config.cadence.probe_every).unwrap_or(1)
}

impl Action {
    /// Whether it is one for what is shown: a run of this window, or somebody's training that is watched.
    pub fn fits(&self, shot: &Snapshot) -> bool {
        !self.of_run || trains(shot)
    }

    /// Its keys, as they are written: `Ctrl+Z`; several after each other; `1 – 9` for the digits.
    pub fn keys(&self) -> String {
        let plain = ModifierNames::NAMES;
        let names = ModifierNames { ctrl: named(plain.ctrl), shift: named(plain.shift), ..plain };
        let written = |&(modifiers, key): &(Modifiers, Key)| {
            let held = names.format(&modifiers, cfg!(target_os = "macos"));
            let key = match key {
                Key::OpenBracket => "[",
                Key::CloseBracket => "]",
                Key::Questionmark => "?",
                Key::ArrowLeft => "←",
                Key::ArrowRight => "→",
                Key::Escape => words::ESC.said(),
                key => named(key.name()),
            };
            if held.is_empty() { key.to_owned() } else { format!("{held}+{key}") }
        };
        let all: Vec<String> = self.shortcuts.iter().map(written).collect();
        match &all[..] {
            [first, .., last] if all.len() > 2 => format!("{first} – {last}"),
            all => all.join("  "),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_key_does_two_things_and_every_action_has_a_name_of_its_own() {
        let mut keys = BTreeSet::new();
        let mut names = BTreeSet::new();
        for action in ACTIONS {
            assert!(names.insert(action.name.said()), "{}", action.name);
            for shortcut in action.shortcuts {
                assert!(keys.insert(format!("{shortcut:?}")), "{shortcut:?} does two things");
            }
        }
    }

    #[test]
    fn keys_are_written_as_on_the_keyboard() {
        let keys = |name: FixedText| ACTIONS.iter().find(|action| action.name == name).unwrap().keys();
        assert_eq!(keys(words::EXPERT), "1 – 9");
        assert_eq!((keys(words::NEW_RUN), keys(words::CURSOR)), (String::new(), "←  →".to_owned()));
        #[cfg(not(target_os = "macos"))]
        assert_eq!(keys(words::REDO), "Ctrl+Shift+Z  Ctrl+Y");
    }
}
