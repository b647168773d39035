//! Tasks that somebody waits for.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;

/// A failed task's own error.
type Cause = Box<dyn Error + Send + Sync>;

/// The tasks of one part of the program: never more than a limit, none forgotten.
///
/// A task that returns an error, or panics, is a failure of the whole program: whoever runs it
/// waits for [`failed`](Self::failed) and ends. Cheap to clone; every clone is the same group.
#[derive(Clone, Debug)]
pub struct TaskGroup {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: usize,
    running: Mutex<Running>,
    count: watch::Sender<usize>,
    failure: watch::Sender<Option<Arc<TaskFailure>>>,
}

#[derive(Debug, Default)]
struct Running {
    next_id: u64,
    tasks: BTreeMap<u64, Task>,
}

#[derive(Debug)]
struct Task {
    name: &'static str,
    /// Absent for the moment between reservation and start.
    abort: Option<AbortHandle>,
}

/// The group has as many tasks as it may have; this one was not started.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("cannot start task {task:?}: {limit} tasks run already")]
pub struct GroupFull {
    pub task: &'static str,
    pub limit: usize,
}

/// A task that ended as it must not.
#[derive(Debug, thiserror::Error)]
#[error("task {task:?} failed")]
pub struct TaskFailure {
    pub task: &'static str,
    #[source]
    pub fault: TaskFault,
}

/// How a task failed.
#[derive(Debug, thiserror::Error)]
pub enum TaskFault {
    /// It returned an error.
    #[error(transparent)]
    Returned(Cause),
    /// It panicked; the panic's text is on standard error.
    #[error("it panicked")]
    Panicked,
}

/// How waiting for the tasks ended.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub enum Drained {
    /// Every task has ended.
    Clean,
    /// The limit passed; these tasks were aborted.
    TimedOut { aborted: Vec<&'static str> },
}

impl TaskGroup {
    /// A group of at most `limit` tasks at a time.
    pub fn new(limit: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                limit,
                running: Mutex::default(),
                count: watch::Sender::new(0),
                failure: watch::Sender::new(None),
            }),
        }
    }

    /// Starts a task on the current runtime. Panics outside of one.
    pub fn spawn<F, E>(&self, name: &'static str, task: F) -> Result<(), GroupFull>
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Cause>,
    {
        let membership = self.admit(name)?;
        let id = membership.id;
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the task group: the membership is what drain waits for"
        )]
        let handle = tokio::task::spawn(async move {
            let result = task.await.map_err(Into::into);
            membership.end(result);
        });
        if let Some(task) = self.shared.lock().tasks.get_mut(&id) {
            task.abort = Some(handle.abort_handle());
        }
        Ok(())
    }

    /// How many tasks run.
    pub fn len(&self) -> usize {
        *self.shared.count.borrow()
    }

    /// Whether no task runs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Completes with the first failure; stays pending while there is none.
    pub async fn failed(&self) -> Arc<TaskFailure> {
        let mut failures = self.shared.failure.subscribe();
        // The sender lives as long as `self`, so waiting ends with a failure alone.
        match failures.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(failure)) => Arc::clone(failure),
            _ => std::future::pending().await,
        }
    }

    /// Waits until no task is left, at most `limit`; what runs then is aborted.
    ///
    /// Telling the tasks to end is the caller's affair (see [`Shutdown`](super::Shutdown)).
    pub async fn drain(&self, limit: Duration) -> Drained {
        let mut count = self.shared.count.subscribe();
        let all_ended = count.wait_for(|&count| count == 0);
        if tokio::time::timeout(limit, all_ended).await.is_ok() {
            return Drained::Clean;
        }
        let left: Vec<_> = {
            let running = self.shared.lock();
            let tasks = running.tasks.values();
            tasks.map(|task| (task.name, task.abort.clone())).collect()
        };
        if left.is_empty() {
            return Drained::Clean;
        }
        let mut aborted = Vec::with_capacity(left.len());
        for (name, abort) in left {
            aborted.push(name);
            if let Some(abort) = abort {
                abort.abort();
            }
        }
        Drained::TimedOut { aborted }
    }

    fn admit(&self, name: &'static str) -> Result<Membership, GroupFull> {
        let shared = &self.shared;
        let mut running = shared.lock();
        if running.tasks.len() >= shared.limit {
            let limit = shared.limit;
            return Err(GroupFull { task: name, limit });
        }
        let id = running.next_id;
        running.next_id += 1;
        running.tasks.insert(id, Task { name, abort: None });
        shared.count.send_replace(running.tasks.len());
        Ok(Membership {
            shared: Arc::clone(shared),
            id,
            name,
        })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, failure: TaskFailure) {
        self.failure.send_if_modified(|first| {
            let is_first = first.is_none();
            if is_first {
                *first = Some(Arc::new(failure));
            }
            is_first
        });
    }
}

/// A task's place in its group; giving it up, in whatever way, is noticed.
#[derive(Debug)]
struct Membership {
    shared: Arc<Shared>,
    id: u64,
    name: &'static str,
}

impl Membership {
    fn end(self, result: Result<(), Cause>) {
        if let Err(cause) = result {
            self.shared.fail(TaskFailure {
                task: self.name,
                fault: TaskFault::Returned(cause),
            });
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.fail(TaskFailure {
                task: self.name,
                fault: TaskFault::Panicked,
            });
        }
        let mut running = self.shared.lock();
        running.tasks.remove(&self.id);
        self.shared.count.send_replace(running.tasks.len());
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::io;

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn drain_waits_for_every_task() {
        let group = TaskGroup::new(8);
        let (open, gate) = watch::channel(false);
        for _ in 0..3 {
            let mut gate = gate.clone();
            let task = async move {
                gate.wait_for(|open| *open).await.unwrap();
                Ok::<_, Infallible>(())
            };
            group.spawn("waiter", task).unwrap();
        }
        assert_eq!(group.len(), 3);
        open.send_replace(true);
        assert_eq!(group.drain(SOON).await, Drained::Clean);
        assert!(group.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_end_in_time_is_aborted_and_named() {
        let group = TaskGroup::new(8);
        let forever = std::future::pending::<Result<(), Infallible>>();
        group.spawn("stuck", forever).unwrap();
        group
            .spawn("quick", async { Ok::<_, Infallible>(()) })
            .unwrap();
        let drained = group.drain(SOON).await;
        let aborted = vec!["stuck"];
        assert_eq!(drained, Drained::TimedOut { aborted });
        assert_eq!(group.drain(SOON).await, Drained::Clean);
    }

    #[tokio::test]
    async fn a_task_beyond_the_limit_is_refused_by_name() {
        let group = TaskGroup::new(1);
        let forever = std::future::pending::<Result<(), Infallible>>;
        group.spawn("first", forever()).unwrap();
        let refused = group.spawn("second", forever()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            r#"cannot start task "second": 1 tasks run already"#
        );
    }

    #[tokio::test]
    async fn the_first_failure_is_reported_with_its_cause() {
        let group = TaskGroup::new(8);
        let fail = async { Err(io::Error::other("no route")) };
        group.spawn("uplink", fail).unwrap();
        let failure = tokio::time::timeout(SOON, group.failed()).await.unwrap();
        assert_eq!(failure.to_string(), r#"task "uplink" failed"#);
        let cause = failure.source().map(ToString::to_string);
        assert_eq!(cause.as_deref(), Some("no route"));
    }

    #[tokio::test]
    async fn a_panic_is_a_failure_of_the_task() {
        let group = TaskGroup::new(8);
        let panics = async {
            tokio::task::yield_now().await;
            let nothing: Result<(), Infallible> = None.ok_or(()).expect("a panic");
            nothing
        };
        group.spawn("careless", panics).unwrap();
        let failure = tokio::time::timeout(SOON, group.failed()).await.unwrap();
        assert_eq!(failure.task, "careless");
        assert!(matches!(failure.fault, TaskFault::Panicked));
        assert_eq!(group.drain(SOON).await, Drained::Clean);
    }
}
