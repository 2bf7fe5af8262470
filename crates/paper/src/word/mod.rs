//! The same template and data as a Word file, to be edited in Word or WPS.
//!
//! typst evaluates the template as for the PDF and applies its styles and show rules ("realises" it).
//! What then stands there are paragraphs, blocks, tables and their styles, before any line is broken:
//! that is what a Word file is made of too. [`flow`] walks it, [`write`] writes it down. So there is
//! one template, and what a style says of size, font, indent or border counts in both.
//!
//! The data bears `word: true`; the page number is then U+E000 and the number of pages U+E001,
//! because only Word can count them.

mod flow;
mod grid;
mod inline;
mod model;
mod write;

use typst::diag::SourceResult;
use typst::engine::Engine;
use typst::foundations::{Content, NativeRuleMap, Output, Smart, StyleChain, Styles, Target};
use typst::introspection::{EmptyIntrospector, Introspector, Locator, TagElem};
use typst::layout::{AlignElem, PageElem, PagebreakElem, Rel, Size};
use typst::model::{DocumentInfo, EmphElem, HeadingElem, StrongElem};
use typst::routines::{Arenas, Pair, RealizationKind};
use typst::text::{ItalicToggle, TextElem, WeightDelta};
use typst::{Library, LibraryExt};

use crate::{PaperError, Press, Sheet, world::World};
use flow::Walk;
use model::{Block, Page, Section};

/// A paper as a Word file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The DOCX.
    pub docx: Vec<u8>,
    /// Characters that no font of the press has; they stand there as `〔U+XXXX〕`.
    pub missing: Vec<char>,
}

impl Press {
    /// Makes a Word file of a paper. Call it where blocking is allowed.
    ///
    /// # Errors
    /// As [`Press::typeset`].
    pub fn word(&self, sheet: Sheet<'_>) -> Result<Word, PaperError> {
        let fonts = self.fonts()?;
        let (world, missing) = World::word(sheet, fonts)?;
        let made = typst::compile::<Draft>(&world).output.map_err(|found| world.explain(&found));
        comemo::evict(0);
        let made = made?;
        let docx = write::package(&made.title, &made.sections, &made.pictures, sheet.printed_at)
            .map_err(|error| PaperError::Standard(error.to_string()))?;
        Ok(Word { docx, missing })
    }
}

/// typst's library with only the rules that set styles: what is laid out stays what it is.
pub(crate) fn library() -> Library {
    let mut library = Library::default();
    let mut rules = NativeRuleMap::new();
    rules.register::<AlignElem>(Target::Paged, |elem, _, styles| {
        Ok(elem.body.clone().aligned(elem.alignment.get(styles)))
    });
    rules.register::<StrongElem>(Target::Paged, |elem, _, styles| {
        Ok(elem.body.clone().set(TextElem::delta, WeightDelta(elem.delta.get(styles))))
    });
    rules.register::<EmphElem>(Target::Paged, |elem, _, _| {
        Ok(elem.body.clone().set(TextElem::emph, ItalicToggle(true)))
    });
    rules.register::<HeadingElem>(Target::Paged, |elem, _, _| Ok(elem.body.clone()));
    library.rules = rules;
    library
}

/// What typst makes of a template, not laid out.
struct Draft {
    title: String,
    sections: Vec<Section>,
    pictures: Vec<flow::Picture>,
}

impl Output for Draft {
    fn target() -> Target {
        Target::Paged
    }

    fn create(engine: &mut Engine, content: &Content, styles: StyleChain) -> SourceResult<Self> {
        let styles = styles.to_map().outside();
        let styles = StyleChain::new(&styles);
        let arenas = Arenas::default();
        let mut info = DocumentInfo::default();
        let mut locator = Locator::root().split();
        let kind = RealizationKind::Document { info: &mut info };
        let realize = engine.library.routines.realize;
        let children = realize(kind, engine, &mut locator, &arenas, content, styles)?;
        let mut walk = Walk::new(engine, locator);
        let mut sections: Vec<Section> = Vec::new();
        let mut feet: Option<Content> = None;
        for group in children.split(|(child, _)| child.is::<PagebreakElem>()) {
            if group.iter().all(|(child, _)| child.is::<TagElem>()) {
                continue;
            }
            let (section, foot) = section(&mut walk, group, styles)?;
            match sections.last_mut() {
                Some(last) if last.page == section.page && feet == foot => {
                    let mut blocks = section.blocks;
                    if let Some(Block::Par(par)) = blocks.first_mut() {
                        par.break_before = true;
                    } else {
                        last.blocks.push(Block::Par(model::Par {
                            pitch: 1.0,
                            break_before: true,
                            ..Default::default()
                        }));
                    }
                    last.blocks.append(&mut blocks);
                }
                _ => sections.push(section),
            }
            feet = foot;
        }
        let title = info.title.map(|title| title.to_string()).unwrap_or_default();
        let pictures = walk.pictures;
        Ok(Draft { title, sections, pictures })
    }

    fn introspector(&self) -> &dyn Introspector {
        &EmptyIntrospector
    }
}

/// The pages of a group of elements, and the foot they have.
fn section(
    walk: &mut Walk<'_, '_>,
    group: &[Pair<'_>],
    initial: StyleChain<'_>,
) -> SourceResult<(Section, Option<Content>)> {
    let root = Styles::root(group, initial);
    let styles = StyleChain::new(&root);
    let page = page(styles);
    let width = page.width - page.left - page.right;
    let mut marginal = |content: Option<&Content>| -> SourceResult<Vec<Block>> {
        match content {
            Some(content) => Ok(walk.fragment(content, styles, width)?.blocks),
            None => Ok(Vec::new()),
        }
    };
    let shown = |content: &Smart<Option<Content>>| match content {
        Smart::Custom(content) => content.clone(),
        Smart::Auto => None,
    };
    let foot = shown(styles.get_ref(PageElem::footer));
    let header = marginal(shown(styles.get_ref(PageElem::header)).as_ref())?;
    let footer = marginal(foot.as_ref())?;
    let blocks = walk.flow(group, styles, width, None)?.blocks;
    Ok((Section { page, header, footer, blocks }, foot))
}

/// As typst lays pages out: 2.5/21 of the shorter side where no margin is set.
fn page(styles: StyleChain<'_>) -> Page {
    let side = |asked: Smart<typst::layout::Abs>, other: f64| match asked {
        Smart::Custom(side) if side.to_pt().is_finite() => side.to_pt(),
        _ => other,
    };
    let (mut width, mut height) = (
        side(styles.resolve(PageElem::width), 595.28),
        side(styles.resolve(PageElem::height), 841.89),
    );
    let shorter = width.min(height);
    if styles.get(PageElem::flipped) {
        std::mem::swap(&mut width, &mut height);
    }
    let size = Size::new(typst::layout::Abs::pt(width), typst::layout::Abs::pt(height));
    let usual =
        Rel::from(typst::layout::Length::from(typst::layout::Abs::pt(shorter * 2.5 / 21.0)));
    let margin = styles.get(PageElem::margin).unwrap_or_default();
    let margin = margin.sides.map(|side| side.and_then(Smart::custom).unwrap_or(usual));
    let resolved = typst::foundations::Resolve::resolve(margin, styles).relative_to(size);
    let descent = styles.resolve(PageElem::footer_descent).relative_to(resolved.bottom).to_pt();
    Page {
        width,
        height,
        top: resolved.top.to_pt(),
        right: resolved.right.to_pt(),
        bottom: resolved.bottom.to_pt(),
        left: resolved.left.to_pt(),
        foot: (resolved.bottom.to_pt() - descent - 52.0).max(20.0),
    }
}
