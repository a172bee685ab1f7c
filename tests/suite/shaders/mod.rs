//! The text of every shader against what its launcher believes, read by naga; no graphics device is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use moe_arena::kernels::shaders;
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{AddressSpace, Module, TypeInner};

/// Storage buffers that any adapter can bind at once, and workgroup memory that any adapter has.
const MOST_BINDINGS: usize = 8;
const MOST_SHARED_BYTES: u32 = 16 * 1024;

/// Parses and validates; the reason with its place in the text if that fails.
fn read(name: &str, text: &str) -> (Module, ModuleInfo) {
    let module = naga::front::wgsl::parse_str(text)
        .unwrap_or_else(|error| panic!("{}", error.emit_to_string_with_path(text, name)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
        .validate(&module)
        .unwrap_or_else(|error| panic!("{}", error.emit_to_string_with_path(text, name)));
    (module, info)
}

#[test]
fn every_file_has_a_launcher_and_every_launcher_a_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let files: BTreeMap<String, String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()))
        .collect();
    let launched: BTreeMap<String, String> =
        shaders().iter().map(|shader| (shader.name.to_owned(), shader.text.to_owned())).collect();
    assert_eq!(launched.len(), shaders().len(), "two shaders of one name");
    assert_eq!(files.keys().collect::<Vec<_>>(), launched.keys().collect::<Vec<_>>());
    for (name, text) in &files {
        assert_eq!(text, &launched[name], "{name} is launched with another text");
    }
}

#[test]
fn every_text_is_what_its_launcher_believes() {
    for shader in shaders() {
        let name = shader.name;
        assert!(shader.text.starts_with("// "), "{name}: the first line does not say what it computes");
        assert!(!shader.text.contains("{{"), "{name}: a placeholder is no WGSL");
        let (module, info) = read(name, shader.text);
        let [entry] = module.entry_points.as_slice() else { panic!("{name}: one entry point") };
        assert_eq!((entry.name.as_str(), entry.workgroup_size), ("main", shader.group), "{name}");
        assert!(shader.group.iter().product::<u32>() <= 256, "{name}: threads of a group");
        let mut bindings = BTreeSet::new();
        let mut shared = 0;
        for (handle, global) in module.global_variables.iter() {
            let label = format!("{name}: {}", global.name.as_deref().unwrap_or("?"));
            assert!(!info.get_entry_point(0)[handle].is_empty(), "{label} is not used: its binding would vanish");
            match global.space {
                AddressSpace::Storage { access } => {
                    assert!(access.contains(naga::StorageAccess::STORE), "{label} is not read_write");
                    let binding = global.binding.unwrap();
                    assert_eq!(binding.group, 0, "{label}");
                    assert!(bindings.insert(binding.binding), "{label}: a binding taken twice");
                    let last = binding.binding as usize + 1 == shader.bindings;
                    assert_eq!(last, global.name.as_deref() == Some("sizes"), "{label}: sizes come last");
                    assert!(matches!(module.types[global.ty].inner, TypeInner::Array { .. }), "{label} is no array");
                }
                AddressSpace::WorkGroup => shared += module.types[global.ty].inner.size(module.to_ctx()),
                space => panic!("{label} lives in {space:?}"),
            }
        }
        assert_eq!(bindings, (0..shader.bindings as u32).collect(), "{name}");
        assert!(shader.bindings <= MOST_BINDINGS, "{name}: {} bindings", shader.bindings);
        assert!(shared <= MOST_SHARED_BYTES, "{name}: {shared} bytes of workgroup memory");
    }
}
