//! Policies and forms as values of flags, each with its one sentence in `--help`.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::domain::config::{Form, Policy};
use crate::words;

/// A policy by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PolicyName(pub Policy);

/// A form by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FormName(pub Form);

impl ValueEnum for PolicyName {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [PolicyName; Policy::ALL.len()] = {
            let mut all = [PolicyName(Policy::CompeteSmoe); Policy::ALL.len()];
            let mut i = 0;
            while i < all.len() {
                all[i] = PolicyName(Policy::ALL[i]);
                i += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(words::policy_help(self.0)))
    }
}

impl ValueEnum for FormName {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(Form::Language), Self(Form::Vision), Self(Form::Version1)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(words::about_form(self.0)))
    }
}
