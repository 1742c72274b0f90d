//! One tab at a time writes the document. The browser's lock is held as long as the tab lives, so a tab that
//! crashed holds nothing.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;

use super::window;

const NAME: &str = "brownout.document";

/// Asks for the lock; `answer` says whether this tab has it, also later, when another tab takes it away. A
/// browser without locks gives it to everybody: there one tab cannot know of another.
pub fn ask(steal: bool, answer: impl Fn(bool) + Clone + 'static) {
    if try_ask(steal, answer.clone()).is_err() {
        answer(true);
    }
}

fn try_ask(steal: bool, answer: impl Fn(bool) + Clone + 'static) -> Result<(), JsValue> {
    let locks = Reflect::get(&window().navigator(), &"locks".into())?;
    let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
    let options = Object::new();
    let how = if steal { "steal" } else { "ifAvailable" };
    Reflect::set(&options, &how.into(), &JsValue::TRUE)?;
    let told = answer.clone();
    let on_lock = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        let got = !lock.is_null() && !lock.is_undefined();
        told(got);
        match got {
            // A promise that nobody keeps: the lock is held until the tab is gone, or another steals it.
            true => Promise::new(&mut |_, _| {}).into(),
            false => JsValue::UNDEFINED,
        }
    });
    let held: Promise = request
        .call3(&locks, &NAME.into(), &options, &on_lock)?
        .dyn_into()?;
    let on_lost = Closure::once_into_js(move |_: JsValue| answer(false));
    let catch: Function = Reflect::get(&held, &"catch".into())?.dyn_into()?;
    catch.call1(&held, &on_lost)?;
    Ok(())
}
