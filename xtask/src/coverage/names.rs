//! Names as the domain files write them: lists in cells, exchange names, wildcards, explanations.

/// The text without brackets, punctuation and blanks, so that two spellings of one label are one.
pub fn plain(label: &str) -> String {
    without_brackets(label).chars().filter(|it| it.is_alphanumeric()).collect()
}

/// The text without what stands in round or square brackets, Chinese ones too.
pub fn without_brackets(text: &str) -> String {
    let mut depth = 0usize;
    let mut out = String::new();
    for it in text.chars() {
        match it {
            '(' | '（' | '[' => depth += 1,
            ')' | '）' | ']' => depth = depth.saturating_sub(1),
            other if depth == 0 => out.push(other),
            _ => {}
        }
    }
    out
}

/// Splits at separators that stand outside brackets.
pub fn split(text: &str, separators: &[char]) -> Vec<String> {
    let mut depth = 0usize;
    let mut parts = vec![String::new()];
    for it in text.chars() {
        match it {
            '(' | '（' | '[' => depth += 1,
            ')' | '）' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && separators.contains(&it) {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(it);
        }
    }
    parts.iter().map(|it| it.trim().to_string()).filter(|it| !it.is_empty()).collect()
}

/// `snake_case`, perhaps with a `*` at its end.
pub fn is_name(word: &str) -> bool {
    let word = word.trim_end_matches('*');
    word.starts_with(|it: char| it.is_ascii_lowercase())
        && word.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
}

/// The exchange names `[SFSBM]` of a cell.
pub fn exchange(cell: &str) -> Vec<String> {
    let inside = cell.split('[').skip(1).filter_map(|it| it.split(']').next());
    let shouted = inside.filter(|it| {
        it.len() > 1 && it.chars().all(|it| it.is_ascii_uppercase() || matches!(it, '/' | '_'))
    });
    shouted.flat_map(|it| it.split('/')).map(str::to_string).collect()
}

/// What stands between backticks.
pub fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_string).collect()
}

/// The Chinese beginning of a text, or all of it if nothing Latin follows.
pub fn chinese_start(text: &str) -> String {
    let end = text.find(|it: char| it.is_ascii() && !matches!(it, '(' | ')')).unwrap_or(text.len());
    text[..end].trim().to_string()
}

/// Whether it begins with a Chinese character.
pub fn is_chinese(text: &str) -> bool {
    text.starts_with(|it: char| ('\u{4e00}'..='\u{9fff}').contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_split_outside_brackets() {
        let cell = "jc_court (a, b), mediators[] [TJYBM]";
        assert_eq!(split(cell, &[',']), ["jc_court (a, b)", "mediators[] [TJYBM]"]);
        assert_eq!(exchange(cell), ["TJYBM"]);
    }

    #[test]
    fn labels_are_compared_without_explanations() {
        assert_eq!(plain("负责人（所长）、电话"), plain("负责人电话"));
        assert!(is_name("home_*") && !is_name("Home") && !is_name("person basics"));
    }
}
