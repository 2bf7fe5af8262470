//! Chance out of one seed, and an executor that lets it choose who goes on next.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

/// A seeded generator (SplitMix64). Clones draw from the same stream.
#[derive(Clone)]
pub struct Dice(Arc<AtomicU64>);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    pub fn draw(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut n = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        n ^ (n >> 31)
    }

    /// One of `0..most`.
    pub fn below(&self, most: usize) -> usize {
        (self.draw() % most.max(1) as u64) as usize
    }

    /// One of `least..=most`.
    pub fn between(&self, least: i64, most: i64) -> i64 {
        least + (self.draw() % (most - least + 1).max(1) as u64) as i64
    }

    pub fn percent(&self, chance: u64) -> bool {
        self.draw() % 100 < chance
    }

    pub fn per_mille(&self, chance: u64) -> bool {
        self.draw() % 1_000 < chance
    }

    pub fn pick<'a, T>(&self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }
}

/// A future that is its own task.
pub type Task<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Tasks side by side: at every turn the dice choose the one that goes a step further.
pub struct Together<'a, T> {
    dice: Dice,
    tasks: Vec<Task<'a, T>>,
    open: Vec<usize>,
    results: Vec<Option<T>>,
}

impl<T> Unpin for Together<'_, T> {}

/// Runs the tasks side by side; gives what they gave, in order.
pub fn together<'a, T>(dice: &Dice, tasks: Vec<Task<'a, T>>) -> Together<'a, T> {
    let open = (0..tasks.len()).collect();
    let results = tasks.iter().map(|_| None).collect();
    Together { dice: dice.clone(), tasks, open, results }
}

impl<T> Future for Together<'_, T> {
    type Output = Vec<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Vec<T>> {
        if !self.open.is_empty() {
            let place = self.dice.below(self.open.len());
            let index = self.open[place];
            if let Poll::Ready(result) = self.tasks[index].as_mut().poll(cx) {
                self.results[index] = Some(result);
                self.open.swap_remove(place);
            }
        }
        if self.open.is_empty() {
            return Poll::Ready(self.results.iter_mut().filter_map(Option::take).collect());
        }
        Poll::Pending
    }
}

/// Runs a future to its end. Nothing sleeps here: what is pending only waits for its turn.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..u32::MAX {
        if let Poll::Ready(result) = future.as_mut().poll(&mut cx) {
            return result;
        }
    }
    panic!("something waits for what never comes");
}

/// Lets others go first, so many times.
pub struct Pause(pub usize);

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        Poll::Pending
    }
}
