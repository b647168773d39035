//! Changes that come by HTTP POST: what a source is told, and when.

use crate::http::{Client, HTTP, body_of, post};
use crate::rig::{Rig, Setup, published};

fn rig() -> Rig {
    Rig::with(&Setup {
        service: HTTP,
        ..Setup::default()
    })
}

#[test]
fn a_posted_change_is_answered_with_200_and_is_in_kafka_then() {
    let rig = rig();
    let mut client = Client::connect(&rig);
    for number in 0..10 {
        let heard = client.post("/connect", &body_of(number, 20));
        assert_eq!((heard.status, heard.body.as_str()), (200, ""), "{heard:?}");
    }
    assert_eq!(published(&rig.cluster), 10);
    assert_eq!(rig.totals().responses.get("200"), Some(&10));
}

#[test]
fn requests_may_follow_each_other_without_waiting() {
    let rig = rig();
    let mut client = Client::connect(&rig);
    let requests = (0..20).flat_map(|number| post("/", "", &body_of(number, 20)));
    client.send(&requests.collect::<Vec<_>>());
    for _ in 0..20 {
        assert_eq!(client.hear().status, 200);
    }
    assert_eq!(published(&rig.cluster), 20);
}
