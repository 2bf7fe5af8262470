//! One case told from beginning to end: who quarrels, and what is done on which day.

use super::{
    days::{Days, date, later},
    dice::Dice,
    matters::{CLOSING, MATTERS, Matter, STANDS, WORK},
    quarrel::{Party, quarrel},
    team::{Committee, Place},
};
use jiff::{ToSpan, civil::Date};
use serde_json::{Value as Json, json};
use std::collections::VecDeque;

/// Who does a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The committee's mediator.
    Mediator,
    /// The office of the township.
    Office,
}

/// What is done.
#[derive(Clone, Debug)]
pub enum What {
    /// The case is registered.
    Create(Json),
    /// An action of the case.
    Act(&'static str, Json),
    /// A record attached to the case.
    Attach(&'static str, Json),
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// When.
    pub at: i64,
    /// By whom.
    pub by: By,
    /// What.
    pub what: What,
}

/// What the parties agree, or why they do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Void,
    Refuse,
    Transfer,
    Withdraw,
    Fail,
    Agree,
}

/// A case being told.
pub struct Teller<'a> {
    dice: Dice,
    days: Days,
    committee: &'a Committee,
    host: &'a (String, String),
    matter: &'a Matter,
    cause: &'static str,
    want: &'static str,
    village: String,
    county: String,
    parties: Vec<(Party, &'static str)>,
    relation: &'static str,
    child: bool,
    money: i64,
    occurred: Date,
    written: bool,
    hard: bool,
    at: i64,
    steps: VecDeque<Step>,
}

/// Tells the `number`-th case of the seed, registered at `at`; only its beginning if `short`.
pub fn tell(
    place: &mut Place,
    committee: usize,
    (seed, number): (u64, u64),
    at: i64,
    days: Days,
    short: bool,
) -> VecDeque<Step> {
    let mut dice = Dice::new(seed, 1_000_000 + number);
    let matter = pick_matter(&mut dice, &place.committees[committee]);
    let (long, village) = dice.pick(&place.villages).clone();
    let (parties, relation) = quarrel(&mut dice, place, matter, &long, number);
    let committee = &place.committees[committee];
    let known =
        parties.iter().all(|(p, _)| !matches!(p, Party::Person(p) if p.id_number.is_empty()));
    let hard = dice.happens(140);
    let mut teller = Teller {
        cause: dice.pick::<&'static str>(matter.causes),
        want: dice.pick::<&'static str>(matter.wants),
        money: money(&mut dice, matter.money),
        occurred: date(at) - dice.between(0, 70).days(),
        written: known && (matter.money >= 2_000 || dice.happens(600)),
        host: dice.pick(&committee.members),
        child: parties.iter().any(|(_, role)| *role == "6"),
        village: village.name,
        county: place.county.clone(),
        dice,
        days,
        committee,
        matter,
        parties,
        relation,
        hard,
        at,
        steps: VecDeque::new(),
    };
    teller.register();
    if short {
        teller.act("accept", json!({}))
    } else {
        teller.go_on()
    }
    teller.steps
}

fn pick_matter<'m>(dice: &mut Dice, committee: &Committee) -> &'m Matter {
    let own: &[&str] = match (committee.kind, committee.name.as_str()) {
        ("06", name) if name.contains("医疗") => &["13"],
        ("06", name) if name.contains("交通") => &["14"],
        ("06", name) if name.contains("劳动") => &["1001", "1002"],
        ("06", name) if name.contains("物业") => &["15"],
        ("06", _) => &["1201", "1202", "11"],
        ("05", _) => &["1001", "1002", "0499"],
        ("99", _) => &["1202", "0402", "0403", "05"],
        _ => &[],
    };
    let fits = |m: &Matter| own.is_empty() || own.contains(&m.code);
    dice.weigh(&MATTERS, |m| if fits(m) { m.weight } else { 0 })
}

/// Yuan in fen-free steps: log-normal about the usual amount.
fn money(dice: &mut Dice, usual: u32) -> i64 {
    if usual == 0 {
        return 0;
    }
    let amount = f64::from(usual) * (dice.normal() * 0.75).exp();
    let step = if amount > 20_000.0 {
        500.0
    } else if amount > 2_000.0 {
        100.0
    } else {
        10.0
    };
    ((amount / step).round().max(1.0) * step) as i64
}

impl Teller<'_> {
    fn fill(&self, text: &str) -> String {
        let side = |role: &str| {
            let found = self.parties.iter().find(|(_, r)| *r == role);
            found.map_or("", |(p, _)| p.name())
        };
        let money = if self.money == 0 { "500".to_owned() } else { self.money.to_string() };
        text.replace("{a}", side("1"))
            .replace("{b}", side("2"))
            .replace("{m}", &money)
            .replace("{p}", &self.village)
            .replace("{w}", &self.occurred.strftime("%-m月%-d日").to_string())
    }

    fn step(&mut self, by: By, what: What) {
        self.steps.push_back(Step { at: self.at, by, what });
    }

    fn act(&mut self, action: &'static str, input: Json) {
        self.step(By::Mediator, What::Act(action, input));
    }

    fn wait(&mut self, least: i64, most: i64) {
        let days = self.dice.between(least, most);
        self.at = later(self.at, days, &mut self.dice);
    }

    fn register(&mut self) {
        let stand = *self.dice.pick(&STANDS);
        let (source, channel) = self.source();
        let difficulty = match (self.hard, self.money) {
            (true, 150_000..) => "4",
            (true, _) => "3",
            (false, 20_000..) => "2",
            _ if self.dice.happens(550) => "1",
            _ => "2",
        };
        let count = i64::try_from(self.parties.len()).unwrap_or(2);
        let more = if self.dice.happens(150) { self.dice.between(1, 8) } else { 0 };
        let name = self.fill(&format!("{{a}}与{{b}}{}纠纷", self.matter.word));
        let mut input = json!({
            "committee": self.committee.id,
            "case_name": name,
            "source": source, "channel": channel,
            "dispute_type": self.matter.code, "difficulty": difficulty,
            "summary": format!("{}。{stand}", self.fill(self.cause)),
            "requests": format!("{}。", self.fill(self.want)),
            "registrar": self.host.1,
            "amount": format!("{}.00", self.money),
            "people_count": count.max(2) + more,
            "occurred_on": self.occurred.to_string(),
            "occurred_place": { "address": self.village, "division": self.committee.area.code },
            "risk": self.dice.pick(&["4", "4", "4", "3", "3", "2"]),
            "forecast": self.dice.pick(&["1", "1", "1", "2"]),
            "parties": self.party_rows(),
        });
        if self.matter.code == "99" {
            input["dispute_note"] = Json::from("丧葬祭扫等民俗引起的纠纷");
        }
        let marked = self.dice.happens(60).then(|| self.dice.pick(&["05", "06", "07", "08"]));
        // Only an office marks it, and some committees are under none.
        let marked = marked.filter(|_| self.committee.office.is_some());
        let marked = marked.map(|group| json!({ "special_group": [group] }));
        self.step(By::Mediator, What::Create(input));
        if let Some(input) = marked {
            self.step(By::Office, What::Attach("case_special_group", input));
        }
    }

    fn source(&mut self) -> (&'static str, &'static str) {
        const SOURCES: [(&str, u64, &[&str]); 7] = [
            ("1", 200, &["06", "07", "08"]),
            ("2", 620, &["01", "01", "02", "03", "04"]),
            ("31", 55, &["10", "11"]),
            ("32", 6, &["13"]),
            ("33", 70, &["09"]),
            ("34", 25, &["12"]),
            ("39", 24, &["14", "05"]),
        ];
        let &(source, _, channels) = self.dice.weigh(&SOURCES, |s| s.1);
        let channel: &'static str = self.dice.pick::<&'static str>(channels);
        (source, channel)
    }

    fn party_rows(&self) -> Json {
        let rows = self.parties.iter().map(|(party, role)| match party {
            Party::Person(person) => {
                let mut row = json!({
                    "role": role, "party_type": "1", "name": person.name, "ethnic": person.ethnic,
                    "occupation": person.job, "phone": person.phone, "address": person.address,
                    "relation": self.relation,
                });
                if !person.id_number.is_empty() {
                    row["id_number"] = Json::from(person.id_number.as_str());
                }
                if *role == "6" {
                    row["relation"] = Json::from("申请人的父（母）亲");
                }
                row
            }
            Party::Body(body) => json!({
                "role": role, "party_type": "2", "name": body.name, "uscc": body.uscc,
                "legal_rep": body.head, "phone": body.phone, "address": body.address,
            }),
        });
        rows.collect()
    }

    fn end(&mut self) -> End {
        let office = self.committee.office.is_some();
        match self.dice.below(1000) {
            0..4 if office => End::Void,
            4..16 => End::Refuse,
            16..26 => End::Transfer,
            26..34 => End::Withdraw,
            34..56 => End::Fail,
            _ => End::Agree,
        }
    }

    fn go_on(&mut self) {
        let end = self.end();
        let age = (self.days.now - self.at) / 86_400_000;
        if end == End::Refuse {
            self.wait(0, 3);
            return self.refuse();
        }
        if age < 60 && self.dice.happens(25) {
            // Left lying: the answer to the applicant is late.
            return;
        }
        let days = if self.dice.happens(700) { 0 } else { 2 };
        self.wait(0, days);
        self.act("accept", json!({}));
        match end {
            End::Void => return self.void(),
            End::Transfer => return self.transfer(),
            _ => {}
        }
        if age < 180 && self.dice.happens(12) {
            return;
        }
        self.wait(0, 3);
        let start = json!({ "host_mediator": self.host.0, "informed_mode": if self.written { "2" } else { "1" } });
        self.act("start", start);
        if age < 200 && self.dice.happens(15) {
            // The month runs out and nobody closes the case.
            return;
        }
        if end == End::Withdraw {
            self.wait(1, 12);
            let reason = if self.dice.happens(500) { "03" } else { "02" };
            self.act("withdraw", json!({ "termination_reason": reason, "remedies_told": true }));
            return self.file("3");
        }
        self.mediate();
        if end == End::Fail { self.fail() } else { self.agree() }
    }

    fn refuse(&mut self) {
        const WHY: [(&str, &str); 4] = [
            ("03", "人民法院已经立案，请向承办法官反映"),
            ("01", "请向人力资源社会保障部门申请处理"),
            ("06", "对方明确表示不接受调解，可以向人民法院起诉"),
            ("08", "不属于本调委会管辖，请到纠纷发生地调委会申请"),
        ];
        let (reason, advice) = *self.dice.pick(&WHY);
        self.act("refuse", json!({ "refusal_reason": reason, "refusal_advice": advice }));
    }

    fn void(&mut self) {
        self.wait(0, 2);
        let input = json!({ "void_reason": "与另一件登记重复，以先登记的为准" });
        self.step(By::Office, What::Act("void", input));
    }

    fn transfer(&mut self) {
        self.wait(0, 6);
        let to =
            self.dice.pick(&["乡镇（街道）人民调解委员会", "县公安局", "县劳动人事争议仲裁委员会"]);
        let input = json!({ "transfer_to": to, "transfer_reason": "纠纷跨地区或者超出调解范围，由有权机关处理更为适宜" });
        self.act("transfer", input);
    }

    /// One or two sittings, with their records; now and then the month is not enough.
    fn mediate(&mut self) {
        let sittings = if self.hard || self.dice.happens(100) { 2 } else { 1 };
        let long = self.hard && self.dice.happens(250);
        for sitting in 1..=sittings {
            self.wait(if sitting == 1 { 0 } else { 2 }, if self.hard { 11 } else { 7 });
            let last = sitting == sittings;
            self.sitting(last);
            if !last && long {
                self.wait(1, 4);
                let until = date(self.at) + self.dice.between(20, 40).days();
                let input =
                    json!({ "both_agree_extension": true, "extended_until": until.to_string() });
                self.act("extend", input);
                self.wait(3, 15);
            }
        }
    }

    fn sitting(&mut self, last: bool) {
        let present: Vec<&str> = self.parties.iter().map(|(p, _)| p.name()).collect();
        let present: String = present.join("、").chars().take(200).collect();
        let (one, two) = (*self.dice.pick(&WORK), *self.dice.pick(&WORK));
        let day = date(self.at);
        let result = if last {
            "双方意见已经接近，按调解结果办理。"
        } else {
            "本次未能达成一致，约定改日再行调解。"
        };
        let record = json!({
            "mediated_at": format!("{day} 09:00"), "ended_at": format!("{day} 11:30"),
            "place": self.room(), "parties_present": present, "recorder": self.host.1,
            "statements": self.fill(&format!("{{a}}：{}。\n{{b}}：情况基本属实，但要求过高。", self.want)),
            "process": if one == two { one.to_owned() } else { format!("{one}{two}") },
            "result": result,
        });
        self.step(By::Mediator, What::Attach("mediation_record", record));
        self.wait(0, 0);
    }

    fn room(&self) -> String {
        format!("{}调解室", self.committee.name)
    }

    fn fail(&mut self) {
        let reason = self.dice.pick(&["01", "01", "02", "04", "06"]);
        let mut input =
            json!({ "termination_reason": reason, "remedies_told": true, "place": self.room() });
        self.preventions(&mut input);
        self.act("fail", input);
        self.file("2");
    }

    fn preventions(&mut self, input: &mut Json) {
        let rare = [("1", 3), ("2", 9), ("3", 6), ("4", 2)];
        if self.dice.happens(20) {
            let (kind, _) = self.dice.weigh(&rare, |r| r.1);
            let people = if *kind == "1" { 1 } else { self.dice.between(2, 30) };
            input["preventions"] = json!([{ "type": kind, "people": people }]);
        }
    }

    fn agree(&mut self) {
        let due = date(self.at) + self.dice.between(5, 75).days();
        self.sign(due);
        self.follow(due);
    }

    fn sign(&mut self, due: Date) {
        let mut input = json!({
            "agreement_form": if self.written { "2" } else { "1" },
            "place": self.room(),
            "main_facts": format!("{}。{}", self.fill(self.cause), self.dice.pick(&WORK)),
            "agreement_text": self.terms(),
            "performance_mode": self.matter.mode,
            "performance_due_on": due.to_string(),
            "copies_count": self.parties.len().max(2) + 1,
        });
        self.preventions(&mut input);
        self.act("agree", input);
    }

    fn terms(&mut self) -> String {
        let mut terms: Vec<&str> = self.matter.terms.to_vec();
        if terms.len() > 2 && self.dice.happens(600) {
            terms.truncate(2);
        }
        terms.push(self.dice.pick(&CLOSING).trim_end_matches('。'));
        let numbered = ["一", "二", "三", "四", "五"].iter().zip(&terms);
        let lines: Vec<String> =
            numbered.map(|(n, term)| format!("{n}、{}。", self.fill(term))).collect();
        lines.join("\n")
    }

    /// What follows an agreement.
    fn follow(&mut self, due: Date) {
        let confirms = self.written && self.matter.code != "0101" && !self.child;
        if confirms && self.dice.happens(75) {
            return self.confirm();
        }
        match self.dice.below(100) {
            0..34 => self.perform("1", 0, 0),
            34..40 => self.perform("6", 0, 0),
            _ => {
                self.wait(0, 1);
                self.act("begin_performance", json!({}));
                let left = i64::from(date(self.at).until(due).map_or(1, |s| s.get_days())).max(1);
                if self.dice.happens(910) { self.perform("3", 1, left) } else { self.default(left) }
            }
        }
    }

    fn perform(&mut self, how: &str, least: i64, most: i64) {
        self.wait(least, most);
        let satisfied = self.dice.pick(&["1", "1", "1", "2", "2", "3"]);
        self.act("perform", json!({ "performance": how, "satisfied": satisfied }));
        if self.dice.happens(400) {
            self.wait(2, 30);
            self.visit(how);
        }
        self.file("1");
    }

    fn visit(&mut self, how: &str) {
        let mode = *self.dice.pick(&["1", "2", "2"]);
        let party: String = self.fill("{a}、{b}").chars().take(200).collect();
        let findings = match how {
            "5" => "协议到期仍未履行，已当面督促，对方答应尽快筹款。",
            _ => "协议内容已经履行，双方表示满意，没有反复的苗头。",
        };
        let mut visit = json!({
            "mode": mode, "party": party, "findings": findings, "performance": how,
            "satisfied": self.dice.pick(&["1", "1", "2"]), "visitor": self.host.1,
        });
        if mode == "1" {
            visit["place"] = Json::from(self.village.as_str());
        }
        self.step(By::Mediator, What::Attach("return_visit", visit));
    }

    fn default(&mut self, left: i64) {
        self.wait(left + 1, left + 12);
        self.act(
            "default",
            json!({ "default_note": "到期没有履行，已上门督促，说明不履行的后果。" }),
        );
        if self.dice.happens(400) {
            self.wait(2, 10);
            self.visit("5");
        }
        match self.dice.below(100) {
            0..55 => self.perform("3", 3, 40),
            55..80 => self.renegotiate(),
            _ => {
                self.wait(20, 60);
                self.file("1");
            }
        }
    }

    fn renegotiate(&mut self) {
        self.wait(3, 20);
        self.act("renegotiate", json!({}));
        self.wait(2, 15);
        if self.dice.happens(650) {
            let due = date(self.at) + self.dice.between(5, 30).days();
            self.sign(due);
            return self.perform("3", 1, 20);
        }
        let note = "重新调解没有谈成，已告知可以就协议向人民法院起诉。";
        self.act("keep_agreement", json!({ "remedies_told": true, "default_note": note }));
        self.wait(5, 30);
        self.file("1");
    }

    fn confirm(&mut self) {
        self.wait(0, 22);
        let court = format!("{}人民法院", self.county);
        self.act("apply_confirmation", json!({ "jc_court": court, "jc_all_parties": true }));
        self.wait(4, 25);
        let number =
            format!("（{}）青0198民特{}号", date(self.at).year(), self.dice.between(1, 900));
        if self.dice.happens(930) {
            self.act("confirm_valid", json!({ "jc_case_no": number }));
        } else {
            let reason = "协议内容不明确，不能确定给付的标的和期限";
            self.act("confirm_rejected", json!({ "jc_case_no": number, "jc_reason": reason }));
        }
        self.perform("3", 3, 40);
    }

    /// The dossier: bound, and put away. `result`: 1 agreed, 2 failed, 3 withdrawn.
    fn file(&mut self, result: &str) {
        if self.dice.happens(90) {
            // Done, but the papers lie about.
            return;
        }
        self.wait(1, 20);
        let mut kinds = vec![("D02", 1), ("D03", 1), ("D23", 2)];
        match (result, self.written) {
            ("1", true) => kinds.extend([("D07", 3), ("D08", 2), ("D11", 1)]),
            ("1", false) => kinds.extend([("D07", 2), ("D09", 1)]),
            ("2", _) => kinds.extend([("D07", 3), ("D22", 1)]),
            _ => kinds.push(("D22", 1)),
        }
        let materials: Vec<Json> =
            kinds.iter().map(|(kind, pages)| json!({ "type": kind, "pages": pages })).collect();
        let retention = if self.hard { "2" } else { "3" };
        let input =
            json!({ "filed_by": self.host.1, "retention": retention, "materials": materials });
        self.act("close", input);
        if self.dice.happens(60) {
            return;
        }
        self.wait(2, 30);
        self.act("archive", json!({}));
    }
}
