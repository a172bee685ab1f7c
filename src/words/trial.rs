//! Indicators of the fault lab in words: the measures that should show what was done on purpose.

use super::table::sentences;
use crate::run::Indicator;

sentences! { "trial":
    fn effective_experts();
    fn max_vio();
    fn load_of(expert);
    fn wins_of(expert);
    fn kappa();
    fn recall();
    fn response_kept();
    fn worst_cosine();
    fn movement_of(expert);
    fn loss();
}

/// The name of a measure that should notice.
pub(crate) fn indicator(indicator: Indicator) -> String {
    match indicator {
        Indicator::EffectiveExperts => effective_experts().to_owned(),
        Indicator::MaxVio => max_vio().to_owned(),
        Indicator::Share(expert) => load_of(expert),
        Indicator::Wins(expert) => wins_of(expert),
        Indicator::Kappa => kappa().to_owned(),
        Indicator::Recall => recall().to_owned(),
        Indicator::ResponseKept => response_kept().to_owned(),
        Indicator::WorstCosine => worst_cosine().to_owned(),
        Indicator::Moved(expert) => movement_of(expert),
        Indicator::Loss => loss().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::roster::ExpertId;

    #[test]
    fn an_expert_is_told_by_its_number() {
        assert_eq!(indicator(Indicator::Share(ExpertId(3))), "load of 4");
        assert_eq!(indicator(Indicator::Loss), "probe loss");
    }
}
