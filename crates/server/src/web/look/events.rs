//! What passes between the businesses: a drawing with those that give on the left and those that
//! take on the right, and the same as a list. On a phone the list alone is shown; it also holds the
//! links, for a picture is one thing to a screen reader.

use maud::{Markup, html};

use super::part::Link;

/// A business on one side of the drawing.
#[derive(Clone, Debug, Default)]
pub struct SideView {
    /// What it is called.
    pub label: String,
    /// What it gives or takes, a line each.
    pub lines: Vec<String>,
}

/// Something that passes, as a line of the list.
#[derive(Clone, Debug, Default)]
pub struct PassView {
    /// The record it begins with; no address where one may not see such records.
    pub from: (String, Option<String>),
    /// The act that begins it.
    pub act: String,
    /// 生成, 推动, 停用, 带出.
    pub way: String,
    /// The record it reaches.
    pub to: (String, Option<String>),
    /// The action done there, if it is moved.
    pub action: String,
    /// Under which conditions; any of them is enough.
    pub when: Vec<String>,
    /// What is given along.
    pub gives: Vec<String>,
    /// What comes, in the words of who takes it.
    pub help: String,
    /// The lines of the drawing that it joins, counted from the top of each side.
    pub ends: (usize, usize),
    /// Whether it is only taken over when the other record is chosen.
    pub is_taken: bool,
}

/// What passes from one business to another.
#[derive(Clone, Debug, Default)]
pub struct PassGroup {
    /// 人民调解 → 法律服务.
    pub title: String,
    /// What passes.
    pub passes: Vec<PassView>,
}

/// Everything that passes between businesses, or to and from one.
#[derive(Clone, Debug, Default)]
pub struct EventsView {
    /// What the page is called.
    pub title: String,
    /// What it shows.
    pub lead: String,
    /// The other pages of this sort, and whether one is there.
    pub pages: Vec<(Link, bool)>,
    /// Who gives.
    pub left: Vec<SideView>,
    /// Who takes.
    pub right: Vec<SideView>,
    /// The list.
    pub groups: Vec<PassGroup>,
}

/// Draws the page.
pub fn events(view: &EventsView) -> Markup {
    html! {
        header.head { h1 { (view.title) } p.lead { (view.lead) } }
        nav.chips aria-label="看哪项业务" {
            @for ((label, href), here) in &view.pages {
                a.all[!here] href=(href) aria-current=[here.then_some("page")] { (label) }
            }
        }
        @if view.groups.is_empty() {
            div.empty { p { "业务定义里没有写往来。" } }
        } @else {
            (drawing(view))
        }
        @for group in &view.groups {
            section.panel {
                header { h2 { (group.title) } }
                ul.ways { @for pass in &group.passes { (line(pass)) } }
            }
        }
    }
}

fn line(pass: &PassView) -> Markup {
    html! {
        li {
            @if pass.is_taken {
                (named(&pass.to)) " 选了“" (pass.act) "”，从 " (named(&pass.from)) " " (pass.way)
            } @else {
                (named(&pass.from)) " “" (pass.act) "” → " (pass.way) " " (named(&pass.to))
                @if !pass.action.is_empty() { " “" (pass.action) "”" }
            }
            @if !pass.help.is_empty() { span.sub { (pass.help) } }
            @if !pass.when.is_empty() { span.sub { "当：" (pass.when.join("；或者 ")) } }
            @if !pass.gives.is_empty() {
                span.sub { (if pass.is_taken { "带来：" } else { "带去：" }) (pass.gives.join("、")) }
            }
        }
    }
}

fn named((label, href): &(String, Option<String>)) -> Markup {
    html! {
        @match href {
            Some(href) => a href=(href) { (label) },
            None => b { (label) },
        }
    }
}

const WIDTH: usize = 960;
const SIDE: usize = 350;
const HEAD: usize = 30;
const STEP: usize = 24;
const FOOT: usize = 8;
const GAP: usize = 14;

/// A side set out: each box with its top and height, and the middle of every line.
fn set_out(side: &[SideView]) -> (Vec<(usize, usize)>, Vec<usize>, usize) {
    let (mut top, mut boxes, mut middles) = (0, Vec::new(), Vec::new());
    for one in side {
        let height = HEAD + one.lines.len() * STEP + FOOT;
        middles.extend((0..one.lines.len()).map(|nth| top + HEAD + nth * STEP + STEP / 2));
        boxes.push((top, height));
        top += height + GAP;
    }
    (boxes, middles, top.saturating_sub(GAP))
}

fn drawing(view: &EventsView) -> Markup {
    let (left, from, left_height) = set_out(&view.left);
    let (right, to, right_height) = set_out(&view.right);
    let height = left_height.max(right_height) + 2;
    let passes = || view.groups.iter().flat_map(|group| &group.passes);
    let description = format!("左边是{}，右边是{}。", names(&view.left), names(&view.right));
    html! {
        figure.flow {
            svg viewBox={ "-1 -1 " (WIDTH + 2) " " (height) } role="img" aria-labelledby="flow-t flow-d" {
                title #flow-t { (view.title) }
                desc #flow-d { (description) "详细内容见下面的清单。" }
                @for (side, places, x) in [(&view.left, &left, 0), (&view.right, &right, WIDTH - SIDE)] {
                    @for (one, (top, height)) in side.iter().zip(places) {
                        (boxed(one, x, *top, *height))
                    }
                }
                @for pass in passes() {
                    @if let (Some(from), Some(to)) = (from.get(pass.ends.0), to.get(pass.ends.1)) {
                        (curve(*from, *to, pass.is_taken))
                    }
                }
            }
        }
    }
}

fn names(side: &[SideView]) -> String {
    side.iter().map(|one| one.label.as_str()).collect::<Vec<_>>().join("、")
}

fn boxed(one: &SideView, x: usize, top: usize, height: usize) -> Markup {
    html! {
        rect x=(x) y=(top) width=(SIDE) height=(height) rx="6" {}
        text.h x=(x + 12) y=(top + 20) { (one.label) }
        @for (nth, label) in one.lines.iter().enumerate() {
            text x=(x + 12) y=(top + HEAD + nth * STEP + 16) { (label) }
        }
    }
}

/// From a line on the left to one on the right; what is only taken over is dashed.
fn curve(from: usize, to: usize, is_taken: bool) -> Markup {
    let (start, end) = (SIDE, WIDTH - SIDE);
    let middle = (start + end) / 2;
    let dashes = is_taken.then_some("6 4");
    html! {
        path d={
            "M" (start) " " (from) "C" (middle) " " (from) " " (middle) " " (to) " " (end - 7) " " (to)
        } stroke-dasharray=[dashes] {}
        path.tip d={ "M" (end - 8) " " (to - 4) "l8 4l-8 4z" } {}
    }
}

#[cfg(test)]
mod tests {
    use super::{SideView, set_out};

    #[test]
    fn boxes_stand_below_one_another_and_hold_their_lines() {
        let side = |lines: usize| SideView {
            label: "业务".to_owned(),
            lines: vec!["档案 · 动作".to_owned(); lines],
        };
        let (boxes, middles, height) = set_out(&[side(2), side(1)]);
        assert_eq!(middles.len(), 3);
        assert!(boxes[0].0 + boxes[0].1 < boxes[1].0);
        assert!(middles[1] < boxes[0].0 + boxes[0].1 && middles[2] > boxes[1].0);
        assert_eq!(height, boxes[1].0 + boxes[1].1);
    }
}
