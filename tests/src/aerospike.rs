//! Aerospike's own client as a source: a proxy makes it believe in a cluster of one node.
//!
//! The proxy answers the client's questions about the cluster and hands its writes to the
//! connector as they are.

use std::io::{ErrorKind, Read, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::keeper;
use crate::wait::eventually;
use crate::{cache, message};

const CLIENT: &str = "aerospike==19.3.0";
const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/rig/aerospike/write_all_types.py"
);
const SCRIPT_LIMIT: Duration = Duration::from_secs(90);
const REPLY_LIMIT: Duration = Duration::from_secs(30);

const HEADER_LEN: usize = 8;
const INFO: u8 = 1;
/// Larger than anything the script writes.
const BODY_MAX: usize = 1 << 20;
const NODE: &str = "BB9000000000001";

/// Stands between a client and the connector.
#[derive(Debug)]
pub struct Proxy {
    /// Where clients connect.
    pub port: u16,
}

impl Proxy {
    /// Serves clients that write to `namespace`, until the tests end. Writes go to the connector
    /// at `to`.
    pub fn start(to: u16, namespace: &'static str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || {
                    if let Err(error) = serve(client, port, to, namespace) {
                        keeper::say(&format!("the proxy of the Aerospike client: {error:#}"));
                    }
                });
            }
        });
        Ok(Self { port })
    }
}

/// Runs the script that writes all types through the proxy, and returns what it prints.
pub fn write_all_types(proxy: &Proxy) -> Result<String> {
    let mut script = Command::new(python()?)
        .args([SCRIPT, &proxy.port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    keeper::keep(script.id());
    let ended = eventually(SCRIPT_LIMIT, "the script ends", || {
        script.try_wait().ok().flatten()
    });
    if ended.is_err() {
        script.kill()?;
    }
    keeper::forget(script.id());
    let output = script.wait_with_output()?;
    ensure!(
        output.status.success(),
        "{SCRIPT}: {}; it says:\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// A Python with the client, in the cache.
fn python() -> Result<PathBuf> {
    let version = checked(Command::new("python3").arg("--version"), "install Python 3")?.stdout;
    let key = cache::key(&[CLIENT, &String::from_utf8_lossy(&version)]);
    let folder = cache::folder("aerospike-client", &key, install)?;
    Ok(folder.join("bin/python"))
}

fn install(draft: &Path) -> Result<()> {
    keeper::say(&format!(
        "fetching Aerospike's Python client, {CLIENT} (10 MB, once)"
    ));
    checked(
        Command::new("python3").args(["-m", "venv"]).arg(draft),
        "install Python's venv module (Debian and Ubuntu: apt-get install python3-venv)",
    )?;
    checked(
        Command::new(draft.join("bin/python")).args(["-m", "pip", "install", "--quiet", CLIENT]),
        "is PyPI reachable?",
    )?;
    Ok(())
}

fn checked(command: &mut Command, remedy: &'static str) -> Result<Output> {
    let output = command.stdin(Stdio::null()).output().context(remedy)?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!(
            "{command:?}: {}; {remedy}\n{}",
            output.status,
            String::from_utf8_lossy(&said)
        );
    }
    Ok(output)
}

/// One connection of a client: questions are answered here, messages by the connector.
fn serve(mut client: TcpStream, port: u16, to: u16, namespace: &str) -> Result<()> {
    let mut connector: Option<TcpStream> = None;
    while let Some((kind, frame)) = read_frame(&mut client)? {
        if kind == INFO {
            client.write_all(&info(&frame, port, namespace)?)?;
            continue;
        }
        let connector = match &mut connector {
            Some(open) => open,
            none => {
                let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, to))?;
                stream.set_read_timeout(Some(REPLY_LIMIT))?;
                none.insert(stream)
            }
        };
        connector.write_all(&frame)?;
        let (_, reply) = read_frame(connector)?.context("the connector closed the connection")?;
        client.write_all(&reply)?;
    }
    Ok(())
}

fn read_frame(stream: &mut TcpStream) -> Result<Option<(u8, Vec<u8>)>> {
    let mut frame = vec![0; HEADER_LEN];
    match stream.read_exact(&mut frame) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(None),
        result => result?,
    }
    let [_, kind, length @ ..] = frame.as_slice() else {
        bail!("a short header")
    };
    let kind = *kind;
    let body_len = length
        .iter()
        .fold(0, |len, &byte| len << 8 | usize::from(byte));
    ensure!(body_len <= BODY_MAX, "a frame of {body_len} bytes");
    frame.resize(HEADER_LEN + body_len, 0);
    stream.read_exact(frame.get_mut(HEADER_LEN..).unwrap_or_default())?;
    Ok(Some((kind, frame)))
}

fn info(frame: &[u8], port: u16, namespace: &str) -> Result<Vec<u8>> {
    let names = std::str::from_utf8(frame.get(HEADER_LEN..).unwrap_or_default())?;
    let mut body = String::new();
    for name in names.lines().filter(|name| !name.is_empty()) {
        let value = match name.split_once(':').map_or(name, |(verb, _)| verb) {
            "node" => NODE.to_owned(),
            "build" => "8.1.0.0".to_owned(),
            "features" => "pscans;query-show;batch-any;pquery".to_owned(),
            "partition-generation" | "peers-generation" | "rebalance-generation" => "1".to_owned(),
            "cluster-name" => "null".to_owned(),
            "service-clear-std" => format!("127.0.0.1:{port}"),
            "peers-clear-std" => format!("1,{port},[]"),
            // Regime, replicas, and a bit for each of the 4096 partitions: all are here.
            "replicas" => format!("{namespace}:0,1,{}", STANDARD.encode([0xff; 512])),
            "rack-ids" => format!("{namespace}:0"),
            "user-agent-set" => "ok".to_owned(),
            _ => "ERROR:4:unrecognized command".to_owned(),
        };
        body.extend([name, "\t", &value, "\n"]);
    }
    Ok(message::frame(INFO, body.as_bytes()))
}
