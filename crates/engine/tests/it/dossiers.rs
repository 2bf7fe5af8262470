//! What lies in a dossier of the real definitions.

use crate::support::house;
use engine::{
    derive::dossier::{Filling, PieceSource, fill},
    query::Cell,
    record::{Links, Record, Row},
};
use jiff::civil::date;
use std::collections::BTreeMap;

fn cells(pairs: &[(&str, &str)]) -> BTreeMap<String, Cell> {
    pairs.iter().map(|(id, value)| ((*id).to_owned(), Cell::text(*value))).collect()
}

#[test]
fn a_scan_in_the_rows_of_a_record_that_hangs_on_it_lies_in_the_dossier() {
    let house = house();
    let (kind, closing) =
        (house.kind("svc_aid_application").unwrap(), house.kind("svc_aid_closing").unwrap());
    let row = |id: &str, pairs: &[(&str, &str)]| Row { id: id.to_owned(), cells: cells(pairs) };
    let hash = "0".repeat(64);
    let file = format!("{hash} 指派.pdf");
    // A scan of the notice of assignment, and a report that lies on paper only.
    let papers =
        vec![row("1", &[("paper", "12"), ("file", file.as_str())]), row("2", &[("paper", "22")])];
    let filed = Record {
        kind: closing.id.clone(),
        cells: cells(&[("id", "closing")]),
        rows: BTreeMap::from([("papers".to_owned(), papers)]),
    };
    let record = Record {
        kind: kind.id.clone(),
        cells: cells(&[("id", "application"), ("state", "archived"), ("form_code", "06")]),
        rows: BTreeMap::new(),
    };
    let attached = [(&**closing, vec![&filed])];
    let filling = Filling {
        house: &house,
        kind,
        record: &record,
        links: &Links::default(),
        attached: &attached,
        today: date(2026, 5, 12),
    };
    let dossier = kind.dossier("dossier").unwrap();
    let filled = fill(dossier, filling);
    let of = |part: &str| &filled.iter().find(|one| one.part.id == part).unwrap().pieces;
    let [assignment] = of("assignment").as_slice() else { panic!("{:?}", of("assignment")) };
    assert_eq!(assignment.source, PieceSource::File(hash));
    assert_eq!(
        (assignment.kind.as_str(), assignment.record.as_str()),
        ("svc_aid_closing", "closing")
    );
    assert_eq!(assignment.title, "指派通知书");
    // What lies on paper only is printed in its place, and said to be there.
    let [report] = of("closing").as_slice() else { panic!("{:?}", of("closing")) };
    assert_eq!(report.source, PieceSource::Paper("closing_report".to_owned()));
    assert!(report.original);
}
