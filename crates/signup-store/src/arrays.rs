//! PostgreSQL statements over arrays: one statement for any number of rows, prepared once per connection.

use std::marker::PhantomData;

#[cfg(test)]
use diesel::connection::SimpleConnection as _;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};
use diesel::{PgConnection, QueryResult, RunQueryDsl};

#[cfg(test)]
use crate::connection::plan_by_index;

/// A statement's text, and what its rows are.
pub(crate) trait Statement {
    /// The SQL, with `?` in place of each array. It must be the same whatever the number of rows.
    const SQL: &'static str;
    /// The types of the columns that it returns.
    type Row: Send + 'static;
}

/// One column of many rows.
#[derive(Debug)]
pub(crate) enum Column<'a> {
    Integers(Vec<i32>),
    OptionalIntegers(Vec<Option<i32>>),
    BigInts(Vec<i64>),
    Bools(Vec<bool>),
    Texts(Vec<&'a str>),
    OptionalTexts(Vec<Option<&'a str>>),
}

/// A statement and its arrays, in the order of their `?`.
pub(crate) struct OverArrays<'a, S> {
    columns: Vec<Column<'a>>,
    statement: PhantomData<S>,
}

impl<'a, S: Statement> OverArrays<'a, S> {
    pub fn new(columns: Vec<Column<'a>>) -> Self {
        debug_assert_eq!(columns.len(), S::SQL.matches('?').count());
        Self {
            columns,
            statement: PhantomData,
        }
    }
}

impl<S: Statement> QueryFragment<Pg> for OverArrays<'_, S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut pieces = S::SQL.split('?');
        out.push_sql(pieces.next().unwrap_or_default());
        for (column, piece) in self.columns.iter().zip(pieces) {
            match column {
                Column::Integers(rows) => out.push_bind_param::<Array<Integer>, _>(rows)?,
                Column::OptionalIntegers(rows) => {
                    out.push_bind_param::<Array<Nullable<Integer>>, _>(rows)?;
                }
                Column::BigInts(rows) => out.push_bind_param::<Array<BigInt>, _>(rows)?,
                Column::Bools(rows) => out.push_bind_param::<Array<Bool>, _>(rows)?,
                Column::Texts(rows) => out.push_bind_param::<Array<Text>, _>(rows)?,
                Column::OptionalTexts(rows) => {
                    out.push_bind_param::<Array<Nullable<Text>>, _>(rows)?;
                }
            }
            out.push_sql(piece);
        }
        Ok(())
    }
}

/// The statement's type names it, so that a connection parses and plans it only once.
impl<S: 'static> QueryId for OverArrays<'_, S> {
    type QueryId = OverArrays<'static, S>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Statement> Query for OverArrays<'_, S> {
    type SqlType = S::Row;
}

impl<S> RunQueryDsl<PgConnection> for OverArrays<'_, S> {}

/// A column of texts.
pub(crate) fn text<'a>(rows: impl Iterator<Item = &'a str>) -> Column<'a> {
    Column::Texts(rows.collect())
}

/// A column of whole numbers.
pub(crate) fn integers<'a>(rows: impl Iterator<Item = i32>) -> Column<'a> {
    Column::Integers(rows.collect())
}

/// A column of big whole numbers, such as times.
pub(crate) fn big_integers<'a>(rows: impl Iterator<Item = i64>) -> Column<'a> {
    Column::BigInts(rows.collect())
}

/// How PostgreSQL would get at the tables' rows, planned as on the writers' connections, for tests: each scan of a table,
/// and the line of the plan below it, which has its condition.
#[cfg(test)]
pub(crate) fn ways_to_rows<S: Statement>(
    connection: &mut PgConnection,
    columns: &[Column<'_>],
) -> QueryResult<Vec<(String, String)>> {
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        text: String,
    }
    let types = columns.iter().map(|column| match column {
        Column::Integers(_) | Column::OptionalIntegers(_) => "int[]",
        Column::BigInts(_) => "bigint[]",
        Column::Bools(_) => "bool[]",
        Column::Texts(_) | Column::OptionalTexts(_) => "text[]",
    });
    let mut sql = S::SQL.to_owned();
    for number in 1..=columns.len() {
        sql = sql.replacen('?', &format!("${number}"), 1);
    }
    let types = types.collect::<Vec<_>>().join(", ");
    let empty = vec!["'{}'"; columns.len()].join(", ");
    connection.batch_execute(&format!(
        "{}; DEALLOCATE ALL; PREPARE planned ({types}) AS {sql}",
        plan_by_index("SESSION")
    ))?;
    let lines: Vec<Line> =
        diesel::sql_query(format!("EXPLAIN EXECUTE planned ({empty})")).load(connection)?;
    let scans = lines.iter().zip(&lines[1..]).filter_map(|(line, below)| {
        let way = line.text.trim_start_matches(|c: char| !c.is_alphabetic());
        let is_scan = way.contains(" Scan using ") || way.contains(" Scan on ");
        let of_table = !way.starts_with("CTE Scan") && !way.starts_with("Function Scan");
        (is_scan && of_table).then(|| (way.to_owned(), below.text.clone()))
    });
    Ok(scans.collect())
}

/// A PostgreSQL database with our tables, for tests that look at plans.
#[cfg(test)]
pub(crate) fn migrated() -> (signup_testkit::TestDatabase, PgConnection) {
    #![allow(clippy::unwrap_used)]
    use diesel::Connection as _;
    use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};

    let database = signup_testkit::TestDatabase::postgres();
    let mut connection = PgConnection::establish(database.url()).unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres");
    let migrations = FileBasedMigrations::from_path(folder).unwrap();
    connection.run_pending_migrations(migrations).unwrap();
    (database, connection)
}
