//! Attached files: kept by the hash of their content in the data folder, type sniffed, size
//! bounded. A field holds `hash name`; whoever may see the record may fetch the file.

mod ink;
mod shrink;

use desk::{Actor, Moment, Refusal};
use engine::{
    definition::{Fields, House},
    kind::{Cells, Photo, Shape, file_parts},
    problem::Problem,
    query::Cell,
};
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{app::App, vault};

/// Largest file taken.
pub const MOST_BYTES: usize = 20 * 1024 * 1024;

/// The room that a file of this field must fit into, if it is a photograph. `name` is a field of the
/// kind, or `rows.0.field`.
pub fn photo(house: &House, kind: &str, name: &str) -> Option<Photo> {
    let kind = house.kind(kind)?;
    let room = |fields: &Fields, name: &str| match fields.get(name)?.kind.shape() {
        Shape::File(photo) => photo,
        _ => None,
    };
    let Some((rows, rest)) = name.split_once('.') else { return room(&kind.fields, name) };
    let Shape::Rows(row) = kind.fields.get(rows)?.kind.shape() else { return None };
    room(&kind.rows.get(row)?.fields, rest.rsplit('.').next()?)
}

/// Takes a file in; gives what its field will hold. A photograph is first made to fit its room.
pub async fn keep(
    app: &App,
    name: &str,
    bytes: &[u8],
    photo: Option<Photo>,
) -> Result<String, Refusal> {
    match photo {
        Some(room) if !bytes.is_empty() && bytes.len() <= MOST_BYTES => {
            let (name, given) = (shrink::named(name), bytes.to_vec());
            let fitted = tokio::task::spawn_blocking(move || shrink::fit(&given, room)).await;
            let fitted = fitted.map_err(|error| failed(std::io::Error::other(error)))?;
            let fitted = fitted.map_err(Refusal::problem)?;
            keep_whole(app, &name, &fitted).await
        }
        _ => keep_whole(app, name, bytes).await,
    }
}

async fn keep_whole(app: &App, name: &str, bytes: &[u8]) -> Result<String, Refusal> {
    let problem =
        |code: &str, message: String| Err(Refusal::problem(Problem::error(code, message)));
    if bytes.is_empty() {
        return problem("file_empty", "文件是空的，请重新选择".to_owned());
    }
    if bytes.len() > MOST_BYTES {
        let message = format!("文件最大{}MB，请压缩后再传", MOST_BYTES / 1024 / 1024);
        return problem("file_large", message);
    }
    if media_type(bytes).is_none() {
        let message = "只收 PDF、JPG、PNG 和 Word、Excel 文件（docx、xlsx）".to_owned();
        return problem("file_type", message);
    }
    let hash = desk::seal::hash_bytes(bytes);
    let file = place(app, &hash);
    if let Some(folder) = file.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    }
    if !tokio::fs::try_exists(&file).await.map_err(failed)? {
        // Written beside and renamed, so that a file under its hash is always whole; each by a name
        // of its own, for the same file may be taken in twice at once.
        static TAKEN: AtomicU64 = AtomicU64::new(0);
        let beside = file.with_extension(format!("{}.part", TAKEN.fetch_add(1, Ordering::Relaxed)));
        let mut out = tokio::fs::File::create(&beside).await.map_err(failed)?;
        tokio::io::AsyncWriteExt::write_all(&mut out, bytes).await.map_err(failed)?;
        out.sync_all().await.map_err(failed)?;
        tokio::fs::rename(&beside, &file).await.map_err(failed)?;
        archive(app, &hash).await;
    }
    sync_names(app, &file).await.map_err(failed)?;
    let name: String =
        name.rsplit(['/', '\\']).next().unwrap_or("文件").chars().take(100).collect();
    let name = engine::check::text::one_line(&name);
    Ok(format!("{hash} {}", if name.is_empty() { "文件" } else { &name }))
}

/// Puts a new file into the archive as well. Work goes on where that fails: the next backup has it.
async fn archive(app: &App, hash: &str) {
    let Some(archive) = &app.archive else { return };
    let (from, to, hash) = (app.files.clone(), archive.join("files"), hash.to_owned());
    let carried = tokio::task::spawn_blocking(move || vault::carry(&from, &to, &hash)).await;
    if !matches!(carried, Ok(Ok(true))) {
        tracing::error!(?carried, "an attached file was not archived");
    }
}

/// Makes the file's name and the folders above it durable: without that a power cut may take along a
/// file that was synced. It is done for a file that is there already too, since another request may
/// have just renamed it.
async fn sync_names(app: &App, file: &Path) -> std::io::Result<()> {
    let data = app.files.parent();
    for folder in file.ancestors().skip(1).take_while(|folder| Some(*folder) != data).chain(data) {
        tokio::fs::File::open(folder).await?.sync_all().await?;
    }
    Ok(())
}

fn failed(error: std::io::Error) -> Refusal {
    Refusal::Store(store::StoreError::Failed(error.to_string()))
}

fn place(app: &App, hash: &str) -> PathBuf {
    let folder: String = hash.chars().take(2).collect();
    app.files.join(folder).join(hash)
}

/// What kind of file the bytes are, by what they begin with; `None` for kinds not taken.
pub fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let starts = |with: &[u8]| bytes.starts_with(with);
    if starts(b"%PDF-") {
        Some("application/pdf")
    } else if starts(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if starts(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if starts(b"PK\x03\x04") && contains(bytes, b"word/") {
        Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document")
    } else if starts(b"PK\x03\x04") && contains(bytes, b"xl/") {
        Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    } else {
        None
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A file of a record that the actor may see: name, type, bytes.
pub async fn fetch(
    app: &App,
    actor: &Actor,
    kind: &str,
    id: &str,
    hash: &str,
    moment: &Moment,
) -> Result<(String, &'static str, Vec<u8>), Refusal> {
    let missing = || Refusal::NotFound("这个文件".to_owned());
    let answer = app.desk.record(actor, kind, id, moment).await?;
    answer.may_leave()?;
    let rows = answer.record.rows.values().flatten().map(|row| &row.cells);
    let mut cells = std::iter::once(&answer.record.cells).chain(rows);
    let name = cells.find_map(|cells| named(cells, hash)).ok_or_else(missing)?;
    let bytes = content(app, hash).await?;
    let media = media_type(&bytes).unwrap_or("application/octet-stream");
    Ok((name, media, bytes))
}

/// The bytes of a kept file, as they were when it was taken in. Whoever asks has settled who may.
pub async fn content(app: &App, hash: &str) -> Result<Vec<u8>, Refusal> {
    let missing = || Refusal::NotFound("这个文件".to_owned());
    let bytes = tokio::fs::read(place(app, hash)).await.map_err(|_| missing())?;
    // What was changed on the disk is not what was attached.
    if desk::seal::hash_bytes(&bytes) != hash {
        return Err(Refusal::NotFound("完好的文件：它在磁盘上被改动过".to_owned()));
    }
    Ok(bytes)
}

/// A signature drawn on a screen or photographed, made fit for a paper.
pub async fn signature(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let given = bytes.to_vec();
    let drawn = tokio::task::spawn_blocking(move || ink::strokes(&given)).await;
    drawn.map_err(|error| failed(std::io::Error::other(error)))?.map_err(Refusal::problem)
}

fn named(cells: &Cells, hash: &str) -> Option<String> {
    cells
        .values()
        .filter_map(Cell::as_text)
        .map(file_parts)
        .find_map(|(kept, name)| (kept == hash && hash.len() == 64).then(|| name.to_owned()))
}
