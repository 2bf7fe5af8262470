//! Figures of a report: sums and ratios over the measures of statistics.

/// Which part of time a measure is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// Within the period; of a stock (存量), what there is at its end.
    #[default]
    Within,
    /// 期初: before the period began; of a stock, what there was then.
    Before,
    /// 累计: from the earliest to the end of the period.
    Until,
}

impl When {
    /// The word written before the measure; none for what lies within.
    pub fn word(self) -> &'static str {
        match self {
            Self::Within => "",
            Self::Before => "期初",
            Self::Until => "累计",
        }
    }
}

/// Where a figure comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figure {
    /// A measure of a statistic, whole or for one value of a dimension (with the codes below it).
    Measure {
        /// Statistic.
        statistic: String,
        /// Measure.
        measure: String,
        /// Dimension and code.
        by: Option<(String, String)>,
        /// Counted in which part of time.
        when: When,
    },
    /// Another column of the report.
    Column(String),
    /// A whole number.
    Number(i64),
    /// Terms added (`true`) or taken away.
    Sum(Vec<(bool, Figure)>),
    /// The first multiplied by the second.
    Times(Box<Figure>, Box<Figure>),
    /// The first divided by the second; blank when that is 0.
    Ratio(Box<Figure>, Box<Figure>),
}

/// Where the values of measures and columns are found while a figure is worked out.
pub trait Figures {
    /// Value of a measure.
    fn measure(&self, statistic: &str, measure: &str, by: Option<(&str, &str)>, when: When) -> i64;
    /// The figure of another column.
    fn column(&self, id: &str) -> Option<&Figure>;
}

/// A worked-out figure: a whole number, or a fraction kept exactly until it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worked {
    /// Numerator.
    pub number: i128,
    /// Denominator; 0 when the figure is blank.
    pub of: i128,
}

impl Worked {
    /// A whole number.
    pub fn whole(number: i128) -> Self {
        Self { number, of: 1 }
    }

    /// A rate in per cent with two decimals, halves up; nothing where it is blank.
    pub fn percent(self) -> String {
        if self.of == 0 {
            return String::new();
        }
        let hundredths = (self.number * 20_000 + self.of).div_euclid(2 * self.of);
        let sign = if hundredths < 0 { "-" } else { "" };
        let hundredths = hundredths.unsigned_abs();
        format!("{sign}{}.{:02}%", hundredths / 100, hundredths % 100)
    }
}

impl Figure {
    /// Reads `统计.量`, `统计.量[维=码]`, `期初 统计.量`, `累计 统计.量`, `栏 + 栏 - 栏`, `2 × 栏`,
    /// `栏 ÷ 栏`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some((left, right)) = text.split_once('÷') {
            return Ok(Self::Ratio(Box::new(sum(left)?), Box::new(sum(right)?)));
        }
        sum(text)
    }

    /// Counts what lies within the period from the earliest on instead; a stock is not counted anew.
    pub fn accumulate(&mut self, is_stock: &dyn Fn(&str) -> bool) {
        match self {
            Self::Measure { statistic, when, .. } if !is_stock(statistic) => {
                if *when == When::Within {
                    *when = When::Until;
                }
            }
            Self::Sum(terms) => terms.iter_mut().for_each(|(_, f)| f.accumulate(is_stock)),
            Self::Ratio(a, b) | Self::Times(a, b) => {
                a.accumulate(is_stock);
                b.accumulate(is_stock);
            }
            Self::Measure { .. } | Self::Column(_) | Self::Number(_) => {}
        }
    }

    /// Every figure in it, itself first.
    pub fn walk<'a>(&'a self, each: &mut dyn FnMut(&'a Figure)) {
        each(self);
        match self {
            Self::Sum(terms) => terms.iter().for_each(|(_, f)| f.walk(each)),
            Self::Ratio(a, b) | Self::Times(a, b) => {
                a.walk(each);
                b.walk(each);
            }
            _ => {}
        }
    }

    /// Works it out. Columns may name other columns to a depth of 8; deeper is blank.
    pub fn work(&self, figures: &dyn Figures) -> Worked {
        self.work_at(figures, 0)
    }

    fn work_at(&self, figures: &dyn Figures, depth: usize) -> Worked {
        let whole = |f: &Self| {
            let worked = f.work_at(figures, depth + 1);
            if worked.of == 1 { worked.number } else { 0 }
        };
        match self {
            _ if depth > 8 => Worked { number: 0, of: 0 },
            Self::Measure { statistic, measure, by, when } => {
                let by = by.as_ref().map(|(d, c)| (d.as_str(), c.as_str()));
                Worked::whole(i128::from(figures.measure(statistic, measure, by, *when)))
            }
            Self::Column(id) => match figures.column(id) {
                Some(figure) => figure.work_at(figures, depth + 1),
                None => Worked { number: 0, of: 0 },
            },
            Self::Number(number) => Worked::whole(i128::from(*number)),
            Self::Sum(terms) => Worked::whole(
                terms.iter().map(|(plus, f)| if *plus { whole(f) } else { -whole(f) }).sum(),
            ),
            Self::Times(a, b) => Worked::whole(whole(a).saturating_mul(whole(b))),
            Self::Ratio(a, b) => Worked { number: whole(a), of: whole(b) },
        }
    }
}

fn sum(text: &str) -> Result<Figure, String> {
    let (mut terms, mut plus, mut start, mut depth) = (Vec::new(), true, 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            '+' | '-' if depth == 0 => {
                terms.push((plus, product(&text[start..at])?));
                plus = c == '+';
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push((plus, product(&text[start..])?));
    Ok(match terms.as_slice() {
        [(true, only)] => only.clone(),
        _ => Figure::Sum(terms),
    })
}

fn product(text: &str) -> Result<Figure, String> {
    match text.split_once('×').or_else(|| text.split_once('*')) {
        Some((a, b)) => Ok(Figure::Times(Box::new(atom(a)?), Box::new(atom(b)?))),
        None => atom(text),
    }
}

fn atom(text: &str) -> Result<Figure, String> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Ok(Figure::Number(number));
    }
    let timed = [When::Before, When::Until].into_iter();
    let mut timed = timed.filter_map(|when| Some((when, text.strip_prefix(when.word())?.trim())));
    let (when, text) = timed.next_back().unwrap_or((When::Within, text));
    let (name, by) = match text.split_once('[') {
        Some((name, rest)) => {
            let inside = rest.strip_suffix(']').and_then(|inside| inside.split_once('='));
            let (dimension, code) = inside.ok_or_else(|| format!("“{text}”少了 = 或者 ]"))?;
            (name.trim(), Some((dimension.trim().to_owned(), code.trim().to_owned())))
        }
        None => (text, None),
    };
    match name.split_once('.') {
        _ if name.is_empty() => Err("这里少了一个数".to_owned()),
        Some((statistic, measure)) => {
            let (statistic, measure) = (statistic.to_owned(), measure.to_owned());
            Ok(Figure::Measure { statistic, measure, by, when })
        }
        None if when != When::Within => {
            Err(format!("“{}”后面要写 统计.量，不是栏“{name}”", when.word()))
        }
        None if by.is_none() => Ok(Figure::Column(name.to_owned())),
        None => Err(format!("“{text}”要写成 统计.量[维=码]")),
    }
}
