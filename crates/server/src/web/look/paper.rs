//! One paper of a record: issued ones, who signs, how to correct it; the pad for a signature; the
//! dossier; scans that came back.

use maud::{Markup, html};

use super::part::{ActionView, Link, StateView, actions, hidden, links, state};

/// An issued paper.
#[derive(Clone, Debug, Default)]
pub struct IssueRow {
    /// E.g. 第1份.
    pub name: String,
    /// The PDF as it left.
    pub href: String,
    /// Number, time, who, pages.
    pub about: Vec<String>,
    /// The signed copy and where it is.
    pub signed: Option<Link>,
}

/// A line for a signature.
#[derive(Clone, Debug, Default)]
pub struct SignerRow {
    /// Who.
    pub name: String,
    /// When, on whose device; empty: not yet.
    pub about: String,
    /// Where one signs.
    pub href: Option<String>,
}

/// The page of one paper.
#[derive(Clone, Debug, Default)]
pub struct PaperPage {
    /// What it is called.
    pub title: String,
    /// Draft, DOCX.
    pub links: Vec<Link>,
    /// Whether it can be printed; else why not.
    pub why_not: Option<String>,
    /// Issued ones, newest first.
    pub issued: Vec<IssueRow>,
    /// Issue.
    pub actions: Vec<ActionView>,
    /// Where a correction is sent; `None`: nothing to correct, or not by this person.
    pub correct: Option<String>,
    /// What was typed as its reason.
    pub reason: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Lines for signatures.
    pub signers: Vec<SignerRow>,
    /// Said under them, e.g. that earlier signatures no longer count.
    pub note: Option<String>,
    /// The token of the forms.
    pub csrf: String,
}

/// Draws the page of a paper.
pub fn paper(view: &PaperPage) -> Markup {
    html! {
        article.record {
            header.title { h1 { (view.title) } }
            @if let Some(why) = &view.why_not { p.muted { (why) } }
            (links(&view.links))
            (actions(&view.actions, &view.csrf))
            section.panel {
                header { h2 { "已出具" } }
                @if view.issued.is_empty() { p.muted { "还没有出具。出具以后，内容不再变动，按原样保存。" } }
                ol.plain { @for one in &view.issued { (issue(one)) } }
            }
            @if !view.signers.is_empty() { (signers(view)) }
            @if let Some(href) = &view.correct { (correct(view, href)) }
        }
    }
}

fn issue(one: &IssueRow) -> Markup {
    html! {
        li {
            a href=(one.href) { (one.name) } " " span.muted { "PDF" }
            @for line in &one.about { span.sub { (line) } }
            @if let Some((label, href)) = &one.signed { span.sub { a href=(href) { (label) } } }
        }
    }
}

fn signers(view: &PaperPage) -> Markup {
    html! {
        section.panel {
            header { h2 { "在屏幕上签名" } }
            ul.plain {
                @for one in &view.signers {
                    li {
                        (one.name) " "
                        @if let Some(href) = &one.href {
                            a href=(href) { @if one.about.is_empty() { "签名" } @else { "重签" } span.vh { (one.name) } }
                        }
                        span.sub { @if one.about.is_empty() { "还没有签" } @else { (one.about) } }
                    }
                }
            }
            @if let Some(note) = &view.note { p.muted { (note) } }
        }
    }
}

fn correct(view: &PaperPage, href: &str) -> Markup {
    html! {
        section.panel {
            header { h2 { "更正" } }
            p.muted { "先把档案里的内容改对，再出具更正后的文书：新的一份写明更正哪一份、为什么，两份都留着。" }
            form method="post" action=(href) {
                (hidden("_csrf", &view.csrf))
                div class=(if view.error.is_some() { "field wide wrong" } else { "field wide" }) {
                    label for="f-reason" { "更正的理由 " span.must { "必填" } }
                    textarea id="f-reason" name="reason" rows="2"
                        aria-describedby=[view.error.as_ref().map(|_| "e-reason")] { (view.reason) }
                    @if let Some(error) = &view.error { p.error id="e-reason" { (error) } }
                }
                p.actions { button.btn { "出具更正后的文书" } }
            }
        }
    }
}

/// The pad for one signature.
#[derive(Clone, Debug, Default)]
pub struct SignPage {
    /// The paper.
    pub title: String,
    /// Who signs.
    pub signer: String,
    /// The paper as it reads now.
    pub paper: String,
    /// Where it is sent.
    pub action: String,
    /// Back to the paper.
    pub cancel: String,
    /// Whether there is a signature to take away.
    pub signed: bool,
    /// What is wrong.
    pub error: Option<String>,
    /// The token of the forms.
    pub csrf: String,
}

/// Draws the pad. Without script, or without a hand that draws, a picture is chosen instead.
pub fn sign(view: &SignPage) -> Markup {
    html! {
        article.record {
            header.title { h1 { (view.signer) "签名" } p.line { span { (view.title) } } }
            p { "签名以前请看过文书：" a href=(view.paper) { (view.title) } " " span.muted { "PDF" } }
            @if let Some(error) = &view.error { p.error data-focus tabindex="-1" id="e-picture" { (error) } }
            form method="post" action=(view.action) enctype="multipart/form-data" data-sign {
                (hidden("_csrf", &view.csrf))
                (hidden("signer", &view.signer))
                div.pad hidden {
                    canvas width="1200" height="400" role="img" aria-label="签名处" {}
                    p.actions {
                        button.btn type="button" data-undo { "撤回一笔" }
                        button.btn type="button" data-redo { "恢复一笔" }
                        button.btn type="button" data-clear { "清除重签" }
                    }
                }
                div.field.wide {
                    label for="f-picture" { "用图片代替" }
                    p.hint id="h-picture" { "不便用手写的，选一张白纸上签名的照片（JPG 或 PNG）。" }
                    input id="f-picture" type="file" name="picture" accept="image/png,image/jpeg" aria-describedby="h-picture";
                }
                p.actions {
                    button.btn.primary { "提交签名" }
                    @if view.signed { button.btn.danger name="remove" value="1" { "撤销已签的" } }
                    a.btn href=(view.cancel) { "返回" }
                }
            }
        }
    }
}

/// A piece of a dossier.
#[derive(Clone, Debug, Default)]
pub struct PieceRow {
    /// Its place.
    pub part: String,
    /// What it is called.
    pub name: String,
    /// Where it comes from.
    pub what: String,
    /// Where it opens.
    pub href: Option<String>,
}

/// The page of a dossier.
#[derive(Clone, Debug, Default)]
pub struct DossierPage {
    /// What it is called.
    pub title: String,
    /// Whether it is complete.
    pub state: StateView,
    /// What is missing: what, and which rule asks for it.
    pub missing: Vec<(String, String)>,
    /// What is only to be known.
    pub notes: Vec<String>,
    /// What lies in it.
    pub pieces: Vec<PieceRow>,
    /// The whole as one file.
    pub actions: Vec<ActionView>,
    /// Why it cannot be had.
    pub why_not: Option<String>,
    /// The token of the forms.
    pub csrf: String,
}

/// Draws the page of a dossier.
pub fn dossier(view: &DossierPage) -> Markup {
    html! {
        article.record {
            header.title { h1 { (view.title) } p.line { (state(&view.state)) } }
            @if let Some(why) = &view.why_not { p.muted { (why) } }
            (actions(&view.actions, &view.csrf))
            @if !view.missing.is_empty() {
                section.panel {
                    header { h2 { "缺什么" } }
                    ul.plain { @for (what, basis) in &view.missing { li { (what) span.sub { (basis) } } } }
                }
            }
            section.panel {
                header { h2 { "卷内材料" } }
                @if view.pieces.is_empty() { p.muted { "卷内还没有材料。" } }
                @else {
                    div.scroll { table.cards {
                        caption.vh { "卷内材料" }
                        thead { tr { th.num scope="col" { "序号" } th scope="col" { "文书名称" } th scope="col" { "卷内位置" } th scope="col" { "现状" } } }
                        tbody {
                            @for (at, one) in view.pieces.iter().enumerate() {
                                tr {
                                    td.num data-label="序号" { (at + 1) }
                                    td data-label="文书名称" {
                                        @if let Some(href) = &one.href { a href=(href) { (one.name) } } @else { (one.name) }
                                    }
                                    td data-label="卷内位置" { (one.part) }
                                    td data-label="现状" { (one.what) }
                                }
                            }
                        }
                    } }
                }
            }
            @for note in &view.notes { p.muted { (note) } }
        }
    }
}

/// A scan that waits.
#[derive(Clone, Debug, Default)]
pub struct ScanRow {
    /// The file's name.
    pub name: String,
    /// Where one says which paper it is.
    pub href: String,
    /// Why, when, who.
    pub about: Vec<String>,
}

/// The page where scans are brought.
#[derive(Clone, Debug, Default)]
pub struct ScansPage {
    /// What became of those just brought: what, and where it is.
    pub done: Vec<(String, Option<String>)>,
    /// Those that wait.
    pub waiting: Vec<ScanRow>,
    /// What is wrong.
    pub error: Option<String>,
    /// The token of the forms.
    pub csrf: String,
}

/// Draws it.
pub fn scans(view: &ScansPage) -> Markup {
    html! {
        article.record {
            header.title { h1 { "签名件归档" } }
            p { "出具的文书打印签名、盖章以后，扫描或者拍照传到这里：按页脚的二维码自动归到原来的档案。几份可以扫成一个 PDF。" }
            form method="post" action="/scans" enctype="multipart/form-data" {
                (hidden("_csrf", &view.csrf))
                div class=(if view.error.is_some() { "field wide wrong" } else { "field wide" }) {
                    label for="f-file" { "扫描件 " span.must { "必填" } }
                    p.hint id="h-file" { "PDF、JPG、PNG，每个最大 20 MB；拍照请拍整页，二维码要清楚。" }
                    input id="f-file" type="file" name="file" multiple accept=".pdf,image/jpeg,image/png" aria-describedby="h-file";
                    @if let Some(error) = &view.error { p.error id="e-file" { (error) } }
                }
                p.actions { button.btn.primary { "上传并归档" } }
            }
            @if !view.done.is_empty() {
                section.panel {
                    header { h2 { "这次归的" } }
                    ol.plain { @for (what, href) in &view.done {
                        li { @if let Some(href) = href { a href=(href) { (what) } } @else { (what) } }
                    } }
                }
            }
            section.panel {
                header { h2 { "等人认的 " (view.waiting.len()) } }
                @if view.waiting.is_empty() { p.muted { "没有。" } }
                ul.plain { @for one in &view.waiting {
                    li { a href=(one.href) { (one.name) } @for line in &one.about { span.sub { (line) } } }
                } }
            }
        }
    }
}

/// The page of a scan that waits.
#[derive(Clone, Debug, Default)]
pub struct ScanPage {
    /// The file's name.
    pub name: String,
    /// The file.
    pub file: String,
    /// Why it waits.
    pub why: String,
    /// Where the choice is sent.
    pub action: String,
    /// What is looked for.
    pub q: String,
    /// Papers it may be: id, label, what it belongs to.
    pub choices: Vec<(String, String, String)>,
    /// What is wrong.
    pub error: Option<String>,
    /// The token of the forms.
    pub csrf: String,
}

/// Draws it.
pub fn scan(view: &ScanPage) -> Markup {
    html! {
        article.record {
            header.title { h1 { "认扫描件" } p.line { span { (view.name) } } }
            p { a href=(view.file) target="_blank" { "打开扫描件" } " " span.muted { (view.why) } }
            form.inline method="get" action=(view.action) {
                label for="f-q" { "查找文书 " }
                input id="f-q" type="search" name="q" value=(view.q) placeholder="案件名称、文书名称或者编号";
                " " button.btn { "查找" }
            }
            form method="post" action=(view.action) {
                (hidden("_csrf", &view.csrf))
                fieldset.field.wide aria-describedby=[view.error.as_ref().map(|_| "e-paper")] {
                    legend { "是哪一份文书的签名件" }
                    p.hint { "列出本单位已出具、还没有签名件的文书，新的在前。" }
                    @if view.choices.is_empty() { p.muted { "没有找到。先在档案里出具文书，或者换个词查找。" } }
                    div.boxes {
                        @for (at, (id, label, about)) in view.choices.iter().enumerate() {
                            label.box for={ "f-paper-" (at) } {
                                input id={ "f-paper-" (at) } type="radio" name="paper" value=(id);
                                span { (label) span.sub { (about) } }
                            }
                        }
                    }
                    @if let Some(error) = &view.error { p.error id="e-paper" { (error) } }
                }
                p.actions {
                    button.btn.primary { "归到这份文书" }
                    button.btn.danger name="drop" value="1" { "不是本平台的文书，移出" }
                    a.btn href="/scans" { "返回" }
                }
            }
        }
    }
}
