//! Serves a folder on the loopback interface for as long as it is needed. It knows GET and HEAD of whole
//! files, which is all that dnf asks here.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;

/// Serves the folder at a port of its own, which it gives. The thread ends with the test.
pub(crate) fn serve(folder: &Path) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = folder.to_owned();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let folder = folder.clone();
            // One who hangs up early is no reason to stop.
            thread::spawn(move || answer(&connection, &folder));
        }
    });
    port
}

/// Answers all that comes on one connection.
fn answer(connection: &TcpStream, folder: &Path) -> io::Result<()> {
    let mut input = BufReader::new(connection);
    let mut out = connection;
    loop {
        let mut request = String::new();
        if input.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let mut header = String::from(".");
        while !header.trim_end().is_empty() {
            header.clear();
            input.read_line(&mut header)?;
        }
        let mut words = request.split_whitespace();
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let file = within(folder, path).and_then(|path| fs::read(path).ok());
        let (status, body) = file.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
        write!(out, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len())?;
        if method == "GET" {
            out.write_all(&body)?;
        }
    }
}

/// The file that a path names, if that leads nowhere else.
fn within(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path.trim_start_matches('/'));
    let plain = path.components().all(|component| matches!(component, Component::Normal(_)));
    plain.then(|| folder.join(path))
}
