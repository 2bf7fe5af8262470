//! Many walks at once on one task: while one waits for the disk, the next one plans. The store
//! keeps all that come in the meantime with one sync.

use desk::Refusal;
use std::{future::Future, pin::Pin, task::Poll};

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
