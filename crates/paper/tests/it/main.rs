//! Prints every paper of every business from its sample, and tries to break it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bind;
mod house;
mod official;
mod word;

use std::borrow::Cow;

use house::{PRINTED_AT, common, papers, press, print};
use paper::{Moment, PaperError, Press, Sheet, Typeset};
use serde_json::{Value, json};

#[test]
fn every_paper_prints_its_sample_with_nothing_missing() {
    for paper in papers() {
        let printed = print(&paper, &paper.sample);
        assert!(printed.pdf.starts_with(b"%PDF-"), "{}", paper.name);
        assert!(printed.pages >= 1, "{}", paper.name);
        assert_eq!(printed.missing, [] as [char; 0], "{}", paper.name);
        keep(&paper.id, &printed);
    }
}

#[test]
fn the_seven_papers_of_mediation_are_there() {
    let found: Vec<String> = papers().into_iter().map(|paper| paper.name).collect();
    for id in [
        "application",
        "acceptance",
        "rights_notice",
        "mediation_record",
        "agreement",
        "oral_agreement",
        "return_visit",
    ] {
        let name = format!("mediation/documents/{id}.typ");
        assert!(found.contains(&name), "{name} not among {found:?}");
    }
}

#[test]
fn the_same_sheet_gives_the_same_bytes_from_any_press() {
    let other = Press::with_embedded(Vec::new());
    for paper in papers() {
        let first = print(&paper, &paper.sample);
        let again = house::print_with(&other, &paper, &paper.sample).unwrap();
        assert_eq!(first, again, "{}", paper.name);
    }
}

#[test]
fn the_moment_and_the_qr_text_are_part_of_the_paper() {
    let paper = house::paper("mediation/documents/agreement.typ");
    let library = common();
    let library = house::borrowed(&library);
    let data = &paper.sample;
    let sheet = Sheet {
        name: "x",
        template: &paper.text,
        library: &library,
        data,
        files: &[],
        qr: Some("A"),
        printed_at: PRINTED_AT,
    };
    let first = press().typeset(sheet).unwrap();
    let later = Moment { second: 1, ..PRINTED_AT };
    assert_ne!(first.pdf, press().typeset(Sheet { printed_at: later, ..sheet }).unwrap().pdf);
    assert_ne!(first.pdf, press().typeset(Sheet { qr: Some("B"), ..sheet }).unwrap().pdf);
    assert_ne!(first.pdf, press().typeset(Sheet { qr: None, ..sheet }).unwrap().pdf);
}

#[test]
fn a_paper_prints_from_nothing_but_its_title() {
    for paper in papers() {
        let printed = print(&paper, &json!({"title": "空白文书"}));
        assert!(printed.pages >= 1, "{}", paper.name);
        keep(&format!("empty-{}", paper.id), &printed);
    }
}

#[test]
fn fields_of_unexpected_shape_do_not_stop_a_paper() {
    for paper in papers() {
        let mut data = paper.sample.clone();
        data["fields"] = json!({"parties": "张三", "records": null, "amount": 12, "summary": null,
            "agreement_text": ["一", "二"], "copies_count": 3});
        data["linked"] = json!({"committee": null, "return_visits": "无",
            "mediation_case": ["无"], "mediation_records": 1});
        data["number"] = Value::Null;
        assert!(print(&paper, &data).pages >= 1, "{}", paper.name);
    }
}

#[test]
fn thirty_parties_and_a_long_text_flow_over_pages() {
    // The shell of a dossier holds none of this, and a letter says of one matter what it must.
    let letters = ["authorization", "mediator_change", "referral_letter", "screening_sheet"];
    let short = |name: &str| name.contains("/dossier_") || letters.iter().any(|l| name.contains(l));
    let grows = |name: &str| name.starts_with("mediation/") && !short(name);
    for paper in papers().into_iter().filter(|paper| grows(&paper.name)) {
        let printed = print(&paper, &crowded(&paper.sample));
        let least = if paper.id.ends_with("return_visit") { 2 } else { 3 };
        assert!(printed.pages >= least, "{} has {} pages", paper.name, printed.pages);
        keep(&format!("crowded-{}", paper.id), &printed);
    }
}

/// A record with thirty parties and texts of 2,000 characters and more.
fn crowded(sample: &Value) -> Value {
    let mut data = sample.clone();
    let clause = "双方同意按照现场丈量的界址恢复原状，任何一方不得擅自改动，费用由责任方承担。";
    let long: String = (0..60).map(|_| format!("{clause}\n")).collect();
    assert!(long.chars().count() > 2000);
    let party = |n: usize| {
        json!({"role": if n < 12 { "申请人" } else { "被申请人" }, "name": format!("村民{n}"),
            "sex": "男", "ethnic": "汉族", "age": "45", "occupation": "农民",
            "phone": "13800010000", "address": format!("青岚省云溪市安和县枫桥镇梅坞村{n}号")})
    };
    data["fields"]["parties"] = (0..30).map(party).collect();
    for field in ["agreement_text", "summary", "main_facts", "findings", "disclosure", "statements"]
    {
        data["fields"][field] = json!(long);
    }
    data
}

#[test]
fn several_sessions_print_from_the_case_itself() {
    let paper = house::paper("mediation/documents/mediation_record.typ");
    let mut data = paper.sample.clone();
    data["fields"] = data["linked"]["mediation_case"].take();
    let session = json!({"mediated_at": "2026年3月12日 14:00", "process": "双方陈述。"});
    data["linked"]["mediation_records"] = json!([session]);
    let once = print(&paper, &data).pages;
    data["linked"]["mediation_records"] = (0..6).map(|_| session.clone()).collect();
    assert!(print(&paper, &data).pages > once);
}

#[test]
fn rare_characters_of_names_print_as_themselves() {
    let rare = "䶮𠮷㛃𬱖𫖯龑𠀀𪛖𪜀𫝀𫠝𬺡𮯠·〇㊣①—“”";
    assert_eq!(print_text(rare).missing, [] as [char; 0]);
}

#[test]
fn a_character_without_a_glyph_is_named_not_blank() {
    // A private-use code point, an emoji, a control character, an unassigned extension.
    let printed = print_text("王\u{e863}生😀\u{7}𱍐王\u{e863}");
    assert_eq!(printed.missing, ['\u{7}', '\u{e863}', '\u{1f600}', '\u{31350}']);
    let named = print_text("王〔U+E863〕生〔U+1F600〕〔U+0007〕〔U+31350〕王〔U+E863〕");
    assert_eq!(printed.pdf, named.pdf);
}

#[test]
fn white_space_and_variation_selectors_are_not_called_missing() {
    assert_eq!(print_text("葛\u{e0100}城 一\u{3000}二\t三\r\n四\u{200b}").missing, [] as [char; 0]);
}

#[test]
fn a_mistake_in_a_template_names_file_line_and_column() {
    check_error("#let a = 1\n文字\n#nonsense\n", "x/a.typ", 3, 2, "unknown variable: nonsense");
    check_error("#import \"letter.typ\": nobody", "x/a.typ", 1, 23, "unresolved import");
    check_error("#image(\"/etc/passwd\")", "x/a.typ", 1, 8, "file not found");
    check_error("#read(\"../../secret\")", "x/a.typ", 1, 0, "");
    check_error("#datetime.today()", "x/a.typ", 1, 2, "unable to get the current date");
    check_error("#(", "x/a.typ", 1, 2, "unclosed delimiter");
}

fn check_error(template: &str, file: &str, line: usize, column: usize, message: &str) {
    let found = print_template(template, &json!({})).unwrap_err();
    let PaperError::Template { file: f, line: l, column: c, message: m } = &found else {
        panic!("{found:?}")
    };
    assert_eq!((f.as_str(), *l), (file, line), "{found}");
    assert!(column == 0 || column == *c, "{found}");
    assert!(m.contains(message), "{found}");
    assert!(found.to_string().contains(&format!("{file} 第{line}行")), "{found}");
}

#[test]
fn a_mistake_in_a_library_file_names_that_file() {
    let sheet = Sheet {
        name: "x/a.typ",
        template: "#import \"bad.typ\": *",
        library: &[("bad.typ", "\n#let x = 1 + \"a\"")],
        data: &json!({}),
        files: &[],
        qr: None,
        printed_at: PRINTED_AT,
    };
    let found = press().typeset(sheet).unwrap_err();
    assert!(
        matches!(&found, PaperError::Template { file, line: 2, .. } if file == "bad.typ"),
        "{found}"
    );
}

#[test]
fn what_is_typed_into_a_field_is_text_and_never_template() {
    let typed = "#panic(\"x\") $1/0$ *粗* #include \"letter.typ\" \\ <a> @b";
    let paper = house::paper("mediation/documents/agreement.typ");
    let mut data = paper.sample.clone();
    data["fields"]["main_facts"] = json!(typed);
    assert!(print(&paper, &data).pages >= 1);
}

#[test]
fn impossible_input_is_refused_with_its_own_error() {
    assert_eq!(print_template("a", &json!([])).unwrap_err(), PaperError::Data);
    let data = json!({});
    let sheet = Sheet {
        name: "x",
        template: "a",
        library: &[],
        data: &data,
        files: &[],
        qr: None,
        printed_at: PRINTED_AT,
    };
    let moment = Moment { month: 2, day: 30, ..PRINTED_AT };
    let wrong_day = press().typeset(Sheet { printed_at: moment, ..sheet });
    assert_eq!(wrong_day.unwrap_err(), PaperError::Moment(moment));
    let long = "枫".repeat(3000);
    let too_long = press().typeset(Sheet { qr: Some(&long), ..sheet });
    assert_eq!(too_long.unwrap_err(), PaperError::QrTooLong);
}

#[test]
fn a_press_without_fonts_says_how_to_get_them() {
    let data = json!({});
    let sheet = Sheet {
        name: "x",
        template: "a",
        library: &[],
        data: &data,
        files: &[],
        qr: None,
        printed_at: PRINTED_AT,
    };
    let none = Press::new(Vec::new()).typeset(sheet).unwrap_err();
    assert!(none.to_string().contains("cargo xtask fonts"), "{none}");
    let broken = Press::new(vec![Cow::Borrowed(b"not a font")]).typeset(sheet).unwrap_err();
    assert_eq!(broken, PaperError::BadFont(1));
}

fn print_text(text: &str) -> Typeset {
    let template = "#import \"letter.typ\": *\n#show: letter.with()\n#f(\"x\")";
    print_template(template, &json!({"title": "试印", "fields": {"x": text}})).unwrap()
}

pub(crate) fn print_template(template: &str, data: &Value) -> Result<Typeset, PaperError> {
    let library = common();
    let library = house::borrowed(&library);
    press().typeset(Sheet {
        name: "x/a.typ",
        template,
        library: &library,
        data,
        files: &[],
        qr: None,
        printed_at: PRINTED_AT,
    })
}

/// Leaves the PDF under `target/papers` for whoever wants to look at it.
pub(crate) fn keep(id: &str, printed: &Typeset) {
    let folder = house::root().join("target/papers");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{id}.pdf")), &printed.pdf).unwrap();
}
