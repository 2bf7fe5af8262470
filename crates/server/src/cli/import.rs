//! `fengqiao import KIND FILE`: a sheet taken in from the command line, as one of the accounts.

use super::{Common, complain, config, config::Config, progress, say};
use crate::{
    app::{App, Trouble, open_desk, read_house},
    clock::{self, SystemChance},
    intake::{
        job::{Job, Shelf, Step},
        work::{self, Task},
    },
};
use desk::Chance;
use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

/// What is taken in, and as whom.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// 档案的标识，如 mediator
    kind: String,
    /// xlsx 或者 CSV 文件
    file: PathBuf,
    /// 以哪个账号导入：权限、所属单位和日志都按它
    #[arg(long)]
    account: String,
    /// 只逐行检查，不导入
    #[arg(long)]
    dry_run: bool,
    /// 请核对的行也导入
    #[arg(long)]
    warned: bool,
    /// 标注了结果的表格写到哪里（xlsx）
    #[arg(long)]
    report: Option<PathBuf>,
}

/// Does it. The exit code is 1 where a line could not be taken in.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Trouble> {
    let config = Config::read(&arguments.common, None, &config::environment())?;
    let sheet = fs::read(&arguments.file)
        .map_err(|error| Trouble::Words(format!("{} 读不了：{error}", arguments.file.display())))?;
    let desk = open_desk(&config, read_house(config.businesses.as_deref())?).await?;
    let moment = clock::now("house:import");
    let token = desk.make_token(&arguments.account, 1, &moment).await?;
    let actor = desk.session(&token, &moment).await?.actor;
    let app = App::archiving(desk, &config.data, Vec::new(), config.archive.clone());
    let shelf = Shelf::of(&app.data);
    let mut job = Job {
        id: SystemChance.id(moment.at),
        account: actor.account.clone(),
        kind: arguments.kind.clone(),
        file: arguments.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        at: moment.at,
        ..Job::default()
    };
    shelf.begin(&mut job, &sheet)?;
    let task = match arguments.dry_run {
        true => Task::Check,
        false => Task::Make { warned: arguments.warned },
    };
    let id = job.id.clone();
    let work = work::run(&app, &actor, job, task);
    let job = tokio::select! {
        job = work => job,
        () = told(&shelf, &actor.account, &id) => return Ok(ExitCode::FAILURE),
    };
    progress("");
    if let (Some(to), true) = (&arguments.report, job.step != Step::Failed) {
        fs::copy(shelf.file(&id, "report.xlsx"), to)?;
    }
    app.desk.sign_out(&token).await?;
    app.desk.close().await?;
    tell(&job, arguments.dry_run);
    let whole = job.step != Step::Failed && job.wrong + job.warned + job.same == 0;
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows how far it is, for ever.
async fn told(shelf: &Shelf, account: &str, id: &str) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if let Some(job) = shelf.find(account, id) {
            progress(&format!("{} / {} 行", job.done, job.total));
        }
    }
}

fn tell(job: &Job, dry_run: bool) {
    if job.step == Step::Failed {
        return complain(&job.failure);
    }
    let done = if dry_run { job.good } else { job.made };
    say(&format!(
        "共{}行：{}{done}行，以前导入过{}行，请核对{}行，有错误{}行，重复{}行",
        job.total,
        if dry_run { "可以导入" } else { "已导入" },
        job.already,
        job.warned,
        job.wrong,
        job.same
    ));
    for (line, column, what) in &job.faults {
        let column = if column.is_empty() { String::new() } else { format!("{column}：") };
        complain(&format!("第{line}行 {column}{what}"));
    }
    if !job.unknown.is_empty() {
        complain(&format!("这些列不认识：{}", job.unknown.join("、")));
    }
    if !job.missing.is_empty() {
        complain(&format!("没有这些必填的列：{}", job.missing.join("、")));
    }
}
