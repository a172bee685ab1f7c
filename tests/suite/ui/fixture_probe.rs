//! Hand-made probes for the window: choices, diagnosis and matrices of a run that looks plausible.

use std::sync::Arc;

use moe_arena::domain::draw::{Draws, Purpose};
use moe_arena::domain::measures::dump::{Dump, Picks, diagnose};
use moe_arena::domain::measures::rows::Table;
use moe_arena::domain::readings::{
    AgreementNumbers, ByteClass, Choices, Diagnosis, Item, LayerProbe, Load, Matrices, Matrix, ProbeItems, ProbeReading,
};

use super::fixture::{Shape, tokens};

pub(super) fn unit(step: u64, lane: u64) -> f64 {
    Draws::new(18, Purpose::Probe, step, lane).unit()
}

/// Counts that add up to `total`, spread as `lean` says, with a little noise.
pub(super) fn counts(lean: &[f64], total: u32, step: u64, lane: u64) -> Vec<u32> {
    let noisy: Vec<f64> =
        lean.iter().enumerate().map(|(i, l)| l * (0.85 + 0.3 * unit(step, lane * 64 + i as u64))).collect();
    let sum: f64 = noisy.iter().sum();
    noisy.iter().map(|l| (l / sum * f64::from(total)).round() as u32).collect()
}

pub(super) fn lean(experts: usize, layer: usize) -> Vec<f64> {
    (0..experts).map(|i| 0.45 + 0.9 * unit(7 + layer as u64, i as u64)).collect()
}

/// Who is wanted and who wins: the router follows the responses more closely the longer the run.
pub(super) fn choices(n: usize, top_k: usize, step: u64, lane: u64, tokens: usize) -> Choices {
    let k = top_k.min(n);
    let mut found = Choices { experts: n, k, ..Choices::default() };
    for token in 0..tokens as u64 {
        let of = |salt: u64, i: usize| unit(salt, lane * 1_000_003 + token * 521 + i as u64);
        let s: Vec<f64> = (0..n).map(|i| 0.62 + 0.22 * of(77, i).powi(3)).collect();
        let doubt = 0.25 + 40.0 / (step + 60) as f64;
        let z: Vec<f64> = (0..n).map(|i| 18.0 * (s[i] - 0.7) + doubt * 3.0 * (of(step + 100, i) - 0.5)).collect();
        let all: f64 = z.iter().map(|z| z.exp()).sum();
        let p: Vec<f64> = z.iter().map(|z| z.exp() / all).collect();
        let best = |values: &[f64]| {
            let mut slots: Vec<u16> = (0..n as u16).collect();
            slots.sort_by(|&a, &b| values[usize::from(b)].total_cmp(&values[usize::from(a)]));
            slots.truncate(k);
            slots
        };
        let (picks, winners) = (best(&p), best(&s));
        let kept: f64 = picks.iter().map(|&slot| p[usize::from(slot)]).sum();
        found.weights.extend(picks.iter().map(|&slot| (p[usize::from(slot)] / kept) as f32));
        found.picks.extend(picks);
        found.winners.extend(winners);
        found.p.extend(p.iter().map(|&p| p as f32));
        found.s.extend(s.iter().map(|&s| s as f32));
    }
    found
}

/// Every measure of such choices.
pub(super) fn diagnosis(choices: &Choices, bytes: &[u8]) -> (Diagnosis, Matrices) {
    let n = choices.experts;
    let logits: Vec<f64> = choices.p.iter().map(|&p| f64::from(p).ln()).collect();
    let index: Vec<u32> = choices.picks.iter().map(|&slot| u32::from(slot)).collect();
    let labels: Vec<u32> = bytes.iter().map(|&byte| ByteClass::of(byte) as u32).collect();
    diagnose(&Dump {
        logits: &Table::new(&logits, n),
        scores: Some(&Table::new(&choices.s, n)),
        picks: Picks::Ranked { index: &index, k: choices.k },
        weights: None,
        hidden: None,
        outputs: None,
        labels: Some(&labels),
    })
    .expect("sound numbers")
}

pub(super) fn probe(shape: Shape, step: u64, top_k: usize) -> ProbeReading {
    let n = shape.experts;
    let text = b"voyage was welcome; the great flood-gates of the wonder-world swung open, and in the wild conceits\n";
    let bytes: Vec<u8> = text.iter().copied().cycle().take(tokens(shape)).collect();
    let layers = (0..shape.layers)
        .map(|layer| {
            let lane = layer as u64;
            let routed = counts(&lean(n, layer), 1024, step, 900 + lane);
            let won = counts(&lean(n, layer), 1024, step, 950 + lane);
            let settled = 1.0 - (-(step as f64) / 700.0).exp();
            let top1 = 0.2 + 0.58 * settled + 0.06 * (unit(step, lane) - 0.5);
            let chance = 0.145;
            let cell = |row: usize, column: usize| {
                let share = if row == column { top1 } else { (1.0 - top1) / n as f64 };
                (f64::from(won[row]) * share) as u32
            };
            let confusion = (0..n).map(|row| (0..n).map(|column| cell(row, column)).collect()).collect();
            let mut output_cosine = vec![vec![Some(1.0); n]; n];
            let mut worst = None::<(usize, usize, f64)>;
            for (a, b) in (0..n).flat_map(|a| (0..a).map(move |b| (a, b))) {
                let cosine = (unit(3 + lane, (a * n + b) as u64).powi(2) - 0.25) * 0.6;
                output_cosine[a][b] = Some(f64::from(cosine as f32));
                output_cosine[b][a] = output_cosine[a][b];
                if worst.is_none_or(|w| cosine > w.2) {
                    worst = Some((b, a, cosine));
                }
            }
            let width = 128;
            let choices = choices(n, top_k, step, lane, tokens(shape));
            let each = |change: &dyn Fn(f32) -> f32| -> Option<Matrix> {
                let cell = |cell: &Option<f64>| cell.map(|cosine| f64::from(change(cosine as f32)));
                Some(output_cosine.iter().map(|row| row.iter().map(cell).collect()).collect())
            };
            let (mut diagnosis, of_picks) = diagnosis(&choices, &bytes);
            let matrices = Matrices {
                cka: each(&|cosine| cosine.abs().sqrt()),
                row_cosine: each(&|cosine| cosine * 0.8),
                output_cosine: Some(output_cosine),
                confusion: Some(confusion),
                ..of_picks
            };
            diagnosis.load = Load {
                counts: Some(routed),
                effective_experts: Some(0.96 * n as f64),
                entropy_norm: Some(0.97),
                ..diagnosis.load
            };
            diagnosis.agreement = AgreementNumbers {
                won: Some(won),
                top1: Some(top1),
                chance: Some(chance),
                kappa: Some((top1 - chance) / (1.0 - chance)),
                recall_at_k: Some(0.1 + top1 * 0.85),
                recall_chance: Some(top_k as f64 / n as f64),
                response_captured: Some(0.9 + top1 * 0.1),
                skill: Some(0.4),
                ..diagnosis.agreement
            };
            diagnosis.beside.captured_at_random = Some(0.902);
            diagnosis.router.repetition = Some(0.44 + 0.1 * unit(step, lane));
            diagnosis.router.response_choice = Some(0.3 * settled);
            diagnosis.collapse.effective_rank = Some(78.0);
            diagnosis.collapse.rank_limit = Some(width);
            diagnosis.collapse.spectrum = Some((0..width).map(|i| f64::from((-(i as f32) / 26.0).exp())).collect());
            diagnosis.similarity.cka_tokens = Some(512);
            diagnosis.similarity.mean_output_cosine = (n > 1).then_some(0.08);
            diagnosis.similarity.worst_pair = worst;
            LayerProbe { diagnosis, choices, matrices }
        })
        .collect();
    let tokens = tokens(shape);
    let losses = (0..tokens).map(|token| 0.4 + 3.0 * unit(step, 5000 + token as u64) as f32).collect();
    let items = Arc::new(ProbeItems::new(bytes.into_iter().map(Item::Byte).collect()));
    ProbeReading { step, tokens, context: 128, items, losses, layers }
}
