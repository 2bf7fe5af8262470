//! Signing in and out, and what every page says to the browser.

use super::world::*;

#[tokio::test]
async fn a_stranger_is_asked_to_sign_in_and_comes_back_to_the_page() {
    let world = World::new().await;
    let answer = world.get("", "/b/trial/visit?state=open").await.is(303);
    assert_eq!(answer.to, "/login?next=%2Fb%2Ftrial%2Fvisit%3Fstate%3Dopen");
    let door = world.get("", &answer.to).await.is(200);
    assert_eq!(door.hidden("next"), "/b/trial/visit?state=open");
    let secret = door.hidden("_csrf");
    let pairs = [
        ("_csrf", secret.as_str()),
        ("next", "/b/trial/visit?state=open"),
        ("account", "one"),
        ("password", PASSWORD),
    ];
    let inside = world.post(&format!("fq_door={secret}"), "/login", &pairs).await.is(303);
    assert_eq!(inside.to, "/b/trial/visit?state=open");
    let cookie = inside.cookies.iter().find(|c| c.starts_with("fq=")).unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[tokio::test]
async fn nobody_is_sent_to_another_house_after_signing_in() {
    let world = World::new().await;
    for next in
        ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
    {
        let page = world.get("", &crate::web::urls::with_query("/login", &[("next", next)])).await;
        assert_eq!(page.hidden("next"), "/", "{next}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_account_kept() {
    let world = World::new().await;
    let secret = world.get("", "/login").await.hidden("_csrf");
    let pairs = [("_csrf", secret.as_str()), ("account", "<b>one"), ("password", "x")];
    let answer = world.post(&format!("fq_door={secret}"), "/login", &pairs).await.is(401);
    assert!(answer.text.contains("账号或者密码不对"));
    assert!(answer.text.contains("value=\"&lt;b&gt;one\""));
    assert!(!answer.cookies.iter().any(|c| c.starts_with("fq=")));
}

#[tokio::test]
async fn a_sign_in_form_from_elsewhere_does_nothing() {
    let world = World::new().await;
    let pairs = [("_csrf", "guessed"), ("account", "one"), ("password", PASSWORD)];
    for cookie in ["", "fq_door=other"] {
        let answer = world.post(cookie, "/login", &pairs).await.is(403);
        assert!(!answer.cookies.iter().any(|c| c.starts_with("fq=")));
    }
}

#[tokio::test]
async fn nothing_is_done_for_a_form_that_is_not_from_this_session() {
    let world = World::new().await;
    let one = world.enter("one").await;
    for path in ["/logout", "/me/post", "/me/password", "/drafts/x/remove", "/admin/accounts/new"] {
        let answer = world.post(&one.cookie(), path, &[("_csrf", "guessed")]).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    one.get("/me").await.is(200);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let world = World::new().await;
    let one = world.enter("one").await;
    one.post("/logout", &[]).await.is(303);
    one.get("/").await.is(303);
}

#[tokio::test]
async fn what_was_typed_outlives_the_session() {
    let world = World::new().await;
    let form = format!("{LIST}/new");
    let typed =
        [("topic", "屋后的<沟>"), ("guests.3.name", "陈秀兰"), ("_key", "0123456789abcdef")];
    let door = world.post("fq=gone", &form, &typed).await.is(401);
    let (secret, held) = (door.hidden("_csrf"), door.hidden("held"));
    let pairs = [
        ("_csrf", secret.as_str()),
        ("account", "one"),
        ("password", PASSWORD),
        ("held", held.as_str()),
        ("next", form.as_str()),
    ];
    let inside = world.post(&format!("fq_door={secret}"), "/login", &pairs).await.is(303);
    let token = inside.cookies.iter().find(|c| c.starts_with("fq=")).unwrap();
    let cookie = token.split(';').next().unwrap();
    let again = world.get(cookie, &inside.to).await.is(200);
    assert_eq!(again.value("topic"), "屋后的&lt;沟&gt;");
    assert_eq!(again.value("guests.3.name"), "陈秀兰");
}

#[tokio::test]
async fn a_password_is_changed_only_by_who_knows_it() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let pairs = |current, new, again| [("current", current), ("password", new), ("again", again)];
    let wrong = one.post("/me/password", &pairs("x", "又一句很长的口令", "又一句很长的口令")).await;
    assert!(wrong.is(422).text.contains("账号或者密码不对"));
    let differ = one.post("/me/password", &pairs(PASSWORD, "又一句很长的口令", "别的")).await;
    assert!(differ.is(422).text.contains("不一样"));
    let new = "又一句足够长的口令哦";
    let done = one.post("/me/password", &pairs(PASSWORD, new, new)).await.is(303);
    assert!(done.cookies.iter().any(|c| c.starts_with("fq=")));
    one.get("/").await.is(303);
}

#[tokio::test]
async fn every_page_forbids_foreign_code_and_frames_and_is_not_stored() {
    let world = World::new().await;
    let one = world.enter("one").await;
    for path in ["/", "/login", LIST, "/nowhere"] {
        let answer = one.get(path).await;
        if answer.status == 303 {
            continue;
        }
        let header = |name: &str| answer.headers.get(name).unwrap().to_str().unwrap();
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "no-store");
        assert!(!answer.text.contains(" style=") && !answer.text.contains(" onclick"), "{path}");
    }
    let asset = one.get("/assets/app.css").await.is(200);
    let kept = asset.headers.get("cache-control").unwrap().to_str().unwrap();
    assert!(kept.contains("immutable"));
}

#[tokio::test]
async fn an_address_that_leads_nowhere_and_a_record_of_another_unit_look_alike() {
    let world = World::new().await;
    let (one, far) = (world.enter("one").await, world.enter("far").await);
    let id = one.visit("屋后的沟").await;
    one.get(&format!("{LIST}/{id}")).await.is(200);
    let strip = |answer: Answer| {
        let text = answer.is(404).text;
        let from = text.find("<section class=\"refused\">").unwrap();
        text[from..].split("编号").next().unwrap().to_owned()
    };
    let foreign = strip(far.get(&format!("{LIST}/{id}")).await);
    let none = strip(far.get("/nowhere").await);
    assert_eq!(foreign, none);
    far.get(&format!("{LIST}/{id}/edit")).await.is(404);
    far.post(&format!("{LIST}/{id}/do/finish"), &[]).await.is(404);
}

#[tokio::test]
async fn administration_is_for_administrators_and_they_see_no_records() {
    let world = World::new().await;
    let (one, admin) = (world.enter("one").await, world.enter("admin").await);
    let paths =
        ["/admin/units", "/admin/accounts", "/admin/accounts/one", "/admin/safety", "/admin"];
    for path in paths {
        one.get(path).await.is(403);
    }
    assert!(admin.get("/admin/accounts").await.is(200).text.contains("测试员"));
    let safety = admin.get("/admin/safety").await.is(200).text;
    assert!(safety.contains("还没有做过"));
    admin.get(LIST).await.is(404);
    admin.get(&format!("{LIST}/new")).await.is(403);
    assert_eq!(admin.get("/").await.is(303).to, "/admin/units");
}
