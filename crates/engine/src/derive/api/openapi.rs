//! The contract: OpenAPI 3.1 out of the definitions. Nothing in it is written by hand twice: a new
//! field, action or paper is in the contract because it is in the definition.

use crate::{
    definition::{Action, Class, Field, Fields, House, RecordKind, Report, Required},
    kind::Shape,
};
use serde_json::{Map, Value as Json, json};

const ROOT: &str = "/api/v1";

/// The whole contract.
pub fn openapi(house: &House) -> Json {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "枫桥 Fengqiao",
            "version": house.version.chars().take(12).collect::<String>(),
            "description": "由业务定义生成。金额、小数写成文字；日期 YYYY-MM-DD；时刻 RFC 3339，\
                东八区。没有值的数据项不出现在答复里；读者无权看的数据项遮住几位，仍是文字。\
                出错时答 application/problem+json，errors 指明是哪一项、为什么、依据哪一条。",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }, { "session": [] }],
        "paths": paths(house),
        "components": {
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": "fq",
                    "description": "改动数据的请求还须带 X-CSRF-Token" },
            },
            "schemas": schemas(house),
            "parameters": parameters(),
            "responses": responses(),
        },
    })
}

/// The schema of a field's value, code tables by reference.
pub(super) fn schema(field: &Field, house: &House) -> Json {
    let code = |table: &str| json!({ "$ref": format!("#/components/schemas/code_{table}") });
    let mut schema = match field.kind.shape() {
        Shape::Code(table) => code(table),
        Shape::Codes(table) => json!({ "type": "array", "items": code(table) }),
        _ => field.kind.schema(field, house),
    };
    // A sensitive or contact value may come back masked, and a masked value has another form.
    if field.class > Class::Plain && schema.get("pattern").is_some() {
        schema = json!({ "type": "string" });
    }
    schema["title"] = Json::from(field.label.as_str());
    if !field.hint.is_empty() {
        schema["description"] = Json::from(field.hint.as_str());
    }
    if field.read_only || field.kind.shape() == Shape::Computed {
        schema["readOnly"] = Json::Bool(true);
    }
    schema
}

/// What a Word file is called on the wire.
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

fn properties(house: &House, fields: &Fields) -> Map<String, Json> {
    fields.iter().map(|f| (f.id.clone(), schema(f, house))).collect()
}

fn schemas(house: &House) -> Map<String, Json> {
    let mut all = Map::new();
    let mut add = |name: String, schema: Json| {
        all.insert(name, schema);
    };
    for (name, schema) in own_schemas() {
        add(name.to_owned(), schema);
    }
    for table in house.codes.values() {
        let codes = table.codes.iter().map(|c| json!({ "const": c.code, "title": c.name }));
        let schema = json!({ "type": "string", "oneOf": codes.collect::<Vec<_>>() });
        add(format!("code_{}", table.id), schema);
    }
    for kind in house.kinds.values() {
        for row in kind.rows.values() {
            let mut fields = properties(house, &row.fields);
            fields.insert("id".to_owned(), json!({ "type": "string" }));
            let schema = json!({ "type": "object", "title": row.label, "properties": fields,
                "required": required(&row.fields) });
            add(row.id.clone(), schema);
        }
        let fields = properties(house, &kind.fields);
        let input = json!({ "type": "object", "title": kind.label, "properties": fields,
            "additionalProperties": false });
        add(format!("{}_input", kind.id), input);
        add(kind.id.clone(), record(kind));
    }
    all
}

/// A record in an answer: its fields, and what every record has.
fn record(kind: &RecordKind) -> Json {
    let text = json!({ "type": "string" });
    let moment = json!({ "type": "string", "format": "date-time" });
    let mut state = text.clone();
    if !kind.states.is_empty() {
        let one = kind.states.iter().map(|s| json!({ "const": s.id, "title": s.label }));
        state = json!({ "type": "string", "oneOf": one.collect::<Vec<_>>() });
    }
    let mut properties = json!({
        "id": text, "version": { "type": "integer" }, "state": state, "state_label": text,
        "title": text, "unit": text, "unit_name": text, "created_at": moment,
    });
    for field in &kind.fields {
        let place = format!("#/components/schemas/{}_input/properties/{}", kind.id, field.id);
        properties[&field.id] = json!({ "$ref": place });
    }
    json!({ "type": "object", "title": kind.label, "properties": properties,
        "required": ["id", "version", "title", "unit", "created_at"] })
}

fn required(fields: &Fields) -> Vec<&str> {
    let must = |f: &&Field| {
        matches!(f.required, Required::Yes)
            && !f.read_only
            && f.default.is_empty()
            && f.show.is_none()
            && f.taken_from.is_empty()
    };
    fields.iter().filter(must).map(|f| f.id.as_str()).collect()
}

fn own_schemas() -> [(&'static str, Json); 4] {
    let text = json!({ "type": "string" });
    let finding = json!({
        "type": "object",
        "properties": {
            "field": { "type": "string", "description": "parties.0.id_number；空：整份档案" },
            "code": text, "message": text, "basis": text,
        },
        "required": ["field", "code", "message", "basis"],
    });
    let findings =
        json!({ "type": "array", "items": { "$ref": "#/components/schemas/fq_finding" } });
    let problem = json!({
        "type": "object",
        "properties": {
            "type": text, "title": text, "status": { "type": "integer" }, "detail": text,
            "errors": findings, "warnings": findings,
            "who": { "type": "string", "description": "谁可以办" },
            "current": { "type": "object", "description": "别人改过以后的档案（412）" },
        },
        "required": ["type", "title", "status", "detail", "errors"],
    });
    let done = json!({
        "type": "object",
        "description": "编发的号码按数据项名列出",
        "properties": { "id": text, "version": { "type": "integer" }, "state": text,
            "along": { "type": "array", "description": "随之生成、推动的档案（看得到的）",
                "items": { "type": "object", "properties": { "kind": text, "id": text, "title": text },
                    "required": ["kind", "id", "title"] } },
            "warnings": findings },
        "required": ["id", "version", "state", "along", "warnings"],
    });
    let answer = json!({ "type": "object" });
    [("fq_finding", finding), ("fq_problem", problem), ("fq_done", done), ("fq_answer", answer)]
}

fn parameters() -> Json {
    let query = |name: &str, schema: Json, description: &str| json!({ "name": name, "in": "query", "schema": schema, "description": description });
    let text = || json!({ "type": "string" });
    json!({
        "unit": query("unit", text(), "只要这个单位和下级的"),
        "state": query("state", text(), "只要这个状态的"),
        "list": query("list", text(), "定义里的列表；不填取第一个"),
        "q": query("q", text(), "题名、编号里的字，或者有关的人的证件号码、电话"),
        "sort": query("sort", text(), "数据项；前面加 - 为倒序"),
        "after": query("after", text(), "上一页答复里的 next"),
        "limit": query("limit", json!({ "type": "integer", "minimum": 1, "maximum": 200 }),
            "每页几条，默认 20"),
        "fields": query("fields", json!({ "const": "*" }), "* 为全部数据项"),
        "figure": query("figure", text(), "报表.栏：只要这个数字背后的档案，须同时给 period"),
        "period": query("period", text(), "2026-01、2026-01..2026-06、2026Q1、2026H1 或者 2026"),
        "as_of": query("as_of", json!({ "type": "string", "format": "date" }),
            "截至哪一天终了的数字，如 2026-06-30；不填是现在的"),
        "days": query("days", json!({ "enum": ["yes", "no"] }), "yes：每个期限逐日算出来"),
        "issue": query("issue", json!({ "type": "integer" }), "第几份已出具的；不给是最后一份，没有出具过的是草稿"),
        "draft": query("draft", json!({ "const": "yes" }), "yes：按现有内容打印的草稿"),
        "signer": query("signer", text(), "文书上签名处的名目，如“申请人”"),
        "from": query("from", text(), "开始月份 2026-01"),
        "to": query("to", text(), "结束月份 2026-06"),
        "id": { "name": "id", "in": "path", "required": true, "schema": text() },
        "confirm": { "name": "Prefer", "in": "header", "schema": { "const": "confirm" },
            "description": "有提醒时先不保存，答 409" },
        "key": { "name": "Idempotency-Key", "in": "header",
            "schema": { "type": "string", "maxLength": 200 },
            "description": "同一个号码只办一次，重复的请求得到同一个答复" },
        "if_match": { "name": "If-Match", "in": "header", "schema": text(),
            "description": "改的是哪一版；不给就不比较" },
    })
}

fn responses() -> Json {
    let problem = json!({ "application/problem+json":
        { "schema": { "$ref": "#/components/schemas/fq_problem" } } });
    let answered = |schema: &str, description: &str| {
        let schema = format!("#/components/schemas/{schema}");
        json!({ "description": description,
            "content": { "application/json": { "schema": { "$ref": schema } } } })
    };
    json!({
        "problem": { "description": "没有办成，原因在答复里", "content": problem },
        "created": answered("fq_done", "已建档"),
        "done": answered("fq_done", "已办"),
        "answer": answered("fq_answer", "答复"),
    })
}

fn by_name(names: &[&str]) -> Vec<Json> {
    let one = |name: &&str| json!({ "$ref": format!("#/components/parameters/{name}") });
    names.iter().map(one).collect()
}

/// The answers of an operation: one good one, and problems.
pub(super) fn answers(status: &str, good: &str) -> Json {
    let reference = |name: &str| json!({ "$ref": format!("#/components/responses/{name}") });
    json!({ status: reference(good), "default": reference("problem") })
}

pub(super) fn operation(id: &str, summary: &str, parameters: Vec<Json>, answers: Json) -> Json {
    json!({ "operationId": id, "summary": summary, "parameters": parameters,
        "responses": answers })
}

pub(super) fn body(schema: Json, required: bool) -> Json {
    json!({ "required": required, "content": { "application/json": { "schema": schema } } })
}

fn paths(house: &House) -> Map<String, Json> {
    let mut paths = Map::new();
    for (path, methods) in own_paths().into_iter().chain(super::inbox::paths()) {
        paths.insert(format!("{ROOT}{path}"), methods);
    }
    for kind in house.kinds.values() {
        kind_paths(house, kind, &mut paths);
    }
    for statistic in house.statistics.values() {
        let mut parameters = by_name(&["unit", "period", "from", "to", "as_of"]);
        let choice = |name: &str, from: Vec<&str>| json!({ "name": name, "in": "query", "schema": { "type": "string", "enum": from } });
        let measures = statistic.measures.iter().map(|m| m.id.as_str()).collect();
        parameters.push(choice("measure", measures));
        let mut by: Vec<&str> =
            statistic.measures.iter().flat_map(|m| &m.by).map(String::as_str).collect();
        by.sort_unstable();
        by.dedup();
        if !by.is_empty() {
            parameters.push(choice("by", by));
        }
        let id = format!("statistic_{}", statistic.id);
        let get = operation(&id, &statistic.label, parameters, answers("200", "answer"));
        paths.insert(format!("{ROOT}/statistics/{}", statistic.id), json!({ "get": get }));
    }
    for report in house.reports.values() {
        let parameters = by_name(&["unit", "period", "from", "to", "as_of"]);
        let id = format!("report_{}", report.id);
        let get = operation(&id, &report.label, parameters.clone(), answers("200", "answer"));
        paths.insert(format!("{ROOT}/reports/{}", report.id), json!({ "get": get }));
        let file = file_answer(
            "电子表格",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        );
        let get = operation(&format!("{id}_sheet"), &report.label, parameters, file);
        paths.insert(format!("{ROOT}/reports/{}.xlsx", report.id), json!({ "get": get }));
        let file = file_answer("印成的表", "application/pdf");
        let parameters = by_name(&["unit", "period", "from", "to", "as_of"]);
        let get = operation(&format!("{id}_print"), &report.label, parameters, file);
        paths.insert(format!("{ROOT}/reports/{}.pdf", report.id), json!({ "get": get }));
        if !report.confirms.is_empty() {
            filing_paths(report, &mut paths);
        }
    }
    paths
}

/// Confirming a report, and ruling on what was confirmed.
fn filing_paths(report: &Report, paths: &mut Map<String, Json>) {
    let text = || json!({ "type": "string" });
    let (id, label) = (&report.id, &report.label);
    let get = operation(
        &format!("filing_{id}"),
        &format!("{label}：确认到哪一步，确认以后有什么变化"),
        by_name(&["unit", "period"]),
        answers("200", "answer"),
    );
    let mut confirm = operation(
        &format!("filing_{id}_confirm"),
        &format!("{label}：确认本单位一期的数字"),
        Vec::new(),
        answers("201", "answer"),
    );
    let explanations = json!({ "type": "object", "additionalProperties": text(),
        "description": "没有理顺的情况逐项说明，按 open 里的 id" });
    confirm["requestBody"] = body(
        json!({ "type": "object", "required": ["period"], "additionalProperties": false,
            "properties": { "unit": text(), "period": text(), "seen": text(), "reason": text(),
                "explanations": explanations } }),
        true,
    );
    let own = format!("{ROOT}/filings/{id}");
    paths.insert(own.clone(), json!({ "get": get, "post": confirm }));
    let mut rule = operation(
        &format!("filing_{id}_rule"),
        &format!("{label}：审核、退回或者撤回"),
        by_name(&["id"]),
        answers("200", "answer"),
    );
    rule["requestBody"] = body(
        json!({ "type": "object", "required": ["ruling"], "additionalProperties": false,
            "properties": { "unit": text(), "version": { "type": "integer" }, "reason": text(),
                "ruling": { "enum": ["approve", "return", "withdraw"] } } }),
        true,
    );
    paths.insert(format!("{own}/{{id}}"), json!({ "post": rule }));
}

/// Opening one file with a reason, and the files behind a figure.
fn reason_paths(kind: &RecordKind, root: &str, paths: &mut Map<String, Json>) {
    let (id, label) = (&kind.id, &kind.label);
    let asks = by_name(&["unit", "figure", "period", "after", "limit"]);
    let summary = format!("数字背后的{label}：只有编号和保管单位");
    let get = operation(&format!("{id}.behind"), &summary, asks, answers("200", "answer"));
    paths.insert(format!("{root}/behind"), json!({ "get": get }));
    let mut post = operation(
        &format!("{id}.look"),
        &format!("写理由查看{label}：24小时内有效，每次都有记录"),
        by_name(&["id"]),
        answers("201", "answer"),
    );
    let text = |least: u32| json!({ "type": "string", "minLength": least, "maxLength": 200 });
    post["requestBody"] = body(
        json!({ "type": "object", "required": ["why", "basis"], "additionalProperties": false,
            "properties": { "why": text(5), "basis": text(2) } }),
        true,
    );
    paths.insert(format!("{root}/{{id}}/look"), json!({ "post": post }));
}

fn file_answer(description: &str, content_type: &str) -> Json {
    json!({
        "200": { "description": description, "content": { content_type: {} } },
        "default": { "$ref": "#/components/responses/problem" },
    })
}

fn kind_paths(house: &House, kind: &RecordKind, paths: &mut Map<String, Json>) {
    let (id, label) = (&kind.id, &kind.label);
    let root = format!("{ROOT}/records/{id}");
    let input = json!({ "$ref": format!("#/components/schemas/{id}_input") });
    let whole = json!({ "allOf": [input], "required": required(&kind.fields) });
    let mut create = operation(
        &format!("{id}.create"),
        &format!("新建{label}"),
        by_name(&["key", "confirm"]),
        answers("201", "created"),
    );
    create["requestBody"] = body(whole, true);
    let list = list_operation(kind);
    paths.insert(root.clone(), json!({ "get": list, "post": create }));

    let schema = json!({ "$ref": format!("#/components/schemas/{id}") });
    let found = json!({
        "200": { "description": label, "headers": { "ETag": { "schema": { "type": "string" } } },
            "content": { "application/json": { "schema": schema } } },
        "default": { "$ref": "#/components/responses/problem" },
    });
    let get = operation(&format!("{id}.read"), &format!("查看{label}"), by_name(&["id"]), found);
    let mut change = operation(
        &format!("{id}.change"),
        &format!("修改{label}"),
        by_name(&["id", "if_match", "key", "confirm"]),
        answers("200", "done"),
    );
    change["requestBody"] = body(input, true);
    paths.insert(format!("{root}/{{id}}"), json!({ "get": get, "patch": change }));
    for (part, summary) in [("log", "日志"), ("deadlines", "期限")] {
        let name = format!("{id}.{part}");
        let asks: &[&str] = if part == "deadlines" { &["id", "days"] } else { &["id"] };
        let get = operation(&name, summary, by_name(asks), answers("200", "answer"));
        paths.insert(format!("{root}/{{id}}/{part}"), json!({ "get": get }));
    }
    if !kind.draws.is_empty() {
        let summary = format!("{label}：按种子和总体重抽一遍，是不是相同");
        let get =
            operation(&format!("{id}.draw"), &summary, by_name(&["id"]), answers("200", "answer"));
        paths.insert(format!("{root}/{{id}}/draw"), json!({ "get": get }));
    }
    if !kind.permissions.reason.is_empty() {
        reason_paths(kind, &root, paths);
    }
    // What only another record's act sets off is no address of its own.
    for action in kind.actions.iter().filter(|action| !action.pushed_only) {
        let path = format!("{root}/{{id}}/actions/{}", action.id);
        paths.insert(path, json!({ "post": action_operation(house, kind, action) }));
    }
    for document in &kind.documents {
        let name = format!("{id}.documents.{}", document.id);
        let file = file_answer(&document.label, "application/pdf");
        let get = operation(&name, &document.label, by_name(&["id", "issue", "draft"]), file);
        let path = format!("{root}/{{id}}/documents/{}", document.id);
        paths.insert(format!("{path}.pdf"), json!({ "get": get }));
        let label = format!("{}：Word 稿（草稿，供修改）", document.label);
        let file = file_answer(&label, DOCX);
        let get = operation(&format!("{name}.word"), &label, by_name(&["id"]), file);
        paths.insert(format!("{path}.docx"), json!({ "get": get }));
        let about = |what: &str| format!("{what}（{}）", document.label);
        let mut post = operation(
            &format!("{name}.issue"),
            &about("出具，写了理由的是更正"),
            by_name(&["id"]),
            answers("201", "answer"),
        );
        post["responses"]["200"] = json!({ "$ref": "#/components/responses/answer" });
        let reason = json!({ "type": "string", "maxLength": 200 });
        post["requestBody"] =
            body(json!({ "type": "object", "properties": { "reason": reason } }), false);
        paths.insert(path.clone(), json!({ "post": post }));
        let get = operation(
            &format!("{name}.signatures"),
            &about("屏幕签名"),
            by_name(&["id"]),
            answers("200", "answer"),
        );
        let mut post = operation(
            &format!("{name}.sign"),
            &about("在屏幕上签名"),
            by_name(&["id", "signer"]),
            answers("200", "answer"),
        );
        post["requestBody"] = json!({ "content": { "image/png": {}, "image/jpeg": {} } });
        paths.insert(format!("{path}/signatures"), json!({ "get": get, "post": post }));
    }
    if !kind.documents.is_empty() {
        let get = operation(
            &format!("{id}.documents"),
            "已出具的文书",
            by_name(&["id"]),
            answers("200", "answer"),
        );
        paths.insert(format!("{root}/{{id}}/documents"), json!({ "get": get }));
    }
    for dossier in &kind.dossiers {
        let name = format!("{id}.dossiers.{}", dossier.id);
        let path = format!("{root}/{{id}}/dossiers/{}", dossier.id);
        let label = format!("{}：卷内有什么、缺什么", dossier.label);
        let get = operation(&name, &label, by_name(&["id"]), answers("200", "answer"));
        paths.insert(path.clone(), json!({ "get": get }));
        let file = file_answer(&dossier.label, "application/pdf");
        let get = operation(&format!("{name}.file"), &dossier.label, by_name(&["id"]), file);
        paths.insert(format!("{path}.pdf"), json!({ "get": get }));
    }
}

fn list_operation(kind: &RecordKind) -> Json {
    let (id, label) = (&kind.id, &kind.label);
    let mut parameters = by_name(&[
        "list", "unit", "state", "q", "sort", "after", "limit", "fields", "figure", "period",
    ]);
    let by_field =
        |f: &&Field| f.class == Class::Plain && !matches!(f.kind.shape(), Shape::Rows(_));
    for field in kind.fields.iter().filter(by_field) {
        let description = match field.kind.shape() {
            Shape::Date => format!("{}，可写 2026-01-01..2026-03-31", field.label),
            _ => field.label.clone(),
        };
        parameters.push(json!({ "name": field.id, "in": "query", "description": description,
            "schema": { "type": "string" } }));
    }
    let page = json!({
        "type": "object",
        "properties": {
            "items": { "type": "array",
                "items": { "$ref": format!("#/components/schemas/{id}") } },
            "next": { "type": ["string", "null"], "description": "下一页的 after；没有了为 null" },
        },
        "required": ["items", "next"],
    });
    let found = json!({
        "200": { "description": label, "content": { "application/json": { "schema": page } } },
        "default": { "$ref": "#/components/responses/problem" },
    });
    operation(&format!("{id}.list"), &format!("{label}列表"), parameters, found)
}

fn action_operation(house: &House, kind: &RecordKind, action: &Action) -> Json {
    let mut asked = Map::new();
    let mut must = Vec::new();
    for ask in &action.asks {
        let Some(field) = kind.fields.get(&ask.field) else { continue };
        let mut one = schema(field, house);
        if let Some(map) = one.as_object_mut() {
            map.remove("readOnly");
        }
        asked.insert(field.id.clone(), one);
        if ask.required && ask.default.is_empty() && field.default.is_empty() {
            must.push(field.id.as_str());
        }
    }
    let input = json!({ "type": "object", "properties": asked, "additionalProperties": false });
    let mut post = operation(
        &format!("{}.actions.{}", kind.id, action.id),
        &format!("{}（{}）", action.label, kind.label),
        by_name(&["id", "if_match", "key", "confirm"]),
        answers("200", "done"),
    );
    if !action.help.is_empty() {
        post["description"] = Json::from(action.help.as_str());
    }
    post["requestBody"] = body(input, !must.is_empty());
    if !must.is_empty() {
        post["requestBody"]["description"] = Json::from(format!("须填：{}", must.join("、")));
    }
    post
}

fn own_paths() -> Vec<(&'static str, Json)> {
    let answer = || answers("200", "answer");
    let get = |id: &str, summary: &str, parameters: Vec<Json>| json!({ "get": operation(id, summary, parameters, answer()) });
    let query = |name: &str, required: bool, schema: Json| json!({ "name": name, "in": "query", "required": required, "schema": schema });
    let text = || json!({ "type": "string" });
    let number = || json!({ "type": "integer" });
    let mut login = operation("login", "登录", Vec::new(), answer());
    login["security"] = json!([]);
    login["requestBody"] = body(
        json!({ "type": "object", "required": ["account", "password"], "properties": {
            "account": text(), "password": text(), "otp": text() } }),
        true,
    );
    let mut logout = operation("logout", "退出", Vec::new(), answers("204", "answer"));
    logout["responses"]["204"] = json!({ "description": "已退出" });
    let known = |id: &str, summary: &str, properties: Json| {
        let mut post = operation(id, summary, Vec::new(), answer());
        post["requestBody"] = body(json!({ "type": "object", "properties": properties }), true);
        json!({ "post": post })
    };
    let changed = |id: &str, summary: &str, must: Json, properties: Json| {
        let headers = by_name(&["id", "if_match", "key", "confirm"]);
        let mut post = operation(id, summary, headers, answers("200", "done"));
        let input = json!({ "type": "object", "required": must, "properties": properties,
            "additionalProperties": false });
        post["requestBody"] = body(input, true);
        json!({ "post": post })
    };
    let reason = || json!({ "type": "string", "maxLength": 200 });
    let joined = |id: &str, summary: &str| {
        changed(
            id,
            summary,
            json!(["into", "reason"]),
            json!({ "into": text(), "into_version": number(), "reason": reason(),
                "take": { "type": "array", "items": text(),
                    "description": "两份不同而用本份的值的项目；留下的一份没有的自动补上" } }),
        )
    };
    let parted = |id: &str, summary: &str| {
        changed(id, summary, json!(["reason"]), json!({ "reason": reason() }))
    };
    let mut contract = operation("openapi", "本接口约定", Vec::new(), answer());
    contract["security"] = json!([]);
    let definition_path = json!({ "name": "kind", "in": "path", "required": true,
        "schema": text() });
    let mut scans = operation("scans", "签名件归档：扫描件按二维码归到文书", Vec::new(), answer());
    scans["requestBody"] = json!({ "required": true,
        "content": { "application/pdf": {}, "image/jpeg": {}, "image/png": {} } });
    vec![
        ("/scans", json!({ "post": scans })),
        ("/login", json!({ "post": login })),
        ("/logout", json!({ "post": logout })),
        ("/openapi.json", json!({ "get": contract })),
        ("/definitions", get("definitions", "全部定义", Vec::new())),
        ("/definitions/{kind}", get("definition", "一种档案的定义", vec![definition_path])),
        (
            "/people/match",
            known(
                "match_people",
                "查找人员档案",
                json!({ "name": text(), "id_number": text(), "phone": text() }),
            ),
        ),
        ("/people/{id}", get("person_whole", "一个人的全部身份", by_name(&["id"]))),
        (
            "/organizations/match",
            known(
                "match_organizations",
                "查找单位档案",
                json!({ "name": text(), "uscc": text(), "phone": text() }),
            ),
        ),
        ("/people/{id}/merge", joined("merge_person", "并入另一份人员档案")),
        ("/people/{id}/unmerge", parted("unmerge_person", "撤销人员档案的合并")),
        ("/organizations/{id}/merge", joined("merge_organization", "并入另一份单位档案")),
        ("/organizations/{id}/unmerge", parted("unmerge_organization", "撤销单位档案的合并")),
        ("/organizations/{id}", get("organization_whole", "一个单位的全部身份", by_name(&["id"]))),
        (
            "/search",
            get(
                "search",
                "查找：姓名、拼音、证件号、电话、案号或者文中的字",
                vec![
                    query("q", true, json!({ "type": "string", "maxLength": 60 })),
                    query("kind", false, text()),
                    query("after", false, text()),
                    query("limit", false, number()),
                ],
            ),
        ),
        ("/filings", get("filings", "等本单位办理的报表", Vec::new())),
        (
            "/changes",
            get(
                "changes",
                "一个县的变更流水",
                vec![
                    query("county", false, text()),
                    query("after", false, number()),
                    query("limit", false, number()),
                ],
            ),
        ),
        (
            "/looks",
            get("looks", "写理由查看的记录，新的在前", by_name(&["unit", "after", "limit"])),
        ),
        ("/units", get("units", "下级单位", vec![query("parent", false, text())])),
    ]
}
