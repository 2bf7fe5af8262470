//! An HTTP/1.1 client over one kept-alive connection, enough to load and ask our own server.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A server on this machine and what every request to it carries.
#[derive(Debug, Clone)]
pub struct Site {
    /// For example `127.0.0.1:8080`.
    pub address: String,
    /// The bearer token, once one has signed in.
    pub token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The content type, in lower case; empty when none was named.
    pub media: String,
    /// The whole body.
    pub body: String,
}

/// One connection.
pub struct Connection {
    site: Site,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects; a server that does not answer within 30 seconds counts as gone.
    pub fn open(site: &Site) -> io::Result<Self> {
        let stream = TcpStream::connect(&site.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_nodelay(true)?;
        Ok(Self { site: site.clone(), stream: BufReader::new(stream) })
    }

    /// Asks for a path.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.ask("GET", path, &[], "")
    }

    /// Sends JSON; `key` is the idempotency key, if any.
    pub fn post(&mut self, path: &str, key: Option<&str>, body: &str) -> io::Result<Answer> {
        let mut headers = vec![("Content-Type", "application/json")];
        headers.extend(key.map(|key| ("Idempotency-Key", key)));
        self.ask("POST", path, &headers, body)
    }

    /// Sends a request with these headers and waits for its answer.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Answer> {
        self.send(method, path, headers, body)?;
        self.answer()
    }

    /// Sends a request, waits a little and leaves; the answer, if there is one, finds nobody.
    pub fn send_and_leave(
        mut self,
        path: &str,
        key: &str,
        body: &str,
        wait: Duration,
    ) -> io::Result<()> {
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)];
        self.send("POST", path, &headers, body)?;
        std::thread::sleep(wait);
        Ok(())
    }

    fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<()> {
        let Site { address, token } = &self.site;
        let bearer = token.as_ref().map(|it| format!("Authorization: Bearer {it}\r\n"));
        let headers: String = headers.iter().map(|(it, is)| format!("{it}: {is}\r\n")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\n{}{headers}Content-Length: {}\r\n\r\n{body}",
            bearer.unwrap_or_default(),
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|it| it.parse().ok());
        let status = status.ok_or_else(|| broken(&format!("no status in `{first}`")))?;
        let (mut body, mut media) = (Body::None, String::new());
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.split_once(':') {
                _ if line.is_empty() => break,
                Some(("content-length", length)) => body = Body::Length(number(length, 10)?),
                Some(("transfer-encoding", _)) => body = Body::Chunks,
                Some(("content-type", value)) => media = value.trim().to_string(),
                _ => {}
            }
        }
        let body = match body {
            Body::None => Vec::new(),
            Body::Length(length) => self.bytes(length)?,
            Body::Chunks => self.chunks()?,
        };
        let body = String::from_utf8(body).map_err(|_| broken("the body is not UTF-8"))?;
        Ok(Answer { status, media, body })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 || !line.ends_with('\n') {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_string())
    }

    fn bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            let length = number(&self.line()?, 16)?;
            all.extend(self.bytes(length)?);
            self.line()?;
            if length == 0 {
                return Ok(all);
            }
        }
    }
}

/// A text as it may stand in the query of a path.
pub fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

enum Body {
    None,
    Length(usize),
    Chunks,
}

fn number(text: &str, base: u32) -> io::Result<usize> {
    usize::from_str_radix(text.trim(), base).map_err(|_| broken(&format!("`{text}` is no length")))
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    /// A server that answers each request of one connection with the next of `answers`.
    fn serve(answers: &'static [&'static str]) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for answer in answers {
                let mut request = [0; 4096];
                let length = stream.read(&mut request).unwrap();
                assert!(String::from_utf8_lossy(&request[..length]).contains("Bearer secret"));
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        Site { address, token: Some("secret".into()) }
    }

    #[test]
    fn bodies_by_length_and_in_chunks_are_read_and_a_lost_connection_is_an_error() {
        let site = serve(&[
            "HTTP/1.1 201 Created\r\nContent-Length: 6\r\n\r\n枫桥",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            "HTTP/1.1 201 Created\r\nContent-Length: 60\r\n\r\nshort",
        ]);
        let mut connection = Connection::open(&site).unwrap();
        let first = connection.post("/a", Some("k"), "{}").unwrap();
        assert_eq!((first.status, first.body.as_str()), (201, "枫桥"));
        assert_eq!(connection.get("/b").unwrap().body, "abcde");
        assert!(connection.post("/c", None, "{}").is_err());
    }
}
