//! Signing in, sessions and tokens. Only the hash of a secret is kept.

use super::{DUMMY, Kept, check_password};
use crate::boxed;
use crate::{
    Actor, Desk, Moment, Refusal,
    ops::values,
    seal::{hash, hex},
};
use engine::query::{Cell, Filter, Select};
use serde_json::Map;
use std::collections::HashMap;
use store::seam::{Commit, Operation, StoreError};

/// How long a session lasts without being renewed: a working day.
pub const SESSION_MS: i64 = 12 * 3_600_000;
const FAILURES_TO_LOCK: i64 = 5;
const LOCK_MS: i64 = 15 * 60_000;

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

/// Sessions held in memory, so that not every request asks the keeper.
#[derive(Debug, Default)]
pub struct Sessions {
    /// By hash of their secret.
    known: HashMap<String, Session>,
    /// How often some were ended: what was looked up before is not remembered after.
    ended: u64,
}

impl Desk {
    /// Signs in with a password. Gives the secret to be sent with every request, and the session.
    #[boxed]
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
            return Err(out_of_use());
        }
        self.open_session(&kept.id, &kept.name, login, None, "web", SESSION_MS, moment).await
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
        let ended = self.sessions_ended();
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
            // Somebody may have locked it since it was looked up.
            expect: values([("state", "active".into())]),
            set: values([("failures", 0.into())]),
        };
        let commit =
            Commit { operations: vec![insert, reset], entries: vec![entry], ..Commit::default() };
        match self.keeper.commit(commit).await {
            Ok(_) => self.remember_session(&token, &session, ended),
            Err(StoreError::Changed { .. }) => return Err(out_of_use()),
            Err(error) => return Err(error.into()),
        }
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

    fn sessions_ended(&self) -> u64 {
        self.sessions.lock().map_or(0, |sessions| sessions.ended)
    }

    /// Remembers a session that was looked up when so many had `ended`.
    fn remember_session(&self, token: &str, session: &Session, ended: u64) {
        let Ok(mut sessions) = self.sessions.lock() else { return };
        if sessions.ended != ended {
            return;
        }
        if sessions.known.len() > 20_000 {
            sessions.known.clear();
        }
        sessions.known.insert(hash(token), session.clone());
    }

    /// Forgets sessions that are no longer kept, by hash and session.
    pub(crate) fn forget_sessions(&self, ends: impl Fn(&str, &Session) -> bool) {
        if let Ok(mut sessions) = self.sessions.lock() {
            sessions.known.retain(|hash, session| !ends(hash, session));
            sessions.ended += 1;
        }
    }

    /// Who is signed in with this secret.
    #[boxed]
    pub async fn session(&self, token: &str, moment: &Moment) -> Result<Session, Refusal> {
        let hashed = hash(token);
        let known = self.sessions.lock().ok().and_then(|s| s.known.get(&hashed).cloned());
        let session = match known {
            Some(_) if self.ended_elsewhere(&hashed).await? => {
                self.forget_sessions(|known, _| *known == hashed);
                return Err(Refusal::NotSignedIn);
            }
            Some(session) => session,
            None => self.find_session(&hashed, token).await?,
        };
        if session.expires_at <= moment.at {
            return Err(Refusal::NotSignedIn);
        }
        Ok(session)
    }

    async fn find_session(&self, hashed: &str, token: &str) -> Result<Session, Refusal> {
        let ended = self.sessions_ended();
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
        self.remember_session(token, &session, ended);
        Ok(session)
    }

    /// Ends a session.
    #[boxed]
    pub async fn sign_out(&self, token: &str) -> Result<(), Refusal> {
        let hashed = hash(token);
        let by = values([("hash", hashed.as_str().into())]);
        let remove = Operation::Remove { table: "session".to_owned(), by };
        self.keeper.commit(Commit { operations: vec![remove], ..Commit::default() }).await?;
        self.forget_sessions(|known, _| *known == hashed);
        Ok(())
    }

    /// Goes on in another of one's posts.
    #[boxed]
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
    #[boxed]
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
}

fn out_of_use() -> Refusal {
    Refusal::SignIn("账号已停用，请联系管理员".to_owned())
}
