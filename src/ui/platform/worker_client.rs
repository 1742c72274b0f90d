//! The page's end of the web worker.

use js_sys::{Array, Float64Array};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::document;
use crate::version::BUILD;
use crate::worker::protocol::{Command, Update};

/// Where it is. The build writes an address into the page that changes with the worker's files, so that
/// no cache gives another build's.
fn address() -> String {
    let written = document().query_selector("meta[name=brownout-worker]");
    let written = written.ok().flatten();
    written
        .and_then(|meta| meta.get_attribute("content"))
        .unwrap_or_else(|| format!("./sim_worker_loader.js?build={BUILD}"))
}

/// A running worker. Dropping it ends it.
pub struct WorkerClient {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl WorkerClient {
    /// Starts one; `hear` gets everything it says, `fail` why it cannot go on. It reads commands
    /// only after it has said that it is ready.
    pub fn start(
        hear: impl Fn(Update) + 'static,
        fail: impl Fn(String) + 'static,
    ) -> Result<WorkerClient, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let address = address();
        let worker = Worker::new_with_options(&address, &options)
            .map_err(|_| "this browser starts no web worker for this page".to_owned())?;
        let fail = std::rc::Rc::new(fail);
        let fail_too = std::rc::Rc::clone(&fail);
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            match read(&event) {
                Ok(update) => hear(update),
                Err(error) => fail(format!("an answer that cannot be read: {error}")),
            }
        });
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            let said = event.message();
            fail_too(if said.is_empty() {
                "the simulator could not be loaded".into()
            } else {
                said
            });
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(WorkerClient {
            worker,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    pub fn send(&self, command: &Command) {
        let json = serde_json::to_string(command).expect("commands are plain data");
        // Text can always be posted; a dead worker has already said so.
        let _ = self.worker.post_message(&json.into());
    }
}

impl Drop for WorkerClient {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// `[json]` or `[json, Float64Array]`.
fn read(event: &MessageEvent) -> Result<Update, serde_json::Error> {
    let parts = event.data().unchecked_into::<Array>();
    let json = parts.get(0).as_string().unwrap_or_default();
    let mut update: Update = serde_json::from_str(&json)?;
    if let (Update::Frame(frame), Ok(bulk)) = (&mut update, parts.get(1).dyn_into::<Float64Array>())
    {
        frame.bulk = bulk.to_vec();
    }
    Ok(update)
}
