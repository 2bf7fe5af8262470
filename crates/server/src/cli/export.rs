//! `fengqiao export KIND`: records of a kind as a sheet, to a file or to standard output. It is the
//! question of a list page, so that nobody takes out more than the named account sees; it is noted
//! in the log before the first row leaves, and takes as much memory for a million rows as for ten.

use super::{Common, complain, config, config::Config, progress};
use crate::{
    app::{App, Trouble, open_desk, read_house},
    clock,
    sheets::{Format, ListWriter, handed_out},
};
use desk::{Actor, Desk, Moment, ask::ListAsk};
use engine::{
    definition::{Class, Field, House, RecordKind, nearest},
    kind::Shape,
};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

/// What is taken out, and whose rights count.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// 档案的标识或者名称，如 mediator、调解员
    kind: String,
    /// 写到哪里：.xlsx 或者 .csv；- 是标准输出（CSV）
    #[arg(default_value = "-")]
    file: PathBuf,
    /// 只要这个单位和它的下级（单位代码）
    #[arg(long)]
    unit: Option<String>,
    /// 只要这个状态（名称或者标识）
    #[arg(long)]
    state: Option<String>,
    /// 只要这一项是这个值的，可以写几次：标识=值；日期可写 2026-03 或者 2026-01-01..2026-06-30
    #[arg(long = "where", value_name = "字段=值")]
    filters: Vec<String>,
    /// 哪一个列表的列和条件（名称或者标识）；不写则全部的列
    #[arg(long)]
    list: Option<String>,
    /// 按哪个账号的权限；不写则全部档案。敏感的号码总是遮住的
    #[arg(long = "as", value_name = "账号")]
    account: Option<String>,
    /// 文件已有的，覆盖
    #[arg(long)]
    force: bool,
}

/// Does it. The exit code is 1 where it could not be done.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Trouble> {
    let place = Place::of(&arguments.file, arguments.force)?;
    let config = Config::read(&arguments.common, None, &config::environment())?;
    let house = read_house(config.businesses.as_deref())?;
    // What is misspelt is said before a database is opened.
    let mut ask = asked(&house, &arguments)?;
    if config.database.is_none() && !config.data.join(store::sqlite::FILE).exists() {
        let words = format!("{} 里没有数据，请用 --data 指明数据目录", config.data.display());
        return Err(Trouble::Words(words));
    }
    let app = App::new(open_desk(&config, house).await?, &config.data, Vec::new());
    let moment = clock::now("house:export");
    let who = Who::of(&app.desk, arguments.account.as_deref(), &moment).await?;
    ask.unit = unit(&app.desk, arguments.unit.as_deref())?;
    let rows = taken_out(&app, &who, &ask, &place, &moment).await;
    if let Some(token) = &who.token {
        app.desk.sign_out(token).await?;
    }
    app.desk.close().await?;
    complain(&format!("已导出{}行", rows?));
    Ok(ExitCode::SUCCESS)
}

/// Whose rights count, and who is noted in the log.
struct Who {
    reads: Actor,
    noted: Actor,
    token: Option<String>,
}

impl Who {
    /// An account, in the hands of the operator: the log names the operator, acting on the
    /// account's authority. Without one, the operator, who sees every record.
    async fn of(desk: &Desk, account: Option<&str>, moment: &Moment) -> Result<Self, Trouble> {
        let top = desk.units().all().first().cloned();
        let Some(top) = top else {
            let words = "还没有单位，请先导入：fengqiao units import 文件";
            return Err(Trouble::Words(words.to_owned()));
        };
        let operator = Actor::house("export", &top);
        let Some(account) = account else {
            return Ok(Self { reads: operator.clone(), noted: operator, token: None });
        };
        let token = desk.make_token(account, 1, moment).await?;
        let reads = desk.session(&token, moment).await?.actor;
        let noted = Actor { account: operator.account, name: operator.name, ..reads.clone() };
        Ok(Self { reads, noted, token: Some(token) })
    }
}

/// Writes everything; how many rows there were.
async fn taken_out(
    app: &App,
    who: &Who,
    ask: &ListAsk,
    place: &Place,
    moment: &Moment,
) -> Result<usize, Trouble> {
    let mut reading = app.desk.sheet(&who.reads, ask, usize::MAX).await?;
    let first = reading.next(&app.desk).await?;
    let writer = ListWriter::of(app.desk.house(), &reading, place.format())?;
    app.desk.log_look(&who.noted, "export", &ask.kind, "", moment).await?;
    let mut pieces = handed_out(app.clone(), reading, first, writer);
    let mut out = place.open()?;
    let mut rows = 0;
    while let Some(piece) = pieces.recv().await {
        let piece = piece?;
        match out.write_all(&piece.bytes) {
            // Whoever read it has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(rows),
            written => written?,
        }
        rows += piece.rows;
        progress(&format!("已写 {rows} 行"));
    }
    out.flush()?;
    drop(out);
    place.settle()?;
    progress("");
    Ok(rows)
}

/// Where it is written.
enum Place {
    Standard,
    File { file: PathBuf, format: Format },
}

impl Place {
    fn of(file: &Path, force: bool) -> Result<Self, Trouble> {
        if file == Path::new("-") {
            return Ok(Self::Standard);
        }
        let ending = file.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let format = match ending.as_str() {
            "xlsx" => Format::Xlsx,
            "csv" => Format::Csv,
            _ => {
                let name = file.display();
                let words = format!("{name} 应以 .xlsx 或者 .csv 结尾；- 是标准输出（CSV）");
                return Err(Trouble::Words(words));
            }
        };
        if file.exists() && !force {
            let words = format!("{} 已经有了；要覆盖的，加上 --force", file.display());
            return Err(Trouble::Words(words));
        }
        Ok(Self::File { file: file.to_owned(), format })
    }

    fn format(&self) -> Format {
        match self {
            Self::Standard => Format::Csv,
            Self::File { format, .. } => *format,
        }
    }

    /// Written beside, so that an export that broke off leaves no file that looks whole.
    fn beside(file: &Path) -> PathBuf {
        let mut name = file.as_os_str().to_owned();
        name.push(".part");
        name.into()
    }

    fn open(&self) -> Result<Box<dyn Write + Send>, Trouble> {
        match self {
            Self::Standard => Ok(Box::new(io::stdout())),
            Self::File { file, .. } => {
                let opened = File::create(Self::beside(file));
                let opened = opened.map_err(|error| {
                    Trouble::Words(format!("{} 写不了：{error}", file.display()))
                })?;
                Ok(Box::new(BufWriter::new(opened)))
            }
        }
    }

    fn settle(&self) -> io::Result<()> {
        match self {
            Self::Standard => Ok(()),
            Self::File { file, .. } => fs::rename(Self::beside(file), file),
        }
    }
}

/// The question, with everything but the unit, which only the data knows.
fn asked(house: &House, arguments: &Arguments) -> Result<ListAsk, Trouble> {
    let kind = kind_of(house, &arguments.kind)?;
    let state = match &arguments.state {
        None => String::new(),
        Some(state) => {
            let named = kind.states.iter().map(|s| (s.id.as_str(), s.label.as_str()));
            found(named, state).map_err(|near| no_such(&kind.label, "状态", state, near))?
        }
    };
    let list = match &arguments.list {
        None => String::new(),
        Some(list) => {
            let named = kind.lists.iter().map(|l| (l.id.as_str(), l.label.as_str()));
            found(named, list).map_err(|near| no_such(&kind.label, "列表", list, near))?
        }
    };
    let filters = arguments.filters.iter().map(|one| filter(house, &kind, one));
    Ok(ListAsk {
        kind: kind.id.clone(),
        whole: list.is_empty(),
        list,
        state,
        filters: filters.collect::<Result<_, _>>()?,
        ..ListAsk::default()
    })
}

fn kind_of(house: &House, wanted: &str) -> Result<Arc<RecordKind>, Trouble> {
    let named = house.kinds.values().map(|kind| (kind.id.as_str(), kind.label.as_str()));
    let id = found(named, wanted).map_err(|near| {
        let near = near.map(|near| format!("，是不是 {near}")).unwrap_or_default();
        Trouble::Words(format!("没有“{wanted}”这种档案{near}"))
    })?;
    house.kind(&id).cloned().ok_or_else(|| Trouble::Words(format!("没有“{wanted}”这种档案")))
}

/// The id of what has this id or label; otherwise the nearest, as it is called.
fn found<'a>(
    named: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    wanted: &str,
) -> Result<String, Option<String>> {
    let same = named.clone().find(|(id, _)| *id == wanted);
    let same = same.or_else(|| named.clone().find(|(_, label)| *label == wanted));
    if let Some((id, _)) = same {
        return Ok(id.to_owned());
    }
    let near = nearest(wanted, named.clone().flat_map(|(id, label)| [id, label]));
    let near =
        near.and_then(|near| named.clone().find(|(id, label)| [*id, *label].contains(&near)));
    Err(near.map(|(id, label)| format!("{id}（{label}）")))
}

fn no_such(kind: &str, what: &str, wanted: &str, near: Option<String>) -> Trouble {
    let near = near.map(|near| format!("，是不是 {near}")).unwrap_or_default();
    Trouble::Words(format!("{kind}没有“{wanted}”这个{what}{near}"))
}

fn filter(house: &House, kind: &RecordKind, written: &str) -> Result<(String, String), Trouble> {
    let Some((name, value)) = written.split_once('=') else {
        return Err(Trouble::Words(format!("--where 应写成 字段=值，不是“{written}”")));
    };
    let (name, value) = (name.trim(), value.trim());
    let named = kind.fields.iter().map(|field| (field.id.as_str(), field.label.as_str()));
    let id = found(named, name).map_err(|near| no_such(&kind.label, "字段", name, near))?;
    let value = match kind.fields.get(&id) {
        Some(field) if field.class > Class::Plain => {
            let words = format!("“{}”写了密级，不能按它筛选", field.label);
            return Err(Trouble::Words(words));
        }
        Some(field) => coded(house, field, value)?,
        None => value.to_owned(),
    };
    Ok((id, value))
}

/// A value as it is kept: people may write the name of a code.
fn coded(house: &House, field: &Field, value: &str) -> Result<String, Trouble> {
    let (Shape::Code(table) | Shape::Codes(table)) = field.kind.shape() else {
        return Ok(value.to_owned());
    };
    let codes = house.codes.get(table).map(|table| table.codes.as_slice()).unwrap_or_default();
    let named = codes.iter().map(|code| (code.code.as_str(), code.name.as_str()));
    found(named, value).map_err(|near| no_such(&field.label, "值", value, near))
}

/// The code of a unit; one may write its name where only one is called so.
fn unit(desk: &Desk, wanted: Option<&str>) -> Result<String, Trouble> {
    let Some(wanted) = wanted else { return Ok(String::new()) };
    let units = desk.units();
    if units.get(wanted).is_some() {
        return Ok(wanted.to_owned());
    }
    let mut called = units.all().iter().filter(|unit| unit.name == wanted);
    let words = match (called.next(), called.next()) {
        (Some(only), None) => return Ok(only.code.clone()),
        (Some(one), Some(other)) => {
            let line = |code: &str| format!("{code}（{}）", units.long_name(code));
            let both = format!("{}、{}", line(&one.code), line(&other.code));
            format!("叫“{wanted}”的单位不止一个，请写代码，如 {both}")
        }
        _ => format!("没有“{wanted}”这个单位，请写单位代码，如 330198"),
    };
    Err(Trouble::Words(words))
}

#[cfg(test)]
mod tests;
