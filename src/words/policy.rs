//! Policies, forms and surgeries in words: what each does, and where it comes from.

use super::retold::retold;
use super::table::sentences;
use crate::domain::config::{Form, Policy};
use crate::domain::roster::Surgery;

sentences! { "policy":
    fn competesmoe();
    fn smoe();
    fn smoe_raw();
    fn sigma_moe();
    fn smoe_dropout();
    fn x_moe();
    fn perturbed_cosine();
    fn stable_moe();
    fn noisy_top_k();
    fn shared_v2();
    fn shared_v3();
    fn bias_balanced();
    fn competesmoe_source();
    fn smoe_source();
    fn sigma_moe_source();
    fn smoe_dropout_source();
    fn x_moe_source();
    fn perturbed_cosine_source();
    fn stable_moe_source();
    fn noisy_top_k_source();
    fn shared_v2_source();
    fn shared_v3_source();
    fn bias_balanced_source();
    fn language();
    fn vision();
    fn version1();
    fn split_busiest();
    fn add_fresh();
    fn drop_least_used();
    fn merge_most_alike();
    fn policy_and_form(policy, form);
    fn name_and_about(name, about);
}

/// What a policy does, in one sentence.
pub(crate) fn about_policy(policy: Policy) -> &'static str {
    match policy {
        Policy::CompeteSmoe => competesmoe(),
        Policy::Smoe => smoe(),
        Policy::SmoeRaw => smoe_raw(),
        Policy::SigmaMoe => sigma_moe(),
        Policy::SmoeDropout => smoe_dropout(),
        Policy::XMoe => x_moe(),
        Policy::PerturbedCosine => perturbed_cosine(),
        Policy::StableMoe => stable_moe(),
        Policy::NoisyTopK => noisy_top_k(),
        Policy::SharedV2 => shared_v2(),
        Policy::SharedV3 => shared_v3(),
        Policy::BiasBalanced => bias_balanced(),
    }
}

/// The papers a policy comes from.
pub(crate) fn source_of_policy(policy: Policy) -> &'static str {
    match policy {
        Policy::CompeteSmoe => competesmoe_source(),
        Policy::Smoe | Policy::SmoeRaw => smoe_source(),
        Policy::SigmaMoe => sigma_moe_source(),
        Policy::SmoeDropout => smoe_dropout_source(),
        Policy::XMoe => x_moe_source(),
        Policy::PerturbedCosine => perturbed_cosine_source(),
        Policy::StableMoe => stable_moe_source(),
        Policy::NoisyTopK => noisy_top_k_source(),
        Policy::SharedV2 => shared_v2_source(),
        Policy::SharedV3 => shared_v3_source(),
        Policy::BiasBalanced => bias_balanced_source(),
    }
}

/// What a form means, in one sentence.
pub(crate) fn about_form(form: Form) -> &'static str {
    match form {
        Form::Language => language(),
        Form::Vision => vision(),
        Form::Version1 => version1(),
    }
}

/// A surgery as menus and refusals name it.
pub(crate) fn surgery(surgery: Surgery) -> &'static str {
    match surgery {
        Surgery::SplitBusiest => split_busiest(),
        Surgery::AddFresh => add_fresh(),
        Surgery::DropLeastUsed => drop_least_used(),
        Surgery::MergeMostAlike => merge_most_alike(),
    }
}

/// A policy and its form: `CompeteSMoE (v2 language)`.
pub fn policy_of((policy, form): (Policy, Form)) -> String {
    policy_and_form(retold(policy.label()), retold(form.label()))
}

/// A policy and what it does, for the help of the command line.
pub(crate) fn policy_help(policy: Policy) -> String {
    name_and_about(policy.label(), about_policy(policy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_says_what_it_does_and_names_a_paper() {
        for policy in Policy::ALL {
            assert!(about_policy(policy).len() > 20 && !about_policy(policy).ends_with('.'), "{policy:?}");
            assert!(source_of_policy(policy).starts_with("arXiv "), "{policy:?}");
            let others = Policy::ALL.into_iter().filter(|&other| about_policy(other) == about_policy(policy));
            assert_eq!(others.count(), 1, "{policy:?} is told from the others");
        }
        assert_eq!(policy_of((Policy::CompeteSmoe, Form::Language)), "CompeteSMoE (v2 language)");
        assert_eq!(surgery(Surgery::SplitBusiest), "split the busiest");
    }
}
