//! Labels of positions, against which the specialization of experts is measured.

/// A set of labels; every position of a batch has exactly one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSet {
    /// What the labels tell apart, as a key: `class`, `byte-class`.
    pub id: &'static str,
    /// The name of each label; a label is an index into it.
    pub names: Vec<String>,
}
