//! One golden file: its tensors by name, and the book of what was compared.

use std::collections::BTreeMap;
use std::path::Path;

use moe_arena::domain::config::{Form, Policy};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use super::baseline;

/// What a file is about.
pub enum Known {
    /// A CompeteSMoE v2 layer.
    Layer(Form),
    /// A CompeteSMoE v1 layer.
    Version1,
    /// A layer of another policy.
    Baseline(Policy, Form),
    /// The noisy gate.
    Noisy,
    /// A competition schedule.
    Schedule,
}

enum Numbers {
    Float(Vec<f32>),
    Whole(Vec<i64>),
}

pub struct Table {
    config: Value,
    tensors: BTreeMap<String, (Vec<usize>, Numbers)>,
    slack: f64,
    used: BTreeMap<String, Use>,
    failures: Vec<String>,
}

enum Use {
    Input,
    /// Largest difference as a share of the largest entry.
    Compared(f64),
}

impl Table {
    pub fn open(path: &Path, slack: f64) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| e.to_string())?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let format = metadata.get("format").map(String::as_str);
        if format != Some("competesmoe-golden-1") {
            return Err(format!("format {format:?}, expected competesmoe-golden-1"));
        }
        let config = metadata.get("config").ok_or("no config in the metadata")?;
        let config = serde_json::from_str(config).map_err(|e| e.to_string())?;
        let file = SafeTensors::deserialize(&bytes).map_err(|e| e.to_string())?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.tensors() {
            let data = view.data();
            let numbers = match view.dtype() {
                Dtype::F32 => {
                    Numbers::Float(data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect())
                }
                Dtype::I64 => {
                    Numbers::Whole(data.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap())).collect())
                }
                Dtype::U8 => Numbers::Whole(data.iter().map(|&b| i64::from(b)).collect()),
                other => return Err(format!("{name} is {other:?}")),
            };
            tensors.insert(name, (view.shape().to_vec(), numbers));
        }
        Ok(Self { config, tensors, slack, used: BTreeMap::new(), failures: Vec::new() })
    }

    pub fn known(&self) -> Result<Known, String> {
        let (kind, variant) = (self.text("kind"), self.text("variant"));
        let form = match variant {
            "v2-lm" => Form::Language,
            "v2-vlm" => Form::Vision,
            _ => Form::Version1,
        };
        Ok(match (kind, variant) {
            ("competesmoe", "v1") => Known::Version1,
            ("competesmoe", _) => Known::Layer(form),
            ("noisy_topk", _) => Known::Noisy,
            ("schedule", _) => Known::Schedule,
            _ => match baseline::policy(kind) {
                Some(policy) => Known::Baseline(policy, form),
                None => return Err(format!("{variant} {kind} is of no kind this program computes")),
            },
        })
    }

    pub fn truth(&self, key: &str) -> bool {
        self.config[key].as_bool().unwrap_or_default()
    }

    pub fn text(&self, key: &str) -> &str {
        self.config[key].as_str().unwrap_or_default()
    }

    pub fn number(&self, key: &str) -> f64 {
        self.config[key].as_f64().unwrap_or_else(|| panic!("config has no number {key}"))
    }

    pub fn number_or(&self, key: &str, otherwise: f64) -> f64 {
        self.config[key].as_f64().unwrap_or(otherwise)
    }

    pub fn whole(&self, key: &str) -> usize {
        self.config[key].as_u64().unwrap_or_else(|| panic!("config has no whole number {key}")) as usize
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Names of all tensors that begin so.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        self.tensors.keys().filter(|name| name.starts_with(prefix)).cloned().collect()
    }

    /// The values, without marking them as used.
    pub fn floats(&self, name: &str) -> Vec<f32> {
        match &self.tensors.get(name).unwrap_or_else(|| panic!("no tensor {name}")).1 {
            Numbers::Float(values) => values.clone(),
            Numbers::Whole(_) => panic!("{name} holds whole numbers"),
        }
    }

    pub fn wholes(&self, name: &str) -> Vec<i64> {
        match &self.tensors.get(name).unwrap_or_else(|| panic!("no tensor {name}")).1 {
            Numbers::Whole(values) => values.clone(),
            Numbers::Float(_) => panic!("{name} holds floats"),
        }
    }

    /// A tensor the computation starts from.
    pub fn input(&mut self, name: &str) -> (Vec<usize>, Vec<f32>) {
        self.used.insert(name.into(), Use::Input);
        (self.tensors[name].0.clone(), self.floats(name))
    }

    /// Compares a forward value or loss: 1e-5 of the largest entry plus 1e-7.
    pub fn forward(&mut self, name: &str, ours: &[f32]) {
        self.within(name, ours, 1e-5, 1e-7);
    }

    /// The same where the file has it.
    pub fn forward_if_there(&mut self, name: &str, ours: &[f32]) {
        if self.has(name) {
            self.forward(name, ours);
        }
    }

    /// A number the file gives for information: said beside ours, not judged.
    pub fn noted(&mut self, name: &str, ours: &[f32]) {
        let theirs = self.floats(name);
        self.used.insert(name.into(), Use::Input);
        println!("  {name}: {theirs:?} there, {ours:?} here");
    }

    /// Compares a gradient: 1e-3 of the largest entry plus 1e-9. Absent in the file means absent or exactly zero here.
    pub fn gradient(&mut self, name: &str, ours: Option<Vec<f32>>) {
        match (self.has(name), ours) {
            (true, Some(ours)) => self.within(name, &ours, 1e-3, 1e-9),
            (true, None) => {
                let zero = vec![0.0; self.floats(name).len()];
                self.within(name, &zero, 1e-3, 1e-9);
            }
            (false, Some(ours)) if ours.iter().any(|&g| g != 0.0) => {
                self.failures.push(format!("{name} has no gradient in the reference and a nonzero one here"));
            }
            (false, _) => {}
        }
    }

    fn within(&mut self, name: &str, ours: &[f32], relative: f64, absolute: f64) {
        let theirs = self.floats(name);
        if ours.len() != theirs.len() {
            self.failures.push(format!("{name}: {} numbers, expected {}", ours.len(), theirs.len()));
            return;
        }
        let largest = theirs.iter().fold(0.0f64, |m, &x| m.max(f64::from(x).abs()));
        let allowed = self.slack * (relative * largest + absolute);
        let differences = ours.iter().zip(&theirs).map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs());
        // NaN must not slip through a maximum.
        let worst = differences.fold(0.0f64, |m, d| if d.is_nan() { f64::INFINITY } else { m.max(d) });
        self.used.insert(name.into(), Use::Compared(worst / largest.max(1e-30)));
        if worst > allowed {
            self.failures
                .push(format!("{name}: off by {worst:.3e}, allowed {allowed:.3e} (largest entry {largest:.3e})"));
        }
    }

    /// Compares whole numbers exactly.
    pub fn exact(&mut self, name: &str, ours: &[i64]) {
        let theirs = self.wholes(name);
        self.used.insert(name.into(), Use::Compared(0.0));
        if ours != theirs {
            self.failures.push(format!("{name}: {ours:?}, expected {theirs:?}"));
        }
    }

    /// The same where the file has it.
    pub fn exact_if_there(&mut self, name: &str, ours: &[i64]) {
        if self.has(name) {
            self.exact(name, ours);
        }
    }

    /// Compares chosen indices `[.., k]` as sets with a mask `[.., n]` of zeros and ones.
    pub fn chosen(&mut self, name: &str, mask: &[f32], k: usize, n: usize) {
        let theirs = self.wholes(name);
        self.used.insert(name.into(), Use::Compared(0.0));
        for (token, row) in mask.chunks_exact(n).enumerate() {
            let mut set: Vec<usize> = theirs[token * k..(token + 1) * k].iter().map(|&i| i as usize).collect();
            set.sort_unstable();
            let ours: Vec<usize> = (0..n).filter(|&i| row[i] == 1.0).collect();
            if ours != set || row.iter().any(|&m| m != 0.0 && m != 1.0) {
                self.failures.push(format!("{name}: token {token} chose {ours:?}, expected {set:?}"));
                return;
            }
        }
    }

    pub fn summary(&self) -> String {
        let inputs = self.used.values().filter(|u| matches!(u, Use::Input)).count();
        let compared: Vec<(&String, f64)> =
            self.used.iter().filter_map(|(n, u)| if let Use::Compared(w) = u { Some((n, *w)) } else { None }).collect();
        let worst = compared.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let worst = worst.map_or(String::new(), |(name, w)| format!(", worst {w:.1e} of the largest entry ({name})"));
        format!("{} tensors: {inputs} used, {} compared{worst}", self.tensors.len(), compared.len())
    }

    /// What differs, and every tensor that nothing looked at.
    pub fn failures(&self) -> impl Iterator<Item = String> + '_ {
        let left = self.tensors.keys().filter(|name| !self.used.contains_key(*name));
        self.failures.iter().cloned().chain(left.map(|name| format!("{name} was not compared")))
    }
}
