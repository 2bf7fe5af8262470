//! A small HTTP/1.1 client that keeps its connection, so that what is measured is the server.

use std::io;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Address from the slash on, percent-encoded.
    pub path: String,
    /// Secret of a session; sent as bearer token, or as cookie where a page is asked for.
    pub token: String,
    /// Body, JSON.
    pub body: String,
    /// Whether it is asked as a browser does: cookie, compressed.
    pub as_browser: bool,
    /// Whether even a browser's answer is to come uncompressed, to be read.
    pub plain: bool,
}

impl Question {
    /// Asks the API.
    pub fn get(path: impl Into<String>, token: &str) -> Self {
        Self { method: "GET", path: path.into(), token: token.to_owned(), ..Self::default() }
    }

    /// Sends JSON to the API.
    pub fn post(path: impl Into<String>, token: &str, body: String) -> Self {
        Self { method: "POST", path: path.into(), token: token.to_owned(), body, ..Self::default() }
    }

    /// Asks for a page.
    pub fn page(path: impl Into<String>, token: &str) -> Self {
        Self { as_browser: true, ..Self::get(path, token) }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nHost: bench\r\n", self.method, self.path);
        match (self.token.is_empty(), self.as_browser) {
            (true, _) => {}
            (false, true) => text += &format!("Cookie: fq={}\r\n", self.token),
            (false, false) => text += &format!("Authorization: Bearer {}\r\n", self.token),
        }
        if self.as_browser {
            text += "Accept: text/html,*/*\r\n";
        }
        if self.as_browser && !self.plain {
            text += "Accept-Encoding: gzip\r\n";
        }
        if self.method == "POST" {
            let length = self.body.len();
            text += &format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        }
        text += "\r\n";
        text += &self.body;
        text.into_bytes()
    }
}

/// What was answered.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Body as sent.
    pub body: Vec<u8>,
    /// All bytes that came over the line.
    pub bytes: u64,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// How the end of a body is known.
enum Framing {
    Length(usize),
    Chunked,
}

/// A connection that is kept.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    read: u64,
}

fn broken(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words.to_owned())
}

impl Client {
    /// Connects.
    pub async fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024), read: 0 })
    }

    /// Asks and waits for the whole answer.
    pub async fn ask(&mut self, question: &Question) -> io::Result<Answer> {
        self.stream.write_all(&question.bytes()).await?;
        self.read = 0;
        let end = self.find(b"\r\n\r\n", 0).await?;
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        self.buffer.drain(..end + 4);
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok());
        let status = status.ok_or_else(|| broken("no status"))?;
        let body = match framing(&head, status)? {
            Framing::Length(length) => self.take(length).await?,
            Framing::Chunked => self.chunks().await?,
        };
        let bytes = self.read;
        Ok(Answer { status, body, bytes })
    }

    async fn fill(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.read += read as u64;
                Ok(())
            }
        }
    }

    async fn find(&mut self, mark: &[u8], from: usize) -> io::Result<usize> {
        loop {
            let rest = self.buffer.get(from..).unwrap_or_default();
            if let Some(at) = rest.windows(mark.len()).position(|w| w == mark) {
                return Ok(from + at);
            }
            self.fill().await?;
        }
    }

    async fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.fill().await?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    async fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = self.find(b"\r\n", 0).await?;
            let line = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
            let size = line.split(';').next().unwrap_or_default().trim().to_owned();
            let size = usize::from_str_radix(&size, 16).map_err(|_| broken("chunk size"))?;
            self.buffer.drain(..end + 2);
            let mut chunk = self.take(size + 2).await?;
            chunk.truncate(size);
            if size == 0 {
                return Ok(body);
            }
            body.append(&mut chunk);
        }
    }
}

fn framing(head: &str, status: u16) -> io::Result<Framing> {
    if status == 204 || status == 304 {
        return Ok(Framing::Length(0));
    }
    for line in head.lines().skip(1) {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            let length = value.trim().parse().map_err(|_| broken("content-length"))?;
            return Ok(Framing::Length(length));
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Ok(Framing::Chunked);
        }
    }
    Err(broken("a body without an end"))
}

/// Text for an address.
pub fn encode(text: &str) -> String {
    let keep = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let one = |b: u8| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    async fn answer(raw: &'static str) -> io::Result<Answer> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            let _ = stream.read(&mut asked).await.unwrap();
            stream.write_all(raw.as_bytes()).await.unwrap();
        });
        let mut client = Client::connect(&address).await.unwrap();
        let answer = client.ask(&Question::get("/", "")).await;
        server.await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_body_ends_by_its_length_or_its_last_chunk() {
        let plain = answer("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n12345").await.unwrap();
        assert_eq!((plain.status, plain.text().as_str()), (200, "12345"));
        let chunked = "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        let chunked_answer = answer(chunked).await.unwrap();
        assert_eq!((chunked_answer.status, chunked_answer.text().as_str()), (201, "abcde"));
        assert_eq!(chunked_answer.bytes, chunked.len() as u64);
        assert!(answer("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort").await.is_err());
    }
}
