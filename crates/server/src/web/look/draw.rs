//! A draw done again.

use super::part::{FactView, StateView, Tone, facts, state};
use maud::{Markup, html};

/// A draw and what came of doing it again.
#[derive(Clone, Debug, Default)]
pub struct DrawView {
    /// What the record is called.
    pub title: String,
    /// Promise, seed, frame.
    pub facts: Vec<FactView>,
    /// Whether it is drawn.
    pub is_drawn: bool,
    /// What differs; nothing: it is the same.
    pub differs: Vec<String>,
    /// Where the frame is had.
    pub frame: Option<String>,
    /// The record.
    pub back: String,
}

/// Draws it.
pub fn draw(view: &DrawView) -> Markup {
    let told = match (view.is_drawn, view.differs.is_empty()) {
        (false, _) => StateView { text: "还没有抽选".to_owned(), tone: Tone::Plain },
        (true, true) => StateView { text: "相同".to_owned(), tone: Tone::Good },
        (true, false) => StateView { text: "不相同".to_owned(), tone: Tone::Late },
    };
    html! {
        header.head { h1 { "复核抽选：" (view.title) } }
        section.panel {
            p { strong { (state(&told)) } }
            @if !view.is_drawn {
                p { "种子已经定了，只公布了摘要值；抽选时公布种子，到时可以复核。" }
            } @else if view.differs.is_empty() {
                p { "刚刚按公布的种子和留存的总体重抽了一遍，抽中的和次序都和档案里记的一样。" }
            } @else {
                p { "刚刚重抽了一遍，和档案里记的对不上：" }
                ul { @for line in &view.differs { li { (line) } } }
            }
            (facts(&view.facts, ""))
        }
        section.panel {
            h2 { "自己怎样复核" }
            ol {
                li { "算种子的 SM3，应当等于抽选以前公布的种子摘要值。" }
                li { "算总体清单的 SM3，应当等于总体摘要值；从名单抽的，总体是第1行到最后一行的序号。" }
                li { "对每一行，算“种子后面紧接编号（序号）”的 SM3，按十六进制数从小到大排，取前若干个；分层的，各层按件数的比例分（最大余数），各层分别取。" }
            }
            @if let Some(href) = &view.frame { p { a href=(href) { "下载总体清单" } } }
            p { a href=(view.back) { "回到档案" } }
        }
    }
}
