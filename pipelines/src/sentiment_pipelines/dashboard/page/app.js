"use strict";
// Asks for the figures every few seconds and draws the chosen dashboard. No text becomes HTML.

const SLOWEST = 2.5;
const at = (id) => document.getElementById(id);
let state = null;
let chosen = location.hash.slice(1) || "service";

function ago(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function say(kind, verdict, status) {
  at("verdict").className = kind;
  // What has not changed is not read out again.
  if (at("verdict").textContent !== verdict) at("verdict").textContent = verdict;
  at("status").textContent = status;
}

/** What somebody who knows none of the figures has to know. */
function showStatus() {
  const now = state.times[state.times.length - 1];
  const named = (wanted) => new Set(state.alerts.filter(wanted).map((alert) => alert.name)).size;
  const pages = named((alert) => alert.state === "firing" && alert.severity === "page");
  const tickets = named((alert) => alert.state === "firing" && alert.severity !== "page");
  const seen = `${state.service}, every ${ago(state.interval)}, for ${ago(now - state.times[0])}`;
  if (!now) say("", `Looking at ${state.service} …`, "");
  else if (state.complaint) say("bad", "There are no figures", `${state.service}: ${state.complaint}`);
  else if (pages) say("bad", "Act now: callers do not get what they came for", seen);
  else if (tickets) say("warn", `${tickets === 1 ? "One thing needs" : `${tickets} things need`} a look, no hurry`, seen);
  else if (state.alerts.length) say("good", "All is well so far", seen);
  else say("good", "All is well", seen);
}

/** Alerts of one rule in one state are one card: ten signals may drift at a time. */
function groups(alerts) {
  const found = new Map();
  for (const alert of alerts) {
    const key = `${alert.state} ${alert.name}`;
    found.set(key, [...(found.get(key) ?? []), alert]);
  }
  return [...found.values()];
}

function card(alerts) {
  const now = state.times[state.times.length - 1];
  const [{ name, severity, runbook, description }] = alerts;
  const lines = alerts.map((alert) => element("li", {}, element("b", {}, alert.summary),
    element("span", { class: "faint" }, ` for ${ago(now - alert.since)}`)));
  return element("li", { class: `card ${severity}` },
    element("p", { class: "head" }, element("span", { class: `badge ${severity}` }, severity), name),
    element("ul", {}, ...lines),
    element("p", { class: "faint" }, alerts.length === 1 ? `${description} ` : "", `What to do: ${runbook}`));
}

function showAlerts() {
  const [firing, pending] = ["firing", "pending"].map((it) => state.alerts.filter((one) => one.state === it));
  const cards = groups(firing).map(card);
  if (!cards.length && state.times.length) {
    cards.push(element("li", { class: "card quiet" }, `None of ${state.rules} alerts is firing.`));
  }
  at("alerts").replaceChildren(...cards);
  const waiting = groups(pending).map((alerts) => alerts.length > 1 ? `${alerts[0].name} (${alerts.length})` : alerts[0].name);
  at("pending").textContent = waiting.length ? `True, but not for long enough yet: ${waiting.join(", ")}.` : "";
  document.title = firing.length ? `(${firing.length}) Sentiment, live` : "Sentiment, live";
}

function showTabs() {
  const tabs = state.boards.map((board) => {
    const tab = element("button", { role: "tab", id: `tab-${board.name}`, "aria-controls": "board",
      "aria-selected": board.name === chosen, tabindex: board.name === chosen ? 0 : -1 },
      board.title.replace("Sentiment: ", ""));
    tab.addEventListener("click", () => choose(board.name));
    return tab;
  });
  const focused = document.activeElement?.getAttribute("role") === "tab";
  at("boards").replaceChildren(...tabs);
  if (focused) at(`tab-${chosen}`).focus();
}

function choose(name) {
  chosen = name;
  history.replaceState(null, "", `#${name}`);
  show();
}

function within(panel) {
  const times = panel.times ?? state.times;
  if (panel.times) return [times, panel];
  const from = times[times.length - 1] - Number(at("range").value);
  const first = times.findIndex((time) => time >= from);
  const series = panel.series.map((one) => ({ ...one, values: one.values.slice(first) }))
    .filter((one) => one.values.some((value) => value !== null));
  return [times.slice(first), { ...panel, series }];
}

function single(panel) {
  const rows = panel.series.filter((one) => last(one.values) !== null).map((one) => {
    const over = panel.limit !== null && last(one.values) >= panel.limit;
    if (panel.named) return element("li", {}, element("b", {}, brief(one.name)));
    const named = panel.series.length > 1 || /[a-z]/i.test(one.name);
    const value = element("b", over ? { class: "over" } : {}, shown(last(one.values), panel.unit));
    return element("li", {}, value, ...(named ? [element("span", { class: "name" }, brief(one.name))] : []));
  });
  return rows.length ? element("ul", { class: "figures" }, ...rows) : element("p", { class: "none" }, "nothing yet");
}

function course(given) {
  const [times, panel] = within(given);
  if (!times.length || !panel.series.length) return [element("p", { class: "none" }, "nothing yet")];
  const svg = chart(panel, times);
  let list = legend(panel);
  const rule = drawn("line", { y1: SIZE.top, y2: SIZE.height - SIZE.bottom, class: "cursor", hidden: "" });
  svg.append(rule);
  const replace = (place) => { const next = legend(panel, place); list.replaceWith(next); list = next; };
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const seen = (event.clientX - box.left) / box.width * SIZE.width;
    const share = Math.min(1, Math.max(0, (seen - SIZE.left) / (SIZE.width - SIZE.left - SIZE.right)));
    const moment = times[0] + share * (times[times.length - 1] - times[0]);
    const place = times.reduce((best, time, it) => Math.abs(time - moment) < Math.abs(times[best] - moment) ? it : best, 0);
    const x = SIZE.left + share * (SIZE.width - SIZE.left - SIZE.right);
    rule.removeAttribute("hidden");
    rule.setAttribute("x1", x);
    rule.setAttribute("x2", x);
    replace(place);
  });
  svg.addEventListener("pointerleave", () => { rule.setAttribute("hidden", ""); replace(); });
  return [svg, list];
}

function framed(panel) {
  const body = panel.single ? [single(panel)] : course(panel);
  const title = element("h3", {}, panel.title);
  const made = element("figure", { class: panel.single ? "single" : "" }, title,
    ...body, element("figcaption", {}, panel.help));
  made.style.setProperty("--width", panel.width);
  return made;
}

function showBoard() {
  const board = state.boards.find((it) => it.name === chosen) ?? state.boards[0];
  const rows = board.rows.map((row) => element("section", {}, element("h2", {}, row.title),
    element("div", { class: "row" }, ...row.panels.map(framed))));
  at("board").setAttribute("aria-labelledby", `tab-${board.name}`);
  at("board").replaceChildren(element("p", { class: "faint" }, board.about), ...rows);
}

function show() {
  if (!state) return;
  showStatus();
  showAlerts();
  showTabs();
  // Who reads a value off a course does not want it to move away.
  if (at("board").dataset.shown !== chosen || !at("board").querySelector("svg:hover")) showBoard();
  at("board").dataset.shown = chosen;
}

async function look() {
  try {
    state = await (await fetch("/state.json")).json();
    show();
  } catch (error) {
    say("bad", "The dashboard was ended", "Start it again with make dashboard.");
  }
  setTimeout(look, 1000 * Math.min(SLOWEST, state?.interval ?? SLOWEST));
}

at("range").addEventListener("change", show);
at("boards").addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step || !state) return;
  const names = state.boards.map((board) => board.name);
  choose(names[(names.indexOf(chosen) + step + names.length) % names.length]);
});
look();
