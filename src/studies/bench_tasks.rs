//! Where a step's time goes on the CPU: by operation, and how it falls into tasks that more cores would share.

use std::time::{Duration, Instant};

use super::bench::{BenchError, READ_EVERY};
use super::bench_report::{CoresLine, KernelLine};
use crate::engine::kernels::{self, CORES, KernelProfile, KernelTime};
use crate::engine::train::{ProfileError, Trainer};

/// Makes `groups` groups of steps as training makes them.
fn groups_of_steps(trainer: &mut Trainer, groups: usize) -> Result<(), BenchError> {
    for _ in 0..groups {
        for _ in 0..READ_EVERY {
            trainer.step().map_err(ProfileError::from)?;
        }
        trainer.read().map_err(|failure| BenchError::Failed { failure })?;
    }
    Ok(())
}

/// How the time of a step on one thread falls into tasks: what is between operations, and each operation.
pub(super) struct StepTasks {
    between: Duration,
    operations: KernelProfile,
}

/// Of several steps, the least of each time: a task that is interrupted would count as a long one.
pub(super) fn task_profile(trainer: &mut Trainer) -> Result<StepTasks, BenchError> {
    let mut least: Option<StepTasks> = None;
    for _ in 0..READ_EVERY {
        let mut whole = Duration::ZERO;
        let (made, found) = kernels::task_profile(|| {
            let start = Instant::now();
            let made = trainer.step();
            whole = start.elapsed();
            made
        })
        .map_err(BenchError::Build)?;
        made.map_err(ProfileError::from)?;
        let between = whole.saturating_sub(found.values().map(|time| time.spent).sum());
        least = Some(match least {
            None => StepTasks { between, operations: found },
            Some(mut least) => {
                least.between = least.between.min(between);
                least.operations.iter_mut().for_each(|(of, time)| time.keep_least(found.get(of)));
                least
            }
        });
    }
    trainer.read().map_err(|failure| BenchError::Failed { failure })?;
    Ok(least.unwrap_or(StepTasks { between: Duration::ZERO, operations: KernelProfile::new() }))
}

/// What more cores could make of it.
pub(super) fn bounds(step: &StepTasks) -> Vec<CoresLine> {
    let sum = |of: &dyn Fn(&KernelTime) -> Duration| step.between + step.operations.values().map(of).sum::<Duration>();
    at_most(sum(&|time| time.spent), |place| sum(&|time| time.on_cores[place]))
}

/// How much faster than `one` core each number of cores is that takes `on_cores`, at the least; nothing of what took no time.
fn at_most(one: Duration, on_cores: impl Fn(usize) -> Duration) -> Vec<CoresLine> {
    let line = |(place, cores)| CoresLine { cores, at_most: one.as_secs_f64() / on_cores(place).as_secs_f64() };
    CORES.into_iter().enumerate().filter(|_| !one.is_zero()).map(line).collect()
}

/// What each operation takes of a step, the longest first, over `groups` groups of steps as training makes them.
pub(super) fn operations(
    trainer: &mut Trainer,
    groups: usize,
    tasks: &StepTasks,
) -> Result<Vec<KernelLine>, BenchError> {
    let start = Instant::now();
    let (made, found) = kernels::kernel_profile(|| groups_of_steps(trainer, groups));
    made?;
    let (steps, whole) = ((groups * READ_EVERY) as f64, start.elapsed());
    let between = whole.saturating_sub(found.values().map(|time| time.spent).sum());
    let line =
        |operation, pass, calls: u64, spent: Duration, (tasks_per_call, cores): (f64, Vec<CoresLine>)| KernelLine {
            operation,
            pass,
            calls_per_step: calls as f64 / steps,
            seconds_per_step: spent.as_secs_f64() / steps,
            tasks_per_call,
            cores,
        };
    let tasks_of = |of| {
        let time: KernelTime = tasks.operations.get(of).copied().unwrap_or_default();
        (time.tasks as f64 / time.calls.max(1) as f64, at_most(time.spent, |place| time.on_cores[place]))
    };
    let mut lines: Vec<KernelLine> =
        found.iter().map(|(of, time)| line(of.0, of.1.label(), time.calls, time.spent, tasks_of(of))).collect();
    lines.push(line("between operations", "step", 0, between, (0.0, Vec::new())));
    lines.sort_by(|a, b| b.seconds_per_step.total_cmp(&a.seconds_per_step));
    Ok(lines)
}
