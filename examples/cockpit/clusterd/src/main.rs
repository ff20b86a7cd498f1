//! `clusterd SOCKET`: the instruments. Whoever connects gets one line with speed and charge, and the
//! connection is closed. This file binds and serves; what the instruments show is `gauges`.

mod gauges;

use std::io::{self, Write};
use std::os::unix::net::UnixListener;
use std::process::ExitCode;
use std::time::Instant;

use gauges::Gauges;

const USAGE: &str = "usage: clusterd SOCKET";

fn main() -> ExitCode {
    let Some(socket) = std::env::args_os().nth(1) else {
        eprintln!("error: no socket was named\n{USAGE}");
        return ExitCode::from(2);
    };
    // A socket that an earlier run left would be in the way.
    drop(std::fs::remove_file(&socket));
    let served = UnixListener::bind(&socket).and_then(|listener| serve(&listener));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: `{}` can't be served: {error}", socket.display());
            ExitCode::FAILURE
        }
    }
}

fn serve(listener: &UnixListener) -> io::Result<()> {
    let started = Instant::now();
    for connection in listener.incoming() {
        let gauges = Gauges::after(started.elapsed());
        // One who left before the answer is no reason to end.
        if let Err(error) = writeln!(connection?, "{gauges}") {
            eprintln!("warning: an answer was lost: {error}");
        }
    }
    Ok(())
}
