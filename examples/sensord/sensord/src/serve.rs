//! The socket: each connection gets the last sample, one line, and is closed. It never reads, so a
//! client can't make it do anything.

use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::report;

/// A line fits in any socket's buffer; this is for the client that finds a way to fill it.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("another process serves `{}` already", .0.display())]
    Taken(PathBuf),
    #[error("`{}` is in the way: it is not a socket", .0.display())]
    NotASocket(PathBuf),
    #[error("can't make the socket `{}`", .path.display())]
    Bind { path: PathBuf, source: io::Error },
    #[error("can't start a thread")]
    Thread(#[source] io::Error),
    #[error("can't write to a client")]
    Write(#[source] io::Error),
    #[error("can't take a connection")]
    Accept(#[source] io::Error),
}

/// The line that clients get, shared between who samples and who serves.
#[derive(Debug, Clone, Default)]
pub struct LastLine(Arc<RwLock<Arc<str>>>);

impl LastLine {
    pub fn set(&self, line: &str) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = line.into();
    }

    pub fn get(&self) -> Arc<str> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A socket that is being served; dropping it takes the file away.
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
    thread: JoinHandle<()>,
}

impl Server {
    /// Binds the socket, mode 0660, and serves it from a thread of its own.
    pub fn start(path: &Path, last: LastLine) -> Result<Self, ServeError> {
        take_over(path)?;
        let bind = |source| ServeError::Bind { path: path.to_owned(), source };
        let listener = UnixListener::bind(path).map_err(bind)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660)).map_err(bind)?;
        let thread = thread::Builder::new()
            .name("serve".to_owned())
            .spawn(move || serve(&listener, &last))
            .map_err(ServeError::Thread)?;
        Ok(Self { path: path.to_owned(), thread })
    }

    /// Whether clients are still being served.
    pub fn is_alive(&self) -> bool {
        !self.thread.is_finished()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing is left to be done about it; the next start takes a dead socket over.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Removes the socket of a process that was killed, and nothing else.
fn take_over(path: &Path) -> Result<(), ServeError> {
    let bind = |source| ServeError::Bind { path: path.to_owned(), source };
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(bind(error)),
        Ok(found) if !found.file_type().is_socket() => Err(ServeError::NotASocket(path.to_owned())),
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => Err(ServeError::Taken(path.to_owned())),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                std::fs::remove_file(path).map_err(bind)
            }
            Err(error) => Err(bind(error)),
        },
    }
}

fn serve(listener: &UnixListener, last: &LastLine) {
    for client in listener.incoming() {
        match client {
            Ok(client) => match answer(client, &last.get()) {
                Ok(()) => {}
                // It asked and did not wait: its own affair.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                Err(error) => report::error(&ServeError::Write(error)),
            },
            Err(error) => {
                report::error(&ServeError::Accept(error));
                // Out of file descriptors, most likely: trying at once would only fill the journal.
                thread::sleep(PATIENCE);
            }
        }
    }
}

fn answer(mut client: UnixStream, line: &str) -> io::Result<()> {
    client.set_write_timeout(Some(PATIENCE))?;
    client.write_all(line.as_bytes())
}
