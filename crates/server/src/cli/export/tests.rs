#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use calamine::{Reader, Xlsx};
use clap::Parser;
use desk::{Deed, Manner, accounts::NewAccount};
use engine::query::{Filter, Select};
use serde_json::{Map, Value as Json};

const UNITS: &str = "code,name,parent
990000,青岚省,
990100,云溪市,990000
990101,安和县,990100
990101001,枫桥镇,990101
990101002,梅坞镇,990101
";
const ROLES: &str = r#"角色 office "司法所" 级=乡 { 说明 "所。" }"#;
const BUSINESS: &str = r#"业务 trial "试验" { 说明 "试验。"; 依据 "试验"; 次序 1 }"#;
const SORTS: &str =
    "code,name,parent,valid_from,valid_to,successor,basis\n1,入户,,,,,\n2,电话,,,,,\n";
const VISIT: &str = r#"
档案 visit "走访" {
    说明 "一次走访。"
    依据 "试验"
    归属 本机构
    题名 "{topic}"
    权限 { 看 office=本单位; 建 office=本单位; 改 office=本单位 }
    分组 "内容" {
        topic "主题" 文本 必填 最多=60
        day "走访日期" 日期 必填
        way "方式" 代码 sort
        phone "电话" 电话 密级=联系
    }
    状态 open "进行中" 初始 { 可 finish }
    状态 done "已结束" 终止
    动作 finish "结束" { 由 office; 到 done }
    列表 默认 "全部走访" { 列 topic day; 序 day }
    列表 calls "电话走访" 当="方式 = 电话" { 列 topic; 序 day }
}
"#;
const PASSWORD: &str = "梅坞村的一句口令2026";

/// A desk that was closed lets go of its folder when its last thread has ended.
const IN_USE: &str = "正被另一个 fengqiao 进程使用";

async fn let_go() {
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}

struct World(PathBuf);

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

impl World {
    async fn new(name: &str, visits: usize) -> Self {
        let folder = format!("fengqiao-export-{name}-{}", std::process::id());
        let world = Self(std::env::temp_dir().join(folder));
        for (file, text) in [
            ("common/roles.kdl", ROLES),
            ("trial/business.kdl", BUSINESS),
            ("trial/records/visit.kdl", VISIT),
            ("trial/codes/sort.csv", SORTS),
        ] {
            let file = world.0.join("businesses").join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let desk = world.desk().await;
        let which = desk::division::Which::default();
        desk.import_units(None, &[UNITS], &which, &clock::now("house:test")).await.unwrap();
        let house = Actor::house("test", desk.units().get("990000").unwrap());
        let moment = clock::now("house:test");
        let new = [("here", "990101001"), ("there", "990101002")].map(|(login, unit)| NewAccount {
            login: login.to_owned(),
            name: "测试员".to_owned(),
            password: PASSWORD.to_owned(),
            role: "office".to_owned(),
            unit: unit.to_owned(),
        });
        desk.add_accounts(&house, &new, &moment).await.unwrap();
        let token = desk.make_token("here", 1, &moment).await.unwrap();
        let clerk = desk.session(&token, &moment).await.unwrap().actor;
        let create = async |at: usize| {
            let sort = if at.is_multiple_of(3) { "2" } else { "1" };
            let pairs = [
                ("topic", format!("走访{at:05}")),
                ("day", format!("2026-0{}-05", at % 3 + 1)),
                ("way", sort.to_owned()),
                ("phone", "13900000001".to_owned()),
            ];
            let input: Map<_, _> =
                pairs.into_iter().map(|(name, v)| (name.to_owned(), Json::from(v))).collect();
            let deed = Deed::Create { kind: "visit".to_owned(), input };
            desk.act(&clerk, deed, Manner::default(), &moment).await.unwrap();
        };
        futures_util::future::join_all((0..visits).map(create)).await;
        desk.close().await.unwrap();
        world
    }

    async fn desk(&self) -> Desk {
        let house = read_house(Some(&self.0.join("businesses"))).unwrap();
        let config = Config::on(&self.0.join("data"));
        for _ in 0..100 {
            match open_desk(&config, house.clone()).await {
                Err(Trouble::Words(words)) if words.contains(IN_USE) => let_go().await,
                opened => return opened.unwrap(),
            }
        }
        panic!("the folder stays in use");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Exports; what was complained of, if it could not.
    async fn export(&self, words: &[&str]) -> Result<(), String> {
        let data = self.0.join("data").to_string_lossy().into_owned();
        let businesses = self.0.join("businesses").to_string_lossy().into_owned();
        let common = ["export", "--data", &data, "--businesses", &businesses];
        for _ in 0..100 {
            let line = Line::try_parse_from(common.iter().chain(words).copied()).unwrap();
            match run(line.arguments).await {
                Ok(_) => return Ok(()),
                Err(Trouble::Words(words)) if words.contains(IN_USE) => let_go().await,
                Err(Trouble::Words(words)) => return Err(words),
                Err(Trouble::Definitions(findings)) => panic!("{findings:?}"),
            }
        }
        panic!("the folder stays in use");
    }

    /// The lines of a CSV exported so.
    async fn csv(&self, words: &[&str]) -> Vec<String> {
        let file = self.file("out.csv").to_string_lossy().into_owned();
        let all: Vec<&str> = ["visit", &file, "--force"].iter().chain(words).copied().collect();
        self.export(&all).await.unwrap();
        let text = fs::read_to_string(&file).unwrap();
        text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_takes_out_what_was_asked_for_and_is_noted() {
    let world = World::new("asked", 9).await;
    let all = world.csv(&[]).await;
    assert_eq!(all[0], "主题,走访日期,方式,电话,状态,所属单位,登记时间");
    assert_eq!(all.len(), 10);
    assert!(all[1].starts_with("走访"), "{}", all[1]);
    assert!(all[1].contains(",进行中,") && !all[1].contains("13900000001"), "{}", all[1]);
    let calls = world.csv(&["--list", "电话走访"]).await;
    assert!(calls[0] == "主题" && calls[1].starts_with("走访") && calls.len() == 4, "{calls:?}");
    assert_eq!(world.csv(&["--list", "calls"]).await.len(), 4);
    assert_eq!(world.csv(&["--where", "方式=入户"]).await.len(), 7);
    assert_eq!(world.csv(&["--where", "way=1", "--where", "走访日期=2026-02"]).await.len(), 4);
    assert_eq!(world.csv(&["--where", "day=2026-02-01..2026-03-31"]).await.len(), 7);
    assert_eq!(world.csv(&["--unit", "990101002"]).await.len(), 1);
    assert_eq!(world.csv(&["--unit", "枫桥镇", "--state", "进行中"]).await.len(), 10);
    assert_eq!(world.csv(&["--state", "done"]).await.len(), 1);
    let desk = world.desk().await;
    let noted = Select::from("log", &["actor", "authority"]).filter(Filter::equal("act", "export"));
    let noted = desk.keeper().find(&noted).await.unwrap();
    assert_eq!(noted.len(), 9, "every time");
    assert!(noted.iter().all(|row| row[0].as_text() == Some("house:export")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accounts_rights_are_those_of_the_account() {
    let world = World::new("rights", 3).await;
    assert_eq!(world.csv(&["--as", "here"]).await.len(), 4);
    assert_eq!(world.csv(&["--as", "there"]).await.len(), 1, "another office sees nothing");
    assert!(world.csv(&["--as", "here"]).await[1].contains("13900000001"), "as in its lists");
    let desk = world.desk().await;
    let noted = Select::from("log", &["actor", "authority"]).filter(Filter::equal("act", "export"));
    let noted = desk.keeper().find(&noted).await.unwrap();
    let said: Vec<_> = noted.iter().map(|row| row[1].as_text().unwrap().to_owned()).collect();
    assert!(said.contains(&"office@990101002".to_owned()), "{said:?}");
    assert!(noted.iter().all(|row| row[0].as_text() == Some("house:export")));
    desk.close().await.unwrap();
    drop(desk);
    let words = world.export(&["visit", "-", "--as", "nobody"]).await.unwrap_err();
    assert!(words.contains("账号"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_holds_more_rows_than_are_read_at_once() {
    let world = World::new("book", 2_003).await;
    let file = world.file("走访.xlsx");
    world.export(&["走访", &file.to_string_lossy()]).await.unwrap();
    let mut book: Xlsx<_> = Xlsx::new(io::Cursor::new(fs::read(&file).unwrap())).unwrap();
    let page = book.worksheet_range("走访").unwrap();
    assert_eq!(page.height(), 2_004);
    let mut topics: Vec<String> =
        page.rows().skip(1).map(|row| row.first().unwrap().to_string()).collect();
    topics.sort();
    topics.dedup();
    assert_eq!(topics.len(), 2_003, "each once");
    assert!(!Place::beside(&file).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_and_nothing_is_written() {
    let world = World::new("wrong", 1).await;
    let there = world.file("there.csv");
    fs::write(&there, "旧").unwrap();
    let (there, other) = (there.to_string_lossy(), world.file("a.doc"));
    for (words, said) in [
        (&["vist", "-"][..], "没有“vist”这种档案，是不是 visit（走访）"),
        (&["visit", "-", "--state", "结束"], "走访没有“结束”这个状态，是不是 done（已结束）"),
        (&["visit", "-", "--list", "cals"], "走访没有“cals”这个列表，是不是 calls（电话走访）"),
        (
            &["visit", "-", "--where", "走访日=2026"],
            "走访没有“走访日”这个字段，是不是 day（走访日期）",
        ),
        (&["visit", "-", "--where", "方式=入戶"], "方式没有“入戶”这个值，是不是 1（入户）"),
        (&["visit", "-", "--where", "电话=13900000001"], "“电话”写了密级，不能按它筛选"),
        (&["visit", "-", "--where", "day"], "--where 应写成 字段=值，不是“day”"),
        (&["visit", "-", "--unit", "无此镇"], "没有“无此镇”这个单位，请写单位代码，如 330198"),
        (&["visit", &other.to_string_lossy()], "应以 .xlsx 或者 .csv 结尾"),
        (&["visit", &there], "已经有了；要覆盖的，加上 --force"),
    ] {
        let words = world.export(words).await.unwrap_err();
        assert!(words.contains(said), "{words}");
    }
    assert_eq!(fs::read_to_string(world.file("there.csv")).unwrap(), "旧");
    let desk = world.desk().await;
    let noted = Filter::equal("act", "export");
    assert_eq!(desk.keeper().count("log", &noted, 9).await.unwrap(), 0);
}
