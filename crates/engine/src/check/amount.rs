//! Sums of money: read as typed in 元, kept in 分, shown in 元, 万元 and capital numerals.

use crate::problem::Problem;

use super::text;

/// Reads a sum in 元 and gives 分. Thousands separators, ¥, 元, 万, 亿 and full width are
/// understood. Whether a negative sum is allowed is the caller's to say.
///
/// # Errors
/// `required`, `amount_exponent`, `amount_format`, `amount_separators`, `amount_decimals` (finer
/// than 分), `amount_too_large`.
pub fn parse(input: &str) -> Result<i64, Problem> {
    let text = text::compact(input);
    if text.is_empty() {
        return Err(Problem::error("required", "请填写金额，单位为元"));
    }
    let (negative, body) = strip_sign(&text);
    let (number, decimals) = strip_unit(body);
    let (whole, fraction) = split_number(number)?;
    let whole = join_thousands(whole)?;
    if fraction.len() > decimals {
        return Err(too_fine(decimals));
    }
    let fen = to_fen(&whole, fraction, decimals).ok_or_else(too_large)?;
    i64::try_from(if negative { -fen } else { fen }).map_err(|_| too_large())
}

/// A sum in 元 with separators and two decimals: `12,000.00`.
pub fn yuan(fen: i64) -> String {
    hundredths(fen < 0, fen.unsigned_abs())
}

/// A sum in 万元 with two decimals, half a hundredth rounded up. Add first and round once: three
/// sums of 3,333 元 are 1.00 万元, not 0.99.
pub fn wan_yuan(fen: i64) -> String {
    let rounded = (fen.unsigned_abs() + 5_000) / 10_000;
    hundredths(fen < 0 && rounded > 0, rounded)
}

/// A sum in capital numerals as papers of payment want it (支付结算办法 附一): 壹万贰仟元整.
pub fn chinese_capital(fen: i64) -> String {
    let sum = fen.unsigned_abs();
    let (whole, jiao, cents) = (sum / 100, sum / 10 % 10, sum % 10);
    let mut text = String::from(if fen < 0 { "负" } else { "" });
    if whole > 0 || sum == 0 {
        text.push_str(&if whole == 0 { digit(0).to_string() } else { capital_whole(whole) });
        text.push('元');
    }
    match (jiao, cents) {
        (0, 0) => text.push('整'),
        (0, _) if whole > 0 => text.extend([digit(0), digit(cents), '分']),
        (0, _) => text.extend([digit(cents), '分']),
        (_, 0) => text.extend([digit(jiao), '角']),
        _ => text.extend([digit(jiao), '角', digit(cents), '分']),
    }
    text
}

/// The sign and the currency may stand in either order.
fn strip_sign(text: &str) -> (bool, &str) {
    let text = text.trim_start_matches(['¥', '￥']);
    let (negative, rest) = match text.strip_prefix(['-', '−', '–']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    (negative, if rest.len() == text.len() { rest } else { rest.trim_start_matches(['¥', '￥']) })
}

/// The number without its unit, and how many decimals of that unit make 分.
fn strip_unit(body: &str) -> (&str, usize) {
    let body = match body.strip_suffix("元整").or_else(|| body.strip_suffix("元正")) {
        Some(body) => body,
        None => body.strip_suffix(['元', '圆']).unwrap_or(body),
    };
    if let Some(number) = body.strip_suffix('亿') {
        (number, 10)
    } else if let Some(number) = body.strip_suffix('万') {
        (number, 6)
    } else {
        (body, 2)
    }
}

/// Digits before and after the point.
fn split_number(number: &str) -> Result<(&str, &str), Problem> {
    let is_exponent = |c| matches!(c, 'e' | 'E');
    if number.contains(is_exponent) && number.starts_with(|c: char| c.is_ascii_digit()) {
        let message = "金额不能用科学计数法，请写全数字，如 1000000";
        return Err(Problem::error("amount_exponent", message));
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let whole_made = whole.is_empty() || digits(&whole.replace(',', ""));
    if number.is_empty() || !whole_made || !digits(fraction) {
        return Err(wrong_format(number));
    }
    Ok((whole, fraction))
}

fn wrong_format(number: &str) -> Problem {
    let message = if number.contains('。') {
        "金额的小数点应为“.”，如 12000.50"
    } else if number.contains(['万', '亿', '千', '百']) {
        "金额只认一个单位且写在末尾，如 5.3万；请改写成一个数，如 53000"
    } else {
        "金额应为阿拉伯数字，单位为元，如 12000.50 或 5.3万"
    };
    Problem::error("amount_format", message)
}

/// Separators must part groups of three, or a decimal comma would be taken for one.
fn join_thousands(whole: &str) -> Result<String, Problem> {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let parted = whole.contains(',');
    if parted && (!(1..=3).contains(&first.len()) || groups.any(|group| group.len() != 3)) {
        let message = "千位分隔符应每三位一个，如 2,300,000；也可以不写分隔符";
        return Err(Problem::error("amount_separators", message));
    }
    Ok(whole.replace(',', ""))
}

/// `whole` and `fraction` of a unit worth ten to the power of `decimals` 分.
fn to_fen(whole: &str, fraction: &str, decimals: usize) -> Option<i128> {
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction: i128 = format!("{fraction:0<decimals$}").parse().ok()?;
    let unit = 10_i128.checked_pow(u32::try_from(decimals).ok()?)?;
    i128::from(whole).checked_mul(unit)?.checked_add(fraction)
}

fn too_fine(decimals: usize) -> Problem {
    let message = match decimals {
        2 => "金额最多两位小数（精确到分），请核对",
        _ => "金额最小单位是分，小数位太多，请改写成以元为单位的数",
    };
    Problem::error("amount_decimals", message)
}

fn too_large() -> Problem {
    Problem::error("amount_too_large", "金额过大，超出可记录的范围，请核对")
}

/// Hundredths with separators.
fn hundredths(negative: bool, value: u64) -> String {
    let digits = (value / 100).to_string();
    let mut text = String::from(if negative { "-" } else { "" });
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    format!("{text}.{:02}", value % 100)
}

fn digit(value: u64) -> char {
    ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'][(value % 10) as usize]
}

/// A whole number above zero; each step puts one larger unit before what is left.
fn capital_whole(value: u64) -> String {
    const UNITS: [(u64, char); 5] =
        [(100_000_000, '亿'), (10_000, '万'), (1_000, '仟'), (100, '佰'), (10, '拾')];
    let Some(&(size, unit)) = UNITS.iter().find(|&&(size, _)| value >= size) else {
        return digit(value).to_string();
    };
    let (many, rest) = (value / size, value % size);
    let gap = if rest > 0 && rest < size / 10 { "零" } else { "" };
    let rest = if rest > 0 { capital_whole(rest) } else { String::new() };
    format!("{}{unit}{gap}{rest}", capital_whole(many))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn sums_are_read_as_people_write_them() {
        for (input, fen) in [
            ("2,300,000", 230_000_000),
            ("2，300，000", 230_000_000),
            ("１２３.５", 12_350),
            ("5.3万", 5_300_000),
            ("5.3 万元", 5_300_000),
            ("1.5亿", 15_000_000_000),
            ("0.123456万", 123_456),
            ("12.34", 1_234),
            ("12.3", 1_230),
            (".5", 50),
            ("0", 0),
            ("007", 700),
            ("¥12,000.00", 1_200_000),
            ("￥100元整", 10_000),
            ("-3.20", -320),
            ("-¥3.20", -320),
            ("¥-3.20", -320),
            ("+8", 800),
            (" 1 000 ", 100_000),
            ("92233720368547758.07", i64::MAX),
            ("-92233720368547758.08", i64::MIN),
        ] {
            assert_eq!(parse(input), Ok(fen), "{input}");
        }
    }

    #[test]
    fn what_is_no_sum_is_refused_with_its_reason() {
        for (input, code) in [
            ("", "required"),
            ("12.345", "amount_decimals"),
            ("0.1234567万", "amount_decimals"),
            ("1e6", "amount_exponent"),
            ("2.3E+06", "amount_exponent"),
            ("1,23", "amount_separators"),
            ("1234,567", "amount_separators"),
            (",123", "amount_separators"),
            ("5.", "amount_format"),
            (".", "amount_format"),
            ("-", "amount_format"),
            ("--5", "amount_format"),
            ("5万3", "amount_format"),
            ("3千", "amount_format"),
            ("五万", "amount_format"),
            ("万", "amount_format"),
            ("12。5", "amount_format"),
            ("1.2.3", "amount_format"),
            ("1.2,3", "amount_format"),
            ("NaN", "amount_format"),
            ("$5", "amount_format"),
            ("92233720368547758.08", "amount_too_large"),
            ("999999999999亿", "amount_too_large"),
            ("99999999999999999999999999999999999999999999", "amount_too_large"),
        ] {
            assert_eq!(parse(input).unwrap_err().code, code, "{input}");
        }
        assert!(parse("12.345").unwrap_err().message.contains("最多两位小数"));
    }

    #[test]
    fn sums_are_shown_in_yuan() {
        assert_eq!(yuan(1_200_000), "12,000.00");
        assert_eq!(yuan(0), "0.00");
        assert_eq!(yuan(5), "0.05");
        assert_eq!(yuan(-123_456_789), "-1,234,567.89");
        assert_eq!(yuan(i64::MIN), "-92,233,720,368,547,758.08");
    }

    #[test]
    fn vector_77_add_first_and_round_once() {
        let total: i64 = ["3,333"; 3].iter().map(|sum| parse(sum).unwrap()).sum();
        assert_eq!(wan_yuan(total), "1.00");
        assert_eq!(wan_yuan(4_999), "0.00");
        assert_eq!(wan_yuan(5_000), "0.01");
        assert_eq!(wan_yuan(-4_999), "0.00");
        assert_eq!(wan_yuan(-5_000), "-0.01");
        assert_eq!(wan_yuan(123_456_789_000), "123,456.79");
        assert_eq!(wan_yuan(i64::MIN), "-9,223,372,036,854.78");
    }

    #[test]
    fn capital_numerals_follow_the_rules_of_payment() {
        for (fen, capital) in [
            (1_200_000, "壹万贰仟元整"),
            (0, "零元整"),
            (1_000, "壹拾元整"),
            (140_950, "壹仟肆佰零玖元伍角"),
            (600_714, "陆仟零柒元壹角肆分"),
            (168_032, "壹仟陆佰捌拾元叁角贰分"),
            (10_700_053, "壹拾万柒仟元伍角叁分"),
            (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
            (32_504, "叁佰贰拾伍元零肆分"),
            (5, "伍分"),
            (50, "伍角"),
            (55, "伍角伍分"),
            (10_000_500, "壹拾万零伍元整"),
            (1_000_000_000, "壹仟万元整"),
            (10_000_100_000, "壹亿零壹仟元整"),
            (1_010_000_000, "壹仟零壹拾万元整"),
            (100_000_001_000, "壹拾亿零壹拾元整"),
            (-320, "负叁元贰角"),
        ] {
            assert_eq!(chinese_capital(fen), capital, "{fen}");
        }
    }

    /// What is shown is read back, and capitals differ for different sums.
    #[test]
    fn shown_sums_are_read_back() {
        let mut seen = std::collections::HashSet::new();
        let mut fen = 1_i64;
        while let Some(next) = fen.checked_mul(3) {
            for sum in [fen, -fen, fen + 1] {
                assert_eq!(parse(&yuan(sum)), Ok(sum));
                let capital = chinese_capital(sum);
                assert!(!capital.contains("零零") && !capital.contains("零元零"), "{capital}");
                seen.insert((sum, capital));
            }
            fen = next;
        }
        let capitals: std::collections::HashSet<_> = seen.iter().map(|(_, text)| text).collect();
        assert_eq!(capitals.len(), seen.len());
        assert_eq!(chinese_capital(i64::MAX).chars().next(), Some('玖'));
        assert!(chinese_capital(i64::MIN).starts_with('负'));
    }

    #[test]
    fn hostile_sums_are_refused_or_exact() {
        for input in super::super::hostile::strings() {
            match parse(&input) {
                Ok(fen) => assert_eq!(parse(&yuan(fen)), Ok(fen), "{input:?}"),
                Err(problem) => super::super::hostile::fits_a_page(&problem),
            }
        }
    }
}
