//! Columns and choices of the tiles of a checkpoint that is looked at, each with what is said of it.

use crate::words::constants::texts;
use crate::words::language::FixedText;

texts! { "inspected_columns":
    /// A column of the table of experts.
    pub(crate) COLUMN_FINDINGS;
    /// A column of the table of experts.
    pub(crate) COLUMN_NUMBER;
    /// A column of the table of experts.
    pub(crate) COLUMN_LOAD;
    /// A column of the table of experts.
    pub(crate) COLUMN_WINS;
    /// A column of the table of experts.
    pub(crate) COLUMN_GATE_MASS;
    /// A column of the table of experts.
    pub(crate) COLUMN_ROW_NORM;
    /// A column of the table of experts.
    pub(crate) COLUMN_NORM;
    /// A column of the table of experts.
    pub(crate) COLUMN_EFFECTIVE_RANK;
    /// A column of the table of experts.
    pub(crate) COLUMN_STABLE_RANK;
    /// A column of the table of experts.
    pub(crate) COLUMN_NEAREST;
    /// A column of the table of experts.
    pub(crate) COLUMN_MOVED;
    /// A column of the table of experts.
    pub(crate) COLUMN_ANSWERS;
    /// What that column is.
    pub(crate) ABOUT_FINDINGS;
    /// What that column is.
    pub(crate) ABOUT_NUMBER;
    /// What that column is.
    pub(crate) ABOUT_LOAD;
    /// What that column is.
    pub(crate) ABOUT_WINS;
    /// What that column is.
    pub(crate) ABOUT_GATE_MASS;
    /// What that column is.
    pub(crate) ABOUT_ROW_NORM;
    /// What that column is.
    pub(crate) ABOUT_NORM;
    /// What that column is.
    pub(crate) ABOUT_EFFECTIVE_RANK;
    /// What that column is.
    pub(crate) ABOUT_STABLE_RANK;
    /// What that column is.
    pub(crate) ABOUT_NEAREST;
    /// What that column is.
    pub(crate) ABOUT_MOVED;
    /// What that column is.
    pub(crate) ABOUT_ANSWERS;
    MATRIX_GATE;
    ABOUT_GATE;
    MATRIX_UP;
    ABOUT_UP;
    MATRIX_DOWN;
    ABOUT_DOWN;
    MAP_LOAD;
    ABOUT_MAP_LOAD;
    MAP_ROWS;
    ABOUT_MAP_ROWS;
    MAP_RANK;
    ABOUT_MAP_RANK;
    CAPTION_LOAD;
    CAPTION_ROWS;
    CAPTION_RANK;
    WAY_MATCHED;
    ABOUT_MATCHED;
    WAY_STORED;
    ABOUT_STORED;
    WAY_ROWS;
    ABOUT_ROWS;
    TOP1;
    ABOUT_TOP1;
    KAPPA;
    ABOUT_KAPPA;
    RECALL;
    ABOUT_RECALL;
    CAPTURED;
    ABOUT_CAPTURED;
    SPEARMAN;
    ABOUT_SPEARMAN;
    ORANGE;
    SKY;
    GREEN;
    YELLOW;
    BLUE;
    VERMILION;
    PINK;
    GREY;
}

/// The matrices of an expert, each with what it is.
pub(crate) const MATRICES: [(FixedText, FixedText); 3] =
    [(MATRIX_GATE, ABOUT_GATE), (MATRIX_UP, ABOUT_UP), (MATRIX_DOWN, ABOUT_DOWN)];
/// What the map can show.
pub(crate) const MAPS: [(FixedText, FixedText); 3] =
    [(MAP_LOAD, ABOUT_MAP_LOAD), (MAP_ROWS, ABOUT_MAP_ROWS), (MAP_RANK, ABOUT_MAP_RANK)];
/// The ways of comparing two experts.
pub(crate) const WAYS: [(FixedText, FixedText); 3] =
    [(WAY_MATCHED, ABOUT_MATCHED), (WAY_STORED, ABOUT_STORED), (WAY_ROWS, ABOUT_ROWS)];
/// The measures of agreement, in the order of their columns.
pub(crate) const AGREEMENT: [(FixedText, FixedText); 5] = [
    (TOP1, ABOUT_TOP1),
    (KAPPA, ABOUT_KAPPA),
    (RECALL, ABOUT_RECALL),
    (CAPTURED, ABOUT_CAPTURED),
    (SPEARMAN, ABOUT_SPEARMAN),
];
/// What the map shows, as the tile's caption.
pub(crate) const MAPS_CAPTIONS: [FixedText; 3] = [CAPTION_LOAD, CAPTION_ROWS, CAPTION_RANK];
/// The colours of experts 1 to 8, by name; later ones repeat them.
pub(crate) const HUES: [FixedText; 8] = [ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PINK, GREY];
