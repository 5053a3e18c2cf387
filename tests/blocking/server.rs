//! A loopback server in front of the sandbox. It serves until it is dropped; a connection ends when
//! its client closes it, or after half a minute.

use crate::host::Host;
use cloudauth_edge::http::{IncomingRequest, Response};
use cloudauth_edge::sandbox::Manner;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// How the server responds.
#[derive(Clone, Copy)]
pub enum Plan {
    /// As the sandbox does, including its faults.
    Sandbox,
    /// With this status, this type and this body.
    Text(u16, &'static str, &'static str),
    /// No response: the connection stays open.
    Hang,
    /// The beginning of a body, and then nothing more.
    HangInBody,
    /// Close the connection.
    Close,
    /// A body that never ends.
    Endless,
    /// A redirect to a port without a listener.
    Redirect,
}

/// A request, and the client port from which it came.
pub struct Seen {
    pub request: IncomingRequest,
    pub port: u16,
}

pub struct Server {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    plans: Vec<Plan>,
    seen: Mutex<Vec<Seen>>,
    sandbox: Mutex<Host>,
    /// The offset of the server's clock from this machine's, in milliseconds.
    clock_offset: Mutex<i64>,
    stopped: AtomicBool,
}

impl Server {
    /// Uses the plans in turn, then repeats the last one.
    pub fn start(plans: &[Plan]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            plans: plans.to_vec(),
            seen: Mutex::default(),
            sandbox: Mutex::new(Host::new()),
            clock_offset: Mutex::new(0),
            stopped: AtomicBool::new(false),
        });
        let accepting = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for connection in listener.incoming() {
                    if shared.stopped.load(Ordering::SeqCst) {
                        return;
                    }
                    let shared = Arc::clone(&shared);
                    // The thread ends when the client closes the connection.
                    std::thread::spawn(move || shared.serve(&connection.unwrap()));
                }
            }
        });
        Self {
            address,
            shared,
            accepting: Some(accepting),
        }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> std::sync::MutexGuard<'_, Vec<Seen>> {
        self.shared.seen.lock().unwrap()
    }

    pub fn sandbox(&self) -> std::sync::MutexGuard<'_, Host> {
        self.shared.sandbox.lock().unwrap()
    }

    /// Injects a fault, as `POST /_sandbox/faults` does.
    pub fn fault(&self, fault: &str) {
        let answer = self.sandbox().control("POST", "faults", fault);
        assert!((200..300).contains(&answer.status()), "{}", answer.text());
    }

    pub fn set_clock_offset(&self, millis: i64) {
        *self.shared.clock_offset.lock().unwrap() = millis;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the accepting thread.
        let _ = TcpStream::connect(self.address);
        let _ = self.accepting.take().unwrap().join();
    }
}

impl Shared {
    fn serve(&self, connection: &TcpStream) {
        let limit = Some(Duration::from_secs(30));
        connection.set_read_timeout(limit).unwrap();
        connection.set_write_timeout(limit).unwrap();
        let port = connection.peer_addr().unwrap().port();
        let mut reader = BufReader::new(connection);
        while let Some(request) = read_request(&mut reader) {
            let plan = {
                let mut seen = self.seen.lock().unwrap();
                let plan = self.plans[seen.len().min(self.plans.len() - 1)];
                seen.push(Seen {
                    request: request.clone(),
                    port,
                });
                plan
            };
            if self.answer(plan, request, connection).is_none() {
                return;
            }
        }
    }

    /// `None` if the connection has ended.
    fn answer(&self, plan: Plan, request: IncomingRequest, mut to: &TcpStream) -> Option<()> {
        match plan {
            Plan::Sandbox => self.sandboxed(request, to),
            Plan::Text(status, kind, body) => {
                let headers = vec![("content-type".to_owned(), kind.to_owned())];
                write(to, status, &headers, body.as_bytes())
            }
            Plan::Redirect => {
                let to_nobody = ("location".to_owned(), "http://127.0.0.1:1/".to_owned());
                write(to, 302, &[to_nobody], b"")
            }
            Plan::Hang => hang(to),
            Plan::HangInBody => {
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"Code\":\"200\",";
                to.write_all(head).ok()?;
                hang(to)
            }
            Plan::Close => None,
            Plan::Endless => {
                to.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
                    .ok()?;
                loop {
                    to.write_all(&[b' '; 65_536]).ok()?;
                }
            }
        }
    }

    fn sandboxed(&self, request: IncomingRequest, to: &TcpStream) -> Option<()> {
        let done = {
            let mut sandbox = self.sandbox.lock().unwrap();
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            sandbox.now = i64::try_from(now.unwrap().as_millis()).unwrap()
                + *self.clock_offset.lock().unwrap();
            sandbox.send(request).0
        };
        match done.delivery.manner {
            Manner::Hang => hang(to),
            Manner::Reset => None,
            Manner::Answer => {
                let response: Response = done.response?;
                write(to, response.status, &response.headers, &response.body)
            }
        }
    }
}

/// Waits until the client closes the connection.
fn hang(mut connection: &TcpStream) -> Option<()> {
    let _ = connection.read(&mut [0]);
    None
}

fn write(mut to: &TcpStream, status: u16, headers: &[(String, String)], body: &[u8]) -> Option<()> {
    let mut head = format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        if name != "content-length" {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    head.push_str("\r\n");
    to.write_all(&[head.as_bytes(), body].concat()).ok()
}

fn read_request(from: &mut impl BufRead) -> Option<IncomingRequest> {
    let mut line = || {
        let mut line = String::new();
        from.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let mut parts = first.split(' ');
    let (method, address) = (parts.next()?, parts.next()?);
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut headers = Vec::new();
    loop {
        let header = line()?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = cloudauth_edge::http::header(&headers, "content-length");
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    from.read_exact(&mut body).ok()?;
    Some(IncomingRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body,
    })
}
