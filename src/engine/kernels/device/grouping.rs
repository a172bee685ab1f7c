//! Groups tokens by expert on the device: from a mask of picks to rows, slots and tiles, without a readback.

use burn::backend::wgpu::CubeTensor;

use crate::engine::kernels::launch::{Shader, blank, groups_for, sizes, wgsl};

/// Tokens in a block, and rows in a tile of a grouped product.
pub(crate) const TILE: usize = 64;

/// Most experts of a layer.
pub(crate) const MOST_EXPERTS: usize = 256;

const COUNT: Shader = Shader { name: "group_count", text: wgsl!("group_count"), group: [64, 1, 1], bindings: 3 };

const OFFSETS: Shader = Shader { name: "group_offsets", text: wgsl!("group_offsets"), group: [256, 1, 1], bindings: 3 };

const PLACE: Shader = Shader { name: "group_place", text: wgsl!("group_place"), group: [64, 1, 1], bindings: 5 };

pub(super) const SHADERS: [Shader; 3] = [COUNT, OFFSETS, PLACE];

/// Where everything stands in a [`Plan`]'s words; offsets `[N + 1]` stand first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupingOffsets {
    /// Tokens T.
    pub tokens: usize,
    /// Experts N.
    pub experts: usize,
    /// Rows R = T·k.
    pub rows: usize,
    /// Tiles L = ⌈R/64⌉ + N: enough whatever the routing.
    pub tiles: usize,
}

impl GroupingOffsets {
    /// For `tokens` tokens that each go to `k` of `experts` experts.
    pub fn new(tokens: usize, experts: usize, k: usize) -> Self {
        assert!(experts <= MOST_EXPERTS, "{experts} experts; the shaders know at most {MOST_EXPERTS}");
        let rows = tokens * k;
        Self { tokens, experts, rows, tiles: rows.div_ceil(TILE) + experts }
    }

    /// Tiles, `[L, 2]`: expert and first row.
    pub fn tile(&self) -> u32 {
        self.experts as u32 + 1
    }

    /// Token of each row, `[R]`.
    pub(crate) fn token_of_row(&self) -> u32 {
        self.tile() + 2 * self.tiles as u32
    }

    /// Weight of each row, `[R]`.
    pub(crate) fn weight_of_row(&self) -> u32 {
        self.token_of_row() + self.rows as u32
    }

    /// Row of each slot, `[T, k]`.
    pub(crate) fn row_of_slot(&self) -> u32 {
        self.weight_of_row() + self.rows as u32
    }

    /// Expert of each slot, `[T, k]`.
    pub(crate) fn expert_of_slot(&self) -> u32 {
        self.row_of_slot() + self.rows as u32
    }

    fn words(&self) -> usize {
        self.expert_of_slot() as usize + self.rows
    }
}

/// Groups by expert the tokens that `picks` `[T, N]`, k ones a row, sends to them; three launches.
///
/// The words are whole numbers, kept as the bits of a tensor that no arithmetic touches; see [`GroupingOffsets`].
pub fn group(picks: &CubeTensor, weights: &CubeTensor, k: usize) -> CubeTensor {
    let [tokens, experts] = sizes(picks)[..] else { unreachable!("tokens and experts") };
    let places = GroupingOffsets::new(tokens, experts, k);
    let blocks = tokens.div_ceil(TILE);
    let (counts, plan) = (blank(picks, &[blocks, experts]), blank(picks, &[places.words()]));
    let (t, n) = (tokens as u32, experts as u32);
    COUNT.launch(&[picks, &counts], &[t, n], groups_for(blocks, 1));
    OFFSETS.launch(&[&counts, &plan], &[n, blocks as u32, places.tiles as u32], [1, 1, 1]);
    let numbers = [
        t,
        n,
        k as u32,
        places.rows as u32,
        places.token_of_row(),
        places.weight_of_row(),
        places.row_of_slot(),
        places.expert_of_slot(),
    ];
    PLACE.launch(&[picks, weights, &counts, &plan], &numbers, groups_for(blocks, 1));
    plan
}
