//! Item: what one position of a batch shows, so that a window can draw it.

/// What one position of a batch shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item {
    /// A byte of a text.
    Byte(u8),
    /// A point of the plane: its coordinates x and y.
    Point([f32; 2]),
}

/// A point of the plane with what can be predicted of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanePoint {
    /// Its coordinates x and y, about from −1 to 1; noise may carry it outside.
    pub at: [f32; 2],
    /// Its class, from 0.
    pub class: u16,
    /// The value of the shape's function at the point, noise included.
    pub value: f32,
}
