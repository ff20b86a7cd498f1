//! Sends requests to a registry: credentials go to its own host only, and what fails for a moment is tried again.

use std::thread;
use std::time::Duration;

use lapstrake::value::Reference;
use serde::Deserialize;

use super::RegistryError;
use super::challenge::{Challenge, encode};
use super::credentials;
use super::host::{Host, is_loopback};
use super::http::Http;
use super::message::{Body, Method, Request, Response, Secret};

/// How often a request is sent at most.
const ATTEMPTS: u32 = 5;
/// The pause after the first failure; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest pause that a registry can ask for.
const PAUSE_MAX: u64 = 60;
/// How many redirects of a `HEAD` or `GET` are followed.
const REDIRECTS: u32 = 4;

/// A repository of a registry, to which images can be pushed.
///
/// Credentials are those that podman, skopeo or docker have saved: `$REGISTRY_AUTH_FILE`, or else containers'
/// `auth.json` and docker's `config.json`. They are sent to the registry and to the server of tokens that it names,
/// never to the target of a redirect.
///
/// ```
/// use lapstrake_oci::{RegistryError, Repository};
///
/// let connected = Repository::connect(&"registry.example/fleet/edge:1".parse().unwrap(), true);
/// // Without the feature `registry`, the crate has no client.
/// assert!(connected.is_ok() || matches!(connected, Err(RegistryError::NotCompiled)));
/// ```
#[derive(Debug)]
pub struct Repository {
    http: Http,
    pub(super) host: Host,
    pub(super) name: String,
    scheme: &'static str,
    verify: bool,
    credentials: Option<Secret>,
    authorization: Option<Secret>,
    /// Another repository of the host, from which blobs are mounted.
    pub(super) mount_from: Option<String>,
    pub(super) requests: u64,
}

/// A request with what an error says of it.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: String,
    /// What the request is about, without a secret.
    pub(super) what: &'a str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) bytes: &'a [u8],
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusals {
    errors: Vec<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: String,
}

impl Repository {
    /// Returns a client of the repository that a reference names. It sends nothing yet, unless `verify_tls` is off.
    ///
    /// This machine (`localhost`, `127.0.0.0/8`, `::1`) is asked over plain HTTP. `verify_tls` off accepts any
    /// certificate of the host, and plain HTTP where the host has no TLS.
    ///
    /// # Errors
    /// Fails if the reference names no host, if saved credentials or the system's certificates can't be read, or if the
    /// crate was compiled without the feature `registry`.
    pub fn connect(reference: &Reference, verify_tls: bool) -> Result<Self, RegistryError> {
        let (host, mut name) = Host::of(reference)?;
        if host.as_str() == "docker.io" && !name.contains('/') {
            name = format!("library/{name}");
        }
        let http = Http::new(verify_tls, host.is_loopback())?;
        let credentials = credentials::find(&host, &name)?;
        let scheme = if host.is_loopback() { "http" } else { "https" };
        let mut repository = Self {
            http,
            host,
            name,
            scheme,
            verify: verify_tls,
            credentials,
            authorization: None,
            mount_from: None,
            requests: 0,
        };
        if !verify_tls {
            repository.find_scheme();
        }
        Ok(repository)
    }

    /// Asks over TLS first, without credentials.
    fn find_scheme(&mut self) {
        let url = format!("https://{}/v2/", self.host.authority());
        let request = Request { method: Method::Get, url: &url, headers: vec![], authorization: None };
        self.requests += 1;
        self.scheme = if self.http.send(&request, Body::Empty).is_ok() { "https" } else { "http" };
    }

    /// Returns a URL of the repository: `manifests/…`, `blobs/…`.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}://{}/v2/{}/{path}", self.scheme, self.host.authority(), self.name)
    }

    /// Sends a request until the answer is not one of a moment, with credentials if the registry wants them.
    pub(super) fn ask(&mut self, call: &Call<'_>) -> Result<Response, RegistryError> {
        let mut url = call.url.clone();
        let mut redirects = 0;
        let mut has_authenticated = false;
        loop {
            let response = self.try_again(call, &url)?;
            if response.status == 401 && self.is_own(&url) && !has_authenticated {
                self.authenticate(&response)?;
                has_authenticated = true;
                continue;
            }
            let follows = matches!(call.method, Method::Head | Method::Get) && redirects < REDIRECTS;
            if follows && matches!(response.status, 301 | 302 | 303 | 307 | 308) {
                url = self.location(&url, &response, call.method, call.what)?;
                redirects += 1;
                continue;
            }
            return Ok(response);
        }
    }

    fn try_again(&mut self, call: &Call<'_>, url: &str) -> Result<Response, RegistryError> {
        let mut attempt = 1;
        loop {
            let body = if call.bytes.is_empty() { Body::Empty } else { Body::Bytes(call.bytes) };
            match self.send(call.method, url, call.headers.clone(), body) {
                Ok(response) if is_of_a_moment(response.status) && attempt < ATTEMPTS => {
                    pause(attempt, Some(&response));
                }
                Err(_) if attempt < ATTEMPTS => pause(attempt, None),
                answer => return answer,
            }
            attempt += 1;
        }
    }

    /// Sends a request once. The registry's own host gets the credentials, no other.
    pub(super) fn send(
        &mut self,
        method: Method,
        url: &str,
        headers: Vec<(&'static str, String)>,
        body: Body<'_>,
    ) -> Result<Response, RegistryError> {
        self.requests += 1;
        let authorization = self.authorization.as_ref().filter(|_| self.is_own(url));
        let request = Request { method, url, headers, authorization };
        let connect = |source| RegistryError::Connect { host: authority(url).to_owned(), source };
        self.http.send(&request, body).map_err(connect)
    }

    /// Returns host and repository, without a tag.
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.host, self.name)
    }

    fn is_own(&self, url: &str) -> bool {
        authority(url) == self.host.authority() && url.starts_with(&format!("{}://", self.scheme))
    }

    /// Returns the URL that the header `Location` names. Layers go to no other host without TLS.
    pub(super) fn location(
        &self,
        from: &str,
        response: &Response,
        method: Method,
        what: &str,
    ) -> Result<String, RegistryError> {
        let missing = || RegistryError::Header {
            host: self.host.to_string(),
            method: method.as_str(),
            what: what.to_owned(),
            header: "Location",
        };
        let location = response.header("location").ok_or_else(missing)?;
        let (scheme, _) = from.split_once("://").ok_or_else(missing)?;
        let url = if location.contains("://") && !location.starts_with('/') {
            location.to_owned()
        } else if location.starts_with("//") {
            format!("{scheme}:{location}")
        } else if location.starts_with('/') {
            format!("{scheme}://{}{location}", authority(from))
        } else {
            return Err(missing());
        };
        self.check_plain(&url)?;
        Ok(url)
    }

    fn check_plain(&self, url: &str) -> Result<(), RegistryError> {
        let to = authority(url);
        let is_named = !self.verify && to == self.host.authority();
        if url.starts_with("https://") || (url.starts_with("http://") && (is_loopback(to) || is_named)) {
            return Ok(());
        }
        Err(RegistryError::Plain { host: self.host.to_string(), to: to.to_owned() })
    }

    /// Does what the registry demands with a status 401.
    fn authenticate(&mut self, response: &Response) -> Result<(), RegistryError> {
        let mut headers = response.headers.iter().filter(|(name, _)| name == "www-authenticate");
        match headers.find_map(|(_, value)| Challenge::parse(value)) {
            Some(Challenge::Basic) if self.authorization.is_none() && self.credentials.is_some() => {
                self.authorization = self.credentials.clone();
                Ok(())
            }
            Some(Challenge::Bearer { realm, service }) => {
                self.authorization = Some(self.token(&realm, service.as_deref())?);
                Ok(())
            }
            Some(Challenge::Basic) | None => Err(self.refused(response)),
        }
    }

    /// Gets a token for pushing to the repository, and for pulling from the one to mount from.
    fn token(&mut self, realm: &str, service: Option<&str>) -> Result<Secret, RegistryError> {
        self.check_plain(realm)?;
        let joint = if realm.contains('?') { '&' } else { '?' };
        let mut url =
            format!("{realm}{joint}scope={}", encode(&format!("repository:{}:pull,push", self.name)));
        if let Some(from) = &self.mount_from {
            url += &format!("&scope={}", encode(&format!("repository:{from}:pull")));
        }
        if let Some(service) = service {
            url += &format!("&service={}", encode(service));
        }
        let mut attempt = 1;
        let response = loop {
            let authorization = self.credentials.as_ref();
            let request = Request { method: Method::Get, url: &url, headers: vec![], authorization };
            self.requests += 1;
            match self.http.send(&request, Body::Empty) {
                Ok(response) if is_of_a_moment(response.status) && attempt < ATTEMPTS => {
                    pause(attempt, Some(&response));
                }
                Err(_) if attempt < ATTEMPTS => pause(attempt, None),
                Ok(response) => break response,
                Err(source) => {
                    return Err(RegistryError::Connect { host: authority(&url).to_owned(), source });
                }
            }
            attempt += 1;
        };
        if response.status != 200 {
            return Err(self.refused(&response));
        }
        // The error of the parser could quote the token.
        let parsed: Option<Token> = serde_json::from_slice(&response.body).ok();
        let token = parsed.and_then(|token| token.token.or(token.access_token));
        let token =
            token.filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
        let token = token.ok_or_else(|| self.status(&response, Method::Get, "a token"))?;
        Ok(Secret::new(format!("Bearer {token}")))
    }

    /// Returns the error of a status 401 or 403.
    fn refused(&self, response: &Response) -> RegistryError {
        let (host, repository) = (self.host.to_string(), self.name.clone());
        match &self.credentials {
            None => RegistryError::NoCredentials { host, repository },
            Some(_) => RegistryError::Denied { host, repository, status: described(response) },
        }
    }

    /// Returns the error of a status that the protocol does not expect.
    pub(super) fn status(&self, response: &Response, method: Method, what: &str) -> RegistryError {
        if matches!(response.status, 401 | 403) {
            return self.refused(response);
        }
        RegistryError::Status {
            host: self.host.to_string(),
            method: method.as_str(),
            what: what.to_owned(),
            status: described(response),
        }
    }
}

/// Returns the status and the registry's code for it. Texts of a registry are left out, because they can quote what it
/// was sent.
fn described(response: &Response) -> String {
    let refusals: Option<Refusals> = serde_json::from_slice(&response.body).ok();
    let code = refusals.and_then(|refusals| refusals.errors.into_iter().next()).map(|refusal| refusal.code);
    let is_code = |code: &String| {
        code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    match code.filter(is_code) {
        Some(code) => format!("{} ({code})", response.status),
        None => response.status.to_string(),
    }
}

/// Returns host and port of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

pub(super) fn is_of_a_moment(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// Waits before the next attempt, as long as the registry asks for.
pub(super) fn pause(attempt: u32, response: Option<&Response>) {
    let asked = response.and_then(|response| response.header("retry-after")?.trim().parse::<u64>().ok());
    let own = PAUSE * 2_u32.pow(attempt.min(8) - 1);
    thread::sleep(asked.map_or(own, |seconds| Duration::from_secs(seconds.min(PAUSE_MAX)).max(own)));
}
