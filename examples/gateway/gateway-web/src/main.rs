//! `gateway-web` shows how many readings the vehicle has, over HTTP, and takes one reading when a timer starts it.

mod database;
mod http;

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "\
usage: gateway-web serve     answer on port 8080
       gateway-web sample    add the uptime to the readings";
/// A client that says nothing for so long is left.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let done = match &args[..] {
        [verb] if verb == "serve" => serve(),
        [verb] if verb == "sample" => sample(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    let listener = TcpListener::bind(("0.0.0.0", 8080))?;
    for client in listener.incoming() {
        // A client that goes away early is its own affair.
        if let Err(error) = client.and_then(|client| {
            client.set_read_timeout(Some(PATIENCE))?;
            let asked = http::path(&mut BufReader::new(&client))?;
            (&client).write_all(page(asked.as_deref()).as_bytes())
        }) {
            eprintln!("warning: a request is not answered: {error}");
        }
    }
    Ok(())
}

fn page(path: Option<&str>) -> String {
    match path {
        Some("/") => match database::ask("count") {
            Ok(count) => http::response("200 OK", &format!("readings: {count}")),
            Err(error) => http::response("503 Service Unavailable", &format!("no readings: {error}")),
        },
        Some("/health") => http::response("200 OK", "ok"),
        Some(_) => http::response("404 Not Found", "nothing is here"),
        None => http::response("400 Bad Request", "this is not a request"),
    }
}

fn sample() -> io::Result<()> {
    let uptime = fs::read_to_string(Path::new("/proc/uptime"))?;
    let seconds = uptime.split_whitespace().next().unwrap_or_default();
    database::ask_when_started(&format!("add {seconds}")).map(|_| ())
}
