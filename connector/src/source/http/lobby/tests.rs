use super::*;
use crate::metrics::Metrics;
use std::future::Future;
use std::pin::pin;
use std::task::Poll;

const PATIENCE: Duration = Duration::from_secs(5);

/// A lobby for two requests and a window of so many records.
fn lobby(records: usize) -> Rc<Lobby> {
    let window = Window::new(Load {
        records,
        bytes: 1 << 20,
    });
    let bounds = Bounds {
        requests_max: 2,
        patience: PATIENCE,
    };
    let metrics = Metrics::new(1, "test");
    let metrics = Arc::clone(&metrics.shards()[0]);
    Rc::new(Lobby::new(
        &[80],
        Arc::new(window),
        bounds,
        metrics,
        Instant::now(),
    ))
}

/// What a future says when it is asked once.
fn ask<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn beyond_the_most_requests_are_turned_away_until_one_leaves() {
    let lobby = lobby(10);
    let (first, _second) = (lobby.enter().unwrap(), lobby.enter().unwrap());
    assert!(lobby.enter().is_none());
    drop(first);
    assert!(lobby.enter().is_some());
}

#[test]
fn a_number_is_not_given_again_while_its_answer_is_to_come() {
    let lobby = lobby(10);
    let gone = lobby.enter().unwrap();
    gone.send(0, b"frame", None);
    drop(gone);
    assert!(lobby.has_left() && lobby.is_left(0));
    let other = lobby.enter().unwrap();
    assert!(lobby.enter().is_none(), "it still counts");
    lobby.tell(0, Answer::Success);
    assert!(!lobby.has_left());
    assert!(ask(other.answer()).is_pending(), "that was not its answer");
    lobby.tell(1, Answer::PermanentError);
    assert_eq!(ask(other.answer()), Poll::Ready(Answer::PermanentError));
}

#[test]
fn frames_lie_on_the_tray_of_their_port_in_the_order_in_which_they_came() {
    let lobby = lobby(10);
    let visits = [lobby.enter().unwrap(), lobby.enter().unwrap()];
    visits[1].send(0, b"one", Some("/a"));
    visits[0].send(0, b"two", Some("/b"));
    assert!(lobby.is_stirred());
    let trays = lobby.take_trays();
    assert_eq!(trays[0].port, 80);
    assert_eq!(trays[0].bytes, b"onetwo");
    assert_eq!(trays[0].requests, [1, 0]);
    assert_eq!(trays[0].paths, ["/a", "/b"].map(Box::<str>::from));
    assert!(!lobby.is_stirred());
}

#[test]
fn what_lies_on_a_tray_takes_room() {
    let lobby = lobby(1);
    let (first, second) = (lobby.enter().unwrap(), lobby.enter().unwrap());
    assert_eq!(ask(first.room(0)), Poll::Ready(Ok(())));
    first.send(0, b"frame", None);
    assert!(ask(second.room(0)).is_pending());
    assert!(lobby.has_starved());
    let mut trays = lobby.take_trays();
    trays[0].clear();
    lobby.give_back(trays);
    lobby.wake_starved();
    assert_eq!(ask(second.room(0)), Poll::Ready(Ok(())));
}

#[test]
fn a_body_and_a_wait_for_room_have_their_time_and_an_answer_is_the_desks_affair() {
    let lobby = lobby(0);
    let (waiting, reading) = (lobby.enter().unwrap(), lobby.enter().unwrap());
    reading.begin();
    let start = lobby.now();
    assert!(ask(waiting.room(0)).is_pending());
    lobby.check_time(start + PATIENCE);
    assert!(ask(waiting.room(0)).is_ready(), "it has waited long enough");
    lobby.check_time(start + BODY_TIME.saturating_sub(Duration::from_millis(1)));
    assert_eq!(
        lobby.requests.borrow()[1].progress,
        Progress::Reading(start)
    );
    lobby.check_time(start + BODY_TIME);
    assert_eq!(lobby.requests.borrow()[1].progress, Progress::Late);
    reading.send(0, b"frame", None);
    lobby.check_time(start + 10 * BODY_TIME);
    assert_eq!(lobby.requests.borrow()[1].progress, Progress::Sent);
}
