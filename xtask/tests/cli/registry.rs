//! A registry of the tests' own: it keeps blobs in memory, counts requests, and fails as a test asks.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use sha2::{Digest, Sha256};

/// What the registry does wrong, or demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection ends in the middle of the first blob.
    Dropped,
    /// Every third request is answered with 429 and `Retry-After`.
    Busy,
    /// The first three requests that write are answered with 500.
    Broken,
    /// A whole blob is too large; only pieces are taken.
    TooLarge,
    /// Credentials are demanded.
    Basic,
    /// A token is demanded.
    Bearer,
    /// Credentials are demanded, and blobs are redirected and uploaded to another host.
    Elsewhere,
    /// The digest in the answer to a manifest is another one.
    WrongDigest,
}

#[derive(Debug, Default)]
struct State {
    blobs: BTreeMap<String, Vec<u8>>,
    tags: BTreeMap<String, String>,
    upload: Vec<u8>,
    requests: Vec<String>,
    faults: usize,
    leaked: usize,
}

#[derive(Debug)]
pub(crate) struct Counting {
    pub(crate) host: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct Request {
    method: String,
    path: String,
    authorization: Option<String>,
    length: usize,
}

const BASIC: &str = "Basic dXNlcjpNQVJLRVI=";

impl Counting {
    pub(crate) fn start(fault: Option<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        // Another authority of the same machine, to which no credential may go.
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let hosts = [&listener, &other].map(|listener| listener.local_addr().unwrap().to_string());
        for (is_other, listener) in [(false, listener), (true, other)] {
            let (state, hosts) = (Arc::clone(&state), hosts.clone());
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let (state, hosts) = (Arc::clone(&state), hosts.clone());
                    // A client that goes away ends its thread.
                    thread::spawn(
                        move || while answer(&stream, &state, fault, is_other, &hosts).is_some() {},
                    );
                }
            });
        }
        let [host, _] = hosts;
        Self { host, state }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    pub(crate) fn forget(&self) {
        self.state.lock().unwrap().requests.clear();
    }

    pub(crate) fn faults(&self) -> usize {
        self.state.lock().unwrap().faults
    }

    pub(crate) fn leaked(&self) -> usize {
        self.state.lock().unwrap().leaked
    }

    /// The digest of the manifest that a tag names.
    pub(crate) fn manifest(&self, tag: &str) -> Option<String> {
        self.state.lock().unwrap().tags.get(tag).cloned()
    }
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut request = Request { method, path, authorization: None, length: 0 };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        match name.to_lowercase().as_str() {
            "authorization" => request.authorization = Some(value.trim().to_owned()),
            "content-length" => request.length = value.trim().parse().unwrap(),
            _ => {}
        }
    }
    Some(request)
}

/// Answers one request. None ends the connection.
fn answer(
    stream: &TcpStream,
    state: &Mutex<State>,
    fault: Option<Fault>,
    is_other: bool,
    hosts: &[String; 2],
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let request = read_request(&mut reader)?;
    let mut body = vec![0; request.length];
    let mut state_now = state.lock().unwrap();
    if fault == Some(Fault::Dropped) && request.method == "PUT" && state_now.faults == 0 {
        state_now.faults += 1;
        reader.read_exact(&mut body[..1]).ok()?;
        stream.shutdown(std::net::Shutdown::Both).ok()?;
        return None;
    }
    reader.read_exact(&mut body).ok()?;
    state_now.requests.push(format!("{} {}", request.method, request.path));
    if is_other && request.authorization.is_some() {
        state_now.leaked += 1;
    }
    let (status, headers, content) = match refusal(&request, &mut state_now, fault, is_other, &hosts[0]) {
        Some(refusal) => refusal,
        None => protocol(&request, body, &mut state_now, fault, &hosts[1]),
    };
    drop(state_now);
    let length = if request.method == "HEAD" { 0 } else { content.len() };
    let mut text = format!("HTTP/1.1 {status} Answer\r\nContent-Length: {length}\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    if request.method != "HEAD" {
        text += &content;
    }
    let mut stream = stream;
    stream.write_all(text.as_bytes()).ok()
}

type Answer = (u16, Vec<(&'static str, String)>, String);

/// Refuses a request, where the fault demands it.
fn refusal(
    request: &Request,
    state: &mut State,
    fault: Option<Fault>,
    is_other: bool,
    host: &str,
) -> Option<Answer> {
    let authorization = request.authorization.as_deref();
    let writes = request.method != "HEAD" && request.method != "GET";
    match fault? {
        Fault::Busy if state.requests.len() % 3 == 2 => {
            state.faults += 1;
            Some((429, vec![("Retry-After", "0".to_owned())], String::new()))
        }
        Fault::Broken if writes && state.faults < 3 => {
            state.faults += 1;
            Some((500, vec![], String::new()))
        }
        Fault::TooLarge
            if request.method == "PUT" && request.path.contains("/uploads/") && request.length > 0 =>
        {
            state.faults += 1;
            Some((413, vec![], String::new()))
        }
        Fault::Basic | Fault::Elsewhere if !is_other && authorization != Some(BASIC) => {
            // A registry that quotes what it was sent must not make the client print it.
            let quoted = r#"{"errors":[{"code":"UNAUTHORIZED","message":"dXNlcjpNQVJLRVI="}]}"#;
            Some((401, vec![("WWW-Authenticate", "Basic realm=\"r\"".to_owned())], quoted.to_owned()))
        }
        Fault::Bearer if request.path.starts_with("/token?") => {
            let asks = request.path.contains("scope=repository%3Afleet%2Fcockpit%3Apull%2Cpush");
            if asks && authorization == Some(BASIC) {
                return Some((200, vec![], r#"{"token":"TOKEN"}"#.to_owned()));
            }
            Some((401, vec![], String::new()))
        }
        Fault::Bearer if authorization != Some("Bearer TOKEN") => {
            let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"test\"");
            Some((401, vec![("WWW-Authenticate", challenge)], String::new()))
        }
        _ => None,
    }
}

/// Answers as the distribution spec defines.
fn protocol(
    request: &Request,
    body: Vec<u8>,
    state: &mut State,
    fault: Option<Fault>,
    other: &str,
) -> Answer {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let last = path.rsplit('/').next().unwrap().to_owned();
    let is_upload = path.contains("/blobs/uploads/");
    match request.method.as_str() {
        "HEAD" if path.contains("/manifests/") => match state.tags.get(&last) {
            Some(digest) => (200, vec![("Docker-Content-Digest", digest.clone())], String::new()),
            None => (404, vec![], String::new()),
        },
        "HEAD" if fault == Some(Fault::Elsewhere) && !path.starts_with("/elsewhere") => {
            (307, vec![("Location", format!("http://{other}/elsewhere/{last}"))], String::new())
        }
        "HEAD" => (if state.blobs.contains_key(&last) { 200 } else { 404 }, vec![], String::new()),
        "POST" if is_upload => {
            state.upload.clear();
            let location = match fault {
                Some(Fault::Elsewhere) => format!("http://{other}/v2/x/blobs/uploads/1?state=a"),
                _ => "/v2/x/blobs/uploads/1".to_owned(),
            };
            (202, vec![("Location", location)], String::new())
        }
        "PATCH" if is_upload => {
            state.upload.extend(body);
            let range = format!("0-{}", state.upload.len() - 1);
            (202, vec![("Location", request.path.clone()), ("Range", range)], String::new())
        }
        "PUT" if is_upload => {
            state.upload.extend(body);
            let wanted = query.rsplit("digest=").next().unwrap().to_owned();
            let bytes = std::mem::take(&mut state.upload);
            if digest(&bytes) != wanted {
                return (400, vec![], r#"{"errors":[{"code":"DIGEST_INVALID"}]}"#.to_owned());
            }
            state.blobs.insert(wanted.clone(), bytes);
            (201, vec![("Docker-Content-Digest", wanted)], String::new())
        }
        "PUT" => {
            let name = digest(&body);
            state.tags.insert(last, name.clone());
            let answered = match fault {
                Some(Fault::WrongDigest) => format!("sha256:{}", "0".repeat(64)),
                _ => name,
            };
            (201, vec![("Docker-Content-Digest", answered)], String::new())
        }
        _ => (405, vec![], String::new()),
    }
}
