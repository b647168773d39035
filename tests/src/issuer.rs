//! An issuer of signed tokens, with the endpoint of OIDC's client credentials.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, anyhow, bail};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

/// Who issues, and for whom.
pub const ISSUER: &str = "rig";
pub const AUDIENCE: &str = "rig-kafka";

const KEY_ID: &str = "rig";
const REQUEST_MAX: usize = 16 << 10;
const LIMIT: Duration = Duration::from_secs(5);

/// Signs tokens, and hands them out at `http://127.0.0.1:PORT/token`.
#[derive(Debug)]
pub struct Issuer {
    port: u16,
    signer: Arc<Signer>,
    desk: Arc<Desk>,
}

#[derive(Debug)]
struct Signer(KeyPair);

/// Who gets a token, and how many were given.
#[derive(Debug, Default)]
struct Desk {
    secrets: Mutex<HashMap<String, String>>,
    given: AtomicU64,
    refused: AtomicU64,
}

impl Issuer {
    pub fn start() -> Result<Self> {
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no key"))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let issuer = Self {
            port: listener.local_addr()?.port(),
            signer: Arc::new(Signer(key)),
            desk: Arc::default(),
        };
        let (signer, desk) = (Arc::clone(&issuer.signer), Arc::clone(&issuer.desk));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A broken request gets no answer; the test that made it says so.
                drop(serve(stream, &signer, &desk));
            }
        });
        Ok(issuer)
    }

    /// Where tokens are asked for.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/token", self.port)
    }

    /// From now on this client gets tokens for this secret alone.
    pub fn admit(&self, client: &str, secret: &str) {
        let mut secrets = self.desk.secrets.lock();
        let secrets = secrets
            .as_mut()
            .unwrap_or_else(|poisoned| poisoned.get_mut());
        secrets.insert(client.to_owned(), secret.to_owned());
    }

    /// How many tokens were given at the endpoint, and how often it gave none.
    pub fn counts(&self) -> (u64, u64) {
        let load = |count: &AtomicU64| count.load(Ordering::SeqCst);
        (load(&self.desk.given), load(&self.desk.refused))
    }

    /// The keys with which tokens can be verified.
    pub fn key_set(&self) -> String {
        let public = self.signer.0.public_key();
        let modulus = public.modulus().big_endian_without_leading_zero();
        let exponent = public.exponent().big_endian_without_leading_zero();
        let key = json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID,
            "n": URL_SAFE_NO_PAD.encode(modulus),
            "e": URL_SAFE_NO_PAD.encode(exponent),
        });
        json!({ "keys": [key] }).to_string()
    }

    /// A token for this principal.
    pub fn token(&self, principal: &str, life: Duration) -> Result<String> {
        self.signer.token(principal, life)
    }
}

impl Signer {
    fn token(&self, principal: &str, life: Duration) -> Result<String> {
        let now = SystemTime::UNIX_EPOCH.elapsed()?.as_secs();
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": KEY_ID });
        let claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": principal, "scope": "kafka",
            "iat": now, "exp": now + life.as_secs(),
        });
        let signed = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = signed.join(".");
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .map_err(|_| anyhow!("no signature"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// Reads one request and answers it.
fn serve(mut stream: TcpStream, signer: &Signer, desk: &Desk) -> Result<()> {
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    let (head, _body) = read_request(&mut stream)?;
    let (status, answer) = if let Some(client) = admitted(&head, desk) {
        desk.given.fetch_add(1, Ordering::SeqCst);
        let token = signer.token(&client, Duration::from_mins(5))?;
        let answer = json!({
            "access_token": token, "token_type": "Bearer", "expires_in": 300,
        });
        ("200 OK", answer)
    } else {
        desk.refused.fetch_add(1, Ordering::SeqCst);
        ("401 Unauthorized", json!({ "error": "invalid_client" }))
    };
    let answer = answer.to_string();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{answer}",
        answer.len()
    )?;
    Ok(())
}

/// The client that a request speaks for, if its secret is right.
fn admitted(head: &str, desk: &Desk) -> Option<String> {
    if !head.starts_with("POST /token ") {
        return None;
    }
    let basic = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_it = name.eq_ignore_ascii_case("authorization");
        is_it.then(|| value.trim().strip_prefix("Basic "))?
    })?;
    let pair = String::from_utf8(STANDARD.decode(basic).ok()?).ok()?;
    let (client, secret) = pair.split_once(':')?;
    let secrets = desk.secrets.lock().unwrap_or_else(PoisonError::into_inner);
    (secrets.get(client)? == secret).then(|| client.to_owned())
}

fn read_request(stream: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let len = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_it = name.eq_ignore_ascii_case("content-length");
                is_it.then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= len.unwrap_or(0) {
                return Ok((head.to_owned(), body.as_bytes().to_vec()));
            }
        }
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).context("a request")?;
        if read == 0 || bytes.len() > REQUEST_MAX {
            bail!("a broken request");
        }
        bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
}
