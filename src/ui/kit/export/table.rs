//! The numbers behind a tile as one table: named sections over one row of column names.
//!
//! A tile shows bars, a matrix and a curve at once. They go into one rectangular table, not into blocks with a head
//! each: a `section` column says which part a row belongs to, and columns that the part lacks stay empty. So one
//! `pandas.read_csv` takes the file as it is, `df[df.section == "confusion"]` is one part of it, and files of several
//! layers or steps can be appended to each other.

/// One value as it is written; empty where there is none. NaN and infinities are written as such: they were measured.
/// A text that a spreadsheet would take for a formula, as a file may be named, gets an apostrophe before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell(String);

impl Cell {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<f64> for Cell {
    /// All digits it takes to read the same number back.
    fn from(value: f64) -> Self {
        Self(format!("{value:?}"))
    }
}

impl From<f32> for Cell {
    fn from(value: f32) -> Self {
        Self(format!("{value:?}"))
    }
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        Self(value.to_string())
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        Self(value.to_string())
    }
}

impl From<u32> for Cell {
    fn from(value: u32) -> Self {
        Self(value.to_string())
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
        Self(if formula { format!("'{value}") } else { value.to_owned() })
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        value.as_str().into()
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::default, Into::into)
    }
}

/// Columns that every row begins with.
const COMMON: [&str; 3] = ["section", "layer", "at_step"];

/// One part of a tile: rows under their own column names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Section {
    name: &'static str,
    at_step: u64,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
    /// Whether it tells how something went over the run.
    is_history: bool,
}

impl Section {
    /// An empty part. `at_step`: steps done when its numbers were taken.
    pub fn new<const N: usize>(name: &'static str, at_step: u64, columns: [&'static str; N]) -> Self {
        Self { name, at_step, columns: columns.to_vec(), rows: Vec::new(), is_history: false }
    }

    /// The same part, as one that tells how something went over the run: a row per step or span of steps.
    pub fn over_time(self) -> Self {
        Self { is_history: true, ..self }
    }

    /// Adds a row: one cell per column.
    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        debug_assert_eq!(N, self.columns.len(), "a cell per column of {}", self.name);
        self.rows.push(cells.into());
    }

    /// Adds rows.
    pub fn with<const N: usize>(mut self, rows: impl IntoIterator<Item = [Cell; N]>) -> Self {
        rows.into_iter().for_each(|cells| self.row(cells));
        self
    }
}

/// Everything a tile shows, as numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExportTable {
    layer: Option<usize>,
    sections: Vec<Section>,
}

impl ExportTable {
    /// A table of one layer, counted from 0, or of the whole run. Written, layers count from 1 as in the window.
    pub(crate) fn new(layer: Option<usize>) -> Self {
        Self { layer, sections: Vec::new() }
    }

    /// Adds a part.
    pub(crate) fn push(&mut self, section: Section) {
        self.sections.push(section);
    }

    /// Only the parts that tell how something went over the run, or only the others: the numbers of the moment.
    pub fn part(&self, history: bool) -> Self {
        let sections = self.sections.iter().filter(|section| section.is_history == history);
        Self { layer: self.layer, sections: sections.cloned().collect() }
    }

    /// Rows in all parts, without the names.
    pub fn len(&self) -> usize {
        self.sections.iter().map(|s| s.rows.len()).sum()
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names of all columns in the order of their first use; those that every part has come first.
    pub fn columns(&self) -> Vec<&'static str> {
        let mut all = COMMON.to_vec();
        for name in self.sections.iter().flat_map(|s| &s.columns) {
            if !all.contains(name) {
                all.push(name);
            }
        }
        all
    }

    /// Comma-separated text.
    ///
    /// # Errors
    /// What the writer says; none is known.
    pub fn csv(&self) -> Result<String, String> {
        self.text(b',')
    }

    /// Tab-separated text, as spreadsheets take it from the clipboard.
    ///
    /// # Errors
    /// What the writer says; none is known.
    pub fn tabbed(&self) -> Result<String, String> {
        self.text(b'\t')
    }

    fn text(&self, delimiter: u8) -> Result<String, String> {
        let columns = self.columns();
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        writer.write_record(&columns).map_err(|e| e.to_string())?;
        let layer = Cell::from(self.layer.map(|layer| layer + 1));
        for section in &self.sections {
            let places: Vec<Option<usize>> =
                columns[COMMON.len()..].iter().map(|name| section.columns.iter().position(|c| c == name)).collect();
            let at_step = Cell::from(section.at_step);
            for row in &section.rows {
                let own = places.iter().map(|place| place.and_then(|i| row.get(i)).map_or("", Cell::as_str));
                let record = [section.name, layer.as_str(), at_step.as_str()].into_iter().chain(own);
                writer.write_record(record).map_err(|e| e.to_string())?;
            }
        }
        let bytes = writer.into_inner().map_err(|e| e.to_string())?;
        String::from_utf8(bytes).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_parts() -> ExportTable {
        let mut table = ExportTable::new(Some(1));
        table.push(Section::new("bars", 50, ["expert", "share"]).with([[1u32.into(), 0.1f64.into()]]));
        let words = [["a, \"b\"".into(), Cell::from(None::<f64>)], ["tab\there".into(), Cell::from(f64::NAN)]];
        table.push(Section::new("notes", 60, ["text", "share"]).with(words));
        table
    }

    #[test]
    fn parts_share_columns_and_leave_the_others_empty() {
        let csv = two_parts().csv().unwrap();
        let expected = "section,layer,at_step,expert,share,text\nbars,2,50,1,0.1,\n\
                        notes,2,60,,,\"a, \"\"b\"\"\"\nnotes,2,60,,NaN,tab\there\n";
        assert_eq!(csv, expected);
        assert_eq!(two_parts().len(), 3);
    }

    #[test]
    fn tabs_within_a_value_do_not_break_a_row() {
        let text = two_parts().tabbed().unwrap();
        assert!(text.ends_with("\"tab\there\"\n"), "{text}");
        assert!(text.starts_with("section\tlayer\tat_step\texpert\tshare\ttext\n"));
    }

    #[test]
    fn a_text_never_becomes_a_formula_and_a_number_stays_one() {
        for text in ["=1+1", "+x", "-x", "@SUM(A1)", "\tx", "\rx"] {
            assert_eq!(Cell::from(text).as_str(), format!("'{text}"));
            assert_eq!(Cell::from(text.to_owned()), Cell::from(text));
        }
        assert_eq!(Cell::from("notes = old").as_str(), "notes = old");
        assert_eq!(Cell::from(-0.5f64).as_str(), "-0.5");
    }

    #[test]
    fn what_is_seen_and_how_it_went_are_told_apart() {
        let mut table = two_parts();
        table.push(Section::new("curve", 60, ["step", "mean"]).over_time().with([[1u64.into(), 0.5f64.into()]]));
        assert_eq!((table.len(), table.part(false).len(), table.part(true).len()), (4, 3, 1));
        assert_eq!(table.part(false), two_parts());
        assert_eq!(table.part(true).csv().unwrap(), "section,layer,at_step,step,mean\ncurve,2,60,1,0.5\n");
    }

    #[test]
    fn numbers_read_back_as_they_were() {
        for value in [0.1 + 0.2, 1e-300, f64::MAX, -0.0, f64::INFINITY] {
            assert_eq!(Cell::from(value).as_str().parse::<f64>(), Ok(value));
        }
        assert_eq!(Cell::from(0.1f32).as_str(), "0.1");
    }

    #[test]
    fn nothing_measured_is_a_row_of_names() {
        let mut table = ExportTable::new(None);
        table.push(Section::new("loss", 0, ["mean"]));
        assert_eq!(table.csv().unwrap(), "section,layer,at_step,mean\n");
        assert!(table.is_empty());
    }
}
