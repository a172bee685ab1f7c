//! Attention of one layer of a decoder: projections, norms of queries and keys, positions; and the feed-forward layer without experts.

use super::architecture::{Architecture, Latent};
use super::attention::{Heads, attend};
use super::fault::ForwardError;
use super::linear::{linear, matrix, optional, rows_of, vector};
use super::names::{Names, Part};
use super::norms::{Norm, by_length, normalise};
use super::rope::Rotation;
use crate::inspect::model::Model;

/// ε of the norms within DeepSeek's attention, which no config says.
const LATENT_EPSILON: f64 = 1e-6;

/// A decoder that is being run: what its layers share.
pub(super) struct Running<'a> {
    pub model: &'a Model,
    pub shape: &'a Architecture,
    pub names: &'a Names,
    pub rotation: &'a Rotation,
}

/// Queries, keys and values of a text: `[T, heads × width]` each, with their own heads and widths.
struct Projected {
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
}

impl Running<'_> {
    /// Normalises rows of the state with the norm of that name.
    pub fn norm(&self, name: &str, rows: &mut [f32]) -> Result<(), ForwardError> {
        let weight = vector(self.model, &format!("{name}.weight"), self.shape.hidden)?;
        let bias = match self.shape.norm {
            Norm::Layer => optional(self.model, &format!("{name}.bias"), self.shape.hidden)?,
            Norm::Rms => None,
        };
        normalise(self.shape.norm, rows, &weight, bias.as_deref(), self.shape.epsilon);
        Ok(())
    }

    /// What attention adds to the state: `x` `[T, H]` to `[T, H]`.
    pub fn attention(&self, layer: usize, x: &[f32]) -> Result<Vec<f32>, ForwardError> {
        let shape = self.shape;
        let Projected { q, k, v } = match shape.latent {
            Some(latent) => self.latent(layer, latent, x)?,
            None => self.grouped(layer, x)?,
        };
        let heads = Heads {
            queries: shape.heads,
            keys: shape.key_heads,
            width: shape.head_width,
            values: shape.value_width(),
            scale: shape.scale as f32,
            reach: shape.layers[layer].reach,
        };
        let sinks = optional(self.model, &self.names.part(layer, Part::Sinks), shape.heads)?;
        let mixed = attend(&heads, &q, &k, &v, sinks.as_deref());
        let out = self.linear(layer, Part::Output, &mixed, shape.heads * shape.value_width())?;
        self.wide(layer, Part::Output, out, x.len() / shape.hidden, shape.hidden)
    }

    /// Queries, keys and values of grouped heads.
    fn grouped(&self, layer: usize, x: &[f32]) -> Result<Projected, ForwardError> {
        let shape = self.shape;
        let tokens = x.len() / shape.hidden;
        let (wide, narrow) = (shape.heads * shape.head_width, shape.key_heads * shape.head_width);
        let fused = self.names.part(layer, Part::QueryKeyValue);
        let (mut q, mut k, mut v) = if self.model.files().tensor(&format!("{fused}.weight")).is_some() {
            let all = self.linear(layer, Part::QueryKeyValue, x, shape.hidden)?;
            let all = self.wide(layer, Part::QueryKeyValue, all, tokens, wide + 2 * narrow)?;
            let part = |from: usize, len: usize| -> Vec<f32> {
                all.chunks_exact(wide + 2 * narrow).flat_map(|row| &row[from..from + len]).copied().collect()
            };
            (part(0, wide), part(wide, narrow), part(wide + narrow, narrow))
        } else {
            let of = |part, width| self.wide(layer, part, self.linear(layer, part, x, shape.hidden)?, tokens, width);
            (of(Part::Query, wide)?, of(Part::Key, narrow)?, of(Part::Value, narrow)?)
        };
        if !shape.norms_after_turn {
            self.norm_heads(layer, &mut q, &mut k)?;
        }
        if let Some(clip) = shape.clip {
            [&mut q, &mut k, &mut v].into_iter().flatten().for_each(|x| *x = x.clamp(-clip.abs(), clip.abs()));
        }
        let turns = shape.layers[layer].turns;
        if turns {
            self.rotation.turn(&mut q, wide, shape.head_width);
            self.rotation.turn(&mut k, narrow, shape.head_width);
        }
        if shape.norms_after_turn {
            self.norm_heads(layer, &mut q, &mut k)?;
        }
        if turns && shape.unit_queries {
            [&mut q, &mut k].into_iter().flat_map(|rows| rows.chunks_exact_mut(shape.head_width)).for_each(|head| {
                by_length(head, shape.epsilon);
            });
        }
        if let (Some(temperature), false) = (shape.temperature, turns) {
            for (position, row) in q.chunks_exact_mut(wide).enumerate() {
                let steps = ((position as f64 + 1.0) / temperature.floor).floor();
                let factor = (steps.ln_1p() * temperature.scale + 1.0) as f32;
                row.iter_mut().for_each(|q| *q *= factor);
            }
        }
        Ok(Projected { q, k, v })
    }

    /// Norms of queries and keys, of each head or of all of them together, if the layer has them.
    fn norm_heads(&self, layer: usize, q: &mut [f32], k: &mut [f32]) -> Result<(), ForwardError> {
        let shape = self.shape;
        for (part, rows, heads) in [(Part::QueryNorm, q, shape.heads), (Part::KeyNorm, k, shape.key_heads)] {
            let name = format!("{}.weight", self.names.part(layer, part));
            let Some(weight) = self.model.weight(&name)? else { continue };
            if weight.len() != shape.head_width && weight.len() != heads * shape.head_width {
                let expected = format!("{} numbers, or {} of all heads", shape.head_width, heads * shape.head_width);
                return Err(ForwardError::Shape { name, found: weight.shape().to_vec(), expected });
            }
            normalise(Norm::Rms, rows, &weight.vector()?, None, shape.epsilon);
        }
        Ok(())
    }

    /// Queries, keys and values of DeepSeek's latent attention: a head is its plain part and then its turned part, of which keys
    /// have one for all heads.
    fn latent(&self, layer: usize, latent: Latent, x: &[f32]) -> Result<Projected, ForwardError> {
        let shape = self.shape;
        let (tokens, width) = (x.len() / shape.hidden, shape.head_width);
        let down = self.names.part(layer, Part::QueryDown);
        let mut q = match self.model.weight(&format!("{down}.weight"))? {
            Some(narrow) => {
                let rank = rows_of(&narrow);
                let mut state = self.linear(layer, Part::QueryDown, x, shape.hidden)?;
                self.norm_latent(layer, Part::QueryLatentNorm, &mut state, rank)?;
                self.linear(layer, Part::QueryUp, &state, rank)?
            }
            None => self.linear(layer, Part::Query, x, shape.hidden)?,
        };
        q = self.wide(layer, Part::QueryUp, q, tokens, shape.heads * width)?;
        let both = self.linear(layer, Part::KeyDown, x, shape.hidden)?;
        let both = self.wide(layer, Part::KeyDown, both, tokens, latent.keys + latent.turned)?;
        let rows = || both.chunks_exact(latent.keys + latent.turned);
        let mut state: Vec<f32> = rows().flat_map(|row| &row[..latent.keys]).copied().collect();
        let mut turned: Vec<f32> = rows().flat_map(|row| &row[latent.keys..]).copied().collect();
        self.norm_latent(layer, Part::KeyLatentNorm, &mut state, latent.keys)?;
        let wide = shape.heads * (latent.plain + latent.values);
        let up = self.wide(layer, Part::KeyUp, self.linear(layer, Part::KeyUp, &state, latent.keys)?, tokens, wide)?;

        self.rotation.turn(&mut turned, latent.turned, latent.turned);
        let mut of_queries: Vec<f32> = q.chunks_exact(width).flat_map(|head| &head[latent.plain..]).copied().collect();
        self.rotation.turn(&mut of_queries, shape.heads * latent.turned, latent.turned);
        for (head, turned) in q.chunks_exact_mut(width).zip(of_queries.chunks_exact(latent.turned)) {
            head[latent.plain..].copy_from_slice(turned);
        }
        let (mut k, mut v) = (
            Vec::with_capacity(tokens * shape.heads * width),
            Vec::with_capacity(tokens * shape.heads * latent.values),
        );
        for (row, turned) in up.chunks_exact(wide).zip(turned.chunks_exact(latent.turned)) {
            for head in row.chunks_exact(latent.plain + latent.values) {
                k.extend_from_slice(&head[..latent.plain]);
                k.extend_from_slice(turned);
                v.extend_from_slice(&head[latent.plain..]);
            }
        }
        Ok(Projected { q, k, v })
    }

    fn norm_latent(&self, layer: usize, part: Part, rows: &mut [f32], width: usize) -> Result<(), ForwardError> {
        let weight = vector(self.model, &format!("{}.weight", self.names.part(layer, part)), width)?;
        normalise(Norm::Rms, rows, &weight, None, LATENT_EPSILON);
        Ok(())
    }

    /// A feed-forward layer without experts: `x` `[T, H]` to `[T, H]`.
    pub fn dense(&self, layer: usize, x: &[f32]) -> Result<Vec<f32>, ForwardError> {
        let hidden = self.shape.hidden;
        let width = rows_of(&matrix(self.model, &format!("{}.weight", self.names.part(layer, Part::Up)), hidden)?);
        let tokens = x.len() / hidden;
        let gate = self.wide(layer, Part::Gate, self.linear(layer, Part::Gate, x, hidden)?, tokens, width)?;
        let mut up = self.linear(layer, Part::Up, x, hidden)?;
        self.shape.dense.apply(Some(&gate), &mut up);
        self.wide(layer, Part::Down, self.linear(layer, Part::Down, &up, width)?, tokens, hidden)
    }

    fn linear(&self, layer: usize, part: Part, x: &[f32], columns: usize) -> Result<Vec<f32>, ForwardError> {
        linear(self.model, &self.names.part(layer, part), x, columns)
    }

    /// What a matrix made, if it has so many rows.
    fn wide(
        &self,
        layer: usize,
        part: Part,
        made: Vec<f32>,
        tokens: usize,
        rows: usize,
    ) -> Result<Vec<f32>, ForwardError> {
        if made.len() == tokens * rows {
            return Ok(made);
        }
        let found = vec![made.len().checked_div(tokens).unwrap_or(0)];
        let name = format!("{}.weight", self.names.part(layer, part));
        Err(ForwardError::Shape { name, found, expected: format!("{rows} rows") })
    }
}
