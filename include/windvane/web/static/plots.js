// Charts that hover, zoom and lead on, drawn by uPlot from the numbers beside each still drawing.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const LINES = { main: "--line-main", frozen: "--line-frozen", previous: "--line-previous", other: "--line-other", then: "--bar-then", now: "--bar-now" };
const DASHES = { frozen: [7, 4], previous: [2, 4], other: [10, 3, 2, 3] };
const MARKS = { alert: "--bad", retrain: "--warn", promote: "--good", reorder: "--warn", rollback: "--bad" };
const LANE = 15;
const number = (value) => (value === null || value === undefined ? "not known" : String(Number(value.toPrecision(4))));
const faint = (name) => `${colour(name)}29`; // 16 %: the colours of lines are written as #rrggbb
const percent = (share) => `${Number((100 * share).toPrecision(3))} %`;

// The shapes are those of the still drawing, so that colour is not all that tells them apart.
function shape(context, kind, x, y, size) {
  const paths = {
    alert: [[0, -1], [1, 1], [-1, 1]],
    retrain: [[0, -1], [1, 0], [0, 1], [-1, 0]],
    promote: [[-1, -1], [1, 0], [-1, 1]],
  };
  const points = paths[kind] ?? [[1, -1], [-1, 0], [1, 1]];
  context.fillStyle = colour(MARKS[kind] ?? "--quiet");
  context.beginPath();
  points.forEach(([right, down], place) => context[place ? "lineTo" : "moveTo"](x + right * size, y + down * size));
  context.closePath();
  context.fill();
}

function axis(label, more = {}) {
  const text = { stroke: () => colour("--quiet"), font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif" };
  const lines = { grid: { stroke: () => colour("--border"), width: 1 }, ticks: { stroke: () => colour("--border"), width: 1 } };
  return { ...text, ...lines, label, labelSize: 18, ...more };
}

// Windows stand at whole places; a zoom ends between two of them.
function between(from, to, last) {
  let first = Math.max(0, Math.ceil(from));
  let final = Math.min(last, Math.floor(to));
  if (first > final) first = final = Math.max(0, Math.min(last, Math.round((from + to) / 2)));
  return [first - 0.5, final + 0.5];
}

// The values, then both ends of each interval: a line's number stays the same, whatever has an interval.
function columnsOf(told) {
  const banded = told.series.map((line, place) => ({ line, place })).filter(({ line }) => line.low);
  const ends = banded.flatMap(({ line }) => [line.high, line.low]);
  const first = told.series.length + 1;
  return {
    values: [...told.series.map((line) => line.values), ...ends],
    series: ends.map(() => ({ stroke: "transparent", width: 0, points: { show: false } })),
    bands: banded.map(({ line }, pair) => ({ series: [first + 2 * pair, first + 2 * pair + 1], fill: () => faint(LINES[line.kind]) })),
    ends: (place) => { const pair = banded.findIndex((one) => one.place === place); return pair < 0 ? [] : [first + 2 * pair, first + 2 * pair + 1]; },
  };
}

function valueAt(line, place) {
  const ends = line.low && line.low[place] !== null && line.high[place] !== null ? ` (${number(line.low[place])} to ${number(line.high[place])})` : "";
  return `${line.name} ${number(line.values[place])}${ends}`;
}

function ofWindows(told) {
  const last = told.labels.length - 1;
  const columns = columnsOf(told);
  const kinds = [...new Set(told.marks.map((mark) => mark.kind))];
  const behind = (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.globalAlpha = 0.45;
    ctx.fillStyle = colour("--bad-bg");
    for (const band of told.bands) {
      const left = plot.valToPos(band.from - 0.5, "x", true);
      ctx.fillRect(left, bbox.top, plot.valToPos(band.to + 0.5, "x", true) - left, bbox.height);
    }
    ctx.restore();
    if (told.level === undefined || told.level === null) return;
    ctx.save();
    ctx.strokeStyle = colour("--control");
    ctx.setLineDash([2, 3]);
    ctx.beginPath();
    const y = plot.valToPos(told.level, "y", true);
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  };
  const held = [...(told.within ?? []), ...(told.level === undefined || told.level === null ? [] : [told.level])];
  const upright = (_, low, high) => window.uPlot.rangeNum(Math.min(low ?? held[0] ?? 0, ...held), Math.max(high ?? held[0] ?? 1, ...held), 0.1, false);
  const above = (plot) => {
    const { ctx, bbox } = plot;
    const ratio = window.devicePixelRatio || 1;
    for (const mark of told.marks) {
      if (mark.at < plot.scales.x.min || mark.at > plot.scales.x.max) continue;
      const x = plot.valToPos(mark.at, "x", true);
      const lane = kinds.indexOf(mark.kind);
      shape(ctx, mark.kind, x, bbox.top - (LANE * (kinds.length - lane) - 6) * ratio, 5 * ratio);
      if (mark.kind === "promote" || mark.kind === "rollback") {
        ctx.fillStyle = colour(MARKS[mark.kind]);
        ctx.fillRect(x, bbox.top, ratio, bbox.height);
      }
    }
  };
  const step = (plot, space) => Math.max(1, Math.ceil((plot.scales.x.max - plot.scales.x.min) / Math.max(1, Math.floor(plot.bbox.width / (window.devicePixelRatio || 1) / space))));
  const places = (plot, _, low, high) => {
    const found = [];
    for (let place = Math.ceil(low); place <= Math.floor(high); place += step(plot, 90)) found.push(place);
    return found;
  };
  return {
    height: (told.small ? 190 : 260) + LANE * kinds.length,
    data: [told.labels.map((_, place) => place), ...columns.values],
    ends: columns.ends,
    options: {
      padding: [LANE * kinds.length + 8, 16, 0, 0],
      scales: { x: { time: false, range: (_, from, to) => between(from, to, last) }, y: { range: upright } },
      bands: columns.bands,
      axes: [
        axis("", { label: undefined, size: 34, splits: places, values: (_, found) => found.map((place) => (told.labels[place] ?? "").slice(0, 10)) }),
        axis(told.unit.replaceAll("_", " "), { values: (_, found) => found.map(number), size: 62 }),
      ],
      series: [
        {},
        ...told.series.map((line) => ({
          label: line.name,
          stroke: () => colour(LINES[line.kind]),
          width: 2,
          dash: DASHES[line.kind],
          points: { show: line.kind === "main" ? true : undefined, size: told.small ? 5 : 7, fill: () => colour(LINES[line.kind]) },
        })),
        ...columns.series,
      ],
      hooks: { drawClear: [behind], draw: [above] },
    },
    first: 0,
    last,
    at: (plot) => plot.cursor.idx,
    place: (place) => place,
    zoomed: (plot) => plot.scales.x.min > -0.5 || plot.scales.x.max < last + 0.5,
    says: (place) => [
      told.labels[place],
      ...told.series.filter((line) => line.values[place] !== null).map((line) => valueAt(line, place)),
      ...told.marks.filter((mark) => mark.at === place).map((mark) => mark.text),
      ...told.bands.filter((band) => band.from <= place && place <= band.to).map((band) => band.text),
    ],
    href: (place) => told.hrefs[place] ?? "",
    start: (width) => [Math.max(0, told.labels.length - Math.max(8, Math.floor(width / 26))), last],
  };
}

function ofDensity(told) {
  const { edges } = told;
  const bins = edges.length - 1;
  const closed = (values) => [...values, values[values.length - 1]];
  const paths = window.uPlot.paths.stepped({ align: 1 });
  return {
    height: 230,
    data: [edges, ...told.series.map((side) => closed(side.values))],
    options: {
      padding: [8, 16, 0, 0],
      scales: { x: { time: false }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.05 : 1] } },
      axes: [
        axis(told.unit.length > 40 ? `${told.unit.slice(0, 39)}…` : told.unit, { values: (_, found) => found.map(number) }),
        axis("share of values per unit", { values: (_, found) => found.map(number), size: 62 }),
      ],
      series: [
        {},
        ...told.series.map((side) => ({
          label: side.name,
          stroke: () => colour(LINES[side.kind]),
          fill: side.kind === "now" ? () => `rgb(${colour("--heat")} / 0.25)` : undefined,
          width: 2,
          dash: side.kind === "then" ? [6, 3] : undefined,
          paths,
          points: { show: false },
        })),
      ],
    },
    first: 0,
    last: bins - 1,
    at: (plot) => {
      if (plot.cursor.left < 0) return null;
      const value = plot.posToVal(plot.cursor.left, "x");
      const above = edges.findIndex((edge) => edge > value);
      return above < 0 ? bins - 1 : Math.max(0, above - 1);
    },
    place: (place) => (edges[place] + edges[place + 1]) / 2,
    zoomed: (plot) => plot.scales.x.min > edges[0] || plot.scales.x.max < edges[bins],
    says: (place) => [
      `${number(edges[place])} to ${number(edges[place + 1])}`,
      ...told.series.map((side) => `${side.name} ${percent(side.values[place] * (edges[place + 1] - edges[place]))} of its values`),
    ],
    href: () => "",
    start: () => null,
  };
}

function draw(holder) {
  const told = JSON.parse(holder.dataset.plot);
  const kind = told.kind === "windows" ? ofWindows(told) : ofDensity(told);
  const live = document.createElement("div");
  live.className = "plot-live";
  live.tabIndex = 0;
  live.setAttribute("role", "group");
  live.setAttribute("aria-label", `${holder.dataset.title}. Arrow keys read it${told.hrefs ? ", Enter opens a window" : ""}, plus and minus zoom, Escape shows all.`);
  const said = document.createElement("p");
  said.className = "plot-said";
  said.setAttribute("aria-live", "polite");
  const first = (holder.closest("section") ?? document).querySelector("[data-plot]") === holder; // said once, not below each
  const idle = first ? `Point or use the arrow keys to read; drag to zoom${told.hrefs ? "; click opens the window" : ""}.` : "";
  said.textContent = idle;
  const all = document.createElement("button");
  all.type = "button";
  all.className = "small";
  all.textContent = "Show all";
  all.hidden = true;
  const foot = document.createElement("div");
  foot.className = "plot-foot";
  foot.append(said, all);
  holder.append(live, foot);
  holder.classList.add("live");

  let pointed = null;
  const tell = (plot) => {
    const place = kind.at(plot);
    pointed = place === undefined ? null : place;
    said.textContent = pointed === null ? idle : kind.says(pointed).join("; ");
    plot.over.classList.toggle("leads", pointed !== null && kind.href(pointed) !== "");
  };
  const options = {
    ...kind.options,
    width: Math.max(240, live.clientWidth),
    height: kind.height,
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: true }, points: { show: told.kind === "windows" } },
    hooks: {
      ...kind.options.hooks,
      setCursor: [tell],
      setScale: [(plot, key) => { if (key === "x") all.hidden = !kind.zoomed(plot); }],
    },
  };
  const plot = new window.uPlot(options, kind.data, live);
  const [low, high] = [kind.data[0][0], kind.data[0][kind.data[0].length - 1]];
  const whole = () => plot.setScale("x", { min: low, max: high });
  const start = live.clientWidth < 520 ? kind.start(live.clientWidth) : null;
  if (start) plot.setScale("x", { min: start[0], max: start[1] });
  all.addEventListener("click", () => { whole(); live.focus(); });

  let pressed = 0;
  plot.over.addEventListener("mousedown", (event) => { pressed = event.clientX; });
  plot.over.addEventListener("click", (event) => {
    if (Math.abs(event.clientX - pressed) < 4 && pointed !== null && kind.href(pointed)) window.location.assign(kind.href(pointed));
  });

  const move = (place) => {
    const to = Math.min(kind.last, Math.max(kind.first, place));
    const at = kind.place(to);
    const { min, max } = plot.scales.x;
    if (at < min || at > max) plot.setScale("x", { min: at - (max - min) / 2, max: at + (max - min) / 2 });
    requestAnimationFrame(() => plot.setCursor({ left: plot.valToPos(at, "x"), top: 10 }));
  };
  const zoom = (factor) => {
    const { min, max } = plot.scales.x;
    const middle = pointed === null ? (min + max) / 2 : kind.place(pointed);
    const half = ((max - min) * factor) / 2;
    plot.setScale("x", { min: Math.max(low, middle - half), max: Math.min(high, middle + half) });
  };
  const keys = {
    ArrowRight: () => move(pointed === null ? kind.first : pointed + 1),
    ArrowLeft: () => move(pointed === null ? kind.last : pointed - 1),
    Home: () => move(kind.first),
    End: () => move(kind.last),
    Escape: whole,
    "+": () => zoom(0.5),
    "-": () => zoom(2),
    Enter: () => { if (pointed !== null && kind.href(pointed)) window.location.assign(kind.href(pointed)); },
  };
  live.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });

  const legend = holder.closest("section")?.querySelectorAll("[data-series]") ?? [];
  for (const entry of told.kind === "windows" ? legend : []) {
    const place = told.series.findIndex((line) => line.kind === entry.dataset.series);
    if (place < 0) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "toggle";
    button.setAttribute("aria-pressed", "true");
    button.append(...entry.childNodes);
    button.addEventListener("click", () => {
      const show = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(show));
      for (const series of [place + 1, ...kind.ends(place)]) plot.setSeries(series, { show });
    });
    entry.append(button);
  }
  new ResizeObserver(() => {
    const width = Math.max(240, live.clientWidth);
    if (width !== plot.width) plot.setSize({ width, height: kind.height });
  }).observe(live);
  new MutationObserver(() => plot.redraw(false, true)).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

if (window.uPlot) for (const holder of document.querySelectorAll("[data-plot]")) draw(holder);
