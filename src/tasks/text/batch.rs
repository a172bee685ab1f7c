//! Batches of a text: batch n of seed s as a pure function, so that a resumed run sees what the first one saw.

use std::ops::Range;

use super::{Corpus, TextError};
use crate::domain::draw::{Draws, Purpose};
use crate::tasks::DataSplit;

impl Corpus {
    /// The batch of training step `step` of the first `sequences` rows.
    #[cfg(test)]
    pub(crate) fn batch(&self, seed: u64, step: u64, sequences: usize, context: usize) -> Result<Vec<u8>, TextError> {
        self.batch_rows(seed, step, 0..sequences, context)
    }

    /// Rows `rows` of the batch of training step `step`, 0 for the first: the same windows as in a batch of more rows.
    ///
    /// - returns `[rows, context + 1]` bytes, row-major; columns `0..context` are read, `1..=context` are predicted
    ///
    /// Windows lie uniformly in the training part and may overlap.
    ///
    /// # Errors
    /// [`TextError::PartTooShort`], or that the file is not what it was when it was opened.
    pub(crate) fn batch_rows(
        &self,
        seed: u64,
        step: u64,
        rows: Range<usize>,
        context: usize,
    ) -> Result<Vec<u8>, TextError> {
        self.windows(DataSplit::Training, Draws::new(seed, Purpose::Batch, step, 0), rows, context)
    }

    /// Validation batch `number` of a run, always the same for a seed; laid out as [`Corpus::batch_rows`], from the validation part.
    ///
    /// # Errors
    /// As [`Corpus::batch_rows`].
    pub(crate) fn validation_batch(
        &self,
        seed: u64,
        number: u64,
        sequences: usize,
        context: usize,
    ) -> Result<Vec<u8>, TextError> {
        self.windows(DataSplit::Validation, Draws::new(seed, Purpose::Validation, number, 0), 0..sequences, context)
    }

    /// The one probe batch of a run; laid out as `Corpus::batch_rows`, from the validation part. Read once and kept.
    ///
    /// # Errors
    /// As `Corpus::batch_rows`.
    pub fn probe_batch(&self, seed: u64, sequences: usize, context: usize) -> Result<Vec<u8>, TextError> {
        self.probe_once((seed, sequences, context), || {
            self.windows(DataSplit::Validation, Draws::new(seed, Purpose::Probe, 0, 0), 0..sequences, context)
        })
    }

    fn windows(&self, part: DataSplit, draws: Draws, rows: Range<usize>, context: usize) -> Result<Vec<u8>, TextError> {
        let (places, first) = (self.places(part, context)?, self.split().range(part).start);
        let starts = starts(draws, places).take(rows.end).skip(rows.start);
        self.read_each(starts.map(|start| first + start), context + 1)
    }
}

/// Where the windows start, counted from the start of their part; each below `places`.
fn starts(mut draws: Draws, places: usize) -> impl Iterator<Item = usize> {
    std::iter::repeat_with(move || draws.below(places as u64) as usize)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::config::Text;

    static MOBY: LazyLock<Corpus> = LazyLock::new(|| Corpus::open(&Text::MobyDick).unwrap());

    /// A text of which any two neighbouring bytes say where they stand.
    fn numbered() -> (tempfile::TempDir, Corpus) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbered.bin");
        let bytes: Vec<u8> = (0..4096u16).flat_map(|i| [(i >> 6) as u8 | 0x80, (i & 63) as u8]).collect();
        std::fs::write(&path, bytes).unwrap();
        let corpus = Corpus::open(&Text::File(path)).unwrap();
        (folder, corpus)
    }

    /// Where a window of three bytes of `numbered` starts.
    fn position(window: &[u8]) -> usize {
        match *window {
            [high, low, _] if high & 0x80 != 0 => 2 * (usize::from(high & 0x7f) * 64 + usize::from(low)),
            [_, high, low] => 2 * (usize::from(high & 0x7f) * 64 + usize::from(low)) - 1,
            _ => panic!("three bytes"),
        }
    }

    proptest! {
        #[test]
        fn batches_are_pure_and_have_their_shape(
            seed: u64, n in 0u64..1 << 40, sequences in 1usize..6, context in 2usize..300,
        ) {
            let first = MOBY.batch(seed, n, sequences, context).unwrap();
            MOBY.batch(seed, n + 1, sequences, context).unwrap();
            MOBY.probe_batch(seed, 1, 4).unwrap();
            prop_assert_eq!(&first, &MOBY.batch(seed, n, sequences, context).unwrap());
            prop_assert_eq!(first.len(), sequences * (context + 1));
            // More sequences begin with the same ones.
            let more = MOBY.batch(seed, n, sequences + 1, context).unwrap();
            prop_assert_eq!(&first, &more[..first.len()]);
        }

        #[test]
        fn windows_lie_inside_their_part(seed: u64, n in 0u64..1000, context in 2usize..200) {
            let (training, validation) = (&MOBY.split().training, &MOBY.split().validation);
            let text = MOBY.read(0..MOBY.bytes()).unwrap();
            let inside = |batch: Vec<u8>, part: &std::ops::Range<usize>| {
                batch.chunks(context + 1).all(|row| text[part.clone()].windows(context + 1).any(|window| window == row))
            };
            prop_assert!(inside(MOBY.batch(seed, n, 1, context).unwrap(), training));
            prop_assert!(inside(MOBY.validation_batch(seed, n, 1, context).unwrap(), validation));
            prop_assert!(inside(MOBY.probe_batch(seed, 1, context).unwrap(), validation));
        }
    }

    #[test]
    fn every_position_of_a_part_is_reached_and_no_other() {
        let (_folder, corpus) = numbered();
        let reached = |batch: Vec<u8>| -> HashSet<usize> { batch.chunks(3).map(position).collect() };
        let training = reached(corpus.batch(3, 0, 200_000, 2).unwrap());
        assert_eq!(training, (0..corpus.split().training.end - 2).collect());
        let validation = &corpus.split().validation;
        let places: HashSet<usize> = (validation.start..validation.end - 2).collect();
        assert_eq!(reached(corpus.validation_batch(3, 0, 20_000, 2).unwrap()), places);
        assert_eq!(reached(corpus.probe_batch(3, 20_000, 2).unwrap()), places);
    }

    #[test]
    fn seeds_steps_and_purposes_give_other_batches() {
        let base = MOBY.validation_batch(1, 0, 4, 32).unwrap();
        for other in [
            MOBY.validation_batch(2, 0, 4, 32).unwrap(),
            MOBY.validation_batch(1, 1, 4, 32).unwrap(),
            MOBY.probe_batch(1, 4, 32).unwrap(),
            MOBY.batch(1, 0, 4, 32).unwrap(),
        ] {
            assert_ne!(base, other);
        }
        assert_ne!(MOBY.batch(1, 0, 4, 32).unwrap(), MOBY.batch(1, 1, 4, 32).unwrap());
    }

    #[test]
    fn the_longest_window_has_one_place() {
        let (_folder, corpus) = numbered();
        let longest = corpus.split().validation.len() - 1;
        let batch = corpus.validation_batch(9, 0, 2, longest).unwrap();
        let part = &corpus.read(corpus.split().validation.clone()).unwrap()[..];
        assert_eq!(batch, [part, part].concat());
        assert!(matches!(corpus.validation_batch(9, 0, 2, longest + 1), Err(TextError::PartTooShort { .. })));
    }
}
