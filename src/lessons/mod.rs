//! Lessons, demonstrations and set-ups. Lessons: files that teach by a real run, with pages, guesses, goals and a way shown to each; how far somebody has come in
//! one, and whether one can be passed at all. No window.

mod changes;
mod check;
mod condition;
mod demonstration;
mod done;
mod fault;
mod file;
mod goal;
mod guess;
mod hidden;
mod ids;
mod lesson;
mod line;
mod measure;
mod nearest;
mod perform;
mod progress;
mod setting;
mod setup;
mod shipped;
mod text;

pub use changes::LessonChange;
pub use check::{CheckFault, CheckStep, GoalReport, LessonCheck, LessonReport};
pub use condition::{Condition, KeptNumbers, Level, Subject};
pub use demonstration::{Demonstration, demonstrations};
pub use done::{LessonResult, LessonsDone};
pub use fault::{FaultKind, LessonFault, LessonFileError, NameOf, Wanted, is_lesson_path, is_setup_path};
pub use goal::{Met, Miss, Outcome};
pub use guess::{Guess, Revealed};
pub(crate) use hidden::{hidden_controls, remember_hidden};
pub use ids::{Anchor, ControlId, PanelId};
pub use lesson::{Answer, Choice, Goal, Lesson, LessonAct, Page, Part, Predict, Reveal};
pub use line::{LineFault, NoLine};
pub use measure::{MeasureId, Quantity, ShareOf, shares};
pub use progress::{GoalStanding, LessonProgress, Onward, Passed};
pub use setting::Setting;
pub use setup::Setup;
pub use shipped::shipped;
pub use text::{LessonText, TextPiece, TextSlip};
