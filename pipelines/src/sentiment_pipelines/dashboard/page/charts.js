"use strict";
// Draws the course of figures as SVG. A course is a list of numbers, null where there was none.

const SVG = "http://www.w3.org/2000/svg";
const SIZE = {
  // On a phone it is drawn in its own size: shrunk, nobody could read the scale.
  get width() { return window.innerWidth < 600 ? 320 : 560; },
  height: 190, left: 46, right: 8, top: 8, bottom: 22,
};
const KNOWN = {
  negative: "--negative", neutral: "--neutral", positive: "--positive", limit: "--bad", objective: "--bad",
};
const COLOURS = 8;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function drawn(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function shown(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "percentunit") {
    const percent = 100 * value;
    return `${percent.toFixed(percent === 0 || percent >= 10 ? 0 : percent >= 1 ? 1 : 2)} %`;
  }
  if (unit === "s") {
    if (value === 0) return "0 s";
    if (value >= 3600) return `${(value / 3600).toFixed(1)} h`;
    if (value >= 90) return `${Math.round(value / 60)} min`;
    return value >= 1 ? `${value.toFixed(1)} s` : `${(1000 * value).toFixed(value < 0.01 ? 1 : 0)} ms`;
  }
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  const number = value.toLocaleString("en", { maximumFractionDigits: digits });
  return unit === "reqps" || unit === "cps" ? `${number}/s` : number;
}

function colour(name, place) {
  const label = Object.keys(KNOWN).find((it) => name.split(" ").includes(it));
  return `var(${label ? KNOWN[label] : `--line-${place % COLOURS}`})`;
}

function niceTop(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 2.5, 5, 10].find((step) => step * power >= value * 0.999);
}

/** A name as it is shown: of a digest its beginning. */
function brief(name) {
  return name.replace(/sha256:([0-9a-f]{12})[0-9a-f]+/, "$1");
}

function last(values) {
  return values.length ? values[values.length - 1] : null;
}

/** Sums of the series up to and with each: the upper edges of what is stacked. */
function stacked(series) {
  const floor = new Array(series[0]?.values.length ?? 0).fill(0);
  return series.map((one) => {
    const low = [...floor];
    one.values.forEach((value, place) => { floor[place] += value ?? 0; });
    return { ...one, low, values: one.values.map((value, place) => value === null ? null : floor[place]) };
  });
}

/** The parts of a course without gaps, as lists of places. */
function parts(values) {
  const found = [];
  values.forEach((value, place) => {
    if (value === null) return;
    if (place && values[place - 1] !== null) last(found).push(place);
    else found.push([place]);
  });
  return found;
}

function chart(panel, times) {
  const { width, height, left, right, top, bottom } = SIZE;
  const series = panel.stacked ? stacked(panel.series) : panel.series;
  const highest = Math.max(0, ...series.flatMap((one) => one.values.filter((value) => value !== null)));
  const ceiling = panel.most ?? niceTop(highest);
  const [begin, end] = [times[0], last(times)];
  const x = (place) => left + (width - left - right) * (end > begin ? (times[place] - begin) / (end - begin) : 1);
  const y = (value) => top + (height - top - bottom) * (1 - Math.min(value / ceiling, 1));
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": described(panel) });
  for (const share of [0, 0.5, 1]) {
    const level = y(share * ceiling);
    svg.append(drawn("line", { x1: left, x2: width - right, y1: level, y2: level, class: "grid" }));
    svg.append(drawn("text", { x: left - 6, y: level + 4, class: "tick end" }, shown(share * ceiling, panel.unit)));
  }
  for (const [place, anchor] of [[0, "start"], [times.length - 1, "end"]]) {
    const hour = new Date(1000 * times[place]).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    svg.append(drawn("text", { x: x(place), y: height - 5, class: `tick ${anchor}` }, hour));
  }
  series.forEach((one, number) => {
    const ink = colour(one.name, number);
    for (const places of parts(one.values)) {
      const line = places.map((place) => `${x(place).toFixed(1)},${y(one.values[place]).toFixed(1)}`);
      if (panel.stacked) {
        const back = [...places].reverse().map((place) => `${x(place).toFixed(1)},${y(one.low[place]).toFixed(1)}`);
        const area = drawn("polygon", { points: [...line, ...back].join(" "), class: "area" });
        area.style.fill = ink;
        svg.append(area);
      }
      if (places.length === 1) line.push(`${(x(places[0]) + 1.5).toFixed(1)},${y(one.values[places[0]]).toFixed(1)}`);
      const course = drawn("polyline", { points: line.join(" "), class: "course" });
      course.style.stroke = ink;
      svg.append(course);
    }
  });
  if (panel.limit !== null && panel.limit <= ceiling) {
    const level = y(panel.limit);
    svg.append(drawn("line", { x1: left, x2: width - right, y1: level, y2: level, class: "limit" }));
  }
  return svg;
}

function described(panel) {
  const now = panel.series.map((one) => `${one.name} ${shown(last(one.values), panel.unit)}`);
  return `${panel.title}, now: ${now.join(", ") || "nothing"}`;
}

function legend(panel, place) {
  const rows = panel.series.map((one, number) => {
    const mark = element("span", { class: "mark" });
    mark.style.background = colour(one.name, number);
    const value = one.values[place ?? one.values.length - 1];
    return element("li", {}, mark, element("span", { class: "name" }, brief(one.name) || panel.title),
      element("b", {}, shown(value, panel.unit)));
  });
  return element("ul", { class: "legend" }, ...rows);
}
