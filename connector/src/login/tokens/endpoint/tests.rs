use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::thread::{self, JoinHandle};

use super::super::jwt::tests::{jwt, reader};
use super::*;

const SECRET: &str = "p ss/wörd";

/// Answers one request after another; what it was asked comes back at the end.
struct Server {
    port: u16,
    requests: JoinHandle<Vec<String>>,
}

fn serve(answers: Vec<(&'static str, String)>) -> Server {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = thread::spawn(move || {
        let answer = |(status, body): (&str, String)| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = [0; 8192];
            let mut len = 0;
            // The form is the last of a request.
            while !String::from_utf8_lossy(&bytes[..len]).contains("grant_type=") {
                len += stream.read(&mut bytes[len..]).unwrap();
            }
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
            write!(stream, "{head}connection: close\r\n\r\n{body}").unwrap();
            String::from_utf8_lossy(&bytes[..len]).into_owned()
        };
        answers.into_iter().map(answer).collect()
    });
    Server { port, requests }
}

fn credentials(port: u16) -> ClientCredentials {
    ClientCredentials {
        endpoint: format!("http://127.0.0.1:{port}/oauth/token"),
        client_id: "the client".to_owned(),
        client_secret: SECRET.into(),
        scope: Some("kafka write".to_owned()),
        urlencodes_header: false,
        trusted: None,
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(5),
        backoff: (Duration::from_millis(10), Duration::from_secs(5)),
    }
}

fn endpoint(credentials: &ClientCredentials) -> Endpoint {
    let plan = OAuthBearerPlan {
        origin: aeroduct_config::TokenOrigin::Endpoint(credentials.clone()),
        subject_claim: "sub".to_owned(),
        extensions: Vec::new(),
    };
    let mut endpoint = Endpoint::new(credentials, &plan).unwrap();
    endpoint.reader = reader();
    endpoint
}

fn granted(claims: &str) -> (&'static str, String) {
    let token = jwt(claims);
    (
        "200 OK",
        format!(r#"{{"access_token":"{token}","expires_in":60}}"#),
    )
}

#[test]
fn it_is_asked_as_java_s_client_asks() {
    let server = serve(vec![granted(r#"{"sub":"alice","exp":4102444800}"#)]);
    let token = endpoint(&credentials(server.port)).token().unwrap();
    assert_eq!(
        (token.principal.as_str(), token.expires_ms),
        ("alice", 4_102_444_800_000)
    );

    let request = &server.requests.join().unwrap()[0];
    assert!(
        request.starts_with("POST /oauth/token HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.ends_with("\r\n\r\ngrant_type=client_credentials&scope=kafka+write"),
        "{request}"
    );
    let pair = STANDARD.encode_to_string(format!("the client:{SECRET}"));
    for header in [
        format!("authorization: Basic {pair}"),
        "accept: application/json".to_owned(),
        "content-type: application/x-www-form-urlencoded".to_owned(),
        "cache-control: no-cache".to_owned(),
    ] {
        assert!(
            request.contains(&format!("\r\n{header}\r\n")),
            "{header}: {request}"
        );
    }
}

#[test]
fn name_and_secret_are_url_encoded_where_that_is_asked_for() {
    let server = serve(vec![granted(r#"{"exp":4102444800}"#)]);
    let mut credentials = credentials(server.port);
    credentials.urlencodes_header = true;
    endpoint(&credentials).token().unwrap();
    let request = &server.requests.join().unwrap()[0];
    let pair = STANDARD.encode_to_string("the+client:p+ss%2Fw%C3%B6rd");
    assert!(request.contains(&format!("Basic {pair}\r\n")), "{request}");
}

#[test]
fn what_may_pass_is_tried_again_and_what_will_not_is_told_at_once() {
    let server = serve(vec![
        ("503 Service Unavailable", String::new()),
        ("429 Too Many Requests", "{}".to_owned()),
        granted(r#"{"exp":4102444800}"#),
    ]);
    endpoint(&credentials(server.port)).token().unwrap();
    assert_eq!(server.requests.join().unwrap().len(), 3);

    for (status, body, words) in [
        (
            "401 Unauthorized",
            format!(r#"{{"error":"invalid_client","error_description":"{SECRET}"}}"#),
            "it answers 401 Unauthorized (invalid_client)",
        ),
        (
            "400 Bad Request",
            format!(r#"{{"error":"{SECRET}"}}"#),
            "it answers 400 Bad Request",
        ),
        ("302 Found", String::new(), "it answers 302 Found"),
        (
            "200 OK",
            SECRET.to_owned(),
            "its answer has no access_token",
        ),
        (
            "200 OK",
            format!(r#"{{"access_token":"{SECRET}"}}"#),
            "the token does not say until when it is good",
        ),
    ] {
        let server = serve(vec![(status, body)]);
        let reason = endpoint(&credentials(server.port)).token().unwrap_err();
        assert_eq!(reason, format!("the token endpoint: {words}"));
        server.requests.join().unwrap();
    }
}

#[test]
fn nobody_there_is_told_after_a_while_without_the_address() {
    let mut credentials = credentials(1);
    credentials.endpoint = "http://user:a-secret@127.0.0.1:1/a-secret".to_owned();
    credentials.backoff.1 = Duration::from_millis(100);
    let begin = Instant::now();
    let reason = endpoint(&credentials).token().unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(reason.contains("refused"), "{reason}");
    assert!(!reason.contains("a-secret"), "{reason}");
}

#[test]
fn authorities_that_are_none_and_a_secret_that_cannot_be_sent_are_refused() {
    let refused = |change: &dyn Fn(&mut ClientCredentials)| {
        let mut credentials = credentials(1);
        change(&mut credentials);
        let plan = OAuthBearerPlan {
            origin: aeroduct_config::TokenOrigin::Endpoint(credentials.clone()),
            subject_claim: "sub".to_owned(),
            extensions: Vec::new(),
        };
        Endpoint::new(&credentials, &plan)
            .err()
            .map(|error| error.to_string())
    };
    let no_pem = "-----BEGIN CERTIFICATE-----\na-secret\n-----END CERTIFICATE-----\n";
    let reason = refused(&|it| it.trusted = Some(no_pem.into())).unwrap();
    assert!(
        reason.starts_with("tokens cannot be asked for: "),
        "{reason}"
    );
    assert!(!reason.contains("a-secret"), "{reason}");
    assert_eq!(refused(&|_| {}), None);
}
