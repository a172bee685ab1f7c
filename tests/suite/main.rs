//! Everything a stranger would check, through the public library. One binary; this is its table of contents.

mod architecture; // which room may name which
mod cli; // the program as a stranger types it
mod devices; // which devices the tests run on, and what is said when one is missing
mod golden; // numbers made by the authors' code, for every tensor and gradient of a layer
mod kernels; // kernels against plain loops, on every device
mod train; // a trainer: it learns, resumes bit for bit, and stops before what is not finite
