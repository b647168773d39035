//! A token that somebody else keeps fresh in a file.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use aeroduct_config::OAuthBearerPlan;
use aeroduct_kafka::{Token, TokenSource};

use super::jwt::Reader;

/// Larger than any token that a header could carry.
const BYTES_MAX: u64 = 64 << 10;

#[derive(Debug)]
pub(super) struct TokenFile {
    path: PathBuf,
    reader: Reader,
}

impl TokenFile {
    pub(super) fn new(path: &Path, plan: &OAuthBearerPlan) -> Self {
        Self {
            path: path.to_owned(),
            reader: Reader::new(plan),
        }
    }
}

impl TokenSource for TokenFile {
    fn token(&self) -> Result<Token, String> {
        let mut text = String::new();
        let read = File::open(&self.path)
            .and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text))
            .map_err(|error| error.to_string());
        let token = read.and_then(|_| self.reader.read(text.trim(), None));
        token.map_err(|reason| format!("the file {}: {reason}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::jwt::tests::{jwt, reader};
    use super::*;

    #[test]
    fn each_token_is_read_from_the_file_as_it_is_then() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let source = TokenFile {
            path: path.clone(),
            reader: reader(),
        };
        let reason = source.token().unwrap_err();
        assert!(reason.contains("token: No such file"), "{reason}");

        std::fs::write(&path, jwt(r#"{"sub":"a","exp":4102444800}"#) + "\n").unwrap();
        assert_eq!(source.token().unwrap().principal, "a");
        std::fs::write(&path, jwt(r#"{"sub":"b","exp":4102444800}"#)).unwrap();
        assert_eq!(source.token().unwrap().principal, "b");
    }

    #[test]
    fn what_is_no_token_is_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let source = TokenFile {
            path: path.clone(),
            reader: reader(),
        };
        for content in [&b"a-secret"[..], b"a-secret\xff"] {
            std::fs::write(&path, content).unwrap();
            let reason = source.token().unwrap_err();
            assert!(!reason.contains("a-secret"), "{reason}");
        }
    }
}
