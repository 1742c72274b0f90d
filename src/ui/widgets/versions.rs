//! The dialog of kept versions: keep, find, restore, download, delete.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::icon::{Icon, Pic};
use crate::ui::platform;
use crate::ui::state::update::Msg;
use crate::ui::state::versions::{Ask, Version};
use crate::ui::store::Store;

#[component]
pub fn VersionList() -> impl IntoView {
    let store = Store::get();
    let found = store.memo(|m| m.versions.found());
    let any = store.memo(|m| !m.versions.all.is_empty());
    let deleted = store.memo(|m| m.versions.deleted.as_ref().map(|v| v.name.clone()));
    let failed = store.memo(|m| m.versions.failed.clone());
    let search = store.memo(|m| m.versions.search.clone());
    let name = RwSignal::new(String::new());
    let keep = move |event: SubmitEvent| {
        event.prevent_default();
        let (key, at) = (platform::moment_key(), platform::date_and_time());
        let name = std::mem::take(&mut *name.write());
        store.send(Msg::Versions(Ask::Keep { name, key, at }));
    };
    view! {
        <p class="small muted">
            "They stay in this browser. Restoring one can be undone."
        </p>
        <form class="row versions-keep" on:submit=keep>
            <input
                class="field"
                aria-label="Name of the new version"
                placeholder="Name, and #tags if you like"
                autocomplete="off"
                autofocus
                data-testid="version-name"
                prop:value=move || name.get()
                on:input=move |event| name.set(event_target_value(&event))
            />
            <button class="button primary" data-testid="version-keep">"Keep this version"</button>
        </form>
        {move || failed.get().map(|why| view! { <p class="small bad" role="alert">"✕ Not done: " {why} "."</p> })}
        <input
            class="field versions-search"
            type="search"
            aria-label="Find a version"
            placeholder="Find by name, tag, date or file"
            autocomplete="off"
            data-testid="version-search"
            hidden=move || !any.get()
            prop:value=move || search.get()
            on:input=move |event| store.send(Msg::Versions(Ask::Search(event_target_value(&event))))
        />
        {move || {
            deleted
                .get()
                .map(|name| {
                    view! {
                        <p class="row small" role="status">
                            <span>"Deleted " <strong>{name}</strong> "."</span>
                            <button
                                class="button"
                                data-testid="version-bring"
                                on:click=move |_| store.send(Msg::Versions(Ask::Bring))
                            >
                                "Bring it back"
                            </button>
                        </p>
                    }
                })
        }}
        <ul class="versions" data-testid="versions">
            {move || found.get().into_iter().map(|version| view! { <One version=version /> }).collect_view()}
        </ul>
        <p class="small muted" role="status">
            {move || match (any.get(), found.with(Vec::len)) {
                (false, _) => "None is kept yet.",
                (true, 0) => "None fits.",
                _ => "",
            }}
        </p>
    }
}

#[component]
fn One(version: Version) -> impl IntoView {
    let store = Store::get();
    let Version {
        key,
        name,
        at,
        file,
        ..
    } = version;
    let ask = |ask: fn(String) -> Ask, key: &str| {
        let key = key.to_owned();
        move |_| store.send(Msg::Versions(ask(key.clone())))
    };
    view! {
        <li>
            <span class="version-name">{name.clone()}</span>
            <span class="small muted">{at} " · " {file}</span>
            <span class="row">
                <button
                    class="button"
                    aria-label=format!("Restore {name}")
                    on:click=ask(Ask::Restore, &key)
                >
                    "Restore"
                </button>
                <button
                    class="button quiet icon-only"
                    aria-label=format!("Download {name}")
                    title="Download"
                    on:click=ask(Ask::Download, &key)
                >
                    <Pic icon=Icon::Download />
                </button>
                <button
                    class="button quiet icon-only"
                    aria-label=format!("Delete {name}")
                    title="Delete"
                    on:click=ask(Ask::Delete, &key)
                >
                    <Pic icon=Icon::Trash />
                </button>
            </span>
        </li>
    }
}
