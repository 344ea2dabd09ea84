// Every text of a customer is put into the page as text, never as HTML.
const LABELS = ["negative", "neutral", "positive"];
const SIGNS = { negative: "▼", neutral: "●", positive: "▲" };
const MOST_TEXTS = 256;
const MOST_EXPLAINED = 32;
const MOST_BYTES = 900_000;
const MOST_EXPLAINED_BYTES = 1_000; // each word costs a prediction: a slow model shows some at a time
const LEAST_SHARE = 0.1; // of the strongest word, below which a word is not worth a colour
const LEAST_STRENGTH = 1; // log-odds: a text of weak words has no strong colour
const TELLING = 3;
const RETRIES = 3;
const EXAMPLE = [
  "Great battery, but the app crashes all the time.",
  "Arrived on Tuesday in a brown box.",
  "Absolutely love it, best purchase this year! 😍",
  "It broke after two days and nobody answers my mails.",
  "Not bad at all for the price.",
].join("\n");

const at = (id) => document.getElementById(id);
const percent = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
let shown = []; // what is on the page: [{text, answers: [{model, prediction}]}]
let asking = null;

function element(tag, { className = "", text = "", style = {}, ...attributes } = {}, children = []) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(style)) made.style.setProperty(name, value);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// --- asking --------------------------------------------------------------------------------------

class Refused extends Error {
  constructor(status, reason, requestId) {
    super(reason);
    this.status = status;
    this.requestId = requestId;
  }
}

async function request(path, content, signal) {
  const headers = content ? { "Content-Type": "application/json" } : {};
  const key = at("key").value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  const body = content && JSON.stringify(content);
  const method = content ? "POST" : "GET";
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(path, { method, headers, body, signal, cache: "no-store" });
    if (answer.ok) return { ...(await answer.json()), requestId: answer.headers.get("X-Request-Id") };
    if ((answer.status === 429 || answer.status === 503) && tries < RETRIES) {
      await pause(Number(answer.headers.get("Retry-After")) || 1, signal);
      continue;
    }
    const reason = await answer.json().then((said) => said.error, () => answer.statusText);
    throw new Refused(answer.status, reason, answer.headers.get("X-Request-Id"));
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); });
  });
}

function* batches(texts, most, mostBytes) {
  let batch = [];
  let size = 0;
  const bytes = new TextEncoder();
  for (const text of texts) {
    const length = bytes.encode(JSON.stringify(text)).length;
    if (batch.length && (batch.length === most || size + length > mostBytes)) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(text);
    size += length;
  }
  if (batch.length) yield batch;
}

async function analyse() {
  const texts = at("texts").value.split("\n").map((line) => line.trim()).filter(Boolean);
  fail("");
  if (!texts.length) {
    fail("There is no feedback yet: paste some, one text per line.");
    at("texts").focus();
    return;
  }
  asking?.abort();
  const { signal } = (asking = new AbortController());
  const explain = at("explain").checked;
  const other = at("comparing").hidden ? "" : at("other").value;
  const models = [...new Set([at("model").value, other].filter(Boolean))];
  at("ask").disabled = true;
  try {
    await askAll(texts, models.length ? models : [""], explain, signal);
    at("found").focus();
  } catch (error) {
    if (!signal.aborted) explainFailure(error);
  } finally {
    if (asking.signal === signal) at("ask").disabled = false;
  }
}

async function askAll(texts, models, explain, signal) {
  begin(models.length > 1, explain);
  const most = explain ? [MOST_EXPLAINED, MOST_EXPLAINED_BYTES] : [MOST_TEXTS, MOST_BYTES];
  for (const batch of batches(texts, ...most)) {
    const replies = await Promise.all(models.map((model) => request(
      "predict", { texts: batch, ...(explain && { explain }), ...(model && { model }) }, signal,
    )));
    const rows = batch.map((text, index) => ({
      text,
      answers: replies.map(({ model, predictions, requestId }) => (
        { model, prediction: predictions[index], requestId, position: index }
      )),
    }));
    shown.push(...rows);
    at("results").append(...rows.map(resultOf));
    at("status").textContent = `${shown.length} of ${texts.length} analysed`;
  }
  overview();
  const differing = shown.filter(differs).length;
  at("status").textContent = models.length > 1
    ? `${texts.length} analysed; the models differ on ${differing}`
    : `${texts.length} analysed`;
}

async function listModels() {
  const { models } = await request("models");
  const chosen = at("model").value;
  const options = (place, ahead = []) => place.replaceChildren(...ahead, ...models.map((model) => element(
    "option", { text: model.default ? `${model.name} (default)` : model.name, value: model.name },
  )));
  options(at("model"));
  options(at("other"), [element("option", { text: "nothing", value: "" })]);
  if (models.some((model) => model.name === chosen)) at("model").value = chosen;
  at("comparing").hidden = models.length < 2;
}

// --- showing -------------------------------------------------------------------------------------

function begin(comparing, explain) {
  shown = [];
  at("results").replaceChildren();
  at("overview").replaceChildren();
  at("outcome").hidden = false;
  at("legend").hidden = !explain;
}

const differs = ({ answers }) => new Set(answers.map(({ prediction }) => prediction.label)).size > 1;

function overview() {
  const models = shown[0].answers.map(({ model }) => model.name);
  at("overview").replaceChildren(...models.map((name, index) => {
    const labels = shown.map(({ answers }) => answers[index].prediction.label);
    const counts = LABELS.map((label) => [label, labels.filter((found) => found === label).length]);
    const bar = counts.filter(([, count]) => count).map(([label, count]) => element(
      "span", { className: label, style: { "--size": count } },
    ));
    const told = counts.map(([label, count]) => `${count} ${label}`).join(", ");
    return element("div", { className: "share" }, [
      element("div", { className: "bar", "aria-hidden": "true" }, bar),
      element("p", { text: models.length > 1 ? `${name}: ${told}` : told }),
    ]);
  }));
}

function resultOf(row) {
  const single = row.answers.length === 1;
  const answers = row.answers.map((answer, index) => {
    const { model, prediction } = answer;
    return element("div", { className: "answer" }, [
      ...(single ? [] : [element("p", { className: "of", text: model.name })]),
      verdict(prediction.label, index > 0 && differs(row)),
      highlighted(row.text, prediction),
      ...telling(prediction),
      chances(prediction.probabilities),
      opinion(answer),
    ]);
  });
  return element("li", { className: differs(row) ? "differs" : "" }, [
    element("div", { className: single ? "answers single" : "answers" }, answers),
  ]);
}

function verdict(label, differing) {
  const sign = element("span", { text: `${SIGNS[label]} `, "aria-hidden": "true" });
  const made = element("p", { className: `verdict ${label}` }, [sign, label]);
  if (differing) made.append(" ", element("span", { className: "differ", text: "differs" }));
  return made;
}

function highlighted(text, { contributions }) {
  const characters = Array.from(text); // words begin at code points, strings count UTF-16 units
  const made = element("p", { className: "text" });
  const leaning = (values) => values.positive - values.negative;
  const strongest = Math.max(LEAST_STRENGTH, ...(contributions ?? []).map(({ values }) => Math.abs(leaning(values))));
  let done = 0;
  for (const { word, start, values } of contributions ?? []) {
    const weight = leaning(values);
    if (Math.abs(weight) < LEAST_SHARE * strongest) continue;
    const end = start + Array.from(word).length;
    const title = LABELS.map((label) => `${label} ${signed(values[label])}`).join(", ");
    made.append(characters.slice(done, start).join(""), element("mark", {
      className: weight > 0 ? "positive" : "negative", text: characters.slice(start, end).join(""),
      title: `log-odds: ${title}`, style: { "--weight": Math.abs(weight) / strongest },
    }));
    done = end;
  }
  made.append(characters.slice(done).join(""));
  return made;
}

const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;

function telling({ label, contributions }) {
  const words = (contributions ?? [])
    .filter(({ values }) => values[label] >= LEAST_SHARE * LEAST_STRENGTH)
    .sort((one, other) => other.values[label] - one.values[label])
    .slice(0, TELLING)
    .map(({ word }) => `“${word.replace(/(?<=.)[.,:;!?)"']+$/u, "")}”`);
  return words.length
    ? [element("p", { className: "telling", text: `Most telling: ${words.join(", ")}` })]
    : [];
}

function chances(probabilities) {
  return element("dl", { className: "chances" }, LABELS.map((label) => {
    const share = element("span", { className: label, style: { "--size": `${100 * probabilities[label]}%` } });
    return element("div", { className: "chance" }, [
      element("dt", { text: label }),
      element("dd", { className: "track", "aria-hidden": "true" }, [share]),
      element("dd", { className: "figure", text: percent.format(probabilities[label]) }),
    ]);
  }));
}

// Says what the label should have been, and lets one change one's mind: the last word counts.
function opinion({ prediction, requestId, position }) {
  const said = element("span", { className: "said", role: "status" });
  const buttons = LABELS.map((label) => {
    const right = label === prediction.label;
    const button = element("button", {
      type: "button", className: "quiet", text: right ? "✓ right" : `it is ${label}`, "aria-pressed": "false",
    });
    button.addEventListener("click", async () => {
      try {
        await request("feedback", { request_id: requestId, position, label, by: "page" });
        for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
        said.textContent = "Thank you.";
      } catch (error) {
        if (error instanceof Refused && error.status === 401) unlock();
        said.textContent = error instanceof Refused ? error.message : "The service does not answer.";
      }
    });
    return button;
  });
  return element("div", { className: "opinion", role: "group", "aria-label": "Was that right?" }, [...buttons, said]);
}

function explainFailure(error) {
  if (error instanceof Refused && error.status === 401) unlock();
  const named = error.requestId ? ` (request ${error.requestId})` : "";
  fail(error instanceof Refused ? `${error.message}${named}` : "The service does not answer.");
  at("status").textContent = "";
}

function fail(reason) {
  at("error").textContent = reason;
}

function unlock() {
  at("locked").hidden = false;
  at("unlock").hidden = true;
  at("key").focus();
}

// --- taking away ---------------------------------------------------------------------------------

function cell(value) {
  const text = String(value);
  // A spreadsheet would execute a text that begins like a formula.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csv() {
  const single = shown[0].answers.length === 1;
  const columns = shown[0].answers.flatMap(({ model }) => ["label", ...LABELS].map(
    (name) => (single ? name : `${model.name}:${name}`),
  ));
  const rows = shown.map(({ text, answers }) => [text, ...answers.flatMap(({ prediction }) => [
    prediction.label, ...LABELS.map((label) => prediction.probabilities[label].toFixed(6)),
  ])]);
  return [["text", ...columns], ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

async function copy() {
  try {
    await navigator.clipboard.writeText(csv());
    at("status").textContent = `${shown.length} rows copied`;
  } catch {
    // Without TLS a browser offers no clipboard: hand the rows over to be copied.
    at("texts").value = csv();
    at("texts").select();
    at("status").textContent = "The browser keeps its clipboard closed: copy the marked rows above.";
  }
}

at("form").addEventListener("submit", (event) => { event.preventDefault(); analyse(); });
at("texts").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("form").requestSubmit();
});
at("example").addEventListener("click", () => { at("texts").value = EXAMPLE; at("form").requestSubmit(); });
at("unlock").addEventListener("click", unlock);
at("key").addEventListener("change", () => listModels().then(() => fail(""), explainFailure));
at("copy").addEventListener("click", copy);
listModels().catch(explainFailure);
