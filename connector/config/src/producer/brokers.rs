//! `bootstrap.servers`: the brokers that are asked first.

use std::net::Ipv6Addr;

use super::{Property, draft::Draft};

const REMEDY: &str = "write HOST:PORT, such as broker-1:9092, 10.0.0.1:9092 or [2001:db8::1]:9092";

pub(super) fn read(draft: &mut Draft<'_>, property: &Property) {
    let items = Draft::items(property);
    if items.is_empty() {
        draft.refuse(&property.name, "names no broker", REMEDY);
    }
    for item in items {
        match address(item) {
            Ok(address) if draft.bootstrap_servers.contains(&address) => {}
            Ok(address) => draft.bootstrap_servers.push(address),
            Err(reason) => {
                let reason = format!("{} {reason}", property.quoted(item));
                draft.refuse(&property.name, reason, REMEDY);
            }
        }
    }
}

/// The host and port of `text`. A listener's name before them (`PLAINTEXT://`) is passed over, as
/// Java does.
fn address(text: &str) -> Result<String, &'static str> {
    let address = text.split_once("://").map_or(text, |(_, address)| address);
    let (host, port) = address.rsplit_once(':').ok_or("has no port")?;
    let port: u16 = match port.parse() {
        Ok(port) if port > 0 => port,
        _ => return Err("has no port from 1 to 65535"),
    };
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner
            .strip_suffix(']')
            .ok_or("does not close its bracket")?;
        let number = inner.split_once('%').map_or(inner, |(number, _)| number);
        number
            .parse::<Ipv6Addr>()
            .map_err(|_| "is no IPv6 address in its brackets")?;
    } else if host.contains(':') {
        return Err("is an IPv6 address without brackets, or has two ports");
    } else if host.is_empty() || host.len() > 253 {
        return Err("has no host of 1 to 253 characters");
    } else if !host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    {
        return Err("has a character in its host that no host name has");
    }
    Ok(format!("{host}:{port}"))
}
