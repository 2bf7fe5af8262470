//! `fengqiao move`: a county's SQLite data carried to PostgreSQL, checked, and ready to serve.
//!
//! A copy of the database is carried, so the source is never touched and may go on serving; run
//! again after it has stopped, the same command brings over what has changed since, which is
//! little. Cut off, it is run again as well: only what differs is written.

use super::{complain, progress, say};
use crate::{
    app::{Trouble, keys, read_house},
    clock,
};
use desk::Desk;
use engine::query::{Cell, Filter, Select};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};
use store::{
    Commit, Keeper, Operation, Options, PostgresKeeper, PostgresOptions, SqliteKeeper, chain,
    transfer::{self, Carried},
};

/// From where to where.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// 原来的数据目录；里面的数据只读不改，服务可以照常运行
    #[arg(long)]
    from: PathBuf,
    /// 要搬到的数据库，如 postgres://用户@主机1,主机2/数据库
    #[arg(long)]
    to: String,
    /// 业务定义目录；不写则用程序自带的
    #[arg(long)]
    businesses: Option<PathBuf>,
}

/// Carries everything over.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Trouble> {
    let Arguments { from, to, businesses } = arguments;
    let file = from.join(store::sqlite::FILE);
    if !file.exists() {
        let words = format!("{} 里没有数据，请用 --from 指明原来的数据目录", from.display());
        return Err(Trouble::Words(words));
    }
    let keys = keys(&from.join("keys"))?;
    let options = PostgresOptions::new(clock::ticks());
    let target = Arc::new(PostgresKeeper::open(&to, options).await?);
    let copy = Copy::of(&file, &from.join("moving"))?;
    let source = Arc::new(SqliteKeeper::open(&copy.folder, Options::new(clock::ticks()))?);
    // Opening it as a house grows its tables to today's and proves that the keys are its own.
    let open = |keeper, house| Desk::open(keeper, house, &keys, Box::new(clock::SystemChance));
    open(source.clone(), read_house(businesses.as_deref())?).await?;
    carry(&*source, &*target).await?;
    source.close().await?;
    drop(copy);
    let desk = open(target, read_house(businesses.as_deref())?).await?;
    for county in desk.counties().await? {
        desk.reindex(&county, &mut |n| progress(&format!("重建检索索引 {county} {n}"))).await?;
    }
    progress("");
    desk.close().await?;
    let shown = from.display();
    say(&format!(
        "搬完了。原来的数据目录 {shown} 没有改动。今后用 --data {shown} --database 启动：\
         密钥文件和附件仍在数据目录里。"
    ));
    say("如果搬的时候服务还在运行，请停掉服务再运行一次本命令，补上后来的变化。");
    Ok(ExitCode::SUCCESS)
}

/// Carries, then proves that both sides are equal.
async fn carry(source: &dyn Keeper, target: &dyn Keeper) -> Result<(), Trouble> {
    target.prepare(&source.tables()).await?;
    let (own, there) = (mark(source, "keys").await?, mark(target, "keys").await?);
    if there.is_some() && there != own {
        let words = "目标数据库里已有另一套数据，不能搬进去。请换一个空的数据库";
        return Err(Trouble::Words(words.to_owned()));
    }
    // Until the table of marks is carried, which is last, nobody serves what is not whole.
    let moving = [("name", "moving"), ("value", "1")];
    let values = moving.map(|(name, value)| (name.to_owned(), Cell::from(value))).into();
    let begin = Operation::Put { table: "mark".to_owned(), values };
    target.commit(Commit { operations: vec![begin], ..Commit::default() }).await?;
    let mut show = |table: &str, rows: u64| progress(&format!("正在搬 {table}，已看{rows}行"));
    let done = transfer::carry(source, target, "mark", &mut show).await?;
    let Carried { rows, written, removed } = done;
    progress("");
    say(&format!("共{rows}行，这次写入{written}行，去掉{removed}行"));
    let mut show = |table: &str, rows: u64| progress(&format!("正在核对 {table}，已看{rows}行"));
    let left = transfer::compare(source, target, &mut show).await?;
    progress("");
    if !left.found_equal() {
        let differ = left.written + left.removed;
        let words = format!("两边还有{differ}行不同，请再运行一次；仍然如此的请联系管理员");
        return Err(Trouble::Words(words));
    }
    say(&format!("逐行核对：{rows}行全部相同，计数、日志和日志链头都在其中"));
    let findings = chain::verify(target, &mut |n| progress(&format!("核对日志链 {n}"))).await?;
    progress("");
    for finding in &findings {
        complain(&format!("{}的日志第{}条不对", finding.county, finding.seq));
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(Trouble::Words(format!(
            "日志链有{count}处不对，请先用 fengqiao verify 核对原来的数据"
        ))),
    }
}

async fn mark(keeper: &dyn Keeper, name: &str) -> Result<Option<Cell>, Trouble> {
    let select = Select::from("mark", &["value"]).filter(Filter::equal("name", name)).limit(1);
    Ok(keeper.find(&select).await?.into_iter().flatten().next())
}

/// A copy of the database file in a folder of its own, which goes when it is no longer needed.
struct Copy {
    folder: PathBuf,
}

impl Copy {
    fn of(file: &Path, folder: &Path) -> Result<Self, Trouble> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let copy = Self { folder: folder.to_owned() };
        store::sqlite::copy(file, &folder.join(store::sqlite::FILE))?;
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
