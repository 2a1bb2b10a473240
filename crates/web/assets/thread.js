// A thread that goes on live, on the team's pages and on a home's: new lines come by one stream, what was written goes out when there
// is a signal. Without this file the pages work as well, one load at a time.
(() => {
  "use strict";
  const list = document.querySelector("[data-stream]");
  if (!list || !window.EventSource || !window.fetch) return;
  const words = list.dataset, find = (query) => document.querySelector(query);
  const live = find("[data-live]"), form = find("form[data-say]");
  const RETRY = 3000, HELD_RETRY = 10000;

  // ---- what comes in
  const url = new URL(words.stream, location.href);
  let source, again, news = 0;
  // Whoever sees where the thread ends is shown what comes, and has seen it.
  const atEnd = () => list.getBoundingClientRect().bottom <= innerHeight + 40;
  const toEnd = () => (find("#say") || list.lastElementChild || list).scrollIntoView({ block: "end" });
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn news";
  button.textContent = words.new;
  button.hidden = true;
  button.addEventListener("click", () => { toEnd(); told(); });
  list.parentElement.after(button);
  function told() { news = 0; button.hidden = true; see(); }

  function put(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const line = holder.content.firstElementChild;
    if (!line || document.getElementById(line.id)) return;
    const old = line.dataset.corrects && document.getElementById(line.dataset.corrects);
    if (old) old.classList.add("wrong");
    const was = atEnd();
    const held = list.querySelector("[data-id=\"" + line.id + "\"]");
    if (held) held.remove();
    // What still waits for a signal stays below what was said.
    list.insertBefore(line, list.querySelector(".held"));
    const none = find("[data-none]");
    if (none) none.remove();
    // Nothing moves under whoever reads further up.
    if (was || line.classList.contains("me")) { toEnd(); told(); } else { news += 1; button.hidden = false; }
  }

  function open() {
    clearTimeout(again);
    source = new EventSource(url);
    const on = (name, act) => source.addEventListener(name, (event) => {
      if (event.lastEventId) url.searchParams.set("after", event.lastEventId);
      act(event);
    });
    on("begin", () => { if (live) live.hidden = true; list.dataset.ready = "1"; });
    on("message", (event) => put(event.data));
    on("waiting", (event) => { const box = find("[data-waiting]"); if (box && !box.contains(document.activeElement)) box.innerHTML = event.data.trim(); });
    on("seen", (event) => { const box = find("[data-seen-by]"); if (box) box.textContent = event.data; });
    on("reset", () => { source.close(); location.reload(); });
    on("gone", () => { source.close(); location.reload(); });
    source.onerror = () => {
      if (live) live.hidden = false;
      delete list.dataset.ready;
      // A browser gives up after an answer that is no stream; we do not.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, RETRY);
    };
  }
  open();
  addEventListener("online", () => { if (source.readyState === EventSource.CLOSED) open(); send(); });
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });

  let seen = "";
  function see() {
    const lines = list.querySelectorAll("li[id]"), last = lines[lines.length - 1];
    if (!last || document.hidden || !words.seen || last.id === seen || !button.hidden) return;
    seen = last.id;
    fetch(words.seen, { method: "POST", body: new URLSearchParams({ upto: last.id.slice(2) }) }).catch(() => { seen = ""; });
  }
  document.addEventListener("visibilitychange", see);
  addEventListener("scroll", () => { if (!button.hidden && atEnd()) told(); }, { passive: true });

  // ---- what goes out
  if (!form) return;
  const store = words.keep ? "kb-say-" + words.keep : null;
  let queue = [], busy = false;
  try { queue = store ? JSON.parse(localStorage.getItem(store)) || [] : []; } catch { queue = []; }
  const save = () => { try { if (store) localStorage.setItem(store, JSON.stringify(queue)); } catch { /* private window */ } };
  const bubble = (one) => list.querySelector("[data-key=\"" + one.key + "\"]");
  function hold(one) {
    const line = document.createElement("li"), text = document.createElement("p"), state = document.createElement("p");
    line.className = "m me held";
    line.dataset.key = one.key;
    text.className = "txt";
    text.textContent = new URLSearchParams(one.body).get("text");
    state.className = "t";
    state.textContent = words.sending;
    line.append(text, state);
    list.append(line);
  }
  const say = (one, what) => { const line = bubble(one); if (line) line.lastElementChild.textContent = what; };
  queue.forEach(hold);

  async function send() {
    if (busy) return;
    busy = true;
    while (queue.length) {
      const one = queue[0];
      let answer, body;
      try {
        answer = await fetch(form.getAttribute("action").split("#")[0], {
          method: "POST", body: one.body,
          headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
        });
        body = await answer.json();
      } catch { answer = null; }
      if (answer && answer.status === 201 && body.id) {
        const line = bubble(one);
        // The stream brings it as it is kept.
        if (line && document.getElementById("m-" + body.id)) line.remove();
        else if (line) { line.dataset.id = "m-" + body.id; say(one, words.sent); }
      } else if (answer && answer.status >= 400 && answer.status < 500) {
        // Refused: back into the field, with the reason.
        const field = form.querySelector("textarea");
        field.value = new URLSearchParams(one.body).get("text") + (field.value ? "\n" + field.value : "");
        const line = bubble(one);
        if (line) line.remove();
        if (live) { live.textContent = (body && body.detail) || answer.status; live.hidden = false; }
      } else {
        say(one, words.held);
        break;
      }
      queue.shift();
      save();
    }
    busy = false;
  }
  const chance = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  addEventListener("submit", (event) => {
    if (event.target !== form) return;
    const data = new FormData(form), field = form.querySelector("textarea");
    if (!field.value.trim()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    data.set("key", chance());
    const one = { key: data.get("key"), body: new URLSearchParams(data).toString() };
    queue.push(one);
    save();
    hold(one);
    field.value = "";
    // What was quoted or put right belongs to this message alone.
    form.querySelectorAll("input[name=quotes], input[name=corrects], blockquote, .link").forEach((part) => part.remove());
    toEnd();
    field.focus();
    send();
  }, true);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
  });
  setInterval(send, HELD_RETRY);
  send();
})();
