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
