//! What every keeper does alike with words: places in the order of hits, and prints.

use crate::seam::{StoreError, Words};
use std::ops::RangeInclusive;

/// Records of one millisecond that can be told apart: 2 to the power of this.
const SHIFT: u32 = 20;

/// The latest moment that has places, in the year 2248.
const LATEST: i64 = i64::MAX >> SHIFT;

/// The places of a moment, in the order in which they are given out.
pub(crate) fn places(at: i64) -> RangeInclusive<i64> {
    let first = first_place(at);
    first..=first | ((1 << SHIFT) - 1)
}

/// The first place of a moment in milliseconds.
pub fn first_place(at: i64) -> i64 {
    at.clamp(-LATEST, LATEST) << SHIFT
}

/// The moment of a place.
pub(crate) fn moment(place: i64) -> i64 {
    place >> SHIFT
}

/// The place behind the last one taken of a moment.
pub(crate) fn next_place(at: i64, last: Option<i64>) -> Result<i64, StoreError> {
    let places = places(at);
    let next = last.map_or(*places.start(), |last| last + 1);
    if places.contains(&next) {
        return Ok(next);
    }
    Err(StoreError::Failed(format!("too many records of the moment {at}")))
}

/// The words once each, in order.
pub fn once(mut words: Vec<String>) -> Vec<String> {
    words.sort_unstable();
    words.dedup();
    words
}

/// A print of words that stand there once each, in order: 64 bits of FNV-1a. It tells whether the
/// index is what the records say; it is no evidence against anybody.
pub fn print(words: &[String]) -> i64 {
    let mut print: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in words.iter().flat_map(|word| word.bytes().chain([b' '])) {
        print = (print ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    print.cast_signed()
}

/// Whether a keeper can take these words; `numbers` is how many numbers the commit allots.
pub(crate) fn fit(words: &Words, numbers: bool) -> bool {
    let named = [&words.county, &words.kind, &words.record];
    named.iter().all(|name| !name.is_empty() && !name.contains('\0'))
        && words.at.unsigned_abs() <= LATEST.unsigned_abs()
        && words.words.iter().all(|word| fits(word, numbers))
}

/// Whether this is a word; `numbers`: with room for the digits of a number.
pub(crate) fn fits(word: &str, numbers: bool) -> bool {
    let may_stand = |c: char| match c {
        '\u{2}' => numbers,
        c => !c.is_whitespace() && !c.is_control() && !c.is_ascii_uppercase(),
    };
    !word.is_empty() && word.len() <= crate::seam::LONGEST_WORD && word.chars().all(may_stand)
}
