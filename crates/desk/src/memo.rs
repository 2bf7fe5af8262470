//! Answers that are kept until what they were read from changes: for what stands on every page and
//! changes seldom. Whoever keeps an answer took the table's revision ([`store::Keeper::revision`])
//! before he read it; where there is none, nothing is kept.

use crate::{Actor, Desk};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// So many answers are kept; then it begins anew.
const MOST: usize = 4_096;

/// Answers by question, each with the revision it was read at.
#[derive(Debug)]
pub(crate) struct Memo<T>(Mutex<HashMap<String, (u64, T)>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Memo<T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (u64, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer, if it was read at this revision.
    pub(crate) fn get(&self, question: &str, revision: Option<u64>) -> Option<T> {
        let revision = revision?;
        self.lock()
            .get(question)
            .filter(|(at, _)| *at == revision)
            .map(|(_, answer)| answer.clone())
    }

    /// Keeps an answer that was read when the revision was this one or later.
    pub(crate) fn keep(&self, question: String, revision: Option<u64>, answer: &T) {
        let Some(revision) = revision else { return };
        let mut answers = self.lock();
        if answers.len() >= MOST && !answers.contains_key(&question) {
            answers.clear();
        }
        answers.insert(question, (revision, answer.clone()));
    }

    /// The same for large answers: it begins anew where they would be larger than `most` together.
    pub(crate) fn keep_within(
        &self,
        question: String,
        revision: Option<u64>,
        answer: &T,
        most: usize,
        size: impl Fn(&T) -> usize,
    ) {
        let Some(revision) = revision else { return };
        let mut answers = self.lock();
        answers.remove(&question);
        let kept: usize = answers.values().map(|(_, answer)| size(answer)).sum();
        if kept + size(answer) > most {
            answers.clear();
        }
        answers.insert(question, (revision, answer.clone()));
    }
}

impl Desk {
    /// What an answer depends on besides the rows: who asks, in which post, under which definitions.
    pub(crate) fn asked_by(&self, actor: &Actor) -> String {
        let version = &self.house().version;
        format!("{}|{}|{}|{version}", actor.account, actor.role, actor.unit.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_while_its_revision_stays() {
        let memo = Memo::default();
        memo.keep("a".to_owned(), Some(1), &7);
        assert_eq!(memo.get("a", Some(1)), Some(7));
        assert_eq!(memo.get("a", Some(2)), None);
        assert_eq!(memo.get("b", Some(1)), None);
        memo.keep("c".to_owned(), None, &7);
        assert_eq!((memo.get("c", None), memo.get("a", None)), (None, None));
        for at in 0..2 * MOST {
            memo.keep(at.to_string(), Some(1), &1);
        }
        assert!(memo.lock().len() <= MOST);
    }
}
