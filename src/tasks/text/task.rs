//! Byte text as a task: windows of a corpus, each byte to be predicted from those before it.

use std::ops::Range;
use std::sync::Arc;

use super::{Corpus, TextError};
use crate::domain::config::{TaskShape, Text, VOCABULARY};
use crate::domain::readings::{ByteClass, Item, LabelSet, Metric, MetricKind};
use crate::tasks::{BatchInput, BatchTarget, SplitSizes, Task, TaskBatch, TaskError, TaskFingerprint};

/// A corpus read in windows: an example is `context` bytes, the target of each is the byte after it.
#[derive(Debug)]
pub(crate) struct TextTask {
    corpus: Arc<Corpus>,
    context: usize,
    label_sets: [LabelSet; 1],
}

impl TextTask {
    /// Reads `corpus` in windows of `context` bytes.
    ///
    /// # Errors
    /// [`TextError::PartTooShort`] if a part of the text that is drawn from holds no window.
    pub fn new(corpus: Arc<Corpus>, context: usize) -> Result<Self, TextError> {
        corpus.fits(context)?;
        let names = ByteClass::ALL.map(|class| class.name().to_owned()).to_vec();
        Ok(Self { corpus, context, label_sets: [LabelSet { id: "byte-class", names }] })
    }

    /// The batch of `[examples, context + 1]` bytes, labelled by the class of each byte that is read.
    fn batch(&self, bytes: &[u8]) -> TaskBatch {
        let windows = bytes.chunks_exact(self.context + 1);
        let read = || windows.clone().flat_map(|window| &window[..self.context]);
        let predicted = windows.clone().flat_map(|window| &window[1..]);
        TaskBatch {
            examples: windows.len(),
            input: BatchInput::Ids(read().map(|&byte| byte.into()).collect()),
            target: BatchTarget::Classes(predicted.map(|&byte| byte.into()).collect()),
            weight: None,
            labels: vec![read().map(|&byte| ByteClass::of(byte) as u16).collect()],
        }
    }
}

impl Task for TextTask {
    fn shape(&self) -> TaskShape {
        Text::shape(self.context)
    }

    fn name(&self) -> String {
        self.corpus.name().to_owned()
    }

    fn sizes(&self) -> SplitSizes {
        let [training, validation, test] = self.corpus.split().sizes();
        SplitSizes { training, validation, test }
    }

    fn fingerprint(&self) -> TaskFingerprint {
        TaskFingerprint { sha256: self.corpus.identity().sha256.clone(), sizes: self.sizes() }
    }

    fn training_batch(&self, seed: u64, step: u64, rows: Range<usize>) -> Result<TaskBatch, TaskError> {
        Ok(self.batch(&self.corpus.batch_rows(seed, step, rows, self.context)?))
    }

    fn validation_batch(&self, seed: u64, number: u64, examples: usize) -> Result<TaskBatch, TaskError> {
        Ok(self.batch(&self.corpus.validation_batch(seed, number, examples, self.context)?))
    }

    fn probe_batch(&self, seed: u64, examples: usize) -> Result<TaskBatch, TaskError> {
        Ok(self.batch(&self.corpus.probe_batch(seed, examples, self.context)?))
    }

    fn label_sets(&self) -> &[LabelSet] {
        &self.label_sets
    }

    fn item(&self, batch: &TaskBatch, position: usize) -> Item {
        match &batch.input {
            BatchInput::Ids(bytes) => Item::Byte(bytes[position] as u8),
            BatchInput::Values(_) => panic!("a batch of text holds bytes"),
        }
    }

    fn corpus(&self) -> Option<&Arc<Corpus>> {
        Some(&self.corpus)
    }

    /// Chance: 8 bits, an even guess over all bytes.
    fn metric(&self) -> Metric {
        Metric { kind: MetricKind::BitsPerByte, chance: (VOCABULARY as f64).log2() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moby(context: usize) -> TextTask {
        TextTask::new(Arc::new(Corpus::open(&Text::MobyDick).unwrap()), context).unwrap()
    }

    /// The bytes read and predicted, window by window, as the corpus lays them out.
    fn windows(batch: &TaskBatch, context: usize) -> Vec<u8> {
        let (BatchInput::Ids(read), BatchTarget::Classes(next)) = (&batch.input, &batch.target) else {
            panic!("{batch:?}")
        };
        let rows = read.chunks(context).zip(next.chunks(context));
        rows.flat_map(|(read, next)| {
            assert_eq!(read[1..], next[..context - 1]);
            read.iter().chain(&next[context - 1..]).map(|&byte| u8::try_from(byte).unwrap()).collect::<Vec<_>>()
        })
        .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
        #[test]
        fn batches_are_the_very_bytes_of_the_corpus(
            seed: u64, step in 0u64..1 << 40, examples in 1usize..6, context in 2usize..100,
        ) {
            let task = moby(context);
            let training = task.training_batch(seed, step, 0..examples).unwrap();
            prop_assert_eq!(windows(&training, context), task.corpus.batch(seed, step, examples, context).unwrap());
            let validation = task.validation_batch(seed, step, examples).unwrap();
            let expected = task.corpus.validation_batch(seed, step, examples, context).unwrap();
            prop_assert_eq!(windows(&validation, context), expected);
            let probe = task.probe_batch(seed, examples).unwrap();
            prop_assert_eq!(windows(&probe, context), task.corpus.probe_batch(seed, examples, context).unwrap());
            prop_assert!([training, validation, probe].iter().all(|batch| batch.examples == examples));
        }

        #[test]
        fn a_row_of_a_training_batch_does_not_depend_on_the_others(seed: u64, start in 0usize..9, count in 1usize..9) {
            let task = moby(16);
            let whole = windows(&task.training_batch(seed, 3, 0..start + count).unwrap(), 16);
            let rows = windows(&task.training_batch(seed, 3, start..start + count).unwrap(), 16);
            prop_assert_eq!(&rows, &whole[start * 17..]);
        }
    }

    #[test]
    fn every_position_is_labelled_by_the_class_of_the_byte_that_is_read() {
        let task = moby(8);
        let batch = task.probe_batch(4, 3).unwrap();
        assert_eq!(batch.labels[0].len(), 24);
        for (position, &label) in batch.labels[0].iter().enumerate() {
            let Item::Byte(byte) = task.item(&batch, position) else { panic!() };
            assert_eq!(task.label_sets()[0].names[usize::from(label)], ByteClass::of(byte).name());
        }
    }

    #[test]
    fn a_text_task_is_known_by_its_hash_and_split_and_guesses_8_bits() {
        let task = moby(8);
        assert_eq!(task.fingerprint().sha256, task.corpus.identity().sha256);
        let sizes = task.fingerprint().sizes;
        assert_eq!(sizes.training + sizes.validation + sizes.test, task.corpus.identity().bytes);
        assert_eq!(task.metric(), Metric { kind: MetricKind::BitsPerByte, chance: 8.0 });
        assert_eq!(task.shape().outputs(), 256);
    }

    #[test]
    fn a_window_longer_than_a_part_is_refused_when_the_task_is_made() {
        let corpus = Arc::new(Corpus::open(&Text::MobyDick).unwrap());
        let longest = corpus.split().validation.len();
        assert!(matches!(TextTask::new(corpus, longest), Err(TextError::PartTooShort { .. })));
    }
}
