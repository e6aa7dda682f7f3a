// The charts of a report: every figure over iterations, passes, seconds or flow time, its panels chosen by selectors,
// its curves by the keys of its legend. Without this script the page shows the same figures as drawings.
(function () {
  "use strict";
  const page = JSON.parse(document.getElementById("figures").textContent);
  const drawn = new Map();  // figure → its charts
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const axisWidth = 58, gap = 12, narrowest = 130, usual = 190;

  const chosenClock = () => +document.querySelector("input[name=clock]:checked").dataset.clock;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function power(exponent) {
    if (exponent === 0 || exponent === 1) return exponent ? "10" : "1";
    return "10" + (exponent < 0 ? "⁻" : "") + [...String(Math.abs(exponent))].map((d) => superscripts[d]).join("");
  }

  // As number() of core/base/readable.hpp.
  function number(value) {
    if (value == null) return "–";
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 1e7) return String(value);
    if (size >= 1e-2 && size < 1e4) return String(+value.toPrecision(4));
    return value.toExponential(2).replace(/e([+-])(\d)$/, "e$10$2");
  }

  // "0.002", "5000", "2·10⁻⁵"; on a scale of whole decades "10⁻³".
  function tick(value, isDecade) {
    if (value == null) return "";
    const exponent = value > 0 ? Math.round(Math.log10(value)) : 0;
    if (isDecade && Math.abs(value / Math.pow(10, exponent) - 1) < 1e-9) return power(exponent);
    const size = Math.abs(value);
    if (size === 0 || (size >= 1e-4 && size < 1e6)) return String(+value.toPrecision(6));
    const [mantissa, order] = (+value.toPrecision(6)).toExponential().split("e");
    return (mantissa === "1" ? "" : mantissa + "·") + power(+order);
  }

  const ticks = (splits, isLogarithmic) => {
    const isDecades = isLogarithmic && splits.every((v) => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9);
    return splits.map((value) => tick(value, isDecades && splits.length > 2));
  };

  // Powers of ten, at most about eight; 1, 2 and 5 times these where there are few. As in the drawings.
  function decades(chart, axis, low, high) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9), splits = [];
    if (last - first >= 2) {
      for (let k = first; k <= last; k += Math.ceil((last - first) / 8)) splits.push(Math.pow(10, k));
      return splits;
    }
    for (let k = first - 1; k <= last; ++k)
      for (const factor of [1, 2, 5]) splits.push(factor * Math.pow(10, k));
    return splits.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  }

  function selected(figure, facet) {
    const select = document.querySelector(`select[data-figure="${figure.id}"][data-facet="${facet}"]`);
    return select && select.value !== "" ? [+select.value] : figure.facets[facet].shown;
  }

  function isHidden(figure, style) {
    const key = document.querySelector(`button[data-figure="${figure.id}"][data-style="${style}"]`);
    return key !== null && key.getAttribute("aria-pressed") === "false";
  }

  // The marks that tell curves apart without their colours.
  function drawMark(context, style, x, y, scale) {
    const [shape, isOpen] = [page.marks[style].replace("open ", ""), page.marks[style].startsWith("open")];
    const r = 3.4 * scale;
    context.beginPath();
    if (shape === "circle") context.arc(x, y, r, 0, 2 * Math.PI);
    else if (shape === "square") context.rect(x - r, y - r, 2 * r, 2 * r);
    else if (shape === "triangle") [[0, -1.3], [1.3, 0.95], [-1.3, 0.95]].forEach(([a, b]) => context.lineTo(x + a * r, y + b * r));
    else [[0, -1.4], [1.4, 0], [0, 1.4], [-1.4, 0]].forEach(([a, b]) => context.lineTo(x + a * r, y + b * r));
    context.closePath();
    context.lineWidth = 1.6 * scale;
    context.strokeStyle = page.colours[style];
    context.fillStyle = isOpen ? colour("--paper") : page.colours[style];
    context.fill();
    if (isOpen) context.stroke();
  }

  // What happened in a run: thin lines, each with its word where there is room for it; short ticks for words that come
  // often, of which the first is told. As in the drawings.
  function drawStretches(context, stretches, x, box) {
    stretches.forEach((stretch) => {
      const from = Math.max(x(stretch.low), box.left), to = Math.min(x(stretch.high), box.left + box.width);
      if (!(to > from)) return;
      context.fillStyle = colour("--ink");
      context.globalAlpha = stretch.opacity;
      context.fillRect(from, box.top, to - from, box.height);
      context.globalAlpha = 1;
    });
  }

  function drawEvents(context, events, x, box, scale) {
    const counts = {}, told = new Set(), written = [-Infinity, -Infinity], right = box.left + box.width;
    events.forEach((event) => { counts[event.word] = (counts[event.word] || 0) + 1; });
    context.font = `${12 * scale}px system-ui, sans-serif`;
    context.textAlign = "left";
    context.lineJoin = "round";
    events.forEach((event) => {
      const at = x(event.x), width = context.measureText(event.word).width;
      const isOften = counts[event.word] > page.most_event_lines;
      context.strokeStyle = colour("--soft");
      context.lineWidth = 0.7 * scale;
      context.beginPath();
      context.moveTo(at, box.top);
      context.lineTo(at, box.top + (isOften ? 7 * scale : box.height));
      context.stroke();
      if (isOften && told.has(event.word)) return;
      const from = at + 4 * scale + width > right ? at - 4 * scale - width : at + 4 * scale;
      const row = written.findIndex((end) => from >= Math.max(end + 6 * scale, box.left));
      if (row < 0) return;
      written[row] = from + width;
      told.add(event.word);
      context.strokeStyle = colour("--paper");
      context.lineWidth = 3 * scale;
      context.strokeText(event.word, from, box.top + (18 + 14 * row) * scale);
      context.fillStyle = colour("--soft");
      context.fillText(event.word, from, box.top + (18 + 14 * row) * scale);
    });
  }

  // What claims and theory say, and where a curve is lost: drawn over the curves, within the frame.
  function drawOver(chart, panel, series) {
    const context = chart.ctx, box = chart.bbox, scale = devicePixelRatio || 1;
    const x = (value) => chart.valToPos(value, "x", true), y = (value) => chart.valToPos(value, "y", true);
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
    context.strokeStyle = colour("--ink");
    panel.overlays.forEach((overlay) => {
      context.lineWidth = (overlay.x ? 1.4 : 1) * scale;
      context.setLineDash(overlay.dash.map((length) => length * scale));
      context.beginPath();
      if (!overlay.x) {
        context.moveTo(box.left, y(overlay.y));
        context.lineTo(box.left + box.width, y(overlay.y));
      } else {
        overlay.x.forEach((value, i) => context.lineTo(x(value), y(overlay.y[i])));
      }
      context.stroke();
    });
    // The curve below is pale, so that the dashes are seen where both agree.
    panel.theories.filter((theory) => series.some((one) => one.style === theory.style)).forEach((theory) => {
      [[colour("--paper"), 2.6, [], 0.65], [page.colours[theory.style], 1.8, page.theory, 1]].forEach(([ink, width, dash, opacity]) => {
        context.globalAlpha = opacity;
        context.strokeStyle = ink;
        context.lineWidth = width * scale;
        context.setLineDash(dash.map((length) => length * scale));
        context.beginPath();
        page.arrays[theory.x].forEach((value, i) => context.lineTo(x(value), y(page.arrays[theory.y][i])));
        context.stroke();
      });
    });
    context.setLineDash([]);
    drawStretches(context, panel.stretches, x, box);
    drawEvents(context, panel.events, x, box, scale);
    series.filter((one) => page.marks[one.style]).forEach((one) => {
      const xs = page.arrays[one.x], ys = page.arrays[one.y], spacing = Math.max(70 * scale, box.width / 6);
      let next = box.left + spacing * ((0.2 + 0.38 * one.style) % 1), places = 0;
      xs.forEach((value, i) => {
        const isLast = i + 1 === xs.length && places === 0;
        if (x(value) < next && !isLast) return;
        drawMark(context, one.style, x(value), y(ys[i]), scale);
        next = Math.max(next, x(value)) + spacing;
        ++places;
      });
    });
    series.filter((one) => one.lost).forEach((one) => {
      const xs = page.arrays[one.x], ys = page.arrays[one.y], r = 5 * scale;
      const at = x(xs[xs.length - 1]);
      const up = Math.min(Math.max(y(ys[ys.length - 1]), box.top + r), box.top + box.height - r);
      context.strokeStyle = page.colours[one.style];
      context.lineWidth = 2 * scale;
      context.beginPath();
      context.moveTo(at - r, up - r); context.lineTo(at + r, up + r);
      context.moveTo(at - r, up + r); context.lineTo(at + r, up - r);
      context.stroke();
    });
    context.restore();
  }

  function chart(figure, plot, panel, box, width, height, isLabelled) {
    const shown = panel.series.filter((one) => !isHidden(figure, one.style));
    const tables = [], series = [{}], bands = [], curves = [];
    shown.forEach((one) => {
      const table = [page.arrays[one.x]];
      if (one.low !== undefined) {
        table.push(page.arrays[one.low], page.arrays[one.high]);
        bands.push({ series: [series.length + 1, series.length], fill: page.colours[one.style] + "2e" });
        for (let k = 0; k < 2; ++k) series.push({ stroke: "transparent", width: 1, spanGaps: true, points: { show: false } });
      }
      table.push(page.arrays[one.y]);
      curves.push({ at: series.length, name: one.name });
      // Not aligned to pixels: what is drawn over a curve lies where the curve lies.
      series.push({ stroke: page.colours[one.style], width: 1.8, dash: page.dashes[one.style], spanGaps: true, pxAlign: 0,
                    points: { show: page.arrays[one.y].length < 10, size: 5 } });
      tables.push(table);
    });
    if (!tables.length) {
      tables.push([plot.x, [null, null]]);
      series.push({});
    }
    const readout = document.getElementById("readout-" + figure.id);
    const ink = colour("--soft"), line = { stroke: colour("--line"), width: 1 };
    const vertical = { stroke: ink, grid: line, ticks: line, size: isLabelled ? axisWidth : 6,
                       values: (u, splits) => (isLabelled ? ticks(splits, figure.log) : splits.map(() => "")) };
    if (figure.log) {
      vertical.splits = decades;
      vertical.filter = (u, splits) => splits;
    }
    return new uPlot({
      width, height, series, bands,
      legend: { show: false },
      scales: { x: { time: false, range: () => plot.x }, y: { distr: figure.log ? 3 : 1, range: () => plot.y } },
      axes: [{ stroke: ink, grid: line, ticks: line, size: 34, values: (u, splits) => ticks(splits, false) },
             vertical],
      cursor: { sync: { key: figure.id }, drag: { x: false, y: false } },
      hooks: {
        draw: [(u) => drawOver(u, panel, shown)],
        setCursor: [(u) => {
          if (!box.matches(":hover")) return;
          const at = u.cursor.idx;
          readout.textContent = at == null ? "" : `${plot.unit} ${number(u.data[0][at])}: ` + curves.map((curve) => {
            let i = at;
            while (i > 0 && u.data[curve.at][i] == null) --i;
            return `${curve.name} ${number(u.data[curve.at][i])}`;
          }).join(" · ");
        }],
      },
    }, uPlot.join(tables), box);
  }

  function draw(figure) {
    (drawn.get(figure) || []).forEach((one) => one.destroy());
    const charts = [], home = document.getElementById("charts-" + figure.id);
    const plot = figure.plots[chosenClock()] || figure.plots[0];
    const isShown = (panel) => panel.at.every((value, f) => selected(figure, f).includes(value));
    let panels = plot.panels.filter(isShown);  // null where the study has no such cell
    const directions = figure.facets.filter((facet, f) => selected(figure, f).length > 1).length;
    let columns = figure.facets.length ? selected(figure, 0).length : 1;
    if (directions < 2) columns = Math.min(panels.length, columns > 4 ? Math.ceil(columns / 2) : Math.max(columns, 1));
    const room = home.clientWidth;
    const fitting = Math.max(1, Math.floor((room - axisWidth) / (room < 600 ? narrowest : usual)));
    if (directions > 1 && columns <= fitting)
      panels = selected(figure, 1).flatMap((j) => selected(figure, 0).map((i) =>
        panels.find((panel) => panel.at[0] === i && panel.at[1] === j) || null));
    columns = Math.max(1, Math.min(columns, fitting));
    const width = Math.floor((room - axisWidth - (columns - 1) * gap) / columns);
    const height = figure.facets.length ? Math.max(150, Math.min(330, 0.72 * width)) : 320;
    home.style.gridTemplateColumns = `${width + axisWidth}px` + ` ${width}px`.repeat(columns - 1);
    home.textContent = "";
    document.getElementById("unit-" + figure.id).textContent = plot.unit;
    panels.forEach((panel, i) => {
      const cell = document.createElement("div"), box = document.createElement("div");
      home.append(cell);
      if (!panel) return;
      if (figure.facets.length) {
        const title = document.createElement("div");
        title.className = "facet";
        title.textContent = panel.title;
        if (i % columns === 0) title.style.paddingLeft = axisWidth + "px";
        cell.append(title);
      }
      box.className = "chart";
      box.setAttribute("role", "img");
      box.setAttribute("aria-label", figure.title + (panel.title ? ", " + panel.title : "") + "; its numbers are below");
      cell.append(box);
      const isFirst = i % columns === 0;
      charts.push(chart(figure, plot, panel, box, width + (isFirst ? axisWidth : 6), height, isFirst));
    });
    drawn.set(figure, charts);
  }

  function drawAll() {
    const clock = document.querySelector("input[name=clock]:checked").value;
    document.querySelectorAll("figure").forEach((figure) => {
      const stills = [...figure.querySelectorAll(".still[data-clock]")];
      const chosen = stills.find((still) => still.dataset.clock === clock) || stills[0];
      stills.forEach((still) => { still.hidden = still !== chosen; });
    });
    page.figures.forEach(draw);
  }

  document.querySelectorAll("input[name=clock]").forEach((input) => input.addEventListener("change", drawAll));
  document.querySelectorAll("select[data-figure]").forEach((select) =>
    select.addEventListener("change", () => draw(page.figures.find((figure) => figure.id === select.dataset.figure))));
  document.querySelectorAll("button[data-figure]").forEach((key) => key.addEventListener("click", () => {
    key.setAttribute("aria-pressed", key.getAttribute("aria-pressed") === "true" ? "false" : "true");
    draw(page.figures.find((figure) => figure.id === key.dataset.figure));
  }));
  document.querySelectorAll("select[data-sheets]").forEach((select) => {
    const show = () => document.querySelectorAll(`.sheet[data-of="${select.dataset.sheets}"]`).forEach((sheet) => {
      sheet.hidden = sheet.dataset.sheet !== select.value;
    });
    select.addEventListener("change", show);
    show();
  });
  dark.addEventListener("change", drawAll);
  let wait, width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;  // a phone that hides its address bar
    width = innerWidth;
    clearTimeout(wait);
    wait = setTimeout(drawAll, 150);
  });
  drawAll();
})();
