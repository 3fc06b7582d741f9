//! PostgreSQL, from a server that the test starts: where none can be had it says so and passes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const PASSWORD: &str = "n0t:t0 be@seen";

/// A running server in a folder of its own.
struct Server {
    folder: TempDir,
    port: u16,
    programs: PathBuf,
    as_another: bool,
}

/// Where the server's own programs are.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    found.retain(|folder| folder.join("initdb").exists());
    found.sort();
    found.pop()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().map(|out| out.stdout).unwrap_or_default();
    id.trim_ascii() == b"0"
}

impl Server {
    fn start() -> Result<Self, String> {
        let programs = programs().ok_or("PostgreSQL is not installed")?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|error| error.to_string())?
            .port();
        let server = Self { folder, port, programs, as_another: is_root() };
        let path = |name: &str| server.folder.path().join(name).display().to_string();
        std::fs::write(path("password"), PASSWORD).map_err(|error| error.to_string())?;
        if server.as_another {
            // A server does not run as root.
            good(Command::new("chown").args(["-R", "postgres", &path("")]))?;
        }
        let (data, file) = (path("data"), format!("--pwfile={}", path("password")));
        server.run("initdb", &["-D", &data, "-U", "shop", "-A", "scram-sha-256", &file, "-E", "UTF8", "--locale=C"])?;
        let options =
            format!("-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c unix_socket_directories={}", server.folder.path().display());
        server.run("pg_ctl", &["-D", &data, "-w", "-t", "60", "-l", &path("log"), "-o", &options, "start"])?;
        Ok(server)
    }

    /// Runs a program of the server as whoever may.
    fn run(&self, program: &str, args: &[&str]) -> Result<Output, String> {
        let program = self.programs.join(program);
        let mut command = if self.as_another {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // What a server started from here writes must not keep our own pipes open.
        good(command.args(args).current_dir(self.folder.path()).stdin(std::process::Stdio::null()))
    }

    fn sql(&self, text: &str) {
        let psql = self.programs.join("psql");
        let port = self.port.to_string();
        let mut command = Command::new(psql);
        command.args(["-h", "127.0.0.1", "-p", &port, "-U", "shop", "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1", "-c", text]);
        good(command.env("PGPASSWORD", PASSWORD)).unwrap();
    }

    fn address(&self) -> String {
        format!("postgres://shop@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.folder.path().join("data").display().to_string();
        let _ = self.run("pg_ctl", &["-D", &data, "-m", "immediate", "stop"]);
    }
}

fn good(command: &mut Command) -> Result<Output, String> {
    let out = command.output().map_err(|error| error.to_string())?;
    if out.status.success() {
        Ok(out)
    } else {
        Err(String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout))
    }
}

const PROGRAM: &str = "program \"P\"\n  currency EUR\n  timezone Europe/Berlin\n\npoints\n  never expire\n\nearn 1 point per 1 EUR\n";

/// Runs the command on a mapping.
fn simulate(folder: &Path, mapping: &str, environment: &[(&str, &str)]) -> (Option<i32>, String) {
    std::fs::write(folder.join("p.loy"), PROGRAM).unwrap();
    std::fs::write(folder.join("m.yaml"), mapping).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
    command.args(["simulate", "p.loy", "--history", "m.yaml", "--format", "json"]).current_dir(folder);
    command.env_remove("PGPASSWORD").env_remove("PGPASSFILE").env("HOME", folder).envs(environment.iter().copied());
    let out = command.output().unwrap();
    let all = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(!all.contains("n0t"), "{all}");
    (out.status.code(), all)
}

#[test]
fn tables_and_queries_of_a_server() {
    let server = match Server::start() {
        Ok(server) => server,
        Err(why) => return eprintln!("skipped: no PostgreSQL server can be started here: {why}"),
    };
    server.sql("create table sales (card text, \"No\" int, day timestamptz, total numeric(10,2)); insert into sales values ('ann', 1, '2025-03-01 23:30+00', 10.00), ('ben', 2, '2025-03-02 10:00+00', 1250.50), ('ann', 3, '2025-03-03', null)");
    server.sql("create schema till; create table till.lines (receipt int, sku text, pieces numeric, each numeric(10,2)); insert into till.lines values (1, 'tea', 2, 3), (1, 'cup', 1, 4), (2, 'pot', 1, 1250.5), (3, 'tea', 1, 3)");
    let folder = tempfile::tempdir().unwrap();
    let password = [("PGPASSWORD", PASSWORD)];
    let address = server.address();
    let both = format!(
        "purchases: {{ files: \"{address}\", table: sales, columns: {{ customer: card, id: No, at: day, amount: total }} }}\nitems: {{ files: \"{address}\", query: \"select receipt, sku, pieces, each from till.lines where pieces > 0;\", columns: {{ purchase: receipt, product: sku, quantity: pieces, price: each }} }}\n"
    );
    let (code, told) = simulate(folder.path(), &both, &password);
    assert_eq!(code, Some(0), "{told}");
    // 10.00, 1250.50, and the lines of the third: 3.00.
    assert!(told.contains("\"1263.50\""), "{told}");

    // The usual password file, if only its owner may read it.
    let file = folder.path().join(".pgpass");
    std::fs::write(&file, format!("127.0.0.1:{}:*:shop:{}\n", server.port, PASSWORD.replace(':', "\\:"))).unwrap();
    let mode = |mode: &str| good(Command::new("chmod").arg(mode).arg(&file)).unwrap();
    mode("600");
    assert_eq!(simulate(folder.path(), &both, &[]).0, Some(0));
    mode("644");
    let (code, told) = simulate(folder.path(), &both, &[]);
    assert!(code == Some(3) && told.contains("the server asks for a password: set PGPASSWORD"), "{told}");

    let sales =
        |how: &str| format!("purchases: {{ files: \"{address}\", {how}columns: {{ customer: card, id: No, at: day, amount: total }} }}\n");
    for (how, words) in [
        ("", "the database has the tables sales, till.lines. Say in a mapping file which is read, such as table: sales"),
        ("table: sale, ", "the database has no table \"sale\"; it has sales, till.lines"),
        ("query: \"delete from sales returning *\", ", "a query reads and changes nothing"),
        ("query: \"select * from nothing\", ", "the query cannot be run: relation \"nothing\" does not exist"),
        ("query: \"select 1) to program 'touch seen' --\", ", "the query cannot be run"),
        ("query: \"select 1; select 2\", ", "the query cannot be run"),
    ] {
        let (code, told) = simulate(folder.path(), &sales(how), &password);
        assert!(code == Some(3) && told.contains(words), "{how}: {told}");
    }
    let (code, told) = simulate(folder.path(), &sales("query: \"select * from sales -- all\", "), &password);
    assert_eq!(code, Some(0), "{told}");
    let wrong = format!("postgres://shop:n0tthis@127.0.0.1:{}/postgres", server.port);
    let (code, told) = simulate(folder.path(), &both.replace(&address, &wrong), &[]);
    assert!(code == Some(3) && told.contains("the server does not take the password"), "{told}");
    let (code, told) = simulate(folder.path(), &both.replace("/postgres\"", "/nowhere\""), &password);
    assert!(code == Some(3) && told.contains("the server has no such database"), "{told}");
}
