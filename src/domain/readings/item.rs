//! Item: what one position of a batch shows, so that a window can draw it.

/// What one position of a batch shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item {
    /// A byte of a text.
    Byte(u8),
    /// A point of the plane: its coordinates x and y.
    Point([f32; 2]),
}
