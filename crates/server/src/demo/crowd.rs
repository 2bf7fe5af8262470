//! Many walks at once on one task: while one waits for the disk, the next one plans. The store
//! keeps all that come in the meantime with one sync.

use desk::Refusal;
use std::{future::Future, pin::Pin, task::Poll, thread};

/// More than this the one writer of the store does not keep up with.
const MOST_THREADS: usize = 4;

/// Runs all of them, spread over the processors. It holds up the thread it is called on.
pub fn spread<F: Future<Output = Result<(), Refusal>> + Send>(
    walks: Vec<F>,
) -> Result<(), Refusal> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let mut parts: Vec<Vec<F>> = (0..threads).map(|_| Vec::new()).collect();
    for (at, walk) in walks.into_iter().enumerate() {
        parts[at % threads].push(walk);
    }
    let runtime = tokio::runtime::Handle::current();
    thread::scope(|scope| {
        let start = |part| scope.spawn(|| runtime.block_on(all(part)));
        let running: Vec<_> = parts.into_iter().map(start).collect();
        let panicked =
            || Err(Refusal::Store(store::StoreError::Failed("a walk panicked".to_owned())));
        running.into_iter().try_for_each(|one| one.join().unwrap_or_else(|_| panicked()))
    })
}

/// Runs all of them to their end, or to the first refusal.
pub async fn all<F: Future<Output = Result<(), Refusal>>>(walks: Vec<F>) -> Result<(), Refusal> {
    let mut walks: Vec<Pin<Box<F>>> = walks.into_iter().map(Box::pin).collect();
    std::future::poll_fn(move |cx| {
        let mut refused = None;
        walks.retain_mut(|walk| match walk.as_mut().poll(cx) {
            Poll::Pending => true,
            Poll::Ready(Ok(())) => false,
            Poll::Ready(Err(refusal)) => {
                refused.get_or_insert(refusal);
                false
            }
        });
        match refused {
            Some(refusal) => Poll::Ready(Err(refusal)),
            None if walks.is_empty() => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    })
    .await
}
