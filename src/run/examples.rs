//! Examples of a task before any run learns it: the first points of a shape, for pictures to choose from.

use crate::domain::config::PlaneConfig;
use crate::domain::readings::PlanePoint;
use crate::tasks::DataSplit;
use crate::tasks::plane::point;

/// The first `count` training points that a run on `config` would have.
pub fn plane_examples(config: &PlaneConfig, count: usize) -> Vec<PlanePoint> {
    (0..count).map(|index| point(config, DataSplit::Training, index)).collect()
}
