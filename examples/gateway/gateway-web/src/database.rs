//! The database of readings, on its socket: one line asks, one line answers.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

const SOCKET: &str = "/run/telemetry-db/socket";

/// Returns the answer to a question.
pub fn ask(question: &str) -> io::Result<String> {
    ask_on(&UnixStream::connect(SOCKET)?, question)
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
