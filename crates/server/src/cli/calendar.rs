//! `fengqiao calendar import FILE`: the holidays of a year, once they are announced.

use super::{Common, config, config::Config, progress, say};
use crate::{
    app::{Trouble, open_desk, read_house},
    clock,
};
use std::{path::PathBuf, process::ExitCode};

/// What can be done with the calendar.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// 导入一年或者几年的节假日安排：列为 日期,类别（holiday 放假、workday 调休上班）,名称,依据
    Import {
        #[command(flatten)]
        common: Common,
        /// CSV 文件；文件里有的年份整年替换
        file: PathBuf,
    },
}

/// Does it, and works out anew every running limit that it changes.
pub async fn run(command: Command) -> Result<ExitCode, Trouble> {
    let Command::Import { common, file } = command;
    let config = Config::read(&common, None, &config::environment())?;
    let text = std::fs::read_to_string(&file)
        .map_err(|error| Trouble::Words(format!("{} 读不了：{error}", file.display())))?;
    let desk = open_desk(&config, read_house(config.businesses.as_deref())?).await?;
    let imported = desk.import_calendar(None, &text, &clock::now("house:calendar")).await?;
    let years = |years: &[i16]| {
        let years: Vec<String> = years.iter().map(|year| format!("{year}年")).collect();
        if years.is_empty() { "没有".to_owned() } else { years.join("、") }
    };
    say(&format!(
        "已导入{}的节假日安排，共{}天；与原来不同的：{}",
        years(&imported.years),
        imported.days,
        years(&imported.changed)
    ));
    let moment = clock::now("house:calendar");
    if let Some(mut pass) = desk.pass_over_limits().await? {
        while desk.step(&mut pass, &moment).await? {
            progress(&format!("已重算期限 {}", pass.looked));
        }
        progress("");
        say(&format!("已重算正在计算的期限{}个，变动{}个", pass.looked, pass.changed));
    }
    desk.close().await?;
    Ok(ExitCode::SUCCESS)
}
