//! Telephone numbers: mobile, landline with area code, 400/800, short service numbers, and numbers
//! from outside the mainland.

use crate::problem::Problem;

use super::text;

/// What kind of number it is; only a mobile one can take a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 手机: `13800000000`
    Mobile,
    /// 固定电话: `0571-87654321`, with an extension `0571-87654321-801`
    Landline,
    /// 400 and 800 numbers: `400-123-4567`
    TollFree,
    /// Short public numbers: `12348`, `95588`, `110`
    Service,
    /// Outside the mainland: `+85212345678`
    Abroad,
}

/// A number as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// The one form that is kept and compared.
    pub normal: String,
    /// What kind of number it is.
    pub kind: Kind,
}

/// Reads one telephone number; +86, spaces, dashes, brackets and full width are put right.
///
/// # Errors
/// `required`, `phone_many`, `phone_characters`, `phone_mobile`, `phone_area_code`, `phone_format`.
pub fn read(input: &str) -> Result<Phone, Problem> {
    let text = text::half_width(&text::one_line(input)).trim().to_ascii_lowercase();
    if text.is_empty() {
        return Err(Problem::error("required", "请填写联系电话"));
    }
    refuse_several(&text)?;
    let (main, extension) = split_extension(&text);
    let abroad = main.starts_with('+');
    let mut groups = digit_groups(main)?;
    let home = strip_country(&mut groups, abroad);
    if abroad && !home {
        return abroad_number(&groups.concat());
    }
    let extension = extension.map(str::to_owned).or_else(|| extension_of(&mut groups));
    classify(&groups.concat(), extension.as_deref())
}

/// The number as it is shown to those who need not know it: `138****0000`. Public service numbers
/// stay whole.
pub fn mask(number: &str) -> String {
    match read(number) {
        Ok(Phone { kind: Kind::TollFree | Kind::Service, normal }) => normal,
        Ok(Phone { kind: Kind::Mobile, normal }) => stars(&normal, 3, 4),
        Ok(Phone { kind: Kind::Landline, normal }) => mask_landline(&normal),
        _ => stars(number, 0, if text::chars_len(number) > 7 { 4 } else { 0 }),
    }
}

fn stars(number: &str, head: usize, tail: usize) -> String {
    let length = text::chars_len(number);
    let shown = |at: usize| at < head || at + tail >= length;
    number.chars().enumerate().map(|(at, c)| if shown(at) { c } else { '*' }).collect()
}

/// The area code is no secret, and an extension says nothing without the number.
fn mask_landline(normal: &str) -> String {
    let hidden = |(at, part): (usize, &str)| if at == 1 { stars(part, 0, 4) } else { part.into() };
    normal.split('-').enumerate().map(hidden).collect::<Vec<_>>().join("-")
}

fn refuse_several(text: &str) -> Result<(), Problem> {
    let digits = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
    let parts = text.split(['、', ',', ';', '/', '或']);
    if parts.filter(|part| digits(part) >= 7).count() < 2 {
        return Ok(());
    }
    Err(Problem::error("phone_many", "这里只填一个电话号码，其余号码请填在备用电话里"))
}

/// An extension that is named as one.
fn split_extension(text: &str) -> (&str, Option<&str>) {
    for mark in ["转分机", "转", "分机", "ext.", "ext", "#", "x"] {
        if let Some((main, extension)) = text.split_once(mark) {
            return (main.trim_end(), Some(extension.trim()));
        }
    }
    (text, None)
}

/// Runs of digits between spaces, dashes, dots and brackets.
fn digit_groups(main: &str) -> Result<Vec<String>, Problem> {
    let rest = main.strip_prefix('+').unwrap_or(main);
    let parts = |c: char| c.is_whitespace() || "-–—−_.()".contains(c);
    if let Some(c) = rest.chars().find(|&c| !c.is_ascii_digit() && !parts(c)) {
        let message = format!("电话号码中不应有{}，请只填数字", text::quoted(c));
        return Err(Problem::error("phone_characters", message));
    }
    Ok(rest.split(parts).filter(|group| !group.is_empty()).map(str::to_owned).collect())
}

/// Takes away 86, 0086 or +86 and gives a landline its leading 0 back. Whether the number is a
/// mainland one by its country code.
fn strip_country(groups: &mut Vec<String>, plus: bool) -> bool {
    let all = groups.concat();
    let bare = all.len() == 13 && all.starts_with("861");
    let code = if all.starts_with("0086") && !plus { "0086" } else { "86" };
    let Some(first) = groups.first_mut().filter(|_| plus || bare || code == "0086") else {
        return false;
    };
    let Some(rest) = first.strip_prefix(code).map(str::to_owned) else {
        return false;
    };
    *first = rest;
    groups.retain(|group| !group.is_empty());
    let all = groups.concat();
    let whole = all.starts_with('0') || is_mobile(&all) || is_toll_free(&all) || is_service(&all);
    if let Some(first) = groups.first_mut().filter(|_| !whole && all.len() >= 9) {
        first.insert(0, '0');
    }
    true
}

/// A third group after area code and number is an extension.
fn extension_of(groups: &mut Vec<String>) -> Option<String> {
    let landline = |area: &str, number: &str| {
        area.starts_with('0') && matches!(area.len(), 3 | 4) && matches!(number.len(), 7 | 8)
    };
    match groups.as_slice() {
        [area, number, _] if landline(area, number) => groups.pop(),
        _ => None,
    }
}

fn classify(digits: &str, extension: Option<&str>) -> Result<Phone, Problem> {
    let found = |normal: String, kind| Ok(Phone { normal, kind });
    if let Some((area, number)) = split_landline(digits) {
        return match extension {
            None => found(format!("{area}-{number}"), Kind::Landline),
            Some(inner) if is_extension(inner) => {
                found(format!("{area}-{number}-{inner}"), Kind::Landline)
            }
            Some(_) => {
                Err(Problem::error("phone_format", "分机号应为 1–6 位数字，如 0571-87654321-801"))
            }
        };
    }
    if extension.is_some() {
        return Err(Problem::error(
            "phone_format",
            "只有带区号的固定电话可以写分机号，如 0571-87654321-801",
        ));
    }
    match digits {
        mobile if is_mobile(mobile) => found(mobile.to_owned(), Kind::Mobile),
        // Older habit: 0 before a mobile number from another place.
        long if long.strip_prefix('0').is_some_and(is_mobile) => {
            found(long[1..].to_owned(), Kind::Mobile)
        }
        free if is_toll_free(free) => {
            found(format!("{}-{}-{}", &free[..3], &free[3..6], &free[6..]), Kind::TollFree)
        }
        service if is_service(service) => found(service.to_owned(), Kind::Service),
        _ => Err(why_none(digits)),
    }
}

fn is_mobile(digits: &str) -> bool {
    digits.len() == 11 && digits.starts_with('1') && matches!(digits.as_bytes()[1], b'3'..=b'9')
}

fn is_toll_free(digits: &str) -> bool {
    digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"))
}

/// Emergency numbers, 12xxx, 100xx, 116xxx, 95xxx and 96xxx with their longer forms.
fn is_service(digits: &str) -> bool {
    let long = |prefix: &str, lengths: std::ops::RangeInclusive<usize>| {
        digits.starts_with(prefix) && lengths.contains(&digits.len())
    };
    ["110", "119", "120", "122"].contains(&digits)
        || long("12", 5..=5)
        || long("100", 5..=5)
        || long("116", 5..=6)
        || long("95", 5..=8)
        || long("96", 5..=8)
}

/// Area code and number: 010 and 02x have three digits, the others four. No local number begins
/// with 0 or 1.
fn split_landline(digits: &str) -> Option<(&str, &str)> {
    let area = match digits.as_bytes() {
        [b'0', b'1', b'0', ..] | [b'0', b'2', ..] => 3,
        [b'0', b'3'..=b'9', ..] => 4,
        _ => return None,
    };
    let (area, number) = digits.split_at_checked(area)?;
    let local = matches!(number.len(), 7 | 8) && !number.starts_with(['0', '1']);
    local.then_some((area, number))
}

fn is_extension(inner: &str) -> bool {
    (1..=6).contains(&inner.len()) && inner.bytes().all(|b| b.is_ascii_digit())
}

fn abroad_number(digits: &str) -> Result<Phone, Problem> {
    if (7..=15).contains(&digits.len()) && !digits.starts_with('0') {
        return Ok(Phone { normal: format!("+{digits}"), kind: Kind::Abroad });
    }
    let message = "境外号码应写成 + 国家或地区代码加号码，共 7–15 位数字，如 +85221234567";
    Err(Problem::error("phone_format", message))
}

/// What is most likely meant by digits that are no number.
fn why_none(digits: &str) -> Problem {
    let length = digits.len();
    match digits.as_bytes() {
        [b'1', ..] if length != 11 && length > 6 => {
            Problem::error("phone_mobile", format!("手机号应为 11 位，现在是 {length} 位，请核对"))
        }
        [b'1', ..] if length == 11 => {
            Problem::error("phone_mobile", "手机号第 2 位应为 3–9，请核对")
        }
        [b'2'..=b'9', ..] if matches!(length, 7 | 8) => {
            Problem::error("phone_area_code", "固定电话请加区号，如 0571-87654321")
        }
        [b'0', ..] => Problem::error(
            "phone_format",
            "固定电话应为区号加 7–8 位号码，如 0571-87654321，请核对",
        ),
        _ => Problem::error(
            "phone_format",
            "电话号码有误：手机号 11 位，固定电话须带区号，如 0571-87654321",
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn numbers_are_read_in_any_dress() {
        for (input, normal, kind) in [
            ("13800000000", "13800000000", Kind::Mobile),
            ("１３８００００００００", "13800000000", Kind::Mobile),
            ("+86 138 0000 0000", "13800000000", Kind::Mobile),
            ("86-138-0000-0000", "13800000000", Kind::Mobile),
            ("008613800000000", "13800000000", Kind::Mobile),
            ("013800000000", "13800000000", Kind::Mobile),
            ("199\u{200b}0000 0001\n", "19900000001", Kind::Mobile),
            ("0571-87654321", "0571-87654321", Kind::Landline),
            ("057187654321", "0571-87654321", Kind::Landline),
            ("（0571）8765 4321", "0571-87654321", Kind::Landline),
            ("+86 571 87654321", "0571-87654321", Kind::Landline),
            ("+86 10 62345678", "010-62345678", Kind::Landline),
            ("0086-571-87654321", "0571-87654321", Kind::Landline),
            ("01062345678", "010-62345678", Kind::Landline),
            ("0998-7654321", "0998-7654321", Kind::Landline),
            ("0571-87654321-801", "0571-87654321-801", Kind::Landline),
            ("0571-87654321转801", "0571-87654321-801", Kind::Landline),
            ("0571 87654321 EXT 801", "0571-87654321-801", Kind::Landline),
            ("+86-571-87654321-801", "0571-87654321-801", Kind::Landline),
            ("4001234567", "400-123-4567", Kind::TollFree),
            ("800-810-0000", "800-810-0000", Kind::TollFree),
            ("12348", "12348", Kind::Service),
            ("95588", "95588", Kind::Service),
            ("110", "110", Kind::Service),
            ("+852 2123 4567", "+85221234567", Kind::Abroad),
        ] {
            let phone = Phone { normal: normal.to_owned(), kind };
            assert_eq!(read(input), Ok(phone), "{input}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_with_its_reason() {
        for (input, code, says) in [
            ("", "required", "请填写"),
            ("1380000000", "phone_mobile", "应为 11 位，现在是 10 位"),
            ("138000000000", "phone_mobile", "现在是 12 位"),
            ("12800000000", "phone_mobile", "第 2 位应为 3–9"),
            ("87654321", "phone_area_code", "请加区号"),
            ("7654321", "phone_area_code", "请加区号"),
            ("0571-123456", "phone_format", "区号加 7–8 位"),
            ("0571-12345678", "phone_format", "区号加 7–8 位"),
            ("138O0000000", "phone_characters", "“o”"),
            ("13800000000、13900000000", "phone_many", "只填一个"),
            ("13800000000/0571-87654321", "phone_many", "只填一个"),
            ("0571-87654321转总机", "phone_format", "分机号"),
            ("13800000000转1", "phone_format", "只有带区号的固定电话"),
            ("+852", "phone_format", "境外号码"),
            ("无", "phone_characters", "“无”"),
            ("-", "phone_format", "电话号码有误"),
            ("000000000000", "phone_format", "区号"),
        ] {
            let problem = read(input).unwrap_err();
            assert_eq!(problem.code, code, "{input}");
            assert!(problem.message.contains(says), "{input}: {}", problem.message);
        }
    }

    #[test]
    fn every_mobile_segment_is_taken() {
        for second in 0..=9 {
            let taken = read(&format!("1{second}900000000")).is_ok();
            assert_eq!(taken, second >= 3, "1{second}");
        }
    }

    #[test]
    fn masks_hide_the_middle() {
        assert_eq!(mask("13800000000"), "138****0000");
        assert_eq!(mask("+86 138 0000 0000"), "138****0000");
        assert_eq!(mask("0571-87654321-801"), "0571-****4321-801");
        assert_eq!(mask("0998-7654321"), "0998-***4321");
        assert_eq!(mask("12348"), "12348");
        assert_eq!(mask("400-123-4567"), "400-123-4567");
        assert_eq!(mask("+85221234567"), "********4567");
        assert_eq!(mask("7654321"), "*******");
        assert_eq!(mask(""), "");
    }

    #[test]
    fn hostile_numbers_are_refused_in_a_short_sentence() {
        for input in super::super::hostile::strings() {
            match read(&input) {
                Ok(once) => assert_eq!(read(&once.normal), Ok(once.clone()), "{input:?}"),
                Err(problem) => super::super::hostile::fits_a_page(&problem),
            }
            mask(&input);
        }
    }
}
