//! SQLite: a table, or what a query gives. The database is opened for reading only.

use super::HistoryError;
use super::cells::{self, Cell, Cells, ROWS};
use super::column::Batch;
use super::open::Place;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// What is read of a database.
pub(super) struct Sqlite<'a> {
    place: &'a Place,
    connection: Connection,
    query: String,
    /// Names of the columns.
    pub header: Vec<String>,
    pub notes: Vec<String>,
}

impl<'a> Sqlite<'a> {
    /// Opens a database and finds the columns.
    pub fn open(place: &'a Place) -> Result<Self, HistoryError> {
        if place.held.is_some() {
            return Err(place.error("a SQLite database is read from a file of its own: unpack it, and name the file"));
        }
        let failed = |error: rusqlite::Error| broken(place, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&place.path, flags).map_err(failed)?;
        // A query has no business in other files.
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0).map_err(failed)?;
        let mut notes = Vec::new();
        let query = match (&place.how.query, &place.how.table) {
            (Some(query), _) => query.clone(),
            (None, wanted) => {
                let table = table(place, &connection, wanted.as_deref())?;
                notes.push(format!("the table \"{table}\" is read."));
                format!("SELECT * FROM \"{}\"", table.replace('"', "\"\""))
            }
        };
        let header = {
            let statement = connection.prepare(&query).map_err(|error| asked(place, &error))?;
            if !statement.readonly() {
                return Err(place.error("a query reads and changes nothing: it begins with SELECT"));
            }
            statement.column_names().map(str::to_owned).collect()
        };
        Ok(Self { place, connection, query, header, notes })
    }

    /// Hands the rows to `work`, several batches at a time; what comes back is in their order.
    pub fn read<T: Send>(
        &self,
        pick: &[usize],
        work: &(impl Fn(Batch<'_>) -> Result<T, HistoryError> + Sync),
    ) -> Result<Vec<T>, HistoryError> {
        let failed = |error: rusqlite::Error| broken(self.place, &error);
        let mut statement = self.connection.prepare(&self.query).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut number = 1_u64;
        let mut texts: Vec<(String, bool)> = vec![(String::new(), false); pick.len()];
        cells::run(
            || {
                let mut cells = Cells::new(pick.len(), number);
                while cells.rows < ROWS
                    && let Some(row) = rows.next().map_err(failed)?
                {
                    for ((text, written), column) in texts.iter_mut().zip(pick) {
                        *written = value(row.get_ref(*column).map_err(failed)?, text);
                    }
                    cells.push(|column| match texts.get(column) {
                        Some((text, true)) => Cell::Written(text),
                        Some((text, false)) => Cell::Exact(text),
                        None => Cell::Missing,
                    });
                    number += 1;
                }
                Ok((cells.rows > 0).then(|| cells.into_batch()))
            },
            work,
        )
    }
}

/// Writes a value as text; says whether somebody wrote it so.
fn value(value: ValueRef<'_>, text: &mut String) -> bool {
    text.clear();
    match value {
        ValueRef::Null => false,
        ValueRef::Integer(number) => {
            text.push_str(&number.to_string());
            false
        }
        // The shortest decimal that reads back as the same float.
        ValueRef::Real(number) => {
            text.push_str(&number.to_string());
            false
        }
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            text.push_str(&String::from_utf8_lossy(bytes));
            true
        }
    }
}

/// Tables of a database, by name.
pub(super) fn tables(place: &Place) -> Result<Vec<String>, HistoryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&place.path, flags).map_err(|error| broken(place, &error))?;
    names(place, &connection)
}

fn names(place: &Place, connection: &Connection) -> Result<Vec<String>, HistoryError> {
    let failed = |error: rusqlite::Error| broken(place, &error);
    let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let mut statement = connection.prepare(sql).map_err(failed)?;
    statement.query_map([], |row| row.get(0)).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)
}

/// The table that is meant.
fn table(place: &Place, connection: &Connection, wanted: Option<&str>) -> Result<String, HistoryError> {
    let names = names(place, connection)?;
    let shown = names.iter().map(|name| super::rejects::printable(name)).collect::<Vec<_>>().join(", ");
    match (wanted, names.as_slice()) {
        (Some(wanted), _) => {
            let found = names.iter().find(|name| name.to_lowercase() == wanted.to_lowercase()).cloned();
            found.ok_or_else(|| place.error(format!("the database has no table \"{wanted}\"; it has {shown}")))
        }
        (None, []) => Err(place.error("the database has no table")),
        (None, [one]) => Ok(one.clone()),
        (None, several) => {
            let example = several.iter().find(|name| super::names::known(name)).or(several.first()).cloned().unwrap_or_default();
            Err(place.error(format!("the database has the tables {shown}. Say in a mapping file which is read, such as table: {example}")))
        }
    }
}

fn broken(place: &Place, error: &rusqlite::Error) -> HistoryError {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase};
    match error.sqlite_error_code() {
        Some(DatabaseBusy | DatabaseLocked) => place.error("another program is writing to this database; try again when it is done"),
        Some(DatabaseCorrupt | NotADatabase) => place.error(format!("the database is damaged ({error})")),
        _ => place.error(format!("the database cannot be read ({error})")),
    }
}

fn asked(place: &Place, error: &rusqlite::Error) -> HistoryError {
    if place.how.query.is_some() { place.error(format!("the query cannot be run: {error}")) } else { broken(place, error) }
}
