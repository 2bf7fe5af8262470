//! Papers: issued ones keep their bytes, corrections cite, signatures count only for what was signed,
//! scans find their way by the code, a dossier has everything in order.

use super::world::{Answer, Person, World};
use crate::{documents, files};
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use std::io::Cursor;

const MATTERS: &str = "/b/trial/matter";

/// A house whose files are kept for as long as the test runs.
struct Kept(std::path::PathBuf);

impl Kept {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("fengqiao-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn matter(person: &Person<'_>, name: &str) -> String {
    let answer = person.post(&format!("{MATTERS}/new"), &[("name", name)]).await.is(303);
    answer.to.split(['/', '?']).nth(4).unwrap().to_owned()
}

async fn rename(person: &Person<'_>, id: &str, name: &str) {
    let form = person.get(&format!("{MATTERS}/{id}/edit")).await.is(200);
    let version = form.hidden("_version");
    let pairs = [("_version", version.as_str()), ("name", name)];
    person.post(&format!("{MATTERS}/{id}/edit"), &pairs).await.is(303);
}

/// The bytes of an issued paper as they are kept.
async fn kept(world: &World, who: &Person<'_>, id: &str, issue: usize) -> Vec<u8> {
    let session = world.app.desk.session(&who.token, &crate::clock::now("")).await.unwrap();
    let papers = world.app.desk.papers(&session.actor, "matter", id).await.unwrap();
    files::content(&world.app, &papers[issue - 1].hash).await.unwrap()
}

fn picture(ink: bool) -> Vec<u8> {
    let mut page = RgbaImage::from_pixel(600, 200, Rgba([255, 255, 255, 255]));
    for x in 100..400 {
        for y in 90..98 {
            page.put_pixel(
                x,
                y,
                if ink { Rgba([0, 0, 0, 255]) } else { Rgba([250, 250, 250, 255]) },
            );
        }
    }
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgba8(page).write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

fn has(answer: &Answer, part: &str) {
    assert!(answer.text.contains(part), "no {part}: {}", answer.text);
}

#[tokio::test]
async fn an_issued_paper_keeps_its_bytes_and_a_correction_cites_it() {
    let folder = Kept::new("issued");
    let world = World::in_folder(&folder.0).await;
    let one = world.enter("one").await;
    let id = matter(&one, "修渠").await;
    let page = format!("{MATTERS}/{id}/papers/notice");
    has(&one.get(&page).await.is(200), "还没有出具");

    // What was never issued has nothing to correct.
    let early = one.post(&format!("{page}/issue"), &[("reason", "写错了")]).await;
    has(&early.is(422), "还没有出具过");

    one.post(&format!("{page}/issue"), &[]).await.is(303);
    let first = kept(&world, &one, &id, 1).await;
    rename(&one, &id, "修渠和修路").await;
    one.post(&format!("{page}/issue"), &[]).await.is(303);
    assert_eq!(kept(&world, &one, &id, 1).await, first);
    let given = one.get(&format!("{page}.pdf")).await.is(200);
    assert_eq!(given.text, String::from_utf8_lossy(&first));

    let empty = one.post(&format!("{page}/issue"), &[("reason", " ")]).await;
    has(&empty.is(422), "请写明更正的理由");
    one.post(&format!("{page}/issue"), &[("reason", "名称写漏了")]).await.is(303);
    let second = kept(&world, &one, &id, 2).await;
    assert_ne!(first, second);
    let first_again = one.get(&format!("{page}.pdf?issue=1")).await.is(200);
    assert_eq!(first_again.text, String::from_utf8_lossy(&first));
    let listed = one.get(&page).await.is(200);
    for part in ["第1份", "第2份", "更正前一份：名称写漏了"] {
        has(&listed, part);
    }
    has(&one.get(&format!("{MATTERS}/{id}")).await.is(200), "出具文书");

    let far = world.enter("far").await;
    far.get(&page).await.is(404);
    far.get(&format!("{page}.pdf?issue=1")).await.is(404);
    far.post(&format!("{page}/issue"), &[]).await.is(404);
}

#[tokio::test]
async fn two_who_issue_at_once_get_one_paper() {
    let folder = Kept::new("twice");
    let world = World::in_folder(&folder.0).await;
    let (one, two) = (world.enter("one").await, world.enter("two").await);
    let id = matter(&one, "修渠").await;
    let path = format!("{MATTERS}/{id}/papers/notice/issue");
    let (a, b) = tokio::join!(one.post(&path, &[]), two.post(&path, &[]));
    assert_eq!((a.status, b.status), (303, 303));
    let session = world.app.desk.session(&one.token, &crate::clock::now("")).await.unwrap();
    assert_eq!(world.app.desk.papers(&session.actor, "matter", &id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_signature_stands_in_the_paper_until_it_reads_otherwise() {
    let folder = Kept::new("signed");
    let world = World::in_folder(&folder.0).await;
    let one = world.enter("one").await;
    let id = matter(&one, "修渠").await;
    let page = format!("{MATTERS}/{id}/papers/notice");
    let pad = urls(&page, "经办人");
    has(&one.get(&pad).await.is(200), "<canvas");
    one.get(&urls(&page, "路人")).await.is(404);

    let sign = format!("{page}/sign");
    let blank = one.send_parts(&sign, &[("signer", "经办人")], Some(picture(false))).await;
    has(&blank.is(422), "没有看到笔迹");
    let none = one.send_parts(&sign, &[("signer", "经办人")], None).await;
    has(&none.is(422), "请在框里签名");
    let before = one.get(&format!("{page}.pdf?draft=1")).await.is(200).text.len();
    one.send_parts(&sign, &[("signer", "经办人")], Some(picture(true))).await.is(303);
    has(&one.get(&page).await.is(200), "设备上签");
    let after = one.get(&format!("{page}.pdf?draft=1")).await.is(200).text.len();
    assert!(after > before, "{before} {after}");

    rename(&one, &id, "修路").await;
    has(&one.get(&page).await.is(200), "签名以后文书的内容改过");
    rename(&one, &id, "修渠").await;
    has(&one.get(&page).await.is(200), "设备上签");

    one.post(&format!("{page}/issue"), &[]).await.is(303);
    let late = one.send_parts(&sign, &[("signer", "经办人")], Some(picture(true))).await;
    has(&late.is(422), "已经出具");
}

fn urls(page: &str, signer: &str) -> String {
    crate::web::urls::with_query(&format!("{page}/sign"), &[("signer", signer)])
}

#[tokio::test]
async fn a_scan_is_filed_by_its_code_and_by_hand_where_it_has_none() {
    let folder = Kept::new("scans");
    let world = World::in_folder(&folder.0).await;
    let one = world.enter("one").await;
    let (id, other) = (matter(&one, "修渠").await, matter(&one, "修路").await);
    for id in [&id, &other] {
        one.post(&format!("{MATTERS}/{id}/papers/notice/issue"), &[]).await.is(303);
    }
    // Two papers and a page without a code in one scan.
    let (first, second) = (kept(&world, &one, &id, 1).await, kept(&world, &one, &other, 1).await);
    let photo = picture(true);
    let part = |bytes| paper::Part { name: "", bytes, numbered: false, pages: None };
    let at = documents::paper_moment(&crate::clock::now(""));
    let parts = [part(&first[..]), part(&photo[..]), part(&second[..])];
    let scan = world.app.press.bind("扫描", &parts, at).unwrap();
    let told = one.send_sheet("/scans", "扫描.pdf", &scan.pdf).await.is(200);
    has(&told, "归到修渠的《事项告知书》");
    has(&told, "归到修路的《事项告知书》");
    has(&told, "没有认出二维码");
    has(&one.get(&format!("{MATTERS}/{id}")).await.is(200), "签名件已归");

    // A third matter waits for its signed copy; the page without a code is said to be that.
    let third = matter(&one, "修桥").await;
    let page = format!("{MATTERS}/{third}/papers/notice");
    one.post(&format!("{page}/issue"), &[]).await.is(303);
    let list = one.get("/scans").await.is(200);
    let scan = list.text.split("/scans/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let choice = one.get(&format!("/scans/{scan}?q=修桥")).await.is(200);
    has(&choice, "修桥");
    assert!(!choice.text.contains("修渠"), "signed ones wait no more");
    has(&one.post(&format!("/scans/{scan}"), &[]).await.is(422), "请选是哪一份文书");
    let paper = choice.value("paper");
    let filed = one.post(&format!("/scans/{scan}"), &[("paper", paper.as_str())]).await.is(303);
    assert_eq!(filed.to, page);
    has(&one.get(&page).await.is(200), "签名件：");
    one.get(&format!("/scans/{scan}")).await.is(404);

    // Another village's clerk cannot file there, and sees nothing of it.
    let far = world.enter("far").await;
    let told = far.send_sheet("/scans", "扫描.pdf", &first).await.is(200);
    has(&told, "不归本单位办理");
    assert!(!told.text.contains("修渠"));
}

#[tokio::test]
async fn a_dossier_says_what_is_missing_and_is_bound_in_order() {
    let folder = Kept::new("dossier");
    let world = World::in_folder(&folder.0).await;
    let one = world.enter("one").await;
    let id = matter(&one, "修渠").await;
    let page = format!("{MATTERS}/{id}/dossier/file");
    has(&one.get(&format!("{MATTERS}/{id}")).await.is(200), &format!("{page}\""));
    has(&one.get(&page).await.is(200), "“事项告知书”还没有签名盖章的扫描件");
    let form = one.get(&format!("{MATTERS}/{id}/edit")).await.is(200);
    let version = form.hidden("_version");
    let pairs = [("_version", version.as_str()), ("name", "修渠"), ("done", "1")];
    one.post(&format!("{MATTERS}/{id}/edit"), &pairs).await.is(303);
    let lacking = one.get(&page).await.is(200);
    has(&lacking, "卷内缺“凭证”");
    has(&lacking, "试验");

    one.post(&format!("{MATTERS}/{id}/papers/notice/issue"), &[]).await.is(303);
    let issued = kept(&world, &one, &id, 1).await;
    one.send_sheet("/scans", "签.pdf", &issued).await.is(200);
    let file = [("_version", "2"), ("name", "修渠"), ("done", "1")];
    one.send_parts_as(&format!("{MATTERS}/{id}/edit"), &file, "proof", Some(picture(true)))
        .await
        .is(303);
    has(&one.get(&page).await.is(200), "材料齐全");
    let session = world.app.desk.session(&one.token, &crate::clock::now("")).await.unwrap();
    let moment = crate::clock::now(&session.actor.account);
    let asked = ("matter", id.as_str(), "file");
    let bound = documents::dossier::bind(&world.app, &session.actor, asked, &moment).await.unwrap();
    // Cover, the notice, the photograph.
    assert_eq!(paper::page_count(&bound.pdf), Some(3));
    world.enter("far").await.get(&format!("{page}.pdf")).await.is(404);
}
