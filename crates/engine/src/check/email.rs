//! E-mail addresses, as far as a form can know them: whether post could be sent there.

use crate::problem::Problem;

use super::{Checked, text};

/// Reads an address. Width is put right and the domain is kept in lower case; the part before the
/// @ stays as typed, because the receiving system may tell cases apart.
///
/// # Errors
/// `required` if blank, `email` with what is missing.
pub fn read(input: &str) -> Result<Checked, Problem> {
    let address = text::half_width(&text::one_line(input)).trim().to_owned();
    if address.is_empty() {
        return Err(Problem::error("required", "请填写电子邮箱"));
    }
    let (before, domain) = address.split_once('@').ok_or_else(|| wrong("缺少 @"))?;
    check_before(before)?;
    let domain = domain.to_ascii_lowercase();
    check_domain(&domain)?;
    if address.len() > 254 {
        return Err(wrong("太长，不能超过 254 个字符"));
    }
    Ok(Checked::sure(format!("{before}@{domain}")))
}

fn wrong(why: &str) -> Problem {
    Problem::error("email", format!("电子邮箱{why}，应像 name@example.com"))
}

fn check_before(before: &str) -> Result<(), Problem> {
    let may_stand = |c: char| c.is_ascii_alphanumeric() || ".!#$%*+/=?^_{|}~-".contains(c);
    if before.is_empty() || before.len() > 64 {
        return Err(wrong("@ 前应有 1–64 个字符"));
    }
    if !before.chars().all(may_stand) {
        return Err(wrong("@ 前只能用字母、数字和 . _ - 等符号"));
    }
    if before.starts_with('.') || before.ends_with('.') || before.contains("..") {
        return Err(wrong("@ 前的点号位置不对"));
    }
    Ok(())
}

fn check_domain(domain: &str) -> Result<(), Problem> {
    if domain.contains('@') {
        return Err(wrong("只能有一个 @，请只填一个邮箱"));
    }
    if domain.contains('。') {
        return Err(wrong("中的“。”应为“.”"));
    }
    let labels: Vec<&str> = domain.split('.').collect();
    let top = labels.last().copied().unwrap_or_default();
    let lettered = top.len() >= 2 && top.starts_with(|c: char| c.is_ascii_alphabetic());
    if labels.len() < 2 || !lettered || !labels.iter().all(|label| is_label(label)) {
        return Err(wrong(" @ 后的域名不完整或有误"));
    }
    Ok(())
}

fn is_label(label: &str) -> bool {
    let made = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(made)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn addresses_are_read_and_refused_with_a_reason() {
        for (input, normal) in [
            ("sfs.office@Example.GOV.cn", "sfs.office@example.gov.cn"),
            (" zhang_3+a@126.com ", "zhang_3+a@126.com"),
            ("ａｂ＠example．com", "ab@example.com"),
        ] {
            assert_eq!(read(input), Ok(Checked::sure(normal.into())));
        }
        for (input, says) in [
            ("zhang", "缺少 @"),
            ("@126.com", "@ 前应有"),
            ("a@b@126.com", "只能有一个 @"),
            ("a@126。com", "应为“.”"),
            ("a@localhost", "域名"),
            ("a@126.c", "域名"),
            ("a@1.2.3.4", "域名"),
            ("a@-x.com", "域名"),
            ("张三@126.com", "@ 前只能用"),
            ("a b@126.com", "@ 前只能用"),
            ("a<b>@126.com", "@ 前只能用"),
            ("a..b@126.com", "点号"),
        ] {
            let problem = read(input).unwrap_err();
            assert_eq!(problem.code, "email");
            assert!(problem.message.contains(says), "{input}: {}", problem.message);
        }
        assert_eq!(read(" ").unwrap_err().code, "required");
        assert_eq!(read(&format!("a@{}com", "abcdefgh.".repeat(40))).unwrap_err().code, "email");
    }

    #[test]
    fn hostile_addresses_are_refused() {
        for input in super::super::hostile::strings() {
            match read(&input) {
                Ok(once) => assert_eq!(read(&once.normal), Ok(once.clone())),
                Err(problem) => super::super::hostile::fits_a_page(&problem),
            }
        }
    }
}
