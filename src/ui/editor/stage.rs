//! What the drawing looks like now: its layout, the part of it in sight, what is being dragged. Changes of
//! every frame are signals of their own, so that the rest of the page does not hear of them.

use std::sync::Arc;

use leptos::prelude::*;

use crate::ui::live::LIVE;
use crate::ui::platform::media;
use crate::ui::state::field::Field;
use crate::ui::state::geometry::{Rect, Scene, extent};
use crate::ui::state::keys::Act;
use crate::ui::state::model::Room;
use crate::ui::state::routes;
use crate::ui::state::snap::Drag;
use crate::ui::state::view::View;
use crate::ui::store::Store;

#[derive(Clone, Copy)]
pub struct Stage {
    pub scene: Memo<Arc<Scene>>,
    pub size: RwSignal<(f64, f64)>,
    pub view: RwSignal<View>,
    /// Somebody moved the view: it stays as it is.
    pub free: RwSignal<bool>,
    pub drag: RwSignal<Drag>,
    /// Which nodes are being dragged: they and their links are drawn in a layer of their own, so that the
    /// rest need not be painted anew.
    pub lifted: Memo<Vec<String>>,
    /// Who stands where, while somebody drags.
    pub field: Memo<PtrEq<Field>>,
    /// A rectangle that is being drawn around nodes.
    pub marquee: RwSignal<Option<Rect>>,
    /// A link that is being drawn: from which node, to which place.
    pub wire: RwSignal<Option<(String, (f64, f64))>>,
    /// Under way: what is drawn may be less sharp.
    pub moving: RwSignal<bool>,
    building: Memo<bool>,
    /// How large what fits may become.
    most: f64,
}

/// A shared value that counts as changed only when it is another one.
#[derive(Clone)]
pub struct PtrEq<T>(pub Arc<T>);

impl<T> PartialEq for PtrEq<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Stage {
    pub fn get() -> Stage {
        expect_context::<Stage>()
    }

    pub fn provide(store: Store) -> Stage {
        let size = RwSignal::new((0.0, 0.0));
        let design = store.memo(|m| PtrEq(Arc::clone(&m.doc.scenario)));
        let scene = Memo::new(move |_| {
            let (w, h) = size.get();
            // Until it is measured, as if it were a laptop.
            let (w, h) = if w > 1.0 { (w, h) } else { (1100.0, 560.0) };
            Arc::new(design.with(|s| Scene::new(&s.0.design, w, h)))
        });
        let drag = RwSignal::new(Drag::default());
        let stage = Stage {
            scene,
            size,
            view: RwSignal::new(View::default()),
            free: RwSignal::new(false),
            drag,
            lifted: Memo::new(move |_| drag.with(|drag| drag.keys.clone())),
            field: Memo::new(move |_| {
                let scene = scene.get_untracked();
                PtrEq(Arc::new(drag.with(|drag| routes::under_way(&scene, drag))))
            }),
            marquee: RwSignal::new(None),
            wire: RwSignal::new(None),
            moving: RwSignal::new(false),
            building: store.memo(|m| m.editor.on),
            most: match store.peek(|m| m.rooms.is_read_from_afar()) {
                true => View::AFAR,
                false => View::NEAR,
            },
        };
        provide_context(stage);
        stage.follow(store);
        stage
    }

    /// The view shows all of it until somebody moves it. While somebody builds, what is under the
    /// pointer stays there: it moves only for something new that would be out of sight, and not because a
    /// panel opens beside it.
    fn follow(self, store: Store) {
        let opened = store.memo(|m| PtrEq(Arc::clone(&m.doc.origin().scenario)));
        let building = self.building;
        Effect::new(move |_| {
            building.track();
            if !self.free.get_untracked() {
                self.fit();
            }
        });
        Effect::new(move |_| {
            opened.track();
            self.free.set(false);
            self.fit();
        });
        Effect::new(move |seen: Option<((f64, f64), Room)>| {
            let scene = self.scene.get();
            let size = self.size.get();
            // Of another layout of the page nothing is where it was.
            let room = media::room();
            let measured = seen.is_some_and(|((w, _), before)| w > 1.0 && before == room);
            let stays = building.get_untracked() && measured;
            let same = seen.is_some_and(|(before, _)| before == size);
            match (self.free.get_untracked(), stays, same) {
                (true, ..) => {}
                (false, true, false) => {
                    let selected = store.peek(|m| m.editor.nodes());
                    let held = scene.nodes.iter().filter(|n| selected.contains(&n.key));
                    self.reveal(extent(held.map(|node| node.rect)));
                }
                (false, true, true) if self.shows(scene.extent()) => {}
                _ => self.fit(),
            }
            (size, room)
        });
        Effect::new(move |_| {
            let view = self.view.get();
            LIVE.with_borrow_mut(|live| {
                live.view = view;
                live.redraw = true;
            });
        });
    }

    fn shows(self, all: Rect) -> bool {
        let (w, h) = self.size.get_untracked();
        let view = self.view.get_untracked();
        let (left, top) = view.under((self.left(), 0.0));
        let (right, bottom) = view.under((w, h));
        all.x >= left && all.y >= top && all.right() <= right && all.bottom() <= bottom
    }

    fn reveal(self, what: Rect) {
        if what.w > 0.0 && !self.shows(what) {
            let (w, h) = self.size.get_untracked();
            let left = self.left();
            self.view
                .update(|view| *view = view.showing(what, w, h, left));
        }
    }

    /// All of it in sight.
    pub fn fit(self) {
        let scene = self.scene.get_untracked();
        let (w, h) = self.size.get_untracked();
        let view = match scene.top_down || w < 1.0 || scene.nodes.is_empty() {
            true => View {
                zoom: scene.zoom,
                x: scene.shift.0,
                y: scene.shift.1,
            },
            false => View::fit(scene.extent(), (w, h), self.left(), self.most),
        };
        self.view.set(view);
    }

    /// Width of the palette, while it is there.
    fn left(self) -> f64 {
        let building = self.building.get_untracked();
        let wide = media::room() == Room::Wide;
        match (building, wide) {
            (false, _) => 0.0,
            (true, true) => 152.0,
            (true, false) => 56.0,
        }
    }

    fn middle(self) -> (f64, f64) {
        let (w, h) = self.size.get_untracked();
        (w / 2.0, h / 2.0)
    }

    pub fn zoom(self, by: f64, around: Option<(f64, f64)>) {
        let around = around.unwrap_or_else(|| self.middle());
        self.free.set(true);
        self.view.update(|view| *view = view.zoomed(by, around));
    }

    pub fn pan(self, dx: f64, dy: f64) {
        self.free.set(true);
        self.view.update(|view| *view = view.moved(dx, dy));
    }

    /// The commands that only move the view. False if it is another one.
    pub fn act(self, act: Act, store: Store) -> bool {
        match act {
            Act::ZoomIn => self.zoom(1.25, None),
            Act::ZoomOut => self.zoom(0.8, None),
            Act::ZoomFull => {
                let zoom = self.view.get_untracked().zoom;
                self.zoom(1.0 / zoom, None);
            }
            Act::Fit => {
                self.free.set(false);
                self.fit();
            }
            Act::Focus => {
                let keys = store.peek(|m| m.editor.nodes());
                let scene = self.scene.get_untracked();
                let held = scene.nodes.iter().filter(|node| keys.contains(&node.key));
                let held = extent(held.map(|node| node.rect));
                if held.w > 0.0 {
                    self.free.set(true);
                    let size = self.size.get_untracked();
                    let view = View::fit(held, size, self.left(), self.most);
                    self.view.set(view);
                }
            }
            _ => return false,
        }
        true
    }
}
