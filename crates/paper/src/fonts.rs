//! The press and its fonts.

use std::borrow::Cow;
use std::sync::OnceLock;

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt};

use crate::PaperError;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/fonts.rs"));
}

/// The bytes of one font file (`.otf`, `.ttf`, `.ttc`): embedded, or read at run time where an
/// operator owns the fonts of official papers (仿宋_GB2312, 方正小标宋).
pub type FontFile = Cow<'static, [u8]>;

/// What prints. It is cheap to make: fonts are read when the first paper is printed, so a server
/// that prints nothing spends no memory on them. Keep one for the life of the program.
pub struct Press {
    files: Vec<FontFile>,
    loaded: OnceLock<Result<Fonts, PaperError>>,
}

/// Fonts read and ready, with typst's standard library, which depends on nothing either.
pub(crate) struct Fonts {
    pub(crate) book: LazyHash<FontBook>,
    pub(crate) faces: Vec<Font>,
    pub(crate) library: LazyHash<Library>,
    /// The library for Word files, see [`crate::word`].
    pub(crate) word: LazyHash<Library>,
}

impl Press {
    /// A press with these fonts, in order of preference where a template names none of them.
    #[must_use]
    pub fn new(files: Vec<FontFile>) -> Press {
        Press { files, loaded: OnceLock::new() }
    }

    /// A press with the fonts inside the program, after those given: whoever brings 仿宋 gets 仿宋.
    #[must_use]
    pub fn with_embedded(own: Vec<FontFile>) -> Press {
        let embedded = embedded::files().into_iter().map(Cow::Borrowed);
        Press::new(own.into_iter().chain(embedded).collect())
    }

    /// Whether there is any font to print with; does not read them.
    #[must_use]
    pub fn has_fonts(&self) -> bool {
        !self.files.is_empty()
    }

    pub(crate) fn fonts(&self) -> Result<&Fonts, PaperError> {
        self.loaded.get_or_init(|| Fonts::load(&self.files)).as_ref().map_err(Clone::clone)
    }
}

impl Fonts {
    fn load(files: &[FontFile]) -> Result<Fonts, PaperError> {
        if files.is_empty() {
            return Err(PaperError::NoFonts);
        }
        let mut faces = Vec::new();
        for (index, file) in files.iter().enumerate() {
            let found = faces_of(file);
            if found.is_empty() {
                return Err(PaperError::BadFont(index + 1));
            }
            faces.extend(found);
        }
        let book = LazyHash::new(FontBook::from_fonts(&faces));
        let word = LazyHash::new(crate::word::library());
        Ok(Fonts { book, faces, library: LazyHash::new(Library::default()), word })
    }

    /// Whether some face has a glyph for this character.
    pub(crate) fn has(&self, character: char) -> bool {
        self.faces.iter().any(|face| face.info().coverage.contains(character as u32))
    }
}

/// The faces of a file. A collection such as Noto CJK holds one face for each region over the same
/// glyphs; only the mainland one is kept, whose shapes follow 通用规范汉字表.
fn faces_of(file: &FontFile) -> Vec<Font> {
    let bytes = match file {
        Cow::Borrowed(bytes) => Bytes::new(*bytes),
        Cow::Owned(bytes) => Bytes::new(bytes.clone()),
    };
    let all: Vec<Font> = Font::iter(bytes).collect();
    let mainland: Vec<Font> =
        all.iter().filter(|face| face.info().family.ends_with(" SC")).cloned().collect();
    if mainland.is_empty() { all } else { mainland }
}
