//! `GET /openapi.json`, made from the table of routes, and the head of the log.

use super::{Answer, call, ok, rfc3339};
use crate::app::App;
use crate::gate::Call;
use crate::routes::{Access, Route};
use axum::extract::State;
use axum::routing::get;
use rules::permission::Verb;
use serde_json::{Map, Value, json};

pub fn routes() -> Vec<Route> {
    vec![
        Route {
            method: "GET",
            path: "/api/v1/openapi.json",
            access: Access::Public,
            summary: "This description",
            handler: get(document),
        },
        Route {
            method: "GET",
            path: "/openapi.json",
            access: Access::Public,
            summary: "This description",
            handler: get(document),
        },
        Route {
            method: "GET",
            path: "/api/v1/log/head",
            access: Access::Verb(Verb::ReadLogHead),
            summary: "The newest signed head of the log",
            handler: call::get(head),
        },
    ]
}

async fn head(call: Call) -> Answer {
    match (call.app.head)() {
        Some(h) => ok(json!({
            "seq": h.seq, "hash": h.root, "signed_at": rfc3339(Some(h.signed_at)), "key": h.key, "note": h.note,
        })),
        None => ok(json!({ "seq": 0, "hash": null, "signed_at": null, "key": null, "note": null })),
    }
}

async fn document(State(_): State<App>) -> Answer {
    ok(build())
}

/// The OpenAPI 3.1 document of every route under `/api/v1`.
pub fn build() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in super::routes() {
        let Some(path) = route.path.strip_prefix("/api/v1") else { continue };
        let parameters: Vec<Value> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{').and_then(|p| p.strip_suffix('}')))
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        let mut operation = json!({
            "summary": route.summary,
            "description": format!("Who may: {}.", route.access),
            "parameters": parameters,
            "responses": {
                "2XX": { "description": "Done", "content": { "application/json": { "schema": {} } } },
                "default": {
                    "description": "Refused (RFC 9457)",
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
                },
            },
        });
        let public = matches!(route.access, Access::Public | Access::Demo);
        if let Some(op) = operation.as_object_mut() {
            op.insert("security".to_owned(), if public { json!([]) } else { json!([{ "bearer": [] }]) });
            if matches!(route.method, "POST" | "PUT" | "PATCH") {
                let kind =
                    if route.path.ends_with("/imports") { "multipart/form-data" } else { "application/json" };
                op.insert(
                    "requestBody".to_owned(),
                    json!({ "content": { kind: { "schema": { "type": "object" } } } }),
                );
                if let Some(parameters) = op.get_mut("parameters").and_then(Value::as_array_mut) {
                    parameters.push(json!({
                        "name": "Idempotency-Key", "in": "header", "required": false,
                        "schema": { "type": "string", "maxLength": acts::Once::KEY_MAX },
                    }));
                }
            }
        }
        let entry = paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(route.method.to_lowercase(), operation);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Kề Bên", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0" } },
        "servers": [{ "url": "/api/v1" }],
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": {
                "Problem": {
                    "type": "object",
                    "required": ["type", "title", "status", "code"],
                    "properties": {
                        "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
                        "code": { "type": "string" }, "detail": { "type": "string" },
                        "errors": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {
                                    "field": { "type": "string" }, "code": { "type": "string" },
                                    "detail": { "type": "string" },
                                },
                            },
                        },
                    },
                },
            },
        },
    })
}
