//! Every page renders with every sample, keeps to the security policy and stays small.

use std::collections::HashSet;

use super::{SCRIPT, STYLESHEET, samples};

/// The values of an attribute, in order.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let open = format!(" {attribute}=\"");
    html.split(open.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// A page as a browser sees it before anything is copied out of a template.
fn without_templates(html: &str) -> String {
    let mut parts = html.split("<template>");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split("</template>").nth(1).unwrap_or_default())
}

#[test]
fn every_sample_keeps_to_the_security_policy() {
    for sample in samples::all() {
        let html = sample.html.into_string();
        assert!(!html.contains(" style=") && !html.contains("<style"), "{}", sample.name);
        assert!(!html.contains(" onclick") && !html.contains("javascript:"), "{}", sample.name);
        assert_eq!(html.matches("<script").count(), 1, "{}", sample.name);
    }
}

#[test]
fn every_id_is_said_once_and_every_reference_leads_somewhere() {
    for sample in samples::all() {
        let html = without_templates(&sample.html.into_string());
        let ids = values(&html, "id");
        let known: HashSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), known.len(), "{}: an id is said twice", sample.name);
        for attribute in ["for", "aria-describedby", "aria-labelledby", "list"] {
            for id in values(&html, attribute).iter().flat_map(|ids| ids.split(' ')) {
                assert!(known.contains(id), "{}: {attribute}={id}", sample.name);
            }
        }
        for id in values(&html, "href").iter().filter_map(|href| href.strip_prefix('#')) {
            assert!(id.is_empty() || known.contains(id), "{}: #{id}", sample.name);
        }
    }
}

#[test]
fn every_page_says_its_language_and_has_one_heading() {
    for sample in samples::all() {
        let html = sample.html.into_string();
        assert!(html.contains("<html lang=\"zh-CN\""), "{}", sample.name);
        assert_eq!(html.matches("<h1").count(), 1, "{}", sample.name);
        assert_eq!(html.matches("<main").count(), 1, "{}", sample.name);
    }
}

#[test]
fn the_assets_stay_small() {
    assert!(STYLESHEET.len() <= 28_400, "{}", STYLESHEET.len());
    assert!(SCRIPT.len() <= 15_400, "{}", SCRIPT.len());
}

#[test]
fn a_list_of_twenty_rows_stays_small() {
    let html = super::list::list(&samples::list_view()).into_string();
    assert!(html.len() <= 24_000, "{}", html.len());
}
