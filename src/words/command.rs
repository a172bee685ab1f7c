//! The command line in words: what it refuses, what a headless run says of itself, and what can be typed instead.

use super::table::sentences;

sentences! { "command":
    /// What is typed is no whole number.
    pub(crate) fn whole_number(largest);
    /// What is typed is no number.
    pub(crate) fn number();
    /// The same for a number with a comma.
    pub(crate) fn number_with_comma();
    /// A config file that is not there.
    pub(crate) fn no_config(file);
    /// A config that cannot be read; the error begins with a verb.
    pub(crate) fn config_error(file, error);
    /// A file that is no config; the error begins with a verb.
    pub(crate) fn file_error(file, error);
    /// The same with what can be typed.
    pub(crate) fn file_error_and_way(file, error, way);
    /// A file that does not read as TOML.
    pub(crate) fn not_toml(file, way, error);
    /// What can be typed for a text.
    pub(crate) fn train_as_text(file);
    /// What can be typed for a checkpoint.
    pub(crate) fn resume_checkpoint(file);
    /// What can be typed for a safetensors file.
    pub(crate) fn diagnose_dump(file);
    /// What can be typed for a folder that holds a run.
    pub(crate) fn run_in_folder(file);
    /// What can be typed for a folder that holds a config.
    pub(crate) fn config_in_folder(file);
    /// Before the complaints about a config, one a line.
    pub(crate) fn config_cannot_run();
    /// No repeats of a measurement.
    pub(crate) fn repeats();
    /// A result without a JSON form.
    pub(crate) fn no_json(error);
    /// What the benchmark measures now.
    pub(crate) fn measuring(what);
    /// A part of the benchmark.
    pub(crate) fn measuring_memory(competing, layers);
    /// A part of the benchmark.
    pub(crate) fn measuring_steps(preset, step);
    /// A part of the benchmark.
    pub(crate) fn measuring_layer(experts, step);
    pub(crate) fn measuring_products(tokens, experts);
    /// A part of the benchmark.
    pub(crate) fn measuring_probes(preset);
    /// Going back.
    pub(crate) fn measuring_rewind();
    /// A part of the benchmark.
    pub(crate) fn measuring_maps(preset);
    /// A device that cannot be had, and what can be typed instead.
    pub(crate) fn device_and_choices(error, choices);
    /// A dump that cannot be measured.
    pub(crate) fn no_diagnosis(file, error);
    /// Tensors of a dump that no measure uses.
    pub(crate) fn unread(names);
    /// There is no name left for a new folder.
    pub(crate) fn every_folder_taken();
    /// A folder that cannot be made.
    pub(crate) fn folder_not_made(folder, error);
    /// Another task is asked for than the one of the config.
    pub(crate) fn other_task(task);
    /// A task.
    pub(crate) fn a_text();
    /// A task.
    pub(crate) fn points_in_the_plane();
    /// An option beside a set-up.
    pub(crate) fn setup_says_all();
    /// An option of another task.
    pub(crate) fn option_of_plane(option);
    /// An option of a text.
    pub(crate) fn option_of_text(option);
    /// Signals cannot be listened for.
    pub(crate) fn no_signals(error);
    /// There is no current folder.
    pub(crate) fn no_current_folder(error);
    /// A checkpoint that is not there.
    pub(crate) fn no_checkpoint(file);
    /// A folder in the place of a checkpoint.
    pub(crate) fn checkpoint_is_folder(file, way);
    /// What to do with a folder.
    pub(crate) fn choose_the_file();
    /// A run that ended before it began.
    pub(crate) fn nothing_saved();
    /// A run that is done.
    pub(crate) fn done(step, folder);
    /// A run that a signal cut off.
    pub(crate) fn stopped(step, file);
    /// A run that had reached its end before.
    pub(crate) fn already_there(step, end);
    /// A run shorter than the warm-up of its learning rate.
    pub(crate) fn rate_still_rises(warmup);
    /// A run that goes on beyond its plan.
    pub(crate) fn beyond_plan(plan);
    /// A step of a run and its numbers.
    pub(crate) fn step_of(step, end);
    /// The loss of a step.
    pub(crate) fn loss(loss);
    /// The metric of a text.
    pub(crate) fn bits_per_byte(value);
    /// The metric of classes.
    pub(crate) fn accuracy(value);
    /// The metric of values.
    pub(crate) fn squared_error(value);
    /// The metric on held-out data.
    pub(crate) fn validation(value);
    /// The same beside its chance level.
    pub(crate) fn validation_and_chance(value, chance);
    /// Tokens per second.
    pub(crate) fn speed(tokens);
    /// Time that is left.
    pub(crate) fn time_left(time);
    /// Standard output failed.
    pub(crate) fn output_failed(error);
    /// What the window opens.
    pub(crate) fn expected_file();
    /// A file that is not there.
    pub(crate) fn no_file(file, expected);
    /// A file that cannot be read.
    pub(crate) fn file_unreadable(file, error);
    /// Another kind of file.
    pub(crate) fn other_file(file, kind, expected);
    /// The same with what can be typed.
    pub(crate) fn other_file_and_way(file, kind, expected, way);
    /// The window ended before it stood.
    pub(crate) fn window_closed_early();
    /// A panic.
    pub(crate) fn program_error();
    /// The window is gone.
    pub(crate) fn window_lost(why);
    /// The window is gone by a panic.
    pub(crate) fn window_crashed();
    /// The window is gone and its run saved.
    pub(crate) fn lost_and_saved(lost);
    /// The window is gone and its run not saved.
    pub(crate) fn lost_and_unsaved(lost, why);
    /// The last save takes long.
    pub(crate) fn saving_after_close();
    /// There is no display.
    pub(crate) fn no_window(why);
    /// A Wayland compositor that does not answer.
    pub(crate) fn no_compositor(name, why);
    /// An X server that does not answer.
    pub(crate) fn no_x_server(name, why);
    /// No window system is named.
    pub(crate) fn no_display();
    /// Only Wayland is named, and it does not answer.
    pub(crate) fn no_x_display(wayland);
    /// Neither answers.
    pub(crate) fn neither_answers(wayland, x11);
    /// The folder of sockets is not named.
    pub(crate) fn no_runtime_folder();
    /// Threads that cannot be started.
    pub(crate) fn threads(name, asked, expected);
    /// A number of threads.
    pub(crate) fn at_least_one();
    /// A number of threads.
    pub(crate) fn at_most_threads(limit);
    /// A complaint on standard error.
    pub(crate) fn complaint(says);
    /// A panic of the main thread.
    pub(crate) fn internal_error(message);
    /// The same where there is a log.
    pub(crate) fn internal_error_logged(message, log);
    /// A panic without a message.
    pub(crate) fn no_message();
}
