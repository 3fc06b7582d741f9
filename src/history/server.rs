//! PostgreSQL: a table, or what a query gives, as the server itself writes it out as CSV. Nothing is changed there.

use super::HistoryError;
use super::open::Place;
use std::fmt;
use std::path::PathBuf;

/// The address of a server, which may hold a password.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address(String);

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

/// Whether a name is the address of a server.
pub(super) fn is_address(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["postgres:", "postgresql:"].iter().any(|scheme| name.starts_with(scheme))
}

/// An address as it may be shown: without a password, and without what stands behind the database.
pub(super) fn shown(address: &str) -> String {
    let bare = address.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = bare.split_once(':') else { return String::new() };
    let rest = rest.trim_start_matches('/');
    // A password may hold signs that it should not: all up to the last @ is of the user.
    let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let user = user.split(':').next().unwrap_or_default();
    let at = if user.is_empty() { "" } else { "@" };
    format!("{scheme}://{user}{at}{place}")
}

/// The place that an address names.
pub(super) fn place(address: &str) -> Place {
    let shown = shown(address);
    // Two tables of one database are two places by how they are read.
    Place { address: Some(Address(address.to_owned())), ..Place::new(shown.clone(), PathBuf::from(shown)) }
}

/// What a server holds, if the place is one.
pub(super) fn fetched(mut place: Place) -> Result<Place, HistoryError> {
    let Some(Address(address)) = place.address.take() else { return Ok(place) };
    place.held = Some(client::fetch(&place, &address)?);
    Ok(place)
}

#[cfg(not(feature = "postgres"))]
mod client {
    use super::{HistoryError, Place};
    use bytes::Bytes;

    pub(super) fn fetch(place: &Place, _: &str) -> Result<Bytes, HistoryError> {
        Err(place.error(
            "this build of the program does not reach PostgreSQL. Build it with cargo build --release --features postgres, or let psql write the rows: psql -c \"\\copy (select …) to stdout csv header\" … | loyalty-dsl simulate PROGRAM.loy --history -",
        ))
    }
}

#[cfg(feature = "postgres")]
mod client {
    use super::{HistoryError, Place};
    use bytes::Bytes;
    use postgres::config::SslMode;
    use postgres::error::SqlState;
    use postgres::{Client, Config, Error, NoTls};
    use std::time::Duration;

    /// All that the server gives, packed: it is read more than once, and must be the same each time.
    pub(super) fn fetch(place: &Place, address: &str) -> Result<Bytes, HistoryError> {
        let bad = || place.error("this is not the address of a database; one looks like postgres://user@host/database");
        let mut config: Config = address.parse().map_err(|_| bad())?;
        if config.get_ssl_mode() == SslMode::Require {
            return Err(place.error("sslmode=require asks for an encrypted line, which this program does not have. Let psql write the rows: psql -c \"\\copy (select …) to stdout csv header\" … | loyalty-dsl simulate PROGRAM.loy --history -"));
        }
        if config.get_user().is_none() {
            return Err(place.error("the address names no user; it looks like postgres://user@host/database"));
        }
        if config.get_password().is_none()
            && let Some(password) = super::password::of(&config)
        {
            config.password(password);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(15));
        }
        config.application_name("loyalty-dsl");
        let mut client = config.connect(NoTls).map_err(|error| refused(place, &error))?;
        let failed = |error: Error| broken(place, &error);
        let begin = "SET datestyle = 'ISO, YMD'; SET timezone = 'UTC'; SET lc_monetary = 'C'; BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
        client.batch_execute(begin).map_err(failed)?;
        let query = match (&place.how.query, &place.how.table) {
            (Some(query), _) => {
                let query = query.trim().trim_end_matches(';').to_owned();
                // A statement that stands for itself cannot end the one that it is put into.
                client.prepare(&query).map_err(|error| place.error(format!("the query cannot be run: {}", told(&error))))?;
                query
            }
            (None, wanted) => format!("SELECT * FROM {}", table(place, &mut client, wanted.as_deref())?),
        };
        let mut rows = client.copy_out(&format!("COPY (\n{query}\n) TO STDOUT (FORMAT csv, HEADER)")).map_err(failed)?;
        let mut packed = zstd::stream::write::Encoder::new(Vec::new(), 1).map_err(|error| place.error(error.to_string()))?;
        std::io::copy(&mut rows, &mut packed).map_err(|error| place.error(format!("the server stopped answering ({error})")))?;
        drop(rows);
        packed.finish().map(Bytes::from).map_err(|error| place.error(error.to_string()))
    }

    /// The table that is meant, as SQL writes it.
    fn table(place: &Place, client: &mut Client, wanted: Option<&str>) -> Result<String, HistoryError> {
        let sql = "SELECT table_schema::text, table_name::text FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2";
        let rows = client.query(sql, &[]).map_err(|error| broken(place, &error))?;
        let names: Result<Vec<(String, String)>, Error> = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect();
        let names = names.map_err(|error| broken(place, &error))?;
        let quoted = |(schema, name): &(String, String)| format!("\"{}\".\"{}\"", schema.replace('"', "\"\""), name.replace('"', "\"\""));
        let spoken = |(schema, name): &(String, String)| if schema == "public" { name.clone() } else { format!("{schema}.{name}") };
        let shown = names.iter().map(|name| super::super::rejects::printable(&spoken(name))).collect::<Vec<_>>().join(", ");
        match (wanted.map(str::to_lowercase), names.as_slice()) {
            (_, []) => Err(place.error("the database has no table that this user sees")),
            (Some(wanted), names) => {
                let full = |(schema, name): &(String, String)| format!("{schema}.{name}").to_lowercase();
                let found: Vec<_> = names.iter().filter(|name| name.1.to_lowercase() == wanted || full(name) == wanted).collect();
                match found.as_slice() {
                    [one] => Ok(quoted(one)),
                    [] => Err(place.error(format!("the database has no table \"{wanted}\"; it has {shown}"))),
                    [one, ..] => {
                        Err(place
                            .error(format!("several schemas have a table \"{wanted}\"; say which, such as table: {}.{}", one.0, one.1)))
                    }
                }
            }
            (None, [one]) => Ok(quoted(one)),
            (None, [first, ..]) => {
                let example = names.iter().find(|name| super::super::names::known(&name.1)).unwrap_or(first);
                Err(place.error(format!(
                    "the database has the tables {shown}. Say in a mapping file which is read, such as table: {}",
                    spoken(example)
                )))
            }
        }
    }

    /// What the server says, without the words of the driver.
    fn told(error: &Error) -> String {
        error.as_db_error().map_or_else(|| error.to_string(), |found| found.message().to_owned())
    }

    fn refused(place: &Place, error: &Error) -> HistoryError {
        let password = "set PGPASSWORD, or write it into the file ~/.pgpass that only you may read";
        let message = match error.code() {
            Some(code) if *code == SqlState::INVALID_PASSWORD => format!("the server does not take the password: {password}"),
            Some(code) if *code == SqlState::INVALID_CATALOG_NAME => "the server has no such database".to_owned(),
            Some(_) => format!("the server refuses: {}", told(error)),
            None if std::error::Error::source(error).is_some_and(|cause| cause.to_string().contains("password")) => {
                format!("the server asks for a password: {password}")
            }
            None => format!("no server answers there ({error})"),
        };
        place.error(message)
    }

    fn broken(place: &Place, error: &Error) -> HistoryError {
        match error.code() {
            Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => place.error(format!("the user may not read it: {}", told(error))),
            Some(code) if *code == SqlState::READ_ONLY_SQL_TRANSACTION => {
                place.error("a query reads and changes nothing: it begins with SELECT")
            }
            _ => place.error(format!("the server says: {}", told(error))),
        }
    }
}

#[cfg(feature = "postgres")]
mod password {
    use postgres::Config;
    use postgres::config::Host;
    use std::path::PathBuf;

    #[expect(clippy::disallowed_methods, reason = "passwords come from where all programs for PostgreSQL look for them")]
    fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// The password of the environment, else that of the usual file.
    pub(super) fn of(config: &Config) -> Option<String> {
        variable("PGPASSWORD").or_else(|| in_file(config))
    }

    #[expect(clippy::disallowed_methods, reason = "this file is no data")]
    fn in_file(config: &Config) -> Option<String> {
        let path = variable("PGPASSFILE").map(PathBuf::from).or_else(|| Some(PathBuf::from(variable("HOME")?).join(".pgpass")))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As everywhere, a file that others may read is not used.
            if std::fs::metadata(&path).ok()?.permissions().mode() & 0o077 != 0 {
                return None;
            }
        }
        let host = match config.get_hosts().first()? {
            Host::Tcp(host) => host.clone(),
            #[cfg(unix)]
            Host::Unix(_) => "localhost".to_owned(),
        };
        let port = config.get_ports().first().copied().unwrap_or(5432).to_string();
        let user = config.get_user()?;
        let wanted = [host.as_str(), &port, config.get_dbname().unwrap_or(user), user];
        find(&std::fs::read_to_string(path).ok()?, wanted)
    }

    /// `host:port:database:user:password`, each but the last perhaps a `*`; `\` stands before a `:` or `\` that is meant.
    pub(super) fn find(text: &str, wanted: [&str; 4]) -> Option<String> {
        let fields = |line: &str| {
            let mut all = vec![String::new()];
            let mut letters = line.chars();
            while let Some(letter) = letters.next() {
                match (letter, all.len()) {
                    (':', 1..5) => all.push(String::new()),
                    _ => {
                        let letter = if letter == '\\' { letters.next().unwrap_or(letter) } else { letter };
                        if let Some(last) = all.last_mut() {
                            last.push(letter);
                        }
                    }
                }
            }
            all
        };
        text.lines().filter(|line| !line.starts_with('#')).map(fields).find_map(|line| {
            let fits = line.len() == 5 && line.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
            line.into_iter().nth(4).filter(|_| fits)
        })
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn lines_of_the_password_file() {
            let text = "# mine\nshop:5432:sales:ann:a\\:b\n*:*:sales:*:c:d\nlocalhost:*:*:ann:\n";
            let find = |wanted| super::find(text, wanted);
            assert_eq!(find(["shop", "5432", "sales", "ann"]).as_deref(), Some("a:b"));
            assert_eq!(find(["shop", "5433", "sales", "ann"]).as_deref(), Some("c:d"));
            assert_eq!(find(["localhost", "1", "x", "ann"]).as_deref(), Some(""));
            assert_eq!(find(["shop", "5432", "x", "ann"]), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        for (address, wanted) in [
            ("postgres://ann:secret@host:5433/sales", "postgres://ann@host:5433/sales"),
            ("postgresql://ann@host/sales?password=secret", "postgresql://ann@host/sales"),
            ("postgres://ann:se@c/r:et@host/sales", "postgres://ann@host/sales"),
            ("postgres:ann:secret@host", "postgres://ann@host"),
            ("postgres:///sales?host=/tmp", "postgres://sales"),
        ] {
            assert_eq!(shown(address), wanted);
            assert!(!format!("{:?}", place(address)).contains("secret"));
            assert!(is_address(address));
        }
        assert!(!is_address("postgres.csv"));
    }
}
