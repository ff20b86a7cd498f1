//! Works on many items at once, on a bounded number of threads. The order of the work does not show in its result,
//! because callers keep results by key.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::Mutex;
use std::{io, thread};

/// Calls `work` for each item, on at most `threads` threads. After an error, no further item is begun.
pub(crate) fn each<T: Send, E: Send>(
    items: impl IntoIterator<Item = T>,
    threads: io::Result<NonZero<usize>>,
    work: impl Fn(T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let queue: VecDeque<T> = items.into_iter().collect();
    // Where the number of processors is unknown, one thread does the work.
    let threads = threads.map_or(1, NonZero::get).min(queue.len());
    let queue = Mutex::new(queue);
    let lock = || queue.lock().expect("no thread panics while it holds the queue");
    let next = || lock().pop_front();
    let drain = || {
        while let Some(item) = next() {
            if let Err(error) = work(item) {
                lock().clear();
                return Err(error);
            }
        }
        Ok(())
    };
    if threads <= 1 {
        return drain();
    }
    thread::scope(|scope| {
        // This thread works too, because a thread takes longer to start than a small item takes.
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(drain)).collect();
        let first = drain();
        let rest = workers.into_iter().map(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        rest.fold(first, Result::and)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::num::NonZero;
    use std::sync::Mutex;

    use super::each;

    #[test]
    fn every_item_is_worked_on_once_whatever_the_number_of_threads() {
        for threads in [1, 2, 8] {
            let seen = Mutex::new(Vec::new());
            each(0..100, Ok(NonZero::new(threads).unwrap()), |item| {
                seen.lock().unwrap().push(item);
                Ok::<_, ()>(())
            })
            .unwrap();
            let seen = seen.into_inner().unwrap();
            assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (100, (0..100).collect()));
        }
    }

    #[test]
    fn an_error_is_returned() {
        let result =
            each(0..100, Ok(NonZero::new(2).unwrap()), |item| if item == 7 { Err(item) } else { Ok(()) });
        assert_eq!(result, Err(7));
    }
}
