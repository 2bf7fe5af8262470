//! Draws that can be repeated: of a frame and a seed follows who is drawn, today and in ten years, on
//! this machine and on any other. Chance comes in with the seed and nowhere else.
//!
//! The order is that of SM3(seed ‖ id), the seed and the id as they are written; the first so many are
//! drawn. With strata each gets its share by size (largest remainders, ties by the stratum's name) and
//! is drawn by itself. That is the whole rule, so that anybody can do it again without this program.

use std::collections::BTreeMap;

/// Nobody draws from more than this at once.
pub const MOST: usize = 1_000_000;

/// One of those that may be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Its id: of a record, or the number of its line in a list.
    pub id: String,
    /// What it is drawn among; empty: all.
    pub stratum: String,
}

/// SM3 of a text, in hexadecimal digits.
pub fn digest(text: &str) -> String {
    use sm3::{Digest, Sm3};
    let mut digits = String::with_capacity(64);
    for byte in Sm3::digest(text.as_bytes()) {
        digits.extend(
            [byte >> 4, byte & 15].map(|half| char::from(b"0123456789abcdef"[usize::from(half)])),
        );
    }
    digits
}

/// The frame as it is hashed and kept: a line each in the order of ids, the stratum behind a tab.
pub fn frame(candidates: &mut [Candidate]) -> String {
    candidates.sort();
    let line = |one: &Candidate| match one.stratum.as_str() {
        "" => one.id.clone(),
        stratum => format!("{}\t{stratum}", one.id),
    };
    candidates.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The candidates of a kept frame.
pub fn candidates(frame: &str) -> Vec<Candidate> {
    let lines = frame.lines().filter(|line| !line.is_empty());
    let read = |line: &str| {
        let (id, stratum) = line.split_once('\t').unwrap_or((line, ""));
        Candidate { id: id.to_owned(), stratum: stratum.to_owned() }
    };
    lines.map(read).collect()
}

/// The lines of a list that is kept elsewhere, by their numbers.
pub fn numbered(lines: usize) -> Vec<Candidate> {
    (1..=lines).map(|n| Candidate { id: n.to_string(), stratum: String::new() }).collect()
}

/// The ids drawn, in order: stratum by stratum, each by its hashes.
pub fn draw(seed: &str, candidates: &[Candidate], count: usize) -> Vec<String> {
    let mut strata: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in candidates {
        strata.entry(&one.stratum).or_default().push(&one.id);
    }
    let sizes: Vec<(&str, usize)> = strata.iter().map(|(name, ids)| (*name, ids.len())).collect();
    let mut drawn = Vec::with_capacity(count.min(candidates.len()));
    for ((_, ids), share) in strata.into_iter().zip(shares(&sizes, count)) {
        let mut order: Vec<(String, &str)> =
            ids.into_iter().map(|id| (digest(&format!("{seed}{id}")), id)).collect();
        order.sort_unstable();
        drawn.extend(order.into_iter().take(share).map(|(_, id)| id.to_owned()));
    }
    drawn
}

/// What is recorded of those drawn: SM3 of their ids in order, a line each.
pub fn result(drawn: &[String]) -> String {
    digest(&drawn.join("\n"))
}

/// How many of each stratum are drawn.
fn shares(sizes: &[(&str, usize)], count: usize) -> Vec<usize> {
    let whole: usize = sizes.iter().map(|(_, size)| size).sum();
    if whole == 0 || count >= whole {
        return sizes.iter().map(|(_, size)| *size).collect();
    }
    let mut shares: Vec<usize> = sizes.iter().map(|(_, size)| size * count / whole).collect();
    let mut left = count - shares.iter().sum::<usize>();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    // Sizes stand in the order of names, and the sort keeps it where remainders are equal.
    order.sort_by_key(|&at| std::cmp::Reverse(sizes[at].1 * count % whole));
    for at in order {
        if left == 0 {
            break;
        }
        shares[at] += 1;
        left -= 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(strata: &[(&str, usize)]) -> Vec<Candidate> {
        let mut all = Vec::new();
        for (stratum, size) in strata {
            all.extend((0..*size).map(|n| Candidate {
                id: format!("{stratum}{n:04}"),
                stratum: (*stratum).to_owned(),
            }));
        }
        all
    }

    #[test]
    fn the_digest_is_that_of_the_standard() {
        // GB/T 32905, example 1.
        let known = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
        assert_eq!(digest("abc"), known);
    }

    #[test]
    fn who_is_drawn_does_not_depend_on_the_order_they_came_in() {
        let (mut one, mut other) = (some(&[("", 50)]), some(&[("", 50)]));
        other.reverse();
        assert_eq!(draw("seed", &one, 7), draw("seed", &other, 7));
        assert_eq!(frame(&mut one), frame(&mut other));
        assert_eq!(candidates(&frame(&mut one)), one);
        assert_ne!(draw("seed", &one, 7), draw("Seed", &one, 7));
    }

    #[test]
    fn the_first_so_many_are_drawn_so_that_more_only_adds() {
        let all = some(&[("", 300)]);
        let (few, more) = (draw("s", &all, 10), draw("s", &all, 25));
        assert_eq!(few[..], more[..10]);
        assert_eq!(draw("s", &all, 999).len(), 300);
        assert!(draw("s", &all, 0).is_empty() && draw("s", &[], 3).is_empty());
    }

    #[test]
    fn it_can_be_done_by_hand() {
        let mut order: Vec<(String, &str)> =
            ["3", "1", "2"].into_iter().map(|id| (digest(&format!("k{id}")), id)).collect();
        order.sort();
        assert_eq!(draw("k", &numbered(3), 2), [order[0].1, order[1].1]);
    }

    #[test]
    fn strata_get_their_share_and_no_one_is_lost_to_rounding() {
        let all = some(&[("a", 60), ("b", 30), ("c", 10)]);
        let of = |drawn: &[String], stratum: &str| {
            drawn.iter().filter(|id| id.starts_with(stratum)).count()
        };
        let drawn = draw("s", &all, 10);
        assert_eq!(["a", "b", "c"].map(|s| of(&drawn, s)), [6, 3, 1]);
        let drawn = draw("s", &all, 7);
        // 4.2, 2.1, 0.7: the largest remainder gets the seventh.
        assert_eq!(["a", "b", "c"].map(|s| of(&drawn, s)), [4, 2, 1]);
        for count in 0..=100 {
            assert_eq!(draw("s", &all, count).len(), count);
        }
    }
}
