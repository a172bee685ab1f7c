//! Refusals in words: why knobs, painted steps, interventions or another number of experts cannot be had.

use super::policy::policy_of;
use super::retold::retold;
use super::table::sentences;
use crate::domain::config::{Complaint, LackingParts};
use crate::domain::interventions::InterventionRefusal;
use crate::domain::roster::{Surgery, SurgeryRefusal};
use crate::domain::schedule::PaintRefusal;
use crate::engine::train::TrainerRefusal;

sentences! { "refusal":
    fn out_of_range(target);
    fn cannot_grow(surgery, experts, target, one, other);
    fn cannot_shrink(surgery, experts, target, one, other);
    fn not_measured_yet();
    fn not_measured();
    fn too_far(experts, least, target);
    fn uneven(changes, layers);
    fn too_wide(neurons, most, instead);
    fn no_layer(layer, layers);
    fn step_done(step, next);
    fn no_competitions(policy);
    fn too_many_muted(muted, layer, left);
    fn lacks(asked, parts, started);
    fn cut_off();
    fn complaint(field, found, expected);
    fn table_fixed(setting);
    fn reversed(from, to);
    fn too_many_painted(steps, most);
    fn no_expert(expert);
    fn too_few_active(active, k);
    fn onto_itself();
}

/// Why a surgery cannot be done.
pub(crate) fn surgery_refusal(refusal: &SurgeryRefusal) -> String {
    match refusal {
        SurgeryRefusal::OutOfRange(target) => out_of_range(target),
        SurgeryRefusal::WrongWay { surgery, experts, target } => {
            let grows = target > experts;
            let [one, other] = if grows { Surgery::GROW } else { Surgery::SHRINK }.map(super::surgery);
            let cannot = if grows { cannot_grow } else { cannot_shrink };
            cannot(super::surgery(*surgery), experts, target, one, other)
        }
        SurgeryRefusal::NotMeasuredYet => not_measured_yet().to_owned(),
        SurgeryRefusal::NotMeasured => not_measured().to_owned(),
        SurgeryRefusal::TooFar { experts, least, target } => too_far(experts, least, target),
        SurgeryRefusal::Uneven { changes, layers } => uneven(changes, layers),
        SurgeryRefusal::TooWide { neurons, most } => too_wide(neurons, most, super::surgery(Surgery::DropLeastUsed)),
    }
}

/// Why a trainer does not put something in force.
pub(super) fn trainer_refusal(refusal: &TrainerRefusal) -> String {
    match refusal {
        TrainerRefusal::NoLayer { layer, layers } => no_layer(layer + 1, layers),
        TrainerRefusal::StepDone { step, next } => step_done(step, next),
        TrainerRefusal::NoCompetitions(policy) => no_competitions(retold(policy.label())),
        TrainerRefusal::TooManyMuted { layer, muted, left } => too_many_muted(muted, layer + 1, left),
        TrainerRefusal::TableFixed => table_fixed(["schedule", " = ", "\"live\""].concat()),
        TrainerRefusal::Complaints(all) => complaints(all),
        TrainerRefusal::Lacks(lacking) => lacking_parts(lacking),
        TrainerRefusal::CutOff => cut_off().to_owned(),
        TrainerRefusal::Paint(PaintRefusal::Reversed { from, to }) => reversed(from, to),
        TrainerRefusal::Paint(PaintRefusal::TooMany { steps, most }) => too_many_painted(steps, most),
        TrainerRefusal::Intervention(InterventionRefusal::NoExpert(expert)) => no_expert(expert),
        TrainerRefusal::Intervention(InterventionRefusal::TooFewActive { active, k }) => too_few_active(active, k),
        TrainerRefusal::Intervention(InterventionRefusal::OntoItself) => onto_itself().to_owned(),
    }
}

/// What a policy reads that a run lacks.
pub fn lacking_parts(lacking: &LackingParts) -> String {
    lacks(policy_of(lacking.asked), lacking.listed(), policy_of(lacking.started))
}

/// One complaint about a config.
pub(crate) fn complaint_of(Complaint { field, found, expected }: &Complaint) -> String {
    complaint(field, retold(found), retold(expected))
}

/// All complaints on one line.
pub(super) fn complaints(complaints: &[Complaint]) -> String {
    complaints.iter().map(complaint_of).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::roster::ExpertId;

    #[test]
    fn a_surgery_the_wrong_way_names_the_two_that_go_the_right_one() {
        let refusal =
            |surgery, experts, target| surgery_refusal(&SurgeryRefusal::WrongWay { surgery, experts, target });
        assert_eq!(
            refusal(Surgery::DropLeastUsed, 8, 12),
            "“drop the least used” cannot grow 8 experts to 12; choose “split the busiest” or “add fresh experts”"
        );
        assert!(
            refusal(Surgery::AddFresh, 8, 2).contains("cannot shrink 8 experts to 2; choose “drop the least used”")
        );
        let wide = surgery_refusal(&SurgeryRefusal::TooWide { neurons: 5000, most: 4096 });
        assert!(
            wide.contains("has 5,000 and up to 4,096 can be paired") && wide.contains("drop the least used"),
            "{wide}"
        );
    }

    #[test]
    fn a_trainer_counts_layers_and_experts_from_one() {
        assert_eq!(
            trainer_refusal(&TrainerRefusal::TooManyMuted { layer: 0, muted: 3, left: 1 }),
            "3 experts of layer 1 are muted and 1 are active; unmute one"
        );
        let nobody = InterventionRefusal::NoExpert(ExpertId(7)).into();
        assert_eq!(trainer_refusal(&nobody), "there is no expert 8 in this layer");
    }
}
