//! Why a task cannot be opened, or a batch of it cannot be read.

use super::text::TextError;
use crate::domain::config::Complaint;

/// Why a task cannot be opened, or a batch of it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The config asks for data that cannot be made; all complaints at once.
    #[error("{}", .0.iter().map(Complaint::to_string).collect::<Vec<_>>().join("\n"))]
    Unsound(Vec<Complaint>),
    /// The text cannot be read, or is not what it was.
    #[error(transparent)]
    Text(#[from] TextError),
}
