//! Typesetting: a template and the data of one record become a PDF, or a Word file to be edited.
//!
//! This crate knows nothing of definitions, records, storage or HTTP. A template is typst text from
//! `businesses/*/documents`, data is JSON whose values are already display text, and the moment of
//! printing is passed in. So the same [`Sheet`] always gives the same bytes.
//!
//! It is a crate of its own because typst is more code than everything else together.
//!
//! Two promises that typst alone does not make:
//! - **Nothing prints blank.** typst leaves out a character that no font has, without a warning. Here
//!   every character is looked up first; one that is nowhere is printed as `〔U+2B7A9〕` and named in
//!   [`Typeset::missing`], so that a clerk sees the gap and can fill it by hand.
//! - **A template reaches nothing.** It sees itself, its library files, `data.json` and `qr.svg`: no
//!   other file, no network, no clock.

mod bind;
mod coverage;
mod error;
mod fonts;
mod qr;
pub use qr::{png as qr_png, svg as qr_svg};
mod scan;
mod word;
mod world;

pub use bind::{Bound, MOST_PAGES, Part, page_count};
pub use error::PaperError;
pub use fonts::{FontFile, Press};
pub use scan::codes;
pub use word::Word;

use serde_json::Value as Json;
use typst::foundations::{Datetime, Label, Selector, Smart, Value};
use typst::introspection::{Introspector, MetadataElem};
use typst::utils::PicoStr;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

/// One paper to print.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// What errors call the template, such as `mediation/documents/agreement.typ`.
    pub name: &'a str,
    /// The template's text.
    pub template: &'a str,
    /// Files the template may import: name as written in `#import`, and text.
    pub library: &'a [(&'a str, &'a str)],
    /// The data, seen by the template as `data.json`. The press adds the key `qr`: whether there is
    /// a QR code in `qr.svg`.
    pub data: &'a Json,
    /// Files the template may show: name and content, such as pictures of signatures.
    pub files: &'a [(&'a str, &'a [u8])],
    /// What the QR code says.
    pub qr: Option<&'a str>,
    /// The moment written into the PDF.
    pub printed_at: Moment,
}

/// A moment in local time. It is passed in, because this crate has no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Year, such as 2026.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59.
    pub second: u8,
}

/// Minutes by which China's one time zone is ahead of UTC.
const BEIJING_OFFSET: i32 = 8 * 60;

/// A printed paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typeset {
    /// The PDF (PDF/A-2u, so that it can go into the archive as it is).
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
    /// Characters that no font has, each once, in order of code point. They are printed as
    /// `〔U+XXXX〕`; who reads the paper must be told.
    pub missing: Vec<char>,
    /// Who is to sign it: the names of its lines for signatures, in order, each once.
    pub signers: Vec<String>,
}

impl Press {
    /// Prints one paper. Takes tens of milliseconds of CPU: call it where blocking is allowed.
    ///
    /// # Errors
    /// See [`PaperError`]; a mistake in the template names its file, line and column.
    pub fn typeset(&self, sheet: Sheet<'_>) -> Result<Typeset, PaperError> {
        let fonts = self.fonts()?;
        let timestamp = timestamp(sheet.printed_at)?;
        let (world, missing) = world::World::of(sheet, fonts)?;
        let printed = print(&world, timestamp);
        // typst remembers every intermediate result in one global cache. A server that prints ten
        // thousand different records would keep them all.
        comemo::evict(0);
        let (pdf, pages, signers) = printed?;
        Ok(Typeset { pdf, pages, missing, signers })
    }
}

type Printed = (Vec<u8>, usize, Vec<String>);

fn print(world: &world::World<'_>, timestamp: Timestamp) -> Result<Printed, PaperError> {
    let document =
        typst::compile::<PagedDocument>(world).output.map_err(|found| world.explain(&found))?;
    let pdf = typst_pdf::pdf(&document, &options(timestamp, PdfStandard::A_2u)?)
        .map_err(|found| world.explain(&found))?;
    Ok((pdf, document.pages().len(), signers(&**document.introspector())))
}

/// What a template has marked `#metadata("申请人") <signer>`.
fn signers(introspector: &dyn Introspector) -> Vec<String> {
    let Some(label) = Label::new(PicoStr::intern("signer")) else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    for found in introspector.query(&Selector::Label(label)) {
        let named = found.to_packed::<MetadataElem>().map(|mark| &mark.value);
        if let Some(Value::Str(name)) = named
            && !names.iter().any(|known| known.as_str() == name.as_str())
        {
            names.push(name.to_string());
        }
    }
    names
}

fn options(timestamp: Timestamp, standard: PdfStandard) -> Result<PdfOptions, PaperError> {
    let standards = PdfStandards::new(&[standard])
        .map_err(|error| PaperError::Standard(error.message().to_string()))?;
    Ok(PdfOptions {
        // typst derives the identifier from the document itself, without chance.
        ident: Smart::Auto,
        creator: Smart::Custom(Some("Fengqiao".to_owned())),
        timestamp: Some(timestamp),
        standards,
        ..PdfOptions::default()
    })
}

fn timestamp(moment: Moment) -> Result<Timestamp, PaperError> {
    let Moment { year, month, day, hour, minute, second } = moment;
    Datetime::from_ymd_hms(year, month, day, hour, minute, second)
        .and_then(|datetime| Timestamp::new_local(datetime, BEIJING_OFFSET))
        .ok_or(PaperError::Moment(moment))
}
