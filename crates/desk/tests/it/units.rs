//! The tree of units from a file.

use crate::world::{UNITS, World, now};
use desk::{
    Refusal,
    division::{Which, read},
    units::Units,
};

fn problems(text: &str) -> Vec<(String, String)> {
    let found = read(&[text], &Which::default(), &Units::default()).unwrap_err();
    found.into_iter().map(|p| (p.field, p.code)).collect()
}

#[test]
fn orphans_cycles_duplicates_and_bad_dates_are_named_by_row() {
    let text = "code,name,parent,valid_from,valid_to
56,青禾省,,,
5601,云川市,56,,
560101,临溪县,5602,,
560102,东溪县,560103,,
560103,西溪县,560102,,
5601,又一个云川市,56,,
560104,北溪县,5601,2026-02-30,
560105,南溪县,5601,2026-03-01,2025-01-01
56010100,错码,5601,,
560106001,无名,,,
";
    let found = problems(text);
    let expected = [
        ("row 4", "orphan"),
        ("row 5", "cycle"),
        ("row 6", "cycle"),
        ("row 7", "duplicate"),
        ("row 8", "date"),
        ("row 9", "dates"),
        ("row 10", "code"),
        ("row 11", "orphan"),
    ];
    for (row, code) in expected {
        let wanted = (row.to_owned(), code.to_owned());
        assert!(found.contains(&wanted), "{wanted:?} not in {found:?}");
    }
}

#[tokio::test]
async fn an_import_can_be_repeated_and_never_moves_a_unit() {
    let world = World::new().await;
    let again = world.desk.import_units(None, &[UNITS], &Which::default(), &now()).await.unwrap();
    assert_eq!((again.new, again.changed, again.same), (0, 0, 12));
    let renamed = UNITS.replace("柳河镇", "新柳河镇");
    let again =
        world.desk.import_units(None, &[&renamed], &Which::default(), &now()).await.unwrap();
    assert_eq!((again.new, again.changed, again.same), (0, 1, 11));
    let moved = UNITS.replace("560101002,石桥镇,560101", "560101002,石桥镇,560201");
    let refusal =
        world.desk.import_units(None, &[&moved], &Which::default(), &now()).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Invalid(_)));
}

#[test]
fn a_header_without_codes_is_refused() {
    assert_eq!(problems("名字,上级\n甲,乙\n"), [("row 1".to_owned(), "header".to_owned())]);
}

#[test]
fn the_lists_of_the_statistics_bureau_are_read_together() {
    let provinces = "code,name\n56,\"青禾省\"\n57,\"外省\"\n";
    let cities = "code,name,provinceCode\n5601,云川市,56\n5619,独市,56\n5701,外市,57\n";
    let areas = "code,name,cityCode,provinceCode\n560101,临溪县,5601,56\n561900,独市,5619,56\n";
    let streets = "code,name,areaCode,provinceCode,cityCode\n561900003,东街道,561900,56,5619\n";
    let which = Which { prefix: "56".to_owned() };
    let read = read(&[provinces, cities, areas, streets], &which, &Units::default()).unwrap();
    let codes: Vec<&str> = read.iter().map(|u| u.code.as_str()).collect();
    assert_eq!(codes, ["560000", "560100", "561900", "560101", "561900003"]);
    assert_eq!(read[4].path, "560000/561900/561900003/");
    assert_eq!(read[4].county, "561900");
}
