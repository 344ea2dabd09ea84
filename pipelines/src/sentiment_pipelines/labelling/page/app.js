"use strict";
// Asks for the next text and sends what is said of it. Every text of a customer stays text.

const at = (id) => document.getElementById(id);
const KEYS = { 1: "negative", 2: "neutral", 3: "positive" };
let state = null;
let busy = false;

function show() {
  const { next, done, total, mine, last, by } = state;
  at("who").hidden = true;
  at("work").hidden = !next;
  at("end").hidden = Boolean(next);
  at("leave").hidden = false;
  at("undo").hidden = !mine;
  at("last").textContent = last ? `Undo “${last}”` : "Undo";
  at("progress").textContent = `${by}: ${mine} labelled by you, ${done} of ${total} by anybody`;
  at("done").style.width = `${total ? 100 * done / total : 0}%`;
  at("text").textContent = next ? next.text : "";
  at("text").scrollTop = 0;
  // Where a screen reader goes on, and where the keys work.
  at(next ? "text" : "end").focus({ preventScroll: true });
}

async function call(path, said) {
  if (busy) return;
  busy = true;
  for (const button of document.querySelectorAll("button")) button.disabled = true;
  try {
    const options = said && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(said) };
    const answer = await fetch(path, options);
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.error);
    state = found;
    at("error").textContent = "";
    show();
  } catch (error) {
    const lost = error instanceof TypeError ? "the page's server does not answer; nothing was kept" : error.message;
    at("error").textContent = `That did not work: ${lost}`;
  } finally {
    busy = false;
    for (const button of document.querySelectorAll("button")) button.disabled = false;
  }
}

function label(name) {
  if (state?.next) call("/label", { by: state.by, id: state.next.id, label: name });
}

function skip() {
  if (state?.next) call("/skip", { by: state.by, id: state.next.id });
}

function undo() {
  if (state?.mine) call("/undo", { by: state.by });
}

at("who").addEventListener("submit", (event) => {
  event.preventDefault();
  call(`/next.json?by=${encodeURIComponent(at("name").value)}`);
});
for (const button of document.querySelectorAll("[data-label]")) {
  button.addEventListener("click", () => label(button.dataset.label));
}
at("skip").addEventListener("click", skip);
at("undo").addEventListener("click", undo);
at("leave").addEventListener("click", () => location.reload());
document.addEventListener("keydown", (event) => {
  // A key that is held down must not label one text after the other.
  if (event.repeat || event.target === at("name") || event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key !== "z") return;
    event.preventDefault();
    undo();
  } else if (event.key in KEYS) label(KEYS[event.key]);
  else if (event.key === "s") skip();
  else if (event.key === "u") undo();
});
at("name").focus();
