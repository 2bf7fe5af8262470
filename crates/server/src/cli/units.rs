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
    /// 导入单位树：列为 code,name,parent[,valid_from,valid_to,successor]
    Import {
        #[command(flatten)]
        common: Common,
        /// CSV 文件，可以有几个（如省、市、县、乡、村各一个）
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// 只导入以此开头的代码，如 33
        #[arg(long, default_value = "")]
        province: String,
        /// 只检查，不导入
        #[arg(long)]
        dry_run: bool,
    },
}

/// Does it.
pub async fn run(command: Command) -> Result<ExitCode, Trouble> {
    let Command::Import { common, files, province, dry_run } = command;
    let config = Config::read(&common, None, &config::environment())?;
    let mut texts = Vec::new();
    for file in &files {
        texts.push(
            std::fs::read_to_string(file)
                .map_err(|error| Trouble::Words(format!("{} 读不了：{error}", file.display())))?,
        );
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let which = desk::division::Which { prefix: province };
    let desk = open_desk(&config, read_house(config.businesses.as_deref())?).await?;
    if dry_run {
        let units = desk::division::read(&texts, &which, &desk.units())
            .map_err(|problems| Trouble::from(desk::Refusal::Invalid(problems)))?;
        say(&format!("检查通过，共{}个单位", units.len()));
        return Ok(ExitCode::SUCCESS);
    }
    let imported = desk.import_units(None, &texts, &which, &clock::now("house:units")).await?;
    desk.close().await?;
    say(&format!(
        "已导入：新增{}个，更新{}个，未变{}个",
        imported.new, imported.changed, imported.same
    ));
    Ok(ExitCode::SUCCESS)
}
