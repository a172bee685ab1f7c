//! The thread of an inspection on the shipped public models and checkpoints of this program: what it publishes, and what it gives up.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use super::shared::Shared;
use super::worker::Worker;
use super::{Inspection, InspectionCommand, Inspector, TextTaken};
use crate::inspect::{ComparedMeasure, InspectReport, LayerReport, Model, TextWishes, route_text};
use crate::run::Reason;
use InspectionCommand::{Against, Cancel, Close, Compete, Open, Text};

/// Longest wait for a publication: a bound on a test that hangs, not on speed.
const PATIENCE: Duration = Duration::from_secs(120);

fn shipped(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// An inspection that is told of publications.
struct Watched {
    inspector: Inspector,
    published: Receiver<()>,
}

impl Watched {
    fn new() -> Self {
        let (tell, published) = sync_channel(1);
        let inspector = Inspector::spawn(move || {
            let _ = tell.try_send(());
        });
        Self { inspector, published }
    }

    fn send(&self, command: InspectionCommand) -> &Self {
        self.inspector.send(command);
        self
    }

    /// The first published value of which this holds.
    fn wait(&self, done: impl Fn(&Inspection) -> bool) -> Arc<Inspection> {
        loop {
            if let Some(latest) = self.inspector.latest().filter(|latest| done(latest)) {
                return latest;
            }
            self.published.recv_timeout(PATIENCE).expect("a publication");
        }
    }
}

/// Whether everything that is wanted of `path` is done.
fn is_done(found: &Inspection, path: &str) -> bool {
    found.now.path == shipped(path) && found.work.is_none()
}

#[test]
fn a_public_model_is_measured_layer_by_layer_as_its_report_says() {
    let watched = Watched::new();
    let found = watched.send(Open(shipped("public/olmoe"))).wait(|found| is_done(found, "public/olmoe"));
    assert_eq!((found.now.measured, found.now.planned.as_slice()), (2, &["layer.0".to_owned(), "layer.1".into()][..]));
    let model = Model::open(&shipped("public/olmoe")).unwrap();
    let measured = |mixture| LayerReport::measure(&model, mixture, false, &|_| true).unwrap().unwrap();
    let whole = InspectReport::manifest(&model);
    let layers: Vec<_> = found.now.layers.iter().map(|layer| json(layer.as_ref())).collect();
    assert_eq!(layers, model.mixtures().iter().map(|mixture| json(&measured(mixture))).collect::<Vec<_>>());
    let report = found.now.report.as_ref().unwrap();
    assert_eq!((report.family(), report.parameters()), (whole.family(), whole.parameters()));
    // No passage, as nothing says how this one cuts a text.
    assert!(found.text.typed.is_empty() && found.text.routed.is_none() && found.text.fault.is_none());
    let TextTaken::Ids { why: Reason::Error(why) } = &found.text.takes else { panic!("{:?}", found.text.takes) };
    assert!(why.to_string().contains("tokenizer.json"), "{why}");
    assert_eq!(found.text.cost, Some(6.0), "12 experts, 2 of them");
    assert!(found.now.own.is_none() && found.now.fault.is_none());
}

#[test]
fn a_model_without_a_tokenizer_routes_the_ids_that_are_typed() {
    let watched = Watched::new();
    watched.send(Open(shipped("public/olmoe"))).send(Against(Some(shipped("public/mixtral"))));
    watched.send(Text("Call me Ishmael".into()));
    let refused = watched.wait(|found| is_done(found, "public/olmoe"));
    let Some(Reason::Error(why)) = &refused.text.fault else { panic!("{:?}", refused.text.fault) };
    assert!(why.to_string().contains("“Call”") && refused.text.routed.is_none(), "{why}");
    watched.send(Text("5, 17\n99  200,".into()));
    let found = watched.wait(|found| is_done(found, "public/olmoe") && found.text.routed.is_some());
    let model = Model::open(&shipped("public/olmoe")).unwrap();
    let wanted = route_text(&model, &[5, 17, 99, 200], TextWishes::default(), &mut |_| ControlFlow::Continue(()));
    assert_eq!(json(found.text.routed.as_ref().unwrap().as_ref()), json(&wanted.unwrap()));
    assert_eq!(found.text.pieces.as_slice(), ["5", "17", "99", "200"]);
    assert_eq!(found.text.spans.iter().flatten().cloned().collect::<Vec<_>>(), [0..1, 3..5, 6..8, 10..13]);
    assert_eq!(found.text.then.as_ref().unwrap().ids, [5, 17, 99, 200], "the other one is given the same");
    // An id that it does not have is a fault of the text.
    watched.send(Text("5, 4000000".into()));
    let refused = watched.wait(|found| found.text.fault.is_some() && found.work.is_none());
    assert!(refused.now.fault.is_none() && refused.text.routed_of.starts_with("5, 17"));
}

fn json(value: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}

/// The shipped OLMoE with a tokenizer of five tokens beside it.
fn with_tokenizer() -> (tempfile::TempDir, PathBuf) {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("model");
    std::fs::create_dir(&folder).unwrap();
    for file in ["config.json", "model.safetensors"] {
        std::fs::copy(shipped("public/olmoe").join(file), folder.join(file)).unwrap();
    }
    let tokenizer = serde_json::json!({"version": "1.0", "truncation": null, "padding": null, "normalizer": null,
        "decoder": null, "post_processor": null, "added_tokens": [],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true},
        "model": {"type": "BPE", "vocab": {"a": 10, "b": 11, "Ġ": 12, "ab": 13, "Ġb": 14},
            "merges": [["a", "b"], ["Ġ", "b"]]}});
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    (above, folder)
}

#[test]
fn the_newest_text_is_routed_as_the_command_line_routes_it() {
    let (_above, folder) = with_tokenizer();
    let watched = Watched::new();
    watched.send(Open(folder.clone())).send(Text("aaaa".into())).send(Compete(true)).send(Text("ab b".into()));
    let done = |found: &Inspection| found.now.path == folder && found.work.is_none();
    let found = watched.wait(|found| done(found) && &*found.text.routed_of == "ab b");
    let model = Model::open(&folder).unwrap();
    let wishes = TextWishes { compete: true, dump: None };
    let direct = route_text(&model, &[13, 14], wishes, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    assert_eq!(**found.text.routed.as_ref().unwrap(), direct);
    let layer = &direct.layers[0];
    let winners = layer.winners.as_ref().unwrap();
    let won = &layer.competition.as_ref().unwrap().softplus.won;
    let counted = |expert: usize| winners.iter().filter(|&&winner| winner as usize == expert).count();
    assert!((0..layer.experts).all(|expert| counted(expert) == won[expert] as usize), "each wins what it won");
    assert_eq!(*found.text.pieces, ["ab", " b"]);
    assert_eq!(*found.text.spans, [Some(0..2), Some(2..4)]);
    // Without a competition nobody wins; with no text nothing is routed.
    let found = watched
        .send(Compete(false))
        .wait(|found| done(found) && found.text.routed.as_ref().is_some_and(|text| text.layers[0].winners.is_none()));
    assert_eq!(found.text.routed.as_ref().unwrap().layers[0].picks, layer.picks);
    let found = watched.send(Text(String::new())).wait(|found| found.text.typed.is_empty());
    assert!(found.text.routed.is_none());
}

/// What a thread publishes of commands that have all come before it begins.
fn at_once(commands: Vec<InspectionCommand>) -> Arc<Inspection> {
    let (tell, published) = sync_channel(1);
    let shared = Arc::new(Shared::new(Box::new(move || {
        let _ = tell.try_send(());
    })));
    commands.into_iter().for_each(|command| shared.send(command));
    let worker = Worker::new(shared.clone());
    let thread = std::thread::Builder::new().spawn(move || worker.run()).expect("a thread");
    let found = loop {
        if let Some(latest) = shared.latest().filter(|latest| latest.work.is_none()) {
            break latest;
        }
        published.recv_timeout(PATIENCE).expect("a publication");
    };
    shared.close();
    thread.join().expect("no panic");
    found
}

#[test]
fn what_is_given_up_is_not_measured_and_what_is_quick_is_there() {
    let found = at_once(vec![Open(shipped("public/mixtral")), Cancel]);
    assert_eq!((found.now.measured, found.now.layers.len()), (0, found.now.planned.len()));
    assert!(found.text.routed.is_none() && !found.now.planned.is_empty());
    // A text that is typed afterwards is routed all the same.
    let (_above, folder) = with_tokenizer();
    let found = at_once(vec![Open(folder), Cancel, Text("ab b".into())]);
    assert_eq!(found.now.measured, 0);
    assert_eq!(&*found.text.routed_of, "ab b");
}

#[test]
fn a_broken_file_a_family_without_text_and_nothing_are_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("half.safetensors");
    std::fs::write(&broken, [40, 0, 0, 0, 0, 0, 0, 0, b'{']).unwrap();
    for path in [broken, folder.path().join("nothing.gguf"), folder.path().to_owned()] {
        let found = at_once(vec![Open(path.clone()), Text("whale".into())]);
        assert!(found.now.fault.is_some() && found.now.report.is_none(), "{path:?}");
    }
    let found = at_once(vec![Open(shipped("public/qwen3_next"))]);
    let takes_nothing = |found: &Inspection| matches!(found.text.takes, TextTaken::Nothing { .. });
    assert!(takes_nothing(&found) && found.now.fault.is_none(), "{:?}", found.now.fault);
    assert_eq!(found.now.measured, found.now.planned.len());
    let found = at_once(vec![Open(shipped("public/qwen3_next")), Text("whale".into())]);
    assert!(takes_nothing(&found) && found.text.routed.is_none(), "whatever is typed");
    // A file that is put away takes everything with it.
    let watched = Watched::new();
    watched.send(Open(shipped("public/olmoe"))).wait(|found| found.now.report.is_some());
    watched.send(Close);
    while watched.inspector.latest().is_some() {
        watched.published.recv_timeout(PATIENCE).expect("a publication");
    }
}

#[test]
fn a_checkpoint_of_ours_tells_of_its_run_and_routes_its_probe() {
    let found = at_once(vec![Open(shipped("checkpoints/version_5.safetensors")), Compete(true)]);
    let own = found.now.own.as_ref().unwrap();
    assert!(found.now.fault.is_none() && found.text.fault.is_none(), "{:?} {:?}", found.now.fault, found.text.fault);
    let history = own.history.as_ref().unwrap();
    assert!(history.iter().count() > 0 && own.tensors > 10 && own.bytes > 0);
    assert_eq!(found.now.measured, found.now.planned.len());
    let routed = found.text.routed.as_ref().unwrap();
    assert!(found.text.is_default);
    assert_eq!(found.text.pieces.len(), routed.ids.len());
    let keys: Vec<&String> = routed.layers.iter().map(|layer| &layer.key).collect();
    assert_eq!(keys, found.now.planned.iter().collect::<Vec<_>>());
    assert!(routed.layers.iter().all(|layer| layer.winners.is_some() && layer.competition.is_some()));
}

#[test]
fn two_checkpoints_route_the_same_text() {
    let [now, then] = ["version_5", "version_4"].map(|name| shipped(&format!("checkpoints/{name}.safetensors")));
    let found = at_once(vec![Open(now), Against(Some(then.clone())), Text("The pale whale".into())]);
    let other = found.then.as_ref().unwrap();
    assert_eq!((&other.path, other.measured), (&then, other.planned.len()));
    let [routed, before] = [&found.text.routed, &found.text.then].map(|text| text.as_ref().unwrap());
    assert_eq!(routed.ids, before.ids);
    assert_eq!(routed.layers.len(), before.layers.len());
    let difference = found.difference.as_ref().unwrap();
    let is_told = |measure| difference.measures().iter().any(|change| change.measure() == measure);
    assert!(!difference.is_nothing() && is_told(ComparedMeasure::ValidationLoss), "of the curves");
    assert!(is_told(ComparedMeasure::WeightRank) && is_told(ComparedMeasure::TextLoss), "of weights and text");
    let moved = difference.layers()[0].moved().unwrap();
    assert_eq!(moved.tokens(), routed.ids.len());
    // The same file twice: nothing changed.
    let own = || shipped("checkpoints/version_5.safetensors");
    let found = at_once(vec![Open(own()), Against(Some(own()))]);
    assert!(found.difference.as_ref().unwrap().is_nothing());
    // Another family cannot be compared, and that is said of the other.
    let found = at_once(vec![Open(shipped("public/olmoe")), Against(Some(shipped("public/mixtral")))]);
    assert!(found.difference.is_none() && found.then.as_ref().unwrap().fault.is_some() && found.now.fault.is_none());
}
