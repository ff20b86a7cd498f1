//! `mediad DIRECTORY SOCKET`: the media library. Whoever connects gets the names of what there is to
//! play, a line each.

mod library;

use std::io::{self, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: mediad DIRECTORY SOCKET";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(directory), Some(socket)) = (arguments.next(), arguments.next()) else {
        eprintln!("error: a directory and a socket are wanted\n{USAGE}");
        return ExitCode::from(2);
    };
    // A socket that an earlier run left would be in the way.
    drop(std::fs::remove_file(&socket));
    let served = UnixListener::bind(&socket).and_then(|listener| serve(&listener, Path::new(&directory)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: `{}` can't be served: {error}", socket.display());
            ExitCode::FAILURE
        }
    }
}

fn serve(listener: &UnixListener, directory: &Path) -> io::Result<()> {
    for connection in listener.incoming() {
        let mut connection = connection?;
        let told = library::tracks(directory)
            .and_then(|tracks| tracks.iter().try_for_each(|track| writeln!(connection, "{track}")));
        if let Err(error) = told {
            eprintln!("warning: an answer was lost: {error}");
        }
    }
    Ok(())
}
