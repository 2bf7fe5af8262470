//! A village and its neighbour, one kind of record with rows, and people who write it.

use crate::{
    app::App,
    businesses,
    clock::{self, SystemChance},
};
use axum::{Router, body::Body, http::Request};
use desk::{Actor, Desk, Moment, accounts::NewAccount, seal::Keys};
use engine::definition::{House, SourceFile};
use http_body_util::BodyExt;
use serde_json::{Map, Value as Json};
use std::{
    path::Path,
    sync::{Arc, OnceLock},
};
use store::seam::Keeper;
use tower::ServiceExt;

pub const PASSWORD: &str = "梅坞村的一句口令2026";
/// Where the public reaches the house.
pub const PUBLIC: &str = "https://fq.example.invalid";
pub const LIST: &str = "/b/trial/visit";

const UNITS: &str = "code,name,parent
990000,青岚省,
990100,云溪市,990000
990101,安和县,990100
990101001,枫桥镇,990101
990101001201,梅坞村,990101001
990101001202,柳河村,990101001
";

const PEOPLE: [(&str, &str, &str); 6] = [
    ("county", "county", "990101"),
    ("town", "office", "990101001"),
    ("one", "mediator", "990101001201"),
    ("two", "mediator", "990101001201"),
    ("far", "mediator", "990101001202"),
    ("admin", "system_admin", "990000"),
];

const BUSINESS: &str = r#"业务 trial "试验" { 说明 "只在试验里用。"; 依据 "试验"; 次序 1 }"#;

const VISIT: &str = r#"
档案 visit "走访" {
    说明 "一次走访。"
    依据 "试验"
    归属 本机构
    题名 "{topic}"
    权限 { 数 office=辖区; 看 office=辖区 写理由; 看 mediator=本单位; 建 mediator=本单位; 改 mediator=本单位; 密 mediator=本单位 }
    分组 "内容" {
        topic "主题" 文本 必填 最多=60
        day "走访日期" 日期 必填 默认="今日" 最大=今日
        kinds "对象" 多选 party_type
        urgent "是否紧急" 是否
        cost "花费" 金额
        spot "地点" 地点
        note "经过" 长文本 最多=500
        ended_on "结束日期" 日期
        report_by "报告期限" 日期
    }
    分组 "来人" { guests "来人" 多行 guest 最少=1 最多=50 }
    行 guest "来人" {
        题名 "{name}"
        person "人员档案" 人员
        name "姓名" 姓名 必填 取自="person.full_name"
        id_type "证件类型" 代码 id_document_type 默认="111" 取自="person.id_type"
        id_number "证件号码" 证件号 证件类型=id_type 密级=敏感 取自="person.id_number"
    }
    规则 costly "花费较大，请核对" 提醒="花费 ≥ 10000" 于=cost
    状态 open "进行中" 初始 { 可 finish send_out }
    状态 done "已结束" 终止
    动作 finish "结束" { 由 mediator; 到 done; 填 ended_on=今日 }
    动作 send_out "派车" { 由 mediator; 生成 trip 当="花费 > 0" { 设 why=topic visit=本档案 } }
    期限 report_term "报告" { 起 report_by; 长 "0 日"; 止 done; 提前 "1 日"; 依据 "试验" }
    列表 默认 "全部走访" { 列 topic day cost state; 筛 state day kinds; 序 day 倒 }
}
"#;

const STATISTICS: &str = r#"
统计 visits "走访" 档案=visit 月=day { 说明 "按走访日期计入当月。"; 量 total "走访" 单位=次 }
报表 visits "走访情况表" {
    说明 "按走访日期。"
    期 月
    确认 村=mediator 乡=office
    公开 少于="5"
    栏组 "走访" { 栏 total "走访" 值="visits.total" 单位=次 }
}
"#;

/// Another business, to which visits are handed over.
const ROAD: &str = r#"
业务 road "出行" { 次序 2; 接 trip 自=visit "走访要用的车" }
档案 trip "出车单" {
    归属 本机构
    题名 "{why}"
    权限 { 看 office=辖区; 建 office=辖区; 改 office=辖区 }
    分组 "内容" {
        why "事由" 文本
        visit "走访" 引用 visit
        day "日期" 日期 取自="visit.day"
    }
}
"#;

const MATTER: &str = r#"
档案 matter "事项" {
    说明 "一件要办的事。"
    依据 "试验"
    归属 本机构
    题名 "{name}"
    权限 { 看 mediator=本单位; 建 mediator=本单位; 改 mediator=本单位 }
    分组 "内容" {
        name "名称" 文本 必填 最多=60
        done "办完" 是否
        proof "凭证" 文件
    }
    文书 notice "事项告知书" { 模板 "notice.typ" }
    卷宗 file "事项卷" {
        封面 "cover.typ"
        依据 "试验"
        件 notice "事项告知书" 必须 签 { 出 notice }
        件 proof "凭证" 必须="办完 = 是" { 收 proof }
    }
    列表 默认 "全部事项" { 列 name; 序 name }
}
"#;

const BADGE: &str = r#"
档案 badge "徽章" {
    说明 "可以核验的徽章。"
    依据 "试验"
    归属 本机构
    题名 "{bearer}"
    权限 { 看 mediator=本单位; 建 mediator=本单位; 改 mediator=本单位 }
    公开 card "徽章核验" 按 no { 给 bearer no; 依据 "试验" }
    公开 roster "徽章名录" 名录 { 给 bearer no; 依据 "试验" }
    文书 badge_card "徽章卡" { 模板 "badge_card.typ" }
    分组 "内容" { bearer "佩戴" 文本 必填; no "编号" 文本 必填; inner "内情" 文本 }
    唯一 全省 no "这个编号已经登记"
}
"#;

const LOT: &str = r#"
档案 lot "抽签" {
    说明 "从名单里抽。"
    依据 "试验"
    归属 本机构
    题名 "{name}"
    权限 { 看 mediator=本单位; 建 mediator=本单位; 改 mediator=本单位 }
    分组 "内容" {
        name "名称" 文本 必填
        people "名单人数" 整数 必填
        list_hash "名单摘要值" 文本 必填
        count "抽取人数" 整数 必填
        seed_hash "种子摘要值" 文本 只读
        seed "种子" 文本 只读
        drawn "抽中的" 多行 lot_line 只读 最多=50
    }
    行 lot_line "抽中的" { 题名 "{place}"; place "次序" 整数 必填; line "行号" 整数 必填 }
    抽选 people "抽人" {
        名单 people list_hash
        数 count
        动作 pick
        写 承诺=seed_hash 种子=seed
        行 drawn 次序=place 件=line
    }
    状态 promised "已承诺" 初始 { 可 pick }
    状态 picked "已抽" 终止
    动作 pick "抽选" { 由 mediator; 到 picked }
    列表 默认 "全部抽签" { 列 name state; 序 name }
}
"#;

const NOTICE: &str = r#"#import "letter.typ": *
#show: letter.with(number: none)
#par[事项：#f("name")]
#sign("经办人")
"#;

const CARD: &str = r#"#import "letter.typ": *
#show: letter.with(number: none)
#par[佩戴：#f("bearer")]
#public-code()
"#;

const COVER: &str = r#"#import "letter.typ": *
#set page(paper: "a4")
#set text(font: body-fonts)
#for item in d.dossier.items [#item.no #item.title #item.pages \ ]
"#;

/// A house at work.
pub struct World {
    pub app: App,
    router: Router,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub to: String,
    pub cookies: Vec<String>,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The same, having this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The value of the first hidden field of that name.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let open = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
        let rest =
            self.text.split(&open).nth(1).unwrap_or_else(|| panic!("no {name}: {}", self.text));
        let escaped = rest.split('"').next().unwrap();
        let plain = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        plain.replace("&amp;", "&")
    }

    /// What stands in the field of that name.
    #[track_caller]
    pub fn value(&self, name: &str) -> String {
        let at = self.text.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no {name}"));
        let rest = &self.text[at..];
        rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
}

/// Somebody with a session.
pub struct Person<'w> {
    world: &'w World,
    pub token: String,
    pub csrf: String,
}

fn files() -> Vec<SourceFile> {
    let common = businesses::embedded().into_iter().filter(|file| file.path.starts_with("common/"));
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    common
        .filter(|file| !file.path.contains("examples"))
        .chain([
            file("trial/business.kdl", BUSINESS),
            file("trial/records/visit.kdl", VISIT),
            file("trial/records/matter.kdl", MATTER),
            file("trial/records/badge.kdl", BADGE),
            file("trial/records/lot.kdl", LOT),
            file("trial/documents/notice.typ", NOTICE),
            file("trial/documents/badge_card.typ", CARD),
            file("trial/documents/cover.typ", COVER),
            file("trial/statistics.kdl", STATISTICS),
            file("road/business.kdl", ROAD),
        ])
        .collect()
}

/// The trial definitions, read once a process.
fn house() -> House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    let read = || {
        let (house, findings) = engine::definition::read(&files());
        assert!(findings.is_empty(), "{findings:?}");
        house
    };
    HOUSE.get_or_init(read).clone()
}

/// An empty keeper of the run's kind that has their tables.
async fn keeper() -> Arc<dyn Keeper> {
    store::lab::keeper_with(&Desk::tables(&house()), clock::ticks()).await
}

impl World {
    pub async fn new() -> Self {
        Self::on(keeper().await).await
    }

    /// A house with a data folder.
    pub async fn in_folder(folder: &Path) -> Self {
        Self::with(keeper().await, folder, Some(PUBLIC)).await
    }

    /// A house that keeps its rows there.
    pub async fn on(keeper: Arc<dyn Keeper>) -> Self {
        Self::with(keeper, Path::new("/nonexistent"), Some(PUBLIC)).await
    }

    /// A house whose operator has not said where the public reaches it.
    pub async fn unreached() -> Self {
        Self::with(keeper().await, Path::new("/nonexistent"), None).await
    }

    async fn with(keeper: Arc<dyn Keeper>, folder: &Path, address: Option<&str>) -> Self {
        let keys = Keys { seal: [7; 16], index: [9; 32] };
        let desk = Desk::open(keeper, house(), &keys, Box::new(SystemChance)).await.unwrap();
        let which = desk::division::Which::default();
        desk.import_units(None, &[UNITS], &which, &clock::now("house:test")).await.unwrap();
        let app = App::new(desk, folder, Vec::new());
        if let Some(address) = address {
            app.reach_at(address);
        }
        let router = crate::web::router().with_state(app.clone());
        let world = Self { app, router };
        let (actor, moment) = world.house();
        let new = PEOPLE.map(|(login, role, unit)| NewAccount {
            login: login.to_owned(),
            name: "测试员".to_owned(),
            password: PASSWORD.to_owned(),
            role: role.to_owned(),
            unit: unit.to_owned(),
        });
        world.app.desk.add_accounts(&actor, &new, &moment).await.unwrap();
        world
    }

    fn house(&self) -> (Actor, Moment) {
        let units = self.app.desk.units();
        let actor = Actor::house("test", units.get("990000").unwrap());
        (actor.clone(), clock::now(&actor.account))
    }

    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        let here = axum::http::HeaderValue::from_static("fengqiao.test");
        request.headers_mut().entry("host").or_insert(here);
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = |name: &str| {
            headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
        };
        let cookies = headers.get_all("set-cookie").iter();
        let cookies = cookies.map(|v| v.to_str().unwrap().to_owned()).collect();
        let to = text("location");
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, to, cookies, headers, text }
    }

    pub async fn get(&self, cookie: &str, path: &str) -> Answer {
        let request = Request::get(path).header("cookie", cookie).body(Body::empty());
        self.send(request.unwrap()).await
    }

    pub async fn post(&self, cookie: &str, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let encoded = crate::web::urls::with_query("", pairs);
        // Empty values are sent too, as browsers do.
        let empty = pairs.iter().filter(|(_, value)| value.is_empty());
        let empty: String = empty.map(|(name, _)| format!("&{name}=")).collect();
        let body = format!("{}{empty}", encoded.trim_start_matches('?'));
        let request = Request::post(path)
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Signs in on the page.
    pub async fn enter(&self, login: &str) -> Person<'_> {
        let door = self.get("", "/login").await.is(200);
        let secret = door.hidden("_csrf");
        let pairs = [("_csrf", secret.as_str()), ("account", login), ("password", PASSWORD)];
        let answer = self.post(&format!("fq_door={secret}"), "/login", &pairs).await.is(303);
        let cookie = answer.cookies.iter().find(|c| c.starts_with("fq=")).unwrap();
        let token = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
        let session = self.app.desk.session(&token, &clock::now("")).await.unwrap();
        Person { world: self, token, csrf: session.csrf }
    }

    /// All visits there are, whoever may see them.
    pub async fn visits(&self) -> Vec<desk::ask::RecordAnswer> {
        let (actor, moment) = self.house();
        let ask = desk::ask::ListAsk { kind: "visit".to_owned(), limit: 200, ..Default::default() };
        let list = self.app.desk.list(&actor, &ask).await.unwrap();
        let mut visits = Vec::new();
        for record in &list.records {
            visits.push(self.app.desk.record(&actor, "visit", record.id(), &moment).await.unwrap());
        }
        visits
    }

    /// Somebody whom the archive knows.
    pub async fn known(&self, who: &Person<'_>, name: &str, number: &str) -> String {
        let session = self.app.desk.session(&who.token, &clock::now("")).await.unwrap();
        let input =
            Json::from_iter([("full_name", name), ("id_type", "111"), ("id_number", number)]);
        let input: Map<String, Json> = input.as_object().unwrap().clone();
        let deed = desk::Deed::Create { kind: "person".to_owned(), input };
        let manner = desk::Manner { confirmed: true, key: None };
        let moment = clock::now(&session.actor.account);
        self.app.desk.act(&session.actor, deed, manner, &moment).await.unwrap().id
    }
}

impl Person<'_> {
    pub fn cookie(&self) -> String {
        format!("fq={}", self.token)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.world.get(&self.cookie(), path).await
    }

    /// Sends a form from a page of this session.
    pub async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let mut all = vec![("_csrf", self.csrf.as_str())];
        all.extend(pairs);
        self.world.post(&self.cookie(), path, &all).await
    }

    /// Sends a sheet from a page of this session.
    pub async fn send_sheet(&self, path: &str, name: &str, bytes: &[u8]) -> Answer {
        let part =
            |head: &str| format!("--frontier\r\nContent-Disposition: form-data; {head}\r\n\r\n");
        let mut body = part("name=\"_csrf\"").into_bytes();
        body.extend(self.csrf.as_bytes());
        body.extend(b"\r\n");
        body.extend(part(&format!("name=\"file\"; filename=\"{name}\"")).into_bytes());
        body.extend(bytes);
        body.extend(b"\r\n--frontier--\r\n");
        let request = Request::post(path)
            .header("cookie", self.cookie())
            .header("content-type", "multipart/form-data; boundary=frontier");
        self.world.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends a form in parts, with a picture, from a page of this session.
    pub async fn send_parts(
        &self,
        path: &str,
        pairs: &[(&str, &str)],
        picture: Option<Vec<u8>>,
    ) -> Answer {
        self.send_parts_as(path, pairs, "picture", picture).await
    }

    /// The same, with the picture in a field of that name.
    pub async fn send_parts_as(
        &self,
        path: &str,
        pairs: &[(&str, &str)],
        field: &str,
        picture: Option<Vec<u8>>,
    ) -> Answer {
        let mut body = Vec::new();
        let mut part = |head: String, content: &[u8]| {
            let head = format!("--frontier\r\nContent-Disposition: form-data; {head}\r\n\r\n");
            body.extend(head.into_bytes());
            body.extend(content);
            body.extend(b"\r\n");
        };
        for (name, value) in [("_csrf", self.csrf.as_str())].iter().chain(pairs) {
            part(format!("name=\"{name}\""), value.as_bytes());
        }
        if let Some(picture) = picture {
            part(format!("name=\"{field}\"; filename=\"图.png\""), &picture);
        }
        body.extend(b"--frontier--\r\n");
        let request = Request::post(path)
            .header("cookie", self.cookie())
            .header("content-type", "multipart/form-data; boundary=frontier");
        self.world.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Records a visit with one guest.
    pub async fn visit(&self, topic: &str) -> String {
        let pairs = [("topic", topic), ("day", "2026-01-02"), ("guests.0.name", "陈秀兰")];
        let answer = self.post(&format!("{LIST}/new"), &pairs).await.is(303);
        answer.to.split(['/', '?']).nth(4).unwrap().to_owned()
    }
}
