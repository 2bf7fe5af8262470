//! Where the public reaches this house: the address that printed codes lead to. It is a setting, for a
//! code on paper is read for years, and whatever a request says of its host is said by whoever asks.

use crate::app::{App, Trouble};
use desk::{Refusal, ask::RecordAnswer};

/// Where looking up begins.
pub const PUBLIC: &str = "/public";

/// A code that a record bears.
#[derive(Clone, Debug)]
pub struct PublicCode {
    /// What scanning it opens.
    pub label: String,
    /// The page it opens, within this house.
    pub href: String,
    /// The whole address, as the code says it; `None` where the house does not know its own.
    pub address: Option<String>,
}

/// The codes that the record bears, as it is published now.
///
/// # Errors
/// The store's.
pub async fn codes(app: &App, answer: &RecordAnswer) -> Result<Vec<PublicCode>, Refusal> {
    let (kind, mut codes) = (&answer.kind, Vec::new());
    for one in &kind.publications {
        let code = app.desk.public_code(kind, one, &answer.record).await?;
        let Some(code) = code else { continue };
        // Ids and hex digits: nothing to encode.
        let href = format!("{PUBLIC}/check/{}/{}/{code}", kind.id, one.id);
        let address = app.public_address().map(|house| format!("{house}{href}"));
        codes.push(PublicCode { label: one.label.clone(), href, address });
    }
    Ok(codes)
}

/// The address as settings say it, without a slash at its end.
///
/// # Errors
/// What is wrong with it; `place` says where it is written.
pub fn read(value: &str, place: &str) -> Result<String, Trouble> {
    let address = value.trim().trim_end_matches('/');
    let host = ["https://", "http://"].iter().find_map(|scheme| address.strip_prefix(scheme));
    let fits = |host: &str| {
        !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || "?#@\"<>".contains(c))
    };
    if host.is_some_and(fits) {
        return Ok(address.to_owned());
    }
    let words =
        format!("{place}：公开地址应写成 https://域名（或者 http://地址:端口），不是“{value}”");
    Err(Trouble::Words(words))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host_and_nothing_behind() {
        let read = |value: &str| read(value, "test").ok();
        assert_eq!(
            read("https://sf.example.invalid/").as_deref(),
            Some("https://sf.example.invalid")
        );
        assert_eq!(read("http://10.0.0.9:8080").as_deref(), Some("http://10.0.0.9:8080"));
        assert_eq!(read("https://x.invalid/fq").as_deref(), Some("https://x.invalid/fq"));
        for wrong in
            ["", "sf.example.invalid", "https://", "https://x?y=1", "https://a b", "ftp://x"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
