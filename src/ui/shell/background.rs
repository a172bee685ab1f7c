//! Threads of the window: work that reads or writes files, beside the frames, so that the window never waits for it.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::task::Poll;
use std::thread;

use eframe::egui::Context;

use crate::words;

/// Work on a thread of its own, so that the window never waits for it.
#[derive(Debug)]
pub(crate) struct BackgroundWork<T>(Receiver<T>);

impl<T: Send + 'static> BackgroundWork<T> {
    /// Begins `work`, which speaks the language of this thread; the window is woken when it is done.
    pub fn start(name: &str, ctx: &Context, work: impl FnOnce() -> T + Send + 'static) -> Result<Self, String> {
        let (answer, receiver) = sync_channel(1);
        let (ctx, language) = (ctx.clone(), words::spoken());
        let whole = move || {
            words::speak(language);
            // The window may have closed meanwhile; then nobody needs the answer.
            let _ = answer.send(work());
            ctx.request_repaint();
        };
        thread::Builder::new().name(name.into()).spawn(whole).map_err(|error| error.to_string())?;
        Ok(Self(receiver))
    }

    /// What came of all that is finished, which `works` no longer hold; `None` for one that ended without an answer.
    pub fn take_finished(works: &mut Vec<Self>) -> Vec<Option<T>> {
        let mut finished = Vec::new();
        works.retain(|work| match work.answer() {
            Poll::Pending => true,
            Poll::Ready(answer) => {
                finished.push(answer);
                false
            }
        });
        finished
    }

    /// What came of it; ready with nothing if the work ended without an answer.
    pub fn answer(&self) -> Poll<Option<T>> {
        match self.0.try_recv() {
            Ok(answer) => Poll::Ready(Some(answer)),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}
