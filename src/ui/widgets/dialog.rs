//! The dialogs: keyboard shortcuts, what can be handed out, versions, and all words with their meaning.

use leptos::html;
use leptos::prelude::*;

use super::forms::FormView;
use super::icon::{Icon, Pic};
use super::papers::PaperView;
use super::progress::ProgressView;
use super::results::ResultList;
use super::versions::VersionList;
use crate::ui::platform;
use crate::ui::state::forms::Form;
use crate::ui::state::keys::{COMMANDS, Where};
use crate::ui::state::model::Dialog;
use crate::ui::state::papers;
use crate::ui::state::results;
use crate::ui::state::sharing::LONG;
use crate::ui::state::terms::TERMS;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;

#[component]
pub fn Dialogs() -> impl IntoView {
    let store = Store::get();
    let keys_on = store.memo(|m| m.keys_on);
    let bullet_on = store.memo(|m| m.bullet_on);
    let words_open = store.memo(|m| m.dialog == Some(Dialog::Words));
    view! {
        <Sheet dialog=Dialog::Keys title="Keyboard">
            {key_list("On the page", Where::Page)}
            {key_list("While the drawing has the focus", Where::Drawing)}
            <label class="option">
                <input
                    type="checkbox"
                    prop:checked=move || keys_on.get()
                    on:change=move |_| store.send(Msg::ToggleKeys)
                />
                "Single keys act on the page"
            </label>
            <label class="option">
                <input
                    type="checkbox"
                    prop:checked=move || bullet_on.get()
                    on:change=move |_| store.send(Msg::ToggleBullet)
                />
                "Slow down at the first failure of a kind"
            </label>
        </Sheet>
        <Sheet dialog=Dialog::Share title="Share">
            <Handouts />
        </Sheet>
        <Sheet dialog=Dialog::Versions title="Versions">
            <VersionList />
        </Sheet>
        <Sheet dialog=Dialog::Results title="Result codes">
            <ResultList />
        </Sheet>
        <Sheet dialog=Dialog::Papers title="Documents">
            <PaperView />
        </Sheet>
        <Sheet dialog=Dialog::LoadTest title="Load test">
            <FormView form=Form::LoadTest />
        </Sheet>
        <Sheet dialog=Dialog::Assumptions title="Assumptions">
            <FormView form=Form::Assumptions />
        </Sheet>
        <Sheet dialog=Dialog::Progress title="Progress">
            <ProgressView />
        </Sheet>
        <Sheet dialog=Dialog::Words title="Words used here">
            {move || words_open.get().then(words)}
        </Sheet>
    }
}

/// Every word of the page, and where it is taught.
fn words() -> impl IntoView {
    let lines = TERMS.iter().enumerate().map(|(nth, term)| {
        view! {
            <dt id=format!("word-{nth}") tabindex="-1">{term.both()}</dt>
            <dd>{term.says} " " <span class="muted">"(" {term.lesson().title} ")"</span></dd>
        }
    });
    view! { <dl class="glossary">{lines.collect_view()}</dl> }
}

fn key_list(title: &'static str, at: Where) -> impl IntoView {
    let commands = COMMANDS
        .iter()
        .filter(move |c| c.at == at && !c.shown.is_empty());
    view! {
        <h3>{title}</h3>
        <div class="keys">
            {commands.map(|c| view! { <kbd>{c.shown}</kbd><span>{c.what}</span> }).collect_view()}
        </div>
    }
}

/// What can be handed out: a link that opens this design, and the result code of its run.
#[component]
fn Handouts() -> impl IntoView {
    let store = Store::get();
    let handout = store.memo(|m| m.handout.clone());
    let link = Memo::new(move |_| {
        handout.with(|h| format!("{}{}", platform::address::bare(), h.fragment))
    });
    let length = move || link.with(String::len);
    let copied = RwSignal::new("");
    let copy = move |what: &'static str, text: String| {
        platform::clipboard::write(text);
        copied.set(what);
    };
    view! {
        <p class="small muted">
            "The link holds the design, its changes, the seed, your prediction and the fingerprint of the run. \
             Nothing is uploaded: all of it is in the address."
        </p>
        <label class="handout">
            <span>"Link"</span>
            <input class="field" readonly data-testid="share-link" prop:value=move || link.get() />
        </label>
        <div class="row">
            <button class="button primary" data-testid="copy-link" on:click=move |_| copy("Link copied.", link.get_untracked())>
                "Copy the link"
            </button>
            <span class="small muted">{move || format!("{} characters", length())}</span>
        </div>
        {move || {
            (length() > LONG)
                .then(|| view! { <p class="small">"That is long for a link: some programs cut it. A file is safer."</p> })
        }}
        {move || match handout.get().receipt {
            Some(receipt) => {
                let text = receipt.clone();
                view! {
                    <Called />
                    <label class="handout">
                        <span>"Result code of this run"</span>
                        <input class="field" readonly data-testid="share-receipt" prop:value=receipt />
                    </label>
                    <button class="button" on:click=move |_| copy("Result code copied.", text.clone())>
                        "Copy the result code"
                    </button>
                }
                    .into_any()
            }
            None => view! { <p class="small muted">"A run that came to its end also has a result code."</p> }.into_any(),
        }}
        <p class="small" role="status">{move || copied.get()}</p>
        <button class="link" on:click=move |_| store.send(Msg::Results(results::Ask::Open))>
            "Check result codes of others"
        </button>
        <button class="link" on:click=move |_| store.send(Msg::Papers(papers::Ask::Open))>
            "Design document, runbook, post-mortem"
        </button>
    }
}

/// Whoever collects result codes wants to know whose they are.
#[component]
fn Called() -> impl IntoView {
    let store = Store::get();
    view! {
        <label class="handout">
            <span>"Your name in the result code (as you like; kept nowhere else)"</span>
            <input
                class="field"
                maxlength="80"
                autocomplete="off"
                data-testid="share-who"
                prop:value=store.peek(|m| m.who.clone())
                on:input=move |event| store.send(Msg::Who(event_target_value(&event)))
            />
        </label>
    }
}

/// A native dialog: it keeps the focus inside, closes on Escape and gives the focus back.
#[component]
fn Sheet(dialog: Dialog, title: &'static str, children: Children) -> impl IntoView {
    let store = Store::get();
    let open = store.memo(move |m| m.dialog == Some(dialog));
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(element) = element.get() else { return };
        if open.get() && !element.open() {
            // It is in the document and closed, so it can be shown.
            let _ = element.show_modal();
        } else if !open.get() && element.open() {
            element.close();
        }
    });
    let close = move || store.send(Msg::Dialog(None));
    let id = format!("dialog-{}", title.to_lowercase().replace(' ', "-"));
    let labelled_by = id.clone();
    view! {
        <dialog node_ref=element aria-labelledby=labelled_by on:close=move |_| close()>
            <div class="dialog-head">
                <h2 id=id>{title}</h2>
                <button class="button quiet icon-only" aria-label="Close" on:click=move |_| close()>
                    <Pic icon=Icon::Close />
                </button>
            </div>
            {children()}
        </dialog>
    }
}
