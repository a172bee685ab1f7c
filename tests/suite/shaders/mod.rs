//! The text of every shader against what its launcher believes, read by naga; no graphics device is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use moe_arena::engine::kernels::shaders;
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
    let (files, shared) = (texts("shaders"), texts("shaders/shared"));
    let launched: BTreeMap<String, String> =
        shaders().iter().map(|shader| (shader.name.to_owned(), shader.text.to_owned())).collect();
    assert_eq!(launched.len(), shaders().len(), "two shaders of one name");
    assert_eq!(files.keys().collect::<Vec<_>>(), launched.keys().collect::<Vec<_>>());
    let mut joined: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, text) in &files {
        let mut rest = launched[name].strip_prefix(text.as_str()).unwrap_or_else(|| panic!("{name}: another text"));
        while !rest.is_empty() {
            let (part, after) = shared
                .iter()
                .find_map(|(part, text)| Some((part, rest.strip_prefix('\n')?.strip_prefix(text.as_str())?)))
                .unwrap_or_else(|| panic!("{name} is joined with what no shared file says: {rest}"));
            *joined.entry(part).or_default() += 1;
            rest = after;
        }
    }
    for part in shared.keys() {
        let users = joined.get(part.as_str()).copied().unwrap_or_default();
        assert!(users > 1, "shared/{part}.wgsl belongs to {users} shaders: a text that is shared has two or more");
    }
}

/// The texts of a folder by the names of their files.
fn texts(folder: &str) -> BTreeMap<String, String> {
    fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()))
        .collect()
}

/// The functions and structs of a text by name: all between their braces, without comments and spacing.
fn bodies(text: &str) -> Vec<(String, String)> {
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    let mut rest = code.as_str();
    while let Some(open) = rest.find('{') {
        let head = rest[..open].rsplit([';', '}']).next().unwrap_or_default();
        let mut depth = 0;
        let length = rest[open..].find(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth == 0
        });
        let end = open + length.expect("braces that match");
        let name = head.split("fn ").nth(1).or_else(|| head.split("struct ").nth(1)).unwrap_or(head);
        let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let lines = rest[open + 1..end].lines().map(|line| line.trim().trim_end_matches(',').to_owned());
        let body: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
        found.push((name.to_owned(), body.join("\n")));
        rest = &rest[end + 1..];
    }
    found
}

/// What two shaders need alike is a shared file, so that it is mended once.
#[test]
fn no_function_stands_in_two_files() {
    let own = texts("shaders").into_iter();
    let shared = texts("shaders/shared").into_iter().map(|(name, text)| (format!("shared/{name}"), text));
    let mut seen: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (file, text) in own.chain(shared) {
        for (name, body) in bodies(&text) {
            if body.lines().count() < 2 {
                continue;
            }
            if let Some((other, twin)) = seen.insert(body, (file.clone(), name.clone())) {
                panic!("{name} of {file}.wgsl is {twin} of {other}.wgsl once more: put it into shaders/shared/");
            }
        }
    }
    assert!(seen.len() > 60, "{} functions: are all read?", seen.len());
}

#[test]
fn the_body_of_a_function_is_found_whatever_its_comments_and_spacing() {
    let one = "// fn none() {\nfn first(x: f32) -> f32 {\n    if (x > 0.0) { // {\n        return x;\n    }\n    return 0.0;\n}\n";
    let other = "const A: u32 = 1u;\nfn second(x: f32) -> f32 {\n  if (x > 0.0) {\n return x;\n }\n\n return 0.0;\n}\n";
    let (one, other) = (bodies(one), bodies(other));
    assert_eq!((one[0].0.as_str(), other[0].0.as_str()), ("first", "second"));
    assert_eq!(one[0].1, other[0].1);
    assert_eq!((one.len(), other.len()), (1, 1));
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
                    let binding = global.binding.unwrap();
                    assert_eq!(binding.group, 0, "{label}");
                    assert!(bindings.insert(binding.binding), "{label}: a binding taken twice");
                    let last = binding.binding as usize + 1 == shader.bindings;
                    assert_eq!(last, global.name.as_deref() == Some("sizes"), "{label}: sizes come last");
                    // Tensors share buffers, and one that is written is bound for writing everywhere; the sizes never are.
                    assert_eq!(last, !access.contains(naga::StorageAccess::STORE), "{label}: bound for writing or not");
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
