//! What a running server needs, and how it is opened from a data folder.

use crate::{businesses, cli::config::Config, clock::SystemChance};
use desk::{Desk, Refusal, seal::Keys};
use engine::definition::{Finding, House};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock, atomic::AtomicU64},
    time::Duration,
};
use store::{Keeper, Options, PostgresKeeper, PostgresOptions, SqliteKeeper};

/// A running server.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// The parts of a running server.
pub struct Inner {
    /// The desk.
    pub desk: Desk,
    /// Prints papers; fonts are read when first needed.
    pub press: paper::Press,
    /// Accounts to try, in a demonstration.
    pub demo: Vec<DemoAccount>,
    /// The data folder.
    pub data: PathBuf,
    /// Folder for attached files.
    pub files: PathBuf,
    /// The archive, where attached files are put as well.
    pub archive: Option<PathBuf>,
    /// Counts requests, for `/metrics`.
    pub requests: AtomicU64,
    /// How much is asked of the public pages.
    pub public: crate::web::Gates,
    /// Counts answers of 500 and above.
    pub failures: AtomicU64,
    /// Who is told of counts that change.
    pub live: Arc<crate::live::Live>,
    /// Where the public reaches this house, once it is known.
    reached_at: OnceLock<String>,
    /// Hash over assets, so that browsers keep them until they change.
    pub assets: String,
}

/// An account that a visitor of a demonstration may try.
#[derive(Clone, Debug)]
pub struct DemoAccount {
    /// Login name.
    pub account: String,
    /// Password.
    pub password: String,
    /// Role.
    pub role: String,
    /// Code of its unit.
    pub unit: String,
    /// What to try with it.
    pub what_for: String,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// A server around a desk, with no other archive than its keeper's.
    pub fn new(desk: Desk, data: &Path, demo: Vec<DemoAccount>) -> Self {
        let archive = desk.keeper().archive().map(|status| status.folder);
        Self::archiving(desk, data, demo, archive)
    }

    /// A server around a desk, with an archive that it knows of where its keeper does not: that of a
    /// database server.
    pub fn archiving(
        desk: Desk,
        data: &Path,
        demo: Vec<DemoAccount>,
        archive: Option<PathBuf>,
    ) -> Self {
        let assets = crate::web::assets_version();
        Self(Arc::new(Inner {
            desk,
            press: paper::Press::with_embedded(Vec::new()),
            demo,
            data: data.to_owned(),
            files: data.join("files"),
            archive,
            requests: AtomicU64::new(0),
            public: crate::web::Gates::default(),
            failures: AtomicU64::new(0),
            live: Arc::default(),
            reached_at: OnceLock::new(),
            assets,
        }))
    }

    /// Tells the house under which address the public reaches it. Said once.
    pub fn reach_at(&self, address: &str) {
        let _ = self.reached_at.set(address.to_owned());
    }

    /// Where the public reaches this house, without a slash at the end; `None` where nobody said.
    pub fn public_address(&self) -> Option<&str> {
        self.reached_at.get().map(String::as_str)
    }
}

/// Why a server or tool cannot start; shown to the operator.
#[derive(Debug)]
pub enum Trouble {
    /// The definitions have findings.
    Definitions(Vec<Finding>),
    /// Anything else, in words.
    Words(String),
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::Words(error.to_string())
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        if let Refusal::Store(error) = refusal {
            return error.into();
        }
        let problems = match &refusal {
            Refusal::Invalid(problems) | Refusal::Confirm(problems) => problems.as_slice(),
            _ => &[],
        };
        let mut words = refusal.to_string();
        for problem in problems.iter().take(50) {
            words += &format!("\n  {problem}");
        }
        if problems.len() > 50 {
            words += &format!("\n  …… 共{}处", problems.len());
        }
        Self::Words(words)
    }
}

impl From<store::StoreError> for Trouble {
    fn from(error: store::StoreError) -> Self {
        let chinese = |words: &str| words.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
        match error {
            // What the house says itself is a whole sentence; what the medium says needs one.
            store::StoreError::Failed(words) if chinese(&words) => Self::Words(words),
            store::StoreError::Unavailable(words) => {
                Self::Words(format!("{words}。请检查数据库是否在运行、地址是否正确，再试一次"))
            }
            error => Self::Words(format!(
                "数据读写不了（{error}）。请检查磁盘和数据目录，再用 fengqiao verify 核对"
            )),
        }
    }
}

/// Reads definitions that have no findings.
pub fn read_house(root: Option<&Path>) -> Result<House, Trouble> {
    let files = root.map_or_else(|| Ok(businesses::proven()), businesses::folder)?;
    let (house, findings) = engine::definition::read(&files);
    if findings.is_empty() { Ok(house) } else { Err(Trouble::Definitions(findings)) }
}

/// How long a change waits for a database that can write. Whoever waits longer is told, and the
/// page or program sends it again under the same key: nobody looks at a page that says nothing.
const PATIENCE: Duration = Duration::from_secs(8);

/// Opens the desk on a data folder, making the folder and its keys if they are not there. The rows
/// are in the database that is named, and where none is, in the folder: never in one because the
/// other cannot be reached.
pub async fn open_desk(config: &Config, house: House) -> Result<Desk, Trouble> {
    let data = &config.data;
    fs::create_dir_all(data)?;
    let keys = keys(&data.join("keys"))?;
    let keeper: Arc<dyn Keeper> = match &config.database {
        None => {
            let archive = config.archive.clone();
            let options = Options { archive, ..Options::new(crate::clock::ticks()) };
            Arc::new(SqliteKeeper::open(data, options)?)
        }
        Some(address) => {
            let options = PostgresOptions::new(crate::clock::ticks());
            let options = PostgresOptions { patience: PATIENCE, ..options };
            Arc::new(PostgresKeeper::open(address, options).await?)
        }
    };
    Ok(Desk::open(keeper, house, &keys, Box::new(SystemChance)).await?)
}

/// The keys of a data folder: 48 bytes beside the database, readable by its owner alone.
pub fn keys(file: &Path) -> Result<Keys, Trouble> {
    use desk::Chance;
    let database = file.with_file_name(store::sqlite::FILE);
    if !file.exists() && database.exists() {
        let words = format!(
            "密钥文件 {} 不见了。请从备份放回原处；换一个新密钥会使已有的证件号码和电话打不开",
            file.display()
        );
        return Err(Trouble::Words(words));
    }
    if !file.exists() {
        let mut bytes = [0; 48];
        SystemChance.fill(&mut bytes);
        write_private(file, &bytes)?;
    }
    let bytes = fs::read(file)?;
    let seal = bytes.get(..16).and_then(|b| b.try_into().ok());
    let index = bytes.get(16..48).and_then(|b| b.try_into().ok());
    match (seal, index) {
        (Some(seal), Some(index)) => Ok(Keys { seal, index }),
        _ => Err(Trouble::Words(format!("密钥文件 {} 不完整", file.display()))),
    }
}

/// Written beside and renamed, so that a start that is cut off leaves no half of a key.
pub fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let beside = file.with_extension("part");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&beside)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(&beside, file)?;
    file.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}
