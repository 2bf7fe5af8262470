//! Names of persons: Han names with rare characters, names with a middle dot, Latin names.

use crate::problem::Problem;

use super::{Checked, text};

/// The one middle dot that is kept.
const DOT: char = '·';

/// Reads a person's name. Spaces in Han names and variants of the middle dot are put right.
///
/// # Errors
/// `required`, `name_digits`, `name_characters`, `name_dot`, `name_length` (2–50 characters).
pub fn read(input: &str) -> Result<Checked, Problem> {
    let name = tidy(input);
    if name.is_empty() {
        return Err(Problem::error("required", "请填写姓名"));
    }
    if let Some(c) = name.chars().find(|&c| !may_stand(c)) {
        return Err(wrong_character(c));
    }
    check_dots(&name)?;
    check_length(&name)?;
    Ok(Checked { warnings: doubt_private(&name).into_iter().collect(), normal: name })
}

/// Reads what a respondent is called when nobody knows the name: 村东头老李, 3组养鸡的王师傅. It is
/// accepted with the warning that the identity must be completed before a written agreement.
///
/// # Errors
/// As [`read`]; digits and brackets are allowed here beside words.
pub fn read_described(input: &str) -> Result<Checked, Problem> {
    let name = tidy(input);
    if name.is_empty() {
        return Err(Problem::error("required", "请填写姓名或称呼"));
    }
    let described = |c: char| may_stand(c) || c.is_ascii_digit() || "()（），、".contains(c);
    if let Some(c) = name.chars().find(|&c| !described(c)) {
        return Err(wrong_character(c));
    }
    if !name.contains(|c| is_han(c) || is_letter(c)) {
        return Err(Problem::error("name_characters", "请用文字写明当事人的称呼，如“村东头老李”"));
    }
    check_length(&name)?;
    let message = "当事人身份尚不清楚，可以先登记；制作书面协议前须补全姓名和证件号码";
    let mut warnings = vec![Problem::warning("identity_incomplete", message)];
    warnings.extend(doubt_private(&name));
    Ok(Checked { normal: name, warnings })
}

/// Chinese characters of every extension, 〇, 々, and the selectors of their variant forms.
pub(super) fn is_han(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{323af}'
        | '\u{f900}'..='\u{faff}' | '〇' | '々')
        || is_selector(c)
}

/// Chooses a variant form of the Han character before it.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe02}' | '\u{e0100}'..='\u{e01ef}')
}

/// An accent on the letter before it.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Places where older systems keep characters they could not otherwise write.
fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}

/// Letters of living scripts with their accents; not the enclosed and mathematical look-alikes.
fn is_letter(c: char) -> bool {
    let living = c < '\u{2000}' || matches!(c, '\u{3041}'..='\u{30fa}' | '\u{ac00}'..='\u{d7a3}');
    (living && c.is_alphabetic()) || is_accent(c)
}

fn may_stand(c: char) -> bool {
    is_han(c) || is_private(c) || is_letter(c) || matches!(c, DOT | ' ' | '\'' | '-' | '.')
}

fn tidy(input: &str) -> String {
    let mut name = String::new();
    let mut gap = false;
    for c in text::half_width(input).chars().filter(|&c| !text::is_invisible(c)) {
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        let last = name.chars().next_back();
        let c = usual(c, last);
        if is_stray(c, last) {
            continue;
        }
        if gap && last.is_some_and(|last| keeps_space(last, c)) {
            name.push(' ');
        }
        gap = false;
        name.push(c);
    }
    name
}

/// A second dot, or a mark with nothing before it to stand on.
fn is_stray(c: char, last: Option<char>) -> bool {
    match c {
        DOT => last == Some(DOT),
        _ if is_selector(c) => !last.is_some_and(is_han),
        _ if is_accent(c) => !last.is_some_and(is_letter),
        _ => false,
    }
}

/// The form that is kept. A full stop after a Han character is meant as a middle dot; after a
/// Latin letter it ends an initial.
fn usual(c: char, last: Option<char>) -> char {
    match c {
        '・' | '･' | '•' | '‧' | '∙' | '⋅' | '●' => DOT,
        '.' if last.is_some_and(|last| is_han(last) || last == DOT) => DOT,
        '’' | '‘' | 'ʼ' => '\'',
        '‐' | '‑' | '–' => '-',
        _ => c,
    }
}

/// A space parts Latin words; between Han characters and around a dot it is a slip.
fn keeps_space(before: char, after: char) -> bool {
    before != DOT && after != DOT && !(is_han(before) && is_han(after))
}

fn wrong_character(c: char) -> Problem {
    let shown = text::quoted(c);
    if c.is_numeric() {
        return Problem::error("name_digits", format!("姓名中不能有数字{shown}，请按证件填写"));
    }
    let message = format!("姓名中不能有{shown}这样的符号，请按证件填写汉字、字母或间隔号“·”");
    Problem::error("name_characters", message)
}

/// A dot or a mark parts two parts of a name, so it cannot begin or end one.
fn check_dots(name: &str) -> Result<(), Problem> {
    let begins = name.starts_with([DOT, '.', '-', '\'']);
    if !begins && !name.ends_with([DOT, '-', '\'']) {
        return Ok(());
    }
    Err(Problem::error("name_dot", "间隔号应在姓名中间，如“买买提·阿布都拉”，请去掉首尾的符号"))
}

fn check_length(name: &str) -> Result<(), Problem> {
    match name.chars().filter(|&c| !is_selector(c) && !is_accent(c)).count() {
        2..=50 => Ok(()),
        length => {
            let message = format!("姓名应为 2–50 个字，现在是 {length} 个字，请核对");
            Err(Problem::error("name_length", message))
        }
    }
}

fn doubt_private(name: &str) -> Option<Problem> {
    let message = "姓名中有本系统以外造的字，别处可能显示不出，请改用国家标准中的同一个字";
    name.contains(is_private).then(|| Problem::warning("name_private_character", message))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::problem::Severity;

    fn good(input: &str, normal: &str) {
        assert_eq!(read(input), Ok(Checked::sure(normal.to_owned())), "{input}");
    }

    fn refused(input: &str) -> String {
        let problem = read(input).unwrap_err();
        assert_eq!(problem.severity, Severity::Error);
        problem.code
    }

    #[test]
    fn vector_16_spaces_in_han_names() {
        for input in ["张 三", "张三 ", "　张　三", "张\u{200b}三\n", "张\t三"] {
            good(input, "张三");
        }
    }

    #[test]
    fn vector_17_one_middle_dot() {
        for dot in ["·", ".", "．", "・", "･", "•", "‧", " · ", "··"] {
            good(&format!("买买提{dot}阿布都拉"), "买买提·阿布都拉");
        }
        for input in ["买买提·", "·买买提", "-张三", "张三'"] {
            assert_eq!(refused(input), "name_dot", "{input}");
        }
    }

    #[test]
    fn vector_18_digits_emoji_and_markup() {
        for input in ["张3", "张３", "张三1", "张①", "张٣", "张Ⅳ"] {
            assert_eq!(refused(input), "name_digits", "{input}");
        }
        for input in
            ["张😀", "张三🅰", "<b>张三", "张&三", "张\"三", "张\0三", "张三;", "张三（化名）", "𝐀𝐁"]
        {
            assert_eq!(refused(input), "name_characters", "{input}");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(refused("葛\u{e0100}"), "name_length");
        assert_eq!(refused("\u{fe00}\u{301}\u{fe01}"), "required");
        assert_eq!(refused("张"), "name_length");
        assert_eq!(refused(" "), "required");
        good(&"张".repeat(50), &"张".repeat(50));
        assert_eq!(refused(&"张".repeat(51)), "name_length");
    }

    #[test]
    fn rare_characters_are_names_too() {
        for input in ["䶮", "𠮷", "㛃", "𬭎", "〇"] {
            let name = format!("王{input}");
            good(&name, &name);
        }
        let doubted = read("王\u{e123}").unwrap();
        assert_eq!(doubted.warnings[0].code, "name_private_character");
        assert_eq!(doubted.warnings[0].severity, Severity::Warning);
    }

    #[test]
    fn latin_names_keep_single_spaces() {
        good("  John   Smith ", "John Smith");
        good("ＪＯＨＮ　ＳＭＩＴＨ", "JOHN SMITH");
        good("Conan O’Brien", "Conan O'Brien");
        good("Jean-Luc D. Renée Jr.", "Jean-Luc D. Renée Jr.");
        good("Nguyễn Văn An", "Nguyễn Văn An");
        good("David 李", "David 李");
    }

    #[test]
    fn vector_21_a_description_stands_until_an_agreement() {
        for input in ["村东头老李", "3组养鸡的王师傅", "老李（瓦匠）"] {
            let checked = read_described(input).unwrap();
            assert_eq!(checked.warnings.len(), 1, "{input}");
            assert_eq!(checked.warnings[0].code, "identity_incomplete");
            assert_eq!(checked.warnings[0].severity, Severity::Warning);
        }
        good("村东头老李", "村东头老李");
        assert_eq!(read_described("<李>").unwrap_err().code, "name_characters");
        assert_eq!(read_described("13800000000").unwrap_err().code, "name_characters");
        assert_eq!(read_described("").unwrap_err().code, "required");
    }

    #[test]
    fn hostile_names_are_refused_in_a_short_sentence() {
        for input in super::super::hostile::strings() {
            for reader in [read, read_described] {
                match reader(&input) {
                    Ok(once) => {
                        assert_eq!(reader(&once.normal), Ok(once.clone()), "{input:?}");
                        assert!(!once.normal.contains(['<', '>', '&', '"', '\n', '\0']));
                    }
                    Err(problem) => super::super::hostile::fits_a_page(&problem),
                }
            }
        }
    }
}
