//! What is wrong with a broker's certificate, in words: librdkafka itself says only that something is.
#![expect(unsafe_code, reason = "librdkafka has a C interface only")]

use std::ffi::{CStr, c_char, c_int, c_void};

use rdkafka_sys as sys;

/// The facility of the log line in which librdkafka repeats the words.
pub(crate) const FACILITY: &str = "SSLCERTVRFY";

/// What follows from OpenSSL's verdict on one certificate of a chain: the verdict stands, and gets
/// words.
///
/// # Safety
///
/// To be called by librdkafka only: `verdict` points to a number, and `words` to `room` bytes.
pub(super) unsafe extern "C" fn explain(
    _client: *mut sys::rd_kafka_t,
    _broker: *const c_char,
    _broker_id: i32,
    verdict: *mut c_int,
    _depth: c_int,
    _certificate: *const c_char,
    _certificate_bytes: usize,
    words: *mut c_char,
    room: usize,
    _opaque: *mut c_void,
) -> c_int {
    // SAFETY: said above.
    let verdict = unsafe { verdict.read() };
    if verdict == 0 {
        return 1;
    }
    let said = words_for(verdict).to_bytes_with_nul();
    if said.len() <= room {
        // SAFETY: there is room for so many bytes, and they do not overlap with ours.
        unsafe { words.copy_from_nonoverlapping(said.as_ptr().cast(), said.len()) };
    }
    0
}

/// OpenSSL's numbers (`X509_V_ERR_...`) that people meet.
const fn words_for(verdict: c_int) -> &'static CStr {
    match verdict {
        2 | 20 | 21 => c"its authority is not among those that are believed (the truststore)",
        7 => c"its signature is wrong",
        9 => c"its time has not begun, or the clock is wrong",
        10 => c"its time is over, or the clock is wrong",
        18 | 19 => c"it is signed by itself and not among those that are believed (the truststore)",
        23 => c"it has been revoked",
        24 | 79 => c"it is signed by one that is no authority",
        26 => c"it is not for servers",
        62 => c"it is for another host's name",
        64 => c"it is for another address",
        66..=68 => c"its key or signature is too weak",
        _ => c"it is not valid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(verdict: c_int, room: usize) -> (c_int, Vec<u8>) {
        let mut verdict = verdict;
        let mut words = vec![0_u8; room];
        let nobody = std::ptr::null_mut();
        // SAFETY: the number and the bytes are there.
        let answer = unsafe {
            explain(
                nobody,
                std::ptr::null(),
                1,
                &raw mut verdict,
                0,
                std::ptr::null(),
                0,
                words.as_mut_ptr().cast(),
                room,
                std::ptr::null_mut(),
            )
        };
        words.retain(|&byte| byte != 0);
        (answer, words)
    }

    #[test]
    fn a_verdict_stands_and_gets_words_where_there_is_room() {
        assert_eq!(explained(0, 100), (1, Vec::new()));
        let (answer, words) = explained(62, 100);
        assert_eq!(
            (answer, words.as_slice()),
            (0, &b"it is for another host's name"[..])
        );
        assert_eq!(explained(62, 10), (0, Vec::new()));
        assert_eq!(explained(-1, 100), (0, b"it is not valid".to_vec()));
    }
}
