//! What must be true when everybody has gone home.

use crate::sim::{dice::run, town::Town};
use desk::Actor;
use engine::{
    definition::EffectTarget,
    kind::Shape,
    query::{Cell, Select},
    record::{Links, View},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{Keeper, chain::sm3};

/// One entry of the log.
struct Line {
    county: String,
    seq: i64,
    at: i64,
    actor: String,
    act: String,
    kind: String,
    record: String,
    version: i64,
}

impl Town {
    fn rows(&self, table: &str, columns: &[&str]) -> Vec<Vec<Cell>> {
        run(self.model.find(&Select::from(table, columns))).unwrap()
    }

    /// The heads of all chains as one: the same seed gives the same.
    pub fn head(&self) -> String {
        sm3(&format!("{:?}", self.rows("chain", &["county", "seq", "hash"])))
    }

    /// All of it.
    pub fn prove(&self) {
        self.prove_evidence();
        self.prove_log();
        self.prove_numbers();
        self.prove_limits();
        self.prove_uniques();
        self.prove_drafts();
    }

    /// Chains whole, every record as its last entry says, counters equal to a recount.
    pub fn prove_evidence(&self) {
        let doubts = run(self.desk.verify(&mut |_| {})).unwrap();
        self.claim(doubts.is_empty(), || format!("the log and the records differ: {doubts:?}"));
        let differ = run(self.desk.recount(&mut |_| {})).unwrap();
        self.claim(differ.is_empty(), || format!("counters differ: {differ:?}"));
    }

    fn log(&self) -> Vec<Line> {
        let columns = ["county", "seq", "at", "actor", "act", "kind", "record", "version"];
        let line = |row: Vec<Cell>| {
            let text = |i: usize| row[i].as_text().unwrap_or_default().to_owned();
            let int = |i: usize| row[i].as_int().unwrap_or_default();
            Line {
                county: text(0),
                seq: int(1),
                at: int(2),
                actor: text(3),
                act: text(4),
                kind: text(5),
                record: text(6),
                version: int(7),
            }
        };
        self.rows("log", &columns).into_iter().map(line).collect()
    }

    /// Every acknowledged deed is there once, and nothing is there that nobody was told of. The
    /// versions of a record are 1, 2, 3 … to what it has now.
    fn prove_log(&self) {
        let ledger = self.ledger.borrow();
        let mut found = BTreeSet::new();
        let mut versions: BTreeMap<(String, String), i64> = BTreeMap::new();
        let (mut told, mut beside) = (BTreeSet::new(), Vec::new());
        for line in self.log().into_iter().filter(|l| l.version > 0) {
            let last = versions.entry((line.kind.clone(), line.record.clone())).or_default();
            self.claim(line.version == *last + 1, || {
                format!("{} {} has version {} after {last}", line.kind, line.record, line.version)
            });
            *last = line.version;
            let place = (line.kind.clone(), line.record.clone(), line.version);
            match ledger.acknowledged.get(&place) {
                Some(deed) => {
                    let same =
                        (&deed.account, &deed.act, deed.at) == (&line.actor, &line.act, line.at);
                    self.claim(same, || format!("{place:?}: {deed:?} was told, not {}", line.act));
                    told.insert((line.actor, line.at));
                    found.insert(place);
                }
                None => beside.push(line),
            }
        }
        self.claim(found.len() == ledger.acknowledged.len(), || {
            let lost = ledger.acknowledged.iter().find(|(place, _)| !found.contains(*place));
            format!("acknowledged and lost: {lost:?}")
        });
        let moves = self.moves();
        for line in beside {
            let archive = self.house.kinds[&line.kind].business == "common" && line.act == "create";
            let may = archive
                || line.act == "follow"
                || moves.contains(&(line.kind.as_str(), line.act.as_str()));
            let with = told.contains(&(line.actor.clone(), line.at));
            self.claim(may && with, || {
                let Line { county, seq, act, kind, record, .. } = &line;
                format!("nobody was told of {act} on {kind} {record} ({county} {seq})")
            });
        }
        self.prove_versions(&versions);
    }

    /// What the definitions set in motion: kind and act.
    fn moves(&self) -> BTreeSet<(&str, &str)> {
        let mut moves = BTreeSet::new();
        for kind in self.house.kinds.values() {
            let effects = kind.actions.iter().flat_map(|action| &action.effects);
            for effect in effects.chain(&kind.on_create) {
                moves.insert(match &effect.target {
                    EffectTarget::New { kind, .. } => (kind.as_str(), "create"),
                    EffectTarget::Linked { field, action } => {
                        let Some(Shape::Reference(to)) =
                            kind.fields.get(field).map(|f| f.kind.shape())
                        else {
                            continue;
                        };
                        (to, action.as_str())
                    }
                    // No record moves.
                    EffectTarget::Account { .. } => continue,
                });
            }
        }
        moves
    }

    fn prove_versions(&self, versions: &BTreeMap<(String, String), i64>) {
        let mut kept = 0;
        for kind in self.house.kinds.keys() {
            for row in self.rows(kind, &["id", "version"]) {
                let id = row[0].as_text().unwrap_or_default();
                let logged = versions.get(&(kind.clone(), id.to_owned()));
                self.claim(logged == row[1].as_int().as_ref(), || {
                    format!("{kind} {id} has {:?}, the log {logged:?}", row[1])
                });
                kept += 1;
            }
        }
        self.claim(kept == versions.len(), || format!("{kept} records, {} logged", versions.len()));
    }

    /// Every series runs 1, 2, 3 … and every number stands in exactly one record.
    fn prove_numbers(&self) {
        let mut series: BTreeMap<(String, String), Vec<i64>> = BTreeMap::new();
        let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for given in self.keeper.given() {
            let digits = &given.text[given.before..given.text.len() - given.after];
            let place = (given.county.clone(), given.series.clone());
            series.entry(place).or_default().push(digits.parse().unwrap());
            let field = given.series.split('/').next().unwrap_or_default().to_owned();
            texts.entry(field).or_default().push(given.text);
        }
        for row in self.rows("series", &["county", "series", "value"]) {
            let text = |i: usize| row[i].as_text().unwrap_or_default().to_owned();
            let mut numbers = series.remove(&(text(0), text(1))).unwrap_or_default();
            numbers.sort_unstable();
            let last = row[2].as_int().unwrap_or_default();
            let whole = numbers.iter().copied().eq(1..=last);
            self.claim(whole, || format!("series {} has {numbers:?} of {last}", text(1)));
        }
        self.claim(series.is_empty(), || format!("series nobody kept: {series:?}"));
        for kind in self.house.kinds.values() {
            for numbering in &kind.numbers {
                let mut given =
                    texts.remove(&format!("{}.{}", kind.id, numbering.field)).unwrap_or_default();
                given.sort();
                let rows = self.rows(&kind.id, &[&numbering.field]);
                let text = |row: Vec<Cell>| row[0].as_text().map(str::to_owned);
                let mut kept: Vec<String> = rows.into_iter().filter_map(text).collect();
                kept.sort();
                self.claim(given == kept, || {
                    format!("{}: given {given:?}, kept {kept:?}", kind.id)
                });
            }
        }
    }

    /// The limits kept are those that a recomputation gives.
    fn prove_limits(&self) {
        let columns = ["record", "rule", "kind", "due", "warn", "words", "done", "title"];
        let text = |cell: &Cell| cell.as_text().unwrap_or_default().to_owned();
        let mut kept: BTreeMap<(String, String), Vec<Cell>> = BTreeMap::new();
        for row in self.rows("deadline", &columns) {
            kept.insert((text(&row[0]), text(&row[1])), row);
        }
        let house = Actor::house("proof", &self.desk.units().all()[0]);
        for kind in self.house.kinds.values().filter(|k| !k.deadlines.is_empty()) {
            for row in self.rows(&kind.id, &["id", "title"]) {
                let id = text(&row[0]);
                let moment = self.moment(&house);
                let answer = run(self.desk.record(&house, &kind.id, &id, &moment)).unwrap();
                for limit in answer.limits {
                    let kept = kept.remove(&(id.clone(), limit.id.clone()));
                    let day =
                        |day: Option<jiff::civil::Date>| Cell::from(day.map(|d| d.to_string()));
                    let is = kept.as_ref().is_some_and(|kept| {
                        kept[3..]
                            == [
                                day(limit.due),
                                day(limit.warn),
                                Cell::from(limit.words.as_str()),
                                Cell::from(limit.done),
                                row[1].clone(),
                            ]
                    });
                    self.claim(is, || format!("{} {id}: {limit:?} is kept as {kept:?}", kind.id));
                }
            }
        }
        let runs = kept.into_values().find(|row| row[6] == Cell::Int(0));
        self.claim(runs.is_none(), || format!("a limit runs that should not: {runs:?}"));
    }

    /// No two records share what may be there only once, whether sealed or not.
    fn prove_uniques(&self) {
        let house = Actor::house("proof", &self.desk.units().all()[0]);
        for kind in self.house.kinds.values().filter(|k| !k.uniques.is_empty()) {
            let mut seen: BTreeMap<(usize, Vec<String>), String> = BTreeMap::new();
            for row in self.rows(&kind.id, &["id"]) {
                let id = row[0].as_text().unwrap_or_default();
                let moment = self.moment(&house);
                let record = run(self.desk.record(&house, &kind.id, id, &moment)).unwrap().record;
                let refused = kind.uniques.iter().enumerate().filter(|(_, it)| !it.warns);
                for (index, unique) in refused {
                    let county = if unique.everywhere { "" } else { record.county() };
                    let mut values = vec![county.to_owned()];
                    values.extend(unique.fields.iter().map(|f| record.text(f).to_owned()));
                    let links = Links::default();
                    let view = View::record(&record, &links, self.today());
                    let counts = unique.when.as_ref().is_none_or(|w| w.holds(&view) == Some(true));
                    if !counts || values[1..].iter().any(String::is_empty) {
                        continue;
                    }
                    let other = seen.insert((index, values), id.to_owned());
                    self.claim(other.is_none(), || {
                        format!("{} {id} and {other:?}: {}", kind.id, unique.message)
                    });
                }
            }
        }
    }

    /// Drafts are as their account left them.
    fn prove_drafts(&self) {
        for ((account, id), body) in &self.ledger.borrow().drafts {
            let kept = run(self.desk.find_draft(account, id)).unwrap().map(|draft| draft.body);
            self.claim(kept == *body, || {
                format!("draft {id} of {account}: {kept:?}, not {body:?}")
            });
        }
    }
}
