// The page: its theme, when pictures are drawn, and tables that sort, filter and open.
(async () => {
  const packed = Uint8Array.from(atob(document.getElementById("data").textContent), (one) => one.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const { colours, pictures, grids } = JSON.parse(await new Response(unpacked).text());
  const root = document.documentElement;
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // --- theme: the system's, until the button says otherwise
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  let chosen = "";
  const drawn = new Map();
  const wordsFor = new Map();
  function redraw() {
    for (const [element, picture] of drawn) drawPicture(element, picture, wordsFor.get(element) || "", colours);
  }
  function applyTheme() {
    root.dataset.theme = chosen || (system.matches ? "dark" : "light");
    button.textContent = root.dataset.theme === "dark" ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${button.textContent.toLowerCase()} colours`);
  }
  button.addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    applyTheme();
    redraw();
  });
  system.addEventListener("change", () => { applyTheme(); redraw(); });
  applyTheme();

  // --- pictures: each is drawn when it scrolls near
  const plots = [...document.querySelectorAll(".plot")];
  function draw(element) {
    if (drawn.has(element)) return;
    drawn.set(element, pictures[Number(element.dataset.picture)]);
    drawPicture(element, drawn.get(element), wordsFor.get(element) || "", colours);
  }
  // --- a picture draws some of many cells: words choose others
  for (const choice of document.querySelectorAll("input[data-choose]")) {
    const element = document.querySelector(`.plot[data-picture="${choice.dataset.choose}"]`);
    choice.addEventListener("input", () => {
      const picture = pictures[Number(element.dataset.picture)];
      wordsFor.set(element, choice.value);
      const found = chosenOf(picture.shape, picture.drawn, choice.value)[1];
      choice.closest("figure").querySelector(".found").textContent = !choice.value.trim() ? ""
        : found ? `${Math.min(found, picture.drawn.length)} of ${found.toLocaleString("en")} with these words are drawn` : "None has these words.";
      if (drawn.has(element)) drawPicture(element, picture, choice.value, colours);
    });
  }
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { near.unobserve(entry.target); draw(entry.target); }
  }, { rootMargin: "600px" });
  plots.forEach((element) => near.observe(element));
  window.addEventListener("beforeprint", () => {
    root.dataset.theme = "light"; // because paper is
    plots.forEach(draw);
    redraw();
  });
  window.addEventListener("afterprint", () => { applyTheme(); redraw(); });
  let wasNarrow = isNarrow();
  window.addEventListener("resize", () => {
    if (isNarrow() !== wasNarrow) { wasNarrow = isNarrow(); redraw(); }
  });

  // --- tables
  const PAGE = 200;
  const MOST_CHOICES = 60;
  //: If each row has its own value, more than this many values are not offered as a choice.
  const MOST_EACH = 12;
  const textOf = (value) => (Array.isArray(value) ? value[1] : value);
  const keyOf = (value) => (Array.isArray(value) ? value[0] : value);

  function spread(quantiles, unit) {
    const [low, high] = [quantiles[0], quantiles[quantiles.length - 1]];
    const bins = new Array(24).fill(0);
    for (const time of quantiles) bins[Math.min(23, Math.floor((24 * (time - low)) / (high - low || 1)))] += 1;
    const tallest = Math.max(...bins);
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg");
    picture.setAttribute("viewBox", "0 0 240 60");
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("class", "spread");
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", `Histogram of the raw figures, from ${low} to ${high} ${unit}`);
    bins.forEach((count, at) => {
      const bar = document.createElementNS(space, "rect");
      const height = (56 * count) / tallest;
      Object.entries({ x: 10 * at + 1, y: 60 - height, width: 8, height, fill: colours[0] }).forEach(([name, value]) => bar.setAttribute(name, value));
      picture.append(bar);
    });
    return make("div", {}, make("h4", { textContent: "raw figures" }), picture, make("p", { textContent: `${low.toLocaleString("en")} to ${high.toLocaleString("en")} ${unit}` }));
  }

  function proofOf(row) {
    const parts = Object.entries(row.facts).map(([group, facts]) => {
      const list = make("dl");
      for (const [name, value] of Object.entries(facts)) list.append(make("dt", { textContent: name }), make("dd", { textContent: value }));
      return make("div", {}, make("h4", { textContent: group }), list);
    });
    if (row.distribution.length > 1) parts.push(spread(row.distribution, row.unit));
    return make("div", { className: "proof" }, ...parts);
  }

  function setUp(section, grid) {
    const { headings, rows } = grid;
    const isFigure = (column) => headings[column].kind === "figure";
    const all = headings.map((_, column) => column);
    //: The columns that the reader has chosen, and the figures for which there is no room.
    const chosen = new Map();
    let crowded = new Set();
    const filters = new Map();
    let words = [];
    let sorted = { column: -1, ascending: true };
    let most = PAGE;

    const found = () => {
      const left = rows.filter((row) =>
        [...filters].every(([column, wanted]) => textOf(row.values[column]) === wanted) &&
        words.every((word) => row.full.toLowerCase().includes(word) || row.values.some((value) => textOf(value).toLowerCase().includes(word))));
      if (sorted.column >= 0) {
        const way = sorted.ascending ? 1 : -1;
        const compare = (one, other) => {
          const [a, b] = [keyOf(one.values[sorted.column]), keyOf(other.values[sorted.column])];
          if (a === null || a === "") return b === null || b === "" ? 0 : 1;
          if (b === null || b === "") return -1;
          return way * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
        };
        left.sort(compare);
      }
      return left;
    };
    const isShown = (column) => chosen.get(column) ?? (headings[column].is_shown && !crowded.has(column));
    const visible = () => all.filter(isShown);

    // tools: words, a choice for each axis, columns, copying
    const tools = make("div", { className: "tools" });
    const search = make("input", { type: "search", placeholder: "words" });
    search.addEventListener("input", () => { words = search.value.toLowerCase().split(/\s+/).filter(Boolean); most = PAGE; fill(); });
    tools.append(make("label", {}, "Rows with", search));
    headings.forEach((heading, column) => {
      if (heading.kind !== "axis") return;
      const values = [...new Set(rows.map((row) => textOf(row.values[column])))].filter(Boolean);
      if (values.length < 2 || values.length > MOST_CHOICES || values.length === rows.length && rows.length > MOST_EACH) return;
      const choice = make("select", {}, make("option", { value: "", textContent: "any" }), ...values.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).map((value) => make("option", { value, textContent: value })));
      choice.dataset.axis = heading.name;
      choice.addEventListener("change", () => {
        if (choice.value) filters.set(column, choice.value); else filters.delete(column);
        most = PAGE;
        fill();
      });
      tools.append(make("label", { title: heading.meaning }, heading.heading, choice));
    });
    const status = make("p", { className: "count", role: "status" });
    const copy = (name, write) => {
      const one = make("button", { type: "button", textContent: `Copy as ${name}` });
      one.addEventListener("click", async () => {
        const text = write(visible(), found());
        try { await navigator.clipboard.writeText(text); } catch {
          const area = make("textarea", { value: text });
          document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
        }
        status.textContent = `Copied as ${name}.`;
      });
      return one;
    };
    const asMarkdown = (columns, left) => {
      const cells = (texts) => `| ${texts.map((text) => text.replace(/\|/g, "\\|").replace(/\n/g, " ")).join(" | ")} |`;
      return [cells(columns.map((column) => headings[column].heading)), cells(columns.map((column) => (isFigure(column) ? "---:" : "---"))),
        ...left.map((row) => cells(columns.map((column) => textOf(row.values[column]))))].join("\n") + "\n";
    };
    const quote = (text) => (/[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
    const asCsv = (columns, left) => [columns.map((column) => headings[column].name), ...left.map((row) => columns.map((column) => String(keyOf(row.values[column]) ?? "")))]
      .map((line) => line.map(quote).join(",")).join("\r\n") + "\r\n";
    tools.append(copy("Markdown", asMarkdown), copy("CSV", asCsv));

    const boxes = all.map((column) => {
      const box = make("input", { type: "checkbox" });
      box.addEventListener("change", () => { chosen.set(column, box.checked); build(); });
      return box;
    });
    const columns = make("div", { className: "columns" }, ...all.map((column) => make("label", { title: headings[column].meaning }, boxes[column], ` ${headings[column].heading}`)));
    const head = make("thead");
    const body = make("tbody");
    const table = make("table", {}, make("caption", { textContent: grid.title, hidden: true }), head, body);
    const more = make("button", { type: "button" });
    more.addEventListener("click", () => { most = rows.length; fill(); });
    const region = make("div", { className: "scroll", tabIndex: 0, role: "region" }, table);
    region.setAttribute("aria-label", `The rows of: ${grid.title}`);
    section.append(tools, make("details", {}, make("summary", { textContent: "Columns" }), columns), status, region, more);

    function open(row, cells, one) {
      const line = one.closest("tr");
      const isOpen = one.getAttribute("aria-expanded") === "true";
      one.setAttribute("aria-expanded", String(!isOpen));
      one.textContent = isOpen ? "+" : "−";
      if (isOpen) line.nextSibling.remove();
      else line.after(make("tr", {}, make("td", { colSpan: cells }, proofOf(row))));
    }

    const classOf = { name: "name", figure: "number", axis: "" };
    const canOpen = rows.some((row) => Object.keys(row.facts).length || row.distribution.length);
    function build() {
      const line = make("tr");
      for (const column of visible()) {
        const one = make("button", { type: "button", textContent: headings[column].heading, title: headings[column].meaning });
        const cell = make("th", { scope: "col", className: classOf[headings[column].kind] }, one);
        cell.dataset.column = headings[column].name;
        cell.setAttribute("aria-sort", sorted.column === column ? (sorted.ascending ? "ascending" : "descending") : "none");
        one.addEventListener("click", () => {
          sorted = { column, ascending: sorted.column === column ? !sorted.ascending : true };
          build();
          head.querySelector(`[data-column="${CSS.escape(headings[column].name)}"] button`).focus();
        });
        line.append(cell);
      }
      head.replaceChildren(line);
      boxes.forEach((box, column) => { box.checked = isShown(column); });
      fill();
    }
    function cellOf(row, column, place, cells) {
      const text = textOf(row.values[column]);
      if (headings[column].kind !== "name") return make("td", { textContent: text, className: classOf[headings[column].kind] });
      const cell = make("th", { scope: "row", className: "name" });
      if (canOpen) {
        const one = make("button", { type: "button", className: "open", textContent: "+" });
        one.setAttribute("aria-expanded", "false");
        one.setAttribute("aria-label", `Proof of row ${place + 1}`);
        one.addEventListener("click", () => open(row, cells, one));
        cell.append(one);
      }
      // The names of suites break after an underscore.
      cell.append(make("span", { title: row.full }, ...text.split(/(?<=_)/).flatMap((part) => [part, make("wbr")])));
      return cell;
    }
    function fill() {
      const left = found();
      const at = visible();
      const lines = left.slice(0, most).map((row, place) => make("tr", {}, ...at.map((column) => cellOf(row, column, place, at.length))));
      body.replaceChildren(...lines);
      const hidden = left.length - lines.length;
      more.hidden = hidden <= 0;
      more.textContent = `Show ${hidden.toLocaleString("en")} more`;
      const gone = all.filter((column) => isFigure(column) && !isShown(column)).map((column) => headings[column].heading);
      status.textContent = `${left.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows${hidden > 0 ? `, the first ${lines.length} shown` : ""}`
        + (gone.length ? `; not shown, see Columns: ${gone.join(", ")}` : "");
    }
    // Show as many figures as fit without scrolling: the weightiest first, those of the same weight together.
    let fitted = -1;
    function fit() {
      if (region.clientWidth === fitted) return;
      fitted = region.clientWidth;
      crowded = new Set();
      build();
      if (table.offsetWidth <= region.clientWidth) return;
      const widths = new Map(visible().map((column, at) => [column, head.rows[0].cells[at].offsetWidth]));
      const free = visible().filter((column) => isFigure(column) && !chosen.has(column));
      const sum = (columns) => columns.reduce((total, column) => total + widths.get(column), 0);
      let room = region.clientWidth - (table.offsetWidth - sum(free));
      const weights = [...new Set(free.map((column) => headings[column].weight))].sort((a, b) => b - a);
      weights.forEach((weight, rank) => {
        const alike = free.filter((column) => headings[column].weight === weight);
        if (rank && sum(alike) > room) alike.forEach((column) => crowded.add(column));
        else room -= sum(alike);
      });
      build();
    }
    fit();
    new ResizeObserver(fit).observe(region);
  }
  document.querySelectorAll(".grid").forEach((section) => setUp(section, grids[Number(section.dataset.grid)]));
  root.dataset.ready = "yes";
})();
