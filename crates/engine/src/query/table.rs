//! What a table looks like: derived from definitions for records, written by hand for the few
//! tables of the house itself. The `store` crate makes and grows tables from this.

/// Where the rows of a table live (scale-and-reliability.md, section 2, rule 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Small, the same everywhere: units, code tables, accounts, registries.
    Reference,
    /// Kept with the county that keeps the file; every key starts with `county`.
    County,
}

/// The two types every engine shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// 64-bit whole number.
    Int,
    /// Text of at least one character.
    Text,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name: lower-case ASCII letters, digits and `_`, starting with a letter.
    pub name: String,
    /// Type.
    pub column_type: ColumnType,
    /// Whether null is refused. A column added to an existing table is never required.
    pub required: bool,
}

impl Column {
    /// A text column that may be null.
    pub fn text(name: &str) -> Self {
        Self { name: name.to_owned(), column_type: ColumnType::Text, required: false }
    }

    /// A number column that may be null.
    pub fn int(name: &str) -> Self {
        Self { name: name.to_owned(), column_type: ColumnType::Int, required: false }
    }

    /// The same, never null.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

/// An index or a unique key. In a [`Placement::County`] table its first column is `county`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Columns in order.
    pub columns: Vec<String>,
    /// Whether two rows may not share these values (nulls never clash).
    pub unique: bool,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Name, as a column's.
    pub name: String,
    /// Where its rows live.
    pub placement: Placement,
    /// Columns; the key's are required.
    pub columns: Vec<Column>,
    /// Primary key.
    pub key: Vec<String>,
    /// Further keys and indexes.
    pub indexes: Vec<Index>,
}

impl Table {
    /// A table with its key; `columns` includes the key's columns.
    pub fn new(name: &str, placement: Placement, key: &[&str], columns: Vec<Column>) -> Self {
        Self {
            name: name.to_owned(),
            placement,
            columns,
            key: key.iter().map(|&k| k.to_owned()).collect(),
            indexes: Vec::new(),
        }
    }

    /// The same, with an index over `columns`.
    #[must_use]
    pub fn index(mut self, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&c| c.to_owned()).collect();
        self.indexes.push(Index { columns, unique: false });
        self
    }

    /// The same, with a unique key over `columns`.
    #[must_use]
    pub fn unique(mut self, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&c| c.to_owned()).collect();
        self.indexes.push(Index { columns, unique: true });
        self
    }
}
