//! Pages, the HTTP interface and the files that browsers need. Handlers translate; what happens is decided in `acts`.

pub mod api;
pub mod app;
pub mod assets;
pub mod body;
pub mod gate;
pub mod live;
pub mod pages;
pub mod problem;
pub mod routes;

pub use app::{App, HeadView, Inner, Tampered, Training};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use problem::Problem;
use rules::Refusal;

/// The whole program as a service: every route of the table behind the gate.
pub fn router(app: App) -> Router {
    let mut router: Router<App> = Router::new();
    for route in routes::all() {
        let guarded = route
            .handler
            .layer(axum::middleware::from_fn_with_state((app.clone(), route.access), gate::check));
        router = router.route(route.path, guarded);
    }
    router
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn_with_state(app.clone(), gate::finish))
        .with_state(app)
}

async fn not_found(State(app): State<App>, request: Request) -> Response {
    gate::refuse(&app, request, Refusal::not_found().into()).await
}

async fn wrong_method(State(app): State<App>, request: Request) -> Response {
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method");
    gate::refuse(&app, request, problem).await
}

/// Serves until `stop` resolves, then lets the requests that run come to their end.
pub async fn serve(
    app: App,
    listener: tokio::net::TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let live = app.live.clone();
    let stop = async move {
        stop.await;
        // A stream ends when it is told to, and a stop waits for all that runs.
        live.stop();
    };
    let service = router(app).into_make_service_with_connect_info::<std::net::SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}
