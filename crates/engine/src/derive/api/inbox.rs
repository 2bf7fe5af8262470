//! The contract of the inbox and of what belongs to it: the same for all definitions.

use super::openapi::{answers, body, operation};
use serde_json::{Value as Json, json};

fn text() -> Json {
    json!({ "type": "string" })
}

fn choice(values: &[&str]) -> Json {
    json!({ "type": "string", "enum": values })
}

fn query(name: &str, description: &str, schema: Json) -> Json {
    json!({ "name": name, "in": "query", "required": false, "description": description,
        "schema": schema })
}

fn get(id: &str, summary: &str, parameters: Vec<Json>) -> Json {
    operation(id, summary, parameters, answers("200", "answer"))
}

fn post(id: &str, summary: &str, required: &[&str], properties: Json) -> Json {
    let mut post = operation(id, summary, Vec::new(), answers("200", "answer"));
    let schema = json!({ "type": "object", "properties": properties, "required": required,
        "additionalProperties": false });
    post["requestBody"] = body(schema, !required.is_empty());
    json!({ "post": post })
}

fn made(mut path: Json, what: &str) -> Json {
    path["post"]["responses"] = json!({ "201": { "description": what },
        "default": { "$ref": "#/components/responses/problem" } });
    path
}

fn ended(id: &str, summary: &str, parameters: Vec<Json>) -> Json {
    let mut end = operation(id, summary, parameters, answers("204", "answer"));
    end["responses"]["204"] = json!({ "description": summary });
    end
}

/// Addresses with what they answer.
pub(super) fn paths() -> Vec<(&'static str, Json)> {
    let number = || json!({ "type": "integer", "minimum": 0 });
    let day = || json!({ "type": "string", "format": "date" });
    let groups = ["raised", "late", "today", "soon", "mine", "others", "snoozed"];
    let tasks = vec![
        query("group", "逾期、今天、近期、等我办、等别人办、下级超期上报、已暂缓", choice(&groups)),
        query("business", "业务", text()),
        query("kind", "档案种类", text()),
        query("unit", "单位和下级", text()),
        query("person", "交给谁：账号，me 为自己，none 为未交办", text()),
        query("from", "到期不早于", day()),
        query("to", "到期不晚于", day()),
        query("sort", "排序", choice(&["due", "-due", "kind", "unit"])),
        query("offset", "从第几件起", number()),
        query("limit", "最多几件", number()),
    ];
    let items = || json!({ "type": "array", "items": text(), "maxItems": 200 });
    let leave = json!({ "from": day(), "to": day(), "deputy": text(), "note": text() });
    let id = json!({ "name": "id", "in": "path", "required": true, "schema": text() });
    let mut leaves =
        made(post("hand_over", "请假期间交由同事代办", &["from", "to", "deputy"], leave), "已安排");
    leaves["get"] = get("leaves", "代办安排", Vec::new());
    let mut feed =
        made(post("renew_feed", "开启或者更换日历订阅地址", &[], json!({})), "地址，只给一次");
    feed["get"] = get("feed", "日历订阅", Vec::new());
    feed["delete"] = ended("end_feed", "关闭日历订阅", Vec::new());
    let days = vec![query("from", "第一日", day()), query("to", "最后一日", day())];
    vec![
        ("/tasks", json!({ "get": get("tasks", "待办", tasks) })),
        (
            "/tasks/colleagues",
            json!({ "get": get("colleagues", "可以交给谁", vec![query("item", "事项", text())]) }),
        ),
        (
            "/tasks/assign",
            post(
                "assign",
                "交办",
                &["items", "to"],
                json!({ "items": items(), "to": text(), "note": text() }),
            ),
        ),
        ("/tasks/recall", post("recall", "收回交办", &["items"], json!({ "items": items() }))),
        (
            "/tasks/snooze",
            post(
                "snooze",
                "暂缓",
                &["items", "until", "reason"],
                json!({ "items": items(), "until": day(), "reason": text(),
                    "confirm": { "type": "boolean", "description": "超过期限末日时须为真" } }),
            ),
        ),
        ("/tasks/wake", post("wake", "恢复", &["items"], json!({ "items": items() }))),
        ("/calendar", json!({ "get": get("calendar", "每日到期件数和工作日", days) })),
        ("/digest", json!({ "get": get("digest", "日报", Vec::new()) })),
        ("/leaves", leaves),
        ("/leaves/{id}", json!({ "delete": ended("end_leave", "取消代办", vec![id]) })),
        ("/feed", feed),
    ]
}
