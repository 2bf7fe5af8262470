//! Administration: the tree of units, and accounts with the posts they hold. Adding and changing
//! use ordinary forms; these are the tables one starts from.

use maud::{Markup, html};

use super::part::{ActionView, Link, StateView, action, links, state};

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
    /// How many accounts act for it.
    pub accounts: u32,
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
                th.num scope="col" { "账号" } th scope="col" { "状态" }
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
            td.num data-label="账号" { (one.accounts) }
            td data-label="状态" { (state(&one.state)) }
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
    /// When it was last used, in words.
    pub last_used: String,
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
    /// The accounts.
    pub accounts: Vec<AccountRow>,
    /// 新增账号, 导入.
    pub links: Vec<Link>,
    /// The token of the forms.
    pub csrf: String,
}

/// Draws accounts.
pub fn accounts(view: &AccountsView) -> Markup {
    html! {
        header.head { h1 { "账号" } span.muted { (view.count_text) } div.start { (links(&view.links)) } }
        table.cards data-keys {
            caption.vh { "账号与岗位" }
            thead { tr {
                th scope="col" { "账号" } th scope="col" { "姓名" } th scope="col" { "岗位" }
                th scope="col" { "状态" } th scope="col" { "最近使用" } th scope="col" { "办理" }
            } }
            tbody { @for one in &view.accounts { (account(one, &view.csrf)) } }
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
            td.date data-label="最近使用" { (one.last_used) }
            td.do { @for act in &one.actions { (action(act, csrf)) } }
        }
    }
}
