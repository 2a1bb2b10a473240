//! As much HTTP/1.1 as the measurements need: one connection kept open, one request at a time, answers with a length.
//! By hand, so that little of the client is in the figures.

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The longest that an answer may take.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(120);
/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
const READ_BYTES: usize = 64 * 1024;

pub struct Client {
    stream: TcpStream,
    address: String,
    token: Option<String>,
    read: Vec<u8>,
    chunk: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Client {
    /// `address` is host and port.
    pub fn connect(address: &str, token: Option<&str>) -> Result<Client> {
        let stream = TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_WAIT_MAX))?;
        Ok(Client {
            stream,
            address: address.to_owned(),
            token: token.map(str::to_owned),
            read: Vec::new(),
            chunk: vec![0; READ_BYTES],
        })
    }

    /// Sends a JSON body under a key of its own.
    pub fn post(&mut self, path: &str, key: &str, body: &str) -> Result<Answer> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\n{}content-type: application/json\r\nidempotency-key: {key}\r\n\
             content-length: {}\r\n\r\n{body}",
            self.address,
            self.authorization(),
            body.len()
        );
        self.send(&request).with_context(|| format!("POST {path}"))
    }

    pub fn get(&mut self, path: &str) -> Result<Answer> {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {}\r\n{}\r\n", self.address, self.authorization());
        self.send(&request).with_context(|| format!("GET {path}"))
    }

    /// The JSON that a GET answers; anything but 200 is a fault.
    pub fn get_json(&mut self, path: &str) -> Result<Value> {
        let answer = self.get(path)?;
        if answer.status != 200 {
            bail!("GET {path} answers {}: {}", answer.status, answer.body);
        }
        serde_json::from_str(&answer.body).with_context(|| format!("GET {path}: no JSON"))
    }

    fn authorization(&self) -> String {
        match &self.token {
            Some(token) => format!("authorization: Bearer {token}\r\n"),
            None => String::new(),
        }
    }

    fn send(&mut self, request: &str) -> Result<Answer> {
        self.stream.write_all(request.as_bytes())?;
        self.read.clear();
        let head_end = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            self.more()?;
        };
        let head = String::from_utf8_lossy(self.read.get(..head_end).unwrap_or_default()).into_owned();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status.ok_or_else(|| anyhow!("no status in {head:?}"))?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let length = length.ok_or_else(|| anyhow!("an answer without its length: {head:?}"))?;
        if length > ANSWER_BYTES_MAX {
            bail!("an answer of {length} bytes");
        }
        let begin = head_end + 4;
        while self.read.len() < begin + length {
            self.more()?;
        }
        let body = String::from_utf8_lossy(self.read.get(begin..).unwrap_or_default()).into_owned();
        Ok(Answer { status, body })
    }

    fn more(&mut self) -> Result<()> {
        let n = self.stream.read(&mut self.chunk)?;
        if n == 0 {
            bail!("the server hung up in the midst of an answer");
        }
        self.read.extend_from_slice(self.chunk.get(..n).unwrap_or_default());
        Ok(())
    }
}
