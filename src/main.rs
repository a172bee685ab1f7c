//! temporary
use moe_arena::run;
fn main() {
    let preset = moe_arena::config::Preset::Small;
    let mut config = preset.config();
    let args: Vec<String> = std::env::args().collect();
    if args.get(2).is_some_and(|a| a == "medium") {
        config = moe_arena::config::Preset::Medium.config();
    }
    if args.get(2).is_some_and(|a| a == "tiny") {
        config = moe_arena::config::Preset::Tiny.config();
    }
    let steps: u64 = args.get(3).and_then(|a| a.parse().ok()).unwrap_or(300);
    config.steps = steps.max(4000);
    let start =
        run::Start { from: run::From::Config(Box::new(config)), device: args[1].clone(), out: None, autosave: None };
    let reader = run::spawn(start, Box::new(|| ()));
    reader.wait(std::time::Duration::from_secs(600), |s| matches!(s.status, run::Status::Paused(_)));
    reader.send(run::Command::Step(steps)).unwrap();
    let t = std::time::Instant::now();
    loop {
        let s = reader.wait(std::time::Duration::from_secs(2), |s| s.step >= steps);
        let v = s.validation.map(|v| v.bits_per_byte());
        println!(
            "{:.1}s step {} task {:?} val {v:?} tok/s {:.0} steps/s {:.1} step {:.1} ms wait {:.1}",
            t.elapsed().as_secs_f64(),
            s.step,
            s.last.as_ref().map(|l| l.loss.task),
            s.tokens_per_sec,
            s.steps_per_sec(),
            s.timing.step_millis,
            s.timing.wait_millis
        );
        if s.step >= steps {
            break;
        }
    }
    if let Some(p) = &reader.latest().probe {
        for l in &p.layers {
            println!("{:?} {:?}", l.agreement, l.collapse);
        }
    }
}
