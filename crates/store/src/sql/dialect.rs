//! Where the two engines speak differently. Everything else is one text for both.

/// Who is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL 15 and later.
    Postgres,
}

use Dialect::{Postgres, Sqlite};

/// Matches what is a day of the calendar, written `YYYY-MM-DD`, and nothing else. PostgreSQL ends
/// a statement that reads any other text as a date, so it never reads one.
const REAL_DAY: &str = "^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])\
                        |(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))\
                        |([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)\
                        -02-29)$";

/// Matches a JSON list of nothing but texts. PostgreSQL 15 cannot ask whether a text is JSON, and
/// ends a statement that takes another for it. An escaped NUL, which no input has, is left out.
const TEXT_LIST: &str =
    r#"^[ \n\r\t]*\[[ \n\r\t]*(T([ \n\r\t]*,[ \n\r\t]*T)*)?[ \n\r\t]*\][ \n\r\t]*$"#;
const JSON_TEXT: &str = r#""([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u(?!0000|[dD][89a-fA-F])[0-9a-fA-F]{4}|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*""#;

/// Whole years from `f` to `u`, rounded down: the dates as numbers YYYYMMDD, divided by 10,000.
pub(super) const YEARS: &str = "(select (n - (n % 10000 + 10000) % 10000) / 10000 from (select \
                                cast(replace(u, '-', '') as bigint) \
                                - cast(replace(f, '-', '') as bigint) as n) as years)";

/// The year and the month of the real day `d`.
pub(super) const YEAR: &str = "cast(substr(d, 1, 4) as integer)";
pub(super) const MONTH: &str = "cast(substr(d, 6, 2) as integer)";

/// The PostgreSQL date `r`, counted 8,000 years later, as text; null beyond the years 0 to 9999.
const SHOWN: &str = "case when r between make_date(8000, 1, 1) and make_date(17999, 12, 31) \
                     then lpad(cast(extract(year from r) - 8000 as text), 4, '0') \
                     || to_char(r, '-MM-DD') end";

/// SQLite's day, or null where it is before the year 0 and begins with a minus.
fn since_year_0(day: &str) -> String {
    format!("(select case when r >= '0' then r end from (select {day} as r) as days)")
}

/// Dates are counted 8,000 years later, a whole number of the calendar's cycles, because
/// PostgreSQL has no year 0.
fn moved(day: &str) -> String {
    let part = |from: u32, length: u32| format!("cast(substr({day}, {from}, {length}) as integer)");
    format!("make_date({} + 8000, {}, {})", part(1, 4), part(6, 2), part(9, 2))
}

impl Dialect {
    /// What stands before the number of a parameter.
    pub(super) fn mark(self) -> char {
        match self {
            Sqlite => '?',
            Postgres => '$',
        }
    }

    /// The type of whole numbers.
    pub(super) fn int(self) -> &'static str {
        match self {
            Sqlite => "integer",
            Postgres => "bigint",
        }
    }

    /// The type of texts that compare by code point.
    pub(super) fn text(self) -> &'static str {
        match self {
            Sqlite => "text",
            Postgres => "text collate \"C\"",
        }
    }

    /// Where nulls stand in an order that goes up or down. SQLite has them first going up by
    /// itself; PostgreSQL must be told, and its index be made so. Columns that are never null are
    /// left as they are, so that primary keys serve.
    pub(super) fn nulls(self, descending: bool, required: bool) -> &'static str {
        match (self, required, descending) {
            (Sqlite, ..) | (Postgres, true, _) => "",
            (Postgres, false, false) => " nulls first",
            (Postgres, false, true) => " nulls last",
        }
    }

    /// What stands around a list that is bound as one JSON text, behind the term that is in it.
    pub(super) fn long_list(self, int: bool) -> [&'static str; 2] {
        match (self, int) {
            (Sqlite, _) => [" in (select value from json_each(", "))"],
            (Postgres, true) => [
                " = any (array(select cast(value as bigint) from json_array_elements_text(cast(",
                " as json)) as e(value)))",
            ],
            (Postgres, false) => {
                [" = any (array(select json_array_elements_text(cast(", " as json))))"]
            }
        }
    }

    /// The function that tells where one text stands in another.
    pub(super) fn position(self) -> &'static str {
        match self {
            Sqlite => "instr",
            Postgres => "strpos",
        }
    }

    /// What stands around a text and the list `l` that may have it: `[before the text, before the
    /// list, behind it]`.
    pub(super) fn has(self) -> [String; 3] {
        match self {
            Sqlite => [
                "(select case when l is null then null when not json_valid(l) then 0 \
                 when json_type(l) <> 'array' then 0 else (exists (select 1 from json_each(l) \
                 where type = 'text' and value = "
                    .to_owned(),
                ") and not exists (select 1 from json_each(l) where type <> 'text')) end \
                 from (select "
                    .to_owned(),
                " as l))".to_owned(),
            ],
            Postgres => {
                let texts = TEXT_LIST.replace('T', &format!("({JSON_TEXT})"));
                [
                    format!(
                        "(select case when l is null then null when l !~ '{texts}' then false \
                         else exists (select 1 from json_array_elements_text(cast(l as json)) \
                         as e(value) where value = "
                    ),
                    ") end from (select ".to_owned(),
                    " as l) as lists)".to_owned(),
                ]
            }
        }
    }

    /// Whether `name` is a real day. `date(d, '+0 days') = d` is not true for `2024-02-31`, `now`,
    /// `12:00`.
    pub(super) fn is_day(self, name: &str) -> String {
        match self {
            Sqlite => format!("date({name}, '+0 days') = {name}"),
            Postgres => format!("{name} ~ '{REAL_DAY}'"),
        }
    }

    /// The real day `d` moved by `n` days; null beyond the years 0 to 9999. No two days are further
    /// apart than the bound.
    pub(super) fn add_days(self) -> String {
        match self {
            Sqlite => since_year_0("date(d, n || ' days')"),
            Postgres => format!(
                "(select {SHOWN} from (select case when n between -3652424 and 3652424 \
                 then {} + cast(n as integer) end as r) as days)",
                moved("d")
            ),
        }
    }

    /// The real day `d` moved by `n` months, to the month's last day where it has no such day.
    pub(super) fn add_months(self) -> String {
        match self {
            Sqlite => since_year_0("date(d, n || ' months', 'floor')"),
            Postgres => format!(
                "(select {SHOWN} from (select case when n between -119988 and 119988 \
                 then cast({} + make_interval(months => cast(n as integer)) as date) end as r) \
                 as days)",
                moved("d")
            ),
        }
    }

    /// What stands around and between two operands to divide them without a fraction.
    pub(super) fn quotient(self) -> [&'static str; 3] {
        match self {
            Sqlite => ["", " / ", ""],
            Postgres => ["div(", ", nullif(", ", 0))"],
        }
    }

    /// What a text is followed by that was put together from others.
    pub(super) fn by_code_point(self) -> &'static str {
        match self {
            Sqlite => "",
            Postgres => " collate \"C\"",
        }
    }

    /// Whole days between the real days `f` and `u`.
    pub(super) fn days(self) -> String {
        match self {
            Sqlite => "cast(julianday(u) - julianday(f) as integer)".to_owned(),
            Postgres => format!("cast({} - {} as bigint)", moved("u"), moved("f")),
        }
    }

    /// What stands around `a + b`, where a result beyond 64 bits is null: `[before, behind]`.
    /// SQLite goes on with a floating number, PostgreSQL would end the statement.
    pub(super) fn arithmetic(self) -> [&'static str; 2] {
        match self {
            Sqlite => {
                ["(select case when typeof(v) = 'integer' then v end from (select ", " as v))"]
            }
            Postgres => [
                "(select case when v between -9223372036854775808 and 9223372036854775807 \
                 then cast(v as bigint) end from (select ",
                " as v) as n)",
            ],
        }
    }

    /// What stands around an operand of arithmetic.
    pub(super) fn operand(self) -> [&'static str; 2] {
        match self {
            Sqlite => ["", ""],
            Postgres => ["cast(", " as numeric)"],
        }
    }

    /// What stands around `from …` to sum `column`: null beyond 64 bits. SQLite's `sum` would end
    /// the statement there, so it sums two halves of 32 bits; PostgreSQL's is exact.
    pub(super) fn sum(self, column: &str) -> [String; 2] {
        match self {
            Sqlite => [
                format!(
                    "(select case when h between -2147483648 and 2147483647 \
                     then h * 4294967296 + (l & 4294967295) end \
                     from (select h + (l >> 32) as h, l from \
                     (select coalesce(sum({column} >> 32), 0) as h, \
                     coalesce(sum({column} & 4294967295), 0) as l"
                ),
                ")))".to_owned(),
            ],
            Postgres => [
                format!(
                    "(select case when v between -9223372036854775808 and 9223372036854775807 \
                     then cast(v as bigint) end from (select coalesce(sum({column}), 0) as v"
                ),
                ") as n)".to_owned(),
            ],
        }
    }
}

/// The level of the unit with a code, around three times that code.
pub(crate) const UNIT_LEVEL: [(&str, &str); 3] = [
    ("(case length(", ")"),
    (
        " when 12 then '村' when 9 then '乡' when 6 then (case when substr(",
        ", 3, 4) = '0000' then '省'",
    ),
    (" when substr(", ", 5, 2) = '00' then '市' else '县' end) end)"),
];
