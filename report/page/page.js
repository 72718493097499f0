(function () {
"use strict";
var data = document.getElementById("data");
if (!data) { return; }
var D = JSON.parse(data.textContent), NS = "http://www.w3.org/2000/svg";
var LEFT = 64, PW = 880, TOP = 22, WIDTH = 960;
var view = [0, D.span], charts = [], down = null;
document.documentElement.classList.add("js");

function el(name, attrs) {
  var e = document.createElementNS(NS, name);
  for (var k in attrs) { e.setAttribute(k, attrs[k]); }
  return e;
}
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
function group(v) {
  var a = Math.abs(v), s = a >= 100 || a === Math.floor(a) ? v.toFixed(0) : a >= 10 ? v.toFixed(1) : v.toPrecision(2);
  return s.replace(/\B(?=(\d{3})+$)/g, " ");
}
function say(v, unit) {
  if (v === null || v === undefined) { return "no data"; }
  if (unit === "bytes") {
    var u = ["B", "KiB", "MiB", "GiB", "TiB"], i = 0;
    while (Math.abs(v) >= 1024 && i < 4) { v /= 1024; i++; }
    return group(v) + " " + u[i];
  }
  return group(v) + (unit === "per second" ? "/s" : unit === "seconds" ? " s" : unit ? " " + unit : "");
}
// nearest finds the point of a line that is nearest in time.
function nearest(line, t) {
  var lo = 0, hi = line.t.length - 1;
  if (hi < 0) { return null; }
  while (hi - lo > 1) { var m = (lo + hi) >> 1; if (line.t[m] <= t) { lo = m; } else { hi = m; } }
  return line.v[Math.abs(line.t[hi] - t) < Math.abs(line.t[lo] - t) ? hi : lo];
}

D.charts.forEach(function (c) {
  var svg = document.getElementById(c.id);
  if (!svg) { return; }
  var plot = svg.querySelector(".plot"), h = plot.viewBox.baseVal.height;
  var k = { svg: svg, plot: plot, h: h, lines: c.lines, axis: svg.querySelector(".xaxis"),
    marks: [].slice.call(svg.querySelectorAll(".mark")), val: svg.parentNode.querySelector(".val"),
    cur: el("path", { "class": "sel", stroke: "#e88000", "stroke-width": "1" }),
    sel: el("rect", { "class": "sel", y: TOP, height: h, width: 0, fill: "#e88000", "fill-opacity": "0.18" }) };
  svg.appendChild(k.sel);
  svg.appendChild(k.cur);
  charts.push(k);
  function at(e) {
    var r = svg.getBoundingClientRect();
    return Math.max(0, Math.min(PW, (e.clientX - r.left) / r.width * WIDTH - LEFT));
  }
  svg.addEventListener("pointermove", function (e) { show(at(e)); });
  svg.addEventListener("pointerleave", function () { if (down === null) { show(null); } });
  svg.addEventListener("pointerdown", function (e) {
    if (e.button === 0 && e.pointerType === "mouse") { down = at(e); svg.setPointerCapture(e.pointerId); e.preventDefault(); }
  });
  svg.addEventListener("pointerup", function (e) {
    var a = down, b = at(e);
    down = null;
    if (a !== null && Math.abs(a - b) > 6) { zoom(time(Math.min(a, b)), time(Math.max(a, b))); }
    show(b);
  });
  svg.addEventListener("pointercancel", function () { down = null; show(null); });
  svg.addEventListener("dblclick", function () { zoom(0, D.span); });
});
if (!charts.length) { return; }

function time(x) { return view[0] + x / PW * (view[1] - view[0]); }
// show moves the cursor of all charts to x; null takes it away.
function show(x) {
  charts.forEach(function (k) {
    k.cur.setAttribute("d", x === null ? "M0 0" : "M" + (LEFT + x) + " " + TOP + "v" + k.h);
    var a = down === null || x === null ? 0 : Math.min(down, x), w = down === null || x === null ? 0 : Math.abs(down - x);
    k.sel.setAttribute("x", LEFT + a);
    k.sel.setAttribute("width", w);
    k.val.textContent = x === null ? "" : clock(time(x), "sec") + "  " + k.lines.map(function (l) {
      return (k.lines.length > 1 ? l.n + " " : "") + say(nearest(l, time(x)), l.u);
    }).join("  ");
  });
}
var STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000, 31536000];
function axis(k) {
  var span = view[1] - view[0], i = 0;
  while (i < STEPS.length - 1 && STEPS[i] * 8 < span) { i++; }
  var step = STEPS[i], form = step < 60 ? "sec" : step >= 86400 ? "date" : D.span > 86400 ? "long" : "min";
  while (k.axis.firstChild) { k.axis.removeChild(k.axis.firstChild); }
  var u0 = D.from + view[0], off = offset(u0), u = Math.ceil((u0 + off) / step) * step - off;
  for (; u <= D.from + view[1] + 1e-6; u += step) {
    var p = (u - u0) / span * PW, x = (LEFT + p).toFixed(1), edge = p > PW - 10;
    k.axis.appendChild(el("path", { "class": "grid", d: "M" + x + " " + TOP + "v" + k.h, stroke: "#8886", "stroke-width": "0.6" }));
    var t = el("text", { "class": "lab", x: edge ? WIDTH - 1 : x, y: TOP + k.h + 15, "text-anchor": edge ? "end" : "middle", fill: "#666" });
    t.textContent = clock(u - D.from, form);
    k.axis.appendChild(t);
  }
}
// zoom shows a..b, in seconds since the start, in all charts and keeps it in the address.
function zoom(a, b, quiet) {
  a = Math.max(0, a);
  b = Math.min(D.span, b);
  if (!(b - a > 0)) { return; }
  view = [a, b];
  var f = PW / (b - a);
  charts.forEach(function (k) {
    k.plot.setAttribute("viewBox", (a / D.span * PW) + " 0 " + ((b - a) / D.span * PW) + " " + k.h);
    axis(k);
    k.marks.forEach(function (m) {
      var x = (parseFloat(m.getAttribute("data-x")) / PW * D.span - a) * f;
      m.setAttribute("transform", "translate(" + (LEFT + x).toFixed(1) + " 0)");
      m.setAttribute("visibility", x < -0.5 || x > PW + 0.5 ? "hidden" : "visible");
    });
  });
  show(null);
  if (!quiet) { keep(); }
}
function keep() {
  var all = view[0] <= 0 && view[1] >= D.span;
  try { history.replaceState(null, "", all ? location.pathname + location.search : "#t=" + view[0].toFixed(0) + "-" + view[1].toFixed(0)); } catch (e) { return; }
}
document.addEventListener("keydown", function (e) {
  if (e.ctrlKey || e.metaKey || e.altKey) { return; }
  var m = (view[0] + view[1]) / 2, w = view[1] - view[0];
  if (e.key === "+" || e.key === "=") { zoom(m - w / 4, m + w / 4); }
  else if (e.key === "-") { zoom(m - w, m + w); }
  else if (e.key === "0") { zoom(0, D.span); }
});
function fromAddress() {
  var m = /^#t=([0-9.]+)-([0-9.]+)$/.exec(location.hash);
  if (m) { zoom(parseFloat(m[1]), parseFloat(m[2]), true); }
}
window.addEventListener("hashchange", fromAddress);
var hint = document.getElementById("hint");
if (hint) { hint.textContent = "Move over a chart to read values; drag to zoom all, double-click or 0 for the whole, + and − to step."; }
fromAddress();

// Tables: a click on a head sorts by it, numbers by their exact value.
[].forEach.call(document.querySelectorAll("table.sort"), function (table) {
  var heads = [].slice.call(table.tHead.rows[0].cells), body = table.tBodies[0];
  heads.forEach(function (th, i) {
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
    th.addEventListener("keydown", function (e) { if (e.key === "Enter") { sort(); } });
  });
});
}());
