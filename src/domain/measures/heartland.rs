//! Heart of a territory on a grid: the cell that is farthest from any other expert's cells and from the edge, where its number is
//! written.

/// A cell and how far it is from the nearest cell of somebody else, or from outside the grid, in cells (diagonal steps count one).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heart {
    /// The cell, row by row from the top.
    pub cell: usize,
    /// At least 1.
    pub depth: u16,
}

/// `[experts]` the heart of each expert's territory on a grid of `side` × `side` cells; `None` for who owns no cell. Of several
/// equally deep cells the first.
///
/// # Panics
/// If there are not `side` × `side` owners, or one of them is not below `experts`.
pub fn hearts(owners: &[u16], experts: usize, side: usize) -> Vec<Option<Heart>> {
    assert_eq!(owners.len(), side * side, "owners of another grid");
    // Two sweeps give the distance to the nearest border by any of the eight neighbours.
    let mut depth = vec![0u16; owners.len()];
    let step = |depth: &[u16], cell: usize, [dx, dy]: [isize; 2]| {
        let (x, y) = ((cell % side).checked_add_signed(dx), (cell / side).checked_add_signed(dy));
        match (x, y) {
            (Some(x), Some(y)) if x < side && y < side && owners[y * side + x] == owners[cell] => {
                depth[y * side + x] + 1
            }
            _ => 1,
        }
    };
    const BEFORE: [[isize; 2]; 4] = [[-1, 0], [-1, -1], [0, -1], [1, -1]];
    for cell in 0..owners.len() {
        depth[cell] = BEFORE.into_iter().map(|to| step(&depth, cell, to)).min().unwrap_or(1);
    }
    for cell in (0..owners.len()).rev() {
        let after = BEFORE.into_iter().map(|[dx, dy]| step(&depth, cell, [-dx, -dy])).min().unwrap_or(1);
        depth[cell] = depth[cell].min(after);
    }
    let mut hearts: Vec<Option<Heart>> = vec![None; experts];
    for (cell, (&owner, &depth)) in owners.iter().zip(&depth).enumerate() {
        let heart = &mut hearts[usize::from(owner)];
        if heart.is_none_or(|heart| heart.depth < depth) {
            *heart = Some(Heart { cell, depth });
        }
    }
    hearts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hearts_of_five_by_five_by_hand() {
        #[rustfmt::skip]
        let owners = [
            0, 0, 0, 0, 1,
            0, 0, 0, 0, 1,
            0, 0, 0, 0, 1,
            0, 0, 0, 0, 1,
            2, 1, 1, 1, 1,
        ];
        let found = hearts(&owners, 4, 5);
        assert_eq!(found[0], Some(Heart { cell: 6, depth: 2 }));
        assert_eq!(found[1], Some(Heart { cell: 4, depth: 1 }));
        assert_eq!((found[2], found[3]), (Some(Heart { cell: 20, depth: 1 }), None));
        assert_eq!(hearts(&[0; 25], 1, 5), [Some(Heart { cell: 12, depth: 3 })]);
        assert_eq!(hearts(&[], 2, 0), [None, None]);
    }

    proptest! {
        /// Against plain loops: the nearest cell of somebody else, or the edge, by the longer of the two coordinates.
        #[test]
        fn depths_are_what_plain_loops_find((side, owners) in (1usize..8).prop_flat_map(|side| (Just(side), prop::collection::vec(0u16..3, side * side)))) {
            let depth = |cell: usize| {
                let (x, y) = (cell % side, cell / side);
                let edge = (x + 1).min(y + 1).min(side - x).min(side - y);
                let other = (0..side * side).filter(|&other| owners[other] != owners[cell]);
                other.map(|other| (other % side).abs_diff(x).max((other / side).abs_diff(y))).min().unwrap_or(edge).min(edge)
            };
            for (owner, heart) in hearts(&owners, 3, side).into_iter().enumerate() {
                let own = (0..side * side).filter(|&cell| usize::from(owners[cell]) == owner);
                let deepest = own.map(depth).max();
                prop_assert_eq!(heart.map(|heart| usize::from(heart.depth)), deepest);
                if let Some(heart) = heart {
                    prop_assert_eq!(usize::from(owners[heart.cell]), owner);
                    prop_assert_eq!(depth(heart.cell), usize::from(heart.depth));
                }
            }
        }
    }
}
