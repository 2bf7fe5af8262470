//! Unified social credit codes of bodies (GB 32100-2015) with the organisation code inside them
//! (GB 11714).

use crate::problem::Problem;

use super::{Checked, id_number, text};

const STANDARD: &str = "GB 32100-2015";
/// Without I, O, S, V and Z; a character's value is its place.
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const INNER_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
/// Registration departments: 机构编制, 外交, 司法行政, …, 市场监管, 军队, 农业, 其他.
const DEPARTMENTS: &str = "123456789ANY";

/// Reads a code. Full width, spaces and lower case are put right; an organisation code inside that
/// fails its own check is a warning, because some old bodies were given such codes.
///
/// # Errors
/// `required`, `id_number_spreadsheet`, `uscc_length`, `uscc_characters`, `uscc_is_id_number`,
/// `uscc_check`.
pub fn read(input: &str) -> Result<Checked, Problem> {
    let code = text::compact(input).to_ascii_uppercase();
    let code = code.strip_prefix('\'').unwrap_or(&code).to_owned();
    if code.is_empty() {
        return Err(Problem::error("required", "请填写统一社会信用代码"));
    }
    check_length(&code)?;
    check_characters(&code)?;
    check_not_a_person(&code)?;
    check_last(&code)?;
    let warnings = [doubt_department(&code), doubt_division(&code), doubt_inner(&code)];
    Ok(Checked { normal: code, warnings: warnings.into_iter().flatten().collect() })
}

/// The 18th character for the first 17; none if they are not 17 of the alphabet.
pub fn check_character(first17: &str) -> Option<char> {
    if first17.chars().count() != 17 {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in first17.chars().zip(WEIGHTS) {
        sum += ALPHABET.find(c)? * weight;
    }
    ALPHABET.chars().nth((31 - sum % 31) % 31)
}

/// The ninth character of an organisation code for its first eight (GB 11714).
pub fn organisation_check(first8: &str) -> Option<char> {
    if first8.len() != 8 || first8.chars().any(|c| c.is_ascii_lowercase()) {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in first8.chars().zip(INNER_WEIGHTS) {
        sum += c.to_digit(36)? * weight;
    }
    match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        digit => char::from_digit(digit, 10),
    }
}

fn check_length(code: &str) -> Result<(), Problem> {
    let length = text::chars_len(code);
    if length == 18 {
        return Ok(());
    }
    if code.contains("E+") {
        let message = "代码被电子表格改成了科学计数法，后几位已经丢失，请把该列设为文本后重新填写";
        return Err(Problem::error("id_number_spreadsheet", message));
    }
    let hint = match length {
        9 | 10 => "；9 位的是旧组织机构代码",
        13 | 15 => "；13 位或 15 位的是旧营业执照注册号",
        _ => "",
    };
    let message = format!("统一社会信用代码应为 18 位，现在是 {length} 位{hint}，请按现行证照填写");
    Err(Problem::error("uscc_length", message).under(STANDARD))
}

/// The first character outside the alphabet, with what it probably should be.
fn check_characters(code: &str) -> Result<(), Problem> {
    let Some((at, c)) = code.chars().enumerate().find(|&(_, c)| !ALPHABET.contains(c)) else {
        return Ok(());
    };
    let hint = match c {
        'O' => "代码中没有字母 O，是不是数字 0？",
        'I' => "代码中没有字母 I，是不是数字 1？",
        'S' => "代码中没有字母 S，是不是数字 5？",
        'Z' => "代码中没有字母 Z，是不是数字 2？",
        'V' => "代码中没有字母 V，是不是字母 U 或 Y？",
        _ => "应为数字或大写字母",
    };
    let message = format!("统一社会信用代码第 {} 位是{}，{hint}", at + 1, text::quoted(c));
    Err(Problem::error("uscc_characters", message).under(STANDARD))
}

/// A person's number is private and must not become a body's public code. A code that passes both
/// its own checks is one, even if it happens to look like a person's number.
fn check_not_a_person(code: &str) -> Result<(), Problem> {
    let sound = is_sound(code) && doubt_inner(code).is_none();
    if sound || !id_number::resembles_citizen_number(code) {
        return Ok(());
    }
    let message = "这是个人身份证号，不是统一社会信用代码；当事人是个人的，请改选自然人";
    Err(Problem::error("uscc_is_id_number", message).under(STANDARD))
}

fn is_sound(code: &str) -> bool {
    check_character(&code[..17]) == code.chars().last()
}

fn check_last(code: &str) -> Result<(), Problem> {
    match check_character(&code[..17]) {
        Some(right) if !code.ends_with(right) => {
            let message = format!(
                "统一社会信用代码与校验码不符：按前 17 位，第 18 位应为 {right}，现在是 {}，请逐位核对",
                &code[17..]
            );
            Err(Problem::error("uscc_check", message).under(STANDARD))
        }
        _ => Ok(()),
    }
}

fn doubt_department(code: &str) -> Option<Problem> {
    let first = code.chars().next().filter(|&c| !DEPARTMENTS.contains(c))?;
    let message = format!("统一社会信用代码第 1 位 {first} 不是已知的登记管理部门代码，请核对");
    Some(Problem::warning("uscc_department", message).under(STANDARD))
}

fn doubt_division(code: &str) -> Option<Problem> {
    if code[2..8].bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let message = "统一社会信用代码第 3–8 位应为登记机关所在地的 6 位数字，请核对";
    Some(Problem::warning("uscc_division", message).under(STANDARD))
}

fn doubt_inner(code: &str) -> Option<Problem> {
    let right = organisation_check(&code[8..16]).filter(|&right| !code[16..].starts_with(right))?;
    let message = format!(
        "代码第 9–17 位的组织机构代码与其校验码不符（第 17 位按规则应为 {right}），请按证照核对"
    );
    Some(Problem::warning("uscc_inner_check", message).under("GB 11714"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::problem::Severity;

    const SOUND: &str = "91350100M000100Y43";

    fn refused(input: &str) -> Problem {
        let problem = read(input).unwrap_err();
        assert_eq!(problem.severity, Severity::Error);
        problem
    }

    /// `first17` with its check character.
    fn completed(first17: &str) -> String {
        format!("{first17}{}", check_character(first17).unwrap())
    }

    #[test]
    fn a_sound_code_in_any_dress() {
        for input in [
            SOUND,
            "91350100m000100y43",
            "９１３５０１００Ｍ０００１００Ｙ４３",
            " 9135 0100 M000 100Y 43\n",
        ] {
            assert_eq!(read(input), Ok(Checked::sure(SOUND.to_owned())), "{input}");
        }
        assert_eq!(organisation_check("M000100Y"), Some('4'));
        assert_eq!(organisation_check("m000100y"), None);
    }

    #[test]
    fn vector_24_check_character() {
        let problem = refused("91350100M000100Y44");
        assert_eq!(problem.code, "uscc_check");
        assert!(problem.message.contains("第 18 位应为 3，现在是 4"), "{}", problem.message);
    }

    #[test]
    fn vector_25_letters_outside_the_alphabet() {
        for (input, says) in [
            ("9135O100M000100Y43", "第 5 位是“O”，代码中没有字母 O，是不是数字 0？"),
            ("9I350100M000100Y43", "是不是数字 1？"),
            ("9135010SM000100Y43", "是不是数字 5？"),
            ("9135010ZM000100Y43", "是不是数字 2？"),
            ("91350100M000100V43", "是不是字母 U 或 Y？"),
            ("91350100M000100中43", "第 16 位是“中”"),
        ] {
            let problem = refused(input);
            assert_eq!(problem.code, "uscc_characters", "{input}");
            assert!(problem.message.contains(says), "{}", problem.message);
        }
    }

    #[test]
    fn vector_26_a_persons_number_is_not_a_bodys_code() {
        for input in ["11010519491231002X", "11010519491231002x", "532301198506150036"] {
            assert_eq!(refused(input).code, "uscc_is_id_number", "{input}");
        }
        // A slip in the last digit does not make it a code either.
        assert_eq!(refused("532301198506150035").code, "uscc_is_id_number");
    }

    #[test]
    fn other_lengths_are_told_apart() {
        for (input, says) in [
            ("91350100M000100Y4", "现在是 17 位"),
            ("M000100Y4", "旧组织机构代码"),
            ("350100100000001", "旧营业执照注册号"),
        ] {
            let problem = refused(input);
            assert_eq!(problem.code, "uscc_length");
            assert!(problem.message.contains(says), "{}", problem.message);
        }
        assert_eq!(refused(" ").code, "required");
        assert_eq!(refused("9.135E+17").code, "id_number_spreadsheet");
    }

    #[test]
    fn any_single_change_is_caught() {
        for at in 0..18 {
            for c in ALPHABET.chars().filter(|&c| SOUND.chars().nth(at) != Some(c)) {
                let mut wrong: Vec<char> = SOUND.chars().collect();
                wrong[at] = c;
                let wrong: String = wrong.into_iter().collect();
                assert_eq!(refused(&wrong).code, "uscc_check", "{wrong}");
            }
        }
    }

    #[test]
    fn old_bodies_with_a_wrong_inner_check_are_only_doubted() {
        let code = completed("54330102M000100Y5");
        let checked = read(&code).unwrap();
        assert_eq!(checked.normal, code);
        assert_eq!(checked.warnings.len(), 1);
        assert_eq!(checked.warnings[0].code, "uscc_inner_check");
        assert_eq!(checked.warnings[0].severity, Severity::Warning);
        assert!(read(&completed("54330102M000100Y4")).unwrap().warnings.is_empty());
        let odd = read(&completed("C1A50100M000100Y4")).unwrap();
        let codes: Vec<_> = odd.warnings.iter().map(|w| w.code.as_str()).collect();
        assert_eq!(codes, ["uscc_department", "uscc_division"]);
    }

    #[test]
    fn hostile_codes_are_refused_in_a_short_sentence() {
        for input in super::super::hostile::strings() {
            match read(&input) {
                Ok(once) => assert_eq!(read(&once.normal), Ok(once.clone())),
                Err(problem) => super::super::hostile::fits_a_page(&problem),
            }
            check_character(&input);
            organisation_check(&input);
        }
    }
}
