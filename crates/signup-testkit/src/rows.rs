//! Whole rows of any table, read from outside: what somebody sees who got hold of the database.

use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};

use crate::TestDatabase;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    text: String,
}

impl TestDatabase {
    /// Every row of a table, with all its columns, as one text each.
    ///
    /// # Panics
    /// When there is no such table.
    #[must_use]
    pub fn rows(&self, table: &str) -> Vec<String> {
        let rows: Vec<Row> = match self.url().strip_prefix("sqlite://") {
            Some(path) => {
                let mut connection = SqliteConnection::establish(path).unwrap();
                let columns = format!(
                    "SELECT group_concat('quote(' || name || ')', ' || '' '' || ') AS text \
                     FROM pragma_table_info('{table}')"
                );
                let columns: Row = sql_query(columns).get_result(&mut connection).unwrap();
                sql_query(format!("SELECT {} AS text FROM {table}", columns.text))
                    .load(&mut connection)
            }
            None => sql_query(format!("SELECT CAST({table} AS text) AS text FROM {table}"))
                .load(&mut PgConnection::establish(self.url()).unwrap()),
        }
        .unwrap();
        rows.into_iter().map(|row| row.text).collect()
    }
}
