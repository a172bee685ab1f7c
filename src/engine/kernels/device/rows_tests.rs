//! Softmax, balance, cross-entropy and normalisation on a graphics device against loops in double precision.

use super::fixture::{close, down, fill_memory_with_nan, graphics, normals, up, up64};
use super::norm::DeviceNormed;
use super::{balance, cross_entropy, norm, softmax, squared_error, tallies};
use crate::engine::kernels::Balancing;
use crate::engine::kernels::host::balance as host_balance;

/// Rows and widths: single, prime, one past a group, wide.
const SIZES: [(usize, usize); 8] = [(1, 1), (1, 65), (3, 2), (5, 64), (67, 17), (131, 8), (257, 5), (9, 256)];

fn soft(row: &[f64]) -> Vec<f64> {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = row.iter().map(|v| (v - largest).exp()).sum();
    row.iter().map(|v| (v - largest).exp() / sum).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn softmax_and_its_gradient() {
    let Some(device) = graphics("softmax_and_its_gradient") else { return };
    for (rows, width) in SIZES {
        let scores: Vec<f64> =
            normals(rows * width, 1).into_iter().map(|v| 3.0 * v).map(|v| f64::from(v as f32)).collect();
        let g = normals(rows * width, 2);
        // Some rows without a mark.
        let mask: Vec<f64> = normals(rows * width, 3)
            .iter()
            .enumerate()
            .map(|(i, v)| f64::from(u8::from(*v > 0.0 && i / width % 7 != 3)))
            .collect();
        for masked in [false, true] {
            let (mut p, mut d) = (Vec::new(), Vec::new());
            for row in 0..rows {
                let own = row * width..(row + 1) * width;
                let hidden = |i: usize| masked && mask[own.start + i] == 0.0;
                let shown: Vec<f64> = (0..width).filter(|&i| !hidden(i)).map(|i| scores[own.start + i]).collect();
                let mut soft = soft(&shown).into_iter();
                let of_row: Vec<f64> = (0..width).map(|i| if hidden(i) { 0.0 } else { soft.next().unwrap() }).collect();
                let sum = dot(&of_row, &g[own.clone()]);
                d.extend(of_row.iter().zip(&g[own]).map(|(p, g)| p * (g - sum)));
                p.extend(of_row);
            }
            let shape = [rows, width];
            let (s, m, g) = (up64(&device, &shape, &scores), up64(&device, &shape, &mask), up64(&device, &shape, &g));
            for round in 0..2 {
                fill_memory_with_nan(&device);
                let what = format!("{rows} × {width}, masked {masked}, round {round}");
                let out = softmax::forward(&s, masked.then_some(&m));
                close(&format!("softmax {what}"), &down(&out), &p, 1e-6);
                fill_memory_with_nan(&device);
                close(&format!("its gradient {what}"), &down(&softmax::backward(&out, &g)), &d, 2e-6);
            }
        }
    }
}

#[test]
fn softmax_at_the_ends_of_the_scale() {
    let Some(device) = graphics("softmax_at_the_ends_of_the_scale") else { return };
    let scores =
        [3e38, -3e38, 0.0, f32::NEG_INFINITY, 1.0, 1.0, f32::NEG_INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
    let out = down(&softmax::forward(&up(&device, &[3, 3], &scores), None));
    assert_eq!(out, [1.0, 0.0, 0.0, 0.0, 0.5, 0.5, 0.0, 0.0, 0.0]);
    let lost = down(&softmax::forward(&up(&device, &[1, 2], &[f32::NAN, 0.0]), None));
    assert!(lost.iter().all(|v| v.is_nan()), "{lost:?}");
}

#[test]
fn choice_of_the_largest_and_its_gradient() {
    let Some(device) = graphics("choice_of_the_largest_and_its_gradient") else { return };
    for (rows, width) in SIZES {
        for k in [1, 2, width / 2 + 1, width] {
            let mut z: Vec<f64> = normals(rows * width, 1).into_iter().map(|v| f64::from((2.0 * v) as f32)).collect();
            // Ties, which the lower slot wins.
            z.iter_mut().step_by(3).for_each(|v| *v = 0.5);
            let g = normals(rows * width, 2);
            let (mut picks, mut shares, mut dz) = (vec![], vec![], vec![]);
            for (z, g) in z.chunks_exact(width).zip(g.chunks_exact(width)) {
                let mut slots: Vec<usize> = (0..width).collect();
                slots.sort_by(|&a, &b| z[b].total_cmp(&z[a]).then(a.cmp(&b)));
                slots.truncate(k);
                let of_slots = soft(&slots.iter().map(|&slot| z[slot]).collect::<Vec<f64>>());
                let mean: f64 = slots.iter().zip(&of_slots).map(|(&slot, share)| share * g[slot]).sum();
                let share = |i: usize| slots.iter().position(|&slot| slot == i).map_or(0.0, |place| of_slots[place]);
                picks.extend((0..width).map(|i| f32::from(u8::from(slots.contains(&i)))));
                shares.extend((0..width).map(share));
                dz.extend((0..width).map(|i| share(i) * (g[i] - mean)));
            }
            let (z, g) = (up64(&device, &[rows, width], &z), up64(&device, &[rows, width], &g));
            for round in 0..2 {
                fill_memory_with_nan(&device);
                let what = format!("{k} of {rows} × {width}, round {round}");
                let [of_rows, marks] = softmax::choose(&z, k);
                assert_eq!(down(&marks), picks, "{what}");
                close(&format!("shares, {what}"), &down(&of_rows), &shares, 1e-6);
                fill_memory_with_nan(&device);
                close(&format!("their gradient, {what}"), &down(&softmax::backward(&of_rows, &g)), &dz, 2e-6);
            }
        }
    }
}

#[test]
fn marks_are_counted_column_by_column() {
    let Some(device) = graphics("marks_are_counted_column_by_column") else { return };
    for ((rows, width), masks) in SIZES.into_iter().zip([1, 2, 5, 6, 7, 8, 12, 13]) {
        let mask = |lane| -> Vec<f64> {
            normals(rows * width, lane).into_iter().map(|v| f64::from(u8::from(v > 0.3))).collect()
        };
        let all: Vec<Vec<f64>> = (0..masks).map(mask).collect();
        let column = |mask: &[f64], i: usize| mask.iter().skip(i).step_by(width).sum::<f64>();
        let expected: Vec<f64> =
            all.iter().flat_map(|mask| (0..width).map(|i| column(mask, i)).collect::<Vec<f64>>()).collect();
        let tensors: Vec<_> = all.iter().map(|mask| up64(&device, &[rows, width], mask)).collect();
        for round in 0..2 {
            fill_memory_with_nan(&device);
            let counts = tallies::tallies(&tensors);
            close(&format!("{masks} masks of {rows} × {width}, round {round}"), &down(&counts), &expected, 0.0);
        }
    }
}

/// The balance, minus the mean entropy or Switch's, and that and the z-loss by their weights; the plain way.
fn router_losses(u: &[f64], width: usize, balancing: &Balancing) -> [f64; 2] {
    let sequence = u.len() / balancing.sequences;
    let rows = (sequence / width) as f64;
    let of_sequence = |u: &[f64]| -> f64 {
        let (mut mean, mut firsts) = (vec![0.0; width], vec![0.0; width]);
        for row in u.chunks_exact(width) {
            mean.iter_mut().zip(soft(row)).for_each(|(m, p)| *m += p / rows);
            // The lower slot first among equals.
            let first = (0..width).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
            firsts[first] += 1.0 / rows;
        }
        if balancing.by_choice {
            return mean.iter().zip(firsts).map(|(m, f)| width as f64 * m * f).sum();
        }
        mean.iter().map(|m| m * m.ln()).sum()
    };
    let balance = u.chunks_exact(sequence).map(of_sequence).sum::<f64>() / balancing.sequences as f64;
    let log = |row: &[f64]| row.iter().map(|v| v.exp()).sum::<f64>().ln();
    let squares: f64 = u.chunks_exact(width).map(|row| log(row).powi(2)).sum();
    let z = squares * width as f64 / u.len() as f64;
    [balance, balancing.balance * balance + balancing.z * z]
}

#[test]
fn balance_and_its_gradient() {
    let device = graphics("balance_and_its_gradient");
    for (sequences, positions, width) in
        [(1, 1, 1), (1, 1, 5), (3, 7, 65), (2, 64, 8), (5, 65, 3), (1, 131, 4), (2, 3, 256), (7, 1, 2)]
    {
        for (by_choice, z) in [(false, 0.0), (false, 0.05), (true, 0.0), (true, 0.3)] {
            let balancing = Balancing { sequences, by_choice, balance: 0.4, z };
            let tokens = sequences * positions;
            let mut u = normals(tokens * width, 1);
            // A tie for the first choice.
            if width > 2 {
                (u[1], u[width - 1]) = (4.0, 4.0);
            }
            let [loss, weighed] = router_losses(&u, width, &balancing);
            // Central differences on some of the numbers, not where a choice turns.
            let some: Vec<usize> =
                (width.min(3)..u.len()).step_by(u.len() / 40 + 1).filter(|i| i + 1 != width).collect();
            let low: Vec<f32> = u.iter().map(|&v| v as f32).collect();
            let mut slope = |i: usize| {
                let (old, step) = (u[i], 1e-5);
                u[i] = old + step;
                let more = router_losses(&u, width, &balancing)[1];
                u[i] = old - step;
                let less = router_losses(&u, width, &balancing)[1];
                u[i] = old;
                -1.7 * (more - less) / (2.0 * step)
            };
            let slopes: Vec<f64> = some.iter().map(|&i| slope(i)).collect();
            let check = |what: &str, losses: [f32; 2], du: &[f32]| {
                let what = format!("{what}: {sequences} × {positions} × {width}, {balancing:?}");
                close(&what, &losses[1..], &[loss], 1e-6);
                close(&format!("weighed, {what}"), &losses[..1], &[weighed], 3e-6);
                let du: Vec<f32> = some.iter().map(|&i| du[i]).collect();
                close(&format!("gradient, {what}"), &du, &slopes, 1e-5);
            };
            let (losses, kept) = host_balance::forward(&low, width, &balancing);
            check("host", losses, &host_balance::backward(&kept, width, &balancing, -1.7));
            let Some(device) = &device else { continue };
            let (u, g) = (up(device, &[tokens, width], &low), up(device, &[1], &[-1.7]));
            for round in 0..2 {
                fill_memory_with_nan(device);
                let (losses, kept) = balance::forward(&u, &balancing);
                fill_memory_with_nan(device);
                let du = down(&balance::backward(&u, &kept, &g, &balancing));
                check(&format!("round {round}"), losses.each_ref().map(|loss| down(loss)[0]), &du);
            }
        }
    }
}

#[test]
fn cross_entropy_and_its_gradient() {
    let Some(device) = graphics("cross_entropy_and_its_gradient") else { return };
    for (rows, width) in SIZES {
        let logits: Vec<f64> = normals(rows * width, 1).into_iter().map(|v| f64::from((4.0 * v) as f32)).collect();
        let targets: Vec<usize> = (0..rows).map(|i| i * 7919 % width).collect();
        for uneven in [false, true] {
            // Every fifth row is not scored, and its target is none: below 0, or no number.
            let weight = |i: usize| if uneven { [0.5, 1.0, 2.0, 1.5, 0.0][i % 5] } else { 1.0 };
            let whole: f64 = (0..rows).map(weight).sum();
            let (mut loss, mut d) = (0.0, Vec::new());
            for (i, (row, &target)) in logits.chunks_exact(width).zip(&targets).enumerate() {
                let (p, share) = (soft(row), weight(i) / whole);
                loss -= share * p[target].ln();
                let one = |i: usize| f64::from(u8::from(i == target));
                d.extend(p.iter().enumerate().map(|(i, p)| (p - one(i)) * 0.3 * share));
            }
            let named = |i: usize, t: usize| match (weight(i) == 0.0, i % 2) {
                (false, _) => t as f32,
                (true, 0) => -100.0,
                (true, _) => f32::NAN,
            };
            let targets: Vec<f32> = targets.iter().enumerate().map(|(i, &t)| named(i, t)).collect();
            let logits = up64(&device, &[rows, width], &logits);
            let targets = up(&device, &[rows], &targets);
            let weights = up64(&device, &[rows], &(0..rows).map(weight).collect::<Vec<_>>());
            let g = up(&device, &[1], &[0.3]);
            for round in 0..2 {
                fill_memory_with_nan(&device);
                let what = format!("{rows} × {width}, uneven {uneven}, round {round}");
                let (out, kept) = cross_entropy::forward(&logits, &targets, &weights);
                close(&format!("cross-entropy {what}"), &down(&out), &[loss], 1e-6);
                fill_memory_with_nan(&device);
                let back = cross_entropy::backward(&logits, &targets, &weights, &kept, &g);
                close(&format!("its gradient {what}"), &down(&back), &d, 2e-6);
            }
        }
    }
}

/// A scored row whose target is no class makes the loss NaN and its own gradient, as on the host.
#[test]
fn cross_entropy_notices_a_target_that_is_no_class() {
    let Some(device) = graphics("cross_entropy_notices_a_target_that_is_no_class") else { return };
    let logits = up(&device, &[4, 3], &[0.1, 0.2, 0.3, 1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 5.0, 4.0, 3.0]);
    let g = up(&device, &[1], &[1.0]);
    for bad in [3.0, -1.0, -100.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let targets = up(&device, &[4], &[0.0, bad, 2.0, 1.0]);
        let check = |weights: [f32; 4], noticed: bool| {
            let weights = up(&device, &[4], &weights);
            let (out, kept) = cross_entropy::forward(&logits, &targets, &weights);
            let (loss, back) = (down(&out)[0], down(&cross_entropy::backward(&logits, &targets, &weights, &kept, &g)));
            assert_eq!(loss.is_nan(), noticed, "{bad}: {loss}");
            let row: Vec<bool> = back[3..6].iter().map(|g| g.is_nan()).collect();
            assert_eq!(row, [noticed; 3], "{bad}: {back:?}");
            assert!(back[..3].iter().chain(&back[6..]).all(|g| g.is_finite()), "{bad}: {back:?}");
            (loss, back)
        };
        check([1.0; 4], true);
        let (_, back) = check([1.0, 0.0, 1.0, 1.0], false);
        assert_eq!(back[3..6], [0.0; 3]);
        let (loss, back) = check([0.0; 4], false);
        assert!(loss == 0.0 && back == [0.0; 12], "{loss} {back:?}");
    }
}

#[test]
fn squared_error_and_its_gradient() {
    let Some(device) = graphics("squared_error_and_its_gradient") else { return };
    for (rows, width) in SIZES.into_iter().chain([(70_001, 1)]) {
        let [outputs, targets] = [1, 2].map(|lane| normals(rows * width, lane));
        for uneven in [false, true] {
            // Every fifth row is not scored.
            let weight = |i: usize| if uneven { [0.5, 1.0, 2.0, 1.5, 0.0][i % 5] } else { 1.0 };
            let whole: f64 = (0..rows).map(weight).sum();
            let (mut loss, mut d) = (0.0, Vec::new());
            for i in 0..rows * width {
                let (off, share) = (outputs[i] - targets[i], weight(i / width) / whole / width as f64);
                loss += share * off * off;
                d.push(2.0 * share * off * 0.3);
            }
            let mut seen = outputs.clone();
            (0..rows * width).filter(|i| weight(i / width) == 0.0).for_each(|i| seen[i] = f64::NAN);
            let (o, t) = (up64(&device, &[rows, width], &seen), up64(&device, &[rows, width], &targets));
            let weights = up64(&device, &[rows], &(0..rows).map(weight).collect::<Vec<_>>());
            let g = up(&device, &[1], &[0.3]);
            for round in 0..2 {
                fill_memory_with_nan(&device);
                let what = format!("{rows} × {width}, uneven {uneven}, round {round}");
                let (out, kept) = squared_error::forward(&o, &t, &weights);
                close(&format!("squared error {what}"), &down(&out), &[loss], 1e-5);
                fill_memory_with_nan(&device);
                let back = squared_error::backward(&o, &t, &weights, &kept, &g);
                close(&format!("its gradient {what}"), &down(&back), &d, 2e-6);
            }
            let none = up64(&device, &[rows], &vec![0.0; rows]);
            let (out, kept) = squared_error::forward(&o, &t, &none);
            let back = squared_error::backward(&o, &t, &none, &kept, &g);
            assert!(down(&out) == [0.0] && down(&back).iter().all(|&d| d == 0.0), "nothing is scored");
        }
    }
}

#[test]
fn normalisation_and_its_gradients() {
    let Some(device) = graphics("normalisation_and_its_gradients") else { return };
    // The last has more groups than fit along one axis of a launch.
    for (rows, width) in SIZES.into_iter().chain([(2100, 3), (66_001, 1)]) {
        // So coarse that a sum of two is exact.
        let coarse = |lane| -> Vec<f64> {
            normals(rows * width, lane).into_iter().map(|v| (v * 1024.0).round() / 1024.0).collect()
        };
        let (mut x, gain, g) = (coarse(1), normals(width, 2), normals(rows * width, 3));
        x[..width].fill(0.0);
        let epsilon = 1e-3f32;
        let (mut y, mut inverse, mut dx, mut dgain) = (vec![], vec![], vec![], vec![0.0; width]);
        for (x, g) in x.chunks_exact(width).zip(g.chunks_exact(width)) {
            let r = 1.0 / (dot(x, x) / width as f64 + f64::from(epsilon)).sqrt();
            inverse.push(r);
            y.extend((0..width).map(|i| x[i] * r * gain[i]));
            // dr/dx_j = −r³ x_j / D.
            let along: f64 = (0..width).map(|i| g[i] * gain[i] * x[i]).sum();
            dx.extend((0..width).map(|i| g[i] * gain[i] * r - along * r.powi(3) * x[i] / width as f64));
            (0..width).for_each(|i| dgain[i] += g[i] * x[i] * r);
        }
        // x as a sum of two, and a gradient that reaches it past the norm.
        let (part, past) = (coarse(4), normals(rows * width, 5));
        let left: Vec<f64> = x.iter().zip(&part).map(|(x, part)| x - part).collect();
        let dx_and_direct: Vec<f64> = dx.iter().zip(&past).map(|(dx, past)| dx + past).collect();
        let whole = x.clone();
        let high = |values: &[f64]| up64(&device, &[rows, width], values);
        let (some, rest, direct) = (high(&part), high(&left), high(&past));
        let (x, g) = (high(&x), high(&g));
        let gain = up64(&device, &[width], &gain);
        for round in 0..2 {
            fill_memory_with_nan(&device);
            let what = format!("{rows} × {width}, round {round}");
            for added in [None, Some(&some)] {
                let what = format!("{what}, of a sum: {}", added.is_some());
                let x = if added.is_some() { &rest } else { &x };
                fill_memory_with_nan(&device);
                let DeviceNormed { sum, y: out, inverse: of_rows } = norm::forward(x, added, &gain, epsilon);
                close(&format!("normalised {what}"), &down(&out), &y, 1e-6);
                close(&format!("inverse roots {what}"), &down(&of_rows), &inverse, 1e-6);
                assert_eq!(sum.is_some(), added.is_some());
                sum.iter().for_each(|sum| close(&format!("sum {what}"), &down(sum), &whole, 0.0));
                let x = sum.as_ref().unwrap_or(x);
                for direct in [None, Some(&direct)] {
                    fill_memory_with_nan(&device);
                    let (of_x, of_gain) = norm::backward(x, &gain, &of_rows, &g, direct);
                    let want = if direct.is_some() { &dx_and_direct } else { &dx };
                    close(&format!("gradient of x {what}"), &down(&of_x), want, 2e-6);
                    close(&format!("gradient of gain {what}"), &down(&of_gain), &dgain, 2e-6);
                }
            }
        }
    }
}
