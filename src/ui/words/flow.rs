//! The flow: the layer in the middle, its bytes, ribbons and experts.

use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers;

/// The picture of a layer, where it is a page among others.
pub const LAYER: &str = "Layer";

/// The layer that is shown.
pub fn title(layer: usize) -> String {
    format!("Layer {}", layer + 1)
}

/// The button of a layer.
pub fn show_layer(layer: usize) -> String {
    format!("Show layer {}", layer + 1)
}

/// Bytes are carried by the router's picks.
pub const ROUTER: &str = "router";
/// Or by the winners.
pub const WINNERS: &str = "winners";

/// The button of one of them, by name.
pub fn carried_by(whom: &str) -> String {
    format!("Carried by the {whom}")
}

/// What the layer did: all experts answered.
pub const COMPETITION_STEP: &str = "competition step";
/// Or only the router's picks.
pub const ROUTER_STEP: &str = "router step";

/// What a competition is.
pub fn all_answered(experts: usize, top_k: usize) -> String {
    if experts == 1 {
        return "the only expert answered and won".into();
    }
    format!("all {experts} experts answered, the top {top_k} won")
}

/// The same where there is little room.
pub const ALL_ANSWERED_SHORT: &str = "all answered";

/// What happens on a router step.
pub fn top_answered(top_k: usize) -> String {
    format!("the router's top {top_k} answered each token")
}

/// The same where there is little room.
pub fn top_answered_short(top_k: usize) -> String {
    format!("top {top_k} answered")
}

/// What the layer did, whole.
pub fn last_step(layer: usize, kind: &str, what: &str) -> String {
    format!("Layer {}: {kind}, {what}", layer + 1)
}

/// The text of the probe; bytes are counted from 0 and told from 1.
pub fn text(first: usize, rows: usize) -> String {
    format!("Text of the probe, bytes {} to {} shown below", first + 1, first + rows)
}

/// A byte by name.
pub fn byte_name(byte: u8) -> String {
    match byte {
        b' ' => "space".into(),
        b'\n' => "line end".into(),
        b'!'..=b'~' => format!("“{}”", char::from(byte)),
        other => format!("0x{other:02x}"),
    }
}

/// Column of bytes.
pub const BYTE: &str = "Byte";
/// Column of the router's probabilities.
pub const ROUTER_P: &str = "Router p";
/// Column of ribbons: the winners'.
pub const WINNERS_CARRY: &str = "Winners carry the byte";
/// Column of ribbons: the router's.
pub const PICKS_CARRY: &str = "The router's picks carry the byte";
/// Column of experts.
pub const EXPERT: &str = "Expert";
/// Column of what comes out.
pub const OUTPUT_MIX: &str = "Output mix";
/// Column of winners that were foreseen.
pub const FORESEEN: &str = "Foreseen";
/// Shares the router sends.
pub const LOAD: &str = "load";
/// Shares won.
pub const WINS: &str = "wins";

/// A row: who was picked, who won.
pub fn row(byte: u8, token: usize, picked: &[ExpertId], won: &[ExpertId]) -> String {
    format!(
        "Byte {} at {}: router picks {}, won by {}",
        byte_name(byte),
        numbers::count(token as u64),
        all_of(picked),
        all_of(won)
    )
}

fn all_of(ids: &[ExpertId]) -> String {
    ids.iter().map(ExpertId::to_string).collect::<Vec<String>>().join(" and ")
}

/// An expert: its shares and the even one.
pub fn shares(id: ExpertId, load: f32, wins: f32, even: f32) -> String {
    format!(
        "Expert {id}: {} of the probe's picks, {} of its wins; even is {}",
        numbers::percent(f64::from(load)),
        numbers::percent(f64::from(wins)),
        numbers::percent(f64::from(even))
    )
}

/// What a disc is, and the same where there is little room.
pub const DISC: [&str; 2] = ["disc: share the router sends, %", "disc: load, %"];
/// What a ring is.
pub const RING: [&str; 2] = ["ring: share won, %", "ring: wins, %"];
/// What a ribbon is.
pub const RIBBON: [&str; 2] = ["ribbon: weight", "weight"];
/// What is dashed while winners carry.
pub const DASHED: [&str; 2] = ["the router wanted it, it lost", "wanted, lost"];
/// What a cross is while the router's picks carry.
pub const CROSS: [&str; 2] = ["cross: won, and the router missed it", "cross: missed"];

/// How many winners the router picked.
pub fn foreseen(count: usize, winners: usize) -> String {
    format!("{count} of {winners} foreseen")
}

/// The foot as a whole.
pub fn foot(by_winners: bool, foreseen: &str) -> String {
    let carriers = if by_winners { "the winners" } else { "the router's picks" };
    format!("Carried by {carriers}; winners among the router's picks: {foreseen}")
}
