//! As much of HTTP/1.1 as a page of text needs (RFC 9112).

use std::io::{self, BufRead, Read};

/// The longest head of a request, in bytes.
const HEAD_MAX: u64 = 8 << 10;

/// Reads the head of a request, and returns the path that it gets; none if it is not a GET.
pub fn path(client: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut head = client.take(HEAD_MAX).lines();
    let first = head.next().transpose()?.unwrap_or_default();
    for line in head {
        if line?.is_empty() {
            break;
        }
    }
    let mut words = first.split(' ');
    let is_get = words.next() == Some("GET");
    Ok(words.next().filter(|path| is_get && path.starts_with('/')).map(str::to_owned))
}

/// Returns a response with a page of text.
pub fn response(status: &str, text: &str) -> String {
    let length = text.len() + 1;
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_path_or_is_refused() {
        let path = |text: &str| path(&mut text.as_bytes()).unwrap();
        assert_eq!(path("GET / HTTP/1.1\r\nHost: gateway\r\n\r\n").as_deref(), Some("/"));
        assert_eq!(path("POST / HTTP/1.1\r\n\r\n"), None);
        assert_eq!(path(""), None);
    }

    #[test]
    fn a_response_says_its_length() {
        assert!(response("200 OK", "ok").contains("Content-Length: 3\r\n"));
    }
}
