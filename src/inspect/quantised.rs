//! Quantised weights: which tensors beside a weight say what its numbers mean, and formats that are known by name only.
//!
//! What has a scale beside it that is not understood has no numbers here: raw ones would be wrong without looking wrong.

use super::fault::TensorFault;
use super::numbers::{GROUP, Grid};
use super::stored::{StoredFiles, StoredTensor};

/// Rows and columns of a block where the config does not say: those of all published models.
const USUAL_BLOCK: (usize, usize) = (128, 128);
/// Names in place of `X.weight` of formats that are not read, and what they are called.
const PACKED: [(&str, &str); 4] = [
    ("qweight", "GPTQ or AWQ"),
    ("weight_packed", "compressed-tensors (packed whole numbers)"),
    ("weight_q", "HQQ"),
    ("W_q", "HQQ"),
];
/// What stands behind the name of a weight where its numbers mean something with other tensors only, and the format's name.
const BESIDE: [(&str, &str); 6] = [
    (".absmax", "bitsandbytes"),
    (".quant_map", "bitsandbytes"),
    ("_scale_2", "NVFP4"),
    ("_packed", "compressed-tensors (packed whole numbers)"),
    ("_scale", "scaled numbers (a scale for each row, column or tensor)"),
    ("_scales", "scaled numbers of groups"),
];

/// The scales of a tensor.
pub(super) enum Scales<'a> {
    /// Its numbers are what they are.
    None,
    /// One for each block of rows and columns.
    Grid {
        /// How they lie over the tensor.
        grid: Grid,
        /// The tensor that holds them.
        of: &'a StoredTensor,
    },
    /// Two FP4 numbers in a byte, and a power of two for every 32 of them in this tensor.
    Pairs(&'a StoredTensor),
}

/// The scales of a tensor that is stored under its own name.
///
/// # Errors
/// Numbers in a format that is not known, or scales that do not fit.
pub(super) fn scales<'a>(files: &'a StoredFiles, tensor: &StoredTensor) -> Result<Scales<'a>, TensorFault> {
    let name = tensor.name();
    if let Some(of) = pairs(files, tensor) {
        return Ok(Scales::Pairs(of));
    }
    if let Some(of) = files.tensor(&format!("{name}_scale_inv")) {
        return grid(files, tensor, of).map(|grid| Scales::Grid { grid, of });
    }
    let channels = format!("{name}_scale");
    if let Some(of) = files.tensor(&channels)
        && let Some(grid) = channels_grid(tensor, of)
        && files.tensor(&format!("{channels}_2")).is_none()
    {
        return Ok(Scales::Grid { grid, of });
    }
    if let Some((_, format)) = BESIDE.iter().find(|(end, _)| files.tensor(&format!("{name}{end}")).is_some()) {
        return Err(TensorFault::UnknownQuantisation { format });
    }
    // DeepSeek V4 calls them `X.scale`, which is an ordinary name beside plain numbers.
    match scale_beside(files, tensor) {
        Some(of) if tensor.kind().starts_with("F8_E") => grid(files, tensor, of).map(|grid| Scales::Grid { grid, of }),
        Some(_) => Err(TensorFault::UnknownQuantisation { format: "scaled numbers of eight bits or fewer" }),
        None => Ok(Scales::None),
    }
}

/// `X.scale` beside `X.weight` of eight bits or fewer, as DeepSeek V4 calls it.
fn scale_beside<'a>(files: &'a StoredFiles, tensor: &StoredTensor) -> Option<&'a StoredTensor> {
    let stem = tensor.name().strip_suffix("weight").filter(|_| matches!(tensor.bits(), Some(..=8)))?;
    files.tensor(&format!("{stem}scale"))
}

/// The scales of FP4 numbers that lie two in a byte, the low half first: `X.weight` [.., columns ÷ 2] of bytes beside `X.scale`, or
/// `X.weight_scale_inv`, [.., columns ÷ 32] of powers of two (DeepSeek V4). `None` where a tensor is anything else.
pub(super) fn pairs<'a>(files: &'a StoredFiles, tensor: &StoredTensor) -> Option<&'a StoredTensor> {
    if !matches!(tensor.kind(), "I8" | "U8") {
        return None;
    }
    let of = scale_beside(files, tensor).or_else(|| files.tensor(&format!("{}_scale_inv", tensor.name())))?;
    let (bytes, before) = tensor.shape().split_last()?;
    let (groups, same) = of.shape().split_last()?;
    let fits = before == same && groups.checked_mul(GROUP / 2) == Some(*bytes);
    (fits && matches!(of.kind(), "U8" | "F8_E8M0")).then_some(of)
}

/// The shape of the numbers of a tensor: of FP4 that lies two in a byte, twice as many columns as bytes.
pub(super) fn shape(files: &StoredFiles, tensor: &StoredTensor) -> Vec<usize> {
    let mut shape = tensor.shape().to_vec();
    if let (Some(last), Some(_)) = (shape.last_mut(), pairs(files, tensor)) {
        *last = last.saturating_mul(2);
    }
    shape
}

/// How `X_scale_inv` lies over `X`: [.., ⌈rows ÷ block rows⌉, ⌈columns ÷ block columns⌉], or one number for all.
fn grid(files: &StoredFiles, tensor: &StoredTensor, of: &StoredTensor) -> Result<Grid, TensorFault> {
    let wrong = |reason| Err(TensorFault::Scales { scales: of.name().to_owned(), reason });
    let (shape, found) = (tensor.shape(), of.shape());
    let [before @ .., rows, columns] = shape else {
        return wrong(format!("it scales a tensor of shape {shape:?}; expected a matrix"));
    };
    let matrix = (*rows, *columns);
    let Some(block) = block_size(files) else {
        return wrong("quantization_config.weight_block_size of config.json is not two whole numbers above 0".into());
    };
    if matches!(found, [] | [1]) && before.iter().all(|&count| count == 1) {
        return Ok(Grid { matrix, block: (matrix.0.max(1), matrix.1.max(1)) });
    }
    let shape_of = |grid: Grid| -> Vec<usize> {
        let (cell_rows, cell_columns) = grid.cells();
        before.iter().copied().chain([cell_rows, cell_columns]).collect()
    };
    let (grid, expected) = (Grid { matrix, block }, shape_of(Grid { matrix, block }));
    if found != expected {
        // Powers of two for every 32 numbers of a row are those of MXFP8, whatever the config says of other tensors.
        let groups = Grid { matrix, block: (1, GROUP) };
        if matches!(of.kind(), "U8" | "F8_E8M0") && matrix.1.is_multiple_of(GROUP) && found == shape_of(groups) {
            return Ok(groups);
        }
        return wrong(format!(
            "it has shape {found:?}; expected {expected:?}, one for each {} × {} of {shape:?}",
            block.0, block.1
        ));
    }
    Ok(grid)
}

/// How `X_scale` lies over FP8 numbers, as compressed-tensors and ModelOpt write them: one number for each row, [.., rows, 1] or
/// [.., rows], or one for each matrix, [.., 1, 1], [.., 1] or [..]. `None` where it is anything else.
fn channels_grid(tensor: &StoredTensor, of: &StoredTensor) -> Option<Grid> {
    let [before @ .., rows, columns] = tensor.shape() else { return None };
    if !tensor.kind().starts_with("F8_E") || of.bits().is_none_or(|bits| bits < 16) {
        return None;
    }
    let block_rows = match of.shape().strip_prefix(before)? {
        [found, 1] | [found] if found == rows => 1,
        [1, 1] | [1] | [] => (*rows).max(1),
        _ => return None,
    };
    Some(Grid { matrix: (*rows, *columns), block: (block_rows, (*columns).max(1)) })
}

/// Rows and columns that share a scale, as the config says; `None` if what it says is none.
fn block_size(files: &StoredFiles) -> Option<(usize, usize)> {
    let said = files.config().and_then(|config| {
        let texts = config.get("text_config").and_then(|texts| texts.get("quantization_config"));
        config.get("quantization_config").or(texts)?.get("weight_block_size").filter(|said| !said.is_null())
    });
    let Some(said) = said else { return Some(USUAL_BLOCK) };
    let size =
        |place: usize| said.get(place)?.as_u64().and_then(|size| usize::try_from(size).ok()).filter(|&size| size > 0);
    Some((size(0)?, size(1)?))
}

/// The blocks and scales of an MXFP4 tensor: `X_blocks` and `X_scales`, in the original files `X.blocks` and `X.scales`.
pub(super) fn fp4<'a>(files: &'a StoredFiles, name: &str) -> Option<(&'a StoredTensor, &'a StoredTensor)> {
    let pair = |mark: &str| {
        Some((files.tensor(&format!("{name}{mark}blocks"))?, files.tensor(&format!("{name}{mark}scales"))?))
    };
    pair("_").or_else(|| pair("."))
}

/// What stands in place of `X.weight` in a format that is not read, and the format's name.
pub(super) fn packed<'a>(files: &'a StoredFiles, name: &str) -> Option<(&'a StoredTensor, &'static str)> {
    let stem = name.strip_suffix("weight")?;
    PACKED.iter().find_map(|(end, format)| Some((files.tensor(&format!("{stem}{end}"))?, *format)))
}
