
use super::world::World;
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore]
async fn timing() {
    let world = World::on_disk().await;
    for _ in 0..60 { world.recorded().await; }
    for path in ["/records/mediation_case", "/records/mediation_case?fields=*", "/tasks"] {
        let first = world.get("mediator", path).await;
        let t = std::time::Instant::now();
        for _ in 0..2000 { world.get("mediator", path).await; }
        eprintln!("{path} {} bytes {:?} each", first.bytes.len(), t.elapsed() / 2000);
    }
    let ask = desk::ask::ListAsk { kind: "mediation_case".into(), whole: true, ..Default::default() };
    let m = crate::clock::now("");
    let s = world.app.desk.session(world.token("mediator"), &m).await.unwrap();
    let t = std::time::Instant::now();
    for _ in 0..2000 { world.app.desk.list(&s.actor, &ask).await.unwrap(); }
    eprintln!("desk.list whole {:?}", t.elapsed() / 2000);
    let ask = desk::ask::ListAsk { whole: false, ..ask };
    let t = std::time::Instant::now();
    for _ in 0..2000 { world.app.desk.list(&s.actor, &ask).await.unwrap(); }
    eprintln!("desk.list {:?}", t.elapsed() / 2000);
}
