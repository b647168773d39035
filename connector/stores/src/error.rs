//! Why a store cannot be used.

use crate::StoreKind;

/// Why a store gives no certificates or no key. The text tells neither path nor password.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// Its bytes are none of the known types.
    #[error("its bytes are no key store, neither of the type {declared} nor of another known one")]
    WrongType {
        /// What the configuration says.
        declared: StoreKind,
    },
    /// It ends too early.
    #[error("it is cut short")]
    Truncated,
    /// Its bytes contradict its format.
    #[error("it is damaged: {0}")]
    Malformed(&'static str),
    /// Its check sum does not fit to password and content.
    #[error("its password is wrong, or it is damaged")]
    WrongPassword,
    /// The key cannot be decrypted, while the store can.
    #[error("the password of its key is wrong, or the key is damaged")]
    WrongKeyPassword,
    /// Something in it is encrypted, and no password is given.
    #[error("it is encrypted, and no password is given")]
    PasswordMissing,
    /// There is no private key in it.
    #[error("there is no private key in it")]
    NoKey,
    /// There is more than one private key where one is expected.
    #[error("there are {0} private keys in it where one is expected")]
    SeveralKeys(usize),
    /// There is no certificate in it, or none for its key.
    #[error("there is no certificate in it{}", if *.for_key { " that belongs to its key" } else { " to trust" })]
    NoCertificate {
        /// Whether the certificate of a key is missed, or one to trust.
        for_key: bool,
    },
    /// It is encrypted, or guarded, in a way that is not understood.
    #[error("it uses {0}, which is not supported; keytool and openssl can write it anew")]
    Unsupported(String),
    /// Opening it would take too long.
    #[error("opening it takes more than {most} iterations; write it anew with fewer")]
    TooMuchWork {
        /// The most iterations, of all its parts.
        most: u32,
    },
}
