//! The places of two designs under one set of numbers: places are the same if they are called the same, are of
//! the same kind, and, of links, join the same nodes.

use std::collections::BTreeMap;

use crate::design::Design;
use crate::engine::program::Program;
use crate::explain::Component;

/// This run, and its twin.
pub const SIDES: [usize; 2] = [0, 1];

#[derive(Clone, Debug)]
pub struct Place {
    pub component: Component,
    /// What people read: "Catalogue", "the link from Shoppers to Catalogue".
    pub name: String,
    /// Whether it is in this run, and in the twin.
    pub is_in: [bool; 2],
    /// Of a link: who calls over it.
    pub from: Option<u16>,
}

impl Place {
    pub fn is_shared(&self) -> bool {
        self.is_in == [true, true]
    }
}

#[derive(Clone, Debug, Default)]
pub struct Places {
    pub all: Vec<Place>,
    pub operations: Vec<String>,
    /// Per side, from the numbers of its program to those here.
    nodes: [Vec<u16>; 2],
    links: [Vec<u16>; 2],
    operation: [Vec<u16>; 2],
}

impl Places {
    /// `designs` say how nodes are labelled; without, they are called by their keys.
    pub fn new(programs: [&Program; 2], designs: Option<[&Design; 2]>) -> Places {
        let mut places = Places::default();
        let mut known: BTreeMap<String, u16> = BTreeMap::new();
        for side in SIDES {
            let program = programs[side];
            let design = designs.map(|both| both[side]);
            for node in &program.nodes {
                let label = design.and_then(|it| it.node(&node.key)?.label.clone());
                let place = Place {
                    component: Component::Node(node.key.clone()),
                    name: label.unwrap_or_else(|| node.key.clone()),
                    is_in: [false; 2],
                    from: None,
                };
                let at = places.take_in(&mut known, side, (node.kind, &node.key), place);
                places.nodes[side].push(at);
            }
            for link in &program.links {
                let [from, to] = [link.from, link.to].map(|it| places.nodes[side][it as usize]);
                let [caller, callee] = [from, to].map(|it| &places.all[it as usize].name);
                let name = match design {
                    Some(_) => format!("the link from {caller} to {callee}"),
                    None => format!("the link {}", link.key),
                };
                let place = Place {
                    component: Component::Link(link.key.clone()),
                    name,
                    is_in: [false; 2],
                    from: Some(from),
                };
                let sort = format!("{from} {to}");
                let at = places.take_in(&mut known, side, (&sort, &link.key), place);
                places.links[side].push(at);
            }
            for operation in &program.operations {
                let found = places.operations.iter().position(|it| *it == operation.key);
                let at = found.unwrap_or(places.operations.len());
                if found.is_none() {
                    places.operations.push(operation.key.clone());
                }
                places.operation[side].push(at as u16);
            }
        }
        places
    }

    fn take_in(
        &mut self,
        known: &mut BTreeMap<String, u16>,
        side: usize,
        (sort, key): (&str, &str),
        place: Place,
    ) -> u16 {
        let next = self.all.len() as u16;
        let at = *known.entry(format!("{sort} {key}")).or_insert(next);
        if at == next {
            self.all.push(place);
        }
        self.all[at as usize].is_in[side] = true;
        at
    }

    pub fn node(&self, side: usize, node: u16) -> u16 {
        self.nodes[side][node as usize]
    }

    /// [`u16::MAX`] for what came over no link.
    pub fn link(&self, side: usize, link: u16) -> u16 {
        let of = &self.links[side];
        of.get(link as usize).copied().unwrap_or(u16::MAX)
    }

    pub fn operation(&self, side: usize, operation: u16) -> u16 {
        self.operation[side][operation as usize]
    }

    pub fn of(&self, at: u16) -> &Place {
        &self.all[at as usize]
    }

    pub fn has_shared_nodes(&self) -> bool {
        let is_node = |place: &Place| matches!(place.component, Component::Node(_));
        self.all.iter().any(|it| it.is_shared() && is_node(it))
    }
}
