//! A setting: a control and what a lesson sets it to, put into knobs or into the config of a run that begins.

use super::ids::ControlId;
use crate::domain::config::{Config, Knobs, TaskConfig};

/// A control and its new value.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Which.
    pub control: ControlId,
    /// What it is set to.
    pub value: toml::Value,
}

impl Setting {
    /// Sets a knob.
    ///
    /// # Errors
    /// What would do instead, by the parser of configs; nothing if the control is no knob.
    pub(super) fn put_into_knobs(&self, knobs: &Knobs) -> Result<Knobs, Option<String>> {
        let ControlId::Knob(id) = self.control else { return Err(None) };
        let said = |error: toml::de::Error| Some(error.message().to_owned());
        let mut table = toml::Table::try_from(knobs).map_err(|_| None)?;
        table.insert(id.spec().field.replace("knobs.", ""), self.value.clone());
        table.try_into().map_err(said)
    }

    /// Sets anything that a run can begin with.
    ///
    /// # Errors
    /// As [`Setting::put_into_knobs`]; nothing as well for points in a run that has none.
    pub(super) fn put_into(&self, config: &mut Config) -> Result<(), Option<String>> {
        let whole = || self.value.as_integer().and_then(|number| u64::try_from(number).ok());
        let no_whole = || Some("expected a whole number".to_owned());
        match self.control {
            ControlId::Knob(_) => config.knobs = self.put_into_knobs(&config.knobs)?,
            ControlId::Seed => config.seed = whole().ok_or_else(no_whole)?,
            ControlId::Experts => {
                config.model.experts = whole().and_then(|n| usize::try_from(n).ok()).ok_or_else(no_whole)?;
            }
            ControlId::Data | ControlId::Noise => {
                let TaskConfig::Plane(plane) = &mut config.task else { return Err(None) };
                let mut table = toml::Table::try_from(&*plane).map_err(|_| None)?;
                table.insert(self.control.to_string(), self.value.clone());
                *plane = table.try_into().map_err(|error: toml::de::Error| Some(error.message().to_owned()))?;
            }
            ControlId::Run | ControlId::Step => return Err(None),
        }
        Ok(())
    }
}

/// The knobs with all settings put in; one that does not fit is left out, which no lesson that was read has.
pub(super) fn knobs_with(settings: &[Setting], knobs: &Knobs) -> Knobs {
    settings.iter().fold(knobs.clone(), |knobs, setting| setting.put_into_knobs(&knobs).unwrap_or(knobs))
}

/// A config with all settings put in; the same of one that does not fit.
pub(super) fn config_with(settings: &[Setting], config: &Config) -> Config {
    let mut config = config.clone();
    settings.iter().for_each(|setting| {
        let _ = setting.put_into(&mut config);
    });
    config
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{PlaneConfig, PlaneData, Policy, Preset};

    fn setting(control: &str, value: impl Into<toml::Value>) -> Setting {
        Setting { control: ControlId::of(control).unwrap(), value: value.into() }
    }

    #[test]
    fn knobs_are_set_by_name_and_others_stay() {
        let knobs = Knobs { competition_rate: 0.5, ..Knobs::default() };
        let now = knobs_with(&[setting("top-k", 1), setting("policy", "smoe"), setting("balance-weight", 0.5)], &knobs);
        let expected = Knobs { top_k: 1, policy: Policy::Smoe, balance_weight: 0.5, ..knobs.clone() };
        assert_eq!(now, expected);
        assert!(setting("top-k", "two").put_into_knobs(&knobs).unwrap_err().is_some());
        assert!(setting("policy", "smoo").put_into_knobs(&knobs).unwrap_err().unwrap().contains("smoe"));
        assert_eq!(setting("seed", 1).put_into_knobs(&knobs), Err(None));
    }

    #[test]
    fn a_run_begins_with_what_was_set() {
        let plane = Preset::Tiny.config_for(TaskConfig::Plane(PlaneConfig::default()));
        let settings = [setting("data", "rings"), setting("noise", 0.2), setting("seed", 7), setting("experts", 5)];
        let config = config_with(&settings, &plane);
        let TaskConfig::Plane(points) = &config.task else { panic!("{config:?}") };
        assert_eq!((points.data, points.noise, config.seed, config.model.experts), (PlaneData::Rings, 0.2, 7, 5));
        let mut text = Preset::Tiny.config();
        assert_eq!(setting("noise", 0.2).put_into(&mut text), Err(None));
        assert_eq!(setting("run", true).put_into(&mut text), Err(None));
    }
}
