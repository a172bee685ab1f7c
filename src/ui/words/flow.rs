//! The flow: the layer in the middle, its bytes, ribbons and experts.

use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::language::FixedText;
use crate::words::table::sentences;

texts! { "flow":
    /// The picture of a layer, where it is a page among others.
    pub(crate) LAYER;
    /// Bytes are carried by the router's picks.
    pub(crate) ROUTER;
    /// Or by the winners.
    pub(crate) WINNERS;
    /// What the layer did: all experts answered.
    pub(crate) COMPETITION_STEP;
    /// Or only the router's picks.
    pub(crate) ROUTER_STEP;
    /// The same where there is little room.
    pub(crate) ALL_ANSWERED_SHORT;
    /// Column of bytes.
    pub(crate) BYTE;
    /// Column of the router's probabilities.
    pub(crate) ROUTER_P;
    /// Column of ribbons: the winners'.
    pub(crate) WINNERS_CARRY;
    /// Column of ribbons: the router's.
    pub(crate) PICKS_CARRY;
    /// Column of experts.
    pub(crate) EXPERT;
    /// Column of what comes out.
    pub(crate) OUTPUT_MIX;
    /// Column of winners that were predicted.
    pub(crate) PREDICTED;
    /// In the place of how many winners were predicted: there are none.
    pub(crate) NO_COMPETITION;
    /// Shares the router sends.
    pub(crate) LOAD;
    /// Shares won.
    pub(crate) WINS;
    ONLY_EXPERT_WON;
    SPACE;
    LINE_END;
    AND;
    DISC_LONG;
    DISC_SHORT;
    RING_LONG;
    RING_SHORT;
    RIBBON_LONG;
    RIBBON_SHORT;
    DASHED_LONG;
    DASHED_SHORT;
    CROSS_LONG;
    CROSS_SHORT;
    THE_WINNERS;
    THE_PICKS;
}

sentences! { "flow":
    /// The layer that is shown.
    pub(crate) fn title(layer: usize) { layer = layer + 1 };
    /// The button of a layer.
    pub(crate) fn show_layer(layer: usize) { layer = layer + 1 };
    /// The button of one of them, by name.
    pub(crate) fn carried_by(experts: &str) { experts = experts };
    /// What happens on a router step.
    pub(crate) fn top_answered(top_k: usize) { top_k = top_k };
    /// The same where there is little room.
    pub(crate) fn top_answered_short(top_k: usize) { top_k = top_k };
    /// What the layer did, whole.
    pub(crate) fn last_step(layer: usize, kind: &str, what: &str) { layer = layer + 1, kind = kind, what = what };
    /// The text of the probe; bytes are counted from 0 and told from 1.
    pub(crate) fn text(first: usize, rows: usize) { first = first + 1, rows = first + rows };
    /// The text of the batch of a step.
    pub(crate) fn batch_text(first: usize, rows: usize) { first = first + 1, rows = first + rows };
    /// A row of a step at which nobody competes, or has not yet.
    pub(crate) fn row_routed(byte: u8, token: usize, picked: &[ExpertId]) { byte = byte_name(byte), token = numbers::count(token as u64), picked = all_of(picked) };
    /// An expert in the batch of a step.
    pub(crate) fn batch_shares(id: ExpertId, load: f32, wins: f32, even: f32) { id = id, load = numbers::percent(f64::from(load)), wins = numbers::percent(f64::from(wins)), even = numbers::percent(f64::from(even)) };
    /// A row: who was picked, who won.
    pub(crate) fn row(byte: u8, token: usize, picked: &[ExpertId], won: &[ExpertId]) { byte = byte_name(byte), token = numbers::count(token as u64), picked = all_of(picked), won = all_of(won) };
    /// An expert: its shares and the even one.
    pub(crate) fn shares(id: ExpertId, load: f32, wins: f32, even: f32) { id = id, load = numbers::percent(f64::from(load)), wins = numbers::percent(f64::from(wins)), even = numbers::percent(f64::from(even)) };
    /// How many winners the router picked.
    pub(crate) fn predicted(count: usize, winners: usize) { count = count, winners = winners };
    fn all_experts_answered(experts, top_k);
    fn carried_and_predicted(carriers, predicted);
}

/// What a competition is.
pub(crate) fn all_answered(experts: usize, top_k: usize) -> String {
    if experts == 1 {
        return ONLY_EXPERT_WON.into();
    }
    all_experts_answered(experts, top_k)
}

/// A byte by name.
pub(crate) fn byte_name(byte: u8) -> String {
    match byte {
        b' ' => SPACE.into(),
        b'\n' => LINE_END.into(),
        b'!'..=b'~' => format!("“{}”", char::from(byte)),
        other => format!("0x{other:02x}"),
    }
}

fn all_of(ids: &[ExpertId]) -> String {
    ids.iter().map(ExpertId::to_string).collect::<Vec<String>>().join(&format!(" {AND} "))
}

/// What a disc is, and the same where there is little room.
pub(crate) const DISC: [FixedText; 2] = [DISC_LONG, DISC_SHORT];
/// What a ring is.
pub(crate) const RING: [FixedText; 2] = [RING_LONG, RING_SHORT];
/// What a ribbon is.
pub(crate) const RIBBON: [FixedText; 2] = [RIBBON_LONG, RIBBON_SHORT];
/// What is dashed while winners carry.
pub(crate) const DASHED: [FixedText; 2] = [DASHED_LONG, DASHED_SHORT];
/// What a cross is while the router's picks carry.
pub(crate) const CROSS: [FixedText; 2] = [CROSS_LONG, CROSS_SHORT];

/// The foot as a whole.
pub(crate) fn foot(by_winners: bool, predicted: &str) -> String {
    let carriers = if by_winners { THE_WINNERS } else { THE_PICKS };
    carried_and_predicted(carriers, predicted)
}
