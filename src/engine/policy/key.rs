//! Idempotency keys: what a request says so that whoever works on it can tell whether it has done that
//! already (docs/semantics.md 19).
//!
//! A key travels with a request and with the calls made on its behalf, until a link makes its own.

use crate::design::Settings;
use crate::engine::draw::{Address, mix64};

/// Who makes the key that goes over a link, and so what has the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyScope {
    /// Nobody: what came with the request, if anything, is handed on.
    Inherited,
    /// Made with the form: one per thing that a user wants.
    Form,
    /// Made at the click: one per submission.
    Click,
    /// Made by the server that calls: one per arrival there.
    Server,
}

/// What a key can be made from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub inherited: u64,
    pub intent: Address,
    pub submission: u16,
    /// The request on whose behalf the call is made.
    pub arrival: Address,
}

impl KeyScope {
    pub fn compile(link: &Settings<'_>) -> KeyScope {
        match link.choice("idempotency_key") {
            "form" => KeyScope::Form,
            "click" => KeyScope::Click,
            "server" => KeyScope::Server,
            _ => KeyScope::Inherited,
        }
    }

    /// The key; 0 if there is none.
    #[inline]
    pub fn key(self, origin: &Origin) -> u64 {
        // 0 stands for no key, so no key is 0.
        let made = |of: u64| mix64(of ^ 0x6b65_7920_6d61_6465).max(1);
        match self {
            KeyScope::Inherited => origin.inherited,
            KeyScope::Form => made(origin.intent.0),
            KeyScope::Click => made(origin.intent.call(0, u32::from(origin.submission) + 1).0),
            KeyScope::Server => made(origin.arrival.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_tells_apart_what_it_should() {
        let one = Origin {
            inherited: 7,
            intent: Address(1),
            submission: 0,
            arrival: Address(10),
        };
        let again = Origin {
            submission: 1,
            arrival: Address(11),
            ..one
        };
        let same = |scope: KeyScope| scope.key(&one) == scope.key(&again);
        assert!(same(KeyScope::Inherited) && same(KeyScope::Form));
        assert!(!same(KeyScope::Click) && !same(KeyScope::Server));
        assert_eq!(KeyScope::Inherited.key(&one), 7);
        let scopes = [KeyScope::Form, KeyScope::Click, KeyScope::Server];
        assert!(scopes.iter().all(|scope| scope.key(&one) != 0));
    }
}
