//! Postcodes: six digits.

use crate::problem::Problem;

use super::{Checked, text};

/// Reads a postcode in any width, with or without spaces.
///
/// # Errors
/// `required` if blank; `postcode` if it is not six digits or all zero, which people type to get on.
pub fn read(input: &str) -> Result<Checked, Problem> {
    let code = text::compact(input);
    if code.is_empty() {
        return Err(Problem::error("required", "请填写邮政编码"));
    }
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Problem::error("postcode", "邮政编码应为 6 位数字，如 310000"));
    }
    if code == "000000" {
        return Err(Problem::error("postcode", "没有 000000 这个邮政编码，不清楚的可以留空"));
    }
    Ok(Checked::sure(code))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn six_digits_in_any_width() {
        for input in ["310000", " 310 000", "３１００００"] {
            assert_eq!(read(input), Ok(Checked::sure("310000".into())), "{input}");
        }
        for input in ["31000", "3100000", "31000O", "000000", "310-00", "三一零零零零"] {
            assert_eq!(read(input).unwrap_err().code, "postcode", "{input}");
        }
        assert_eq!(read("").unwrap_err().code, "required");
    }

    #[test]
    fn hostile_postcodes_are_refused() {
        for input in super::super::hostile::strings() {
            match read(&input) {
                Ok(once) => assert_eq!(once.normal.len(), 6),
                Err(problem) => super::super::hostile::fits_a_page(&problem),
            }
        }
    }
}
