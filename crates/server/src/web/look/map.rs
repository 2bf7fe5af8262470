//! A map of divisions without geography: one tile a unit, in the order of the codes, coloured by a
//! figure. Nothing is drawn that is not known: no borders, no neighbours. The same figures stand in
//! the table below, and each tile says its own, so that nobody depends on colours.

use super::chart::{percent, short};
use maud::{Markup, html};

/// One unit.
#[derive(Clone, Debug, Default)]
pub struct Tile {
    /// What it is called.
    pub name: String,
    /// The figure; none where it is not shown.
    pub value: Option<f64>,
    /// The figure in words.
    pub shown: String,
}

/// Units beside one another, coloured by a figure.
#[derive(Clone, Debug, Default)]
pub struct TileMap {
    /// Its title.
    pub title: String,
    /// What it shows, in a sentence.
    pub description: String,
    /// The units.
    pub tiles: Vec<Tile>,
}

/// Shades, the lightest first; the stylesheet has a class for each.
const SHADES: usize = 5;
const ACROSS: usize = 4;
const HIGH: usize = 52;

/// Draws a map; `id` makes its title's id unique on the page.
pub fn tiles(view: &TileMap, id: &str) -> Markup {
    let most = view.tiles.iter().filter_map(|tile| tile.value).fold(0.0, f64::max);
    let rows = view.tiles.len().div_ceil(ACROSS);
    html! {
        figure.chart.map {
            figcaption { (view.title) " " span.muted { "示意，不是地图" } }
            svg height=(rows * HIGH) width="100%" role="img"
                aria-labelledby={ "ct-" (id) " cd-" (id) } {
                title id={ "ct-" (id) } { (view.title) }
                desc id={ "cd-" (id) } { (view.description) }
                @for (at, one) in view.tiles.iter().enumerate() { (tile(one, at, most)) }
            }
            (legend(most))
        }
    }
}

fn tile(one: &Tile, at: usize, most: f64) -> Markup {
    #[allow(clippy::cast_precision_loss, reason = "a row has four tiles")]
    let left = (at % ACROSS) as f64 * 100.0 / ACROSS as f64;
    let top = at / ACROSS * HIGH;
    let class = one.value.map_or("q-none".to_owned(), |value| format!("q{}", shade(value, most)));
    html! {
        svg x=(percent(left)) y=(top) width="25%" height=(HIGH) class=(class) {
            title { (one.name) "：" (one.shown) }
            rect x="1" y="1" width="98%" height=(HIGH - 4) {}
            text.mid x="50%" y="21" { (short(&one.name)) }
            text.mid.figure x="50%" y="40" { (one.shown) }
        }
    }
}

/// Which shade: nothing is the lightest, the rest in equal steps up to the largest.
fn shade(value: f64, most: f64) -> usize {
    if value <= 0.0 || most <= 0.0 {
        return 0;
    }
    let step = (0..SHADES - 1).find(|step| value <= bound(*step, most));
    step.unwrap_or(SHADES - 2) + 1
}

/// The largest value of a step above nothing.
fn bound(step: usize, most: f64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "four steps")]
    let share = (step + 1) as f64 / (SHADES - 1) as f64;
    (most * share).ceil()
}

fn legend(most: f64) -> Markup {
    let mut below = 0.0;
    let mut steps = vec![("q0".to_owned(), "0".to_owned())];
    for step in 0..SHADES - 1 {
        let up_to = bound(step, most);
        if up_to > below {
            let from = below + 1.0;
            let words = if from < up_to { format!("{from}～{up_to}") } else { format!("{up_to}") };
            steps.push((format!("q{}", step + 1), words));
        }
        below = up_to;
    }
    html! {
        ul.legend aria-hidden="true" {
            @for (class, words) in steps {
                li { svg class=(class) width="18" height="14" { rect width="18" height="14" {} } " " (words) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{bound, shade};

    #[test]
    fn every_value_has_a_shade_and_a_larger_one_none_lighter() {
        for most in [1.0, 2.0, 3.0, 7.0, 869.0] {
            let mut last = 0;
            for value in 0..=869 {
                let value = f64::from(value);
                if value > most {
                    break;
                }
                let now = shade(value, most);
                assert!(now >= last && now <= 4, "{value} of {most}");
                assert!((now == 0) == (value == 0.0));
                assert!(now == 0 || value <= bound(now - 1, most));
                last = now;
            }
        }
    }
}
