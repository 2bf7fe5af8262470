//! Administration: the tree of units, accounts with the posts they hold, and how safe the data is.
//! Adding and changing use ordinary forms; these are the tables one starts from.

use maud::{Markup, html};

use super::list::OptionView;
use super::part::{ActionView, FactView, Link, StateView, action, facts, links, state};

/// A unit in the tree.
#[derive(Clone, Debug, Default)]
pub struct UnitView {
    /// How deep it stands; the root is 0.
    pub depth: u8,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Province, city, county, township.
    pub level: String,
    /// Where its accounts are listed.
    pub accounts: Option<String>,
    /// In force, abolished, merged.
    pub state: StateView,
    /// Its page, or the tree opened below it.
    pub href: String,
}

/// The tree of units.
#[derive(Clone, Debug, Default)]
pub struct UnitsView {
    /// How many, in words.
    pub count_text: String,
    /// The units shown, each after its parent.
    pub units: Vec<UnitView>,
    /// 新增单位, 导入, 导出.
    pub links: Vec<Link>,
}

/// Draws the tree of units.
pub fn units(view: &UnitsView) -> Markup {
    html! {
        header.head { h1 { "单位" } span.muted { (view.count_text) } div.start { (links(&view.links)) } }
        table.cards data-keys {
            caption.vh { "单位树" }
            thead { tr {
                th scope="col" { "单位" } th scope="col" { "代码" } th scope="col" { "层级" }
                th scope="col" { "状态" } th.do scope="col" { "账号" }
            } }
            tbody { @for one in &view.units { (unit(one)) } }
        }
    }
}

fn unit(one: &UnitView) -> Markup {
    html! {
        tr {
            th scope="row" class={ "in" (one.depth.min(5)) } { a.open href=(one.href) { (one.name) } }
            td.date data-label="代码" { (one.code) }
            td data-label="层级" { (one.level) }
            td data-label="状态" { (state(&one.state)) }
            td.do { @if let Some(href) = &one.accounts { a.quiet href=(href) { "账号" span.vh { "：" (one.name) } } } }
        }
    }
}

/// An account and what it may act as.
#[derive(Clone, Debug, Default)]
pub struct AccountRow {
    /// What is typed to sign in.
    pub account: String,
    /// The person.
    pub name: String,
    /// Posts, each with its unit.
    pub posts: Vec<String>,
    /// In use, locked.
    pub state: StateView,
    /// Its page.
    pub href: String,
    /// 锁定, 解锁, 重置密码.
    pub actions: Vec<ActionView>,
}

/// Accounts.
#[derive(Clone, Debug, Default)]
pub struct AccountsView {
    /// How many, in words.
    pub count_text: String,
    /// Where the question is sent.
    pub href: String,
    /// The unit asked about, as `unit`.
    pub units: Vec<OptionView>,
    /// Name or login, as `q`.
    pub query: String,
    /// The accounts.
    pub accounts: Vec<AccountRow>,
    /// The address of the page after.
    pub next: Option<String>,
    /// 新增账号, 导入.
    pub links: Vec<Link>,
    /// The token of the forms.
    pub csrf: String,
}

/// Draws accounts.
pub fn accounts(view: &AccountsView) -> Markup {
    html! {
        header.head { h1 { "账号" } span.muted { (view.count_text) } div.start { (links(&view.links)) } }
        (question(view))
        table.cards data-keys {
            caption.vh { "账号与岗位" }
            thead { tr {
                th scope="col" { "账号" } th scope="col" { "姓名" } th scope="col" { "岗位" }
                th scope="col" { "状态" } th.do scope="col" { "办理" }
            } }
            tbody { @for one in &view.accounts { (account(one, &view.csrf)) } }
        }
        @if let Some(href) = &view.next {
            nav.pager aria-label="翻页" { a.btn rel="next" href=(href) { "下一页" } }
        }
    }
}

fn question(view: &AccountsView) -> Markup {
    html! {
        form.filters action=(view.href) aria-label="筛选" {
            div.f { label for="q-name" { "姓名或账号" } input #q-name name="q" value=(view.query) maxlength="40"; }
            div.f {
                label for="q-unit" { "单位" }
                select #q-unit name="unit" {
                    @for one in &view.units {
                        option value=(one.value) selected[one.chosen] { (one.label) }
                    }
                }
            }
            button.btn { "查询" }
        }
    }
}

fn account(one: &AccountRow, csrf: &str) -> Markup {
    html! {
        tr {
            th scope="row" { a.open href=(one.href) { (one.account) } }
            td data-label="姓名" { (one.name) }
            td data-label="岗位" { @for post in &one.posts { span.line { (post) } } }
            td data-label="状态" { (state(&one.state)) }
            td.do { @for act in &one.actions { (action(act, csrf)) } }
        }
    }
}

/// How safe the data is.
#[derive(Clone, Debug, Default)]
pub struct SafetyView {
    /// The last backup, if there was one.
    pub backup: Option<Vec<FactView>>,
    /// Whether backups are well.
    pub backup_state: StateView,
    /// The last rehearsal that went well, if there was one.
    pub rehearsal: Option<Vec<FactView>>,
    /// Whether rehearsals are well.
    pub rehearsal_state: StateView,
    /// Whether the archive is well, and how far it is; none where there is no archive.
    pub archive: Option<(StateView, Vec<FactView>)>,
}

/// Draws how safe the data is.
pub fn safety(view: &SafetyView) -> Markup {
    html! {
        header.head { h1 { "备份与演练" } }
        (parts(view))
    }
}

fn parts(view: &SafetyView) -> Markup {
    const BACKUPS: &str = "设置了备份目录（backups）以后，平台每天自动备份，每周自动演练一次。";
    const REHEARSALS: &str =
        "演练就是把备份真的恢复一遍，逐项核对。没有演练过的备份，不能算有备份。";
    const ARCHIVE: &str =
        "没有设置归档。磁盘坏了，只能回到上次备份；设置了归档，可以恢复到任何时刻。";
    let archive = view.archive.as_ref();
    html! {
        (safe("上次备份", Some(&view.backup_state), view.backup.as_ref(), BACKUPS))
        (safe("上次演练", Some(&view.rehearsal_state), view.rehearsal.as_ref(), REHEARSALS))
        (safe("归档", archive.map(|(how, _)| how), archive.map(|(_, shown)| shown), ARCHIVE))
    }
}

fn safe(title: &str, how: Option<&StateView>, shown: Option<&Vec<FactView>>, none: &str) -> Markup {
    html! {
        section.panel {
            h2 { (title) }
            @if let Some(how) = how { p { (state(how)) } }
            @match shown {
                Some(shown) => (facts(shown, "")),
                None => p.muted { (none) },
            }
        }
    }
}
