//! Accounts, sessions, locks.

use crate::world::{NOON, World, at, now};
use desk::{Actor, Refusal, accounts::NewAccount};

fn new(login: &str) -> NewAccount {
    NewAccount {
        login: login.to_owned(),
        name: "周明".to_owned(),
        password: "Long-enough-1".to_owned(),
        role: "mediator".to_owned(),
        unit: "560101001001".to_owned(),
    }
}

fn admin(world: &World) -> Actor {
    world.actor("system_admin", "560000")
}

#[tokio::test]
async fn sign_in_session_and_sign_out() {
    let world = World::new().await;
    world.desk.add_account(&admin(&world), &new("zhou.ming"), &now()).await.unwrap();
    let (token, session) = world.desk.sign_in("zhou.ming", "Long-enough-1", &now()).await.unwrap();
    assert_eq!(session.actor.unit.code, "560101001001");
    let again = world.desk.session(&token, &now()).await.unwrap();
    assert_eq!(again.actor, session.actor);
    assert_eq!(again.csrf, session.csrf);
    let late = at(session.expires_at);
    assert!(matches!(world.desk.session(&token, &late).await, Err(Refusal::NotSignedIn)));
    world.desk.sign_out(&token).await.unwrap();
    assert!(matches!(world.desk.session(&token, &now()).await, Err(Refusal::NotSignedIn)));
}

#[tokio::test]
async fn five_wrong_passwords_lock_for_a_quarter_of_an_hour() {
    let world = World::new().await;
    world.desk.add_account(&admin(&world), &new("zhou.ming"), &now()).await.unwrap();
    for _ in 0..5 {
        let refusal = world.desk.sign_in("zhou.ming", "wrong", &now()).await.unwrap_err();
        assert_eq!(refusal.to_string(), "账号或者密码不对，请核对后再试");
    }
    let refusal = world.desk.sign_in("zhou.ming", "Long-enough-1", &now()).await.unwrap_err();
    assert!(refusal.to_string().contains("暂时锁定"), "{refusal}");
    let later = at(NOON + 16 * 60_000);
    world.desk.sign_in("zhou.ming", "Long-enough-1", &later).await.unwrap();
    let unknown = world.desk.sign_in("nobody", "wrong", &now()).await.unwrap_err();
    assert_eq!(unknown.to_string(), "账号或者密码不对，请核对后再试");
}

#[tokio::test]
async fn locking_an_account_ends_its_sessions() {
    let world = World::new().await;
    let id = world.desk.add_account(&admin(&world), &new("zhou.ming"), &now()).await.unwrap();
    let (token, _) = world.desk.sign_in("zhou.ming", "Long-enough-1", &now()).await.unwrap();
    world.desk.set_locked(&admin(&world), &id, true, &now()).await.unwrap();
    assert!(matches!(world.desk.session(&token, &now()).await, Err(Refusal::NotSignedIn)));
    let refusal = world.desk.sign_in("zhou.ming", "Long-enough-1", &now()).await.unwrap_err();
    assert!(refusal.to_string().contains("停用"), "{refusal}");
}

#[tokio::test]
async fn accounts_are_made_by_administrators_of_the_place_only() {
    let world = World::new().await;
    for (role, unit) in [
        ("mediator", "560101001001"),
        ("county", "560101"),
        ("security_admin", "560000"),
        ("system_admin", "560200"),
    ] {
        let actor = world.actor(role, unit);
        let refusal = world.desk.add_account(&actor, &new("zhou.ming"), &now()).await.unwrap_err();
        assert!(matches!(refusal, Refusal::Forbidden { .. }), "{role} {refusal:?}");
    }
    world.desk.add_account(&admin(&world), &new("zhou.ming"), &now()).await.unwrap();
    let twice = world.desk.add_account(&admin(&world), &new("zhou.ming"), &now()).await;
    assert!(matches!(twice, Err(Refusal::Invalid(_))));
    let bad =
        NewAccount { password: "short".to_owned(), login: "Zhou Ming".to_owned(), ..new("x") };
    let Err(Refusal::Invalid(problems)) =
        world.desk.add_account(&admin(&world), &bad, &now()).await
    else {
        panic!()
    };
    let fields: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(fields, ["login", "password"]);
}
