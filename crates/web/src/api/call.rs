//! How a handler of the interface becomes a route: each of the forms below is put behind one type, so that what the
//! router does around a handler is compiled once, not once for each route.

use super::{Answer, Query};
use crate::app::App;
use crate::gate::{Call, PathId};
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::routing::{MethodFilter, MethodRouter, on};
use std::pin::Pin;
use std::sync::Arc;

type Coming = Pin<Box<dyn Future<Output = Answer> + Send>>;
/// A handler of any form: the id in the path (empty where there is none), the query, the call.
pub type Called = Arc<dyn Fn(Path<String>, Query, Call) -> Coming + Send + Sync>;

/// The forms that a handler may have.
pub trait Handle<Takes> {
    fn called(self) -> Called;
}

impl<F, Fut> Handle<(Call,)> for F
where
    F: Fn(Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    fn called(self) -> Called {
        Arc::new(move |_, _, call| Box::pin(self(call)))
    }
}

impl<F, Fut> Handle<(Query, Call)> for F
where
    F: Fn(Query, Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    fn called(self) -> Called {
        Arc::new(move |_, query, call| Box::pin(self(query, call)))
    }
}

impl<F, Fut> Handle<(Path<String>, Call)> for F
where
    F: Fn(Path<String>, Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    fn called(self) -> Called {
        Arc::new(move |id, _, call| Box::pin(self(id, call)))
    }
}

impl<F, Fut> Handle<(Path<String>, Query, Call)> for F
where
    F: Fn(Path<String>, Query, Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    fn called(self) -> Called {
        Arc::new(move |id, query, call| Box::pin(self(id, query, call)))
    }
}

fn route(method: MethodFilter, handler: Called) -> MethodRouter<App> {
    on(method, move |State(app): State<App>, request: Request| {
        let handler = handler.clone();
        async move {
            let (mut parts, body) = request.into_parts();
            let Ok(PathId(id)) = PathId::from_request_parts(&mut parts, &app).await;
            let query = Query::of(&parts);
            let call = Call::from_request(Request::from_parts(parts, body), &app).await?;
            handler(Path(id), query, call).await
        }
    })
}

pub fn get<T>(handler: impl Handle<T>) -> MethodRouter<App> {
    route(MethodFilter::GET, handler.called())
}

pub fn post<T>(handler: impl Handle<T>) -> MethodRouter<App> {
    route(MethodFilter::POST, handler.called())
}

pub fn put<T>(handler: impl Handle<T>) -> MethodRouter<App> {
    route(MethodFilter::PUT, handler.called())
}

pub fn patch<T>(handler: impl Handle<T>) -> MethodRouter<App> {
    route(MethodFilter::PATCH, handler.called())
}
