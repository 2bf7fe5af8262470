//! The command line. Texts for the operator are Chinese; exit codes: 0 done, 1 something is wrong
//! with what was given or found, 2 the command line itself.

mod account;
mod calendar;
mod check;
pub mod config;
mod demo;
mod export;
pub mod health;
mod import;
mod keep;
mod moving;
mod paper;
mod serve;
mod units;
mod vault;

use crate::app::Trouble;
use clap::{Parser, Subcommand};
use std::{io::Write, path::PathBuf, process::ExitCode};

#[derive(Debug, Parser)]
#[command(name = "fengqiao", version, about = "枫桥：全省司法所一体化平台")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 造一个虚构的省，带账号和案件，供试用
    Demo(demo::Arguments),
    /// 运行平台
    Serve(serve::Arguments),
    /// 检查业务定义：读、算、跑例子、核对派生文件
    Check(check::Arguments),
    /// 文书模板：用样例数据预览
    Paper {
        #[command(subcommand)]
        command: paper::Command,
    },
    /// 单位树
    Units {
        #[command(subcommand)]
        command: units::Command,
    },
    /// 节假日安排
    Calendar {
        #[command(subcommand)]
        command: calendar::Command,
    },
    /// 账号和令牌
    Account {
        #[command(subcommand)]
        command: account::Command,
    },
    /// 以一个账号的身份导入一份表格（xlsx、CSV）
    Import(import::Arguments),
    /// 导出一种档案（xlsx、CSV），边读边写
    Export(export::Arguments),
    /// 核对日志链、档案和存储介质
    Verify(keep::Arguments),
    /// 重新统计并与计数核对
    Recount(keep::Arguments),
    /// 由档案重建检索索引；中断后可以用 --from 从某个县接着做
    Reindex(keep::ReindexArguments),
    /// 备份；服务运行时也能做
    Backup(vault::BackupArguments),
    /// 把一份备份恢复到新的目录，可以到指定的时刻
    Restore(vault::RestoreArguments),
    /// 演练：备份、恢复、核对、清理；服务运行时也能做
    Rehearse(vault::BackupArguments),
    /// 把 PostgreSQL 的一个日志文件写进归档：archive_command = 'fengqiao archive-wal --to 目录 %p'
    ArchiveWal(vault::ArchiveArguments),
    /// 体检：字体、密钥、数据目录、节假日表、备份
    Doctor(keep::Arguments),
    /// 把数据目录里的数据搬到 PostgreSQL，逐行核对；可以中断、重复
    Move(moving::Arguments),
    /// 量一量快慢
    Bench(crate::bench::BenchArgs),
}

/// Where the data is and which definitions are used; common to most commands.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// 数据目录
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// PostgreSQL 数据库地址：postgres://用户:密码@主机1,主机2/库名；不写则用数据目录里的 SQLite。
    /// 密码宜写在 FENGQIAO_DATABASE 或者设置文件里，命令行别人看得见
    #[arg(long)]
    pub database: Option<String>,
    /// 业务定义目录；不写则用程序自带的
    #[arg(long)]
    pub businesses: Option<PathBuf>,
}

/// Runs the command that was asked for.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        // A log that cannot be written, as on a full disk, must not end the request it tells of.
        .log_internal_errors(false)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("FENGQIAO_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Trouble::Words(error.to_string())),
    };
    runtime.block_on(answer(arguments))
}

/// Does what was asked for and says what went wrong.
async fn answer(arguments: Arguments) -> ExitCode {
    let result = async {
        match arguments.command {
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Serve(arguments) => serve::run(arguments).await,
            Command::Check(arguments) => check::run(&arguments),
            Command::Paper { command } => paper::run(command).await,
            Command::Units { command } => units::run(command).await,
            Command::Calendar { command } => calendar::run(command).await,
            Command::Account { command } => account::run(command).await,
            Command::Import(arguments) => import::run(arguments).await,
            Command::Export(arguments) => export::run(arguments).await,
            Command::Verify(arguments) => keep::verify(arguments).await,
            Command::Recount(arguments) => keep::recount(arguments).await,
            Command::Reindex(arguments) => keep::reindex(arguments).await,
            Command::Backup(arguments) => vault::backup(arguments).await,
            Command::Restore(arguments) => vault::restore(arguments).await,
            Command::Rehearse(arguments) => vault::rehearse(arguments).await,
            Command::ArchiveWal(arguments) => vault::archive(&arguments),
            Command::Doctor(arguments) => keep::doctor(arguments).await,
            Command::Move(arguments) => moving::run(arguments).await,
            Command::Bench(arguments) => crate::bench::run(arguments).await,
        }
    };
    match result.await {
        Ok(code) => code,
        Err(trouble) => fail(&trouble),
    }
}

fn fail(trouble: &Trouble) -> ExitCode {
    match trouble {
        Trouble::Words(words) => complain(words),
        Trouble::Definitions(findings) => {
            for finding in findings {
                complain(&finding.to_string());
            }
            complain(&format!("业务定义有{}处问题，改好以后再启动", findings.len()));
        }
    }
    ExitCode::FAILURE
}

/// Says something on standard output. A closed pipe is nobody's fault.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Says something on standard error.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Shows progress on one line of a terminal; nothing elsewhere.
pub fn progress(line: &str) {
    use std::io::IsTerminal;
    let mut out = std::io::stderr();
    if out.is_terminal() {
        let _ = write!(out, "\r\x1b[K{line}");
        let _ = out.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::lab;

    async fn ended(data: &std::path::Path, address: &str) -> ExitCode {
        let data = data.to_string_lossy();
        let words = ["fengqiao", "doctor", "--data", &data, "--database", address];
        answer(Arguments::try_parse_from(words).unwrap()).await
    }

    /// What is said, `store` tests.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_that_cannot_be_used_ends_a_command_with_one() {
        let data = std::env::temp_dir().join(format!("fengqiao-cli-{}", std::process::id()));
        for address in [
            "mysql://u:geheim@h/d",
            "postgres://u:geheim@h/d?nothing=1",
            "postgres://u:geheim@h/d?sslmode=verify-full",
            "postgres://u:geheim@127.0.0.1:1/d",
        ] {
            assert_eq!(ended(&data, address).await, ExitCode::FAILURE, "{address}");
        }
        if lab::on_postgres() {
            let (server, pool) = (lab::shared(), lab::shared_pool());
            let missing = [server.address("nothing"), pool.through("/nothing")];
            let newer = server.database().unwrap();
            let make = "create table house (name text primary key, value text); \
                        insert into house values ('format', '999'), ('written_by', '9.9.9')";
            server.psql(&newer, make).unwrap();
            for address in missing.into_iter().chain([pool.through(&newer), newer]) {
                assert_eq!(ended(&data, &address).await, ExitCode::FAILURE, "{address}");
            }
        }
        std::fs::remove_dir_all(&data).unwrap();
    }
}
