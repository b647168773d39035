#!/bin/sh
# Runs tests of the producer under valgrind's memcheck: no access to freed or foreign
# memory, no leak that nothing points to any more. With arguments, only tests whose names
# contain one of them; without, a selection that takes about a minute.
#
# Needs valgrind, cargo. Honours CARGO_TARGET_DIR.
set -eu
cd "$(dirname "$0")/.."

binary=$(cargo test --quiet --no-run --message-format=json --test it |
    sed -n 's/.*"executable":"\([^"]*\/it-[^"]*\)".*/\1/p' | tail -n 1)
[ -x "$binary" ] || { echo "the test binary was not built" >&2; exit 1; }

[ $# -gt 0 ] || set -- \
    a_drain_gives_up_in_time \
    a_range_beyond_the_parcel \
    a_record_larger_than_librdkafka \
    a_record_that_goes_again_alone \
    after_a_fatal_error \
    batches_keep_to_their_limit \
    dropping_the_producer \
    headers_count_as_bytes \
    malformed_extras \
    no_key_an_empty_key \
    of_a_batch_that_is_refused \
    one_parcel_may_hold \
    records_with_extras_outlive \
    records_that_nobody_waits_for \
    timestamps_and_headers

exec valgrind --quiet --error-exitcode=9 --fair-sched=yes --num-callers=30 \
    --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
    "$binary" --test-threads=1 "$@"
