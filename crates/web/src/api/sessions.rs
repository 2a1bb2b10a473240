//! Signing in and out over the interface.

use super::{Answer, created};
use crate::app::App;
use crate::gate::{self, Call};
use crate::routes::{Access, Route};
use acts::sign_in;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{delete, post};
use rules::Zone;
use serde::Deserialize;
use serde_json::json;
use std::net::SocketAddr;

pub fn routes() -> Vec<Route> {
    vec![
        Route {
            method: "POST",
            path: "/api/v1/sessions",
            access: Access::Public,
            summary: "Sign in",
            handler: post(sign_in),
        },
        Route {
            method: "DELETE",
            path: "/api/v1/sessions/current",
            access: Access::SignedIn,
            summary: "Sign out",
            handler: delete(sign_out),
        },
    ]
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SignInBody {
    login: String,
    password: String,
    code: Option<String>,
}

async fn sign_in(
    State(app): State<App>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: Request,
) -> Answer {
    let body: SignInBody = gate::object(request).await?;
    let device = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("");
    let attempt = sign_in::Attempt {
        login: body.login,
        password: body.password,
        code: body.code,
        device: device.chars().take(200).collect(),
        address: address.ip().to_string(),
    };
    let signed_in = sign_in::sign_in(&app.house, &app.throttle, &attempt).await?;
    created(json!({
        "token": signed_in.token, "expires_at": signed_in.expires_at.rfc3339(&Zone::default()),
    }))
}

async fn sign_out(headers: HeaderMap, call: Call) -> Answer {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("Bearer "));
    if let Some(token) = token {
        sign_in::sign_out(&call.app.house, token.trim()).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
