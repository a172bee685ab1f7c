//! What works row by row: norms, softmax, balance, cross-entropy, embedding, linear maps.

use burn::tensor::{Device, Int, Tensor};
use moe_arena::engine::kernels::{
    Balancing, add_and_norm, cross_entropy, embedding, entropy_balance, join, linear, linear_by_rows, masked_softmax,
    rms_norm, router_losses, softmax, squared_error,
};

use super::{against_twin, everywhere, input};

const SIZES: [(usize, usize); 6] = [(1, 1), (1, 5), (7, 2), (131, 17), (300, 65), (64, 256)];

fn exponentials(row: &[f64]) -> Vec<f64> {
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let e: Vec<f64> = row.iter().map(|v| (v - most).exp()).collect();
    let sum: f64 = e.iter().sum();
    e.into_iter().map(|v| v / sum).collect()
}

#[test]
fn rms_norm_is_its_loops() {
    everywhere("rms_norm_is_its_loops", |device| {
        for (rows, width) in SIZES {
            let inputs = [input("x", rows * width, 1.3, 1), input("gain", width, 1.0, 2)];
            let kernel =
                |i: &[Tensor<1>]| rms_norm(i[0].clone().reshape([rows, width]), i[1].clone()).reshape([rows * width]);
            let twin = |i: &[Vec<f64>]| {
                let row = |x: &[f64]| {
                    let scale = (x.iter().map(|v| v * v).sum::<f64>() / width as f64 + 1e-5).sqrt();
                    x.iter().zip(&i[1]).map(|(x, gain)| x / scale * gain).collect::<Vec<f64>>()
                };
                i[0].chunks_exact(width).flat_map(row).collect()
            };
            against_twin(&format!("rms_norm {rows}×{width}"), device, &inputs, kernel, twin);
        }
    });
}

#[test]
fn a_sum_and_its_norm_are_their_loops() {
    everywhere("a_sum_and_its_norm_are_their_loops", |device| {
        for (rows, width) in SIZES {
            let len = rows * width;
            let inputs = [input("x", len, 1.3, 1), input("added", len, 0.8, 9), input("gain", width, 1.0, 2)];
            let twin = |i: &[Vec<f64>]| {
                let sum: Vec<f64> = i[0].iter().zip(&i[1]).map(|(x, y)| x + y).collect();
                let row = |x: &[f64]| {
                    let scale = (x.iter().map(|v| v * v).sum::<f64>() / width as f64 + 1e-5).sqrt();
                    x.iter().zip(&i[2]).map(|(x, gain)| x / scale * gain).collect::<Vec<f64>>()
                };
                let normed: Vec<f64> = sum.chunks_exact(width).flat_map(row).collect();
                [sum, normed]
            };
            let made = |i: &[Tensor<1>]| {
                let square = |t: &Tensor<1>| t.clone().reshape([rows, width]);
                let (sum, normed) = add_and_norm(square(&i[0]), square(&i[1]), i[2].clone());
                [sum.reshape([len]), normed.reshape([len])]
            };
            let what = format!("add_and_norm {rows}×{width}");
            let both = |i: &[Tensor<1>]| Tensor::cat(made(i).to_vec(), 0);
            against_twin(&what, device, &inputs, both, |i| twin(i).concat());
            // Where one of the two leads nowhere.
            for (place, name) in ["sum", "norm"].into_iter().enumerate() {
                let one = |i: &[Tensor<1>]| made(i)[place].clone();
                against_twin(&format!("{what}, {name} alone"), device, &inputs, one, |i| twin(i)[place].clone());
            }
        }
    });
}

#[test]
fn softmax_with_and_without_a_mask_is_its_loops() {
    everywhere("softmax_is_its_loops", |device| {
        for (rows, width) in SIZES {
            let inputs = [input("scores", rows * width, 3.0, 3)];
            let plain = |i: &[Tensor<1>]| softmax(i[0].clone().reshape([rows, width])).reshape([rows * width]);
            let twin = |i: &[Vec<f64>]| i[0].chunks_exact(width).flat_map(exponentials).collect();
            against_twin(&format!("softmax {rows}×{width}"), device, &inputs, plain, twin);

            let marks: Vec<f32> = (0..rows * width).map(|i| f32::from(u8::from(i % 3 != 1))).collect();
            let mask = Tensor::<1>::from_floats(marks.as_slice(), device).reshape([rows, width]);
            let masked =
                |i: &[Tensor<1>]| masked_softmax(i[0].clone().reshape([rows, width]), &mask).reshape([rows * width]);
            let twin = |i: &[Vec<f64>]| {
                let mut out = vec![0.0; rows * width];
                for row in 0..rows {
                    let places: Vec<usize> = (row * width..(row + 1) * width).filter(|&p| marks[p] == 1.0).collect();
                    let values: Vec<f64> = places.iter().map(|&p| i[0][p]).collect();
                    places.iter().zip(exponentials(&values)).for_each(|(&p, v)| out[p] = v);
                }
                out
            };
            against_twin(&format!("masked softmax {rows}×{width}"), device, &inputs, masked, twin);
        }
    });
}

#[test]
fn infinities_in_a_softmax() {
    everywhere("infinities_in_a_softmax", |device| {
        let scores = Tensor::<2>::from_data([[1.0, f32::NEG_INFINITY, 1.0], [f32::INFINITY, 0.0, 0.0]], device);
        let mask = Tensor::<2>::from_data([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]], device);
        let p: Vec<f32> = masked_softmax(scores.clone(), &mask).into_data().try_to_vec().unwrap();
        assert_eq!(p, [1.0, 0.0, 0.0, 0.0, 0.5, 0.5], "an unmarked infinity is not looked at");
        let p: Vec<f32> = softmax(scores).into_data().try_to_vec().unwrap();
        assert_eq!(p[..3], [0.5, 0.0, 0.5]);
        assert!(p[3].is_nan(), "a marked +infinity is no number, so that the step is refused: {p:?}");
    });
}

#[test]
fn entropy_balance_is_its_loops() {
    everywhere("entropy_balance_is_its_loops", |device| {
        for (sequences, positions, experts) in [(1, 1, 1), (1, 7, 3), (3, 5, 8), (2, 131, 65)] {
            let inputs = [input("u", sequences * positions * experts, 1.5, 4)];
            let kernel =
                |i: &[Tensor<1>]| entropy_balance(i[0].clone().reshape([sequences * positions, experts]), sequences);
            let twin = |i: &[Vec<f64>]| {
                let of = |sequence: &[f64]| {
                    let mut mean = vec![0.0; experts];
                    for row in sequence.chunks_exact(experts) {
                        mean.iter_mut().zip(exponentials(row)).for_each(|(m, p)| *m += p / positions as f64);
                    }
                    mean.iter().map(|m| m * m.ln()).sum::<f64>()
                };
                vec![i[0].chunks_exact(positions * experts).map(of).sum::<f64>() / sequences as f64]
            };
            let what = format!("entropy_balance {sequences}×{positions}×{experts}");
            against_twin(&what, device, &inputs, kernel, twin);
            let balancing = Balancing { sequences, by_choice: false, balance: 0.3, z: 0.0 };
            let made =
                |i: &[Tensor<1>]| router_losses(i[0].clone().reshape([sequences * positions, experts]), balancing);
            let weighed = |i: &[Tensor<1>]| made(i).weighed;
            let by_weight = |i: &[Vec<f64>]| twin(i).into_iter().map(|loss| 0.3 * loss).collect();
            against_twin(&format!("weighed {what}"), device, &inputs, weighed, by_weight);
            let values: Vec<f32> = inputs[0].values.iter().map(|&v| v as f32).collect();
            let plain = made(&[Tensor::from_floats(values.as_slice(), device)]).plain;
            let fact: Vec<f32> = plain.into_data().try_to_vec().unwrap();
            let expected = twin(&[inputs[0].values.clone()])[0];
            assert!((f64::from(fact[0]) - expected).abs() < 1e-5, "{what}: {fact:?}, expected {expected}");
        }
    });
}

fn bytes(rows: usize, classes: usize, device: &Device) -> (Vec<usize>, Tensor<1, Int>) {
    let plain: Vec<usize> = (0..rows).map(|i| (i * 7 + 3) % classes).collect();
    let whole: Vec<i32> = plain.iter().map(|&i| i as i32).collect();
    (plain, Tensor::from_data(whole.as_slice(), device))
}

#[test]
fn squared_error_is_its_loops() {
    everywhere("squared_error_is_its_loops", |device| {
        for (rows, width) in SIZES {
            // All alike; then so that every fourth row is not scored.
            for weights in [[1.0; 4], [0.25, 2.0, 0.0, 1.0]] {
                let inputs = [input("outputs", rows * width, 2.0, 5)];
                let targets = input("targets", rows * width, 1.0, 6).values;
                let low: Vec<f32> = targets.iter().map(|&v| v as f32).collect();
                let by_row: Vec<f32> = (0..rows).map(|row| weights[row % 4]).collect();
                let weighed = Tensor::<1>::from_floats(by_row.as_slice(), device);
                let aimed = Tensor::<1>::from_floats(low.as_slice(), device).reshape([rows, width]);
                let kernel = |i: &[Tensor<1>]| {
                    squared_error(i[0].clone().reshape([rows, width]), aimed.clone().autodiff(), weighed.clone())
                };
                let twin = |i: &[Vec<f64>]| {
                    let (mut sum, mut whole) = (0.0, 0.0);
                    for (row, &weight) in by_row.iter().enumerate() {
                        let own = row * width..(row + 1) * width;
                        let off = own.map(|place| (i[0][place] - f64::from(low[place])).powi(2)).sum::<f64>();
                        sum += f64::from(weight) * off / width as f64;
                        whole += f64::from(weight);
                    }
                    vec![sum / whole]
                };
                against_twin(&format!("squared_error {rows}×{width} {weights:?}"), device, &inputs, kernel, twin);
            }
        }
    });
}

#[test]
fn cross_entropy_is_its_loops() {
    everywhere("cross_entropy_is_its_loops", |device| {
        for (rows, classes) in SIZES {
            // All alike; then so that every fourth row is not scored.
            for weights in [[1.0; 4], [0.25, 2.0, 0.0, 1.0]] {
                let (targets, tensor) = bytes(rows, classes, device);
                let inputs = [input("logits", rows * classes, 2.0, 5)];
                let by_row: Vec<f32> = (0..rows).map(|row| weights[row % 4]).collect();
                let weighed = Tensor::<1>::from_floats(by_row.as_slice(), device);
                let kernel = |i: &[Tensor<1>]| {
                    let logits = i[0].clone().reshape([rows, classes]);
                    cross_entropy(logits, tensor.clone().autodiff(), weighed.clone())
                };
                let twin = |i: &[Vec<f64>]| {
                    let (mut sum, mut whole) = (0.0, 0.0);
                    for ((row, &target), &weight) in i[0].chunks_exact(classes).zip(&targets).zip(&by_row) {
                        sum -= f64::from(weight) * exponentials(row)[target].ln();
                        whole += f64::from(weight);
                    }
                    vec![sum / whole]
                };
                against_twin(&format!("cross_entropy {rows}×{classes} {weights:?}"), device, &inputs, kernel, twin);
            }
        }
    });
}

/// What an ignore index means elsewhere (−100, or one past the last class) is no class here: scored it is noticed, with
/// weight 0 it is left out, and it is class 0 or the last one nowhere.
#[test]
fn a_target_that_is_no_class_is_left_out_by_its_weight_or_noticed() {
    everywhere("a_target_that_is_no_class_is_left_out_by_its_weight_or_noticed", |device| {
        let logits: Vec<f32> = (0..12).map(|i| (i as f32 * 0.7).sin()).collect();
        let made = |targets: [i32; 4], weights: [f32; 4]| {
            let leaf = Tensor::<1>::from_floats(logits.as_slice(), device).autodiff().require_grad();
            let targets = Tensor::<1, Int>::from_data(targets, device).autodiff();
            let weights = Tensor::<1>::from_floats(weights, device);
            let loss = cross_entropy(leaf.clone().reshape([4, 3]), targets, weights);
            let gradient = leaf.grad_remove(&mut loss.backward()).unwrap();
            let gradient: Vec<f32> = gradient.into_data().try_to_vec().unwrap();
            (loss.inner().into_scalar::<f32>(), gradient)
        };
        for bad in [3, -1, -100, i32::MAX, i32::MIN] {
            let (loss, gradient) = made([0, bad, 2, 1], [1.0; 4]);
            assert!(loss.is_nan() && gradient[3..6].iter().all(|g| g.is_nan()), "{bad}: {loss} {gradient:?}");
            let left_out = made([0, bad, 2, 1], [1.0, 0.0, 1.0, 1.0]);
            assert!(left_out == made([0, 1, 2, 1], [1.0, 0.0, 1.0, 1.0]) && left_out.0.is_finite(), "{bad}");
            assert_eq!(left_out.1[3..6], [0.0; 3]);
            assert_eq!(made([bad; 4], [0.0; 4]), (0.0, vec![0.0; 12]), "nothing is scored");
        }
    });
}

#[test]
fn embedding_is_its_loops() {
    everywhere("embedding_is_its_loops", |device| {
        for (rows, classes, width) in [(1, 1, 1), (9, 5, 3), (131, 256, 17)] {
            let (index, tensor) = bytes(rows, classes, device);
            let inputs = [input("table", classes * width, 1.0, 6)];
            let kernel = |i: &[Tensor<1>]| {
                embedding(tensor.clone().autodiff(), i[0].clone().reshape([classes, width])).reshape([rows * width])
            };
            let twin = |i: &[Vec<f64>]| index.iter().flat_map(|&r| i[0][r * width..(r + 1) * width].to_vec()).collect();
            against_twin(&format!("embedding {rows} of {classes}×{width}"), device, &inputs, kernel, twin);
        }
    });
}

#[test]
fn linear_maps_are_their_loops() {
    everywhere("linear_maps_are_their_loops", |device| {
        for (rows, i, o) in [(1, 1, 1), (5, 3, 7), (131, 17, 33), (700, 8, 5)] {
            let inputs = [input("x", rows * i, 1.0, 7), input("weight", i * o, 0.5, 8)];
            let twin = |at: &[Vec<f64>], step: (usize, usize)| -> Vec<f64> {
                let entry =
                    |r: usize, c: usize| (0..i).map(|k| at[0][r * i + k] * at[1][k * step.0 + c * step.1]).sum::<f64>();
                (0..rows).flat_map(|r| (0..o).map(move |c| (r, c))).map(|(r, c)| entry(r, c)).collect()
            };
            let x = |t: &[Tensor<1>]| t[0].clone().reshape([rows, i]);
            let kernel = |t: &[Tensor<1>]| linear(x(t), t[1].clone().reshape([i, o])).reshape([rows * o]);
            against_twin(&format!("linear {rows}×{i}×{o}"), device, &inputs, kernel, |at| twin(at, (o, 1)));
            let kernel = |t: &[Tensor<1>]| linear_by_rows(x(t), t[1].clone().reshape([o, i])).reshape([rows * o]);
            against_twin(&format!("linear by rows {rows}×{i}×{o}"), device, &inputs, kernel, |at| twin(at, (1, i)));
        }
    });
}

#[test]
fn joined_vectors_stand_behind_each_other() {
    everywhere("joined_vectors", |device| {
        for lengths in [vec![1], vec![3, 1, 300, 7, 2, 5, 11], vec![1; 25], vec![70_001, 2]] {
            let parts: Vec<Vec<f32>> =
                lengths.iter().enumerate().map(|(i, &n)| (0..n).map(|j| (i * 1000 + j) as f32).collect()).collect();
            let tensors = parts.iter().map(|part| Tensor::<1>::from_floats(part.as_slice(), device)).collect();
            let joined: Vec<f32> = join(tensors).into_data().try_to_vec().unwrap();
            assert_eq!(joined, parts.concat());
        }
    });
}
