//! What is said of a checkpoint that is looked at: its manifest, text, table, pictures, findings and competition.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use crate::domain::quote;
use crate::domain::roster::ExpertId;
use crate::inspect::FindingRule;
use crate::run::{InspectionWorkKind, utc};
use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "inspected":
    /// The table.
    pub(crate) EXPERTS;
    /// All layers.
    pub(crate) LOADS;
    /// How alike experts are.
    pub(crate) LIKENESS;
    /// The text that is routed.
    pub(crate) TEXT;
    /// What it shows.
    pub(crate) TEXT_CAPTION;
    /// In an empty text.
    pub(crate) TYPE_HERE;
    /// All experts are to answer, but there is no text.
    pub(crate) COMPETITION_WAITS;
    /// The choice of the layer.
    pub(crate) LAYER;
    /// The switch of the competition.
    pub(crate) LET_ALL_ANSWER;
    /// What a violet line is.
    pub(crate) ABOUT_DISAGREES;
    /// What the loss of the text is.
    pub(crate) ABOUT_LOSS;
    /// The head of the rail.
    pub(crate) MANIFEST;
    /// Everything was read.
    pub(crate) COMPLETE;
    /// It is being read.
    pub(crate) READING;
    /// Reading was given up.
    pub(crate) IN_PART;
    /// It cannot be read.
    pub(crate) UNREADABLE;
    /// When it was saved.
    pub(crate) ABOUT_SAVED;
    /// A fact: length and tensors.
    pub(crate) FILE;
    /// What it is.
    pub(crate) ABOUT_FILE;
    /// A fact: how it is stored.
    pub(crate) FORMAT;
    /// What it is.
    pub(crate) ABOUT_FORMAT;
    /// What the version is.
    pub(crate) ABOUT_VERSION;
    /// A fact: the family.
    pub(crate) FAMILY;
    /// What it is.
    pub(crate) ABOUT_FAMILY;
    /// A fact: the model type.
    pub(crate) MODEL_TYPE;
    /// What it is.
    pub(crate) ABOUT_MODEL_TYPE;
    /// A fact: how experts lie.
    pub(crate) LAYOUT;
    /// A fact: files.
    pub(crate) FILES;
    /// What they are.
    pub(crate) ABOUT_FILES;
    /// What the types are.
    pub(crate) ABOUT_TYPES;
    /// A fact: all weights.
    pub(crate) PARAMETERS;
    /// What they are.
    pub(crate) ABOUT_PARAMETERS;
    /// A fact: active weights.
    pub(crate) ACTIVE;
    /// What they are.
    pub(crate) ABOUT_ACTIVE;
    /// A fact: weights of an expert.
    pub(crate) PER_EXPERT;
    /// What they are.
    pub(crate) ABOUT_PER_EXPERT;
    /// A fact: layers.
    pub(crate) LAYERS;
    /// What they are.
    pub(crate) ABOUT_LAYERS;
    /// A fact: the rule.
    pub(crate) SCORING;
    /// What it is.
    pub(crate) ABOUT_SCORING;
    /// Before what config and files disagree on.
    pub(crate) DISAGREEMENTS;
    /// A fact: where it is.
    pub(crate) PLACE;
    /// A fact: the other checkpoint.
    pub(crate) COMPARED_WITH;
    /// Before the menu of the other checkpoint.
    pub(crate) COMPARED_WITH_WORDS;
    /// The button that gives up what is being read.
    pub(crate) CANCEL_WORK;
    /// What it does.
    pub(crate) ABOUT_CANCEL;
    /// The head of the recent files.
    pub(crate) RECENT;
    /// Beside it.
    pub(crate) DROP_HERE;
    /// The line above the present run.
    pub(crate) INVITATION;
    /// The button that opens another.
    pub(crate) OPEN;
    /// The button that opens any.
    pub(crate) OPEN_ANY;
    /// What it does.
    pub(crate) ABOUT_OPEN_ANY;
    /// The entry that opens the other one.
    pub(crate) OPEN_OTHER;
    /// The menu of the file.
    pub(crate) FILE_MENU;
    /// Its entries.
    pub(crate) FILE_ENTRIES;
    /// The menu of the other one.
    pub(crate) AGAINST_MENU;
    /// Its entries.
    pub(crate) AGAINST_ENTRIES;
    /// What it does.
    pub(crate) ABOUT_AGAINST;
    /// Compared with none.
    pub(crate) NO_OTHER;
    /// The entry that puts it away.
    pub(crate) CLOSE;
    /// What it does.
    pub(crate) ABOUT_CLOSE;
    /// The button that goes on training.
    pub(crate) RESUME;
    /// What it does.
    pub(crate) ABOUT_RESUME;
    /// What the button of the report does.
    pub(crate) ABOUT_REPORT;
    /// Where numbers are still being read.
    pub(crate) NOT_READ_YET;
    /// Where numbers are not there.
    pub(crate) NOT_MEASURED;
    /// Where neurons are not matched.
    pub(crate) TOO_MANY_TO_MATCH;
    pub(crate) LIKENESS_NOT_KEPT;
    /// Where no text was routed.
    pub(crate) NO_LOAD;
    /// The switch of the order.
    pub(crate) WORST_FIRST;
    /// What it does.
    pub(crate) ABOUT_WORST_FIRST;
    /// What a folded row does.
    pub(crate) ABOUT_ALIKE;
    /// The mean likeness.
    pub(crate) MEAN_OF_PAIRS;
    /// The largest.
    pub(crate) MOST_ALIKE;
    /// Findings.
    pub(crate) FINDINGS;
    /// Where there is none so far.
    pub(crate) NOTHING_YET;
    /// What a press on a finding does.
    pub(crate) LOOK_AT_IT;
    /// The agreement with a competition.
    pub(crate) COMPETITION;
    /// Where it is under way.
    pub(crate) COMPETITION_RUNS;
    /// Where nobody asked for one.
    pub(crate) NO_COMPETITION;
    /// Below the name of a measure.
    pub(crate) BY_CHANCE;
    /// The matrix.
    pub(crate) CONFUSION;
}

sentences! { "inspected":
    /// What the text tile is.
    pub(crate) fn about_text();
    /// What the table is.
    pub(crate) fn about_experts();
    /// What the map is.
    pub(crate) fn about_loads();
    /// What the similarity is.
    pub(crate) fn about_likeness();
    /// What the findings are.
    pub(crate) fn about_findings();
    /// What the agreement is.
    pub(crate) fn about_agreement();
    /// What letting all answer does.
    pub(crate) fn about_competition();
    /// Which layer is shown.
    pub(crate) fn of_layer(layer: usize, layers: usize) { layer = layer + 1, layers = layers };
    /// The same, short.
    pub(crate) fn layer_of(layer: usize, layers: usize) { layer = layer + 1, layers = layers };
    /// The key of the layer.
    pub(crate) fn about_layer(key: &str) { key = quote::name(key) };
    /// The head of a column, by name.
    pub(crate) fn order_by(name: &str) { name = name };
    /// What a column is.
    pub(crate) fn column(name: &str, about: &str) { name = name, about = about };
    /// A row of the table.
    pub(crate) fn row(id: ExpertId, load: &str, findings: usize) { id = id, load = load, findings = findings };
    /// The table in one sentence.
    pub(crate) fn experts_said(experts: usize, findings: usize) { experts = experts, findings = findings };
    /// The map in one sentence.
    pub(crate) fn map_said(layers: usize, rows: usize) { layers = layers, rows = rows };
    /// A choice of the map, by name.
    pub(crate) fn show_map(name: &str) { name = name };
    fn layers_alike(first: usize, last: usize, low: &str, high: &str) { first = first, last = last, low = low, high = high };
    /// A cell of the map.
    pub(crate) fn cell(layer: usize, id: ExpertId, value: &str, key: &str, expert: usize) { layer = layer + 1, id = id, value = value, key = quote::name(key), number = expert };
    /// A multiple of the mean.
    pub(crate) fn times_mean(times: &str) { times = times };
    /// A cell of the similarity.
    pub(crate) fn pair(one: ExpertId, other: ExpertId, value: &str) { one = one, other = other, value = value };
    fn none_alike();
    fn two_most_alike(one: ExpertId, other: ExpertId, value: &str) { one = one, other = other, value = value };
    /// In an empty text, where ids are typed instead of words.
    pub(crate) fn type_ids(why: &str) { why = why };
    /// Why the text that is typed is not routed.
    pub(crate) fn text_refused(why: &str) { why = why };
    /// Why no text is run.
    pub(crate) fn no_text(why: &str) { why = why };
    /// Where the competition disagrees.
    pub(crate) fn disagrees(away: usize, tokens: usize) { away = away, tokens = tokens };
    /// How many an expert is the first of.
    pub(crate) fn first_of(id: ExpertId, hue: &str, count: u64) { id = id, hue = hue, count = count };
    /// The switch with its cost.
    pub(crate) fn let_all_answer(cost: &str) { cost = cost };
    /// The loss of the text.
    pub(crate) fn loss(loss: &str) { loss = loss };
    /// A token and its first expert.
    pub(crate) fn token(piece: &str, id: ExpertId, hue: &str) { piece = piece, id = id, hue = hue };
    /// The same where the competition agrees.
    pub(crate) fn token_won(piece: &str, id: ExpertId, hue: &str) { piece = piece, id = id, hue = hue };
    /// The same where it does not.
    pub(crate) fn token_lost(piece: &str, id: ExpertId, hue: &str, winner: ExpertId) { piece = piece, id = id, hue = hue, winner = winner };
    /// A token that no expert took.
    pub(crate) fn nowhere(piece: &str) { piece = piece };
    /// Time that is left.
    pub(crate) fn left(time: &str) { time = time };
    /// How far the work is.
    pub(crate) fn share_and_left(share: &str, left: &str) { share = share, left = left };
    /// The work in one sentence.
    pub(crate) fn work_said(what: &str, far: &str) { what = what, far = far };
    fn reads_header();
    fn reads_routers();
    fn measures_layer(key: &str) { key = quote::name(key) };
    fn routes(layer: usize, layers: usize) { layer = layer + 1, layers = layers };
    fn competes(layer: usize, layers: usize) { layer = layer + 1, layers = layers };
    fn compares();
    /// Two numbers.
    pub(crate) fn two(one: usize, other: usize) { one = one, other = other };
    /// Experts and k.
    pub(crate) fn experts_and_k(experts: usize, k: &str) { experts = experts, k = k };
    /// Length and tensors.
    pub(crate) fn file_size(bytes: &str, tensors: usize) { bytes = bytes, tensors = tensors };
    /// Version of the format.
    pub(crate) fn version(version: u64) { version = version };
    /// Files and bytes.
    pub(crate) fn files_size(files: usize, bytes: &str) { files = files, bytes = bytes };
    /// A type of numbers.
    pub(crate) fn stored_as(kind: &str) { kind = kind };
    /// What a layout is.
    pub(crate) fn about_layout(block: &str) { block = block };
    /// A recent file, by name.
    pub(crate) fn look_at(name: &str, about: &str) { name = name, about = about };
    /// The page of findings.
    pub(crate) fn findings_page(count: usize) { count = count };
    /// How many findings there are.
    pub(crate) fn found(count: usize) { count = count };
    /// Findings that are not shown.
    pub(crate) fn more_findings(count: usize) { count = count };
    /// Experts that are not shown.
    pub(crate) fn and_more(count: usize) { count = count };
    fn rule_titled(name: &str, count: usize) { name = name, count = count };
    /// A rule in one sentence.
    pub(crate) fn rule_said(title: &str, why: &str, tries: &str) { title = title, why = why, tries = tries };
    /// A finding in one sentence.
    pub(crate) fn finding(layer: usize, experts: &str, value: &str) { layer = layer + 1, experts = experts, value = value };
    fn value_of(of: &str, value: &str, limit: &str) { of = of, value = value, limit = limit };
    fn value_alone(value: &str, limit: &str) { value = value, limit = limit };
    /// A row of the agreement.
    pub(crate) fn agreement_said(layer: usize, top1: &str, chance: &str, captured: &str) { layer = layer + 1, top1 = top1, chance = chance, captured = captured };
    /// A cell of the confusion.
    pub(crate) fn confused(row: ExpertId, column: ExpertId, count: &str) { row = row, column = column, number = count };
    fn rule_not_finite();
    fn rule_dead_row();
    fn rule_twins();
    fn rule_collapsed();
    fn rule_faint();
    fn rule_loud_row();
    fn rule_bias();
    /// The status line.
    pub(crate) fn looking();
    /// The same while a run goes on.
    pub(crate) fn looking_beside();
}

/// Several layers that are alike: the first, the one after the last, and the smallest and largest spread.
pub(crate) fn alike(first: usize, end: usize, [low, high]: [f64; 2]) -> String {
    layers_alike(first + 1, end, &numbers::fixed(low, 2), &numbers::fixed(high, 2))
}

/// The similarity in one sentence: the two that are most alike, and their cosine.
pub(crate) fn likeness_said(most: Option<(ExpertId, ExpertId, f64)>) -> String {
    match most {
        Some((one, other, cosine)) => two_most_alike(one, other, &numbers::fixed(cosine, 2)),
        None => none_alike().to_owned(),
    }
}

/// What is under way.
pub(crate) fn work(kind: &InspectionWorkKind) -> String {
    match kind {
        InspectionWorkKind::Header => reads_header().to_owned(),
        InspectionWorkKind::Routers => reads_routers().to_owned(),
        InspectionWorkKind::Health { layer } => measures_layer(layer),
        InspectionWorkKind::Text { layer, layers, competes: false } => routes(*layer, *layers),
        InspectionWorkKind::Text { layer, layers, competes: true } => competes(*layer, *layers),
        InspectionWorkKind::Against => compares().to_owned(),
    }
}

/// When a file was written: seconds since 1970.
pub(crate) fn saved(seconds: u64) -> String {
    utc(UNIX_EPOCH + Duration::from_secs(seconds)).replace('T', " ").trim_end_matches('Z').to_owned()
}

/// The name of a file or folder.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| quote::path(path), |name| quote::name(&name.to_string_lossy()))
}

/// A rule, and how many findings are by it.
pub(crate) fn rule(rule: FindingRule, count: usize) -> String {
    let name = match rule {
        FindingRule::NotFinite => rule_not_finite(),
        FindingRule::DeadRouterRow => rule_dead_row(),
        FindingRule::TwinExperts => rule_twins(),
        FindingRule::RankCollapsedExpert => rule_collapsed(),
        FindingRule::FaintExpert => rule_faint(),
        FindingRule::LoudRouterRow => rule_loud_row(),
        FindingRule::BiasOutOfRange => rule_bias(),
    };
    rule_titled(name, count)
}

/// What was measured beside its limit, and of what: gate, up, down or router.
pub(crate) fn finding_value(of: Option<&str>, value: &str, limit: &str) -> String {
    match of {
        Some(of) => value_of(of, value, limit),
        None => value_alone(value, limit),
    }
}
