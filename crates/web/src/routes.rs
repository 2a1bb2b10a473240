//! Every route of the program with what it asks of whoever calls: a route that is not in this table does not exist,
//! and the table has no row without an answer to "who may".

use crate::app::App;
use axum::routing::MethodRouter;
use rules::permission::Verb;

/// What a route asks before its handler runs. The act behind it asks again, for the very record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Access {
    /// Nobody need be known: log-in, health checks, styles.
    Public,
    /// Exists in a demo only.
    Demo,
    /// Anybody who is signed in.
    SignedIn,
    /// Somebody whose role allows this verb somewhere.
    Verb(Verb),
    /// Somebody whose role allows one of these somewhere.
    AnyOf(&'static [Verb]),
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Access::Public => f.write_str("public"),
            Access::Demo => f.write_str("demo"),
            Access::SignedIn => f.write_str("signed in"),
            Access::Verb(verb) => write!(f, "{verb}"),
            Access::AnyOf(verbs) => {
                let words: Vec<&str> = verbs.iter().map(|v| v.word()).collect();
                f.write_str(&words.join(" or "))
            }
        }
    }
}

pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
    /// One line for the OpenAPI document.
    pub summary: &'static str,
    pub handler: MethodRouter<App>,
}

/// Every route, pages first.
pub fn all() -> Vec<Route> {
    let mut routes = crate::pages::routes();
    routes.extend(crate::api::routes());
    routes
}

/// `METHOD PATH: who` for each route, sorted: the approved text of the routes test.
pub fn listing() -> String {
    let mut lines: Vec<String> =
        all().iter().map(|r| format!("{:6} {}: {}", r.method, r.path, r.access)).collect();
    lines.sort();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const APPROVED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/routes.txt");

    /// A new route, or one that asks less than before, is seen by whoever approves the text.
    #[test]
    fn every_route_and_what_it_asks_is_approved() {
        let now = listing();
        let approved = std::fs::read_to_string(APPROVED).unwrap_or_default();
        assert!(approved == now, "docs/routes.txt differs; approve this text if it is meant:\n{now}");
    }

    /// What anybody may call without being known, and nothing else.
    #[test]
    fn few_routes_are_public() {
        let public: BTreeSet<&str> =
            all().iter().filter(|r| r.access == Access::Public).map(|r| r.path).collect();
        let expected = BTreeSet::from([
            "/",
            "/api/v1/openapi.json",
            "/api/v1/sessions",
            "/assets/{file}",
            "/first",
            "/h/{token}",
            "/healthz",
            "/own",
            "/own/bind",
            "/own/checkin",
            "/own/devices",
            "/own/devices/code",
            "/own/devices/{device}/end",
            "/own/message",
            "/own/seen",
            "/own/stream",
            "/own/thread",
            "/lang",
            "/login",
            "/login/code",
            "/login/enrol",
            "/logout",
            "/metrics",
            "/openapi.json",
            "/readyz",
            "/sw.js",
        ]);
        assert_eq!(public, expected);
    }

    #[test]
    fn no_route_stands_twice() {
        let mut seen = BTreeSet::new();
        for route in all() {
            assert!(seen.insert((route.method, route.path)), "{} {}", route.method, route.path);
        }
    }
}
