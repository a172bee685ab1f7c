//! Foreign files: says what a file is that no version of the program wrote as a checkpoint.

use std::path::Path;

use safetensors::tensor::Metadata;

use crate::domain::config::{Config, ConfigFileError};
use crate::domain::quote;

/// Whether the file at `path` is the config of a run.
pub(super) fn is_config(path: &Path) -> bool {
    let named = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"));
    match Config::read(path) {
        // A text without any key would be a config as well.
        Ok(config) => named || config != Config::default(),
        Err(ConfigFileError::Toml(_) | ConfigFileError::Encoding { .. }) => named,
        Err(_) => false,
    }
}

/// What a safetensors file holds that is not ours.
pub(super) fn contents_of(header: &Metadata) -> String {
    let names = header.offset_keys();
    let example = names.first().and_then(|name| header.info(name).map(|info| (name, info)));
    let example = example.map_or(String::new(), |(name, info)| {
        format!(", for example \"{}\" {:?} {:?}", quote::name(name), info.dtype, info.shape)
    });
    let format = header.metadata().as_ref().and_then(|metadata| metadata.get("format"));
    let format = format.map_or(String::new(), |name| format!(", format \"{}\"", quote::name(name)));
    format!("a safetensors file with {} tensors{example}{format}", names.len())
}
