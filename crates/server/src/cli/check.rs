//! `fengqiao check [DIR]`: definitions, examples, derived files.

use super::{complain, say};
use crate::{app::Trouble, businesses};
use engine::{
    definition::{Finding, House, Place, SourceFile},
    derive::describe,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// What `check` is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// 业务定义目录；不写则检查程序自带的
    folder: Option<PathBuf>,
    /// 把派生文件写进目录
    #[arg(long, requires = "folder")]
    write_derived: bool,
}

/// Checks, and answers with numbered findings.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Trouble> {
    let files = businesses::source(arguments.folder.as_deref())?;
    let (house, mut findings) = engine::definition::read(&files);
    if let Some(folder) = &arguments.folder
        && findings.is_empty()
    {
        if arguments.write_derived {
            write_derived(&house, folder)?;
        } else {
            findings.extend(stale(&house, &files));
        }
    }
    for finding in &findings {
        complain(&finding.to_string());
    }
    if findings.is_empty() {
        let examples = house.examples.iter().filter(|e| !e.is_base).count();
        say(&format!(
            "检查通过：业务{}个，档案{}种，例{examples}个都成立",
            house.businesses.len(),
            house.kinds.len()
        ));
        return Ok(ExitCode::SUCCESS);
    }
    complain(&format!("共{}处问题", findings.len()));
    Ok(ExitCode::FAILURE)
}

fn write_derived(house: &House, folder: &Path) -> Result<(), Trouble> {
    for (path, text) in describe::files(house) {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, text)?;
    }
    Ok(())
}

/// Finding 901: a derived file that is not what follows from the definitions.
fn stale(house: &House, files: &[SourceFile]) -> Vec<Finding> {
    describe::files(house)
        .into_iter()
        .filter(|(path, text)| !files.iter().any(|f| f.path == *path && f.text == *text))
        .map(|(path, _)| {
            let place = Place { file: path.into(), ..Place::default() };
            Finding::new(901, &place, "派生文件不是最新的")
                .fix("运行 fengqiao check 目录 --write-derived")
        })
        .collect()
}
