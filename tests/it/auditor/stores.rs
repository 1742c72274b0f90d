//! Which store an answer is about, found by looking at all plans.

use brownout::engine::program::{PlanStep, Program};

/// The store that stands behind an answer of this node to an operation. `path` are the nodes on the way
/// there: some designs go round.
pub fn store_of(program: &Program, path: &[u16], node: u16, operation: u16) -> Option<u16> {
    if path.contains(&node) {
        return None;
    }
    let spec = &program.nodes[node as usize];
    let path = [path, &[node]].concat();
    let next = |link: u16| store_of(program, &path, program.links[link as usize].to, operation);
    match spec.kind {
        "database" => Some(node),
        "balancer" => spec.out.first().and_then(|&link| next(link)),
        "cache" if !spec.out.is_empty() => next(spec.out[0]),
        "cache" => {
            let askers = program.nodes.iter();
            let steps = askers.flat_map(|asker| asker.plans[operation as usize].iter());
            let mut found = None;
            for step in steps {
                if let PlanStep::Cached { cache, store } = step
                    && program.links[*cache as usize].to == node
                    && found.is_none()
                {
                    found = next(store.link);
                }
            }
            found
        }
        _ => {
            let mut found = None;
            for step in spec.plans[operation as usize].iter() {
                let links: Vec<u16> = match step {
                    PlanStep::Calls { calls, .. } => calls.iter().map(|c| c.link).collect(),
                    PlanStep::Cached { store, .. } => vec![store.link],
                    _ => Vec::new(),
                };
                for link in links {
                    found = next(link).or(found);
                }
            }
            found
        }
    }
}
