//! Charts, drawn on the server as SVG. Places across are percentages and places down are pixels,
//! so a chart fills any width while its words keep their size. Every chart stands over a table
//! with the same figures, so its description need only say what it shows.

use super::map::{TileMap, tiles};
use maud::{Markup, html};

/// One bar. It is no link: a picture is one thing to a screen reader, and the table below holds
/// the links.
#[derive(Clone, Debug, Default)]
pub struct Bar {
    /// What it counts.
    pub label: String,
    /// The figure.
    pub value: f64,
    /// The figure in words.
    pub shown: String,
}

/// Bars, one under another: Chinese labels need the width.
#[derive(Clone, Debug, Default)]
pub struct BarChart {
    /// Its title.
    pub title: String,
    /// What it shows, in a sentence.
    pub description: String,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// A line: one value a point, or none where nothing is known.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// What it counts, e.g. 本年.
    pub name: String,
    /// Its values.
    pub values: Vec<Option<f64>>,
}

/// Lines over a row of points.
#[derive(Clone, Debug, Default)]
pub struct LineChart {
    /// Its title.
    pub title: String,
    /// What it shows, in a sentence.
    pub description: String,
    /// What stands beside the axis, e.g. 件.
    pub unit: String,
    /// The points, e.g. 1月.
    pub points: Vec<String>,
    /// The lines; at most four can be told apart.
    pub series: Vec<Series>,
}

/// Any chart.
#[derive(Clone, Debug)]
pub enum Chart {
    /// Bars.
    Bar(BarChart),
    /// Lines.
    Line(LineChart),
    /// Units as tiles.
    Map(TileMap),
}

/// Draws a chart; `id` makes its title's id unique on the page.
pub fn chart(view: &Chart, id: &str) -> Markup {
    match view {
        Chart::Bar(view) => bars(view, id),
        Chart::Line(view) => lines(view, id),
        Chart::Map(view) => tiles(view, id),
    }
}

/// Room for eight characters on the narrowest phone.
const LABEL: f64 = 31.0;
/// The longest bar; the figure stands behind it.
const LONGEST: f64 = 52.0;
const STEP: usize = 28;

fn bars(view: &BarChart, id: &str) -> Markup {
    let most = view.bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let height = view.bars.len() * STEP + 4;
    html! {
        figure.chart {
            figcaption { (view.title) }
            svg height=(height) width="100%" role="img" aria-labelledby={ "ct-" (id) " cd-" (id) } {
                title id={ "ct-" (id) } { (view.title) }
                desc id={ "cd-" (id) } { (view.description) }
                @for (at, bar) in view.bars.iter().enumerate() { (self::bar(bar, at * STEP, most)) }
                line.axis x1=(percent(LABEL)) x2=(percent(LABEL)) y1="0" y2=(height) {}
            }
        }
    }
}

fn bar(bar: &Bar, top: usize, most: f64) -> Markup {
    let width = if most > 0.0 { bar.value / most * LONGEST } else { 0.0 };
    html! {
        text.end x=(percent(LABEL)) dx="-8" y=(top + 19) { title { (bar.label) } (short(&bar.label)) }
        rect.fill x=(percent(LABEL)) y=(top + 5) width=(percent(width)) height="18" {}
        text.figure x=(percent(LABEL + width)) dx="6" y=(top + 19) { (bar.shown) }
    }
}

/// A label of more than eight characters loses its middle; the whole stands in its tooltip.
pub(super) fn short(label: &str) -> String {
    if label.chars().count() <= 8 {
        return label.to_owned();
    }
    let head: String = label.chars().take(7).collect();
    format!("{head}…")
}

pub(super) fn percent(value: f64) -> String {
    format!("{value:.2}%")
}

const TOP: f64 = 12.0;
const BOTTOM: f64 = 180.0;
const LEFT: f64 = 10.0;

fn lines(view: &LineChart, id: &str) -> Markup {
    let most =
        view.series.iter().flat_map(|one| &one.values).flatten().copied().fold(0.0, f64::max);
    let ceiling = round_up(most);
    html! {
        figure.chart {
            figcaption { (view.title) " " span.muted { "单位：" (view.unit) } }
            (legend(&view.series))
            svg height="208" width="100%" role="img" aria-labelledby={ "ct-" (id) " cd-" (id) } {
                title id={ "ct-" (id) } { (view.title) }
                desc id={ "cd-" (id) } { (view.description) }
                @for quarter in 0..=4 { (grid(f64::from(quarter) / 4.0, ceiling)) }
                @for (at, label) in view.points.iter().enumerate() {
                    text.mid x=(percent(across(at, view.points.len()))) y="202" { (label) }
                }
                @for (nth, one) in view.series.iter().enumerate() { (series(one, nth, ceiling)) }
            }
        }
    }
}

fn legend(series: &[Series]) -> Markup {
    html! {
        ul.legend aria-hidden="true" {
            @for (nth, one) in series.iter().enumerate() {
                li {
                    svg width="34" height="12" class={ "s" (nth) } {
                        line x1="0" y1="6" x2="34" y2="6" {} (dot("17", 6.0, nth))
                    }
                    " " (one.name)
                }
            }
        }
    }
}

fn grid(share: f64, ceiling: f64) -> Markup {
    let y = down(share * ceiling, ceiling);
    html! {
        line.tick x1=(percent(LEFT)) x2="100%" y1=(y) y2=(y) {}
        text.end x=(percent(LEFT)) dx="-6" y=(y + 4.0) { (share * ceiling) }
    }
}

fn series(one: &Series, nth: usize, ceiling: f64) -> Markup {
    let count = one.values.len();
    let at = |index: usize| one.values.get(index).copied().flatten();
    html! {
        g class={ "s" (nth) } {
            @for index in 1..count {
                @if let (Some(from), Some(to)) = (at(index - 1), at(index)) {
                    line x1=(percent(across(index - 1, count))) y1=(down(from, ceiling))
                        x2=(percent(across(index, count))) y2=(down(to, ceiling)) {}
                }
            }
            @for index in 0..count {
                @if let Some(value) = at(index) {
                    (dot(&percent(across(index, count)), down(value, ceiling), nth))
                }
            }
        }
    }
}

/// Lines differ by the shape of their points as well as by colour.
fn dot(x: &str, y: f64, nth: usize) -> Markup {
    html! {
        @if nth.is_multiple_of(2) { circle cx=(x) cy=(y) r="3.5" {} }
        @else { svg x=(x) y=(y) overflow="visible" { rect x="-3.5" y="-3.5" width="7" height="7" {} } }
    }
}

fn across(index: usize, count: usize) -> f64 {
    let room = 100.0 - LEFT;
    #[allow(clippy::cast_precision_loss, reason = "a chart has dozens of points at most")]
    let place = (index as f64 + 0.5) / count.max(1) as f64;
    LEFT + place * room
}

fn down(value: f64, ceiling: f64) -> f64 {
    (BOTTOM - value / ceiling * (BOTTOM - TOP)).round()
}

/// The next round number a quarter of which is still a round number.
fn round_up(most: f64) -> f64 {
    if most <= 4.0 {
        return 4.0;
    }
    let size = 10_f64.powf(most.log10().floor());
    let steps = [1.0, 1.2, 1.6, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0];
    let ceiling = steps.iter().map(|step| step * size).find(|step| *step >= most);
    (ceiling.unwrap_or(most) / 4.0).ceil() * 4.0
}

#[cfg(test)]
mod tests {
    use super::{down, round_up, short};

    #[test]
    fn an_axis_ends_at_a_round_number_above_the_largest_value() {
        for (most, ceiling) in [(0.0, 4.0), (3.0, 4.0), (7.0, 8.0), (13.0, 16.0), (97.0, 100.0)] {
            assert_eq!(round_up(most), ceiling, "{most}");
        }
        for most in 1..5000 {
            let ceiling = round_up(f64::from(most));
            assert!(ceiling >= f64::from(most) && (ceiling / 4.0).fract() == 0.0, "{most}");
        }
    }

    #[test]
    fn nothing_lies_at_the_bottom_and_everything_at_the_top() {
        assert_eq!(down(0.0, 8.0), 180.0);
        assert_eq!(down(8.0, 8.0), 12.0);
    }

    #[test]
    fn a_long_label_is_cut_between_characters() {
        assert_eq!(short("婚姻家庭纠纷"), "婚姻家庭纠纷");
        assert_eq!(short("征地拆迁安置补偿纠纷"), "征地拆迁安置补…");
    }
}
