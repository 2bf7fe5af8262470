//! The house's own tables, beside those of records and those the keeper relies on.

use engine::query::{Column, Placement, Table};

/// All of them.
pub fn tables() -> Vec<Table> {
    vec![
        unit(),
        account(),
        post(),
        session(),
        registry(),
        draft(),
        deadline(),
        journal(),
        filing(),
        snooze(),
        leave(),
        feed(),
        calendar(),
        idempotency(),
        mark(),
        paper(),
        signature(),
        scan(),
        guard(),
        look(),
        draw(),
    ]
}

fn unit() -> Table {
    let columns = vec![
        Column::text("code").required(),
        Column::text("name").required(),
        Column::text("level").required(),
        Column::text("parent"),
        Column::text("path").required(),
        Column::text("county").required(),
        Column::text("valid_from"),
        Column::text("valid_to"),
        Column::text("successor"),
    ];
    Table::new("unit", Placement::Reference, &["code"], columns).index(&["parent"])
}

fn account() -> Table {
    let columns = vec![
        Column::text("id").required(),
        Column::text("login").required(),
        Column::text("name").required(),
        Column::text("password"),
        Column::text("state").required(),
        Column::text("unit").required(),
        Column::int("failures").required(),
        Column::int("locked_until").required(),
        Column::int("version").required(),
        Column::int("created_at").required(),
        Column::text("created_by").required(),
    ];
    Table::new("account", Placement::Reference, &["id"], columns)
        .unique(&["login"])
        .index(&["unit"])
}

/// A post: a role held for a unit.
fn post() -> Table {
    let columns = vec![
        Column::text("account").required(),
        Column::text("role").required(),
        Column::text("unit").required(),
    ];
    Table::new("post", Placement::Reference, &["account", "role", "unit"], columns).index(&["unit"])
}

/// Reasons that were written to open a file; none is ever changed.
fn look() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("id").required(),
        Column::text("kind").required(),
        Column::text("record").required(),
        Column::text("number"),
        Column::text("unit").required(),
        Column::text("path").required(),
        Column::text("account").required(),
        Column::text("name").required(),
        Column::text("role").required(),
        Column::text("by_unit").required(),
        Column::text("why").required(),
        Column::text("basis").required(),
        Column::int("at").required(),
        Column::int("until").required(),
    ];
    Table::new("look", Placement::County, &["county", "id"], columns)
        .index(&["county", "record", "account"])
        .index(&["id"])
}

/// Seeds that were promised, sealed, and the frames that were drawn from.
fn draw() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("record").required(),
        Column::text("kind").required(),
        Column::text("seed").required(),
        Column::int("at").required(),
        Column::text("frame"),
        Column::int("drawn_at"),
    ];
    Table::new("draw", Placement::County, &["county", "record"], columns)
}

/// Counters of what rules ask about together: `what` is `kind.column`, `record` what it names.
fn guard() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("what").required(),
        Column::text("record").required(),
        Column::int("version").required(),
    ];
    Table::new("guard", Placement::County, &["county", "what", "record"], columns)
}

/// Sessions of people and tokens of programs; only the hash of the secret is kept.
fn session() -> Table {
    let columns = vec![
        Column::text("hash").required(),
        Column::text("account").required(),
        Column::text("role").required(),
        Column::text("unit").required(),
        Column::text("kind").required(),
        Column::text("label"),
        Column::int("created_at").required(),
        Column::int("expires_at").required(),
    ];
    Table::new("session", Placement::Reference, &["hash"], columns).index(&["account"])
}

/// Keyed hashes of numbers by which archives are found. `slot` is [`SOLE`] where a value may be
/// there only once in the whole house, so that the key alone refuses a second one, and the record's
/// id where several may share it. One tree and no other index: hashes fall everywhere, and every
/// index would cost a page of writing for each.
fn registry() -> Table {
    let columns = vec![
        Column::text("kind").required(),
        Column::text("field").required(),
        Column::text("hash").required(),
        Column::text("slot").required(),
        Column::text("record").required(),
        Column::text("county").required(),
    ];
    Table::new("registry", Placement::Reference, &["kind", "field", "hash", "slot"], columns)
}

/// The slot of a value that may be there only once.
pub const SOLE: &str = "1";

/// What somebody has typed and not yet sent.
fn draft() -> Table {
    let columns = vec![
        Column::text("account").required(),
        Column::text("id").required(),
        Column::text("kind").required(),
        Column::text("record"),
        Column::text("action"),
        Column::text("title"),
        Column::text("body").required(),
        Column::text("page"),
        Column::int("updated_at").required(),
    ];
    Table::new("draft", Placement::Reference, &["account", "id"], columns)
        .index(&["account", "updated_at"])
}

/// Running and ended time limits of records: the inbox is a list of these.
fn deadline() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("id").required(),
        Column::text("kind").required(),
        Column::text("record").required(),
        Column::text("rule").required(),
        Column::text("unit").required(),
        Column::text("path").required(),
        Column::text("title").required(),
        Column::text("due"),
        Column::text("warn"),
        Column::text("words"),
        Column::int("done").required(),
        Column::text("created_by"),
        // Since limits explain themselves: what each was worked out from, and what follows.
        Column::text("given"),
        Column::text("at"),
        Column::int("stopped"),
        Column::text("ended"),
        Column::text("law"),
        Column::text("county_on"),
        Column::text("city_on"),
        Column::text("province_on"),
        // Since the inbox says whose turn it is: the record's state, and to whom it was given, by
        // whom, when, for which unit and with what words.
        Column::text("state"),
        Column::text("assignee"),
        Column::text("assigned_by"),
        Column::int("assigned_at"),
        Column::text("assigned_for"),
        Column::text("assigned_note"),
        // Since the house acts when a limit has passed (到期 推): when it last tried, and why it could
        // not.
        Column::text("tried"),
        Column::text("refused"),
    ];
    Table::new("deadline", Placement::County, &["county", "id"], columns)
        .index(&["county", "record"])
        .index(&["county", "done", "path", "due"])
        .index(&["county", "done", "due", "id"])
        .index(&["done", "due", "id"])
}

/// What changed the counters: a line for each act, statistic and month, kept where the record is.
/// The key is the order in which it is read, "what was added to these statistics since then", and
/// lines come at its end.
fn journal() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("statistic").required(),
        Column::int("at").required(),
        Column::text("record").required(),
        Column::int("version").required(),
        Column::text("period").required(),
        Column::text("path").required(),
        Column::text("kind").required(),
        Column::text("cells").required(),
    ];
    Table::new("journal", Placement::County, &JOURNAL_KEY, columns)
}

/// The primary key of the journal.
pub const JOURNAL_KEY: [&str; 7] =
    ["county", "statistic", "at", "record", "version", "period", "path"];

/// Reports as they were confirmed. Figures, hash and round of a row never change; how it went on
/// does.
fn filing() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("id").required(),
        Column::text("report").required(),
        Column::text("unit").required(),
        Column::text("first").required(),
        Column::text("last").required(),
        Column::int("round").required(),
        Column::text("state").required(),
        Column::text("figures").required(),
        Column::text("hash").required(),
        Column::text("definition").required(),
        Column::text("open"),
        Column::text("reason"),
        Column::int("at").required(),
        Column::text("by").required(),
        Column::text("by_name").required(),
        Column::int("decided_at"),
        Column::text("decided_by"),
        Column::text("decided_name"),
        Column::text("decision"),
        Column::int("version").required(),
    ];
    Table::new("filing", Placement::County, &["county", "id"], columns)
        .unique(&["county", "report", "unit", "first", "last", "round"])
        .index(&["county", "state", "unit"])
}

/// Limits that somebody looks away from until a day.
fn snooze() -> Table {
    let columns = vec![
        Column::text("account").required(),
        Column::text("item").required(),
        Column::text("until").required(),
        Column::text("reason").required(),
        Column::int("at").required(),
    ];
    Table::new("snooze", Placement::Reference, &["account", "item"], columns).index(&["item"])
}

/// Days on which somebody stands in for somebody else.
fn leave() -> Table {
    let columns = vec![
        Column::text("id").required(),
        Column::text("account").required(),
        Column::text("deputy").required(),
        Column::text("unit").required(),
        Column::text("from_on").required(),
        Column::text("to_on").required(),
        Column::text("note"),
        Column::int("created_at").required(),
    ];
    Table::new("leave", Placement::Reference, &["id"], columns)
        .index(&["account"])
        .index(&["deputy"])
}

/// Calendar feeds; only the hash of the secret address is kept.
fn feed() -> Table {
    let columns = vec![
        Column::text("account").required(),
        Column::text("hash").required(),
        Column::text("role").required(),
        Column::text("unit").required(),
        Column::int("created_at").required(),
    ];
    Table::new("feed", Placement::Reference, &["account"], columns).unique(&["hash"])
}

/// Holidays and make-up days of the years that were brought since the program was built.
fn calendar() -> Table {
    let columns = vec![
        Column::text("date").required(),
        Column::int("year").required(),
        Column::int("rest").required(),
        Column::text("name").required(),
        Column::text("basis"),
    ];
    Table::new("calendar", Placement::Reference, &["date"], columns).index(&["year"])
}

/// Named texts that processes on one database agree by.
fn mark() -> Table {
    let columns = vec![Column::text("name").required(), Column::text("value").required()];
    Table::new("mark", Placement::Reference, &["name"], columns)
}

/// Answers already given under an Idempotency-Key.
fn idempotency() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("account").required(),
        Column::text("key").required(),
        Column::text("request").required(),
        Column::text("kind").required(),
        Column::text("record").required(),
        Column::int("version").required(),
        Column::text("answer").required(),
        Column::int("at").required(),
    ];
    Table::new("idempotency", Placement::County, &["county", "account", "key"], columns)
        .index(&["at"])
}

/// Papers that were issued, each written once; only its signed copy comes later.
fn paper() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("id").required(),
        Column::text("kind").required(),
        Column::text("record").required(),
        Column::text("unit").required(),
        Column::text("path").required(),
        Column::text("title").required(),
        Column::text("document").required(),
        Column::text("label").required(),
        Column::text("number"),
        Column::int("issue").required(),
        Column::int("version").required(),
        Column::text("hash").required(),
        Column::int("pages").required(),
        Column::int("at").required(),
        Column::text("by").required(),
        Column::text("cites"),
        Column::text("reason"),
        Column::text("signed"),
        Column::int("signed_at"),
        Column::text("signed_by"),
        Column::int("awaited").required(),
    ];
    Table::new("paper", Placement::County, &["county", "id"], columns)
        .unique(&["county", "record", "document", "issue"])
        .index(&["county", "awaited", "unit", "id"])
}

/// Signatures made on a screen.
fn signature() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("id").required(),
        Column::text("kind").required(),
        Column::text("record").required(),
        Column::text("document").required(),
        Column::text("signer").required(),
        Column::text("content").required(),
        Column::text("file"),
        Column::int("at").required(),
        Column::text("by").required(),
        Column::text("device"),
    ];
    Table::new("signature", Placement::County, &["county", "id"], columns)
        .index(&["county", "record", "document", "id"])
}

/// Scans that nobody could tell the paper of.
fn scan() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("id").required(),
        Column::text("unit").required(),
        Column::text("role").required(),
        Column::text("path").required(),
        Column::text("file").required(),
        Column::text("why").required(),
        Column::int("at").required(),
        Column::text("by").required(),
        Column::int("done").required(),
        Column::text("paper"),
    ];
    Table::new("scan", Placement::County, &["county", "id"], columns)
        .index(&["county", "done", "unit", "id"])
}
