// Progressive only: every page works without this file.
(() => {
  "use strict";
  const body = document.body, $$ = (q, from = document) => [...from.querySelectorAll(q)];
  const typing = (el) => el && /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName);

  // Times, counted from the server's clock; a training clock stands still.
  const start = Date.parse(body.dataset.now), loaded = performance.now();
  const two = (n) => String(n).padStart(2, "0");
  function tick() {
    const now = start + performance.now() - loaded;
    for (const el of $$("[data-due]")) {
      const left = Date.parse(el.getAttribute("datetime")) - now, minutes = Math.floor(Math.abs(left) / 60000);
      if (minutes >= 1440 || Number.isNaN(minutes)) continue;
      const words = (left < 0 ? body.dataset.late : body.dataset.left).replace("{}", Math.floor(minutes / 60) + ":" + two(minutes % 60));
      if (el.textContent !== words) el.textContent = words;
      const tag = el.closest(".tag");
      if (tag) { tag.classList.toggle("danger", left < 0); tag.classList.toggle("warn", left >= 0 && left <= 3600000); tag.classList.toggle("plain", left > 3600000); }
    }
    for (const el of $$("[data-rel]")) {
      const minutes = Math.floor((now - Date.parse(el.dataset.rel)) / 60000);
      if (minutes < 1 || minutes >= 720) continue;
      const words = minutes < 60 ? body.dataset.min.replace("{}", minutes) : body.dataset.hour.replace("{}", Math.floor(minutes / 60));
      el.textContent = "(" + words + ")";
    }
  }
  if ("runs" in body.dataset && start) setInterval(tick, 20000);

  // What needs an eye first: the list of faults.
  document.querySelector("[data-focus]")?.focus();

  // A form goes out once; a page brought back by "back" may send again.
  addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => $$("button", form).forEach((b) => b.setAttribute("aria-disabled", "true")), 0);
  });
  addEventListener("pageshow", () => $$("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    $$("button", form).forEach((b) => b.removeAttribute("aria-disabled"));
  }));

  // "/" to the search, j and k through the rows, Enter opens as links do.
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "j" || event.key === "k") {
      const rows = $$("[data-row] h3 a, [data-row] a.row, [data-row] .body a, .rows a.row").filter((a, i, all) => all.indexOf(a) === i);
      const at = rows.indexOf(document.activeElement);
      rows[event.key === "j" ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0)]?.focus();
    }
  });

  // After a call the sheet "how did it go" opens on coming back.
  let sheet = null, left = false;
  addEventListener("click", (event) => {
    const call = event.target.closest?.("a[data-call]");
    if (call) { sheet = call.dataset.call; left = false; setTimeout(() => { if (!left) sheet = null; }, 4000); }
  });
  const back = () => { if (sheet && left) { const to = sheet; sheet = null; location.assign(to); } };
  document.addEventListener("visibilitychange", () => { if (document.hidden) left = true; else back(); });
  addEventListener("blur", () => { if (sheet) left = true; });
  addEventListener("focus", back);

  // "Take it and call": the alarm is taken, the phone dials, and the sheet stands open on coming back. Without a network
  // the phone dials all the same; what was refused is said by the page, in the ordinary way.
  const DIALLING_MS = 2500;
  addEventListener("submit", async (event) => {
    const form = event.target, { dial, sheet: to } = form.dataset;
    if (!dial || event.defaultPrevented) return;
    event.preventDefault();
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
      if (answer.type !== "opaqueredirect") { form.submit(); return; }
    } catch {
      delete form.dataset.sent;
      $$("button", form).forEach((b) => b.removeAttribute("aria-disabled"));
      location.href = dial;
      return;
    }
    sheet = to; left = document.hidden;
    location.href = dial;
    // A desk has nothing that dials: there the sheet opens by itself.
    setTimeout(() => { if (sheet === to && !left) { sheet = null; location.assign(to); } }, DIALLING_MS);
  });

  // Progress of an import: the same page, fetched quietly.
  const progress = document.querySelector("[data-poll]");
  async function poll() {
    try {
      const answer = await fetch(progress.dataset.poll, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html"), next = page.querySelector("[data-poll]");
      if (!next) { location.reload(); return; }
      progress.replaceChildren(...next.childNodes);
    } catch { /* no network: try again */ }
    setTimeout(poll, 1500);
  }
  if (progress) setTimeout(poll, 1000);

  // Buttons that only a script can serve.
  for (const button of $$("[data-print]")) { button.hidden = false; button.addEventListener("click", () => print()); }
  for (const button of $$("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy);
      try { await navigator.clipboard.writeText(text.value); } catch { text.focus(); text.select(); document.execCommand("copy"); }
      button.lastChild.textContent = button.dataset.done;
    });
  }
})();

// The round goes on without a signal: what is written down is kept on the phone first, bound to who wrote it, and sent in
// order as soon as there is a signal. It is gone from the phone only when the server says that it has this very record.
(() => {
  "use strict";
  const $$ = (q, from = document) => [...from.querySelectorAll(q)];
  const open = () => new Promise((done, failed) => {
    const asked = indexedDB.open("keben", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("outbox", { keyPath: "id" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const store = async (mode, act) => {
    const db = await open();
    try {
      return await new Promise((done, failed) => {
        const tx = db.transaction("outbox", mode), asked = act(tx.objectStore("outbox"));
        tx.oncomplete = () => done(asked?.result);
        tx.onerror = tx.onabort = () => failed(tx.error);
      });
    } finally { db.close(); }
  };
  const all = async () => (await store("readonly", (box) => box.getAll())).sort((a, b) => a.n - b.n);

  // Whoever signs out leaves no pages behind, and is told of what was not sent yet.
  addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.getAttribute("action") !== "/logout" || form.dataset.told || !navigator.serviceWorker?.controller) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const round = document.querySelector("[data-round]"), left = await all().catch(() => []);
    form.dataset.told = "1";
    if (round && left.length) { say(round.dataset.unsent); return; }
    navigator.serviceWorker.controller.postMessage("forget");
    form.submit();
  }, true);

  const round = document.querySelector("[data-round]");
  if (!round || !window.indexedDB || !navigator.locks) return;
  const words = round.dataset, author = words.author, box = document.getElementById("outbox");
  function say(text) { box.hidden = !text; box.querySelector("[data-words]").textContent = text; }

  // The server's time when this page was made, and the phone's then: only the difference of the phone's clock counts.
  const now = document.body.dataset.now, runs = "runs" in document.body.dataset;
  let clock = { now, at: Date.now() };
  try {
    const kept = JSON.parse(localStorage.getItem("kb-clock"));
    if (kept?.now === now) clock = kept; else localStorage.setItem("kb-clock", JSON.stringify(clock));
  } catch { /* private window: the page's own time */ }
  const time = () => new Date(Date.parse(clock.now) + (runs ? Math.max(0, Date.now() - clock.at) : 0)).toISOString();

  const card = (url) => $$("form[data-outbox]").find((form) => form.getAttribute("action") === url)?.closest("[data-home]");
  function mark(home, text, tone, to) {
    const tag = home?.querySelector("[data-state]");
    if (!tag) return;
    tag.hidden = false;
    tag.className = "tag " + tone;
    tag.textContent = text;
    if (to) {
      const link = document.createElement("a");
      link.href = to;
      link.textContent = words.result;
      tag.append(" · ", link);
    }
  }

  async function show() {
    const left = await all(), mine = left.filter((one) => one.author === author), bad = mine.filter((one) => one.refused);
    for (const one of mine) mark(document.querySelector(`[data-home="${one.home}"]`), one.refused ? words.refused : words.waiting, one.refused ? "danger" : "warn");
    const told = [];
    if (!navigator.onLine) told.push(words.offline);
    if (mine.length > bad.length) told.push(mine.length - bad.length + " " + words.waiting + ".");
    if (bad.length) told.push(bad.length + " " + words.refused + ".");
    if (left.length > mine.length) told.push(words.others);
    box.querySelector("[data-again]").hidden = !bad.length;
    say(told.join(" "));
  }

  const flush = (again) => navigator.locks.request("kb-outbox", async () => {
    for (const one of await all()) {
      if (one.author !== author || (one.refused && !again)) continue;
      let answer;
      try {
        answer = await fetch(one.url, {
          method: "POST", redirect: "manual", body: one.body,
          headers: { "content-type": "application/x-www-form-urlencoded", "x-kb-outbox": one.id, "x-kb-author": author },
        });
      } catch { break; }
      if (answer.headers.get("x-kb-ack") === one.id) {
        const { to } = await answer.json();
        await store("readwrite", (kept) => kept.delete(one.id));
        mark(document.querySelector(`[data-home="${one.home}"]`), words.sent, "ok", to.startsWith("/checkins/") ? to : null);
      } else if ([404, 409, 422].includes(answer.status)) {
        // Kept, and shown to whoever wrote it: nothing that was said is lost.
        await store("readwrite", (kept) => kept.put({ ...one, refused: answer.status }));
      } else break;
    }
  }).then(show, show);

  let count = Date.now();
  async function keep(form, data, home) {
    const id = crypto.randomUUID();
    data.set("key", id);
    data.set("made_at", time());
    const url = form.getAttribute("action");
    await store("readwrite", (kept) => kept.put({ id, n: count++, author, home, url, body: new URLSearchParams(data).toString() }));
    mark(document.querySelector(`[data-home="${home}"]`), words.waiting, "warn");
  }

  // Who is not well is asked on the spot, with the protocol's signs.
  function askEach(home, boxes) {
    const at = home.querySelector("[data-asking]");
    for (const one of boxes) {
      const form = document.getElementById("ask").content.firstElementChild.cloneNode(true);
      form.setAttribute("action", `/people/${one.value}/checkin`);
      form.querySelector("[data-name]").textContent = one.dataset.name;
      at.append(form);
    }
    at.querySelector("input[type=checkbox]")?.focus();
  }

  addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches?.("form[data-outbox]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const home = form.closest("[data-home]"), data = new FormData(form, event.submitter);
    if (form.matches(".ask")) {
      const asked = data.has("none") !== data.has("red_flags");
      form.querySelector("[data-missing]").hidden = asked;
      if (!asked) return;
    }
    const unwell = $$("input[name=unwell]:checked", form);
    if (data.get("how") === "some_unwell" && !unwell.length) { $$("input[name=unwell]", form)[0]?.focus(); return; }
    await keep(form, data, home.dataset.home);
    if (data.get("how") === "some_unwell") askEach(home, unwell);
    $$("details[open]", form).forEach((details) => { details.open = false; });
    if (form.matches(".ask")) {
      // The call screen stays until it was seen: danger is not folded away.
      if (data.has("red_flags")) $$("fieldset, .two, .btns", form).forEach((part) => { part.hidden = true; });
      else form.remove();
    }
    await show();
    flush();
  }, true);
  addEventListener("change", (event) => {
    const form = event.target.closest?.(".ask");
    if (form) form.querySelector("[data-danger]").hidden = !form.querySelector("input[name=red_flags]:checked");
  });
  box.querySelector("[data-again]").addEventListener("click", () => flush(true));
  addEventListener("online", () => flush());
  addEventListener("offline", () => show());
  addEventListener("pageshow", () => flush());
  setInterval(() => flush(), 15000);
  navigator.serviceWorker?.register("/sw.js");
})();
