//! Accounts, posts, sessions and tokens.
//!
//! Three administrators share the power (GB/T 22239, 三权分立): the system administrator makes
//! accounts, the security administrator gives posts and locks, the auditor reads the log.

use crate::{
    Actor, Desk, Moment, Refusal,
    access::holds_unit,
    ops::values,
    seal::{hash, hex},
};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use engine::{
    problem::Problem,
    query::{Cell, Filter, Select, Sort},
};
use serde_json::{Map, Value as Json, json};
use store::seam::{Commit, Operation, StoreError};

/// How long a session lasts without being renewed: a working day.
pub const SESSION_MS: i64 = 12 * 3_600_000;
const FAILURES_TO_LOCK: i64 = 5;
const LOCK_MS: i64 = 15 * 60_000;
const LEAST_PASSWORD: usize = 10;

/// Somebody signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who acts, in which post.
    pub actor: Actor,
    /// Login name.
    pub login: String,
    /// Secret that forms must send back; derived from the session's secret.
    pub csrf: String,
    /// When it ends, in milliseconds.
    pub expires_at: i64,
}

/// An account as administrators see it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Id.
    pub id: String,
    /// Login name.
    pub login: String,
    /// What the person is called.
    pub name: String,
    /// `active` or `locked`.
    pub state: String,
    /// Unit it belongs to.
    pub unit: String,
    /// Posts: role and unit.
    pub posts: Vec<(String, String)>,
}

/// A new account.
#[derive(Clone, Debug, Default)]
pub struct NewAccount {
    /// Login name: 3 to 40 lower-case letters, digits, `_`, `-`, `.`.
    pub login: String,
    /// What the person is called.
    pub name: String,
    /// First password.
    pub password: String,
    /// Role of the first post.
    pub role: String,
    /// Unit of the first post.
    pub unit: String,
}

struct Kept {
    id: String,
    name: String,
    password: String,
    state: String,
    failures: i64,
    locked_until: i64,
    version: i64,
    unit: String,
}

impl Desk {
    /// Signs in with a password. Gives the secret to be sent with every request, and the session.
    pub async fn sign_in(
        &self,
        login: &str,
        password: &str,
        moment: &Moment,
    ) -> Result<(String, Session), Refusal> {
        let wrong = || Refusal::SignIn("账号或者密码不对，请核对后再试".to_owned());
        let kept = self.kept(login).await?;
        let Some(kept) = kept else {
            // An unknown account costs as much time as a known one.
            check_password(password, DUMMY);
            return Err(wrong());
        };
        if kept.locked_until > moment.at {
            let minutes = (kept.locked_until - moment.at) / 60_000 + 1;
            let message = format!("密码连续输错，账号已暂时锁定，请{minutes}分钟后再试");
            return Err(Refusal::SignIn(message));
        }
        if !check_password(password, &kept.password) {
            self.failed(&kept, moment).await?;
            return Err(wrong());
        }
        if kept.state != "active" {
            return Err(Refusal::SignIn("账号已停用，请联系管理员".to_owned()));
        }
        self.open_session(&kept.id, &kept.name, login, None, "web", SESSION_MS, moment).await
    }

    async fn kept(&self, login: &str) -> Result<Option<Kept>, Refusal> {
        const COLUMNS: [&str; 8] =
            ["id", "name", "password", "state", "failures", "locked_until", "version", "unit"];
        let select =
            Select::from("account", &COLUMNS).filter(Filter::equal("login", login)).limit(1);
        let rows = self.keeper.find(&select).await?;
        Ok(rows.into_iter().next().map(|row| {
            let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
            let int = |i: usize| row.get(i).and_then(Cell::as_int).unwrap_or_default();
            Kept {
                id: text(0),
                name: text(1),
                password: text(2),
                state: text(3),
                failures: int(4),
                locked_until: int(5),
                version: int(6),
                unit: text(7),
            }
        }))
    }

    async fn failed(&self, kept: &Kept, moment: &Moment) -> Result<(), Refusal> {
        let failures = kept.failures + 1;
        let locks = failures >= FAILURES_TO_LOCK;
        let set = values([
            ("failures", if locks { 0 } else { failures }.into()),
            ("locked_until", if locks { moment.at + LOCK_MS } else { 0 }.into()),
            ("version", (kept.version + 1).into()),
        ]);
        let update = Operation::Update {
            table: "account".to_owned(),
            key: values([("id", kept.id.as_str().into())]),
            expect: values([("version", kept.version.into())]),
            set,
        };
        let entry = self.sign_in_failed(kept, locks, moment);
        let commit = Commit { operations: vec![update], entries: vec![entry], ..Commit::default() };
        match self.keeper.commit(commit).await {
            // Somebody else failed in the same instant: one of the two counts.
            Ok(_) | Err(StoreError::Changed { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn sign_in_failed(&self, kept: &Kept, locks: bool, moment: &Moment) -> store::seam::Entry {
        let county = self.units().get(&kept.unit).map_or(String::new(), |u| u.county.clone());
        store::seam::Entry {
            county,
            at: moment.at,
            actor: kept.id.clone(),
            act: if locks { "sign_in_locked" } else { "sign_in_failed" }.to_owned(),
            kind: "account".to_owned(),
            record: kept.id.clone(),
            authority: "none".to_owned(),
            definition: self.house().version.clone(),
            body: "{}".to_owned(),
            ..store::seam::Entry::default()
        }
    }

    #[allow(clippy::too_many_arguments)]
    async fn open_session(
        &self,
        account: &str,
        name: &str,
        login: &str,
        post: Option<(String, String)>,
        kind: &str,
        lasts: i64,
        moment: &Moment,
    ) -> Result<(String, Session), Refusal> {
        let posts = self.posts(account).await?;
        let post = match post {
            Some(post) if posts.contains(&post) => post,
            _ => posts
                .into_iter()
                .next()
                .ok_or_else(|| Refusal::SignIn("账号还没有岗位，请联系安全管理员".to_owned()))?,
        };
        let mut secret = [0; 32];
        self.chance.fill(&mut secret);
        let token = hex(&secret);
        let session = self.session_of(account, name, login, &post, &token, moment.at + lasts)?;
        let row = values([
            ("hash", hash(&token).into()),
            ("account", account.into()),
            ("role", post.0.as_str().into()),
            ("unit", post.1.as_str().into()),
            ("kind", kind.into()),
            ("label", Cell::Null),
            ("created_at", moment.at.into()),
            ("expires_at", session.expires_at.into()),
        ]);
        let entry = self.note(&session.actor, moment, "sign_in", "account", account, Map::new());
        let insert = Operation::Insert { table: "session".to_owned(), values: row };
        let reset = Operation::Update {
            table: "account".to_owned(),
            key: values([("id", account.into())]),
            expect: Vec::new(),
            set: values([("failures", 0.into())]),
        };
        let commit =
            Commit { operations: vec![insert, reset], entries: vec![entry], ..Commit::default() };
        self.keeper.commit(commit).await?;
        self.remember_session(&token, &session);
        Ok((token, session))
    }

    fn session_of(
        &self,
        account: &str,
        name: &str,
        login: &str,
        post: &(String, String),
        token: &str,
        expires_at: i64,
    ) -> Result<Session, Refusal> {
        let unit =
            self.units().get(&post.1).cloned().ok_or_else(|| {
                Refusal::SignIn("岗位所在的单位已经不在，请联系管理员".to_owned())
            })?;
        Ok(Session {
            actor: Actor {
                account: account.to_owned(),
                name: name.to_owned(),
                role: post.0.clone(),
                unit,
            },
            login: login.to_owned(),
            csrf: self.sealer.index("csrf", token).chars().take(32).collect(),
            expires_at,
        })
    }

    fn remember_session(&self, token: &str, session: &Session) {
        if let Ok(mut sessions) = self.sessions.lock() {
            if sessions.len() > 20_000 {
                sessions.clear();
            }
            sessions.insert(hash(token), session.clone());
        }
    }

    /// Who is signed in with this secret.
    pub async fn session(&self, token: &str, moment: &Moment) -> Result<Session, Refusal> {
        let hashed = hash(token);
        let known = self.sessions.lock().ok().and_then(|s| s.get(&hashed).cloned());
        let session = match known {
            Some(session) => session,
            None => self.find_session(&hashed, token).await?,
        };
        if session.expires_at <= moment.at {
            return Err(Refusal::NotSignedIn);
        }
        Ok(session)
    }

    async fn find_session(&self, hashed: &str, token: &str) -> Result<Session, Refusal> {
        let select = Select::from("session", &["account", "role", "unit", "expires_at"])
            .filter(Filter::equal("hash", hashed))
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        let Some([Cell::Text(account), Cell::Text(role), Cell::Text(unit), Cell::Int(expires)]) =
            rows.first().map(Vec::as_slice)
        else {
            return Err(Refusal::NotSignedIn);
        };
        let select = Select::from("account", &["login", "name", "state"])
            .filter(Filter::equal("id", account.as_str()))
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        let Some([Cell::Text(login), Cell::Text(name), Cell::Text(state)]) =
            rows.first().map(Vec::as_slice)
        else {
            return Err(Refusal::NotSignedIn);
        };
        if state != "active" {
            return Err(Refusal::NotSignedIn);
        }
        let post = (role.clone(), unit.clone());
        let session = self.session_of(account, name, login, &post, token, *expires)?;
        self.remember_session(token, &session);
        Ok(session)
    }

    /// Ends a session.
    pub async fn sign_out(&self, token: &str) -> Result<(), Refusal> {
        let hashed = hash(token);
        if let Ok(mut sessions) = self.sessions.lock() {
            sessions.remove(&hashed);
        }
        let by = values([("hash", hashed.into())]);
        let remove = Operation::Remove { table: "session".to_owned(), by };
        self.keeper.commit(Commit { operations: vec![remove], ..Commit::default() }).await?;
        Ok(())
    }

    /// Goes on in another of one's posts.
    pub async fn switch_post(
        &self,
        token: &str,
        role: &str,
        unit: &str,
        moment: &Moment,
    ) -> Result<(String, Session), Refusal> {
        let session = self.session(token, moment).await?;
        let post = Some((role.to_owned(), unit.to_owned()));
        let lasts = session.expires_at - moment.at;
        let (account, name) = (&session.actor.account, &session.actor.name);
        let opened =
            self.open_session(account, name, &session.login, post, "web", lasts, moment).await?;
        self.sign_out(token).await?;
        Ok(opened)
    }

    /// A token for a program that acts as this account.
    pub async fn make_token(
        &self,
        login: &str,
        days: i64,
        moment: &Moment,
    ) -> Result<String, Refusal> {
        let kept = self.kept(login).await?.ok_or(Refusal::NotFound("这个账号".to_owned()))?;
        let lasts = days.clamp(1, 3_650) * 86_400_000;
        let opened =
            self.open_session(&kept.id, &kept.name, login, None, "token", lasts, moment).await?;
        Ok(opened.0)
    }

    /// Posts of an account: role and unit.
    pub async fn posts(&self, account: &str) -> Result<Vec<(String, String)>, Refusal> {
        let select = Select::from("post", &["role", "unit"])
            .filter(Filter::equal("account", account))
            .order(vec![Sort::up("unit"), Sort::up("role")])
            .limit(50);
        let rows = self.keeper.find(&select).await?;
        let pair = |row: Vec<Cell>| match row.as_slice() {
            [Cell::Text(role), Cell::Text(unit)] => Some((role.clone(), unit.clone())),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(pair).collect())
    }

    /// What an account is called; the house's own actors by their task.
    pub async fn account_name(&self, id: &str) -> Result<String, Refusal> {
        if let Some(task) = id.strip_prefix("house:") {
            return Ok(format!("系统（{task}）"));
        }
        let select = Select::from("account", &["name"]).filter(Filter::equal("id", id)).limit(1);
        let rows = self.keeper.find(&select).await?;
        let name = rows.first().and_then(|r| r.first()).and_then(Cell::as_text);
        Ok(name.unwrap_or("已注销账号").to_owned())
    }

    /// Makes an account with its first post.
    pub async fn add_account(
        &self,
        actor: &Actor,
        new: &NewAccount,
        moment: &Moment,
    ) -> Result<String, Refusal> {
        let unit = self.administers(actor, &["system_admin"], &new.unit)?;
        let problems = self.account_problems(new);
        if !problems.is_empty() {
            return Err(Refusal::Invalid(problems));
        }
        let id = self.chance.id(moment.at);
        let row = values([
            ("id", id.as_str().into()),
            ("login", new.login.as_str().into()),
            ("name", new.name.as_str().into()),
            ("password", self.hash_password(&new.password).into()),
            ("state", "active".into()),
            ("unit", unit.as_str().into()),
            ("failures", 0.into()),
            ("locked_until", 0.into()),
            ("version", 1.into()),
            ("created_at", moment.at.into()),
            ("created_by", actor.account.as_str().into()),
        ]);
        let post = values([
            ("account", id.as_str().into()),
            ("role", new.role.as_str().into()),
            ("unit", new.unit.as_str().into()),
        ]);
        let what = json!({ "login": new.login, "role": new.role, "unit": new.unit });
        let entry = self.note(actor, moment, "add_account", "account", &id, object(what));
        let commit = Commit {
            operations: vec![
                Operation::Insert { table: "account".to_owned(), values: row },
                Operation::Insert { table: "post".to_owned(), values: post },
            ],
            entries: vec![entry],
            ..Commit::default()
        };
        match self.keeper.commit(commit).await {
            Err(StoreError::Taken { .. }) => {
                let problem = Problem::error("taken", "这个登录名已经有人用了，请换一个");
                Err(Refusal::problem(problem.at("login")))
            }
            Err(error) => Err(error.into()),
            Ok(_) => Ok(id),
        }
    }

    fn account_problems(&self, new: &NewAccount) -> Vec<Problem> {
        let mut problems = Vec::new();
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
        if !(3..=40).contains(&new.login.len()) || !new.login.chars().all(fits) {
            let message = "登录名用3至40个小写字母、数字、下划线、点或者短横线";
            problems.push(Problem::error("login", message).at("login"));
        }
        if let Err(problem) = engine::check::name::read(&new.name) {
            problems.push(problem.at("name"));
        }
        if let Some(problem) = password_problem(&new.password, &new.login) {
            problems.push(problem.at("password"));
        }
        if !self.house().roles.iter().any(|r| r.id == new.role) {
            problems.push(Problem::error("role", "请选择岗位").at("role"));
        }
        problems
    }

    /// Gives an account another post.
    pub async fn add_post(
        &self,
        actor: &Actor,
        account: &str,
        role: &str,
        unit: &str,
        moment: &Moment,
    ) -> Result<(), Refusal> {
        self.administers(actor, &["security_admin"], unit)?;
        if !self.house().roles.iter().any(|r| r.id == role) {
            return Err(Refusal::problem(Problem::error("role", "没有这个角色").at("role")));
        }
        let row =
            values([("account", account.into()), ("role", role.into()), ("unit", unit.into())]);
        let what = json!({ "role": role, "unit": unit });
        let entry = self.note(actor, moment, "add_post", "account", account, object(what));
        let put = Operation::Put { table: "post".to_owned(), values: row };
        let commit = Commit { operations: vec![put], entries: vec![entry], ..Commit::default() };
        self.keeper.commit(commit).await?;
        Ok(())
    }

    /// Locks an account (its sessions end) or opens it again.
    pub async fn set_locked(
        &self,
        actor: &Actor,
        account: &str,
        locked: bool,
        moment: &Moment,
    ) -> Result<(), Refusal> {
        let unit = self.account_unit(account).await?;
        self.administers(actor, &["security_admin", "system_admin"], &unit)?;
        let state = if locked { "locked" } else { "active" };
        let set = values([("state", state.into()), ("locked_until", 0.into())]);
        let update = Operation::Update {
            table: "account".to_owned(),
            key: values([("id", account.into())]),
            expect: Vec::new(),
            set,
        };
        let by = values([("account", account.into())]);
        let end = Operation::Remove { table: "session".to_owned(), by };
        let entry = self.note(actor, moment, state, "account", account, Map::new());
        let operations = if locked { vec![update, end] } else { vec![update] };
        self.keeper
            .commit(Commit { operations, entries: vec![entry], ..Commit::default() })
            .await?;
        if let Ok(mut sessions) = self.sessions.lock() {
            sessions.retain(|_, s| !locked || s.actor.account != account);
        }
        Ok(())
    }

    /// Sets somebody's password; their sessions end.
    pub async fn set_password(
        &self,
        actor: &Actor,
        account: &str,
        password: &str,
        moment: &Moment,
    ) -> Result<(), Refusal> {
        let unit = self.account_unit(account).await?;
        if actor.account != account {
            self.administers(actor, &["system_admin"], &unit)?;
        }
        if let Some(problem) = password_problem(password, "") {
            return Err(Refusal::problem(problem.at("password")));
        }
        let update = Operation::Update {
            table: "account".to_owned(),
            key: values([("id", account.into())]),
            expect: Vec::new(),
            set: values([("password", self.hash_password(password).into())]),
        };
        let by = values([("account", account.into())]);
        let end = Operation::Remove { table: "session".to_owned(), by };
        let entry = self.note(actor, moment, "set_password", "account", account, Map::new());
        let commit =
            Commit { operations: vec![update, end], entries: vec![entry], ..Commit::default() };
        self.keeper.commit(commit).await?;
        if let Ok(mut sessions) = self.sessions.lock() {
            sessions.retain(|_, s| s.actor.account != account);
        }
        Ok(())
    }

    async fn account_unit(&self, account: &str) -> Result<String, Refusal> {
        let select =
            Select::from("account", &["unit"]).filter(Filter::equal("id", account)).limit(1);
        let rows = self.keeper.find(&select).await?;
        let unit = rows.first().and_then(|r| r.first()).and_then(Cell::as_text);
        unit.map(str::to_owned).ok_or(Refusal::NotFound("这个账号".to_owned()))
    }

    /// Checks that the actor administers the unit; gives its code.
    fn administers(&self, actor: &Actor, roles: &[&str], unit: &str) -> Result<String, Refusal> {
        let units = self.units();
        let found = units.get(unit).ok_or_else(|| {
            Refusal::problem(Problem::error("unit", "没有这个单位，请从列表中选择").at("unit"))
        })?;
        let entitled = actor.is_house() || roles.contains(&actor.role.as_str());
        if !entitled || !holds_unit(actor, found) {
            return Err(Refusal::forbidden("账号由本级系统管理员、安全管理员管理"));
        }
        Ok(found.code.clone())
    }

    /// Accounts of a unit and those below it, for administrators.
    pub async fn accounts(
        &self,
        actor: &Actor,
        unit: &str,
        q: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Account>, Refusal> {
        let unit = if unit.is_empty() { actor.unit.code.clone() } else { unit.to_owned() };
        self.administers(actor, &["system_admin", "security_admin", "auditor"], &unit)?;
        let column = || engine::query::Term::Column("unit".to_owned());
        let mut filter = Filter::StartsWith(column(), self.code_prefix(&unit));
        if !q.is_empty() {
            let contains =
                |c: &str| Filter::Contains(engine::query::Term::Column(c.to_owned()), q.to_owned());
            filter = filter.and(Filter::Any(vec![contains("name"), contains("login")]));
        }
        let mut select = Select::from("account", &["id", "login", "name", "state", "unit"])
            .filter(filter)
            .order(vec![Sort::up("unit"), Sort::up("id")])
            .limit(limit.clamp(1, 500));
        if let Some((unit, id)) = after.split_once(' ') {
            select.after = Some(vec![unit.into(), id.into()]);
        }
        let mut accounts = Vec::new();
        for row in self.keeper.find(&select).await? {
            let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
            let id = text(0);
            let posts = self.posts(&id).await?;
            accounts.push(Account {
                id,
                login: text(1),
                name: text(2),
                state: text(3),
                unit: text(4),
                posts,
            });
        }
        Ok(accounts)
    }

    /// What the codes of a unit and those below it begin with.
    fn code_prefix(&self, unit: &str) -> String {
        use crate::units::Level;
        let digits = match self.units().get(unit).map(|u| u.level) {
            Some(Level::Province) => 2,
            Some(Level::City) => 4,
            _ => unit.len(),
        };
        unit.chars().take(digits).collect()
    }

    /// The id of the account with this login name.
    pub async fn account_id(&self, login: &str) -> Result<Option<String>, Refusal> {
        Ok(self.kept(login).await?.map(|kept| kept.id))
    }

    fn hash_password(&self, password: &str) -> String {
        let mut salt = [0; 16];
        self.chance.fill(&mut salt);
        Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map(|hash: PasswordHash| hash.to_string())
            .unwrap_or_default()
    }
}

// The hash of a password nobody has: same cost as a real one.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
                     RdescudvJCsgt3ub+b4dWRWJTmaaJObGYmEePyzLOHA";

fn check_password(password: &str, kept: &str) -> bool {
    match PasswordHash::new(kept) {
        Ok(hash) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
        Err(_) => false,
    }
}

fn password_problem(password: &str, login: &str) -> Option<Problem> {
    let length = password.chars().count();
    if length < LEAST_PASSWORD {
        let message = format!("密码至少{LEAST_PASSWORD}位，现在有{length}位");
        return Some(Problem::error("password_short", message));
    }
    if length > 200 {
        return Some(Problem::error("password_long", "密码最多200位"));
    }
    let same = |c: char| password.chars().all(|p| p == c);
    if password.chars().next().is_some_and(same) || (!login.is_empty() && password.contains(login))
    {
        let message = "密码不能只有一个字符，也不能包含登录名";
        return Some(Problem::error("password_weak", message));
    }
    None
}

fn object(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

impl Desk {
    /// Makes many accounts with their first posts in one commit; gives their ids in order. Accounts
    /// that come with the same password one after another share its hash: for demonstrations and
    /// tests, where making each would take minutes.
    pub async fn add_accounts(
        &self,
        actor: &Actor,
        new: &[NewAccount],
        moment: &Moment,
    ) -> Result<Vec<String>, Refusal> {
        let mut commit = Commit::default();
        let mut ids = Vec::with_capacity(new.len());
        let mut hashed = (String::new(), String::new());
        for new in new {
            let unit = self.administers(actor, &["system_admin"], &new.unit)?;
            let problems = self.account_problems(new);
            if !problems.is_empty() {
                return Err(Refusal::Invalid(problems));
            }
            if hashed.0 != new.password {
                hashed = (new.password.clone(), self.hash_password(&new.password));
            }
            let id = self.chance.id(moment.at);
            let row = values([
                ("id", id.as_str().into()),
                ("login", new.login.as_str().into()),
                ("name", new.name.as_str().into()),
                ("password", hashed.1.as_str().into()),
                ("state", "active".into()),
                ("unit", unit.as_str().into()),
                ("failures", 0.into()),
                ("locked_until", 0.into()),
                ("version", 1.into()),
                ("created_at", moment.at.into()),
                ("created_by", actor.account.as_str().into()),
            ]);
            let post = values([
                ("account", id.as_str().into()),
                ("role", new.role.as_str().into()),
                ("unit", new.unit.as_str().into()),
            ]);
            let what = json!({ "login": new.login, "role": new.role, "unit": new.unit });
            commit.entries.push(self.note(
                actor,
                moment,
                "add_account",
                "account",
                &id,
                object(what),
            ));
            commit.operations.push(Operation::Insert { table: "account".to_owned(), values: row });
            commit.operations.push(Operation::Insert { table: "post".to_owned(), values: post });
            ids.push(id);
        }
        match self.keeper.commit(commit).await {
            Err(StoreError::Taken { .. }) => {
                let problem = Problem::error("taken", "有登录名已经有人用了，请换一个");
                Err(Refusal::problem(problem.at("login")))
            }
            Err(error) => Err(error.into()),
            Ok(_) => Ok(ids),
        }
    }
}
