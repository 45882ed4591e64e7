"use strict";
// Draws the shapes of tlsbench.report.pictures with plotly. Names come from files: what plotly would interpret
// as its own markup, or as mathematics between two dollar signs, is escaped.
const escapeText = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/[$]/g, "&#36;");

function wrapText(text, most, rows = 3) {
  // Between words; within a word only if it is too long for a line, and then after a hyphen or similar.
  const words = String(text).split(/(?<= )/).flatMap((word) => (word.trim().length > most ? word.split(/(?<=[_/-])/) : [word]));
  const lines = [""];
  for (const word of words) {
    for (let piece = word; piece; piece = piece.slice(most)) {
      const part = piece.trimEnd().length > most ? piece.slice(0, most) : piece;
      if (lines[lines.length - 1].length + part.trimEnd().length > most && lines[lines.length - 1]) lines.push("");
      lines[lines.length - 1] += part;
      if (part === piece) break;
    }
  }
  const shown = lines.slice(0, rows);
  if (lines.length > rows) shown[rows - 1] = shown[rows - 1].slice(0, most - 1) + "…";
  return shown.map((line) => escapeText(line.trim())).join("<br>");
}

const isNarrow = () => window.innerWidth < 640;
// On a phone, a label gets more lines instead of an end that is cut: its last words often are what differs.
const labelOf = (text) => (isNarrow() ? wrapText(text, 18, 6) : wrapText(text, 44));
const linesOf = (label) => label.split("<br>").length;
const LINE = 15; // pixels of a line of text next to a picture

function chosenOf(shape, drawn, words) {
  // The items of a shape to draw: those drawn at first, or those with all of the words in their names.
  const names = shape.labels || shape.rows || shape.lines.map((line) => line.name);
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (name) => wanted.every((word) => name.toLowerCase().includes(word));
  const found = wanted.length ? names.map((_, at) => at).filter((at) => has(names[at])) : drawn;
  const at = (found.length ? found : drawn).slice(0, drawn.length);
  const of = (list) => (list && list.length ? at.map((place) => list[place]) : list);
  const each = (lists) => Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, of(list)]));
  const part = { ...shape };
  for (const name of ["labels", "texts", "totals", "values", "kinds", "rows", "lines"]) if (name in part) part[name] = of(part[name]);
  if (part.parts) part.parts = each(part.parts);
  if (part.spans) part.spans = Array.isArray(part.spans) ? of(part.spans) : each(part.spans);
  return [part, found.length];
}

function spansOf(spans, totals) {
  if (!spans || !spans.some(Boolean)) return undefined;
  // Without an interval there is no whisker: one of length zero would suggest a figure without error.
  return {
    type: "data", symmetric: false, thickness: 1, width: 3,
    array: spans.map((span, at) => (span ? Math.max(0, span[1] - totals[at]) : NaN)),
    arrayminus: spans.map((span, at) => (span ? Math.max(0, totals[at] - span[0]) : NaN)),
  };
}

function slotsOf(shape) {
  // Each label's existing bars are one below the other, in pixels, next to its own lines of text.
  const names = Object.keys(shape.parts);
  const texts = shape.labels.map((label, at) => labelOf(label) + (shape.texts.length ? `<br>${labelOf(shape.texts[at])}` : ""));
  const bars = names.map(() => []);
  const middles = [];
  let next = 0;
  shape.labels.forEach((_, at) => {
    const own = names.map((name, number) => number).filter((number) => shape.parts[names[number]][at] !== null);
    const rows = shape.is_stacked ? 1 : own.length;
    const height = Math.max(rows * LINE, linesOf(texts[at]) * LINE) + 9;
    middles.push(next + height / 2);
    own.forEach((number, row) => { bars[number][at] = next + height / 2 + (shape.is_stacked ? 0 : (row - (rows - 1) / 2) * LINE); });
    next += height;
  });
  return { bars, middles, texts, height: next };
}

function drawBars(shape, colours) {
  const slots = slotsOf(shape);
  const data = Object.entries(shape.parts).map(([name, values], number) => {
    const at = values.map((_, place) => place).filter((place) => values[place] !== null);
    const spans = shape.spans[name];
    return {
      type: "bar", orientation: "h", name: escapeText(name), y: at.map((place) => slots.bars[number][place]), x: at.map((place) => values[place]), width: LINE - 3,
      marker: { color: colours[number % colours.length] },
      error_x: shape.is_stacked || !spans ? undefined : spansOf(at.map((place) => spans[place]), at.map((place) => values[place])),
      customdata: at.map((place) => escapeText(shape.labels[place])),
      hovertemplate: "%{customdata}<br>%{x:,.7~g} " + escapeText(shape.unit) + "<extra>" + escapeText(name) + "</extra>",
    };
  });
  if (shape.totals.length) data.push({
    type: "scatter", mode: "markers", name: "together", y: slots.middles, x: shape.totals,
    marker: { color: colours[7], size: 7 }, error_x: spansOf(shape.spans.together, shape.totals),
    customdata: shape.labels.map(escapeText),
    hovertemplate: "%{customdata}<br>%{x:,.7~g} " + escapeText(shape.unit) + "<extra>together</extra>",
  });
  if (shape.mark) data.push({
    type: "scatter", mode: "lines", name: wrapText(shape.mark[1], 60), x: [shape.mark[0], shape.mark[0]], y: [0, slots.height],
    line: { dash: "dash", width: 1.5, color: colours[5] }, hoverinfo: "skip",
  });
  return [data, {
    barmode: shape.is_stacked ? "stack" : "overlay",
    xaxis: { title: { text: escapeText(shape.unit) }, rangemode: "tozero" },
    yaxis: { tickvals: slots.middles, ticktext: slots.texts, range: [slots.height, 0], showgrid: false, zeroline: false },
    height: 130 + slots.height,
  }];
}

function logTicks(values) {
  // 1, 2 and 5 times each power of ten that the values reach; only 1 if there are many powers.
  const known = values.filter((value) => value > 0);
  const [low, high] = [Math.floor(Math.log10(Math.min(...known))), Math.ceil(Math.log10(Math.max(...known)))];
  const digits = high - low > 4 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: high - low + 1 }, (_, at) => low + at);
  return powers.flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)));
}

function placeNotes(shape, width) {
  // The notes of all lines: those at an end are written inwards. Those over others that are written are read on
  // hover only. Distances are those of the least area that a picture has, in pixels.
  const heightOf = (y) => (shape.y_is_log ? Math.log(y) : y);
  const all = shape.lines.flatMap((line) => [line.y, line.low, line.high].flat()).filter((y) => y !== null).map(heightOf).filter(Number.isFinite);
  const places = shape.lines.flatMap((line) => line.x);
  const [left, right, low, high] = [Math.min(...places), Math.max(...places), Math.min(...all), Math.max(...all)];
  const written = [];
  return shape.lines.flatMap((line, number) => Object.entries(line.notes || {}).map(([at, text]) => {
    const [x, y, size] = [line.x[at], line.y[at], 8 * text.length];
    const across = ((x - left) / (right - left || 1)) * (width - 110);
    const up = ((heightOf(y) - low) / (high - low || 1)) * 200;
    const side = across < size / 2 ? "right" : across > width - 110 - size / 2 ? "left" : "center";
    const start = across - { right: 0, center: size / 2, left: size }[side];
    const hasRoom = written.every((one) => start > one.start + one.size || one.start > start + size || Math.abs(up - one.up) > LINE + 3);
    if (hasRoom) written.push({ start, size, up });
    return { number, x, y, text, side, hasRoom };
  }));
}

function drawLines(shape, colours, width) {
  const notes = placeNotes(shape, width);
  const symbols = ["circle", "square", "diamond", "triangle-down", "cross", "x", "star", "pentagon"];
  const dashes = ["solid", "dash", "dot", "dashdot"];
  const data = [];
  shape.lines.forEach((line, number) => {
    const colour = colours[number % colours.length];
    const hasSpans = line.low.length > 0;
    data.push({
      type: "scatter", mode: line.x.length > 40 ? "lines" : "lines+markers", name: wrapText(line.name, isNarrow() ? 34 : 70),
      x: line.x, y: line.y,
      line: { color: colour, width: 2, dash: dashes[Math.floor(number / colours.length) % 4 || (number % 2 && shape.is_stepped ? 1 : 0)], shape: shape.is_stepped ? "hv" : "linear" },
      marker: { symbol: symbols[number % symbols.length], size: 7 },
      error_y: hasSpans ? spansOf(line.low.map((low, at) => [low, line.high[at]]), line.y) : undefined,
      hovertemplate: "%{x:,.7~g}: %{y:,.7~g}<extra>" + escapeText(line.name) + "</extra>",
    });
    const noted = notes.filter((note) => note.number === number);
    if (noted.length) data.push({
      type: "scatter", mode: "markers+text", showlegend: false, x: noted.map(({ x }) => x), y: noted.map(({ y }) => y),
      text: noted.map(({ text, hasRoom }) => (hasRoom ? escapeText(text) : "")), textposition: noted.map(({ side }) => `top ${side}`),
      customdata: noted.map(({ text }) => escapeText(text)), hovertemplate: "%{customdata}<extra>" + escapeText(line.name) + "</extra>",
      marker: { size: 12, symbol: "circle-open", color: colour },
    });
  });
  if (shape.marks.length) data.push({
    type: "scatter", mode: "markers", name: "lines cross", x: shape.marks.map(([x]) => x), y: shape.marks.map(([, y]) => y),
    marker: { symbol: "circle-open", size: 14, color: colours[7], line: { width: 2 } }, hovertemplate: "%{x:,.4~g} B<extra></extra>",
  });
  const ticks = Object.entries(shape.ticks || {}).map(([x, text]) => [Number(x), text]).sort((one, other) => one[0] - other[0]);
  const layout = {
    xaxis: { title: { text: escapeText(shape.x_title) }, type: shape.x_is_log ? "log" : "linear" },
    yaxis: { title: { text: escapeText(shape.y_title) }, rangemode: shape.y_from_zero ? "tozero" : undefined, type: shape.y_is_log ? "log" : "linear", tickformat: ",.7~g", tickvals: shape.y_is_log ? logTicks(shape.lines.flatMap((line) => line.y)) : undefined },
    height: 400 + (isNarrow() ? 46 : 24) * shape.lines.length,
    legend: { entrywidthmode: "fraction", entrywidth: isNarrow() || shape.lines.some((line) => line.name.length > 45) ? 1 : 0.5 },
  };
  // Names are wrapped if they do not fit side by side, and slanted if that is not enough.
  const isWithin = (most) => ticks.reduce((sum, [, text]) => sum + 2 + Math.min(most, text.length), 0) <= (isNarrow() ? 40 : 140);
  const isSlanted = !isWithin(16);
  if (ticks.length) Object.assign(layout.xaxis, { tickvals: ticks.map(([x]) => x), ticktext: ticks.map(([, text]) => wrapText(text, isSlanted || isWithin(44) ? 44 : 16)), tickangle: isSlanted ? -45 : 0 });
  if (isSlanted) layout.slant = 5 * Math.min(44, Math.max(...ticks.map(([, text]) => text.length)));
  // Plotly hides a slanted name that would start left of the picture.
  if (isSlanted) layout.lead = 5 * Math.min(isNarrow() ? 20 : 44, ticks[0][1].length);
  return [data, layout];
}

function drawDots(shape, colours) {
  const colourOf = { faster: colours[0], slower: colours[5], "~": colours[7] };
  const symbolOf = { faster: "triangle-left", slower: "triangle-right", "~": "circle" };
  const places = shape.labels.map((_, at) => at);
  const data = [...new Set(shape.kinds)].map((kind) => {
    const of = places.filter((at) => shape.kinds[at] === kind);
    const values = of.map((at) => shape.values[at]);
    return {
      type: "scatter", mode: "markers", name: kind === "~" ? "~ (inconclusive)" : escapeText(kind), x: values, y: of,
      marker: { color: colourOf[kind] || colours[7], symbol: symbolOf[kind] || "circle", size: 10 },
      error_x: spansOf(of.map((at) => shape.spans[at]), values),
      customdata: of.map((at) => escapeText(shape.labels[at])),
      hovertemplate: "%{customdata}<br>%{x:.3f}<extra></extra>",
    };
  });
  return [data, {
    xaxis: { title: { text: escapeText(shape.unit) } },
    yaxis: { tickvals: places, ticktext: shape.labels.map(labelOf), range: [places.length - 0.5, -0.5] },
    shapes: [{ type: "line", x0: shape.reference, x1: shape.reference, yref: "paper", y0: 0, y1: 1, line: { width: 1 } }],
    height: 140 + places.length * Math.max(28, Math.max(...shape.labels.map((label) => linesOf(labelOf(label)))) * LINE + 9),
  }];
}

function drawHeat(shape) {
  const logs = shape.values.map((row) => row.map((value) => (value === null ? null : Math.log10(value))));
  const top = Math.max(0.3, ...logs.flat().filter((value) => value !== null));
  const ticks = [1, 1.5, 2, 3, 5, 10, 30, 100].filter((tick) => Math.log10(tick) <= top);
  const width = Math.max(4, Math.floor((isNarrow() ? 230 : 620) / shape.columns.length / 5.8));
  const height = shape.rows.reduce((sum, row) => sum + Math.max(30, linesOf(labelOf(row)) * LINE + 8), 0);
  // What is not ranked has no colour, and not every plotly writes text where there is none.
  const notes = logs.flatMap((row, y) => row.map((value, x) => ({ value, x, y, text: shape.texts[y][x] })))
    .filter((one) => one.value === null && one.text)
    .map(({ x, y, text }) => ({ x, y, text: escapeText(text), showarrow: false }));
  const data = [{
    type: "heatmap", z: logs, x: shape.columns.map((_, at) => at), y: shape.rows.map((_, at) => at), colorscale: "Cividis", reversescale: true, zmin: 0, zmax: top, xgap: 2, ygap: 2,
    text: shape.texts.map((row, y) => row.map((text, x) => (logs[y][x] === null ? "" : escapeText(text)))), texttemplate: "%{text}",
    customdata: shape.rows.map((row) => shape.columns.map((column) => `${escapeText(column)}<br>${escapeText(row)}`)), hovertemplate: "%{customdata}<br>%{text}<extra></extra>",
    colorbar: { title: { text: escapeText(shape.unit), side: "right" }, tickvals: ticks.map(Math.log10), ticktext: ticks.map(String), thickness: 12 },
    showscale: !isNarrow(),
  }];
  return [data, {
    xaxis: { tickvals: shape.columns.map((_, at) => at), ticktext: shape.columns.map((text) => wrapText(text, width)), tickangle: 0, side: "top", showgrid: false, zeroline: false },
    yaxis: { tickvals: shape.rows.map((_, at) => at), ticktext: shape.rows.map(labelOf), autorange: "reversed", showgrid: false, zeroline: false },
    annotations: notes,
    height: 150 + height,
  }];
}

const FORMS = { Bars: drawBars, Lines: drawLines, Dots: drawDots, Heat: drawHeat };

// The text below a picture on its own: its title, what differs in it, what does not, and its origin.
function wordsBelow(picture, element) {
  const most = Math.max(30, Math.floor((element.clientWidth || 700) / 6.4));
  const lines = [picture.beside, picture.scenario, ...picture.origin].filter(Boolean).flatMap((line) => wrapText(line, most, 6).split("<br>"));
  return [`<b>${escapeText(picture.title)}</b>`, ...lines];
}

function drawPicture(element, picture, words, colours) {
  const style = getComputedStyle(document.documentElement);
  const [text, soft, line, ground] = ["--text", "--soft", "--line", "--ground"].map((name) => style.getPropertyValue(name).trim());
  const shape = picture.drawn.length ? chosenOf(picture.shape, picture.drawn, words)[0] : picture.shape;
  const [data, { slant = 0, lead = 0, ...layout }] = FORMS[picture.form](shape, colours, element.clientWidth || 700);
  const below = wordsBelow(picture, element);
  layout.height += slant; // for slanted names below the picture
  const room = 14 * below.length + 12;
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: soft, automargin: true };
  const whole = {
    paper_bgcolor: ground, plot_bgcolor: ground, font: { color: text, size: isNarrow() ? 11 : 13, family: "system-ui, DejaVu Sans, sans-serif" },
    hoverlabel: { namelength: -1 }, showlegend: picture.form !== "Heat", ...layout,
    title: { text: below.join("<br>"), font: { size: 10.5, color: soft }, x: 0, xref: "container", xanchor: "left", y: (room - 6) / (layout.height + room), yref: "container", yanchor: "top", pad: { l: 6 } },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, xanchor: "left", traceorder: "normal", ...layout.legend },
    margin: { l: 10 + lead, r: 16, t: 40, b: 44 + slant + room },
    height: layout.height + room,
    xaxis: { ...axis, ...layout.xaxis }, yaxis: { ...axis, ...layout.yaxis },
  };
  for (const one of [whole.xaxis, whole.yaxis]) if (one.title) one.title = { standoff: 10, font: { size: isNarrow() ? 11 : 13 }, ...one.title };
  (whole.shapes || []).forEach((one) => { one.line.color = text; });
  if (picture.form === "Bars") data.forEach((one) => { if (one.error_x) one.error_x.color = text; });
  element.style.minHeight = `${whole.height}px`;
  return Plotly.react(element, data, whole, {
    responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"], displayModeBar: isNarrow() ? false : "hover",
    toImageButtonOptions: { filename: `tlsbench-${picture.kind}`, scale: 2 },
  });
}
