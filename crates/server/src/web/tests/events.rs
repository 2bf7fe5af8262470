//! What passes between businesses.

use super::world::*;

#[tokio::test]
async fn what_passes_between_businesses_is_drawn_out_of_their_definitions() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let page = one.get("/between").await.is(200).text;
    for text in
        ["试验 → 出行", "走访 · 派车", "花费多于", "走访要用的车", "走访 · 供选用", "带去：事由"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert_eq!(page.matches("class=\"tip\"").count(), 2, "one arrow for each");
    assert!(page.contains("<a href=\"/b/trial/visit\">走访</a>"));
    assert!(!page.contains("/b/road/trip"), "no way to records that one may not see");
    assert!(one.get("/b/trial").await.is(200).text.contains("/between?business=trial"));
    let own = one.get("/between?business=trial").await.is(200).text;
    assert!(own.contains("试验的流转") && own.contains("走访 · 派车"));
    one.get("/between?business=nothing").await.is(404);
    let admin = world.enter("admin").await;
    let page = admin.get("/between").await.is(200).text;
    assert!(page.contains("出车单") && !page.contains("/b/trial/visit"));
}
