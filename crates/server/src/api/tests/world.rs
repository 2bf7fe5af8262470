//! A small province with one committee at work, and people who may do different things in it.

use crate::{
    app::{App, read_house},
    clock::{self, SystemChance},
};
use axum::{Router, body::Body, http::Request};
use desk::{Actor, Chance, Deed, Desk, Manner, Moment, accounts::NewAccount, seal::Keys};
use engine::definition::House;
use http_body_util::BodyExt;
use jiff::{ToSpan, civil::Date};
use serde_json::{Map, Value as Json, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};
use store::{Keeper, MemoryKeeper, Options, SqliteKeeper};
use tower::ServiceExt;

pub const VILLAGE: &str = "990101001201";
pub const OTHER_VILLAGE: &str = "990101001202";
pub const COUNTY: &str = "990101";
pub const CITY: &str = "990100";
pub const PROVINCE: &str = "990000";
pub const PASSWORD: &str = "梅坞村的一句口令2026";

const UNITS: &str = "code,name,parent
990000,青岚省,
990100,云溪市,990000
990101,安和县,990100
990102,长陵县,990100
990101001,枫桥镇,990101
990101001201,梅坞村,990101001
990101001202,柳河村,990101001
990102001,石桥镇,990102
";

/// Persona, role, unit. A stranger has no account at all.
const PEOPLE: [(&str, &str, &str); 9] = [
    ("mediator", "mediator", VILLAGE),
    ("neighbour", "mediator", OTHER_VILLAGE),
    ("office", "office", "990101001"),
    ("far_office", "office", "990102001"),
    ("county", "county", COUNTY),
    ("city", "city", CITY),
    ("province", "province", PROVINCE),
    ("admin", "system_admin", PROVINCE),
    ("auditor", "auditor", PROVINCE),
];

/// A house at work.
pub struct World {
    pub app: App,
    pub keeper: MemoryKeeper,
    pub committee: String,
    pub host: String,
    router: Router,
    tokens: BTreeMap<&'static str, String>,
    folder: Option<Folder>,
}

/// A folder that goes with the world kept in it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub bytes: Vec<u8>,
    pub json: Json,
}

impl Answer {
    /// The same, having this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// A problem: its status, its content type, and the codes of its errors.
    #[track_caller]
    pub fn codes(&self) -> Vec<String> {
        let content_type = self.headers.get("content-type").map_or("", String::as_str);
        assert!(content_type.starts_with("application/problem+json"), "{content_type}");
        assert_eq!(self.json["status"], self.status);
        let errors = self.json["errors"].as_array().expect("a problem lists its errors");
        errors.iter().map(|e| e["code"].as_str().unwrap().to_owned()).collect()
    }

    pub fn text(&self, name: &str) -> String {
        self.json[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.json)).to_owned()
    }
}

/// The real definitions, read once a process.
fn house() -> House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| read_house(None).unwrap()).clone()
}

pub fn today() -> Date {
    clock::now("").today
}

/// A day as many days from today.
pub fn day(offset: i64) -> String {
    (today() + offset.days()).to_string()
}

/// A resident identity number with its check digit.
pub fn id_number(seventeen: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = seventeen.chars().map(|c| c.to_digit(10).unwrap());
    let sum: u32 = digits.zip(WEIGHTS).map(|(d, w)| d * w).sum();
    format!(
        "{seventeen}{}",
        ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'][sum as usize % 11]
    )
}

fn object(value: Json) -> Map<String, Json> {
    value.as_object().unwrap().clone()
}

impl World {
    /// On the keeper that the run asks for.
    pub async fn new() -> Self {
        let tables = desk::Desk::tables(&house());
        let keeper = store::lab::keeper_with(&tables, clock::ticks()).await;
        Self::over(MemoryKeeper::new(clock::ticks()), keeper).await
    }

    /// In memory, which can be told to fail.
    pub async fn in_memory() -> Self {
        let keeper = MemoryKeeper::new(clock::ticks());
        Self::over(keeper.clone(), Arc::new(keeper)).await
    }

    /// On SQLite, in a folder of its own.
    pub async fn on_disk() -> Self {
        let folder = std::env::temp_dir().join(format!("fengqiao-api-{}", SystemChance.id(0)));
        std::fs::create_dir_all(&folder).unwrap();
        let keeper = SqliteKeeper::open(&folder, Options::new(clock::ticks())).unwrap();
        let unused = MemoryKeeper::new(clock::ticks());
        let mut world = Self::over(unused, Arc::new(keeper)).await;
        world.folder = Some(Folder(folder));
        world
    }

    async fn over(memory: MemoryKeeper, keeper: Arc<dyn Keeper>) -> Self {
        let keys = Keys { seal: [7; 16], index: [9; 32] };
        let desk = Desk::open(keeper, house(), &keys, Box::new(SystemChance));
        let desk = desk.await.unwrap();
        let which = desk::division::Which::default();
        desk.import_units(None, &[UNITS], &which, &clock::now("house:test")).await.unwrap();
        let app = App::new(desk, Path::new("/nonexistent"), Vec::new());
        let router = super::super::router().with_state(app.clone());
        let (committee, host) = (String::new(), String::new());
        let keeper = memory;
        let mut world =
            Self { app, keeper, committee, host, router, tokens: BTreeMap::new(), folder: None };
        world.people().await;
        world.committee().await;
        world
    }

    fn house(&self) -> (Actor, Moment) {
        let units = self.app.desk.units();
        let actor = Actor::house("test", units.get(PROVINCE).unwrap());
        let moment = clock::now(&actor.account);
        (actor, moment)
    }

    async fn people(&mut self) {
        let (actor, moment) = self.house();
        let new = PEOPLE.map(|(login, role, unit)| NewAccount {
            login: login.to_owned(),
            name: "测试员".to_owned(),
            password: PASSWORD.to_owned(),
            role: role.to_owned(),
            unit: unit.to_owned(),
        });
        self.app.desk.add_accounts(&actor, &new, &moment).await.unwrap();
        for (login, _, _) in PEOPLE {
            let token = self.app.desk.make_token(login, 1, &moment).await.unwrap();
            self.tokens.insert(login, token);
        }
    }

    pub async fn made(&self, kind: &str, input: Json) -> String {
        let (actor, moment) = self.house();
        let deed = Deed::Create { kind: kind.to_owned(), input: object(input) };
        let manner = Manner { confirmed: true, key: None };
        match self.app.desk.act(&actor, deed, manner, &moment).await {
            Ok(done) => done.id,
            Err(refusal) => panic!("{kind}: {refusal:?}"),
        }
    }

    async fn done(&self, kind: &str, id: &str, action: &str) {
        let (actor, moment) = self.house();
        let (kind, id, action) = (kind.to_owned(), id.to_owned(), action.to_owned());
        let deed = Deed::Action { kind, id, action, version: None, input: Map::new() };
        let manner = Manner { confirmed: true, key: None };
        self.app.desk.act(&actor, deed, manner, &moment).await.unwrap();
    }

    /// An office, a committee with its three members, everything filed.
    async fn committee(&mut self) {
        let office = self
            .made(
                "justice_office",
                json!({
                    "office_name": "枫桥司法所", "area_type": "1", "area_division": "990101001",
                    "is_established": true, "management_system": "1", "establishment_level": "2",
                    "quota_allocated": 3, "quota_filled": 3, "phone": "0571-63010003",
                    "address": "枫桥镇兴业路1号",
                }),
            )
            .await;
        self.committee = self.made("mediation_committee", json!({
            "committee_name": "枫桥镇梅坞村人民调解委员会", "short_name": "梅",
            "committee_type": "01", "division": VILLAGE, "office": office,
            "founded_on": day(-2_000), "collected_on": day(-30), "elected_on": day(-400),
            "term_ends_on": day(600), "phone": "0571-63010001", "address": "枫桥镇梅坞村村委会",
        })).await;
        let members = [
            ("王守田", "33019819680808071", "1", "1"),
            ("周慧", "33019819850304032", "2", "3"),
            ("李长庚", "33019819720707053", "1", "3"),
        ];
        let mut ids = Vec::new();
        for (index, (name, number, sex, post)) in members.into_iter().enumerate() {
            ids.push(self.made("mediator", json!({
                "mediation_committee": self.committee, "full_name": name, "id_type": "111",
                "id_number": id_number(number), "sex": sex, "ethnic": "01", "education": "61",
                "mobile": format!("1380002007{index}"), "post": post, "employment": "2",
                "origin": "1", "is_purchased": false, "hired_on": day(-3_000),
                "term_from": day(-400), "term_to": day(600),
            })).await);
        }
        self.host = ids[0].clone();
        let (actor, moment) = self.house();
        let (kind, id) = ("mediation_committee".to_owned(), self.committee.clone());
        let input = object(json!({ "head": self.host }));
        let deed = Deed::Change { kind, id, version: None, input };
        let manner = Manner { confirmed: true, key: None };
        self.app.desk.act(&actor, deed, manner, &moment).await.unwrap();
        self.done("mediation_committee", &self.committee, "file").await;
        for id in &ids {
            self.done("mediator", id, "file").await;
        }
    }

    /// One request with exactly these headers and bytes.
    pub async fn raw(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let named = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers = response.headers().iter().map(named).collect();
        let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Json::Null);
        Answer { status, headers, bytes, json }
    }

    /// A persona asks; `""` is a stranger.
    pub async fn call(
        &self,
        who: &str,
        method: &str,
        path: &str,
        body: Option<&Json>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if let Some(token) = self.tokens.get(who) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.raw(request.body(body).unwrap()).await
    }

    pub async fn get(&self, who: &str, path: &str) -> Answer {
        self.call(who, "GET", path, None, &[]).await
    }

    pub async fn post(&self, who: &str, path: &str, body: &Json) -> Answer {
        self.call(who, "POST", path, Some(body), &[]).await
    }

    pub async fn patch(&self, who: &str, path: &str, body: &Json) -> Answer {
        self.call(who, "PATCH", path, Some(body), &[]).await
    }

    pub fn token(&self, who: &str) -> &str {
        &self.tokens[who]
    }

    /// How many records of a kind there are, whoever may see them.
    pub async fn count(&self, table: &str) -> u32 {
        let everything = engine::query::Filter::Everything;
        self.app.desk.keeper().count(table, &everything, 1_000_000).await.unwrap()
    }

    /// A case as a program sends it.
    pub fn case(&self) -> Json {
        json!({
            "committee": self.committee,
            "case_name": "陈秀兰与孙建国滴水沟纠纷",
            "source": "2",
            "dispute_type": "02",
            "difficulty": "2",
            "amount": "1200.00",
            "people_count": 2,
            "summary": "孙建国翻建房屋时在两家共用的滴水沟上加砌砖墙，雨水倒灌陈秀兰西厢房。",
            "occurred_on": day(-20),
            "occurred_place": { "division": VILLAGE, "address": "枫桥镇梅坞村三组" },
            "parties": [
                {
                    "role": "1", "party_type": "1", "name": "陈秀兰", "id_type": "111",
                    "id_number": "33019819740512022X", "phone": "13800010021",
                    "address": "枫桥镇梅坞村三组12号",
                },
                {
                    "role": "2", "party_type": "1", "name": "孙建国", "id_type": "111",
                    "id_number": "330198197903200310", "phone": "13800010037",
                    "address": "枫桥镇梅坞村三组13号",
                },
            ],
        })
    }

    /// A case of the mediator's, recorded.
    pub async fn recorded(&self) -> String {
        self.post("mediator", "/records/mediation_case", &self.case()).await.is(201).text("id")
    }
}
