// What happens in the browser alone: the address, light and dark, steps through values, pictures.
(function () {
  "use strict";

  const COHORT = ["endpoint", "by", "treatment", "primary_site", "grade", "hospital", "from", "to", "choose"];
  const PATIENT = ["analyte", "scale", "unit", "zero"];
  const PATIENT_STARTS = { analyte: "CGA", scale: "log", unit: "uln", zero: "start" };
  const EVERY = "all";
  const SCHEME_KEY = "lutetia-scheme";
  const LONGEST_PAINT_MS = 300;
  const CURSOR = "chosen value";

  function same(one, other) {
    return JSON.stringify(one) === JSON.stringify(other);
  }

  function readField(query, field, start) {
    if (!query.has(field)) { return start; }
    if (!Array.isArray(start)) { return query.get(field); }
    return query.getAll(field).filter((value) => value !== EVERY);
  }

  function writeField(query, field, value, start) {
    query.delete(field);
    const held = value === null || value === undefined ? (Array.isArray(start) ? [] : start) : value;
    const sorted = (list) => [...list].sort();
    if (Array.isArray(start) ? same(sorted(held), sorted(start)) : held === start) { return; }
    const values = Array.isArray(held) ? (held.length ? held : [EVERY]) : [held];
    values.forEach((item) => query.append(field, item));
  }

  // One function for both directions: a changed control writes the address, a changed address (also by Back)
  // sets the controls.
  function sync(fields, search, values, starts) {
    const nothing = window.dash_clientside.no_update;
    const asked = window.dash_clientside.callback_context.triggered || [];
    const byControl = asked.some((one) => /^(filter|control)-/.test(one.prop_id));
    const byAddress = asked.some((one) => one.prop_id.startsWith("location.")) || asked.length === 0;
    const query = new URLSearchParams(search || "");
    if (byAddress || !byControl) {
      // a control that stands right is left alone: drawing it again costs more than the chart
      return fields.map((field, at) => {
        const wanted = readField(query, field, starts[field]);
        return same(wanted, values[at]) ? nothing : wanted;
      });
    }
    fields.forEach((field, at) => writeField(query, field, values[at], starts[field]));
    const written = query.toString() ? "?" + query.toString() : "";
    if (written !== (search || "")) { window.dash_clientside.set_props("location", { search: written }); }
    return fields.map(() => nothing);
  }

  function chooseScheme(clicks, scheme) {
    if (clicks) { return scheme === "dark" ? "light" : "dark"; }
    const kept = window.localStorage.getItem(SCHEME_KEY);
    if (kept === "dark" || kept === "light") { return kept; }
    return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }

  let chosen = -1;
  let chosenOf = "";

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lutetia: {
      syncFilters(search, ...rest) {
        const starts = rest.pop();
        return sync(COHORT, search, rest, starts);
      },

      syncPatient(search, ...values) {
        return sync(PATIENT, search, values, PATIENT_STARTS);
      },

      // a closed table is never sent; null empties it, so that it cannot show old numbers when opened again
      askTable(clicks, shown, asked) {
        if (clicks % 2 === 1 && shown) { return shown; }
        return asked ? null : window.dash_clientside.no_update;
      },

      // a hidden window paints nothing: it goes on after a moment
      afterPaint(state) {
        const painted = new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        const waited = new Promise((done) => setTimeout(done, LONGEST_PAINT_MS));
        return Promise.race([painted, waited]).then(() => state);
      },

      toggleScheme(clicks, scheme) {
        const next = chooseScheme(clicks, scheme);
        window.localStorage.setItem(SCHEME_KEY, next);
        document.documentElement.dataset.scheme = next;
        return [next, next, next === "dark" ? "Light" : "Dark"];
      },

      namePage(pathname, shown) {
        const first = "/" + (pathname || "/").split("/")[1];
        return first === shown ? window.dash_clientside.no_update : first;
      },

      linkPages(pathname, search) {
        const study = new URLSearchParams(search || "").get("study");
        const studies = [...document.querySelectorAll("nav.studies .menu-link")].map((link) => link.id);
        const shown = studies.includes("study-" + study) ? "study-" + study : studies[0];
        const query = study ? "?study=" + encodeURIComponent(study) : "";
        document.querySelectorAll("nav .menu-link").forEach((link) => {
          const first = "/" + (pathname || "/").split("/")[1];
          const own = new URL(link.href, window.location.href);
          const here = link.id.startsWith("study-") ? link.id === shown : own.pathname === first;
          if (here) { link.setAttribute("aria-current", "page"); } else { link.removeAttribute("aria-current"); }
        });
        return ["/" + query, "/patient" + query, "/data" + query];
      },

      readSearch(clicks, enters) {
        if (!clicks && !enters) { return window.dash_clientside.no_update; }
        return { code: document.getElementById("search-code").value, asked: String((clicks || 0) + (enters || 0)) };
      },

      stepValue(before, after, figure) {
        const stops = (figure && figure.layout && figure.layout.meta && figure.layout.meta.values) || [];
        if (stops.length === 0) { return "There is no value to step to."; }
        const of = window.location.pathname + window.location.search;
        const asked = window.dash_clientside.callback_context.triggered[0].prop_id;
        const step = asked.startsWith("value-previous") ? -1 : 1;
        if (of !== chosenOf) { chosen = step > 0 ? -1 : stops.length; chosenOf = of; }
        chosen = Math.min(stops.length - 1, Math.max(0, chosen + step));
        const stop = stops[chosen];
        const chart = document.querySelector("#marker-graph .js-plotly-plot");
        const ring = figure.data.findIndex((trace) => trace.name === CURSOR);
        window.Plotly.restyle(chart, { x: [[stop.x]], y: [[stop.y]] }, [ring]);
        return (chosen + 1) + " of " + stops.length + ": " + stop.words;
      },
    },
  });

  function press(id) {
    const target = document.getElementById(id);
    if (target) { target.click(); }
    return Boolean(target);
  }

  document.addEventListener("keydown", (event) => {
    const patients = { PageUp: "patient-previous", PageDown: "patient-next" };
    if (event.altKey && patients[event.key] && press(patients[event.key])) { event.preventDefault(); return; }
    const values = { ArrowLeft: "value-previous", ArrowRight: "value-next" };
    const onSteps = ["value-previous", "value-next"].includes(document.activeElement.id);
    if (onSteps && values[event.key]) { press(values[event.key]); event.preventDefault(); }
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-graph]");
    if (!button) { return; }
    const chart = document.querySelector("#" + button.dataset.graph + " .js-plotly-plot");
    if (chart) { window.Plotly.downloadImage(chart, { format: "svg", filename: button.dataset.file }); }
  });
})();
