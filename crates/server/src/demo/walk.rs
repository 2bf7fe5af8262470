//! Time goes by in one place: cases begin and go on in the order of their moments, so that numbers
//! come in order and the same seed gives the same province.

use super::{
    Depth,
    days::{Days, LASTS},
    dice::Dice,
    hand::Hand,
    story::{By, Step, What, tell},
    team::Place,
};
use desk::Refusal;
use serde_json::{Value as Json, json};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
};

/// A case, or a round of screening, that begins at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Begin {
    /// When.
    at: i64,
    /// Number of the case; of the round, if it is one.
    number: u64,
    /// Which committee of the place.
    committee: usize,
    /// Whether it is a round of screening.
    round: bool,
}

/// Which committee each case comes to, and when: by place, in order of time.
pub fn begins(places: &[Place], cases: u64, seed: u64, days: Days) -> Vec<Vec<Begin>> {
    let mut begins: Vec<Vec<Begin>> = places.iter().map(|_| Vec::new()).collect();
    let committees: Vec<(usize, usize, u64)> = (0..)
        .zip(places)
        .flat_map(|(p, place)| (0..).zip(&place.committees).map(move |(c, one)| (p, c, one.weight)))
        .collect();
    for number in 0..cases {
        let mut dice = Dice::new(seed, 500_000_000 + number);
        let &(place, committee, _) = dice.weigh(&committees, |c| c.2);
        let day = dice.between(0, LASTS);
        let at = days.moment(day, &mut dice).min(days.now - dice.between(1, 90) * 60_000);
        begins[place].push(Begin { at, number, committee, round: false });
    }
    for (at, &(place, committee, _)) in (0u64..).zip(&committees) {
        if places[place].committees[committee].kind <= "02" {
            begins[place].extend(rounds(committee, at, seed, days));
        }
    }
    for begins in &mut begins {
        begins.sort_unstable();
    }
    begins
}

/// A committee's rounds of screening: one every half year.
fn rounds(committee: usize, place: u64, seed: u64, days: Days) -> Vec<Begin> {
    let mut dice = Dice::new(seed, 400_000_000 + place);
    let mut rounds = Vec::new();
    for half in 0..4 {
        let day = half * 182 + dice.between(2, 170);
        let at = days.moment(day, &mut dice);
        if at < days.now {
            let number = place * 4 + u64::try_from(half).unwrap_or(0);
            rounds.push(Begin { at, number, committee, round: true });
        }
    }
    rounds
}

/// A case under way.
struct Open {
    id: String,
    committee: usize,
    steps: VecDeque<Step>,
}

/// One place's two years.
pub struct Walk<'a> {
    /// Who does it.
    pub hand: &'a Hand<'a>,
    /// Where.
    pub place: Place,
    /// Seed.
    pub seed: u64,
    /// When.
    pub days: Days,
    /// How far cases are told.
    pub depth: Depth,
}

impl Walk<'_> {
    /// Goes through it; calls `begun` for every case that is registered.
    pub async fn go(mut self, begins: Vec<Begin>, begun: impl Fn()) -> Result<(), Refusal> {
        let mut open: HashMap<u64, Open> = HashMap::new();
        let mut due: BinaryHeap<Reverse<(i64, u64)>> = BinaryHeap::new();
        let mut begins = begins.into_iter().peekable();
        loop {
            let next_due = due.peek().map_or(i64::MAX, |Reverse((at, _))| *at);
            let number = match begins.next_if(|b| b.at <= next_due) {
                Some(begin) if begin.round => {
                    self.screen(&begin).await?;
                    continue;
                }
                Some(begin) => {
                    open.insert(begin.number, self.begin(&begin));
                    begun();
                    begin.number
                }
                None => match due.pop() {
                    Some(Reverse((_, number))) => number,
                    None if begins.peek().is_none() => return Ok(()),
                    None => continue,
                },
            };
            let Some(case) = open.get_mut(&number) else { continue };
            self.step(case).await?;
            match case.steps.front() {
                Some(step) if step.at <= self.days.now => due.push(Reverse((step.at, number))),
                _ => drop(open.remove(&number)),
            }
        }
    }

    fn begin(&mut self, begin: &Begin) -> Open {
        let short = match self.depth {
            Depth::Full => false,
            // One in ten is told to its end, so that figures are not empty.
            Depth::Shallow => !begin.number.is_multiple_of(10),
        };
        let which = (self.seed, begin.number);
        let steps = tell(&mut self.place, begin.committee, which, begin.at, self.days, short);
        Open { id: String::new(), committee: begin.committee, steps }
    }

    async fn step(&self, case: &mut Open) -> Result<(), Refusal> {
        let Some(step) = case.steps.pop_front() else { return Ok(()) };
        let committee = &self.place.committees[case.committee];
        let actor = match (step.by, &committee.office) {
            (By::Office, Some(office)) => office,
            _ => &committee.mediator,
        };
        match step.what {
            What::Create(input) => {
                case.id = self.hand.create(actor, "mediation_case", input, step.at).await?;
            }
            What::Act(action, input) => {
                self.hand.action(actor, "mediation_case", &case.id, action, input, step.at).await?;
            }
            What::Attach(kind, mut input) => {
                input["mediation_case"] = Json::from(case.id.as_str());
                self.hand.create(actor, kind, input, step.at).await?;
            }
        }
        Ok(())
    }

    async fn screen(&self, begin: &Begin) -> Result<(), Refusal> {
        let mut dice = Dice::new(self.seed, 300_000_000 + begin.number);
        let committee = &self.place.committees[begin.committee];
        let ended = super::days::date(begin.at);
        let started = ended - jiff::Span::new().days(dice.between(0, 4));
        let leads = dice.below(3);
        let lead = |dice: &mut Dice| {
            json!({
                "found_on": ended.to_string(), "place": committee.area.name,
                "dispute_type": dice.pick(&["02", "03", "07", "0102"]),
                "parties": "两户村（居）民", "summary": "因相邻通行和排水有口角，已当场劝解。",
                "risk": dice.pick(&["4", "4", "3"]), "measures": "上门劝解，约定一周后回访",
                "outcome": dice.pick(&["1", "1", "4"]),
            })
        };
        let rows: Vec<Json> = (0..leads).map(|_| lead(&mut dice)).collect();
        let found = leads + dice.below(2);
        let input = json!({
            "committee": committee.id, "kind": dice.pick(&["1", "1", "1", "2", "3"]),
            "started_on": started.to_string(), "ended_on": ended.to_string(),
            "people": committee.members.iter().map(|m| m.1.as_str()).collect::<Vec<_>>().join("、"),
            "area": committee.area.name, "households": dice.between(20, 180),
            "rounds": dice.between(1, 3), "found_count": found,
            "prevented_count": dice.below(found + 1), "leads": rows,
        });
        self.hand.create(&committee.mediator, "screening_round", input, begin.at).await?;
        Ok(())
    }
}
