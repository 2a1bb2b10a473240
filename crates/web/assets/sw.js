// Keeps the round of a phone without a signal: the page as it was last seen, for half a day, and what it needs. Nothing
// else is kept, and nothing once somebody signs out or is signed out.
const PAGES = "kb-pages", FILES = "kb-files", KEPT_MS_MAX = 12 * 3600 * 1000, WAIT_MS = 4000;
const NEEDED = ["{css}", "{js}"].filter((path) => path);

addEventListener("install", (event) => event.waitUntil(
  caches.open(FILES).then((files) => files.addAll(NEEDED)).then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil((async () => {
  const files = await caches.open(FILES);
  for (const kept of await files.keys()) if (!NEEDED.includes(new URL(kept.url).pathname)) await files.delete(kept);
  await clients.claim();
})()));
addEventListener("message", (event) => { if (event.data === "forget") event.waitUntil(caches.delete(PAGES)); });

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (NEEDED.includes(url.pathname)) {
    event.respondWith(caches.match(event.request).then((kept) => kept ?? fetch(event.request)));
  } else if (url.pathname === "/round") {
    event.respondWith(round(event.request));
  }
});

async function round(request) {
  const pages = await caches.open(PAGES);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(WAIT_MS) });
    // A log-in page instead of the round: whoever had it has it no more.
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 404) await caches.delete(PAGES);
    if (answer.ok && !answer.redirected) {
      const copy = answer.clone(), headers = new Headers(copy.headers);
      headers.set("x-kb-kept", String(Date.now()));
      await pages.put(request.url, new Response(await copy.blob(), { headers }));
    }
    return answer;
  } catch (fault) {
    const kept = await pages.match(request.url);
    if (kept && Date.now() - Number(kept.headers.get("x-kb-kept")) < KEPT_MS_MAX) return kept;
    if (kept) await pages.delete(request.url);
    throw fault;
  }
}
