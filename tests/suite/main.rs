//! Everything a stranger would check, through the public library. One binary; this is its table of contents.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it compared")]

mod alerts; // what has been wrong for long enough, in a real run: told, saved, over
mod architecture; // which room may name which
mod bench; // the benchmark: its report, its help, its refusals
mod bits; // 200 steps of every policy and form: the same bits as ever, per instruction set
mod causes; // which number of the config is named when a step is not finite
mod cli; // the program as a stranger types it
mod demonstrations; // runs that show one phenomenon: its alert is raised, and not without the cause
mod devices; // which devices the tests run on, and what is said when one is missing
mod diagnose; // a routing dump's measures by hand, its keys, and every way it can be wrong
mod diagnose_layers; // dumps of several layers, weights of picks, and what trainers write in the place of nothing
mod diagnose_refusals; // routing dumps that do not fit, each told with its place
mod display; // the real window on a virtual X display: whatever ends it, its run is saved
mod documents; // what the documents say of the code: paths, names, links
mod examples; // the programs in examples/, run as they say
mod folder; // the folder of a run: one run, one process, no file of the user's lost
mod folder_in_use; // the folder of a run belongs to one process
mod formats; // a checkpoint of every format version: it opens, says what it does not know, goes on as it did
mod golden; // numbers made by the authors' code, for every tensor and gradient of a layer
mod hazards; // a kill in a save, a full disk, an explosion: the save before stays the way back
mod inspect; // checkpoints of anybody: health, planted faults, layouts, help, refusals
mod inspect_against; // what changed between two checkpoints: planted changes, other orders, texts, two saves of a run, refusals
mod inspect_files; // checkpoints larger than memory, and what is none
mod inspect_report; // the HTML page of an inspection
mod inspect_text; // a text through a public model: its table and JSON, dump, competition, CSV, what it refuses
mod kernels; // kernels against plain loops, on every device
mod lab; // faults done on purpose: what they do exactly, and which measures notice
mod leaving; // a run that is left or closed: saved first, or kept
mod lessons; // lesson files: every fault at its line and key; which can be passed and which cannot
mod maps; // maps of points in the plane: they come while somebody asks, and change nothing
mod network; // the whole network against loops in double precision; its slopes; surgery's laws on its output
mod output; // what reaches a terminal: whole or a failure, and never raw
mod painted; // competitions painted by hand: exactly there, saved, resumed, forgotten
mod phases; // a step phase by phase: its numbers against plain loops, and the bits of a step taken at once
mod plane; // points in the plane without a window: their accuracy, files, resume and refusals
mod points; // points in the plane through the library: every policy learns, probes, resumes
mod policies; // every routing policy: it learns, switches, is saved, and what ties and extremes do
mod program; // the program as a process, for the tests that start it
mod race; // runs side by side on one clock, each as it would be alone
mod replay; // a run done again from its journal: the same bits
mod rewind; // back to earlier moments, undo, redo and the branches that are left: the same bits, nothing lost
mod run; // a run through its commands, snapshots and notices
mod run_failures; // what fails in a run, and the way on from each
mod saves; // a run that is left, wrecked, cut off or without room: what it was is always found again
mod sessions; // several runs in one worker, by turns: each as it would be alone
mod setups; // a run begun again from one line of text or a file: the same bits; damaged ones told
mod shaders; // every shader's text against what its launcher believes, without a graphics device
mod signals; // signals to a headless run: it saves, says so, and the exit code says that it was cut off
mod texts; // the text of a run: known by content, found where it lies now, never other bytes unsaid
mod train; // a trainer: it learns, resumes bit for bit, and stops before what is not finite
mod ui; // the window: every panel with hand-made snapshots, clicks and keys that give exactly one command
mod watch; // `moe-arena watch` over a folder of dumps and over a run of this program
mod watched; // a folder of another process in the window's place of a run: shown, never changed
mod weights; // the weights of experts compared beside a run: found, told in portions, given up, disturbing nothing
mod wrecks; // a run that explodes, or whose device, update or disk fails: the last good save stays and is the way back
