//! Vectors of sections 6.1 and 9.1, and what stands around them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::problem::Severity;
use jiff::civil::date as day;

const TODAY: Date = day(2026, 3, 2);

fn good(input: &str, id_type: &str) -> IdNumber {
    let read = read(input, id_type, TODAY).unwrap();
    assert!(read.warnings.iter().all(|w| w.severity == Severity::Warning));
    read
}

fn warned(input: &str, id_type: &str) -> Vec<String> {
    good(input, id_type).warnings.into_iter().map(|w| w.code).collect()
}

fn refused(input: &str, id_type: &str) -> Problem {
    let problem = read(input, id_type, TODAY).unwrap_err();
    assert_eq!(problem.severity, Severity::Error);
    problem
}

#[test]
fn vector_1_fills_sex_and_birth() {
    let read = good("11010519491231002X", "111");
    assert_eq!(read.normal, "11010519491231002X");
    assert_eq!(read.birth, Some(day(1949, 12, 31)));
    assert_eq!(read.sex, Some(Sex::Female));
    assert_eq!((read.sex.unwrap().code(), read.sex.unwrap().label()), ("2", "女"));
    assert_eq!((read.offer, read.warnings), (None, vec![]));
}

#[test]
fn vectors_2_and_12_normalise_without_a_word() {
    for input in [
        "11010519491231002x",
        "11010519491231002ｘ",
        "1101０5 19491231 002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "　110105\u{200b}19491231\t002X\r\n",
        "'11010519491231002X",
    ] {
        assert_eq!(good(input, "111"), good("11010519491231002X", "111"), "{input}");
    }
}

#[test]
fn a_wrong_check_digit_is_told_the_right_one() {
    let problem = refused("110105194912310021", "111");
    assert_eq!(problem.code, "id_number_check");
    assert!(problem.message.contains("第 18 位应为 X"), "{}", problem.message);
    assert_eq!(problem.basis, "GB 11643");
}

#[test]
fn vector_4_length() {
    let problem = refused("11010519491231002", "111");
    assert_eq!(problem.code, "id_number_length");
    assert_eq!(problem.message, "身份证号应为 18 位，现在是 17 位，请核对");
    assert_eq!(refused("11010519491231002XX", "111").code, "id_number_length");
    assert_eq!(refused("  ", "111").code, "required");
}

#[test]
fn vector_5_offers_eighteen_digits_and_changes_nothing() {
    let read = good("110105491231002", "111");
    assert_eq!(read.normal, "110105491231002");
    assert_eq!(read.offer.as_deref(), Some("11010519491231002X"));
    assert_eq!(read.birth, Some(day(1949, 12, 31)));
    assert_eq!(read.sex, Some(Sex::Female));
    assert_eq!(read.warnings.len(), 1);
    assert_eq!(read.warnings[0].code, "id_number_15_digits");
    assert!(read.warnings[0].message.contains("11010519491231002X"));
    assert_eq!(upgrade15("110105491231002").as_deref(), Some("11010519491231002X"));
    assert_eq!(upgrade15("532301850615003").as_deref(), Some("532301198506150036"));
    assert_eq!(upgrade15("53230185061500"), None);
    assert_eq!(upgrade15("53230185061500X"), None);
    assert_eq!(refused("110105490231002", "111").code, "id_number_birth");
}

#[test]
fn vector_6_dates_that_do_not_exist() {
    let problem = refused("110101199002300014", "111");
    assert_eq!(problem.code, "id_number_birth");
    assert!(problem.message.contains("1990年2月只有28天，没有30日"), "{}", problem.message);
    assert_eq!(refused("110101199013010010", "111").code, "id_number_birth");
    assert_eq!(refused("110101000001010010", "111").code, "id_number_birth");
}

#[test]
fn vector_8_province_prefix_depends_on_the_document() {
    let problem = refused("990101199001010019", "111");
    assert_eq!(problem.code, "id_number_division");
    assert!(problem.message.contains("99"));
    assert_eq!(refused("000101199001010019", "111").code, "id_number_division");
    let read = good("990101199001010019", "553");
    assert_eq!(read.birth, Some(day(1990, 1, 1)));
    assert!(read.warnings.is_empty());
}

#[test]
fn vector_9_a_residence_permit_is_not_an_identity_card() {
    let read = good("810000199001010019", "111");
    assert_eq!(read.warnings[0].code, "id_number_type");
    assert!(read.warnings[0].message.contains("港澳台居民居住证"));
    assert!(warned("810000199001010019", "1000").is_empty());
    assert_eq!(warned("11010519491231002X", "1000"), ["id_number_type"]);
    assert_eq!(warned("11010519491231002X", "553"), ["id_number_type"]);
}

#[test]
fn vector_10_births_in_the_future_and_long_ago() {
    assert_eq!(refused("110101203001010014", "111").code, "id_number_future");
    let read = good("440524188001010014", "111");
    assert_eq!((read.sex, read.birth), (Some(Sex::Male), Some(day(1880, 1, 1))));
    assert_eq!(read.warnings[0].code, "id_number_age");
    assert!(read.warnings[0].message.contains("146 周岁"));
}

#[test]
fn vector_13_the_sex_of_the_number_wins() {
    let read = good("11010519491231002X", "111");
    let problem = read.sex_mismatch("1").unwrap();
    assert_eq!(
        (problem.code.as_str(), problem.severity),
        ("id_number_sex_mismatch", Severity::Error)
    );
    assert!(problem.message.contains("女"));
    assert_eq!(read.sex_mismatch("2"), None);
    assert_eq!(read.sex_mismatch(""), None);
    assert_eq!(good("E12345678", "414").sex_mismatch("1"), None);
}

#[test]
fn vector_14_the_birth_of_the_number_wins() {
    let read = good("11010519491231002X", "111");
    let problem = read.birth_mismatch(day(1950, 1, 1)).unwrap();
    assert_eq!(problem.severity, Severity::Error);
    assert!(problem.message.contains("1949年12月31日"));
    assert_eq!(read.birth_mismatch(day(1949, 12, 31)), None);
}

#[test]
fn vector_82_spreadsheets_lose_digits() {
    assert_eq!(refused("5.32301E+17", "111").code, "id_number_spreadsheet");
}

#[test]
fn wrong_characters_are_named_with_a_guess() {
    for (input, says) in [
        ("1101O519491231002X", "第 5 位是“O”，应为数字，是不是数字 0？"),
        ("l10105194912310021", "第 1 位是“L”，应为数字，是不是数字 1？"),
        ("11010519491231X02X", "只有第 18 位可以是 X"),
        ("11010519491231002×", "是不是字母 X"),
        ("11010519491231002😀", "第 18 位是“😀”"),
    ] {
        let problem = refused(input, "111");
        assert_eq!(problem.code, "id_number_characters", "{input}");
        assert!(problem.message.contains(says), "{input}: {}", problem.message);
    }
}

#[test]
fn any_single_wrong_digit_is_caught() {
    let right = "11010519491231002X";
    for at in 0..17 {
        for digit in '0'..='9' {
            let mut wrong: Vec<char> = right.chars().collect();
            wrong[at] = digit;
            let wrong: String = wrong.into_iter().collect();
            assert_eq!(read(&wrong, "111", TODAY).is_ok(), wrong == right, "{wrong}");
        }
    }
    assert_eq!(check_digit("11010519491231002"), Some('X'));
    assert_eq!(check_digit("1101051949123100"), None);
    assert_eq!(check_digit("1101051949123100X"), None);
    assert!(is_citizen_number(right) && !is_citizen_number("110105194912310021"));
}

#[test]
fn other_documents_need_only_look_right() {
    for (input, id_type, normal) in [
        ("e12345678", "414", "E12345678"),
        ("ＥＡ１２３４５６７", "414", "EA1234567"),
        ("H12345678", "516", "H12345678"),
        ("M1234567801", "516", "M1234567801"),
        ("12345678", "511", "12345678"),
        ("0012345678(B)", "511", "0012345678(B)"),
        ("南字第01234567号", "114", "南字第01234567号"),
        ("USA330082040101", "553", "USA330082040101"),
        ("330102123", "113", "330102123"),
        ("Q330012345", "117", "Q330012345"),
        ("110105 19491231 002x", "113", "11010519491231002X"),
        ("11010519491231002X", "", "11010519491231002X"),
    ] {
        let read = good(input, id_type);
        assert_eq!((read.normal.as_str(), read.warnings.len()), (normal, 0), "{input}");
    }
    for (input, id_type, code) in [
        ("E123", "414", "id_number_length"),
        ("E1234567890123456", "414", "id_number_length"),
        ("E1234<678", "414", "id_number_characters"),
        ("护照12345", "414", "id_number_characters"),
        ("12", "990", "id_number_length"),
        ("A😀12", "990", "id_number_characters"),
        ("US330082040101", "553", "id_number_length"),
        ("USA330082134101", "553", "id_number_birth"),
        ("11010519491231002", "113", "id_number_length"),
    ] {
        assert_eq!(refused(input, id_type).code, code, "{input}");
    }
    for (input, id_type) in
        [("11010519491231002X", "990"), ("A1234567", "516"), ("1234567", "511"), ("ABCDEFG", "414")]
    {
        assert_eq!(warned(input, id_type), ["id_number_type"], "{input}");
    }
}

#[test]
fn masks_keep_only_what_identifies_to_those_who_know() {
    assert_eq!(mask("11010519491231002X"), "110105********002X");
    assert_eq!(mask("110105491231002"), "110105******002");
    assert_eq!(mask("E12345678"), "E1*****78");
    assert_eq!(mask("H1234"), "H***4");
    assert_eq!(mask("123"), "***");
    assert_eq!(mask(""), "");
}

#[test]
fn hostile_numbers_are_refused_in_a_short_sentence() {
    for input in crate::check::hostile::strings() {
        for id_type in ["111", "113", "114", "414", "511", "516", "553", "1000", "990", "", "😀"]
        {
            match read(&input, id_type, TODAY) {
                Ok(once) => {
                    assert_eq!(read(&once.normal, id_type, TODAY), Ok(once.clone()));
                    once.warnings.iter().for_each(crate::check::hostile::fits_a_page);
                }
                Err(problem) => crate::check::hostile::fits_a_page(&problem),
            }
        }
        check_digit(&input);
        upgrade15(&input);
        is_citizen_number(&input);
        assert_eq!(mask(&input).chars().count(), input.chars().count());
    }
}
