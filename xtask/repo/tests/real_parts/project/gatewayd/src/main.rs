//! `gatewayd`: the gateway. Whoever connects to its socket gets one line, and the connection is closed. This
//! file binds, serves and asks; what is answered is `answer`.

mod answer;

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use answer::System;

const USAGE: &str = "\
usage: gatewayd          serve; systemd says where (RUNTIME_DIRECTORY, STATE_DIRECTORY)
       gatewayd --ask    ask the one that serves";

/// Where the unit's `RuntimeDirectory=` is.
const SOCKET: &str = "/run/gatewayd/socket";

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let done = match &args[..] {
        [] => serve(),
        [ask] if ask == "--ask" => ask_one(),
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
    let state = directory("STATE_DIRECTORY")?;
    let listener = UnixListener::bind(directory("RUNTIME_DIRECTORY")?.join("socket"))?;
    for connection in listener.incoming() {
        let line = System::under(Path::new("/")).answer(&state)?;
        // One who left before the answer is no reason to end.
        if let Err(error) = writeln!(connection?, "{line}") {
            eprintln!("warning: an answer was lost: {error}");
        }
    }
    Ok(())
}

/// What systemd made for the unit.
fn directory(variable: &str) -> io::Result<PathBuf> {
    let missing = || io::Error::other(format!("`{variable}` is not set; systemd does, for the unit"));
    std::env::var_os(variable).map(PathBuf::from).ok_or_else(missing)
}

fn ask_one() -> io::Result<()> {
    let mut line = String::new();
    UnixStream::connect(SOCKET)?.read_to_string(&mut line)?;
    print!("{line}");
    Ok(())
}
