//! A sheet becomes records: looked at, taken in, taken in again, taken back.

use super::world::{Answer, LIST, Person, World};
use calamine::{Reader, Xlsx};
use std::{io::Cursor, path::PathBuf};

const SHEET: &str = "走访登记表,,,,
主题,走访 日期（必填）,对象,来人1·姓名,来人1 证件号码,没有的列
第一次走访,2026-01-02,自然人,陈秀兰,,x
第二次走访,2026年1月3日,,吴长河,330198197505060017,
第三次走访,2026-02-30,,沈国强,,
第四次走访,2026-01-05,,赵丽华,3.30198E+17,
第一次走访,2026-01-02,自然人,陈秀兰,,x
,2026-01-06,,周建民,,
";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("fengqiao-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn intake() -> String {
    format!("{LIST}/intake")
}

/// The page of the work once it rests.
async fn rested(who: &Person<'_>, address: &str) -> Answer {
    for _ in 0..500 {
        let page = who.get(address).await.is(200);
        if !page.text.contains("http-equiv=\"refresh\"") {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it never ends");
}

async fn taken(who: &Person<'_>, name: &str, bytes: &[u8]) -> (String, Answer) {
    let address = who.send_sheet(&intake(), name, bytes).await.is(303).to;
    let page = rested(who, &address).await;
    (address, page)
}

#[track_caller]
fn says(page: &Answer, words: &[&str]) {
    let main = page.text.split("<main").nth(1).unwrap();
    for words in words {
        assert!(main.contains(words), "no {words}: {main}");
    }
}

#[tokio::test]
async fn good_lines_come_in_and_bad_ones_are_named() {
    let folder = Folder::new("intake");
    let world = World::in_folder(&folder.0).await;
    let one = world.enter("one").await;
    let (gbk, _, _) = encoding_rs::GB18030.encode(SHEET);
    let (address, page) = taken(&one, "走访.csv", &gbk).await;
    says(&page, &["共6行：可以导入的2行，有错误的3行，重复的1行", "没有的列", "和第3行完全相同"]);
    says(&page, &["第 5 行", "第 6 行", "科学计数法", "第 8 行", "主题"]);
    assert!(world.visits().await.is_empty(), "looking keeps nothing");

    let page = one.post(&format!("{address}/make"), &[]).await.is(303);
    assert_eq!(page.to, address);
    let page = rested(&one, &address).await;
    says(&page, &["已导入2份走访", "有错误、没有导入的3行"]);
    let topics: Vec<_> =
        world.visits().await.iter().map(|v| v.record.text("topic").to_owned()).collect();
    assert_eq!(topics.len(), 2);
    assert!(topics.contains(&"第二次走访".to_owned()));

    let report = one.get(&format!("{address}/report.xlsx")).await.is(200);
    assert!(report.headers["content-disposition"].to_str().unwrap().contains("xlsx"));

    // The same sheet again makes only what is not there yet.
    let mended = SHEET.replace("2026-02-30", "2026-02-28");
    let (again, page) = taken(&one, "走访.csv", mended.as_bytes()).await;
    says(&page, &["可以导入的3行"]);
    one.post(&format!("{again}/make"), &[]).await.is(303);
    says(&rested(&one, &again).await, &["已导入1份走访", "以前导入过的2行"]);
    assert_eq!(world.visits().await.len(), 3);
    says(&one.get(&intake()).await.is(200), &["走访.csv", "已导入"]);
}

#[tokio::test]
async fn an_intake_is_taken_back_whole_except_what_somebody_went_on_with() {
    let folder = Folder::new("back");
    let world = World::in_folder(&folder.0).await;
    let one = world.enter("one").await;
    let (address, _) = taken(&one, "走访.csv", SHEET.as_bytes()).await;
    one.post(&format!("{address}/make"), &[]).await.is(303);
    rested(&one, &address).await;
    let second = world.visits().await.into_iter().find(|v| v.record.text("topic") == "第二次走访");
    let second = second.unwrap().record.id().to_owned();
    let finish = format!("{LIST}/{second}/do/finish");
    let form = one.get(&finish).await.is(200);
    let version = form.hidden("_version");
    one.post(&finish, &[("_version", &version), ("ended_on", "2026-01-09")]).await.is(303);

    one.post(&format!("{address}/undo"), &[]).await.is(303);
    let page = rested(&one, &address).await;
    says(&page, &["撤销了1份走访", "还有1份没有撤销", "已经办理或者修改过"]);
    assert_eq!(world.visits().await.len(), 1);
    assert_eq!(world.app.desk.verify(&mut |_| ()).await.unwrap(), []);
    assert_eq!(world.app.desk.recount(&mut |_| ()).await.unwrap(), []);
    assert_eq!(world.app.desk.check_index(&mut |_| ()).await.unwrap(), []);

    // What was taken back may come in again.
    let (again, _) = taken(&one, "走访.csv", SHEET.as_bytes()).await;
    one.post(&format!("{again}/make"), &[]).await.is(303);
    says(&rested(&one, &again).await, &["已导入1份走访", "以前导入过的1行"]);
    assert_eq!(world.visits().await.len(), 2);
}

#[tokio::test]
async fn what_somebody_should_look_at_comes_in_only_when_they_say_so() {
    let folder = Folder::new("warned");
    let world = World::in_folder(&folder.0).await;
    let one = world.enter("one").await;
    let sheet = "主题,走访日期,花费,来人1·姓名\n修桥,2026-01-02,20000,陈秀兰\n";
    let (address, page) = taken(&one, "a.csv", sheet.as_bytes()).await;
    says(&page, &["请核对的1行", "花费较大，请核对"]);
    one.post(&format!("{address}/make"), &[]).await.is(303);
    says(&rested(&one, &address).await, &["已导入0份走访", "请核对、没有导入的1行"]);
    one.post(&format!("{address}/make-all"), &[]).await.is(303);
    says(&rested(&one, &address).await, &["已导入1份走访"]);
}

#[tokio::test]
async fn the_template_is_a_sheet_that_comes_in() {
    let folder = Folder::new("template");
    let world = World::in_folder(&folder.0).await;
    let one = world.enter("one").await;
    one.get(&format!("{}/template.xlsx", intake())).await.is(200);
    let (_, today) = ((), crate::clock::now("").today);
    let house = world.app.desk.house();
    let kind = house.kind("visit").unwrap();
    let bytes = crate::intake::report::template(&house, kind, today).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["走访", "填写说明", "选项"]);
    let page = book.worksheet_range("走访").unwrap();
    let headings: Vec<_> = page.rows().next().unwrap().iter().map(ToString::to_string).collect();
    assert!(
        headings.contains(&"主题（必填）".to_owned())
            && headings.contains(&"来人2·姓名（必填）".to_owned())
    );
    let mut filled = rust_xlsxwriter::Workbook::new();
    let sheet = filled.add_worksheet();
    for (at, heading) in (0u16..).zip(&headings) {
        sheet.write_string(0, at, heading).unwrap();
        let day = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
        match heading.as_str() {
            "主题（必填）" => drop(sheet.write_string(1, at, "空表试填").unwrap()),
            "走访日期" => drop(sheet.write_number_with_format(1, at, 46_024.0, &day).unwrap()),
            "是否紧急" => drop(sheet.write_boolean(1, at, true).unwrap()),
            "花费" => drop(sheet.write_number(1, at, 12.5).unwrap()),
            "来人1·姓名（必填）" => drop(sheet.write_string(1, at, "陈秀兰").unwrap()),
            _ => {}
        }
    }
    let (_, page) = taken(&one, "模板.xlsx", &filled.save_to_buffer().unwrap()).await;
    says(&page, &["共1行：可以导入的1行"]);
}

#[tokio::test]
async fn what_is_no_sheet_is_told_at_once() {
    let folder = Folder::new("nosheet");
    let world = World::in_folder(&folder.0).await;
    let one = world.enter("one").await;
    let cases: [(&[u8], &str); 6] = [
        (b"", "文件是空的"),
        (b"%PDF-1.7 \xff\xfe\x80", "认不出文件的编码"),
        (b"PK\x03\x04 broken", "打不开"),
        (b"\xd0\xcf\x11\xe0\xa1", "旧的 xls"),
        ("主题,走访日期\n".as_bytes(), "没有数据"),
        (b"a\0b,c\n1,2\n", "只收 xlsx 和 CSV"),
    ];
    for (bytes, words) in cases {
        let page = one.send_sheet(&intake(), "x.csv", bytes).await.is(422);
        says(&page, &[words]);
    }
    // Columns of something else.
    let (_, page) = taken(&one, "别的.csv", "甲,乙\n1,2\n".as_bytes()).await;
    says(&page, &["没有认出任何一列", "没有做成"]);
}

#[tokio::test]
async fn nobody_sees_or_moves_the_intake_of_another() {
    let folder = Folder::new("others");
    let world = World::in_folder(&folder.0).await;
    let (one, two, admin) =
        (world.enter("one").await, world.enter("two").await, world.enter("admin").await);
    let (address, _) = taken(&one, "走访.csv", SHEET.as_bytes()).await;
    two.get(&address).await.is(404);
    two.get(&format!("{address}/report.xlsx")).await.is(404);
    two.post(&format!("{address}/make"), &[]).await.is(404);
    one.get(&format!("{}/..%2F..%2Fkeys", intake())).await.is(404);
    admin.get(&intake()).await.is(404);
    let none = admin.send_sheet(&intake(), "走访.csv", SHEET.as_bytes()).await;
    assert_eq!(none.status, 404);
    assert!(world.visits().await.is_empty());
}
