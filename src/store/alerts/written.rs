//! An alert as it is written into a file, and as files from before alerts had numbers hold it.

use serde::{Deserialize, Serialize};

use super::{Alert, Rule};
use crate::domain::roster::ExpertId;

/// The fields of an alert in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenAlert {
    rule: Rule,
    layer: Option<usize>,
    expert: Option<ExpertId>,
    other: Option<ExpertId>,
    since: u64,
    raised: u64,
    until: Option<u64>,
    /// `null` is what JSON has for a number that is not finite.
    #[serde(default)]
    numbers: Vec<Option<f64>>,
    /// Older files: the sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// Older files: why it matters and what to try, which the rule says.
    #[serde(default, skip_serializing)]
    #[allow(dead_code, reason = "accepted, and said by the rule")]
    why: Option<String>,
    #[serde(default, skip_serializing)]
    #[allow(dead_code, reason = "accepted, and said by the rule")]
    tries: Option<String>,
}

impl From<WrittenAlert> for Alert {
    fn from(written: WrittenAlert) -> Self {
        let WrittenAlert { rule, layer, expert, other, since, raised, until, numbers, words, .. } = written;
        let numbers = numbers.into_iter().map(|number| number.unwrap_or(f64::NAN)).collect();
        Self { rule, layer, expert, other, since, raised, until, numbers, told: words }
    }
}

impl From<Alert> for WrittenAlert {
    fn from(alert: Alert) -> Self {
        let Alert { rule, layer, expert, other, since, raised, until, numbers, told: words } = alert;
        let numbers = numbers.into_iter().map(|number| number.is_finite().then_some(number)).collect();
        Self { rule, layer, expert, other, since, raised, until, numbers, words, why: None, tries: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_read_as_it_was_written() {
        let alert = Alert {
            rule: Rule::Redundancy,
            layer: Some(1),
            expert: Some(ExpertId(2)),
            other: Some(ExpertId(5)),
            since: 50,
            raised: 150,
            until: None,
            numbers: vec![0.1 + 0.2, 1e-300],
            told: None,
        };
        let json = serde_json::to_string(&alert).unwrap();
        assert!(!json.contains("words") && json.contains("0.30000000000000004"), "{json}");
        assert_eq!(serde_json::from_str::<Alert>(&json).unwrap(), alert);
        let odd = Alert { numbers: vec![f64::NAN, f64::INFINITY], ..alert };
        let json = serde_json::to_string(&odd).unwrap();
        assert!(serde_json::from_str::<Alert>(&json).unwrap().numbers.iter().all(|number| number.is_nan()));
    }

    #[test]
    fn an_older_file_says_what_it_said() {
        let json = r#"{"rule":"dead-expert","layer":0,"expert":3,"other":null,"since":1,"raised":100,"until":120,
            "words":"Expert 4 of layer 1 has had no token for 100 steps","why":"Because.","tries":"Reset it."}"#;
        let alert: Alert = serde_json::from_str(json).unwrap();
        assert_eq!(alert.told.as_deref(), Some("Expert 4 of layer 1 has had no token for 100 steps"));
        let again = serde_json::to_string(&alert).unwrap();
        assert_eq!(serde_json::from_str::<Alert>(&again).unwrap(), alert);
        let unknown = json.replace("\"why\"", "\"whence\"");
        assert!(serde_json::from_str::<Alert>(&unknown).is_err());
    }
}
