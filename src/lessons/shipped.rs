//! The lessons that come with the program, in their order: `assets/lessons/`.

use std::sync::{Arc, LazyLock};

use super::lesson::Lesson;

/// The files.
const FILES: [(&str, &str); 9] = [
    ("loudest", include_str!("../../assets/lessons/1-loudest.lesson.toml")),
    ("foresee", include_str!("../../assets/lessons/2-foresee.lesson.toml")),
    ("collapse", include_str!("../../assets/lessons/3-collapse.lesson.toml")),
    ("three-collapses", include_str!("../../assets/lessons/4-three-collapses.lesson.toml")),
    ("top-k", include_str!("../../assets/lessons/5-top-k.lesson.toml")),
    ("how-often", include_str!("../../assets/lessons/6-how-often.lesson.toml")),
    ("split", include_str!("../../assets/lessons/7-split.lesson.toml")),
    ("chance", include_str!("../../assets/lessons/8-chance.lesson.toml")),
    ("fair", include_str!("../../assets/lessons/9-fair.lesson.toml")),
];

/// All of them. One that cannot be read, which no build that passed its tests has, is left out.
pub fn shipped() -> &'static [Arc<Lesson>] {
    static LESSONS: LazyLock<Vec<Arc<Lesson>>> =
        LazyLock::new(|| FILES.iter().filter_map(|(_, text)| Lesson::from_toml(text).ok().map(Arc::new)).collect());
    &LESSONS
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_is_a_lesson_of_its_own_name() {
        let mut ids = BTreeSet::new();
        for (id, text) in FILES {
            let lesson = Lesson::from_toml(text).unwrap_or_else(|faults| panic!("{id}: {faults:#?}"));
            assert_eq!(lesson.id, id);
            assert!(ids.insert(lesson.id.clone()), "{id} twice");
            // A line for the person who writes the next one.
            assert!(lesson.about.ends_with('.') && lesson.pages.len() >= 3, "{id}");
        }
        assert_eq!(shipped().len(), FILES.len());
    }
}
