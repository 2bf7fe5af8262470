//! Accounts, posts, sessions and tokens.
//!
//! Three administrators share the power (GB/T 22239, 三权分立): the system administrator makes
//! accounts, the security administrator gives posts and locks, the auditor reads the log.

mod session;

pub(crate) use session::Sessions;
pub use session::{SESSION_MS, Session};

use crate::boxed;
use crate::{Actor, Desk, Moment, Refusal, access::holds_unit, ops::values};
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

const LEAST_PASSWORD: usize = 10;

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

/// What locks an account and ends its sessions, or opens it again.
pub(crate) fn locking(account: &str, locked: bool) -> Vec<Operation> {
    let state = if locked { "locked" } else { "active" };
    let update = Operation::Update {
        table: "account".to_owned(),
        key: values([("id", account.into())]),
        expect: Vec::new(),
        set: values([("state", state.into()), ("locked_until", 0.into())]),
    };
    let by = values([("account", account.into())]);
    let end = Operation::Remove { table: "session".to_owned(), by };
    if locked { vec![update, end] } else { vec![update] }
}

impl Desk {
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

    /// Posts of an account: role and unit.
    #[boxed]
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
    #[boxed]
    pub async fn account_name(&self, id: &str) -> Result<String, Refusal> {
        if let Some(task) = id.strip_prefix("house:") {
            let task = match task {
                crate::at_end::ACTOR => "期限到期",
                other => other,
            };
            return Ok(format!("系统（{task}）"));
        }
        let select = Select::from("account", &["name"]).filter(Filter::equal("id", id)).limit(1);
        let rows = self.keeper.find(&select).await?;
        let name = rows.first().and_then(|r| r.first()).and_then(Cell::as_text);
        Ok(name.unwrap_or("已注销账号").to_owned())
    }

    /// Makes an account with its first post.
    #[boxed]
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
        let mut commit = Commit::default();
        let hashed = self.hash_password(&new.password);
        let id = self.new_account(actor, new, &unit, &hashed, moment, &mut commit);
        match self.keeper.commit(commit).await {
            Err(StoreError::Taken { .. }) => {
                let problem = Problem::error("taken", "这个登录名已经有人用了，请换一个");
                Err(Refusal::problem(problem.at("login")))
            }
            Err(error) => Err(error.into()),
            Ok(_) => Ok(id),
        }
    }

    /// The rows and the log entry of a new account; gives its id.
    fn new_account(
        &self,
        actor: &Actor,
        new: &NewAccount,
        unit: &str,
        hashed: &str,
        moment: &Moment,
        commit: &mut Commit,
    ) -> String {
        let id = self.chance.id(moment.at);
        let row = values([
            ("id", id.as_str().into()),
            ("login", new.login.as_str().into()),
            ("name", new.name.as_str().into()),
            ("password", hashed.into()),
            ("state", "active".into()),
            ("unit", unit.into()),
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
        commit.entries.push(self.note(actor, moment, "add_account", "account", &id, object(what)));
        commit.operations.push(Operation::Insert { table: "account".to_owned(), values: row });
        commit.operations.push(Operation::Insert { table: "post".to_owned(), values: post });
        id
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
    #[boxed]
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
    #[boxed]
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
        let entry = self.note(actor, moment, state, "account", account, Map::new());
        let operations = locking(account, locked);
        self.keeper
            .commit(Commit { operations, entries: vec![entry], ..Commit::default() })
            .await?;
        if locked {
            self.forget_sessions(|_, session| session.actor.account == account);
        }
        Ok(())
    }

    /// Sets somebody's password; their sessions end.
    #[boxed]
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
        self.forget_sessions(|_, session| session.actor.account == account);
        Ok(())
    }

    pub(crate) async fn account_unit(&self, account: &str) -> Result<String, Refusal> {
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
    #[boxed]
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

    /// Id and name of everybody who works at the actor's unit and may sign in.
    #[boxed]
    pub async fn people_here(&self, actor: &Actor) -> Result<Vec<(String, String)>, Refusal> {
        let here = Filter::equal("unit", actor.unit.code.as_str());
        let select = Select::from("account", &["id", "name"])
            .filter(here.and(Filter::equal("state", "active")))
            .order(vec![Sort::up("name"), Sort::up("id")])
            .limit(500);
        let pair = |row: Vec<Cell>| match row.as_slice() {
            [Cell::Text(id), Cell::Text(name)] => Some((id.clone(), name.clone())),
            _ => None,
        };
        Ok(self.keeper.find(&select).await?.into_iter().filter_map(pair).collect())
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
    #[boxed]
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
    #[boxed]
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
            let id = self.new_account(actor, new, &unit, &hashed.1, moment, &mut commit);
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
