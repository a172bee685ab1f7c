//! Schedule files: the published table from its draws, cell by cell.

use super::table::Table;
use moe_arena::domain::schedule::ScheduleTable as Schedule;

pub fn compare(table: &mut Table) {
    let (layers, total) = (table.whole("layers"), table.whole("total_steps"));
    let warm = (table.number("warm_up") * total as f64).floor() as usize;
    assert_eq!(warm, table.whole("warm_steps"));
    let steps = total - warm;
    let (rate, cap) = (table.number("rate_flip"), table.whole("max_compete_in_iter"));
    let (_, draws) = table.input("draws");
    let mut stream = draws.iter().copied();
    let schedule =
        Schedule::draw(layers, total, warm, rate, cap, || stream.next().expect("one draw per cell")).unwrap();
    assert_eq!(stream.next(), None, "every draw is consumed");

    let cells = |first: usize| -> Vec<i64> {
        let steps = first..total;
        (0..layers)
            .flat_map(|l| steps.clone().map(move |s| (l, s)))
            .map(|(l, s)| i64::from(schedule.competes(l, s)))
            .collect()
    };
    let ours = cells(warm);
    table.exact("table", &ours);
    table.exact("active", &cells(0));
    let hits: Vec<i64> = draws.iter().map(|&d| i64::from(f64::from(d) < rate)).collect();
    table.exact("derived.hits", &hits);
    table.exact("derived.hits_total", &[hits.iter().sum()]);
    table.exact("derived.table_total", &[ours.iter().sum()]);
    let moved = hits.iter().zip(&ours).filter(|(a, b)| a != b).count();
    table.exact("derived.moved_cells", &[moved as i64]);
    assert_eq!(ours.len(), layers * steps);
}
