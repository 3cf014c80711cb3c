// The console works without this script, which keeps times and lists up to date and stops a form from being sent twice.
"use strict";

function relative(ms) {
  const minutes = Math.floor(Math.abs(ms) / 60000), hours = Math.floor(minutes / 60);
  let span = "less than a minute";
  if (hours >= 48) span = Math.floor(hours / 24) + " days";
  else if (hours >= 24) span = hours + " h";
  else if (hours > 0) span = hours + " h" + (minutes % 60 ? " " + (minutes % 60) + " min" : "");
  else if (minutes > 0) span = minutes + " min";
  return ms < 0 ? span + " ago" : "in " + span;
}

function tick() {
  for (const t of document.querySelectorAll("time[data-relative]")) t.textContent = relative(Date.parse(t.dateTime) - Date.now());
}

// refresh replaces the content of a page that keeps itself up to date, unless somebody is using it.
async function refresh() {
  const main = document.querySelector("main[data-live]");
  if (!main || document.hidden || main.contains(document.activeElement) && document.activeElement !== main || String(getSelection())) return;
  let answer;
  try {
    answer = await fetch(location.href, {headers: {"X-Console-Refresh": "1"}, redirect: "error"});
  } catch {
    return; // the server may be away
  }
  if (answer.status === 401) { location.reload(); return; }
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of ["main", ".top nav"]) {
    const now = document.querySelector(part), next = page.querySelector(part);
    if (now && next && now.innerHTML !== next.innerHTML) now.replaceChildren(...next.childNodes);
  }
  tick();
}

tick();
setInterval(tick, 20000);
let refreshed = Date.now();
setInterval(() => {
  const every = document.querySelector("[data-every]")?.dataset.every ?? 10; // seconds
  if (Date.now() - refreshed < every * 1000) return;
  refreshed = Date.now();
  refresh();
}, 1000);
document.addEventListener("submit", (e) => {
  if (e.target.dataset.sent) { e.preventDefault(); return; }
  e.target.dataset.sent = "1";
  for (const b of e.target.querySelectorAll("button")) setTimeout(() => { b.disabled = true; });
});
addEventListener("pageshow", () => { // also when the browser brings back a page as it was left
  for (const f of document.querySelectorAll("form[data-sent]")) {
    delete f.dataset.sent;
    for (const b of f.querySelectorAll("button")) b.disabled = false;
  }
});
