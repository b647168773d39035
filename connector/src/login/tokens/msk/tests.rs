use super::*;

/// 2026-11-22 10:11:12 UTC.
const NOW: Duration = Duration::from_secs(1_795_342_272);

/// What Python's `hmac`, `hashlib` and `urllib.parse.quote` came to, by the steps of AWS's document
/// about signatures of version 4: the canonical request has the method GET, the path `/`, the
/// parameters below in the order of their names, the header `host` alone, and the digest of no
/// content.
const SIGNED: &str = "https://kafka.eu-central-1.amazonaws.com/?Action=kafka-cluster%3AConnect\
    &X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Feu-central-1%2Fkafka-cluster%2Faws4_request\
    &X-Amz-Date=20261122T101112Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host";
const SIGNATURE: &str = "aa83f8e819131e83098994c109ac3c454575d61fa39657f1976754bb1b11c852";
/// With the parameter of the session's token between `X-Amz-Expires` and `X-Amz-SignedHeaders`.
const SESSION_SIGNATURE: &str = "828b09a97d3d62c8af00e04173f370c0b2da5e16e972acf47def1c98af168c59";

fn credentials(session: Option<&str>) -> Credentials {
    fixed(&AwsKeys {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
        session_token: session.map(Into::into),
    })
}

/// The parameters of an address, sorted.
fn parameters(address: &str) -> Vec<&str> {
    let (_, query) = address.split_once('?').unwrap();
    let mut parameters: Vec<_> = query.split('&').collect();
    parameters.sort_unstable();
    parameters
}

#[test]
fn the_signature_is_what_another_implementation_came_to() {
    let now = SystemTime::UNIX_EPOCH + NOW;
    let signed = signed_address("eu-central-1", &credentials(None), now).unwrap();
    let agent = concat!("User-Agent=aeroduct%2F", env!("CARGO_PKG_VERSION"));
    let expected = format!("{SIGNED}&X-Amz-Signature={SIGNATURE}&{agent}");
    assert_eq!(parameters(&signed), parameters(&expected));
    assert!(signed.ends_with(agent), "it is not signed: {signed}");

    let credentials = credentials(Some("a/session+token="));
    let signed = signed_address("eu-central-1", &credentials, now).unwrap();
    let token = "X-Amz-Security-Token=a%2Fsession%2Btoken%3D";
    let expected = format!("{SIGNED}&{token}&X-Amz-Signature={SESSION_SIGNATURE}&{agent}");
    assert_eq!(parameters(&signed), parameters(&expected));
}
