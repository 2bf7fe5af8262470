//! `fengqiao account add|role|lock|unlock|password|token`.

use super::{Common, config, config::Config, say};
use crate::{
    app::{Trouble, open_desk, read_house},
    clock,
};
use desk::{Actor, Desk, accounts::NewAccount};
use std::{io::BufRead, process::ExitCode};

/// What can be done with accounts.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// 新建账号；密码从标准输入读一行
    Add {
        #[command(flatten)]
        common: Common,
        /// 登录名
        login: String,
        /// 姓名
        #[arg(long)]
        name: String,
        /// 角色
        #[arg(long)]
        role: String,
        /// 单位代码
        #[arg(long)]
        unit: String,
    },
    /// 再给一个岗位
    Role {
        #[command(flatten)]
        common: Common,
        /// 登录名
        login: String,
        /// 角色
        #[arg(long)]
        role: String,
        /// 单位代码
        #[arg(long)]
        unit: String,
    },
    /// 停用账号
    Lock {
        #[command(flatten)]
        common: Common,
        /// 登录名
        login: String,
    },
    /// 恢复账号
    Unlock {
        #[command(flatten)]
        common: Common,
        /// 登录名
        login: String,
    },
    /// 重设密码；密码从标准输入读一行
    Password {
        #[command(flatten)]
        common: Common,
        /// 登录名
        login: String,
    },
    /// 发一个接口令牌
    Token {
        #[command(flatten)]
        common: Common,
        /// 登录名
        login: String,
        /// 有效天数
        #[arg(long, default_value_t = 365)]
        days: i64,
    },
}

async fn open(common: &Common) -> Result<(Desk, Actor), Trouble> {
    let config = Config::read(common, None, &config::environment())?;
    let desk = open_desk(&config, read_house(config.businesses.as_deref())?).await?;
    let top = desk.units().all().first().cloned();
    let top = top.ok_or_else(|| {
        Trouble::Words("还没有单位，请先导入：fengqiao units import 文件".to_owned())
    })?;
    Ok((desk, Actor::house("command-line", &top)))
}

async fn id_of(desk: &Desk, login: &str) -> Result<String, Trouble> {
    let id = desk.account_id(login).await?;
    id.ok_or_else(|| Trouble::Words(format!("没有账号“{login}”")))
}

fn password() -> Result<String, Trouble> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Does it.
pub async fn run(command: Command) -> Result<ExitCode, Trouble> {
    let moment = clock::now("house:command-line");
    match command {
        Command::Add { common, login, name, role, unit } => {
            let (desk, actor) = open(&common).await?;
            let new = NewAccount { login, name, password: password()?, role, unit };
            desk.add_account(&actor, &new, &moment).await?;
            say(&format!("已新建账号 {}", new.login));
        }
        Command::Role { common, login, role, unit } => {
            let (desk, actor) = open(&common).await?;
            let id = id_of(&desk, &login).await?;
            desk.add_post(&actor, &id, &role, &unit, &moment).await?;
            say(&format!("{login} 已有岗位 {role}@{unit}"));
        }
        Command::Lock { common, login } => {
            let (desk, actor) = open(&common).await?;
            let id = id_of(&desk, &login).await?;
            desk.set_locked(&actor, &id, true, &moment).await?;
            say(&format!("{login} 已停用"));
        }
        Command::Unlock { common, login } => {
            let (desk, actor) = open(&common).await?;
            let id = id_of(&desk, &login).await?;
            desk.set_locked(&actor, &id, false, &moment).await?;
            say(&format!("{login} 已恢复"));
        }
        Command::Password { common, login } => {
            let (desk, actor) = open(&common).await?;
            let id = id_of(&desk, &login).await?;
            desk.set_password(&actor, &id, &password()?, &moment).await?;
            say(&format!("{login} 的密码已重设"));
        }
        Command::Token { common, login, days } => {
            let (desk, _) = open(&common).await?;
            say(&desk.make_token(&login, days, &moment).await?);
        }
    }
    Ok(ExitCode::SUCCESS)
}
