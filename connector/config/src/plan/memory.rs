//! What a plan takes of the memory that there is.

use super::{AeroductPlan, Plan, Warning};

/// Records in flight get a quarter of the memory: they take half as much again while Kafka has them,
/// and the connections need some.
const SHARE: u64 = 4;
/// Beyond a half the rest is not enough.
const SHARE_MAX: u64 = 2;
const MIB: u64 = 1 << 20;

impl Plan {
    /// Fits records in flight into `memory`, the bytes that the process may use: the default becomes
    /// a quarter of it, but no less than the largest frame. What the file says stays, with a warning
    /// where it leaves too little for everything else.
    pub fn fit_into(&mut self, memory: u64) {
        let AeroductPlan {
            max_in_flight_bytes: in_flight,
            is_in_flight_open,
            max_frame_bytes: frame,
            ..
        } = &mut self.aeroduct;
        if *is_in_flight_open {
            *in_flight = (*in_flight).min(memory / SHARE).max(*frame);
        }
        if *in_flight <= memory / SHARE_MAX {
            return;
        }
        let (key, remedy) = if *is_in_flight_open {
            ("max-frame-bytes", "lower it")
        } else {
            ("max-in-flight-bytes", "leave it out for a quarter")
        };
        self.warnings.push(Warning {
            path: format!("aeroduct.{key}"),
            message: format!(
                "records in flight may take {} MiB, more than half of the {} MiB of memory that the \
                 process may use, so the system may kill it; {remedy}, or give it more memory",
                *in_flight / MIB,
                memory / MIB
            ),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::tests::plan;

    const PUBLISHING: &str = "
routing: {mode: static, destination: aerospike}
format: {mode: json}
producer-props: {bootstrap.servers: 'localhost:9092'}
";

    /// MiB in flight, and the key that is warned of, in so many MiB of memory.
    fn fitted(more: &str, memory_mib: u64) -> (u64, Option<String>) {
        let mut plan = plan(&format!("{PUBLISHING}{more}"));
        plan.fit_into(memory_mib * MIB);
        let mut paths = plan.warnings.into_iter().map(|warning| warning.path);
        (plan.aeroduct.max_in_flight_bytes / MIB, paths.next())
    }

    #[test]
    fn the_default_becomes_a_quarter_of_little_memory() {
        assert_eq!(fitted("", 4096), (256, None));
        assert_eq!(fitted("", 1024), (256, None));
        assert_eq!(fitted("", 512), (128, None));
        assert_eq!(fitted("", 128), (32, None));
        assert_eq!(fitted("aeroduct: {max-frame-bytes: 1MiB}", 32), (8, None));
    }

    #[test]
    fn the_largest_frame_has_room_and_memory_that_is_too_little_is_told() {
        let frame = || Some("aeroduct.max-frame-bytes".to_owned());
        assert_eq!(fitted("", 40), (16, None));
        assert_eq!(fitted("", 24), (16, frame()));
        let large = "aeroduct: {max-frame-bytes: 128MiB}";
        assert_eq!(fitted(large, 200), (128, frame()));
    }

    #[test]
    fn what_the_file_says_stays() {
        let given = "aeroduct: {max-in-flight-bytes: 64MiB}";
        assert_eq!(fitted(given, 4096), (64, None));
        assert_eq!(fitted(given, 128), (64, None));
        let path = Some("aeroduct.max-in-flight-bytes".to_owned());
        assert_eq!(fitted(given, 100), (64, path));
    }
}
