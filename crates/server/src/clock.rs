//! The one place that reads the clock and draws chance. Everything else is passed a moment.

use desk::{Chance, Moment};

/// The moment now, for an actor.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now(actor: &str) -> Moment {
    moment(jiff::Timestamp::now().as_millisecond(), actor)
}

/// The clock as the store wants it: milliseconds since 1970 UTC.
pub fn ticks() -> store::Clock {
    std::sync::Arc::new(|| now("").at)
}

/// The moment `at` (milliseconds since 1970 UTC), for an actor.
pub fn moment(at: i64, actor: &str) -> Moment {
    Moment { at, today: engine::kind::china_time(at).date(), actor: actor.to_owned() }
}

/// Chance from the operating system.
pub struct SystemChance;

impl Chance for SystemChance {
    fn id(&self, at: i64) -> String {
        let mut random = [0; 10];
        self.fill(&mut random);
        let millis = u64::try_from(at).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that draws chance")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            // Without chance there are no secrets: nothing may go on.
            tracing::error!(%error, "the operating system gives no randomness");
            std::process::abort();
        }
    }
}
