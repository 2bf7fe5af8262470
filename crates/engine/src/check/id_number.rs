//! Numbers of identity documents. Citizen numbers (GB 11643) give birth date and sex; of passports
//! and the like only length and characters are checked, because each issuer numbers in its own way.

use jiff::civil::Date;

use crate::problem::Problem;

use super::{date, text};

const STANDARD: &str = "GB 11643";
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
/// Above this age a birth date is more often a slip than a person.
const OLDEST: i16 = 120;

/// Sex as the number tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
}

impl Sex {
    /// Code of GB/T 2261.1.
    pub fn code(self) -> &'static str {
        match self {
            Self::Male => "1",
            Self::Female => "2",
        }
    }

    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
        }
    }
}

/// A number as it is kept, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdNumber {
    /// The one form that is kept and compared.
    pub normal: String,
    /// Birth date, if the number carries one.
    pub birth: Option<Date>,
    /// Sex, if the number carries it.
    pub sex: Option<Sex>,
    /// A better number to offer (18 digits for an old 15-digit one); never taken unasked.
    pub offer: Option<String>,
    /// Doubts the person may confirm.
    pub warnings: Vec<Problem>,
}

impl IdNumber {
    fn plain(normal: &str) -> Self {
        let normal = normal.to_owned();
        Self { normal, birth: None, sex: None, offer: None, warnings: Vec::new() }
    }

    /// A typed sex (code of GB/T 2261.1) that contradicts the number; the number's sex is right.
    /// An empty code contradicts nothing.
    pub fn sex_mismatch(&self, code: &str) -> Option<Problem> {
        let sex = self.sex.filter(|sex| !code.is_empty() && sex.code() != code)?;
        let message = format!("性别与证件号码不一致：按号码应为“{}”，请核对", sex.label());
        Some(Problem::error("id_number_sex_mismatch", message).under(STANDARD))
    }

    /// A typed birth date that contradicts the number; the number's date is right.
    pub fn birth_mismatch(&self, typed: Date) -> Option<Problem> {
        let birth = self.birth.filter(|&birth| birth != typed)?;
        let message = format!("出生日期与证件号码不一致：按号码应为{}，请核对", date::show(birth));
        Some(Problem::error("id_number_birth_mismatch", message).under(STANDARD))
    }
}

/// How the numbers of a kind of document are made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// Resident identity card and what bears its number.
    Citizen,
    /// Residence permit of people from Hong Kong, Macao and Taiwan.
    Residence,
    /// Foreigner's permanent residence card.
    Permanent,
    /// Mainland travel permit, Hong Kong and Macao.
    HongKongMacao,
    /// Mainland travel permit, Taiwan.
    Taiwan,
    Passport,
    Other,
}

impl Scheme {
    /// By code of the document type; no type means the identity card, the usual case. A household
    /// book is known by its bearer's number or by its own shorter one.
    fn of(id_type: &str, number: &str) -> Self {
        let long = number.len() >= 14 && number.chars().all(|c| c.is_ascii_digit() || c == 'X');
        match id_type.trim() {
            "" | "111" | "112" => Self::Citizen,
            "113" if long => Self::Citizen,
            "1000" => Self::Residence,
            "553" => Self::Permanent,
            "516" => Self::HongKongMacao,
            "511" => Self::Taiwan,
            "411" | "412" | "413" | "414" | "420" | "421" => Self::Passport,
            _ => Self::Other,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Citizen => "身份证号",
            Self::Residence => "居住证号码",
            Self::Permanent => "永久居留身份证号码",
            Self::HongKongMacao | Self::Taiwan => "通行证号码",
            Self::Passport => "护照号码",
            Self::Other => "证件号码",
        }
    }
}

/// Reads the number of a document of type `id_type` (codes of `id_document_type`) on a day.
///
/// Full width, spaces and lower case are put right. An old 15-digit number is kept as it is, with
/// a warning and the 18-digit number as `offer`.
///
/// # Errors
/// `required`, `id_number_spreadsheet`, `id_number_length`, `id_number_characters`,
/// `id_number_division`, `id_number_birth`, `id_number_future`, `id_number_check`.
pub fn read(input: &str, id_type: &str, today: Date) -> Result<IdNumber, Problem> {
    let number = tidy(input);
    if number.is_empty() {
        return Err(Problem::error("required", "请填写证件号码"));
    }
    if number.contains("E+") {
        let message = "号码被电子表格改成了科学计数法，后几位已经丢失，请把该列设为文本后重新填写";
        return Err(Problem::error("id_number_spreadsheet", message));
    }
    match Scheme::of(id_type, &number) {
        Scheme::Citizen if number.len() == 15 => fifteen(&number, today),
        Scheme::Permanent if number.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            lettered(&number)
        }
        scheme @ (Scheme::Citizen | Scheme::Residence | Scheme::Permanent) => {
            eighteen(&number, scheme, today)
        }
        scheme => other(&number, scheme),
    }
}

/// Half width, upper case, no spaces, without the apostrophe that spreadsheets want before text.
fn tidy(input: &str) -> String {
    let number = text::compact(input).to_ascii_uppercase();
    number.strip_prefix('\'').unwrap_or(&number).to_owned()
}

/// The 18th character for 17 digits; none if they are not 17 digits.
pub fn check_digit(first17: &str) -> Option<char> {
    if first17.len() != 17 {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in first17.chars().zip(WEIGHTS) {
        sum += c.to_digit(10)? * weight;
    }
    CHECKS.get(sum as usize % 11).copied()
}

/// The 18-digit number of an old 15-digit one; none if it is not 15 digits.
pub fn upgrade15(old: &str) -> Option<String> {
    if old.len() != 15 || !is_digits(old) {
        return None;
    }
    let first17 = format!("{}19{}", &old[..6], &old[6..]);
    check_digit(&first17).map(|check| format!("{first17}{check}"))
}

/// The number as it is shown to those who need not know it: `110105********002X`.
pub fn mask(number: &str) -> String {
    let all: Vec<char> = number.chars().collect();
    let (head, tail) = match all.len() {
        18 => (6, 4),
        15 => (6, 3),
        8.. => (2, 2),
        5.. => (1, 1),
        _ => (0, 0),
    };
    let shown = |at: usize| at < head || at + tail >= all.len();
    all.iter().enumerate().map(|(at, &c)| if shown(at) { c } else { '*' }).collect()
}

/// Whether this is a sound 18-digit citizen number: province, date and check digit.
pub fn is_citizen_number(number: &str) -> bool {
    resembles_citizen_number(number) && check_digit(&number[..17]) == number.chars().last()
}

/// Whether this is made like a citizen number; the check digit may be wrong.
pub(super) fn resembles_citizen_number(number: &str) -> bool {
    let made = number.is_ascii() && number.len() == 18 && is_digits(&number[..17]);
    made && (number.ends_with('X') || is_digits(&number[17..]))
        && is_province(&number[..2])
        && birth_of(&number[6..14]).is_ok()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn eighteen(number: &str, scheme: Scheme, today: Date) -> Result<IdNumber, Problem> {
    check_length(number, scheme)?;
    check_characters(number, scheme)?;
    let mut read = IdNumber::plain(number);
    read.warnings.extend(check_division(number, scheme)?);
    let (birth, doubt) = check_birth(&number[6..14], scheme, today)?;
    read.warnings.extend(doubt);
    check_last(number, scheme)?;
    read.birth = Some(birth);
    read.sex = Some(sex_of(number.as_bytes()[16]));
    Ok(read)
}

/// An old number: valid in old files, no longer on a valid card.
fn fifteen(number: &str, today: Date) -> Result<IdNumber, Problem> {
    let scheme = Scheme::Citizen;
    check_characters(number, scheme)?;
    let mut read = IdNumber::plain(number);
    read.warnings.extend(check_division(number, scheme)?);
    let (birth, doubt) = check_birth(&format!("19{}", &number[6..12]), scheme, today)?;
    read.birth = Some(birth);
    read.sex = Some(sex_of(number.as_bytes()[14]));
    read.offer = upgrade15(number);
    let offer = read.offer.as_deref().unwrap_or_default();
    let message = format!("这是 15 位旧身份证号，升为 18 位应是 {offer}，请核对后改用");
    read.warnings.push(Problem::warning("id_number_15_digits", message).under(STANDARD));
    read.warnings.extend(doubt);
    Ok(read)
}

fn check_length(number: &str, scheme: Scheme) -> Result<(), Problem> {
    let length = text::chars_len(number);
    if length == 18 {
        return Ok(());
    }
    let message = format!("{}应为 18 位，现在是 {length} 位，请核对", scheme.title());
    Err(Problem::error("id_number_length", message).under(STANDARD))
}

/// Digits throughout; the 18th may be X.
fn check_characters(number: &str, scheme: Scheme) -> Result<(), Problem> {
    let right = |at: usize, c: char| c.is_ascii_digit() || (at == 17 && c == 'X');
    let Some((at, c)) = number.chars().enumerate().find(|&(at, c)| !right(at, c)) else {
        return Ok(());
    };
    let hint = match c {
        'O' | 'Q' | 'D' => "应为数字，是不是数字 0？",
        'I' | 'L' | '|' => "应为数字，是不是数字 1？",
        '×' | 'х' | 'Х' | '*' if at == 17 => "应为数字或字母 X，是不是字母 X？",
        'X' => "应为数字，只有第 18 位可以是 X",
        _ if at == 17 => "应为数字或字母 X",
        _ => "应为数字",
    };
    let message = format!("{}第 {} 位是{}，{hint}", scheme.title(), at + 1, text::quoted(c));
    Err(Problem::error("id_number_characters", message).under(STANDARD))
}

/// Provinces only: counties are merged and renamed, and a number outlives its county.
fn is_province(prefix: &str) -> bool {
    let code = prefix.parse().unwrap_or(0_u8);
    matches!(code, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
}

/// Whether the first two digits fit the document: yes, doubtful, or no.
fn check_division(number: &str, scheme: Scheme) -> Result<Option<Problem>, Problem> {
    let prefix = &number[..2];
    let overseas = ["81", "82", "83"].contains(&prefix);
    let permanent = prefix.starts_with('9');
    let other_type = |kind: &str| {
        let message = format!("号码以 {prefix} 开头，像是{kind}，请核对证件类型");
        Some(Problem::warning("id_number_type", message).under(STANDARD))
    };
    match scheme {
        Scheme::Permanent if permanent => Ok(None),
        Scheme::Residence if overseas => Ok(None),
        Scheme::Citizen if is_province(prefix) && !overseas => Ok(None),
        _ if overseas => Ok(other_type("港澳台居民居住证")),
        _ if is_province(prefix) => Ok(other_type("居民身份证")),
        _ => Err(no_such_province(prefix, scheme)),
    }
}

fn no_such_province(prefix: &str, scheme: Scheme) -> Problem {
    let hint = if prefix.starts_with('9') {
        "；如是外国人永久居留身份证，请改证件类型"
    } else {
        ""
    };
    let message = format!("{}前两位 {prefix} 不是省份代码，请核对{hint}", scheme.title());
    Problem::error("id_number_division", message).under(STANDARD)
}

/// The date of eight digits, if the calendar has it and a holder could have been born then.
fn birth_of(digits: &str) -> Result<Date, String> {
    let number = |part: &str| part.parse::<i16>().unwrap_or(0);
    let (year, month, day) = (number(&digits[..4]), number(&digits[4..6]), number(&digits[6..]));
    if year < 1800 {
        return Err(format!("年份 {year:04} 过早"));
    }
    date::on_calendar(year, month as i8, day as i8)
}

fn check_birth(
    digits: &str,
    scheme: Scheme,
    today: Date,
) -> Result<(Date, Option<Problem>), Problem> {
    let title = scheme.title();
    let wrong = |why| {
        let message = format!("{title}中的出生日期有误：{why}，请核对");
        Problem::error("id_number_birth", message).under(STANDARD)
    };
    let birth = birth_of(digits).map_err(wrong)?;
    if birth > today {
        let message = format!("{title}中的出生日期 {} 还没有到，请核对", date::show(birth));
        return Err(Problem::error("id_number_future", message).under(STANDARD));
    }
    let age = date::age(birth, today);
    let message = format!("按{title}推算已 {age} 周岁，请核对号码");
    let doubt = (age > OLDEST).then(|| Problem::warning("id_number_age", message).under(STANDARD));
    Ok((birth, doubt))
}

fn check_last(number: &str, scheme: Scheme) -> Result<(), Problem> {
    match check_digit(&number[..17]) {
        Some(right) if !number.ends_with(right) => {
            let message = format!(
                "{}与校验码不符：按前 17 位，第 18 位应为 {right}，现在是 {}，请逐位核对第 1–18 位",
                scheme.title(),
                &number[17..]
            );
            Err(Problem::error("id_number_check", message).under(STANDARD))
        }
        _ => Ok(()),
    }
}

fn sex_of(digit: u8) -> Sex {
    if digit % 2 == 1 { Sex::Male } else { Sex::Female }
}

/// The older permanent residence card: three letters of the country, then twelve digits, of which
/// six are the birth date without its century.
fn lettered(number: &str) -> Result<IdNumber, Problem> {
    let made = number.is_ascii() && number.len() == 15;
    if !made || !number.bytes().take(3).all(|b| b.is_ascii_uppercase()) || !is_digits(&number[3..])
    {
        let message = "永久居留身份证号码应为 9 开头的 18 位号码，或 3 个字母加 12 位数字，请核对";
        return Err(Problem::error("id_number_length", message));
    }
    if ["19", "20"].iter().all(|century| birth_of(&format!("{century}{}", &number[7..13])).is_err())
    {
        let message = "永久居留身份证号码第 8–13 位应为出生年月日，请核对";
        return Err(Problem::error("id_number_birth", message));
    }
    Ok(IdNumber::plain(number))
}

/// Documents of which only length and characters are known.
fn other(number: &str, scheme: Scheme) -> Result<IdNumber, Problem> {
    let title = scheme.title();
    let strict = scheme != Scheme::Other;
    let (least, most) = if scheme == Scheme::Passport { (5, 15) } else { (3, 30) };
    let length = text::chars_len(number);
    if !(least..=most).contains(&length) {
        let message = format!("{title}应为 {least}–{most} 位，现在是 {length} 位，请核对");
        return Err(Problem::error("id_number_length", message));
    }
    if let Some(c) = number.chars().find(|&c| !may_stand(c, strict)) {
        let message = format!("{title}中不应有{}，请按证件填写字母和数字", text::quoted(c));
        return Err(Problem::error("id_number_characters", message));
    }
    let mut read = IdNumber::plain(number);
    read.warnings.extend(doubt_other(number, scheme));
    Ok(read)
}

/// Military and professional documents are numbered with Chinese words; travel documents are not.
fn may_stand(c: char, strict: bool) -> bool {
    c.is_ascii_alphanumeric()
        || "()".contains(c)
        || (!strict && (super::name::is_han(c) || "-/.〔〕[]·".contains(c)))
}

fn doubt_other(number: &str, scheme: Scheme) -> Option<Problem> {
    let doubt = |message: &str| Some(Problem::warning("id_number_type", message));
    let digits = |text: &str, lengths: [usize; 2]| is_digits(text) && lengths.contains(&text.len());
    match scheme {
        _ if is_citizen_number(number) => doubt("这像是居民身份证号，请核对证件类型"),
        Scheme::HongKongMacao if !digits(number.trim_start_matches(['H', 'M']), [8, 10]) => {
            doubt("港澳居民来往内地通行证号码一般为 H 或 M 加 8 位数字，请核对")
        }
        Scheme::Taiwan if !digits(taiwan_digits(number), [8, 10]) => {
            doubt("台湾居民来往大陆通行证号码一般为 8 位数字，请核对")
        }
        _ if !number.bytes().any(|b| b.is_ascii_digit()) => doubt("证件号码中没有数字，请核对"),
        _ => None,
    }
}

/// The digits before the issue letter, which older permits carry in brackets.
fn taiwan_digits(number: &str) -> &str {
    number.trim_end_matches(|c: char| !c.is_ascii_digit())
}

#[cfg(test)]
#[path = "id_number_tests.rs"]
mod tests;
