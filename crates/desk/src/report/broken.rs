//! Days of a month that is not whole: counters know months only, so the records of these days are
//! counted one by one, by the same function that makes the counters.

use super::{Counted, Span};
use crate::{Desk, Refusal, access::subtree, rows::cells, units::Unit};
use engine::{
    definition::{Adds, House, RecordKind, Statistic, Stock},
    derive::statistic::contributions,
    problem::Problem,
    query::{Cell, Comparison, Filter, Select, Sort, Term},
    record::{Record, Row},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Records read at once.
const PAGE: u32 = 2_000;
/// More than this many are not counted one by one: the clerk chooses whole months, or a smaller unit.
const MOST: usize = 300_000;

/// What was counted, by unit, statistic, month and cell.
type Sums = BTreeMap<(String, String, String, String), i64>;

impl Desk {
    /// Counts what lies in these days, for units of which the first holds the others.
    pub(super) async fn counted_by_day(
        &self,
        units: &[&Unit],
        statistics: &[String],
        days: &[Span],
    ) -> Result<Vec<Counted>, Refusal> {
        let (house, mut sums, mut left) = (self.house(), Sums::new(), MOST);
        let mut kinds: BTreeMap<&str, Vec<&Statistic>> = BTreeMap::new();
        for statistic in statistics.iter().filter_map(|id| house.statistics.get(id)) {
            kinds.entry(&statistic.kind).or_default().push(statistic);
        }
        for (kind, statistics) in kinds {
            let Some(kind) = house.kind(kind) else { continue };
            for span in days {
                let counting = Counting { house: &house, kind, statistics: &statistics, span };
                self.count_days(&counting, units, &mut left, &mut sums).await?;
            }
        }
        let counted = sums.into_iter().map(|((unit, statistic, period, cell), value)| Counted {
            unit,
            statistic,
            period,
            cell,
            value,
        });
        Ok(counted.filter(|one| one.value != 0).collect())
    }

    async fn count_days(
        &self,
        counting: &Counting<'_>,
        units: &[&Unit],
        left: &mut usize,
        sums: &mut Sums,
    ) -> Result<(), Refusal> {
        let Some(whole) = units.first() else { return Ok(()) };
        let columns = counting.columns();
        let filter = subtree(whole).and(counting.dated());
        let mut after = None;
        loop {
            let select =
                Select { columns: columns.clone(), after, ..Select::from(&counting.kind.id, &[]) }
                    .filter(filter.clone())
                    .order(vec![Sort::up("county"), Sort::up("id")])
                    .limit(PAGE);
            let found = self.keeper.find(&select).await?;
            let full = found.len() == PAGE as usize;
            *left = left.checked_sub(found.len()).ok_or_else(too_many)?;
            let mut records: Vec<Record> = Vec::with_capacity(found.len());
            for row in found {
                let mut cells = cells(&columns, row);
                self.sealer.open_cells(&counting.kind.layout.sealed, &mut cells);
                let kind = counting.kind.id.clone();
                records.push(Record { kind, cells, ..Record::default() });
            }
            after = records.last().map(|r| vec![Cell::from(r.county()), Cell::from(r.id())]);
            self.bring_counted_rows(counting, &mut records).await?;
            for record in &records {
                counting.add(record, units, sums);
            }
            if !full {
                return Ok(());
            }
        }
    }

    /// Brings the child rows of all these records, where something counted looks at them.
    async fn bring_counted_rows(
        &self,
        counting: &Counting<'_>,
        records: &mut [Record],
    ) -> Result<(), Refusal> {
        let tables = counting.row_tables();
        if tables.is_empty() || records.is_empty() {
            return Ok(());
        }
        let places: HashMap<String, usize> =
            records.iter().enumerate().map(|(at, r)| (r.id().to_owned(), at)).collect();
        let among = |column: &str, values: BTreeSet<&str>| {
            let values = values.into_iter().map(Cell::from).collect();
            Filter::In(Term::Column(column.to_owned()), values)
        };
        let of = among("county", records.iter().map(Record::county).collect())
            .and(among("parent", records.iter().map(Record::id).collect()));
        let layouts = &counting.kind.layout.rows;
        for layout in layouts.iter().filter(|layout| tables.contains(&layout.table)) {
            let columns = [layout.columns.as_slice(), &["parent".to_owned()]].concat();
            let select = Select { columns, ..Select::from(&layout.table, &[]) };
            let select = select.filter(of.clone()).order(vec![Sort::up("position")]);
            for row in self.keeper.find(&select).await? {
                let mut cells = cells(&select.columns, row);
                let parent = cells.remove("parent").unwrap_or(Cell::Null);
                let id = cells.remove("id").and_then(|id| id.as_text().map(str::to_owned));
                self.sealer.open_cells(&layout.sealed, &mut cells);
                let place = parent.as_text().and_then(|parent| places.get(parent));
                if let Some(record) = place.and_then(|at| records.get_mut(*at)) {
                    let rows = record.rows.entry(layout.field.clone()).or_default();
                    rows.push(Row { id: id.unwrap_or_default(), cells });
                }
            }
        }
        Ok(())
    }
}

fn too_many() -> Refusal {
    let message = format!(
        "这段时间不满一月的那几天要逐份清点，档案超过{}万份：请选整月，或者选下级单位",
        MOST / 10_000
    );
    Refusal::problem(Problem::error("period", message).at("period"))
}

/// The columns of the dates that a statistic counts by.
fn dates(statistic: &Statistic) -> impl Iterator<Item = &str> {
    let until = match &statistic.stock {
        Some(Stock::Until(until)) => Some(until.as_str()),
        Some(Stock::AsKept) | None => None,
    };
    std::iter::once(statistic.month.as_str()).chain(until)
}

/// What is counted of one kind.
struct Counting<'a> {
    house: &'a House,
    kind: &'a RecordKind,
    statistics: &'a [&'a Statistic],
    span: &'a Span,
}

impl Counting<'_> {
    /// Records with a date in the span that something is counted by.
    fn dated(&self) -> Filter {
        let compare = |column: &str, comparison, text: String| {
            let value = Term::Value(Cell::Text(text));
            Filter::Compare(Term::Column(column.to_owned()), comparison, value)
        };
        let columns: BTreeSet<&str> = self.statistics.iter().flat_map(|s| dates(s)).collect();
        columns.into_iter().fold(Filter::Nothing, |filter, column| {
            let from = compare(column, Comparison::GreaterOrEqual, self.span.first.to_string());
            // Moments of the last day sort behind the day, and `~` behind them.
            let to = compare(column, Comparison::LessOrEqual, format!("{}~", self.span.last));
            filter.or(from.and(to))
        })
    }

    /// The columns that what is counted looks at.
    fn columns(&self) -> Vec<String> {
        let mut wanted: BTreeSet<String> = ["county", "id", "path"].map(str::to_owned).into();
        for statistic in self.statistics {
            wanted.extend(dates(statistic).map(str::to_owned));
            for measure in &statistic.measures {
                wanted.extend(measure.by.iter().cloned());
                if let Adds::Field(column) = &measure.adds {
                    wanted.insert(column.clone());
                }
            }
        }
        self.terms(&mut |term| {
            if let Term::Column(column) | Term::Outer(column) = term {
                wanted.insert(column.clone());
            }
        });
        let columns = &self.kind.layout.columns;
        wanted.into_iter().filter(|column| columns.contains(column)).collect()
    }

    /// The tables of child rows that it looks at.
    fn row_tables(&self) -> BTreeSet<String> {
        let mut tables = BTreeSet::new();
        self.terms(&mut |term| tables.extend(term.rows().map(|rows| rows.table.clone())));
        for measure in self.statistics.iter().flat_map(|s| &s.measures) {
            if let Adds::Rows(rows, _) | Adds::RowSum(rows, _, _) = &measure.adds {
                tables.insert(self.kind.row_table(rows));
            }
        }
        tables
    }

    fn terms(&self, each: &mut dyn FnMut(&Term)) {
        for statistic in self.statistics {
            let rules = statistic.when.iter().chain(statistic.measures.iter().flat_map(|m| {
                let inner = match &m.adds {
                    Adds::Rows(_, rule) | Adds::RowSum(_, _, rule) => rule.as_ref(),
                    Adds::One | Adds::Field(_) => None,
                };
                m.when.iter().chain(inner)
            }));
            rules.for_each(|rule| rule.filter.terms(each));
        }
    }

    /// Adds what a record counts in these days, for each of the units that it lies in.
    fn add(&self, record: &Record, units: &[&Unit], sums: &mut Sums) {
        let path = record.text("path");
        let mine: Vec<&&Unit> = units.iter().filter(|unit| path.starts_with(&unit.path)).collect();
        for one in contributions(self.house, self.kind, record) {
            let wanted = self.statistics.iter().any(|s| s.id == one.statistic);
            if !wanted || !self.span.holds(&one.day) {
                continue;
            }
            for unit in &mine {
                let period = one.period().to_owned();
                let key = (unit.code.clone(), one.statistic.clone(), period, one.cell.clone());
                *sums.entry(key).or_default() += one.value;
            }
        }
    }
}
