// Draws what the page's data says. Everything that comes from the data is put
// in as text, never as HTML.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);

// An element: name, { attribute: value }, children that are nodes or text.
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function svg(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  return made;
}

const isNumber = (value) => typeof value === "number";

// Four digits that count; signed where differences are shown.
function show(value, signed) {
  if (!isNumber(value)) return "-";
  const text = value === 0 ? "0" : String(Number(value.toPrecision(4)));
  return signed && value > 0 ? "+" + text : text.replace("-", "\u2212");
}

// Inside of a chart there is no room for more.
const clip = (text) => text.length > 50 ? text.slice(0, 48) + "\u2026" : text;

const rgb = (c) => `rgb(${c[0]}, ${c[1]}, ${c[2]})`;

const seriesColour = (s) => data.colours.palette[s % data.colours.palette.length];

// The colour of a value on a scale of colours.
function colourOf(value, low, high, colours) {
  let share = high > low ? (value - low) / (high - low) : 0.5;
  share = Math.min(Math.max(share, 0), 1) * (colours.length - 1);
  const i = Math.min(Math.floor(share), colours.length - 2);
  return colours[i].map((part, c) =>
    Math.round(part + (colours[i + 1][c] - part) * (share - i)));
}

const isDark = (c) => 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2] < 128;

function caption(figure, extra) {
  const made = element("figcaption", {}, figure.title + (extra || ""));
  if (figure.note) made.append(element("p", {}, figure.note));
  return made;
}

// ----------------------------------------------------------------- heatmaps

// Cells show their numbers in a heatmap of no more than so many.
const NUMBERED = 600;

function cellText(value, figure) {
  const scaled = value * 10 ** figure.power;
  const text = scaled.toFixed(figure.decimals);
  return (figure.diverging && scaled >= 0 ? "+" : "") +
    text.replace("-", "\u2212");
}

function describeCell(figure, i, j) {
  const value = figure.cells[i][j];
  const mark = figure.marks[i][j] ? `; ${figure.mark_means}` : "";
  return `${figure.y.label} ${figure.y.values[i]}, ${figure.x.label} ` +
    `${figure.x.values[j]}: ${show(value, figure.diverging)}${mark}`;
}

function cellOf(figure, i, j, isSmall) {
  const value = figure.cells[i][j];
  const cell = element("td", { "data-i": i, "data-j": j, tabindex: -1 });
  if (!isNumber(value)) {
    cell.className = "empty";
    if (!isSmall) cell.textContent = "-";
    return cell;
  }
  const c = colourOf(value, figure.low, figure.high,
    figure.diverging ? data.colours.diverging : data.colours.sequential);
  cell.style.background = rgb(c);
  if (isSmall) {
    cell.setAttribute("aria-label", show(value, figure.diverging));
    return cell;
  }
  cell.style.color = isDark(c) ? "#fff" : "#000";
  cell.textContent = cellText(value, figure) + (figure.marks[i][j] ? "*" : "");
  return cell;
}

function heatmapTable(figure, isSmall) {
  const { x, y } = figure;
  // Of many names, those that leave room.
  const everyX = isSmall ? Math.ceil(x.values.length / 40) : 1;
  const everyY = isSmall ? Math.ceil(y.values.length / 60) : 1;
  const head = element("tr", {}, element("th",
    { class: "axis", title: y.label }, y.label));
  x.values.forEach((name, j) => head.append(element("th",
    { scope: "col", class: "name", title: name },
    j % everyX === 0 ? name : "")));
  const body = element("tbody");
  y.values.forEach((name, i) => {
    const row = element("tr", {}, element("th",
      { scope: "row", class: "name", title: name },
      i % everyY === 0 ? name : ""));
    x.values.forEach((_, j) => row.append(cellOf(figure, i, j, isSmall)));
    body.append(row);
  });
  return element("table", { class: isSmall ? "cells small" : "cells" },
    element("caption", { class: "unseen" }, figure.title),
    element("thead", {}, element("tr", {}, element("th"), element("th",
      { class: "axis", colspan: Math.max(x.values.length, 1) }, x.label)),
    head), body);
}

// Arrow keys go from cell to cell; what is entered or pointed at is told.
function watchCells(table, figure, readout) {
  const cellAt = (i, j) => table.querySelector(
    `td[data-i="${i}"][data-j="${j}"]`);
  const tell = (event) => {
    const cell = event.target.closest("td");
    if (cell) {
      readout.textContent = describeCell(figure, +cell.dataset.i,
        +cell.dataset.j);
    }
  };
  table.addEventListener("mouseover", tell);
  table.addEventListener("focusin", tell);
  table.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0],
      ArrowDown: [1, 0] }[event.key];
    const cell = event.target.closest("td");
    const next = step && cell &&
      cellAt(+cell.dataset.i + step[0], +cell.dataset.j + step[1]);
    if (!next) return;
    event.preventDefault();
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  const first = cellAt(0, 0);
  if (first) first.tabIndex = 0;
}

function scaleBar(figure) {
  const colours = figure.diverging ? data.colours.diverging
    : data.colours.sequential;
  const bar = element("span", { class: "bar" });
  bar.style.background =
    `linear-gradient(90deg, ${colours.map(rgb).join(", ")})`;
  return element("div", { class: "scale", "aria-hidden": "true" },
    show(figure.low, figure.diverging), bar,
    show(figure.high, figure.diverging));
}

function drawHeatmap(place, figure) {
  const isSmall = figure.x.values.length * figure.y.values.length > NUMBERED;
  const unit = !isSmall && figure.power > 0 ? ` (in 1e\u2212${figure.power})`
    : "";
  const readout = element("output", { class: "readout" },
    "Point at a cell, or go through them by arrow keys.");
  const table = heatmapTable(figure, isSmall);
  watchCells(table, figure, readout);
  place.replaceChildren(caption(figure, unit),
    element("div", { class: "scroll" }, table), scaleBar(figure),
    figure.mark_means ? element("p", { class: "soft" },
      (isSmall ? "" : "*: ") + figure.mark_means +
      (isSmall ? " where the line below says so" : "")) : "", readout);
}

// ---------------------------------------------------------------- intervals

function intervalPlot(row, figure) {
  const { low, high } = figure.x;
  const at = (value) => `${((value - low) / (high - low) * 100).toFixed(3)}%`;
  const made = svg("svg", { "aria-hidden": "true" });
  const colour = rgb(seriesColour(0));
  if (low < 0 && high > 0) {
    made.append(svg("line", { x1: at(0), x2: at(0), y1: 0, y2: "100%",
      stroke: "var(--line)", "stroke-width": 2 }));
  }
  if (!isNumber(row.mean)) return made;
  if (figure.bars) {
    made.append(svg("rect", { x: at(Math.min(0, row.mean)), y: "25%",
      width: `${Math.abs(row.mean) / (high - low) * 100}%`, height: "50%",
      fill: colour, "fill-opacity": 0.4 }));
  }
  if (row.mean < low || row.mean > high) {
    const arrow = svg("text", { x: row.mean < low ? "0" : "100%", y: "50%",
      "dominant-baseline": "central", fill: colour,
      "text-anchor": row.mean < low ? "start" : "end" });
    arrow.textContent = row.mean < low ? "\u25c2" : "\u25b8";
    made.append(arrow);
    return made;
  }
  if (isNumber(row.low) && isNumber(row.high)) {
    made.append(svg("line", { x1: at(row.low), x2: at(row.high), y1: "50%",
      y2: "50%", stroke: colour, "stroke-width": 3 }));
  }
  made.append(svg("circle", { cx: at(row.mean), cy: "50%", r: 5,
    fill: colour }));
  return made;
}

function drawIntervals(place, figure) {
  const body = element("tbody");
  for (const row of figure.rows) {
    body.append(element("tr", {}, element("th", { scope: "row" }, row.label),
      element("td", { class: "plot" }, intervalPlot(row, figure)),
      element("td", { class: "number" }, row.shown)));
  }
  place.replaceChildren(caption(figure),
    element("table", { class: "marks" },
      element("caption", { class: "unseen" },
        `${figure.title}; ${figure.x.label}`), body),
    element("p", { class: "soft" }, figure.x.label));
}

// -------------------------------------------------------------------- lines

const charts = [];

const theme = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A series is its line, and before it the two edges of its band.
function datasetsOf(figure) {
  const list = [];
  const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
  figure.series.forEach((series, s) => {
    const colour = seriesColour(s).join(", ");
    const common = { parsing: false, normalized: true, pointHoverRadius: 4,
      stepped: series.steps ? "before" : false, borderColor: `rgb(${colour})`,
      backgroundColor: `rgba(${colour}, 0.2)` };
    const points = (place) => series.points.map((point) => ({ x: point[0],
      y: isNumber(point[place]) ? point[place] : NaN }));
    if (series.band) {
      list.push({ ...common, data: points(2), isBand: true, borderWidth: 0,
        pointRadius: 0, pointHitRadius: 0, pointHoverRadius: 0, fill: false },
      { ...common, data: points(3), isBand: true, borderWidth: 0,
        pointRadius: 0, pointHitRadius: 0, pointHoverRadius: 0, fill: "-1" });
    }
    const dots = series.dots !== "false" || series.points.length === 1;
    list.push({ ...common, label: clip(series.label), data: points(1), series,
      backgroundColor: `rgb(${colour})`, borderWidth: 2,
      borderDash: dashes[Math.floor(s / data.colours.palette.length) % 4],
      showLine: series.dots !== "only", pointRadius: dots ? 2.5 : 0 });
  });
  return list;
}

function tooltipLine(item) {
  const { series } = item.dataset;
  const point = series.points[item.dataIndex];
  const band = series.band && isNumber(point[2]) && isNumber(point[3])
    ? ` (${show(point[2])} to ${show(point[3])})` : "";
  return `${clip(series.label)}: ${show(point[1])}${band}`;
}

function axisOptions(axis) {
  return { type: "linear", min: axis.low, max: axis.high,
    title: { display: true, text: clip(axis.label), color: theme("--soft") },
    ticks: { color: theme("--soft"), maxTicksLimit: 9, includeBounds: false,
      callback: (value) => show(value) },
    grid: { color: theme("--grid") }, border: { color: theme("--line") } };
}

function chartOptions(figure) {
  return {
    animation: false, maintainAspectRatio: false,
    interaction: { mode: "nearest", axis: "x", intersect: false },
    scales: { x: axisOptions(figure.x), y: axisOptions(figure.y) },
    plugins: {
      decimation: { enabled: true, algorithm: "min-max", threshold: 4000 },
      legend: { position: "bottom", align: "start", labels: {
        color: theme("--ink"), boxHeight: 2, boxWidth: 24,
        filter: (item, chart) => !chart.datasets[item.datasetIndex].isBand } },
      tooltip: { filter: (item) => !item.dataset.isBand, callbacks: {
        title: (items) => items.length
          ? `${clip(figure.x.label)}: ${show(items[0].parsed.x)}` : "",
        label: tooltipLine } },
    },
  };
}

// The numbers of all series, one below the other.
function numbersTable(figure) {
  const body = element("tbody");
  for (const series of figure.series) {
    for (const point of series.points.slice(0, 1000)) {
      body.append(element("tr", {}, element("th",
        { scope: "row", class: "name" }, series.label),
      ...[0, 1, 2, 3].map((k) => element("td", {}, isNumber(point[k])
        ? show(point[k]) : ""))));
    }
  }
  const head = ["series", figure.x.label, figure.y.label, "from", "to"];
  return element("div", { class: "scroll" }, element("table",
    { class: "rows" }, element("thead", {}, element("tr", {},
      ...head.map((name) => element("th", { scope: "col" }, name)))), body));
}

function drawLines(place, figure) {
  const canvas = element("canvas", { role: "img", "aria-label":
    `${figure.title}: ${figure.y.label} over ${figure.x.label}; ` +
    "the numbers are in the table below." });
  const numbers = element("details", {}, element("summary", {}, "Numbers"));
  numbers.addEventListener("toggle", () => {
    if (numbers.childElementCount === 1) numbers.append(numbersTable(figure));
  });
  place.replaceChildren(caption(figure),
    element("div", { class: "canvas" }, canvas), numbers);
  const chart = new Chart(canvas, { type: "line",
    data: { datasets: datasetsOf(figure) }, options: chartOptions(figure) });
  charts.push([chart, figure]);
}

// Colours are the page's: on paper, and where it is light or dark.
function repaint() {
  for (const [chart, figure] of charts) {
    chart.options = chartOptions(figure);
    chart.update("none");
  }
}

// --------------------------------------------------------------- full table

const PAGE = 50;

function csvField(value) {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// A clipboard that a page from a file may not have is a selected text.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = element("textarea", {}, text);
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

// Empty cells come last, whichever way.
function comparing(column, falls) {
  return (a, b) => {
    const x = a.cells[column], y = b.cells[column];
    if (x === y) return a.order - b.order;
    if (x === null || x === "") return 1;
    if (y === null || y === "") return -1;
    const rises = isNumber(x) && isNumber(y) ? x - y
      : String(x).localeCompare(String(y));
    return falls ? -rises : rises;
  };
}

class FullTable {
  constructor(place, table) {
    this.table = table;
    this.rows = table.rows.map((row, order) => ({ ...row, order }));
    this.shown = PAGE;
    this.body = element("tbody");
    this.status = element("output", { class: "soft" });
    this.more = element("button", { type: "button" }, "Show more");
    this.more.addEventListener("click", () => {
      this.shown *= 4;
      this.fill();
    });
    const head = this.head();
    place.replaceChildren(this.controls(), element("div", { class: "scroll" },
      element("table", { class: "rows" }, head, this.body)),
    element("p", { class: "soft" }, this.status),
    element("div", { class: "controls" }, this.more));
    this.sort(table.sorted, head.rows[0].cells[table.sorted]);
  }

  controls() {
    this.filter = element("input", { type: "search", size: 24,
      placeholder: "part of a name" });
    this.filter.addEventListener("input", () => this.fill());
    const button = element("button", { type: "button" }, "Copy as CSV");
    button.addEventListener("click", async () => {
      await copy(this.csv());
      this.status.textContent = `${this.found().length} rows copied.`;
    });
    return element("div", { class: "controls" },
      element("label", {}, "Rows with ", this.filter), button);
  }

  head() {
    const row = element("tr");
    this.table.columns.forEach((column, c) => {
      const button = element("button", { type: "button" }, column.title);
      const cell = element("th", { scope: "col",
        class: c === 0 ? "name" : "" }, button);
      button.addEventListener("click", () => this.sort(c, cell));
      row.append(cell);
    });
    return element("thead", {}, row);
  }

  // The better way round first; the other one when asked again.
  sort(column, cell) {
    const rises = this.table.columns[column].rises;
    const first = rises ? "ascending" : "descending";
    const order = cell.getAttribute("aria-sort") !== first ? first
      : rises ? "descending" : "ascending";
    for (const other of cell.parentNode.children) {
      other.removeAttribute("aria-sort");
    }
    cell.setAttribute("aria-sort", order);
    this.rows.sort(comparing(column, order === "descending"));
    this.fill();
  }

  // Rows with all the words that are asked for.
  found() {
    const words = this.filter.value.toLowerCase().split(/\s+/)
      .filter((word) => word !== "");
    return this.rows.filter((row) => {
      const text = String(row.cells[0]).toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  csv() {
    const lines = [this.table.columns.map((column) => csvField(column.name))];
    for (const row of this.found()) lines.push(row.cells.map(csvField));
    return lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
  }

  fill() {
    const found = this.found();
    this.body.replaceChildren(...found.slice(0, this.shown).map((row) =>
      element("tr", { class: row.kind }, ...row.cells.map((value, c) =>
        c === 0 ? element("th", { scope: "row", class: "name", title: value },
          value) : element("td", {}, isNumber(value)
          ? value.toFixed(this.table.columns[c].decimals) : value || "-")))));
    const count = Math.min(found.length, this.shown);
    this.status.textContent = `${count} of ${found.length} rows`;
    this.more.hidden = count === found.length;
  }
}

// --------------------------------------------------------------------- page

const drawers = { heatmap: drawHeatmap, intervals: drawIntervals,
  lines: drawLines };

function chooseHeatmap(place, list) {
  const select = element("select", {});
  list.forEach((figure, i) => select.append(element("option", { value: i },
    figure.title)));
  const figure = element("figure");
  select.addEventListener("change", () =>
    drawHeatmap(figure, list[select.value]));
  place.replaceChildren(element("div", { class: "controls" },
    element("label", {}, "Metric ", select)), figure);
  drawHeatmap(figure, list[0]);
}

function draw() {
  for (const place of document.querySelectorAll("[data-figure]")) {
    const figure = data.figures[place.dataset.figure];
    drawers[figure.kind](place, figure);
  }
  const heatmaps = document.getElementById("heatmaps");
  if (heatmaps) chooseHeatmap(heatmaps, data.heatmaps);
  const table = document.getElementById("table");
  if (table) new FullTable(table, data.table);
  for (const query of ["(prefers-color-scheme: dark)", "print"]) {
    matchMedia(query).addEventListener("change", repaint);
  }
  document.documentElement.dataset.drawn = "yes";
}

draw();
