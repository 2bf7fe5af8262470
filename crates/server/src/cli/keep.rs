//! `fengqiao verify|recount|reindex|doctor`: whether everything is as it should be.

use super::{Common, complain, config, config::Config, progress, say};
use crate::{
    app::{Trouble, open_desk, read_house},
    clock, vault,
};
use desk::Desk;
use std::process::ExitCode;

/// Where to look.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
}

/// Where to look and where to go on.
#[derive(Debug, clap::Args)]
pub struct ReindexArguments {
    #[command(flatten)]
    common: Common,
    /// 从这个代码的县接着做
    #[arg(long, default_value = "")]
    from: String,
}

async fn open(common: &Common) -> Result<(Config, Desk), Trouble> {
    let config = Config::read(common, None, &config::environment())?;
    if config.database.is_none() && !config.data.join(store::sqlite::FILE).exists() {
        let words = format!("{} 里没有数据，请用 --data 指明数据目录", config.data.display());
        return Err(Trouble::Words(words));
    }
    let desk = open_desk(&config, read_house(config.businesses.as_deref())?).await?;
    Ok((config, desk))
}

/// Checks medium, chains and records.
pub async fn verify(arguments: Arguments) -> Result<ExitCode, Trouble> {
    let (_, desk) = open(&arguments.common).await?;
    let mut checked = 0;
    let mut show = |n: u64| {
        checked = n;
        progress(&format!("已核对 {n}"));
    };
    let mut doubts = desk.verify(&mut show).await?;
    doubts.extend(desk.check_index(&mut |n| progress(&format!("已核对检索索引 {n}"))).await?);
    progress("");
    for doubt in &doubts {
        complain(&doubt.message);
    }
    if doubts.is_empty() {
        say("核对完毕：日志链完整，档案与日志、检索索引一致");
        return Ok(ExitCode::SUCCESS);
    }
    complain(&format!("有{}处不对，请保留现场并联系管理员", doubts.len()));
    Ok(ExitCode::FAILURE)
}

/// Counts anew and compares.
pub async fn recount(arguments: Arguments) -> Result<ExitCode, Trouble> {
    let (_, desk) = open(&arguments.common).await?;
    let differ = desk.recount(&mut |n| progress(&format!("已统计 {n}"))).await?;
    progress("");
    for (count, kept, counted) in &differ {
        complain(&format!(
            "{} {} {} {}：计数{kept}，重新统计{counted}",
            count.unit, count.period, count.statistic, count.cell
        ));
    }
    if differ.is_empty() {
        say("重新统计完毕：没有差异");
        return Ok(ExitCode::SUCCESS);
    }
    complain(&format!("有{}处差异", differ.len()));
    Ok(ExitCode::FAILURE)
}

/// Makes the search index anew, county by county.
pub async fn reindex(arguments: ReindexArguments) -> Result<ExitCode, Trouble> {
    let (_, desk) = open(&arguments.common).await?;
    let mut all = 0;
    for county in desk.counties().await?.into_iter().filter(|c| *c >= arguments.from) {
        let name = desk.units().long_name(&county);
        let mut show = |n: u64| progress(&format!("{county} {name}：{n}"));
        let records = desk.reindex(&county, &mut show).await?;
        progress("");
        say(&format!("{county} {name}：{records}份"));
        all += records;
    }
    say(&format!("检索索引已重建：{all}份档案"));
    Ok(ExitCode::SUCCESS)
}

/// Looks at what most often goes wrong.
pub async fn doctor(arguments: Arguments) -> Result<ExitCode, Trouble> {
    let (config, desk) = open(&arguments.common).await?;
    let mut wrong = 0;
    let mut tell = |fine: bool, words: String| {
        wrong += usize::from(!fine);
        say(&format!("{} {words}", if fine { "正常" } else { "注意" }));
    };
    tell(config.data.join("keys").exists(), "密钥文件在数据目录中".to_owned());
    tell(paper::Press::with_embedded(Vec::new()).has_fonts(), "程序带有中文字体".to_owned());
    let units = desk.units().all().len();
    tell(units > 0, format!("单位{units}个"));
    let today = clock::now("house:doctor").today;
    let next = jiff::civil::date(today.year() + 1, 1, 4);
    let known = desk.house().calendar.is_working_day(next).is_ok();
    let words = match (known, today.month()) {
        (true, _) => "明年的节假日安排已录入".to_owned(),
        (false, _) => {
            format!("{}年的节假日安排还没有录入，跨年的工作日期限暂不能计算", today.year() + 1)
        }
    };
    tell(known || today.month() < 11, words);
    if desk.house().kinds.values().any(|kind| !kind.publications.is_empty()) {
        let words = match &config.public_address {
            Some(address) => format!("公开地址 {address}"),
            None => {
                "没有设置公开地址（public_address），证件和文书上印不出公开核验的二维码".to_owned()
            }
        };
        tell(config.public_address.is_some(), words);
    }
    for (fine, words) in super::health::words(desk.keeper(), &config.patroni).await? {
        tell(fine, words);
    }
    let findings = desk.keeper().inspect().await?;
    findings.iter().for_each(|finding| complain(finding));
    tell(findings.is_empty(), format!("数据库检查{}处问题", findings.len()));
    for (fine, words) in vault::health::findings(&config, clock::now("house:doctor").at) {
        tell(fine, words);
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
