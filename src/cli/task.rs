//! Options of the command line that say which task a run learns: a text, or points in the plane.

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::Refusal;
use super::overrides::{number, put, whole};
use crate::domain::config::{Config, PlaneConfig, PlaneData, PlaneTarget, Preset, TaskConfig};
use crate::words::command;

/// What is learnt. All of it is fixed for a run.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub(crate) struct TaskOptions {
    /// What the run learns; without it and without a config, a text.
    #[arg(long, value_enum, conflicts_with = "resume", help_heading = "Task")]
    pub task: Option<TaskName>,
    /// Plane: the shape on which the points lie.
    #[arg(long, value_enum, conflicts_with = "resume", help_heading = "Task")]
    pub data: Option<DataName>,
    /// Plane: standard deviation of the noise on x and y, 0 to 1; the shapes lie between -1 and 1.
    #[arg(long, allow_negative_numbers = true, value_parser = number, conflicts_with = "resume", help_heading = "Task")]
    pub noise: Option<f64>,
    /// Plane: training points; a fifth as many again are held out.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, conflicts_with = "resume", help_heading = "Task")]
    pub points: Option<usize>,
    /// Plane: classes, 2 to 8; moons and xor have 2.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, conflicts_with = "resume", help_heading = "Task")]
    pub classes: Option<usize>,
    /// Plane: what is predicted of a point.
    #[arg(long, value_enum, conflicts_with = "resume", help_heading = "Task")]
    pub target: Option<TargetName>,
    /// Plane: seed of the points, independent of the seed of the run.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<u64>, conflicts_with = "resume", help_heading = "Task")]
    pub data_seed: Option<u64>,
}

/// The tasks by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TaskName {
    /// The next byte of a text: Moby-Dick, or the one given with --text.
    Text,
    /// Points in the plane.
    Plane,
}

/// A shape of points by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataName(pub PlaneData);

/// What is predicted of a point, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TargetName {
    /// Its class, scored by accuracy.
    Class,
    /// The value of the shape's function there, scored by the mean squared error.
    Value,
}

impl ValueEnum for DataName {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [DataName; PlaneData::ALL.len()] = {
            let mut all = [DataName(PlaneData::Moons); PlaneData::ALL.len()];
            let mut i = 0;
            while i < all.len() {
                all[i] = DataName(PlaneData::ALL[i]);
                i += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.label()))
    }
}

impl TaskOptions {
    /// The config of a run that begins with a preset.
    ///
    /// # Errors
    /// Exit code 2 for an option of a task that is not learnt.
    pub(super) fn begun(&self, preset: Preset) -> Result<Config, Refusal> {
        let own = preset.config();
        let of_text = own.task.text().is_some();
        self.put_into(match self.task {
            Some(TaskName::Text) if !of_text => preset.config_for(TaskConfig::default()),
            Some(TaskName::Plane) if of_text => preset.config_for(TaskConfig::Plane(PlaneConfig::default())),
            _ => own,
        })
    }

    /// A config that was read, with what was typed put in.
    ///
    /// # Errors
    /// Exit code 2 for another task than the config's, or an option of a task that is not learnt.
    pub(super) fn changed(&self, config: Config) -> Result<Config, Refusal> {
        let (theirs, name) = match config.task {
            TaskConfig::Text(_) => (TaskName::Text, command::a_text()),
            TaskConfig::Plane(_) => (TaskName::Plane, command::points_in_the_plane()),
        };
        if self.task.is_some_and(|asked| asked != theirs) {
            return Err(Refusal::usage(command::other_task(name)));
        }
        self.put_into(config)
    }

    fn put_into(&self, mut config: Config) -> Result<Config, Refusal> {
        match &mut config.task {
            TaskConfig::Plane(plane) => {
                if self.data.is_some() {
                    plane.drawn.clear();
                }
                put(&mut plane.data, self.data.map(|name| name.0));
                put(&mut plane.noise, self.noise);
                put(&mut plane.points, self.points);
                put(&mut plane.classes, self.classes);
                put(&mut plane.seed, self.data_seed);
                let target = self.target.map(|name| match name {
                    TargetName::Class => PlaneTarget::Class,
                    TargetName::Value => PlaneTarget::Value,
                });
                put(&mut plane.target, target);
            }
            TaskConfig::Text(_) => {
                if let Some(option) = self.of_plane() {
                    return Err(Refusal::usage(command::option_of_plane(option)));
                }
            }
        }
        Ok(config)
    }

    /// The first option that only points in the plane have, if one was given.
    fn of_plane(&self) -> Option<&'static str> {
        let given = [
            ("--data", self.data.is_some()),
            ("--noise", self.noise.is_some()),
            ("--points", self.points.is_some()),
            ("--classes", self.classes.is_some()),
            ("--target", self.target.is_some()),
            ("--data-seed", self.data_seed.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(option, _)| option)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Words {
        #[command(flatten)]
        options: TaskOptions,
        #[arg(long)]
        resume: Option<String>,
    }

    fn parse(words: &str) -> TaskOptions {
        Words::try_parse_from(words.split_whitespace()).unwrap().options
    }

    #[test]
    fn every_option_of_the_plane_reaches_its_place() {
        let words = "x --task plane --data rings --noise 0.25 --points 300 --classes 3 --target value --data-seed 9";
        let config = parse(words).begun(Preset::Tiny).unwrap();
        let plane = PlaneConfig {
            data: PlaneData::Rings,
            noise: 0.25,
            points: 300,
            seed: 9,
            classes: 3,
            target: PlaneTarget::Value,
            drawn: Vec::new(),
        };
        assert_eq!(config, Preset::Tiny.config_for(TaskConfig::Plane(plane)));
        assert_eq!(parse("x --task plane").changed(config.clone()).unwrap(), config);
        assert_eq!(parse("x").begun(Preset::Small).unwrap(), Preset::Small.config());
        assert_eq!(parse("x --task text").begun(Preset::Small).unwrap(), Preset::Small.config());
        for data in PlaneData::ALL {
            assert_eq!(parse(&format!("x --data {}", data.label())).data, Some(DataName(data)));
        }
    }

    #[test]
    fn options_of_another_task_are_refused_with_what_to_add() {
        for option in ["--data xor", "--noise 0.1", "--points 50", "--classes 2", "--target class", "--data-seed 1"] {
            let refusal = parse(&format!("x {option}")).begun(Preset::Tiny).unwrap_err();
            assert_eq!(refusal.code, 2);
            assert!(refusal.says.contains(option.split(' ').next().unwrap()), "{}", refusal.says);
            assert!(refusal.says.contains("--task plane"), "{}", refusal.says);
        }
        let refusal = parse("x --task plane").changed(Preset::Tiny.config()).unwrap_err();
        assert!(refusal.says.contains("learns a text"), "{}", refusal.says);
        assert!(Words::try_parse_from(["x", "--resume", "f", "--task", "plane"]).is_err());
    }
}
