//! What callees look at before they let a request in: sizes, signatures, versions of the interface,
//! rights. What has to go together, and what nobody would notice.

use super::check_design::{differs, warn_idle};
use super::code;
use super::findings::Findings;
use crate::design::registry::{LINK, OPERATION};
use crate::design::value::Value;
use crate::design::{Design, Link, Node, Settings, TimelineEntry};

pub fn check(f: &mut Findings<'_>, design: &Design) {
    for node in &design.nodes {
        let settings = Settings::new(node.kind, &node.knobs);
        if node.kind.knob("contract").is_some() {
            let (newest, oldest) = (
                settings.count("contract"),
                settings.count("contract_oldest"),
            );
            let path = format!("{}.{}.contract_oldest", node.kind.name, node.key);
            contract(f, &path, newest, oldest);
        }
        idle(f, design, node, &settings);
    }
    for link in &design.links {
        if is_delivery(design, link) && differs_from_default(link, "signed_for") {
            let path = format!("link.{}.signed_for", link.key);
            f.error_at(code::IMPOSSIBLE, &path, "a delivery is not signed")
                .help("sign what is published: the link to the queue");
        }
    }
}

fn is_delivery(design: &Design, link: &Link) -> bool {
    kind(design, &link.from) == "queue" && kind(design, &link.to) == "worker"
}

/// Who consumes shows credentials when it asks for messages, not the queue when it hands them out.
pub fn expired(f: &mut Findings<'_>, design: &Design, entry: &TimelineEntry, path: &str) {
    let target = entry.target().unwrap_or_default();
    let link = design.link(target);
    if let Some(link) = link.filter(|link| is_delivery(design, link)) {
        let message = format!(
            "`{}` hands out messages: nobody shows credentials there",
            link.key
        );
        f.error_at(code::IMPOSSIBLE, &format!("{path}.target"), message)
            .help("name the link over which messages are published, or `pause` the worker");
    }
}

/// A deploy brings versions of the interface, too; what it does not say is as at the node.
pub fn deploy(f: &mut Findings<'_>, design: &Design, entry: &TimelineEntry, path: &str) {
    let node = entry.target().and_then(|key| node(design, key));
    let Some(node) = node.filter(|node| node.kind.knob("contract").is_some()) else {
        return;
    };
    let of_node = Settings::new(node.kind, &node.knobs);
    let settings = Settings::new(entry.what, &entry.knobs);
    let said = |knob: &str| settings.opt_count(knob);
    if said("contract").or(said("contract_oldest")).is_none() {
        return;
    }
    let [newest, oldest] = ["contract", "contract_oldest"]
        .map(|knob| said(knob).unwrap_or_else(|| of_node.count(knob)));
    let knob = match said("contract_oldest") {
        Some(_) => "contract_oldest",
        None => "contract",
    };
    contract(f, &format!("{path}.{knob}"), newest, oldest);
}

fn contract(f: &mut Findings<'_>, path: &str, newest: u64, oldest: u64) {
    if oldest > newest {
        let message = format!("it speaks version {newest} and understands none before {oldest}");
        f.error_at(code::IMPOSSIBLE, path, message)
            .help("`contract_oldest` is `contract` or less: what it speaks, it understands");
    }
}

fn node<'d>(design: &'d Design, key: &str) -> Option<&'d Node> {
    design.node(key)
}

fn kind<'d>(design: &'d Design, key: &str) -> &'d str {
    node(design, key).map_or("", |node| node.kind.name)
}

fn differs_from_default(link: &Link, knob: &str) -> bool {
    differs(&Settings::new(&LINK, &link.knobs), link.own(knob), knob)
}

fn idle(f: &mut Findings<'_>, design: &Design, node: &Node, settings: &Settings<'_>) {
    let share = |knob: &str| settings.spec.knob(knob).is_some() && settings.share(knob).0 > 0;
    let clients = || {
        design
            .nodes
            .iter()
            .filter(|node| node.kind.name == "clients")
    };
    let everybody_may = || {
        clients().all(|c| {
            Settings::new(c.kind, &c.knobs)
                .share("without_right_share")
                .0
                == 0
        })
    };
    let nobody_checks = || {
        let checks = |n: &Node| {
            n.kind.knob("checks_rights").is_some()
                && Settings::new(n.kind, &n.knobs).flag("checks_rights")
        };
        !design.nodes.iter().any(checks)
    };
    let no_size = || {
        let sizes = |knobs| Settings::new(&OPERATION, knobs).count("request_size");
        design.operations.iter().all(|op| sizes(&op.knobs) == 0)
    };
    let is = |kind: &str| node.kind.name == kind;
    const NO_SIZE: &str = "no operation has a `request_size`";
    let idle = [
        (is("clients") && no_size(), "oversized_share", NO_SIZE),
        (
            is("clients") && !share("oversized_share"),
            "oversized_factor",
            "`oversized_share` is 0",
        ),
        (no_size(), "max_request_size", NO_SIZE),
        (
            everybody_may(),
            "checks_rights",
            "no clients have a `without_right_share`",
        ),
        (
            nobody_checks(),
            "without_right_share",
            "nobody checks: no service or balancer has `checks_rights`",
        ),
    ];
    let path = |knob: &str| format!("{}.{}.{knob}", node.kind.name, node.key);
    // Not every kind has all of them.
    let idle = idle
        .into_iter()
        .filter(|(_, knob, _)| node.kind.knob(knob).is_some());
    warn_idle(f, settings, |knob| node.own(knob), path, idle);
}

/// Whether a request that this node sends or gets is signed with a time.
pub fn is_signed(design: &Design, key: &str) -> bool {
    let mut links = design.links.iter().filter(|l| l.from == key || l.to == key);
    links.any(|l| Settings::new(&LINK, &l.knobs).value("signed_for") != Value::Off)
}
