//! While an update rolls through a cluster, programs of the version before work on the schema of the new one.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{Nullable, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use signup_testkit::TestDatabase;

/// A column as a program that writes rows meets it.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    data_type: String,
    /// `yes` if a row can be written without it.
    #[diesel(sql_type = Text)]
    optional: String,
    #[diesel(sql_type = Nullable<Text>)]
    default_value: Option<String>,
}

const OF_POSTGRES: &str = "SELECT c.table_name::text, c.column_name::text, c.data_type::text, \
     CASE WHEN c.is_nullable = 'YES' OR c.column_default IS NOT NULL OR c.is_identity = 'YES' \
       THEN 'yes' ELSE 'no' END AS optional, c.column_default::text AS default_value \
     FROM information_schema.columns AS c WHERE c.table_schema = 'public' \
     ORDER BY c.table_name, c.column_name";

const OF_SQLITE: &str = "SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type, \
     CASE WHEN c.\"notnull\" = 0 OR c.dflt_value IS NOT NULL OR (c.pk = 1 AND c.type = 'INTEGER') \
       THEN 'yes' ELSE 'no' END AS optional, c.dflt_value AS default_value \
     FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c \
     WHERE m.type = 'table' ORDER BY m.name, c.name";

/// Constraints and unique indexes: what can refuse a row that the version before writes.
const RULES_OF_POSTGRES: &str = "SELECT conrelid::regclass::text AS table_name, conname::text AS column_name, \
     pg_get_constraintdef(oid) AS data_type, 'no' AS optional, NULL AS default_value \
     FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
     UNION ALL \
     SELECT tablename::text, indexname::text, indexdef, 'no', NULL FROM pg_indexes \
     WHERE schemaname = 'public' AND indexdef LIKE 'CREATE UNIQUE%' ORDER BY 1, 2";

const RULES_OF_SQLITE: &str = "SELECT tbl_name AS table_name, name AS column_name, coalesce(sql, '') AS data_type, \
     'no' AS optional, NULL AS default_value FROM sqlite_master \
     WHERE type = 'index' AND (sql IS NULL OR sql LIKE 'CREATE UNIQUE%') ORDER BY 1, 2";

type Tables = BTreeMap<String, Vec<Column>>;

fn by_table(columns: Vec<Column>) -> Tables {
    let mut tables = Tables::new();
    for column in columns {
        tables
            .entry(column.table_name.clone())
            .or_default()
            .push(column);
    }
    tables
}

/// Everything in the new schema that the program before could stumble over, one sentence each.
fn obstacles(before: &Tables, after: &Tables, rules: [&Tables; 2]) -> Vec<String> {
    let mut obstacles = Vec::new();
    for (table, known) in before {
        let Some(present) = after.get(table) else {
            obstacles.push(format!("table {table} is gone"));
            continue;
        };
        for column in known {
            let name = &column.column_name;
            match present.iter().find(|one| one.column_name == *name) {
                None => obstacles.push(format!("{table}.{name} is gone")),
                Some(now) if now.data_type != column.data_type => {
                    obstacles.push(format!("{table}.{name} has another type"));
                }
                Some(now) if now.optional == "no" && column.optional == "yes" => {
                    obstacles.push(format!("{table}.{name} must be written now"));
                }
                Some(_) => {}
            }
        }
        for column in present {
            let name = &column.column_name;
            if column.optional == "no" && known.iter().all(|one| one.column_name != *name) {
                obstacles.push(format!("{table}.{name} is new and must be written"));
            }
        }
        let [before, after] = rules.map(|rules| rules.get(table).cloned().unwrap_or_default());
        for rule in after {
            if !before.contains(&rule) {
                obstacles.push(format!("{table} has the new rule {}", rule.column_name));
            }
        }
    }
    obstacles
}

/// Applies one migration after the other and compares what each program's predecessor finds.
fn check<C>(
    connection: &mut C,
    folder: &str,
    columns: fn(&mut C) -> Tables,
    rules: fn(&mut C) -> Tables,
) where
    C: Connection + MigrationHarness<C::Backend>,
{
    let folder = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
    let migrations = FileBasedMigrations::from_path(folder).unwrap();
    let all = connection.pending_migrations(migrations).unwrap();
    assert!(all.len() > 1);
    let mut before = None;
    for migration in all {
        connection.run_migration(&migration).unwrap();
        let now = (columns(connection), rules(connection));
        assert!(
            now.0.contains_key("outbox"),
            "the schema was misread: {now:?}"
        );
        if let Some((old_columns, old_rules)) = &before {
            let found = obstacles(old_columns, &now.0, [old_rules, &now.1]);
            assert!(found.is_empty(), "{}: {found:?}", migration.name());
        }
        before = Some(now);
    }
}

#[test]
fn every_migration_leaves_what_the_program_before_needs_on_postgres() {
    let database = TestDatabase::postgres();
    let mut connection = PgConnection::establish(database.url()).unwrap();
    check(
        &mut connection,
        "postgres",
        |connection| by_table(sql_query(OF_POSTGRES).load(connection).unwrap()),
        |connection| by_table(sql_query(RULES_OF_POSTGRES).load(connection).unwrap()),
    );
}

#[test]
fn every_migration_leaves_what_the_program_before_needs_on_sqlite() {
    let database = TestDatabase::sqlite();
    let path = database.url().trim_start_matches("sqlite://");
    let mut connection = SqliteConnection::establish(path).unwrap();
    check(
        &mut connection,
        "sqlite",
        |connection| by_table(sql_query(OF_SQLITE).load(connection).unwrap()),
        |connection| by_table(sql_query(RULES_OF_SQLITE).load(connection).unwrap()),
    );
}

#[test]
fn what_would_break_the_program_before_is_found() {
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    let mut schema = |change: &str| {
        connection.batch_execute(change).unwrap();
        let columns = by_table(sql_query(OF_SQLITE).load(&mut connection).unwrap());
        let rules = by_table(sql_query(RULES_OF_SQLITE).load(&mut connection).unwrap());
        (columns, rules)
    };
    let before = schema("CREATE TABLE a (x TEXT NOT NULL, y TEXT); CREATE TABLE b (x TEXT)");
    for (change, obstacle) in [
        (
            "ALTER TABLE a ADD COLUMN z TEXT; ALTER TABLE a ADD COLUMN d TEXT NOT NULL DEFAULT ''",
            None,
        ),
        (
            "CREATE UNIQUE INDEX a_y ON a (y)",
            Some("a has the new rule a_y"),
        ),
        (
            "DROP INDEX a_y; ALTER TABLE a DROP COLUMN y",
            Some("a.y is gone"),
        ),
        (
            "ALTER TABLE a ADD COLUMN y INTEGER",
            Some("a.y has another type"),
        ),
        (
            "ALTER TABLE a DROP COLUMN y; ALTER TABLE a ADD COLUMN y TEXT; DROP TABLE b",
            Some("table b is gone"),
        ),
        (
            "CREATE TABLE b (x TEXT); DROP TABLE a; CREATE TABLE a (x TEXT NOT NULL, y TEXT, z TEXT NOT NULL)",
            Some("a.z is new and must be written"),
        ),
        (
            "DROP TABLE a; CREATE TABLE a (x TEXT NOT NULL, y TEXT NOT NULL)",
            Some("a.y must be written now"),
        ),
    ] {
        let after = schema(change);
        let found = obstacles(&before.0, &after.0, [&before.1, &after.1]);
        assert_eq!(
            found,
            obstacle.map(str::to_owned).into_iter().collect::<Vec<_>>(),
            "{change}"
        );
    }
}
