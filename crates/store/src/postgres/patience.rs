//! How long something is tried again, and how often.

use super::failure::Trouble;
use crate::seam::StoreError;
use std::time::{Duration, Instant};

/// The pauses between tries: each twice as long as the one before.
pub(super) struct Patience {
    since: Instant,
    limit: Duration,
    pause: Duration,
}

impl Patience {
    /// From `since` on, for so long.
    pub(super) fn new(since: Instant, limit: Duration) -> Self {
        Self { since, limit, pause: Duration::from_millis(20) }
    }

    /// Waits until it may be tried again; gives the error where it may not.
    pub(super) async fn after(&mut self, trouble: Trouble) -> Result<(), StoreError> {
        match trouble {
            Trouble::Again(_) if self.since.elapsed() + self.pause < self.limit => {}
            trouble => return Err(trouble.told()),
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Duration::from_secs(2));
        Ok(())
    }
}
