//! `moe-arena bench`: the measurements as a table, or as JSON.

mod arguments;

pub(crate) use arguments::{BenchArguments, KEYS};

use super::Refusal;
use super::output::{Output, aside};
use crate::studies::{self, BenchError, BenchPart, BenchSettings, DiagnosticsLine, Measurement, Report, Spread};
use crate::words::{self, command};

/// Measures and prints.
///
/// # Errors
/// Exit code 2 if the device cannot be had, 1 if something failed on the way.
pub(super) fn bench(arguments: &BenchArguments) -> Result<(), Refusal> {
    if arguments.repeats == 0 {
        return Err(Refusal::usage(command::repeats()));
    }
    let measure =
        BenchSettings { repeats: arguments.repeats, preset: arguments.preset.into(), profile: arguments.profile };
    let only: Vec<BenchPart> = arguments.only.iter().copied().map(BenchPart::from).collect();
    let report = studies::bench(&arguments.device, measure, &only, say);
    let report = report.map_err(|error| match error {
        BenchError::Device(error) => Refusal::usage(command::device_and_choices(error, words::choose_another())),
        other => Refusal::failure(other.to_string()),
    })?;
    let mut output = Output::standard();
    if arguments.json {
        let text = serde_json::to_string_pretty(&report);
        output.json(&text.map_err(|error| Refusal::failure(command::no_json(error)))?);
    } else {
        table(&report).iter().for_each(|text| output.line(text));
    }
    output.finish()
}

/// Says what is being measured, on standard error, since standard output is the report.
fn say(what: Measurement) {
    aside(&command::measuring(match what {
        Measurement::Memory { competing, layers } => command::measuring_memory(competing, layers),
        Measurement::Steps { preset, step } => command::measuring_steps(preset.label(), step),
        Measurement::Layer { experts, step } => command::measuring_layer(experts, step),
        Measurement::Products { tokens, experts } => command::measuring_products(tokens, experts),
        Measurement::Maps { preset } => command::measuring_maps(preset.label()),
        Measurement::Rewind => command::measuring_rewind().to_owned(),
        Measurement::Probes { preset } => command::measuring_probes(preset.label()),
    }));
}

fn milliseconds(spread: &Spread) -> String {
    format!("{:.1} ({:.1}–{:.1})", spread.median * 1e3, spread.low * 1e3, spread.high * 1e3)
}

fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "–".into(), |bytes| format!("{} MiB", bytes >> 20))
}

/// The report as lines.
fn table(report: &Report) -> Vec<String> {
    let mut lines = vec![format!(
        "moe-arena {} on {} ({}), {} threads; milliseconds: median (quartiles)",
        report.version, report.device, report.kind, report.threads
    )];
    for step in &report.steps {
        lines.push(String::new());
        lines.push(format!("{} preset, {} step", step.preset, step.step));
        lines.push(format!("  step        {}   {:.0} tokens/s", milliseconds(&step.seconds), step.tokens_per_second));
        lines.push(format!("  forward     {}", milliseconds(&step.forward_seconds)));
        lines.push(format!("  backward    {}", milliseconds(&step.backward_seconds)));
        lines.push(format!("  optimizer   {}", milliseconds(&step.optimizer_seconds)));
        lines.push(format!("  first step  {:.1}", step.first_step_seconds * 1e3));
        lines.extend(step.against_products.map(|against| {
            format!(
                "  {:.1} GFLOP, {:.0} % of the peak of matrix products ({:.0} GFLOP/s); forward {:.0} %, backward {:.0} %",
                step.flop as f64 / 1e9,
                against.step_share * 1e2,
                against.product_flop_per_second / 1e9,
                against.forward_share * 1e2,
                against.backward_share * 1e2
            )
        }));
        lines.extend(step.profile.iter().map(|kernel| {
            let milliseconds = kernel.seconds_per_step * 1e3;
            let (operation, pass) = (kernel.operation, kernel.pass);
            let most = kernel.cores.iter().find(|line| line.cores == 16);
            let tasks = most.map_or_else(String::new, |most| {
                format!(", {:.0} tasks each, 16 cores ≤ {:.1}×", kernel.tasks_per_call, most.at_most)
            });
            format!("    {milliseconds:>8.2}  {operation}, {pass}, {:.0} a step{tasks}", kernel.calls_per_step)
        }));
        if !step.cores.is_empty() {
            let each: Vec<String> =
                step.cores.iter().map(|line| format!("{} cores ≤ {:.1}×", line.cores, line.at_most)).collect();
            lines.push(format!("  by its tasks, against one core: {}", each.join(", ")));
        }
        lines.push(format!(
            "  {:.0} shader launches in {} submissions, {:.3} readbacks of {:.0} bytes a step; peak {}",
            step.shader_launches_per_step,
            step.submissions_per_step.map_or_else(|| "no".into(), |submissions| format!("{submissions:.1}")),
            step.readbacks_per_step,
            step.bytes_read_per_step,
            mebibytes(step.peak_bytes)
        ));
    }
    if !report.layers.is_empty() {
        lines.push(String::new());
        lines.push("one layer: 2048 tokens, width 128, expert width 256, k 2".into());
        lines.push("  experts  step          forward + backward        forward             backward".into());
    }
    for layer in &report.layers {
        lines.push(format!(
            "  {:>7}  {:<12}  {:<24}  {:<18}  {}",
            layer.experts,
            layer.step,
            milliseconds(&layer.seconds),
            milliseconds(&layer.forward_seconds),
            milliseconds(&layer.backward_seconds)
        ));
    }
    if !report.products.is_empty() {
        lines.push(String::new());
        lines.push("dense products of a competition; milliseconds, GFLOP/s".into());
        lines.push(
            "  tokens  experts  width  expert width  here                           Burn's batched product".into(),
        );
    }
    for of in &report.products {
        let rate = |spread: &Spread| format!("{} {:>7.0}", milliseconds(spread), of.flop as f64 / spread.median / 1e9);
        lines.push(format!(
            "  {:>6}  {:>7}  {:>5}  {:>12}  {:<29}  {}",
            of.tokens,
            of.experts,
            of.width,
            of.expert_width,
            rate(&of.seconds),
            rate(&of.stock_seconds)
        ));
    }
    report.diagnostics.iter().for_each(|cost| lines.extend(probes(cost)));
    report.maps.iter().for_each(|maps| {
        lines.push(String::new());
        lines.push(format!("maps of points in the plane, {side} × {side} cells", side = maps.side));
        lines.push(format!("  territories and answers  {}", milliseconds(&maps.seconds)));
        lines.push(format!("  one expert alone         {}", milliseconds(&maps.alone_seconds)));
    });
    report.rewind.iter().for_each(|back| {
        lines.push(String::new());
        lines.push(format!(
            "going back in {} steps of the {} preset, {} states held: {}, at most {:.1}",
            back.steps,
            back.preset,
            back.held,
            milliseconds(&back.seconds),
            back.longest_seconds * 1e3
        ));
    });
    if !report.memory.is_empty() {
        lines.push(String::new());
        lines.push("peak memory by competing layers".into());
    }
    for memory in &report.memory {
        lines.push(format!("  {:>7}  {}", memory.competing_layers, mebibytes(memory.peak_bytes)));
    }
    lines
}

/// What looking at a run costs.
fn probes(cost: &DiagnosticsLine) -> [String; 3] {
    let parts = &cost.probe_parts;
    [
        String::new(),
        format!(
            "looking: a step takes {:.1} without and {:.1} with a probe every {} steps; {:.1} % of the time",
            cost.seconds_per_step_without * 1e3,
            cost.seconds_per_step_with * 1e3,
            cost.probe_every,
            cost.share * 1e2
        ),
        format!(
            "  a probe takes {:.1}: answers {:.1}, similarity {:.1}, on the host {:.1}, knock-outs {:.1}",
            cost.probe_seconds * 1e3,
            parts.answers_seconds * 1e3,
            parts.similarity_seconds * 1e3,
            parts.host_seconds * 1e3,
            parts.knock_out_seconds * 1e3
        ),
    ]
}
