//! The database of readings, on its socket: one line asks, one line answers.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

const SOCKET: &str = "/run/telemetry-db/socket";
/// How long the database may take to open its socket. Its unit counts as started before.
const STARTING: Duration = Duration::from_secs(60);

/// Returns the answer to a question.
pub fn ask(question: &str) -> io::Result<String> {
    ask_on(&UnixStream::connect(SOCKET)?, question)
}

/// Returns the answer to a question, of a database that may still be starting.
pub fn ask_when_started(question: &str) -> io::Result<String> {
    let begun = Instant::now();
    loop {
        match ask(question) {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::PermissionDenied
                ) && begun.elapsed() < STARTING =>
            {
                thread::sleep(Duration::from_millis(100));
            }
            answer => return answer,
        }
    }
}

fn ask_on(mut stream: &UnixStream, question: &str) -> io::Result<String> {
    writeln!(stream, "{question}")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(answer.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_a_line_and_so_is_the_answer() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(b"3 of 1000\n").unwrap();
        assert_eq!(ask_on(&ours, "count").unwrap(), "3 of 1000");
        let mut asked = String::new();
        BufReader::new(theirs).read_line(&mut asked).unwrap();
        assert_eq!(asked, "count\n");
    }
}
