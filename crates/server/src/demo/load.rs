//! What the bench asks for by name: the demonstration knows what it invented, the bench does not.

use super::names::{self, Span};
use serde_json::{Value as Json, json};

/// Kind of the records that are listed, created and exported.
pub const KIND: &str = "mediation_case";
/// Official report.
pub const REPORT: &str = "mediation_cases";
/// Statistic: measure and dimension of the county × type × month question.
pub const STATISTIC: (&str, &str, &str) = ("accepted_cases", "total", "dispute_type");
/// Filter of the list question, as in an address: one type of a county.
pub const FILTER: &str = "dispute_type=02";
/// Words that are searched for, with and without hits.
pub const WORDS: [&str; 6] = ["王伟", "柳河", "拖欠工资", "宅基地", "䶮", "鲲鹏堂"];
/// County of the list and export questions.
pub const COUNTY: &str = "560101";
/// Field of a record that is the committee, for [`case`].
pub const COMMITTEE: &str = "mediation_committee";

/// A case with two parties, as the API takes it. `number` makes the parties new people.
pub fn case(committee: &str, number: u64) -> Json {
    let id = |at: u64| names::number(Span::Grown, 9_000_000 + number * 2 + at, at == 1);
    json!({
        "committee": committee, "case_name": format!("量测{number}号邻里纠纷"), "source": "2",
        "dispute_type": "02", "difficulty": "1", "amount": "800.00", "people_count": 2,
        "summary": "两家因屋檐滴水多次争吵，经网格员劝说愿意由调委会调解，要求改装檐沟并赔偿墙面修补费用。",
        "occurred_place": { "address": "村东头" },
        "parties": [
            { "role": "1", "name": "陈秀兰", "id_number": id(0), "phone": "19900000021", "address": "3组12号" },
            { "role": "2", "name": "孙建国", "id_number": id(1), "phone": "19900000022", "address": "3组13号" },
        ],
    })
}

/// Identity numbers of people who are in the archive with cases: the first parties of full cases.
pub fn id_numbers(cases: u64, count: u64) -> Vec<String> {
    let step = (cases / count.max(1)).max(1);
    (0..count.min(cases))
        .flat_map(|at| {
            let index = at * step * 4;
            [names::number(Span::Grown, index, false), names::number(Span::Grown, index, true)]
        })
        .collect()
}
