//! One province in one process, everything from one seed.
//!
//! ```text
//! dice ──▶ who goes on next, what is typed, which call fails, where the clock jumps
//! town ──▶ its units, people, settled offices     typist ──▶ what they type, from the definitions
//! errand ▶ what one of them does                  ledger ──▶ what they were answered
//! proof ─▶ what must be true afterwards           oracle ──▶ who may see, said a second time
//! ```

pub mod access;
pub mod dice;
pub mod errand;
pub mod failing;
pub mod ledger;
pub mod life;
pub mod proof;
pub mod race;
pub mod script;
pub mod town;
pub mod typist;
