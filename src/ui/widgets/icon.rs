//! Line icons of 16 pixels, drawn from Lucide's shapes (ISC licence) on a grid of 24.

use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Play,
    Pause,
    Step,
    Restart,
    Dice,
    Undo,
    Redo,
    Sliders,
    Download,
    Open,
    Theme,
    Keyboard,
    Check,
    Close,
    Book,
    Story,
    Diagram,
    Chart,
    Pencil,
    Trash,
    Plus,
    Minus,
    Fit,
    Search,
    List,
    Share,
    Versions,
}

impl Icon {
    pub fn path(self) -> &'static str {
        match self {
            Icon::Play => "M7 4.5v15l12-7.5z",
            Icon::Pause => "M8 5v14M16 5v14",
            Icon::Step => "M6 5v14l9-7zM18.5 5v14",
            Icon::Restart => "M3 12a9 9 0 1 0 3-6.7L3 8M3 3v5h5",
            Icon::Dice => {
                "M4 4h16v16H4zM8.5 8.5h.01M15.5 8.5h.01M12 12h.01M8.5 15.5h.01M15.5 15.5h.01"
            }
            Icon::Undo => "M9 14 4 9l5-5M4 9h11a5 5 0 0 1 0 10h-4",
            Icon::Redo => "m15 14 5-5-5-5M20 9H9a5 5 0 0 0 0 10h4",
            Icon::Sliders => "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
            Icon::Download => "M12 4v11M7 11l5 5 5-5M4 20h16",
            Icon::Open => "M12 16V5M7 9l5-5 5 5M4 20h16",
            Icon::Theme => "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
            Icon::Keyboard => "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8",
            Icon::Check => "m4.5 12.5 5 5 10-11",
            Icon::Close => "M6 6l12 12M18 6 6 18",
            Icon::Book => "M4 5a2 2 0 0 1 2-2h14v15H6a2 2 0 0 0-2 2zM4 20a2 2 0 0 0 2 2h14v-4",
            Icon::Story => "M5 4h14v16H5zM9 9h6M9 13h6",
            Icon::Diagram => "M3 9h6v6H3zM15 9h6v6h-6zM9 12h6",
            Icon::Pencil => "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
            Icon::Trash => "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
            Icon::Plus => "M12 5v14M5 12h14",
            Icon::Minus => "M5 12h14",
            Icon::Fit => "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
            Icon::Search => "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14zM16 16l5 5",
            Icon::List => "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01",
            Icon::Share => "M12 15V4M8 8l4-4 4 4M5 12v8h14v-8",
            Icon::Versions => "M3 12a9 9 0 1 0 3-6.7L3 8M3 3v5h5M12 7v5l4 2",
            Icon::Chart => "M4 4v16h16M8 15l4-5 3 3 5-7",
        }
    }
}

/// Decoration: the words beside it, or the button's label, say what it is.
#[component]
pub fn Pic(icon: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d=icon.path() />
        </svg>
    }
}
