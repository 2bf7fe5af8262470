//! What a template can see: itself, its library, the data, the QR code, the fonts. Nothing else.

use std::path::PathBuf;

use serde_json::Value;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, WorldExt};

use crate::coverage::Coverage;
use crate::fonts::Fonts;
use crate::{PaperError, Sheet, qr};

/// File names are interned by typst for ever, so they are few and the same for every paper; the
/// sheet's own name is used in messages only.
const MAIN: &str = "paper.typ";
const DATA: &str = "data.json";
const QR: &str = "qr.svg";

/// The closed world of one sheet.
pub(crate) struct World<'a> {
    fonts: &'a Fonts,
    library: &'a LazyHash<Library>,
    name: String,
    main: FileId,
    sources: Vec<Source>,
    files: Vec<(FileId, Bytes)>,
}

impl<'a> World<'a> {
    /// Lays out a sheet's files, and says which characters no font has.
    pub(crate) fn of(
        sheet: Sheet<'_>,
        fonts: &'a Fonts,
    ) -> Result<(World<'a>, Vec<char>), PaperError> {
        let mut coverage = Coverage::new(fonts);
        let main = file_id(MAIN)?;
        let mut sources = vec![Source::new(main, coverage.text(sheet.template))];
        for (name, text) in sheet.library {
            sources.push(Source::new(file_id(name)?, coverage.text(text)));
        }
        let data = data_text(coverage.value(sheet.data), sheet.qr.is_some())?;
        let mut files = vec![(file_id(DATA)?, Bytes::from_string(data))];
        if let Some(content) = sheet.qr {
            files.push((file_id(QR)?, Bytes::from_string(qr::svg(content)?)));
        }
        for (name, bytes) in sheet.files {
            files.push((file_id(name)?, Bytes::new(bytes.to_vec())));
        }
        let world = World {
            fonts,
            library: &fonts.library,
            name: sheet.name.to_owned(),
            main,
            sources,
            files,
        };
        Ok((world, coverage.into_missing()))
    }

    /// The world of a sheet that becomes a Word file: its data says so, and Word shows no SVG.
    pub(crate) fn word(
        sheet: Sheet<'_>,
        fonts: &'a Fonts,
    ) -> Result<(World<'a>, Vec<char>), PaperError> {
        let mut data = sheet.data.clone();
        let object = data.as_object_mut().ok_or(PaperError::Data)?;
        object.insert("word".to_owned(), Value::Bool(true));
        let (mut world, missing) = World::of(Sheet { data: &data, ..sheet }, fonts)?;
        if let Some(content) = sheet.qr {
            let drawn = (file_id(QR)?, Bytes::new(qr::png(content)?));
            world.files.retain(|(known, _)| *known != drawn.0);
            world.files.push(drawn);
        }
        world.library = &fonts.word;
        Ok((world, missing))
    }

    /// The world in which files are bound: a template of ours, and the files.
    pub(crate) fn bound(
        fonts: &'a Fonts,
        template: &str,
        data: &Value,
        parts: Vec<(String, Bytes)>,
    ) -> Result<World<'a>, PaperError> {
        let main = file_id(MAIN)?;
        let sources = vec![Source::new(main, template.to_owned())];
        let mut files = vec![(file_id(DATA)?, Bytes::from_string(data.to_string()))];
        for (name, bytes) in parts {
            files.push((file_id(&name)?, bytes));
        }
        Ok(World { fonts, library: &fonts.library, name: String::new(), main, sources, files })
    }

    /// The first finding as an error of ours: where, and what.
    pub(crate) fn explain(&self, found: &[SourceDiagnostic]) -> PaperError {
        let Some(first) = found.first() else { return self.placeless(String::new()) };
        let mut message = first.message.to_string();
        for hint in &first.hints {
            message.push('；');
            message.push_str(&hint.v);
        }
        self.place_of(first).map_or_else(
            || self.placeless(message.clone()),
            |(file, line, column)| PaperError::Template {
                file,
                line,
                column,
                message: message.clone(),
            },
        )
    }

    fn placeless(&self, message: String) -> PaperError {
        PaperError::Template { file: self.name.clone(), line: 0, column: 0, message }
    }

    fn place_of(&self, found: &SourceDiagnostic) -> Option<(String, usize, usize)> {
        let id = found.span.id()?;
        let source = self.sources.iter().find(|source| source.id() == id)?;
        let start = self.range(found.span)?.start;
        let (line, column) = source.lines().byte_to_line_column(start)?;
        Some((self.shown_name(id), line + 1, column + 1))
    }

    fn shown_name(&self, id: FileId) -> String {
        if id == self.main {
            self.name.clone()
        } else {
            id.get().vpath().get_without_slash().to_owned()
        }
    }
}

impl typst::World for World<'_> {
    fn library(&self) -> &LazyHash<Library> {
        self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let found = self.sources.iter().find(|source| source.id() == id);
        found.cloned().ok_or_else(|| not_found(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let found = self.files.iter().find(|(known, _)| *known == id);
        found.map(|(_, bytes)| bytes.clone()).ok_or_else(|| not_found(id))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.faces.get(index).cloned()
    }

    /// No clock: the moment of printing is in the data, as text.
    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn file_id(name: &str) -> Result<FileId, PaperError> {
    let path = VirtualPath::new(name).map_err(|_| PaperError::Library(name.to_owned()))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

fn not_found(id: FileId) -> FileError {
    FileError::NotFound(PathBuf::from(id.get().vpath().get_without_slash()))
}

fn data_text(mut data: Value, has_qr: bool) -> Result<String, PaperError> {
    let object = data.as_object_mut().ok_or(PaperError::Data)?;
    object.insert("qr".to_owned(), Value::Bool(has_qr));
    Ok(data.to_string())
}
