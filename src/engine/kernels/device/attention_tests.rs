//! Attention on a graphics device against loops in double precision, forward and backward.

use super::attention::{backward, forward};
use super::fixture::{close, down, fill_memory_with_nan, graphics, normals, up64};

/// Cosines, then sines, of angles that are a little different for every pair: `[2, positions, pairs]`.
fn table(positions: usize, pairs: usize) -> Vec<f64> {
    let angle = |t: usize, i: usize| t as f64 * 100f64.powf(-(i as f64) / pairs as f64) + 0.1;
    let all = || (0..positions).flat_map(|t| (0..pairs).map(move |i| angle(t, i)));
    all().map(|a| f64::from(a.cos() as f32)).chain(all().map(|a| f64::from(a.sin() as f32))).collect()
}

struct Twin {
    sequences: usize,
    positions: usize,
    heads: usize,
    head: usize,
    rotary: Vec<f64>,
    table: usize,
}

impl Twin {
    /// Turns one head's numbers at position `t`, or back.
    fn turn(&self, x: &[f64], t: usize, back: bool) -> Vec<f64> {
        let half = self.head / 2;
        let mut y = vec![0.0; self.head];
        for i in 0..half {
            let (cos, sin) = (self.rotary[t * half + i], self.rotary[(self.table + t) * half + i]);
            let sin = if back { -sin } else { sin };
            y[i] = x[i] * cos - x[i + half] * sin;
            y[i + half] = x[i + half] * cos + x[i] * sin;
        }
        y
    }

    /// The result `[T, D]` and the gradient of qkv `[T, 3D]` when that of the result is `g`.
    fn run(&self, qkv: &[f64], g: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (w, d) = (self.head, self.head * self.heads);
        let scale = (w as f64).powf(-0.5);
        let (mut out, mut dqkv) = (vec![0.0; g.len()], vec![0.0; qkv.len()]);
        for sequence in 0..self.sequences {
            for head in 0..self.heads {
                let row = |t: usize| sequence * self.positions + t;
                let part = |t: usize, i: usize| (row(t) * 3 + i) * d + head * w;
                let of = |t: usize, i: usize| &qkv[part(t, i)..part(t, i) + w];
                let turned: Vec<[Vec<f64>; 2]> =
                    (0..self.positions).map(|t| [0, 1].map(|i| self.turn(of(t, i), t, false))).collect();
                let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
                let mut sums = vec![[vec![0.0; w], vec![0.0; w]]; self.positions];
                for t in 0..self.positions {
                    let g = &g[row(t) * d + head * w..row(t) * d + head * w + w];
                    let scores: Vec<f64> = (0..=t).map(|j| dot(&turned[t][0], &turned[j][1]) * scale).collect();
                    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let sum: f64 = scores.iter().map(|s| (s - largest).exp()).sum();
                    let p: Vec<f64> = scores.iter().map(|s| (s - largest).exp() / sum).collect();
                    let pulls: Vec<f64> = (0..=t).map(|j| dot(g, of(j, 2))).collect();
                    let mean = dot(&p, &pulls);
                    for j in 0..=t {
                        let slope = p[j] * (pulls[j] - mean) * scale;
                        for i in 0..w {
                            out[row(t) * d + head * w + i] += p[j] * of(j, 2)[i];
                            dqkv[part(j, 2) + i] += p[j] * g[i];
                            sums[t][0][i] += slope * turned[j][1][i];
                            sums[j][1][i] += slope * turned[t][0][i];
                        }
                    }
                }
                for (t, sums) in sums.iter().enumerate() {
                    for (i, sum) in sums.iter().enumerate() {
                        dqkv[part(t, i)..part(t, i) + w].copy_from_slice(&self.turn(sum, t, true));
                    }
                }
            }
        }
        (out, dqkv)
    }
}

#[test]
fn attention_and_its_gradient() {
    let Some(device) = graphics("attention_and_its_gradient") else { return };
    for (sequences, positions, heads, head, table_of) in [
        (1, 1, 1, 2, 1),
        (3, 1, 2, 4, 5),
        (2, 7, 3, 6, 7),
        (1, 64, 1, 16, 64),
        (2, 65, 2, 18, 80),
        (1, 131, 1, 34, 131),
        (1, 37, 1, 70, 40),
        (1, 33, 2, 130, 33),
    ] {
        let (d, tokens) = (heads * head, sequences * positions);
        let twin = Twin { sequences, positions, heads, head, rotary: table(table_of, head / 2), table: table_of };
        // Twice as long, so that some scores stand out.
        let qkv: Vec<f64> = normals(tokens * 3 * d, 1).into_iter().map(|v| 2.0 * v).collect();
        let g = normals(tokens * d, 2);
        let (expected, slopes) = twin.run(&qkv, &g);
        let (qkv, g) = (up64(&device, &[tokens, 3 * d], &qkv), up64(&device, &[tokens, d], &g));
        let rotary = up64(&device, &[2, table_of, head / 2], &twin.rotary);
        for round in 0..2 {
            fill_memory_with_nan(&device);
            let what = format!("{sequences} × {positions}, {heads} heads of {head}, round {round}");
            let (out, kept) = forward(&qkv, &rotary, sequences, heads);
            close(&format!("attention {what}"), &down(&out), &expected, 3e-6);
            fill_memory_with_nan(&device);
            let back = backward(&qkv, &rotary, &out, &kept, &g, sequences, heads);
            close(&format!("its gradient {what}"), &down(&back), &slopes, 1e-5);
        }
    }
}

/// Scores in the thousands: the softmax is a choice of one, and stays finite.
#[test]
fn attention_with_large_scores() {
    let Some(device) = graphics("attention_with_large_scores") else { return };
    let (positions, head) = (70, 8);
    let twin = Twin { sequences: 1, positions, heads: 1, head, rotary: table(positions, 4), table: positions };
    let mut qkv: Vec<f64> = normals(positions * 3 * head, 1);
    qkv.chunks_exact_mut(3 * head).for_each(|row| row[..2 * head].iter_mut().for_each(|v| *v *= 40.0));
    let g = normals(positions * head, 2);
    let (expected, slopes) = twin.run(&qkv, &g);
    let (qkv, g) = (up64(&device, &[positions, 3 * head], &qkv), up64(&device, &[positions, head], &g));
    let rotary = up64(&device, &[2, positions, head / 2], &twin.rotary);
    let (out, kept) = forward(&qkv, &rotary, 1, 1);
    // A score of 5000 is known to 3e-4 in f32: so is a share.
    close("attention", &down(&out), &expected, 3e-3);
    close("its gradient", &down(&backward(&qkv, &rotary, &out, &kept, &g, 1, 1)), &slopes, 1e-2);
}
