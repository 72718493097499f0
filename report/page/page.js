(function () {
"use strict";
var data = document.getElementById("data");
if (!data) { return; }
var D = JSON.parse(data.textContent), NS = "http://www.w3.org/2000/svg", PW = 880;
var view = [0, D.span], charts = [], down = null;
document.documentElement.classList.add("js");

function all(sel, from) { return [].slice.call((from || document).querySelectorAll(sel)); }
function id(name) { return document.getElementById(name); }
function el(name, attrs) {
  var e = document.createElementNS(NS, name);
  for (var k in attrs) { e.setAttribute(k, attrs[k]); }
  return e;
}
// unpack reads a column: see pack.go.
function unpack(c) {
  var out = [], sum = 0, scale = Math.pow(10, c.d);
  if (c.s === "") { return out; }
  c.s.split(",").forEach(function (tok) {
    if (tok === "n") { out.push(NaN); return; }
    if (tok.charAt(0) === "*") {
      for (var n = +tok.slice(1), last = out[out.length - 1]; n > 0; n--) { out.push(last); }
      return;
    }
    if (tok !== "") { sum += +tok; }
    out.push(sum / scale);
  });
  return out;
}
var times = D.times.map(unpack);

function two(n) { return (n < 10 ? "0" : "") + n; }
function offset(u) {
  var off = 0;
  D.zones.forEach(function (z) { if (u >= z[0] || z === D.zones[0]) { off = z[1]; } });
  return off;
}
// clock writes seconds since the start as the zone's time; form is "date", "long", "sec" or "min".
function clock(s, form) {
  var u = D.from + s, d = new Date((u + offset(u)) * 1000);
  var hm = two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()), day = two(d.getUTCMonth() + 1) + "-" + two(d.getUTCDate());
  if (form === "date") { return day; }
  if (form === "min") { return hm; }
  return (form === "long" ? day + " " : "") + hm + (form === "long" ? "" : ":" + two(d.getUTCSeconds()));
}
function moment(s) { return (D.span > 86400 ? clock(s, "date") + " " : "") + clock(s, "sec"); }
// number writes as package units does: 13 017, 10.9, 0.35.
function number(v) {
  var a = Math.abs(v);
  if (v === undefined || !isFinite(v)) { return "n/a"; }
  var s = a >= 99.95 || a === Math.floor(a) ? v.toFixed(0) : a >= 9.995 ? v.toFixed(1) : a >= 0.0995 ? v.toFixed(2).replace(/0$/, "") : String(+v.toPrecision(2));
  return s.replace(/\B(?=(\d{3})+$)/g, " ");
}
function percent(p) {
  p *= 100;
  return !isFinite(p) ? "n/a" : p > 0 && p < 1 ? "<1 %" : p > 99 && p < 100 ? ">99 %" : p.toFixed(0) + " %";
}
function say(v, unit) {
  if (v === undefined || !isFinite(v)) { return "no data"; }
  if (unit === "bytes") {
    var u = ["B", "KiB", "MiB", "GiB", "TiB"], i = 0;
    while (Math.abs(v) >= 1024 && i < 4) { v /= 1024; i++; }
    return number(v) + " " + u[i];
  }
  if (v === 1 && unit !== "seconds") { unit = (unit || "").replace(/s$/, ""); }
  return number(v) + (unit === "per second" ? "/s" : unit === "seconds" ? " s" : unit ? " " + unit : "");
}
// before gives the last place of a rising list that is not after t, nearest the nearest one.
function before(list, t) {
  var lo = 0, hi = list.length;
  while (hi - lo > 1) { var m = (lo + hi) >> 1; if (list[m] <= t) { lo = m; } else { hi = m; } }
  return lo;
}
function nearest(list, t) {
  var i = before(list, t);
  return i + 1 < list.length && list[i + 1] - t < t - list[i] ? i + 1 : i;
}

// Who held the slots, list by list.
var held = D.held && D.held.groups.map(function (g) {
  return { n: unpack(g.n), hosts: unpack(g.hosts), unused: unpack(g.unused), blocked: unpack(g.blocked) };
}), heldT = D.held && times[D.held.t];
var moments = times[D.moment.t] || [], pinned = D.moment.start, playing = null;
var limit = D.limit && { t: times[D.limit.t], v: unpack(D.limit.v) };
// values gives a line's numbers: those of a group lie on the groups before it.
function values(l) {
  if (!l.group) { return unpack(l.v); }
  return heldT.map(function (_, i) {
    var sum = 0;
    for (var g = 0; g < l.group; g++) { sum += held[g].n[i]; }
    return sum;
  });
}

function chart(svg, c) {
  var plot = svg.querySelector(".plot"), h = plot.viewBox.baseVal.height, top = plot.y.baseVal.value;
  var k = { svg: svg, plot: plot, h: h, top: top, lines: c.lines, c: c, few: svg.id !== "chart1", axis: svg.querySelector(".xaxis"),
    marks: all(".mark", svg), val: svg.parentNode.querySelector(".val"),
    cur: el("line", { "class": "sel", stroke: "#e88000", "stroke-width": "1.5", y1: top, y2: top + h, visibility: "hidden" }),
    sel: el("rect", { "class": "sel", y: top, height: h, width: 0, fill: "#e88000", "fill-opacity": "0.18" }) };
  k.lines.forEach(function (l, i) {
    l.time = times[l.t];
    l.num = values(l);
    l.path = svg.querySelector('[data-s="' + i + '"]');
    l.whole = l.path && l.path.getAttribute("d");
  });
  svg.appendChild(k.sel);
  svg.appendChild(k.cur);
  charts.push(k);
  function at(e) {
    var r = svg.getBoundingClientRect();
    return Math.max(0, Math.min(1, (e.clientX - r.left) / r.width));
  }
  svg.addEventListener("pointermove", function (e) { select(at(e)); show(time(at(e))); });
  svg.addEventListener("pointerleave", function () { if (down === null) { showPinned(); } });
  svg.addEventListener("pointerdown", function (e) {
    if (e.button === 0 && e.pointerType === "mouse") { down = at(e); svg.setPointerCapture(e.pointerId); e.preventDefault(); }
  });
  svg.addEventListener("pointerup", function (e) {
    var a = down, b = at(e);
    down = null;
    select(null);
    if (a !== null && Math.abs(a - b) > 0.008) { zoom(time(Math.min(a, b)), time(Math.max(a, b))); return; }
    if (moments.length) { pin(nearest(moments, time(b))); }
  });
  svg.addEventListener("pointercancel", function () { down = null; select(null); showPinned(); });
  svg.addEventListener("dblclick", function () { zoom(0, D.span); });
}
D.charts.forEach(function (c) { if (id(c.id)) { chart(id(c.id), c); } });
if (D.heat && id("heat")) {
  var labels = all("#heat > .lab").map(function (t) { return t.textContent; });
  chart(id("heat"), { heat: true, lines: D.heat.rows.map(function (v, i) { return { n: "\u2265 " + labels[i], u: "", t: D.heat.t, v: v, fixed: true }; }) });
}

function time(f) { return view[0] + f * (view[1] - view[0]); }
function place(t) { return (t - view[0]) / (view[1] - view[0]); }
function select(f) {
  charts.forEach(function (k) {
    var a = down === null || f === null ? 0 : Math.min(down, f), w = down === null || f === null ? 0 : Math.abs(down - f);
    k.sel.setAttribute("x", a * 100 + "%");
    k.sel.setAttribute("width", w * 100 + "%");
  });
}
// show moves all charts and tables to a time.
function show(t) {
  var f = place(t), seen = f >= 0 && f <= 1;
  charts.forEach(function (k) {
    if (seen) {
      k.cur.setAttribute("x1", f * 100 + "%");
      k.cur.setAttribute("x2", f * 100 + "%");
    }
    k.cur.setAttribute("visibility", seen ? "visible" : "hidden");
    var said = k.lines.filter(function (l) { return !l.group && l.time.length; }).map(function (l) {
      var v = l.num[l.step ? before(l.time, t) : nearest(l.time, t)];
      if (k.c.heat) { return v > 0 ? l.n + ": " + number(v) : ""; }
      if (l.fixed && (t < l.time[0] || t > l.time[l.time.length - 1])) { return ""; }
      return (k.lines.length > 1 ? l.n + " " : "") + say(v, l.u);
    }).filter(function (s) { return s; });
    if (k.val) { k.val.textContent = [moment(t)].concat(said).join(" \u00b7 "); }
  });
  all(".event").forEach(function (row, i) { row.classList.toggle("past", D.events[i] <= t); });
  holders(t);
  say0(t);
}
var output = id("moment");
function say0(t) {
  if (!output) { return; }
  var l = charts.length && !charts[0].c.heat && charts[0].lines[0], s = moment(t);
  if (l) {
    s += " \u00b7 " + number(l.num[before(l.time, t)]);
    if (limit && limit.t.length) { s += " of " + number(limit.v[before(limit.t, t)]); }
    s += " connections";
  }
  output.textContent = s;
}
// holders writes the table of who held the slots as the list at t, or last before it, has it.
var heldTable = id("held"), heldRows = heldTable ? all("tbody tr", heldTable) : [];
function holders(t) {
  if (!heldRows.length || !heldT) { return; }
  var i = before(heldT, t), total = 0, most = +heldTable.getAttribute("data-most");
  held.forEach(function (g) { total += g.n[i] > 0 ? g.n[i] : 0; });
  all(".at-moment").forEach(function (e) { e.textContent = moment(heldT[i]); });
  heldRows.forEach(function (row, k) {
    var g = held[k], c = row.cells;
    function put(cell, v, text) { cell.setAttribute("data-v", v); cell.textContent = text; }
    put(c[2], g.n[i], number(g.n[i]));
    put(c[3], g.n[i], total ? percent(g.n[i] / total) : "n/a");
    put(c[4], g.hosts[i], number(g.hosts[i]));
    put(c[5], g.unused[i], number(g.unused[i]));
    put(c[6], g.blocked[i], number(g.blocked[i]));
    c[1].querySelector("rect").setAttribute("width", (g.n[i] > 0 ? Math.min(100, g.n[i] / most * 100) : 0) + "%");
  });
}
var slider = id("slider");
function pin(i) {
  pinned = Math.max(0, Math.min(moments.length - 1, i));
  if (slider) { slider.value = pinned; slider.setAttribute("aria-valuetext", moment(moments[pinned])); }
  if (moments.length) { show(moments[pinned]); }
}
function showPinned() { pin(pinned); }
function stop() {
  if (playing !== null) { clearInterval(playing); }
  playing = null;
  if (id("play")) { id("play").textContent = "Play"; id("play").setAttribute("aria-pressed", "false"); }
}
function play() {
  if (playing !== null) { stop(); return; }
  if (pinned >= moments.length - 1) { pin(0); }
  id("play").textContent = "Pause";
  id("play").setAttribute("aria-pressed", "true");
  playing = setInterval(function () {
    pin(pinned + Math.max(1, Math.round(moments.length / 240)));
    if (pinned >= moments.length - 1) { stop(); }
  }, 100);
}
if (id("replay") && moments.length > 1) {
  id("replay").removeAttribute("hidden");
  slider.addEventListener("input", function () { stop(); pin(+slider.value); });
  id("play").addEventListener("click", play);
  id("whole").addEventListener("click", function () { zoom(0, D.span); });
  all("[data-step]").forEach(function (b) { b.addEventListener("click", function () { stop(); pin(pinned + +b.getAttribute("data-step")); }); });
}

var STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000, 31536000];
function axis(k) {
  var span = view[1] - view[0], i = 0, most = Math.max(3, Math.min(8, (k.svg.getBoundingClientRect().width || 960) / 62));
  while (i < STEPS.length - 1 && STEPS[i] * most < span) { i++; }
  var step = STEPS[i], form = step < 60 ? "sec" : step >= 86400 ? "date" : D.span > 86400 ? "long" : "min";
  while (k.axis.firstChild) { k.axis.removeChild(k.axis.firstChild); }
  var u0 = D.from + view[0], off = offset(u0), u = Math.ceil((u0 + off) / step) * step - off;
  for (; u <= D.from + view[1] + 1e-6; u += step) {
    var f = (u - u0) / span, x = (f * 100).toFixed(2) + "%";
    k.axis.appendChild(el("line", { "class": "grid", x1: x, x2: x, y1: k.top, y2: k.top + k.h, stroke: "#8886", "stroke-width": "0.6" }));
    var t = el("text", { "class": "lab", x: x, y: k.top + k.h + 14, "text-anchor": f > 0.97 ? "end" : "middle", fill: "#59616b" });
    t.textContent = clock(u - D.from, form);
    k.axis.appendChild(t);
  }
}
// draw writes a line with all of its values that are in view; see Axis in package svgchart.
function draw(k, l) {
  if (!l.path || l.fixed) { return; }
  if (view[0] <= 0 && view[1] >= D.span) { l.path.setAttribute("d", l.whole); return; }
  var c = k.c, d = [], start = null, pen = false, lastX = "", n = l.time.length, i = Math.max(0, before(l.time, view[0]) - 1);
  function close() { if (l.group && pen) { d.push("V" + k.h + "H" + start + "Z"); } pen = false; }
  for (; i < n; i++) {
    var v = l.num[i], x = (l.time[i] / D.span * PW).toFixed(4);
    if (!isFinite(v)) { close(); continue; }
    if (pen && l.gap > 0 && l.time[i] - l.time[i - 1] > l.gap) { close(); }
    var f = c.log ? (v > 0 ? (Math.log(v) / Math.LN10 - c.lo) / (c.hi - c.lo) : 0) : v / c.hi;
    var y = (k.h * (1 - Math.max(0, Math.min(1, f)))).toFixed(1);
    if (!pen) { d.push("M" + x + " " + y); start = x; pen = true; }
    else { d.push(l.step ? "H" + x + "V" + y : "L" + x + " " + y); }
    lastX = x;
    if (l.time[i] > view[1]) { break; }
  }
  close();
  l.path.setAttribute("d", d.join(""));
}
// mark places the numbers, each in the lowest lane that has room for it; where there is one lane,
// those that are close are joined: 2 to 7. See marks.go in package svgchart.
function mark(k) {
  var ends = [], width = k.svg.getBoundingClientRect().width || 960, first = null;
  function write(m, text, show) {
    var w = Math.max(16, 4 + 6 * text.length), rect = m.querySelector("rect"), t = m.querySelector("text");
    t.textContent = text;
    rect.setAttribute("x", -w / 2);
    rect.setAttribute("width", w);
    [rect, t].forEach(function (e) { if (show) { e.removeAttribute("visibility"); } else { e.setAttribute("visibility", "hidden"); } });
  }
  k.marks.forEach(function (m) {
    var f = place(parseFloat(m.getAttribute("data-x")) * D.span), lane = 0, x = f * width;
    var seen = f >= -0.001 && f <= 1.001;
    m.setAttribute("x", (f * 100).toFixed(3) + "%");
    m.setAttribute("visibility", seen ? "visible" : "hidden");
    var n = m.getAttribute("data-n");
    write(m, n, seen);
    if (!seen) { return; }
    if (k.few) {
      if (first && x - ends[0] < 30) {
        write(first, first.getAttribute("data-n") + "\u2013" + n, true);
        write(m, n, false);
      } else { first = m; }
      ends[0] = x;
      return;
    }
    while (ends[lane] !== undefined && x - ends[lane] < 17 && 8 + 18 * (lane + 2) <= k.top) { lane++; }
    ends[lane] = x;
    var cy = k.top - 11 - 18 * lane;
    m.querySelector("rect").setAttribute("y", cy - 8);
    m.querySelector("text").setAttribute("y", cy + 3.5);
    m.querySelector("path").setAttribute("d", "M0 " + cy + "V" + (k.top + k.h));
  });
}
// zoom shows a..b, in seconds since the start, in all charts and keeps it in the address.
function zoom(a, b, quiet) {
  a = Math.max(0, a);
  b = Math.min(D.span, b);
  if (!(b - a > 0)) { return; }
  view = [a, b];
  charts.forEach(function (k) {
    k.plot.setAttribute("viewBox", (a / D.span * PW) + " 0 " + ((b - a) / D.span * PW) + " " + k.h);
    axis(k);
    mark(k);
    k.lines.forEach(function (l) { draw(k, l); });
  });
  showPinned();
  if (!quiet) { keep(); }
}
function keep() {
  var whole = view[0] <= 0 && view[1] >= D.span;
  try { history.replaceState(null, "", whole ? location.pathname + location.search : "#t=" + view[0].toFixed(0) + "-" + view[1].toFixed(0)); } catch (e) { return; }
}
document.addEventListener("keydown", function (e) {
  if (e.ctrlKey || e.metaKey || e.altKey) { return; }
  var m = (view[0] + view[1]) / 2, w = view[1] - view[0], input = e.target && e.target.tagName === "INPUT";
  if (e.key === "+" || e.key === "=") { zoom(m - w / 4, m + w / 4); }
  else if (e.key === "-") { zoom(m - w, m + w); }
  else if (e.key === "0") { zoom(0, D.span); }
  else if ((e.key === "ArrowLeft" || e.key === "ArrowRight") && !input) {
    stop();
    pin(pinned + (e.key === "ArrowLeft" ? -1 : 1) * (e.shiftKey ? 10 : 1));
    e.preventDefault();
  }
});
// reveal opens the folds around what an address names.
function reveal() {
  var m = /^#t=([0-9.]+)-([0-9.]+)$/.exec(location.hash), e = !m && /^#\w+$/.test(location.hash) && id(location.hash.slice(1));
  if (m) { zoom(parseFloat(m[1]), parseFloat(m[2]), true); }
  for (var p = e; p; p = p.parentNode) { if (p.tagName === "DETAILS") { p.open = true; } }
  if (e) { e.scrollIntoView(); }
}
window.addEventListener("hashchange", reveal);
if (charts.length) {
  var hint = id("hint"), wait = null;
  if (hint) { hint.textContent = "Move over a chart, or press \u2190 and \u2192, to see who held the slots then; drag to zoom all charts, double-click or 0 for the whole, + and \u2212 to step."; }
  window.addEventListener("resize", function () {
    clearTimeout(wait);
    wait = setTimeout(function () { charts.forEach(function (k) { axis(k); mark(k); }); }, 100);
  });
  charts.forEach(function (k) { axis(k); mark(k); });
  showPinned();
}
reveal();

// Commands get a button that copies them.
all(".cmd").forEach(function (pre) {
  var code = pre.querySelector("code"), b = document.createElement("button");
  b.type = "button";
  b.className = "copy";
  b.textContent = "Copy";
  b.addEventListener("click", function () {
    function done(ok) { b.textContent = ok ? "Copied" : "Select it"; setTimeout(function () { b.textContent = "Copy"; }, 2000); }
    function select() { // where the clipboard is refused
      var range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      done(document.execCommand("copy"));
    }
    if (navigator.clipboard) { navigator.clipboard.writeText(code.textContent).then(function () { done(true); }, select); } else { select(); }
  });
  pre.appendChild(b);
});

// Tables: a click on a head sorts by it, numbers by their exact value.
all("table.sort").forEach(function (table) {
  var heads = [].slice.call(table.tHead.rows[0].cells), body = table.tBodies[0];
  heads.forEach(function (th, i) {
    if (th.classList.contains("nosort")) { return; }
    th.tabIndex = 0;
    function sort() {
      var desc = th.getAttribute("aria-sort") !== "descending";
      heads.forEach(function (o) { o.removeAttribute("aria-sort"); });
      th.setAttribute("aria-sort", desc ? "descending" : "ascending");
      var rows = [].slice.call(body.rows).map(function (r, n) {
        var c = r.cells[i], raw = c.getAttribute("data-v"), v = raw === null ? c.textContent : parseFloat(raw);
        return { r: r, n: n, v: v, bad: typeof v === "number" && !isFinite(v) };
      });
      rows.sort(function (a, b) {
        if (a.bad !== b.bad) { return a.bad ? 1 : -1; }
        var d = a.v < b.v ? -1 : a.v > b.v ? 1 : 0;
        return (desc ? -d : d) || a.n - b.n;
      });
      rows.forEach(function (x) { body.appendChild(x.r); });
    }
    th.addEventListener("click", sort);
    th.addEventListener("keydown", function (e) { if (e.key === "Enter" || e.key === " ") { sort(); e.preventDefault(); } });
  });
});
}());
