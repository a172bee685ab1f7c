//! Why a task cannot be opened, or a batch of it cannot be read.

use crate::config::Complaint;

/// Why a task cannot be opened, or a batch of it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The config asks for data that cannot be made; all complaints at once.
    #[error("{}", .0.iter().map(Complaint::to_string).collect::<Vec<_>>().join("\n"))]
    Unsound(Vec<Complaint>),
}
