//! Names by their sound: `zhangsan`, `zs`, and every syllable and stretch of syllables by itself.

use super::text::{Script, Tidy};
use pinyin::ToPinyinMulti;

/// Longer stretches are no names of people; what bodies are called is found by its characters.
const LONGEST: usize = 12;
/// Names up to this length are found by any stretch of syllables, longer ones by what they begin or
/// end with: that is where a foreign name has its dot.
const SHORT: usize = 4;
/// At most so many ways to read one stretch: two characters of four readings.
const WAYS: usize = 16;

/// The words by which a name is found by its sound.
pub fn words(name: &Tidy, words: &mut Vec<String>) {
    for (script, range) in name.parts() {
        if script == Script::Han && range.len() <= LONGEST {
            let readings: Vec<_> = name.chars[range].iter().map(|c| readings(*c)).collect();
            // A character without a reading parts the name.
            readings.split(Vec::is_empty).for_each(|part| stretches(part, words));
        }
    }
}

/// How a character may be read, without tones; `ü` as people type it.
fn readings(c: char) -> Vec<String> {
    let read = c.to_pinyin_multi().into_iter().flatten().map(|p| p.plain());
    let mut readings = Vec::new();
    for reading in read {
        if reading.contains('ü') {
            readings.extend(["v", "u", "yu"].map(|typed| reading.replace('ü', typed)));
        } else {
            readings.push(reading.to_owned());
        }
    }
    readings.sort_unstable();
    readings.dedup();
    readings
}

fn stretches(part: &[Vec<String>], words: &mut Vec<String>) {
    let length = part.len();
    for start in 0..length {
        for end in start + 1..=length {
            let at_an_end = start == 0 || end == length;
            if length <= SHORT || at_an_end || end == start + 1 {
                words.extend(ways(&part[start..end], false));
            }
            if at_an_end && end > start + 1 && (length > SHORT || end - start == length) {
                words.extend(ways(&part[start..end], true));
            }
        }
    }
}

/// Every way to read a stretch, up to a bound; of each syllable only the first letter if `initial`.
fn ways(part: &[Vec<String>], initial: bool) -> Vec<String> {
    let mut ways = vec![String::new()];
    for readings in part {
        let fits = ways.len() * readings.len() <= WAYS;
        let readings = &readings[..if fits { readings.len() } else { 1 }];
        let mut syllables: Vec<&str> =
            readings.iter().map(|r| if initial { r.get(..1).unwrap_or(r) } else { r }).collect();
        syllables.dedup();
        let longer = ways.iter().flat_map(|way| syllables.iter().map(move |s| format!("{way}{s}")));
        ways = longer.collect();
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Vec<String> {
        let mut found = Vec::new();
        words(&Tidy::of(name), &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn a_name_is_found_by_sound_initials_and_parts() {
        assert_eq!(of("张三"), ["san", "zhang", "zhangsan", "zs"]);
        let sun = ["guo", "jian", "jianguo", "sjg", "sun", "sunjian", "sunjianguo"];
        assert_eq!(of("孙建国"), sun);
        for word in ["shan", "dan", "shanyan", "danyan", "sy", "dy"] {
            assert!(of("单䶮").contains(&word.to_owned()), "{word}");
        }
        for word in ["lvbu", "lubu", "lyubu", "lb"] {
            assert!(of("吕布").contains(&word.to_owned()), "{word}");
        }
        for word in ["maimaiti", "aili", "maimaitiaili", "mmtal", "mmt", "al"] {
            assert!(of("买买提·艾力").contains(&word.to_owned()), "{word}");
        }
        assert_eq!(of("小𠮷"), ["xiao"]);
        assert_eq!(of("John"), [""; 0]);
        assert!(of("曾单重朝乐行").len() < 300);
    }
}
