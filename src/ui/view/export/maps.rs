//! Maps of the plane as a table: at each cell the winner, the router's pick and the network's answer.

use super::tables::number;
use crate::domain::measures::territory::cell_centre;
use crate::run::Snapshot;
use crate::ui::kit::export::table::{Cell, ExportTable, Section};

/// The newest maps of `layer`, a row for each cell, from the top left; nothing where there are none.
pub(crate) fn table(shot: &Snapshot, layer: usize) -> ExportTable {
    let mut table = ExportTable::new(Some(layer));
    let (Some(maps), Some(roster)) = (shot.newest.maps.as_deref(), shot.model.rosters.get(layer)) else { return table };
    let (map, cells) = (&maps.map, &maps.map.territories.cells);
    let columns = ["x", "y", "winner", "winner_margin", "pick", "pick_margin", "answer"];
    let mut section = Section::new("map", map.step, columns);
    let whose = |slot: u16| roster.slots.get(usize::from(slot)).map(|&id| number(id));
    for cell in 0..cells.winners.len() {
        let at = cell_centre(cell, map.side);
        // The class that is likeliest there, or the value.
        let answer: Cell = match &map.answers.classes {
            Some(classes) => u64::from(classes.class[cell]).into(),
            None => map.answers.outputs(cell).first().copied().into(),
        };
        section.row([
            at[0].into(),
            at[1].into(),
            whose(cells.winners[cell]).into(),
            cells.winner_margin[cell].into(),
            whose(cells.picks[cell]).into(),
            cells.pick_margin[cell].into(),
            answer,
        ]);
    }
    table.push(section);
    table
}
