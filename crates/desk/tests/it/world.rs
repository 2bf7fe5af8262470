//! A small world: one province, its units, a committee with mediators, and personas.

use desk::{
    Actor, Chance, Deed, Desk, Done, Manner, Moment, Refusal,
    ask::ListAsk,
    seal::Keys,
    search::{Hit, SearchAsk},
};
use engine::definition::{House, SourceFile, read};
use serde_json::{Map, Value as Json, json};
use std::{
    fs,
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};
use store::Keeper;

/// Chance for tests: counts.
#[derive(Default)]
pub struct Counting(AtomicU64);

impl Chance for Counting {
    fn id(&self, at: i64) -> String {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        format!("{:08x}-0000-7000-8000-{n:012x}", at / 1000)
    }

    fn fill(&self, bytes: &mut [u8]) {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = (n.rotate_left((i * 8) as u32 % 64) as u8) ^ (i as u8);
        }
    }
}

pub const UNITS: &str = "code,name,parent
560000,青禾省,
560100,云川市,560000
560101,临溪县,560100
560101001,柳河镇,560101
560101001001,柳河村,560101001
560101001002,上柳村,560101001
560101002,石桥镇,560101
560101002001,石桥村,560101002
560200,星渡市,560000
560201,望海县,560200
560201001,渔歌镇,560201
560201001001,渔歌村,560201001
";

/// The moment of most tests: noon of 2026-06-01 in China.
pub const NOON: i64 = 1_780_286_400_000;

pub fn at(ms: i64) -> Moment {
    let today = engine::kind::china_time(ms).date();
    Moment { at: ms, today, actor: "test".to_owned() }
}

pub fn now() -> Moment {
    at(NOON)
}

/// The real definitions, read once a process.
pub fn house() -> House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| house_with(&[])).clone()
}

/// The real definitions with some of a test's own.
pub fn house_with(more: &[(&str, &str)]) -> House {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../businesses");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    let own = more.iter().map(|(path, text)| (path.to_string(), text.to_string()));
    files.extend(own.map(|(path, text)| SourceFile { path, text }));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let (house, findings) = read(&files);
    assert!(findings.is_empty(), "{findings:?}");
    house
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if path.is_dir() {
            collect(root, &path, files);
        } else if ["kdl", "csv", "typ"].contains(&extension) {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            files.push(SourceFile { path: name, text: fs::read_to_string(&path).unwrap() });
        }
    }
}

/// An empty keeper of the run's kind that has the tables of the real definitions.
async fn keeper() -> Arc<dyn Keeper> {
    static TABLES: OnceLock<Vec<engine::query::Table>> = OnceLock::new();
    let tables = TABLES.get_or_init(|| Desk::tables(&house()));
    store::lab::keeper_with(tables, Arc::new(|| NOON)).await
}

pub struct World {
    pub desk: Arc<Desk>,
    pub committee: String,
    pub mediators: Vec<String>,
}

/// An actor of a role for a unit.
pub fn persona(desk: &Desk, role: &str, unit: &str) -> Actor {
    let unit = desk.units().get(unit).unwrap().clone();
    let account = format!("{role}-{}", unit.code);
    Actor { name: account.clone(), account, role: role.to_owned(), unit }
}

pub fn map(value: Json) -> Map<String, Json> {
    value.as_object().unwrap().clone()
}

pub fn confirmed() -> Manner {
    Manner { confirmed: true, key: None }
}

/// A valid resident identity number of nobody: the county code 330198 does not exist.
pub fn id_number(birth: &str, sequence: u32) -> String {
    let seventeen = format!("330198{birth}{sequence:03}");
    let check = engine::check::id_number::check_digit(&seventeen).unwrap();
    format!("{seventeen}{check}")
}

impl World {
    pub async fn new() -> Self {
        Self::of(keeper().await, house()).await
    }

    /// A world whose definitions have some more.
    pub async fn with(more: &[(&str, &str)]) -> Self {
        Self::of(keeper().await, house_with(more)).await
    }

    /// Two programs on one database, with definitions that have some more.
    pub async fn twice(more: &[(&str, &str)]) -> (Self, Self) {
        let (keeper, house) = (keeper().await, house_with(more));
        (Self::of(keeper.clone(), house.clone()).await, Self::of(keeper, house).await)
    }

    pub async fn on(keeper: Arc<dyn Keeper>) -> Self {
        Self::of(keeper, house()).await
    }

    async fn of(keeper: Arc<dyn Keeper>, house: House) -> Self {
        let keys = Keys { seal: [7; 16], index: [9; 32] };
        let chance = Box::new(Counting::default());
        let desk = Desk::open(keeper, house, &keys, chance).await.unwrap();
        let mut world =
            Self { desk: Arc::new(desk), committee: String::new(), mediators: Vec::new() };
        if world.desk.units().all().is_empty() {
            world
                .desk
                .import_units(None, &[UNITS], &desk::division::Which::default(), &now())
                .await
                .unwrap();
            world.settle("560101001001", "柳").await;
        }
        world
    }

    pub fn actor(&self, role: &str, unit: &str) -> Actor {
        persona(&self.desk, role, unit)
    }

    pub fn mediator(&self) -> Actor {
        self.actor("mediator", "560101001001")
    }

    pub async fn create(&self, actor: &Actor, kind: &str, input: Json) -> Result<Done, Refusal> {
        let deed = Deed::Create { kind: kind.to_owned(), input: map(input) };
        self.desk.act(actor, deed, confirmed(), &now()).await
    }

    pub async fn action(
        &self,
        actor: &Actor,
        id: &str,
        action: &str,
        input: Json,
    ) -> Result<Done, Refusal> {
        self.action_on(actor, "mediation_case", id, action, input).await
    }

    pub async fn action_on(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
        action: &str,
        input: Json,
    ) -> Result<Done, Refusal> {
        let deed = Deed::Action {
            kind: kind.to_owned(),
            id: id.to_owned(),
            action: action.to_owned(),
            version: None,
            input: map(input),
        };
        self.desk.act(actor, deed, confirmed(), &now()).await
    }

    /// The titles in a sheet of a list, to its end.
    pub async fn sheet(&self, actor: &Actor, ask: &ListAsk) -> Vec<String> {
        let sheet = self.desk.sheet(actor, ask, 100_000).await.unwrap();
        let mut sheet = sheet.in_parts_of(3);
        let mut titles = Vec::new();
        while let Some(mut part) = sheet.next(&self.desk).await.unwrap() {
            part.each(|record, _| titles.push(record.text("title").to_owned()));
        }
        titles
    }

    /// What the search box finds, the first page.
    pub async fn search(&self, actor: &Actor, q: &str) -> Vec<Hit> {
        let ask = SearchAsk { q: q.to_owned(), ..SearchAsk::default() };
        self.desk.search(actor, &ask, &now()).await.unwrap().hits
    }

    /// A justice office, a committee in force and three mediators in office.
    async fn settle(&mut self, village: &str, short: &str) {
        let office = self.actor("office", "560101001");
        let county = self.actor("county", "560101");
        let committee = self
            .create(
                &county,
                "mediation_committee",
                json!({
                    "committee_name": "柳河镇柳河村人民调解委员会", "short_name": short,
                    "committee_type": "01", "division": village, "founded_on": "2024-05-01",
                    "elected_on": "2025-05-01", "term_ends_on": "2028-04-30",
                    "phone": "0579-88880000", "address": "柳河村1号", "office": self.office_at("560101001", "柳河司法所").await,
                }),
            )
            .await
            .unwrap();
        for (index, name) in ["王长河", "李秋月", "赵平安"].iter().enumerate() {
            let mediator = self
                .create(
                    &office,
                    "mediator",
                    json!({
                        "mediation_committee": committee.id, "full_name": name,
                        "id_number": id_number("19700101", 11 + 2 * index as u32),
                        "ethnic": "01", "education": "60", "mobile": format!("1990000000{index}"),
                        "post": if index == 0 { "1" } else { "3" }, "employment": "2", "origin": "1",
                        "is_purchased": false, "hired_on": "2020-01-01",
                        "term_from": "2025-05-01", "term_to": "2028-04-30",
                    }),
                )
                .await
                .unwrap();
            let done =
                self.action_on(&county, "mediator", &mediator.id, "file", json!({})).await.unwrap();
            assert_eq!(done.state, "in_office");
            self.mediators.push(mediator.id);
        }
        let change = Deed::Change {
            kind: "mediation_committee".to_owned(),
            id: committee.id.clone(),
            version: None,
            input: map(json!({ "head": self.mediators[0] })),
        };
        self.desk.act(&county, change, confirmed(), &now()).await.unwrap();
        self.action_on(&county, "mediation_committee", &committee.id, "file", json!({}))
            .await
            .unwrap();
        self.committee = committee.id;
    }

    /// A justice office of a township.
    pub async fn office_at(&self, unit: &str, name: &str) -> String {
        let office = self.actor("office", unit);
        let done = self
            .create(
                &office,
                "justice_office",
                json!({
                    "office_name": name, "is_established": true, "management_system": "1",
                    "area_type": "1", "area_division": unit, "establishment_level": "1",
                    "quota_allocated": 3, "quota_filled": 2, "phone": "0579-88880001",
                    "address": "柳河镇2号", "head_phone": "19900000009",
                }),
            )
            .await;
        done.map(|d| d.id).unwrap_or_else(|refusal| panic!("{refusal:?}"))
    }

    /// A case as a mediator types it.
    pub fn case(&self, name: &str) -> Json {
        json!({
            "committee": self.committee, "case_name": name, "source": "2", "dispute_type": "02",
            "difficulty": "2", "summary": "两家因屋檐滴水多次争吵，要求调解。", "amount": "1200.50",
            "people_count": 2, "occurred_on": "2026-05-20",
            "occurred_place": { "address": "柳河村东头" },
            "parties": [
                { "role": "1", "name": "陈秀兰", "id_number": id_number("19600203", 22), "phone": "19900000021" },
                { "role": "2", "name": "孙建国", "id_number": id_number("19580607", 31), "phone": "19900000022" },
            ],
        })
    }

    /// Brings a new case to a signed written agreement.
    pub async fn agreed(&self, name: &str) -> String {
        let mediator = self.mediator();
        let case = self.create(&mediator, "mediation_case", self.case(name)).await.unwrap();
        self.action(&mediator, &case.id, "accept", json!({})).await.unwrap();
        let start = json!({ "host_mediator": self.mediators[0], "informed_mode": "1" });
        self.action(&mediator, &case.id, "start", start).await.unwrap();
        let agree = json!({
            "agreement_form": "2", "place": "村委会", "main_facts": "屋檐滴水",
            "agreement_text": "孙建国七日内改装檐沟。", "performance_mode": "6",
        });
        let done = self.action(&mediator, &case.id, "agree", agree).await.unwrap();
        assert_eq!(done.state, "agreed");
        case.id
    }
}
