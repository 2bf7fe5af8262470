//! `fengqiao units import FILE`.

use super::{Common, config, config::Config, say};
use crate::{
    app::{Trouble, open_desk, read_house},
    clock,
};
use std::{path::PathBuf, process::ExitCode};

/// What can be done with units.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// 导入单位树：代码,名称,上级[,启用日期,停用日期,接替代码]
    Import {
        #[command(flatten)]
        common: Common,
        /// CSV 文件
        file: PathBuf,
        /// 只检查，不导入
        #[arg(long)]
        dry_run: bool,
    },
}

/// Does it.
pub async fn run(command: Command) -> Result<ExitCode, Trouble> {
    let Command::Import { common, file, dry_run } = command;
    let config = Config::read(&common, None, &config::environment())?;
    let text = std::fs::read_to_string(&file)
        .map_err(|error| Trouble::Words(format!("{} 读不了：{error}", file.display())))?;
    let desk = open_desk(&config.data, read_house(config.businesses.as_deref())?).await?;
    if dry_run {
        let units = desk::division::read(&text, &desk.units()).map_err(|problems| {
            Trouble::from(desk::Refusal::Invalid(problems))
        })?;
        say(&format!("检查通过，共{}个单位", units.len()));
        return Ok(ExitCode::SUCCESS);
    }
    let imported = desk.import_units(None, &text, &clock::now("house:units")).await?;
    desk.close().await?;
    say(&format!(
        "已导入：新增{}个，更新{}个，未变{}个",
        imported.new, imported.changed, imported.same
    ));
    Ok(ExitCode::SUCCESS)
}
