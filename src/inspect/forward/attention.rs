//! Causal attention of a whole text at once: grouped heads, windows, chunks and sinks of public models.

use rayon::prelude::*;

use crate::domain::product::{Into, MatrixView, product};

/// How far back a token looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// To the beginning.
    Full,
    /// At so many tokens, itself included.
    Window(usize),
    /// To the beginning of its stretch of so many tokens.
    Chunk(usize),
}

impl Reach {
    /// The first token that `token` sees; the last one is itself.
    fn from(self, token: usize) -> usize {
        match self {
            Self::Full => 0,
            Self::Window(tokens) => (token + 1).saturating_sub(tokens.max(1)),
            Self::Chunk(tokens) => token - token % tokens.max(1),
        }
    }
}

/// Sizes of an attention.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heads {
    /// Heads of queries.
    pub queries: usize,
    /// Heads of keys and values, a divisor of `queries`.
    pub keys: usize,
    /// Numbers of a query and of a key.
    pub width: usize,
    /// Numbers of a value.
    pub values: usize,
    /// What products of queries and keys are multiplied by.
    pub scale: f32,
    /// How far back tokens look.
    pub reach: Reach,
}

/// Queries of a text that are answered at once; bounds the table of scores.
const QUERIES: usize = 128;

/// Softmax(scale · q kᵀ) v for every head, later tokens unseen.
///
/// - `q`: `[T, queries × width]`, `k`: `[T, keys × width]`, `v`: `[T, keys × values]`
/// - `sinks`: `[queries]` logits that take part in the softmax and have no value (GPT-OSS)
/// - returns `[T, queries × values]`
pub(super) fn attend(heads: &Heads, q: &[f32], k: &[f32], v: &[f32], sinks: Option<&[f32]>) -> Vec<f32> {
    let (row_q, row_k, row_v) = (heads.queries * heads.width, heads.keys * heads.width, heads.keys * heads.values);
    let out_row = heads.queries * heads.values;
    if row_q == 0 || heads.keys == 0 || out_row == 0 {
        return Vec::new();
    }
    let tokens = q.len() / row_q;
    let shared = heads.queries / heads.keys;
    let mut out = vec![0.0; tokens * out_row];
    let blocks: Vec<(usize, &mut [f32])> = out.chunks_mut(QUERIES * out_row).enumerate().collect();
    blocks.into_par_iter().for_each(|(block, out)| {
        let first = block * QUERIES;
        let count = out.len() / out_row;
        let last = first + count;
        // Nobody in this block sees what lies before what its first token sees.
        let from = heads.reach.from(first);
        let seen = last - from;
        let mut scores = vec![0.0; count * seen];
        for head in 0..heads.queries {
            let key = head / shared;
            let queries = view(q, first, count, row_q, head * heads.width, heads.width);
            let keys = view(k, from, seen, row_k, key * heads.width, heads.width);
            product(queries, keys.transposed(), heads.scale, Into::Fresh, &mut scores, seen);
            for (at, row) in scores.chunks_exact_mut(seen).enumerate() {
                let token = first + at;
                let begin = heads.reach.from(token) - from;
                let sink = sinks.and_then(|sinks| sinks.get(head)).copied();
                shares(row, begin..token + 1 - from, sink);
            }
            let values = view(v, from, seen, row_v, key * heads.values, heads.values);
            let place = &mut out[head * heads.values..];
            product(MatrixView::new(&scores, count, seen), values, 1.0, Into::Fresh, place, out_row);
        }
    });
    out
}

/// `columns` numbers from `column` on of `count` rows from `first` on.
fn view(values: &[f32], first: usize, count: usize, row: usize, column: usize, columns: usize) -> MatrixView<'_> {
    MatrixView::strided(&values[first * row + column..], count, columns, row)
}

/// A row of scores becomes its softmax over the scores within `seen`, a sink beside them; the others become 0.
fn shares(row: &mut [f32], seen: std::ops::Range<usize>, sink: Option<f32>) {
    let largest = row[seen.clone()].iter().copied().fold(sink.unwrap_or(f32::NEG_INFINITY), f32::max);
    let mut total = sink.map_or(0.0, |sink| f64::from((sink - largest).exp()));
    for (at, score) in row.iter_mut().enumerate() {
        *score = if seen.contains(&at) { (*score - largest).exp() } else { 0.0 };
        total += f64::from(*score);
    }
    let factor = (1.0 / total) as f32;
    row.iter_mut().for_each(|share| *share *= factor);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(len: usize, seed: f32) -> Vec<f32> {
        (0..len).map(|i| (i as f32 * 0.73 + seed).sin()).collect()
    }

    /// Plain loops in double precision.
    fn twin(heads: &Heads, tokens: usize, q: &[f32], k: &[f32], v: &[f32], sinks: Option<&[f32]>) -> Vec<f64> {
        let mut out = Vec::new();
        for i in 0..tokens {
            for h in 0..heads.queries {
                let g = h * heads.keys / heads.queries;
                let seen: Vec<usize> = (0..=i)
                    .filter(|&j| match heads.reach {
                        Reach::Full => true,
                        Reach::Window(n) => i - j < n,
                        Reach::Chunk(n) => i / n == j / n,
                    })
                    .collect();
                let dot = |j: usize| -> f64 {
                    (0..heads.width)
                        .map(|d| {
                            f64::from(q[(i * heads.queries + h) * heads.width + d])
                                * f64::from(k[(j * heads.keys + g) * heads.width + d])
                        })
                        .sum()
                };
                let powers: Vec<f64> = seen.iter().map(|&j| (f64::from(heads.scale) * dot(j)).exp()).collect();
                let total = powers.iter().sum::<f64>() + sinks.map_or(0.0, |sinks| f64::from(sinks[h]).exp());
                for d in 0..heads.values {
                    let value = |j: usize| f64::from(v[(j * heads.keys + g) * heads.values + d]);
                    out.push(seen.iter().zip(&powers).map(|(&j, p)| p / total * value(j)).sum());
                }
            }
        }
        out
    }

    #[test]
    fn every_reach_with_and_without_sinks_against_loops() {
        for tokens in [1, 5, QUERIES, 2 * QUERIES + 3] {
            for (reach, sunk) in
                [(Reach::Full, false), (Reach::Window(3), true), (Reach::Chunk(4), false), (Reach::Full, true)]
            {
                let heads = Heads { queries: 4, keys: 2, width: 6, values: 3, scale: 1.7, reach };
                let (q, k) = (numbers(tokens * 24, 0.1), numbers(tokens * 12, 0.2));
                let v = numbers(tokens * 6, 0.3);
                let sinks = [0.5, -1.0, 4.0, 0.0];
                let sinks = sunk.then_some(&sinks[..]);
                let found = attend(&heads, &q, &k, &v, sinks);
                let expected = twin(&heads, tokens, &q, &k, &v, sinks);
                assert_eq!(found.len(), expected.len());
                for (a, b) in found.iter().zip(&expected) {
                    assert!((f64::from(*a) - b).abs() < 1e-5, "{tokens} {reach:?} {a} {b}");
                }
            }
        }
    }
}
