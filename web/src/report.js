// Makes the static figures of a report live: zoom by dragging, values under the pointer, double click to see all again.
// Without this script the page is complete; it only moves.
import uPlot from "uplot";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const label = (axis) => (axis.unit ? `${axis.quantity} (${axis.unit})` : axis.quantity);

function short(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e6)) return value.toExponential(3);
  return String(Number(value.toPrecision(6)));
}

// Series have their own x; uPlot wants one. Joined, with gaps where a series has no value.
function joined(series) {
  const tables = series.map((s) => {
    const order = s.x.map((_, i) => i).filter((i) => s.x[i] !== null && s.y[i] !== null).sort((a, b) => s.x[a] - s.x[b]);
    return [order.map((i) => s.x[i]), order.map((i) => s.y[i])];
  });
  // Equal x inside a series (a switch recorded twice) must stay two points: nudge by nothing a screen can show.
  for (const [xs] of tables) for (let i = 1; i < xs.length; i++) if (xs[i] <= xs[i - 1]) xs[i] = xs[i - 1] + 1e-9 * Math.max(1, Math.abs(xs[i - 1]));
  return uPlot.join(tables.map((t) => (t[0].length ? t : [[0], [null]])));
}

function extent(series, pick) {
  let low = Infinity, high = -Infinity;
  for (const s of series) for (let i = 0; i < s.x.length; i++) for (const v of pick(s, i)) {
    if (v === null || v === undefined || !Number.isFinite(v)) continue;
    low = Math.min(low, v); high = Math.max(high, v);
  }
  return low < high ? [low, high] : [low - 1, high + 1];
}
const pad = ([low, high], share) => [low - share * (high - low), high + share * (high - low)];

function drawBands(u, figure) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = css("band");
  for (const band of figure.bands) {
    const from = Math.max(bbox.left, u.valToPos(band.from, "x", true)), to = Math.min(bbox.left + bbox.width, u.valToPos(band.to, "x", true));
    if (to > from) ctx.fillRect(from, bbox.top, to - from, bbox.height);
  }
  ctx.restore();
}

// The interval about a line, as a filled strip; broken where it has no value.
function drawStrip(u, series, colour) {
  const { ctx, bbox } = u, at = (i, v) => [u.valToPos(series.x[i], "x", true), u.valToPos(v, "y", true)];
  const given = (i) => [series.x[i], series.y_low[i], series.y_high[i]].every((v) => v !== null && v !== undefined);
  ctx.save();
  ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
  ctx.globalAlpha = 0.16; ctx.fillStyle = colour;
  for (let from = 0; from < series.y_low.length; from++) {
    if (!given(from)) continue;
    let to = from;
    while (to + 1 < series.y_low.length && given(to + 1)) to++;
    ctx.beginPath();
    for (let i = from; i <= to; i++) ctx.lineTo(...at(i, series.y_high[i]));
    for (let i = to; i >= from; i--) ctx.lineTo(...at(i, series.y_low[i]));
    ctx.closePath(); ctx.fill();
    from = to;
  }
  ctx.restore();
}

function drawPoints(u, series, colour) {
  const { ctx, bbox } = u, ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
  ctx.strokeStyle = colour; ctx.lineWidth = 1.3 * ratio;
  const at = (i) => [u.valToPos(series.x[i], "x", true), u.valToPos(series.y[i], "y", true)];
  if (series.y_low.length) for (let i = 0; i < series.x.length; i++) {
    if (series.y[i] === null || series.y_low[i] === null) continue;
    const [x] = at(i), low = u.valToPos(series.y_low[i], "y", true), high = u.valToPos(series.y_high[i], "y", true);
    ctx.beginPath(); ctx.moveTo(x, low); ctx.lineTo(x, high); ctx.stroke();
  }
  const open = series.mark === "open_dots", radius = (series.x.length > 400 ? 2 : 3.6) * ratio;
  ctx.fillStyle = open ? css("paper") : colour;
  for (let i = 0; i < series.x.length; i++) {
    if (series.y[i] === null || series.x[i] === null) continue;
    const [x, y] = at(i);
    ctx.beginPath(); ctx.arc(x, y, radius, 0, 2 * Math.PI); ctx.fill(); if (open) ctx.stroke();
  }
  ctx.restore();
}

function drawSegments(u, figure) {
  const { ctx } = u, ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = css("ink"); ctx.fillStyle = css("ink"); ctx.lineWidth = 1.2 * ratio;
  ctx.font = `${13 * ratio}px system-ui, sans-serif`;
  for (const s of figure.segments) {
    const x0 = u.valToPos(s.x0, "x", true), y0 = u.valToPos(s.y0, "y", true), x1 = u.valToPos(s.x1, "x", true), y1 = u.valToPos(s.y1, "y", true);
    const dx = Math.abs(y1 - y0) > Math.abs(x1 - x0) ? 5 * ratio : 0, dy = dx ? 0 : 5 * ratio;
    ctx.beginPath(); ctx.moveTo(x0, y0); ctx.lineTo(x1, y1);
    ctx.moveTo(x0 - dx, y0 - dy); ctx.lineTo(x0 + dx, y0 + dy); ctx.moveTo(x1 - dx, y1 - dy); ctx.lineTo(x1 + dx, y1 + dy); ctx.stroke();
    ctx.textBaseline = "middle"; ctx.textAlign = dx ? "left" : "center"; ctx.lineWidth = 4 * ratio; ctx.strokeStyle = css("paper");
    const tx = (x0 + x1) / 2 + 8 * ratio * (dx ? 1 : 0), ty = (y0 + y1) / 2 - (dx ? 0 : 12 * ratio);
    ctx.strokeText(s.label, tx, ty); ctx.fillText(s.label, tx, ty);
    ctx.lineWidth = 1.2 * ratio; ctx.strokeStyle = css("ink");
  }
  ctx.restore();
}

function nearest(u, figure, left, top) {
  let best = null, closest = 40 * 40;
  for (const s of figure.series) for (let i = 0; i < s.x.length; i++) {
    if (s.x[i] === null || s.y[i] === null) continue;
    const dx = u.valToPos(s.x[i], "x") - left, dy = u.valToPos(s.y[i], "y") - top, d = dx * dx + dy * dy;
    if (d < closest) { closest = d; best = { s, i }; }
  }
  return best;
}

function showTip(u, figure, tip) {
  const { left, top } = u.cursor;
  const hit = left >= 0 ? nearest(u, figure, left, top) : null;
  if (!hit) { tip.style.display = "none"; return; }
  const { s, i } = hit;
  tip.replaceChildren();
  const line = (text, strong) => { const row = document.createElement(strong ? "b" : "div"); row.textContent = text; tip.append(row); };
  line(s.name, true);
  line(`${figure.x_axis.quantity}: ${short(s.x[i])} ${figure.x_axis.unit}`);
  const interval = s.y_low.length && s.y_low[i] !== null ? ` (95 %: ${short(s.y_low[i])} to ${short(s.y_high[i])})` : "";
  line(`${figure.y_axis.quantity}: ${short(s.y[i])} ${figure.y_axis.unit}${interval}`);
  if (s.notes.length && s.notes[i]) line(s.notes[i]);
  tip.style.display = "block";
  const px = u.valToPos(s.x[i], "x") + u.over.offsetLeft, py = u.valToPos(s.y[i], "y") + u.over.offsetTop;
  const width = tip.offsetWidth, host = tip.parentElement.clientWidth;
  tip.style.left = Math.max(0, px + 14 + width > host ? px - width - 14 : px + 14) + "px";
  tip.style.top = Math.max(0, py - tip.offsetHeight - 10) + "px";
}

function makeLive(host, figure) {
  const tip = host.querySelector(".tip") || host.appendChild(Object.assign(document.createElement("div"), { className: "tip" }));
  const colours = figure.series.map((s) => css(s.role));
  const isLine = (s) => s.mark === "line" || s.mark === "dashed";
  const xs = pad(extent(figure.series, (s, i) => [s.x[i]]), 0.02);
  const ys = pad(extent(figure.series, (s, i) => (s.role === "muted" ? [s.y[i]] : [s.y[i], s.y_low[i], s.y_high[i]])), 0.05);
  const width = host.clientWidth, height = Math.round(Math.max(260, Math.min(430, width * 0.56)));
  const axis = (a, side) => ({ side, stroke: css("ink"), grid: { stroke: css("grid"), width: 1 }, ticks: { stroke: css("soft"), width: 1, size: 5 }, label: label(a), labelSize: 26, size: side === 3 ? 62 : 44, font: "13px system-ui, sans-serif", labelFont: "14px system-ui, sans-serif", space: side === 3 ? 36 : 64, values: (_, ticks) => ticks.map((t) => (t === null ? "" : String(Number(t.toPrecision(8))))) });
  const options = {
    width, height, legend: { show: false },
    scales: { x: { time: false, range: (_, low, high) => (low === null || (low <= xs[0] + 1e-12 && high >= xs[1] - 1e-12) ? xs : [low, high]) }, y: { range: (u, low, high) => (full(u) || low === null ? ys : pad([low, high], 0.08)) } },
    axes: [axis(figure.x_axis, 2), axis(figure.y_axis, 3)],
    cursor: { drag: { x: true, y: false, uni: 20 }, points: { show: false } },
    series: [{}, ...figure.series.map((s, k) => ({ label: s.name, stroke: isLine(s) ? colours[k] : "transparent", width: isLine(s) ? 1.8 : 0, dash: s.mark === "dashed" ? [6, 4] : undefined, spanGaps: true, pxAlign: 0, points: { show: false } }))],
    hooks: {
      drawClear: [(u) => { drawBands(u, figure); figure.series.forEach((s, k) => { if (isLine(s) && s.y_low.length) drawStrip(u, s, colours[k]); }); }],
      draw: [(u) => { figure.series.forEach((s, k) => { if (!isLine(s)) drawPoints(u, s, colours[k]); }); drawSegments(u, figure); }],
      setCursor: [(u) => showTip(u, figure, tip)],
    },
  };
  function full(u) { return u.scales.x.min === undefined || u.scales.x.min === null || (u.scales.x.min <= xs[0] + 1e-9 * (xs[1] - xs[0]) && u.scales.x.max >= xs[1] - 1e-9 * (xs[1] - xs[0])); }
  const plot = new uPlot(options, joined(figure.series), host);
  plot.setScale("x", { min: xs[0], max: xs[1] });
  plot.over.addEventListener("dblclick", () => plot.setScale("x", { min: xs[0], max: xs[1] }));
  plot.over.addEventListener("mouseleave", () => { tip.style.display = "none"; });
  host.classList.add("live");
  return plot;
}

// Maps and bars stay as drawn; a map tells the value under the pointer.
function isDrawn(figure) { return Boolean(figure.map) || figure.x_ticks.length > 0 || figure.series.some((s) => s.mark === "bars"); }

// Under the pointer a map tells its value and shows its row along the bottom and its column along the left.
function cutsOf(svg, [left, top, width, height]) {
  const ns = "http://www.w3.org/2000/svg";
  const add = (name) => { const e = svg.appendChild(document.createElementNS(ns, name)); e.setAttribute("class", name === "line" ? "cross" : "cut"); return e; };
  const parts = [add("line"), add("line"), add("polyline"), add("polyline")];
  const set = (e, attributes) => Object.entries(attributes).forEach(([k, v]) => e.setAttribute(k, v));
  return {
    show(map, column, row) {
      const nx = map.x.length, ny = map.y.length, of = (values) => { const top = Math.max(1e-300, ...values.map((v) => Math.abs(v ?? 0))); return values.map((v) => Math.abs(v ?? 0) / top); };
      const along = of(map.x.map((_, i) => map.z[row * nx + i])), up = of(map.y.map((_, i) => map.z[i * nx + column]));
      const x = left + (column + 0.5) / nx * width, y = top + (1 - (row + 0.5) / ny) * height;
      set(parts[0], { x1: x, x2: x, y1: top, y2: top + height }); set(parts[1], { x1: left, x2: left + width, y1: y, y2: y });
      set(parts[2], { points: along.map((v, i) => `${(left + (i + 0.5) / nx * width).toFixed(1)},${(top + height - 0.3 * height * v).toFixed(1)}`).join(" ") });
      set(parts[3], { points: up.map((v, i) => `${(left + 0.2 * width * v).toFixed(1)},${(top + (1 - (i + 0.5) / ny) * height).toFixed(1)}`).join(" ") });
      parts.forEach((e) => { e.style.display = ""; });
    },
    hide() { parts.forEach((e) => { e.style.display = "none"; }); },
  };
}

function readMap(host, figure) {
  const map = figure.map, svg = host.querySelector("svg");
  if (!map || host.querySelector(".tip")) return;
  const tip = host.appendChild(Object.assign(document.createElement("div"), { className: "tip" }));
  const plot = svg.dataset.plot.split(" ").map(Number), [left, top, width, height] = plot;
  const cuts = cutsOf(svg, plot);
  const hide = () => { tip.style.display = "none"; cuts.hide(); };
  hide();
  svg.addEventListener("mousemove", (event) => {
    const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
    const fx = ((event.clientX - box.left) * scale - left) / width, fy = 1 - ((event.clientY - box.top) * scale - top) / height;
    if (fx < 0 || fx >= 1 || fy < 0 || fy >= 1) { hide(); return; }
    const column = Math.floor(fx * map.x.length), row = Math.floor(fy * map.y.length), z = map.z[row * map.x.length + column];
    tip.textContent = `${figure.x_axis.quantity}: ${short(map.x[column])} ${figure.x_axis.unit}, ${figure.y_axis.quantity}: ${short(map.y[row])} ${figure.y_axis.unit}, ${map.z_axis.quantity}: ${z === null ? "no value" : short(z)} ${map.z_axis.unit}`;
    tip.style.display = "block";
    cuts.show(map, column, row);
    const px = event.clientX - box.left, py = event.clientY - box.top;
    tip.style.left = Math.max(0, px + 14 + tip.offsetWidth > box.width ? px - tip.offsetWidth - 14 : px + 14) + "px";
    tip.style.top = Math.max(0, py - tip.offsetHeight - 10) + "px";
  });
  svg.addEventListener("mouseleave", hide);
}

function offerDownload(figure, name, type, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = `${figure.id}.${name}`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function start() {
  const model = JSON.parse(document.getElementById("report-data").textContent);
  const figures = new Map(model.sections.flatMap((s) => s.figures).map((f) => [f.id, f]));
  let plots = [];
  const build = () => {
    plots.forEach((p) => p.destroy());
    const hosts = [...document.querySelectorAll(".plot[data-figure]")].map((host) => [host, figures.get(host.dataset.figure)]);
    hosts.filter(([, figure]) => isDrawn(figure)).forEach(([host, figure]) => { host.classList.add("drawn"); readMap(host, figure); });
    plots = hosts.filter(([, figure]) => !isDrawn(figure)).map(([host, figure]) => makeLive(host, figure));
  };
  build();
  window.litho = { get plots() { return plots; } };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
  let width = innerWidth, timer = 0;
  addEventListener("resize", () => { if (innerWidth === width) return; width = innerWidth; clearTimeout(timer); timer = setTimeout(build, 120); });
  document.querySelectorAll("button[data-csv]").forEach((button) => {
    const figure = figures.get(button.dataset.csv);
    button.addEventListener("click", () => offerDownload(figure, "csv", "text/csv", document.getElementById("csv-" + figure.id).textContent));
  });
}
start();
