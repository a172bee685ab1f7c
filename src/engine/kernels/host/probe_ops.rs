//! What a probe asks for, on slices: losses token by token, how alike answers are, how far weights have moved.

use multiversion::multiversion;
use rayon::prelude::*;

use super::pool::Buffer;
use super::simd_math::dot;
use crate::domain::product::{Into, MatrixView, product};

/// Rows of a product of tokens that one task makes.
const ROWS: usize = 128;

/// Mean cosine `[N × N]`, then linear CKA `[N × N]` over every `stride`-th token, of `answers` `[N, T, D]`. A cosine with
/// zeros is 0; CKA is NaN for an expert whose answers are all the same.
pub fn alike(answers: &[f32], experts: usize, width: usize, stride: usize) -> Buffer {
    let tokens = answers.len() / (experts * width);
    let pairs: Vec<(usize, usize)> = (0..experts).flat_map(|i| (i..experts).map(move |j| (i, j))).collect();
    let one = tokens * width;
    let lengths: Vec<f32> = answers.par_chunks_exact(width).map(length).collect();
    let cosines: Vec<f64> = pairs
        .par_iter()
        .map(|&(i, j)| {
            let of = |e: usize| (&answers[e * one..(e + 1) * one], &lengths[e * tokens..(e + 1) * tokens]);
            cosine(of(i), of(j), width)
        })
        .collect();
    let sample = tokens.div_ceil(stride);
    let mut centred = Buffer::dirty(experts * sample * width);
    centred
        .par_chunks_exact_mut(sample * width)
        .zip(answers.par_chunks_exact(one))
        .for_each(|(centred, answers)| centre(answers, width, stride, centred));
    let mut products = Buffer::dirty(experts * sample * sample);
    products.par_chunks_exact_mut(sample * sample).zip(centred.par_chunks_exact(sample * width)).for_each(
        |(products, own)| {
            products.par_chunks_mut(ROWS * sample).zip(own.par_chunks(ROWS * width)).for_each(|(out, rows)| {
                let count = rows.len() / width;
                let across = MatrixView::new(own, sample, width).transposed();
                product(MatrixView::new(rows, count, width), across, 1.0, Into::Fresh, out, sample);
            });
        },
    );
    let square = sample * sample;
    let along: Vec<f64> = pairs
        .par_iter()
        .map(|&(i, j)| inner(&products[i * square..(i + 1) * square], &products[j * square..(j + 1) * square], sample))
        .collect();
    let mut made = Buffer::zeros(2 * experts * experts);
    let own = |i: usize| pairs.iter().zip(&along).find(|(pair, _)| **pair == (i, i)).map_or(0.0, |(_, own)| own.sqrt());
    let norms: Vec<f64> = (0..experts).map(own).collect();
    for ((&(i, j), cosine), along) in pairs.iter().zip(&cosines).zip(&along) {
        let cka = (along / (norms[i] * norms[j])) as f32;
        for place in [i * experts + j, j * experts + i] {
            made[place] = *cosine as f32;
            made[experts * experts + place] = cka;
        }
    }
    made
}

#[multiversion(targets = "simd")]
fn length(row: &[f32]) -> f32 {
    dot(row, row).sqrt()
}

/// Mean over tokens of the cosine of two experts' answers.
#[multiversion(targets = "simd")]
fn cosine(a: (&[f32], &[f32]), b: (&[f32], &[f32]), width: usize) -> f64 {
    let rows = a.0.chunks_exact(width).zip(b.0.chunks_exact(width)).zip(a.1.iter().zip(b.1));
    let mut sum = 0.0;
    for ((a, b), (&long, &other)) in rows {
        let lengths = long * other;
        sum += if lengths > 0.0 { f64::from(dot(a, b) / lengths) } else { 0.0 };
    }
    sum / a.1.len() as f64
}

/// Every `stride`-th row less their mean.
fn centre(answers: &[f32], width: usize, stride: usize, centred: &mut [f32]) {
    let mut mean = vec![0.0f64; width];
    for (row, into) in answers.chunks_exact(width).step_by(stride).zip(centred.chunks_exact_mut(width)) {
        into.copy_from_slice(row);
        mean.iter_mut().zip(row).for_each(|(mean, &value)| *mean += f64::from(value));
    }
    let count = (centred.len() / width) as f64;
    let mean: Vec<f32> = mean.into_iter().map(|sum| (sum / count) as f32).collect();
    for row in centred.chunks_exact_mut(width) {
        row.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean);
    }
}

/// Sum of the products of two squares, row by row.
#[multiversion(targets = "simd")]
fn inner(a: &[f32], b: &[f32], side: usize) -> f64 {
    let mut sum = 0.0;
    for (a, b) in a.chunks_exact(side).zip(b.chunks_exact(side)) {
        sum += f64::from(dot(a, b));
    }
    sum
}

/// Squared length of each of `rows` equal parts of `values`, added to `sums`.
pub(crate) fn row_squares(values: &[f32], sums: &mut [f64]) {
    let each = values.len() / sums.len();
    sums.par_iter_mut().zip(values.par_chunks_exact(each)).for_each(|(sum, row)| *sum += squares(row));
}

/// Squared distance of each of as many equal parts of `now` and `before` as there are `sums`, added to them.
pub(crate) fn row_distances(now: &[f32], before: &[f32], sums: &mut [f64]) {
    let each = now.len() / sums.len();
    let rows = now.par_chunks_exact(each).zip(before.par_chunks_exact(each));
    sums.par_iter_mut().zip(rows).for_each(|(sum, (now, before))| *sum += distance(now, before));
}

/// Numbers added up in f32 before they go on in f64.
const RUN: usize = 1024;

#[multiversion(targets = "simd")]
fn squares(row: &[f32]) -> f64 {
    let mut sum = 0.0;
    for run in row.chunks(RUN) {
        sum += f64::from(dot(run, run));
    }
    sum
}

#[multiversion(targets = "simd")]
fn distance(now: &[f32], before: &[f32]) -> f64 {
    let mut difference = [0.0f32; RUN];
    let mut sum = 0.0;
    for (now, before) in now.chunks(RUN).zip(before.chunks(RUN)) {
        let own = &mut difference[..now.len()];
        for ((d, &n), &b) in own.iter_mut().zip(now).zip(before) {
            *d = n - b;
        }
        sum += f64::from(dot(own, own));
    }
    sum
}
