//! The dialog of documents: which one, how far its runs are, and the document to read and to take away.

use leptos::prelude::*;

use super::icon::{Icon, Pic};
use crate::document::Kind;
use crate::ui::state::papers::{Ask, Block, PAPER, Span, is_old};
use crate::ui::state::update::Msg;
use crate::ui::store::Store;

#[component]
pub fn PaperView() -> impl IntoView {
    let store = Store::get();
    let send = move |ask: Ask| store.send(Msg::Papers(ask));
    let waits = store.memo(|m| m.papers.waits.clone());
    let why = store.memo(|m| m.papers.why.clone());
    let shown = store.memo(|m| m.papers.shown.clone());
    let old = store.memo(is_old);
    let kinds = Kind::ALL.map(|kind| {
        view! {
            <button
                class="button"
                data-testid=format!("paper-{}", kind.code())
                on:click=move |_| send(Ask::Make(kind))
            >
                {kind.word()}
            </button>
        }
    });
    view! {
        <p class="small muted">
            "From the design and the seed on the page. Runs fill in what runs can say, each number with its run; what \
             only people can say stays a marked blank."
        </p>
        <div class="row">{kinds.collect_view()}</div>
        {move || why.get().map(|why| view! { <p class="card alarm small" role="alert" data-testid="paper-why">{why}</p> })}
        {move || waits.get().map(|it| {
            let said = format!("{}: {} of {} runs", it.kind.word(), it.made, it.needed);
            view! {
                <div class="row" data-testid="paper-waits">
                    <progress max=it.needed.to_string() value=it.made.to_string() aria-label="Runs that are made"></progress>
                    <span class="small">{said}</span>
                    <button class="button quiet" on:click=move |_| send(Ask::Stop)>"Stop"</button>
                </div>
            }
        })}
        {move || shown.get().map(|it| view! {
            <div class="row">
                <button class="button" data-testid="paper-copy" on:click=move |_| send(Ask::Copy)>"Copy"</button>
                <button class="button" data-testid="paper-download" on:click=move |_| send(Ask::Download)>
                    <Pic icon=Icon::Download />
                    "Download (.md)"
                </button>
                <button class="button" data-testid="paper-print" on:click=move |_| send(Ask::Print)>"Print"</button>
                {move || old.get().then(|| view! { <span class="small">"The design has changed since."</span> })}
            </div>
            <article class="paper" id=PAPER tabindex="0" aria-label=it.kind.word() data-testid="paper">
                {it.blocks.iter().map(block).collect_view()}
            </article>
        })}
    }
}

fn block(block: &Block) -> AnyView {
    match block {
        // The dialog has the second level for its own title.
        Block::Head(1, text) => view! { <h3 class="title">{line(text)}</h3> }.into_any(),
        Block::Head(_, text) => view! { <h4>{line(text)}</h4> }.into_any(),
        Block::Text(text) => view! { <p>{line(text)}</p> }.into_any(),
        Block::Quote(text) => view! { <blockquote>{line(text)}</blockquote> }.into_any(),
        Block::Code(text) => view! { <pre>{text.clone()}</pre> }.into_any(),
        Block::List { numbered, items } => {
            let items = items.iter().map(|item| view! { <li>{line(item)}</li> });
            let items = items.collect_view();
            match numbered {
                true => view! { <ol>{items}</ol> }.into_any(),
                false => view! { <ul>{items}</ul> }.into_any(),
            }
        }
        Block::Table { head, rows } => {
            // An empty header is none.
            let head = head.iter().map(|cell| match cell.is_empty() {
                true => view! { <td></td> }.into_any(),
                false => view! { <th scope="col">{line(cell)}</th> }.into_any(),
            });
            let rows = rows.iter().map(|row| {
                let cells = row.iter().map(|cell| view! { <td>{line(cell)}</td> });
                view! { <tr>{cells.collect_view()}</tr> }
            });
            view! {
                // Wider than a phone: who has no pointer scrolls it with the arrow keys.
                <div class="wide" tabindex="0" role="group" aria-label="Table">
                    <table>
                        <thead><tr>{head.collect_view()}</tr></thead>
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                </div>
            }
            .into_any()
        }
    }
}

fn line(spans: &[Span]) -> AnyView {
    let one = |span: &Span| match span {
        Span::Plain(text) => text.clone().into_any(),
        Span::Strong(text) => view! { <strong>{text.clone()}</strong> }.into_any(),
        Span::Soft(text) => view! { <em>{text.clone()}</em> }.into_any(),
        Span::Code(text) => view! { <code>{text.clone()}</code> }.into_any(),
        Span::Cited(text) => view! { <span class="cited">{text.clone()}</span> }.into_any(),
        Span::Blank(text) => view! { <mark>{format!("‹{text}›")}</mark> }.into_any(),
    };
    spans.iter().map(one).collect_view().into_any()
}
