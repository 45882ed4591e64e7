"use strict";
// Draws the shapes of tlsbench.report.pictures with plotly. Names come from files: what plotly would take for
// its own markup is escaped.
const escapeText = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

function wrapText(text, most) {
  const lines = [""];
  for (const word of String(text).split(/(?<=[ _/-])/)) {
    for (let piece = word; piece; piece = piece.slice(most)) {
      const part = piece.slice(0, most);
      if (lines[lines.length - 1].length + part.length > most && lines[lines.length - 1]) lines.push("");
      lines[lines.length - 1] += part;
    }
  }
  const shown = lines.slice(0, 3);
  if (lines.length > 3) shown[2] = shown[2].slice(0, most - 1) + "…";
  return shown.map((line) => escapeText(line.trim())).join("<br>");
}

const isNarrow = () => window.innerWidth < 640;
const labelOf = (text) => wrapText(text, isNarrow() ? 18 : 44);
const rowHeight = (labels) =>
  Math.max(...labels.map((label) => labelOf(label).split("<br>").length)) * 13 + 13;

function spansOf(spans, totals) {
  if (!spans || !spans.some(Boolean)) return undefined;
  return {
    type: "data", symmetric: false, thickness: 1, width: 3,
    array: spans.map((span, at) => (span ? Math.max(0, span[1] - totals[at]) : 0)),
    arrayminus: spans.map((span, at) => (span ? Math.max(0, totals[at] - span[0]) : 0)),
  };
}

function drawBars(shape, colours) {
  const places = shape.labels.map((_, at) => at);
  const names = Object.keys(shape.parts);
  const data = names.map((name, number) => ({
    type: "bar", orientation: "h", name: escapeText(name), y: places, x: shape.parts[name],
    marker: { color: colours[number % colours.length] },
    customdata: shape.labels.map(escapeText),
    hovertemplate: "%{customdata}<br>%{x:,.7~g} " + escapeText(shape.unit) + "<extra>" + escapeText(name) + "</extra>",
  }));
  if (shape.totals.length) data.push({
    type: "scatter", mode: "markers", name: "together", y: places, x: shape.totals,
    marker: { color: colours[7], size: 6 }, error_x: spansOf(shape.spans, shape.totals), customdata: shape.labels.map(escapeText),
    hovertemplate: "%{customdata}<br>%{x:,.7~g} " + escapeText(shape.unit) + "<extra>together</extra>",
  });
  const layout = {
    barmode: shape.is_stacked ? "stack" : "group",
    xaxis: { title: { text: escapeText(shape.unit) }, rangemode: "tozero" },
    yaxis: { tickvals: places, ticktext: shape.labels.map(labelOf), range: [places.length - 0.5, -0.5] },
    height: 130 + places.length * Math.max(rowHeight(shape.labels), shape.is_stacked ? 26 : 14 * names.length + 6),
  };
  if (shape.mark) {
    layout.shapes = [{ type: "line", x0: shape.mark[0], x1: shape.mark[0], yref: "paper", y0: 0, y1: 1, line: { dash: "dash", width: 1 } }];
    layout.annotations = [{ x: shape.mark[0], yref: "paper", y: 1, yanchor: "bottom", showarrow: false, text: wrapText(shape.mark[1], 24), font: { size: 11 } }];
    layout.margin = { t: 48 };
    layout.height += 40;
  }
  return [data, layout];
}

function drawLines(shape, colours) {
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
    const notes = Object.entries(line.notes || {});
    if (notes.length) data.push({
      type: "scatter", mode: "markers+text", showlegend: false, x: notes.map(([at]) => line.x[at]), y: notes.map(([at]) => line.y[at]),
      text: notes.map(([, note]) => escapeText(note)), textposition: "top center", marker: { size: 12, symbol: "circle-open", color: colour }, hoverinfo: "skip",
    });
  });
  if (shape.marks.length) data.push({
    type: "scatter", mode: "markers", name: "lines cross", x: shape.marks.map(([x]) => x), y: shape.marks.map(([, y]) => y),
    marker: { symbol: "circle-open", size: 14, color: colours[7], line: { width: 2 } }, hovertemplate: "%{x:,.4~g} B<extra></extra>",
  });
  const ticks = Object.entries(shape.ticks || {}).map(([x, text]) => [Number(x), text]).sort((one, other) => one[0] - other[0]);
  const layout = {
    xaxis: { title: { text: escapeText(shape.x_title) }, type: shape.x_is_log ? "log" : "linear" },
    yaxis: { title: { text: escapeText(shape.y_title) }, type: shape.y_is_log ? "log" : "linear", tickformat: ",.7~g", dtick: shape.y_is_log ? undefined : null },
    height: 360 + (isNarrow() ? 46 : 24) * shape.lines.length,
    legend: { orientation: "h", y: -0.22, x: 0, xanchor: "left", entrywidthmode: "fraction", entrywidth: isNarrow() || shape.lines.some((line) => line.name.length > 45) ? 1 : 0.5 },
  };
  if (ticks.length) Object.assign(layout.xaxis, { tickvals: ticks.map(([x]) => x), ticktext: ticks.map(([, text]) => wrapText(text, 16)) });
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
      type: "scatter", mode: "markers", name: kind === "~" ? "~ (not to be told apart)" : escapeText(kind), x: values, y: of,
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
    height: 140 + places.length * Math.max(28, rowHeight(shape.labels)),
  }];
}

function drawHeat(shape) {
  const logs = shape.values.map((row) => row.map((value) => (value === null ? null : Math.log10(value))));
  const top = Math.max(0.3, ...logs.flat().filter((value) => value !== null));
  const ticks = [1, 1.5, 2, 3, 5, 10, 30, 100].filter((tick) => Math.log10(tick) <= top);
  const across = isNarrow() ? shape.rows : shape.columns;
  const down = isNarrow() ? shape.columns : shape.rows;
  const turned = (field) => (isNarrow() ? field[0].map((_, column) => field.map((row) => row[column])) : field);
  const texts = turned(shape.texts);
  const z = turned(logs);
  // What is not ranked has no colour, and plotly writes no text where there is none.
  const notes = z.flatMap((row, y) => row.map((value, x) => ({ value, x, y, text: texts[y][x] })))
    .filter((one) => one.value === null && one.text)
    .map(({ x, y, text }) => ({ x, y, text: escapeText(text), showarrow: false }));
  const data = [{
    type: "heatmap", z, x: across.map((_, at) => at), y: down.map((_, at) => at), colorscale: "Cividis", reversescale: true, zmin: 0, zmax: top, xgap: 2, ygap: 2,
    text: texts, texttemplate: "%{text}", hovertemplate: "%{text}<extra></extra>",
    colorbar: { title: { text: escapeText(shape.unit), side: "right" }, tickvals: ticks.map(Math.log10), ticktext: ticks.map(String), thickness: 12 },
    showscale: !isNarrow(),
  }];
  return [data, {
    xaxis: { tickvals: across.map((_, at) => at), ticktext: across.map((text) => wrapText(text, 22)), tickangle: isNarrow() ? -60 : -45, side: "bottom" },
    yaxis: { tickvals: down.map((_, at) => at), ticktext: down.map(labelOf), autorange: "reversed" },
    annotations: notes,
    height: 260 + down.length * (isNarrow() ? 46 : 34),
  }];
}

const FORMS = { Bars: drawBars, Lines: drawLines, Dots: drawDots, Heat: drawHeat };

function drawPicture(element, shape, colours) {
  const style = getComputedStyle(document.documentElement);
  const [text, soft, line, ground] = ["--text", "--soft", "--line", "--ground"].map((name) => style.getPropertyValue(name).trim());
  const [data, layout] = FORMS[shape.form](shape, colours);
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: soft, automargin: true };
  const whole = {
    paper_bgcolor: ground, plot_bgcolor: ground, font: { color: text, size: isNarrow() ? 11 : 13, family: "system-ui, DejaVu Sans, sans-serif" },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, traceorder: "normal" }, hoverlabel: { namelength: -1 }, bargap: 0.25,
    showlegend: shape.form !== "Heat", ...layout,
    margin: { l: 10, r: 16, t: 40, b: 40, ...layout.margin },
    xaxis: { ...axis, ...layout.xaxis }, yaxis: { ...axis, ...layout.yaxis },
  };
  if (shape.form === "Bars" && shape.mark) whole.legend = { ...whole.legend, y: -0.08, yanchor: "top" };
  if (shape.form === "Lines") whole.legend = layout.legend;
  (whole.shapes || []).forEach((one) => { one.line.color = text; });
  if (shape.form === "Bars") data.forEach((one) => { if (one.error_x) one.error_x.color = text; });
  element.style.minHeight = `${layout.height}px`;
  return Plotly.react(element, data, whole, { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"], displayModeBar: isNarrow() ? false : "hover" });
}
