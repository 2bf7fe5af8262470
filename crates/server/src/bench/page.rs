//! What a page weighs for a browser that comes for the first time: requests and bytes as sent.

use super::http::{Client, Question, encode};
use crate::app::Trouble;

/// Requests and bytes.
#[derive(Clone, Debug, Default)]
pub struct Weight {
    /// Requests.
    pub requests: u64,
    /// Bytes on the line.
    pub bytes: u64,
    /// What could not be fetched.
    pub missing: Vec<String>,
}

/// Weighs a page.
pub async fn weigh(address: &str, path: &str, token: &str) -> Result<Weight, Trouble> {
    let mut client = Client::connect(address).await?;
    let sent = client.ask(&Question::page(path, token)).await?;
    let mut weight = Weight { requests: 1, bytes: sent.bytes, missing: Vec::new() };
    if sent.status != 200 {
        weight.missing.push(format!("{} {path}", sent.status));
    }
    // The same page uncompressed, to read it.
    let html = client.ask(&Question { plain: true, ..Question::page(path, token) }).await?;
    let html = if html.status == 200 { html.text() } else { String::new() };
    for part in parts(&html) {
        let answer = client.ask(&Question::page(&part, token)).await?;
        weight.requests += 1;
        weight.bytes += answer.bytes;
        if answer.status != 200 {
            weight.missing.push(format!("{} {part}", answer.status));
        }
    }
    Ok(weight)
}

/// Addresses that a browser fetches with the page: styles, scripts, pictures, each once.
fn parts(html: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let name = tag.split_whitespace().next().unwrap_or_default();
        let found = match name {
            "script" | "img" => attribute(tag, "src"),
            "link"
                if attribute(tag, "rel")
                    .is_some_and(|r| r.contains("stylesheet") || r.contains("icon")) =>
            {
                attribute(tag, "href")
            }
            _ => None,
        };
        if let Some(path) = found
            && path.starts_with('/')
            && !parts.contains(&path)
        {
            parts.push(path);
        }
    }
    parts
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\"")).or_else(|| {
        tag.strip_prefix(name).and_then(|rest| rest.strip_prefix("=\"")).map(|rest| ("", rest))
    })?;
    let value = rest.split('"').next().unwrap_or_default().replace("&amp;", "&");
    let encoded =
        value.chars().map(|c| if c.is_ascii() { c.to_string() } else { encode(&c.to_string()) });
    Some(encoded.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_fetches_is_found() {
        let html = r#"<link rel="stylesheet" href="/a.css?v=1&amp;w=2"><script src="/b.js" defer></script>
            <img src="data:x"><img class="x" src="/c.png"><link rel="canonical" href="/d"><script>1</script>
            <link rel="stylesheet" href="/a.css?v=1&amp;w=2"><a href="/x.csv">导出</a><img src="/查.png">"#;
        assert_eq!(parts(html), ["/a.css?v=1&w=2", "/b.js", "/c.png", "/%E6%9F%A5.png"]);
    }
}
