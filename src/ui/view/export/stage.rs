//! What the stage shows, as a table: maps of the plane cell by cell, or every byte of the probe with its picks and winners.

use super::tables::{MEASURES, measure, number};
use crate::domain::measures::territory::cell_centre;
use crate::run::Snapshot;
use crate::ui::kit::export::table::{Cell, ExportTable, Section};
use crate::ui::view::ViewState;

/// Maps of the plane: each cell's winner and first pick in the layer shown and what the network answers there, and the shares
/// and agreement over all cells. Empty unless there are maps of that layer.
pub fn maps(shot: &Snapshot, view: &ViewState) -> ExportTable {
    let layer = view.layer;
    let mut table = ExportTable::new(Some(layer));
    let (Some(maps), Some(roster)) = (&shot.newest.maps, view.roster(shot)) else { return table };
    let (map, territories) = (&maps.map, &maps.map.territories);
    if maps.layer != layer || territories.cells.experts != roster.len() {
        return table;
    }
    let mut numbers = Section::new("measures", map.step, MEASURES);
    let agreement = &territories.agreement;
    numbers.row(measure("agreement", agreement.top1, agreement.chance));
    numbers.row(measure("kappa", agreement.kappa, 0.0));
    let mut experts = Section::new("experts", map.step, ["expert", "won", "picked"]);
    for ((&id, &won), &picked) in roster.slots.iter().zip(&territories.won).zip(&territories.picked) {
        experts.row([number(id), won.into(), picked.into()]);
    }
    let mut cells = Section::new("cells", map.step, ["x", "y", "winner", "pick", "answer"]);
    let who = |slot: u16| roster.slots.get(usize::from(slot)).map(|&id| number(id));
    for cell in 0..map.side * map.side {
        let [x, y] = cell_centre(cell, map.side);
        let answer: Cell = match &map.answers.classes {
            Some(classes) => (u32::from(classes.class[cell]) + 1).into(),
            None => map.answers.outputs[cell * map.answers.width].into(),
        };
        let (winner, pick) = (territories.cells.winners[cell], territories.cells.picks[cell]);
        cells.row([x.into(), y.into(), who(winner).into(), who(pick).into(), answer]);
    }
    [numbers, experts, cells].into_iter().for_each(|section| table.push(section));
    table
}

/// The probe in the layer shown: of every token and expert the router's probability p, the response s, and its place among the
/// picks and the winners, from 1.
pub fn choices(shot: &Snapshot, view: &ViewState) -> ExportTable {
    let layer = view.layer;
    let mut table = ExportTable::new(Some(layer));
    let Some(seen) = view.seen(shot) else { return table };
    let choices = &seen.layer.choices;
    let columns = ["token", "byte", "expert", "p", "s", "pick", "winner"];
    let mut section = Section::new("choices", seen.probe.step, columns);
    let bytes = seen.probe.items.bytes();
    for token in 0..choices.tokens() {
        let place = |of: &[u16], slot: usize| of.iter().position(|&one| usize::from(one) == slot).map(|at| at + 1);
        let (p, s) = (choices.p(token), choices.s(token));
        for (slot, &id) in seen.roster.slots.iter().enumerate() {
            section.row([
                token.into(),
                bytes.get(token).map(|&byte| u32::from(byte)).into(),
                number(id),
                p[slot].into(),
                s.get(slot).copied().into(),
                place(choices.picks(token), slot).into(),
                place(choices.winners(token), slot).into(),
            ]);
        }
    }
    table.push(section);
    table
}
