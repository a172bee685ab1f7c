//! Linear assignment: the one-to-one pairing with the largest sum of gains. Neurons are matched with it before two
//! experts' weights are compared or merged.

/// Most hidden neurons of an expert that are matched with those of another: the work grows with their cube, the memory with
/// their square (4,096: 128 MiB, a few seconds).
pub(crate) const MOST_NEURONS: usize = 4096;

/// The assignment of rows to columns with the largest sum of gains, exactly: the column of each row.
///
/// - `gains`: `[side × side]` row-major. If one is not finite, no order is better than that of the slots.
pub(crate) fn best_assignment(gains: &[f64], side: usize) -> Vec<usize> {
    best_assignment_while(gains, side, || true).unwrap_or_else(|| (0..side).collect())
}

/// The same as long as `go_on` holds, which is asked before each row: large tables take seconds. `None` if it did not.
///
/// The Hungarian method in the form of Jonker and Volgenant (1987): prices of columns and rows first, by which most rows get
/// a column at no cost; then for each row left the cheapest way to a free column, others moving on the way. N³ steps at
/// most, beside the gains a few numbers a row.
pub(crate) fn best_assignment_while(gains: &[f64], side: usize, mut go_on: impl FnMut() -> bool) -> Option<Vec<usize>> {
    if !gains.iter().all(|gain| gain.is_finite()) {
        return Some((0..side).collect());
    }
    let mut search = Search::priced(gains, side);
    for row in 0..side {
        if !go_on() {
            return None;
        }
        if search.column_of[row] == NOBODY {
            search.place(row);
        }
    }
    Some(search.column_of)
}

/// In the place of a row or column that is not assigned.
const NOBODY: usize = usize::MAX;

/// An assignment of some rows, with prices by which each of them has a column as cheap as any.
struct Search<'a> {
    gains: &'a [f64],
    side: usize,
    column_of: Vec<usize>,
    row_of: Vec<usize>,
    row_price: Vec<f64>,
    column_price: Vec<f64>,
    /// Cheapest way known to each column from the row that is placed, and the row before it on that way.
    way: Vec<f64>,
    before: Vec<usize>,
    /// Columns to which the cheapest way is not known yet.
    open: Vec<usize>,
    /// The other columns, in the order in which they were reached.
    reached: Vec<usize>,
}

impl<'a> Search<'a> {
    /// Prices that leave no cost below 0, and every row that finds a column at no cost in it.
    fn priced(gains: &'a [f64], side: usize) -> Self {
        let mut column_price = vec![f64::INFINITY; side];
        for row in gains.chunks_exact(side.max(1)) {
            column_price.iter_mut().zip(row).for_each(|(price, gain)| *price = price.min(-gain));
        }
        let mut search = Self {
            gains,
            side,
            column_of: vec![NOBODY; side],
            row_of: vec![NOBODY; side],
            row_price: vec![0.0; side],
            column_price,
            way: vec![0.0; side],
            before: vec![0; side],
            open: Vec::with_capacity(side),
            reached: Vec::with_capacity(side),
        };
        for row in 0..side {
            let cost = |column: usize| -gains[row * side + column] - search.column_price[column];
            let least = (0..side).map(cost).fold(f64::INFINITY, f64::min);
            let free = (0..side).find(|&column| search.row_of[column] == NOBODY && cost(column) == least);
            search.row_price[row] = least;
            if let Some(column) = free {
                (search.column_of[row], search.row_of[column]) = (column, row);
            }
        }
        search
    }

    /// Gives `row` a column by the cheapest way to a free one (Dijkstra 1959), and changes prices so that everyone's is as
    /// cheap as any again.
    fn place(&mut self, row: usize) {
        let side = self.side;
        self.way.fill(f64::INFINITY);
        self.reached.clear();
        self.open.clear();
        self.open.extend(0..side);
        let (mut here, mut so_far) = (row, 0.0);
        let free = loop {
            let gains = &self.gains[here * side..(here + 1) * side];
            let (mut least, mut next) = (f64::INFINITY, 0);
            for (place, &column) in self.open.iter().enumerate() {
                let way = so_far - gains[column] - self.row_price[here] - self.column_price[column];
                if way < self.way[column] {
                    (self.way[column], self.before[column]) = (way, here);
                }
                let way = self.way[column];
                if way < least || (way == least && self.row_of[column] == NOBODY) {
                    (least, next) = (way, place);
                }
            }
            so_far = least;
            let column = self.open.swap_remove(next);
            self.reached.push(column);
            if self.row_of[column] == NOBODY {
                break column;
            }
            here = self.row_of[column];
        };
        self.row_price[row] += so_far;
        for &column in &self.reached {
            let saved = so_far - self.way[column];
            self.column_price[column] -= saved;
            if self.row_of[column] != NOBODY {
                self.row_price[self.row_of[column]] += saved;
            }
        }
        // Back along the way: everyone moves to the column reached from it.
        let mut column = free;
        loop {
            let mover = self.before[column];
            self.row_of[column] = mover;
            std::mem::swap(&mut self.column_of[mover], &mut column);
            if mover == row {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
