//! `fengqiao paper preview`: a template with its sample, as the PDF or Word file it becomes. Whoever writes a
//! template needs no compiler for it, and no record.

use super::{complain, say};
use crate::{app::Trouble, clock};
use ::paper::{Press, Sheet};
use clap::Subcommand;
use serde_json::Value as Json;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// What is done with papers.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 用样例数据把文书模板排成 PDF，或者 Word 稿：不写 --to 的，写在模板旁边的同名 .pdf
    Preview(Preview),
}

/// What `preview` is told.
#[derive(Debug, clap::Args)]
pub struct Preview {
    /// 模板，如 businesses/mediation/documents/agreement.typ
    template: PathBuf,
    /// 样例数据（JSON）；不写则用模板旁边 samples 里同名的
    #[arg(long)]
    data: Option<PathBuf>,
    /// 写到哪个文件：.pdf，或者 .docx（Word 稿）
    #[arg(long)]
    to: Option<PathBuf>,
    /// 一直看着：模板、样例或者公用样式一存盘就重排
    #[arg(long)]
    watch: bool,
}

/// Runs it.
pub async fn run(command: Command) -> Result<ExitCode, Trouble> {
    let Command::Preview(asked) = command;
    let press = Press::with_embedded(Vec::new());
    let mut last = None;
    loop {
        let files = Files::of(&asked);
        let written = files.written();
        if last != Some(written.clone()) {
            match (files.preview(&press), asked.watch) {
                (Ok(line), _) => say(&line),
                (Err(trouble), false) => return Err(trouble),
                (Err(Trouble::Words(words)), true) => complain(&words),
                (Err(Trouble::Definitions(_)), true) => {}
            }
            last = Some(written);
        }
        if !asked.watch {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// The files a preview is made of.
struct Files {
    template: PathBuf,
    data: PathBuf,
    library: Vec<PathBuf>,
    to: PathBuf,
}

impl Files {
    fn of(asked: &Preview) -> Self {
        let template = asked.template.clone();
        let folder = template.parent().unwrap_or(Path::new("")).to_owned();
        let stem = template.file_stem().unwrap_or_default().to_owned();
        let sample = folder.join("samples").join(&stem).with_extension("json");
        // businesses/<业务>/documents/x.typ: the shared styles lie in businesses/common/documents.
        let common = folder.join("../../common/documents");
        let found = fs::read_dir(common).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut library: Vec<PathBuf> =
            found.filter(|path| path.extension().is_some_and(|e| e == "typ")).collect();
        library.sort();
        Self {
            data: asked.data.clone().unwrap_or(sample),
            to: asked.to.clone().unwrap_or_else(|| template.with_extension("pdf")),
            template,
            library,
        }
    }

    /// When each was written last.
    fn written(&self) -> Vec<Option<std::time::SystemTime>> {
        let all = [&self.template, &self.data].into_iter().chain(&self.library);
        all.map(|path| fs::metadata(path).and_then(|about| about.modified()).ok()).collect()
    }

    fn preview(&self, press: &Press) -> Result<String, Trouble> {
        let template = text(&self.template)?;
        let data = text(&self.data)?;
        let data: Json = serde_json::from_str(&data).map_err(|error| {
            let (file, line, column) = (self.data.display(), error.line(), error.column());
            Trouble::Words(format!("样例 {file} 第{line}行第{column}列读不懂，应为 JSON"))
        })?;
        let mut library = Vec::new();
        for path in &self.library {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            library.push((name, text(path)?));
        }
        let library: Vec<(&str, &str)> =
            library.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let name = self.template.display().to_string();
        let sheet = Sheet {
            name: &name,
            template: &template,
            library: &library,
            data: &data,
            files: &[],
            qr: data["verify"].as_str(),
            printed_at: crate::documents::paper_moment(&clock::now("")),
        };
        if self.to.extension().is_some_and(|extension| extension == "docx") {
            let made = press.word(sheet).map_err(|error| Trouble::Words(error.to_string()))?;
            fs::write(&self.to, &made.docx)?;
            return Ok(format!("{} Word 稿", self.to.display()));
        }
        let printed = press.typeset(sheet);
        let printed = printed.map_err(|error| Trouble::Words(error.to_string()))?;
        fs::write(&self.to, &printed.pdf)?;
        let mut line = format!("{} 共{}页", self.to.display(), printed.pages);
        if !printed.signers.is_empty() {
            line += &format!("，签名处：{}", printed.signers.join("、"));
        }
        if !printed.missing.is_empty() {
            let missing: String = printed.missing.iter().collect();
            line += &format!("；字体里没有的字：{missing}");
        }
        Ok(line)
    }
}

fn text(path: &Path) -> Result<String, Trouble> {
    let unread = |error| Trouble::Words(format!("{} 读不出来：{error}", path.display()));
    fs::read_to_string(path).map_err(unread)
}
