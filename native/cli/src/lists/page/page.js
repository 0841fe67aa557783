// Searches and shows the records in the element `data`. Text reaches the page by textContent only, and an address only
// after it is seen to be https, so a record cannot bring in anything but words.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);

const WORDS = {
  function: {
    usage: "usage: what the owner does", crash: "crash reports", ads: "advertising", config: "settings from the vendor",
    resolver: "names looked up past the resolver", canary: "test name",
  },
  short: {
    usage: "usage", crash: "crashes", ads: "ads", config: "config", resolver: "own resolver", canary: "test name",
  },
  kind: {
    capture: "capture", code: "code", paper: "paper", report: "report", listed: "another list",
  },
  preset: {
    "nothing-breaks": "nothing breaks", balanced: "balanced", everything: "everything",
  },
  from: {
    "nothing-breaks": "in every preset", balanced: "in balanced and everything", everything: "in everything only",
  },
  tunnel: {
    on: ["looked at", "good"], off: ["outside, unless you say so", ""], never: ["always outside", ""],
  },
  connections: {
    on: "looked at, unless you say otherwise", off: "left alone, unless you say otherwise",
    never: "left alone, even with the whole phone looked at",
  },
  speaks: {
    http: "HTTP in the clear: names and answers can be read", dns: "DNS: a resolver that a system adds by itself",
  },
  class: {
    cosmetic: "cosmetic", feature: "a feature", sync: "sync", updates: "updates", security: "security",
    account: "account", safety: "safety", "privacy-right": "a privacy right",
  },
};
const PRESETS = Object.keys(WORDS.preset);
const GRAVE = ["updates", "security", "account", "safety", "privacy-right"];

const byId = (id) => document.getElementById(id);

/** An element with attributes and children; a string becomes text. */
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const entriesOf = (list) => list.reduce((n, record) => n + record.names.length, 0);
const namesOf = (list) => entriesOf(list.filter((record) => record.unit === "name"));
const plural = (n, one, many) => `${n} ${n === 1 ? one : many || one + "s"}`;

/** What a record counts: a name, an address however many its ports, a server that resolves, or an app. */
function unitOf(record) {
  if (record.role === "endpoint") return "server";
  if (record.role === "package") return "app";
  return record.match ? "name" : "address";
}

/** "2 names, 1 address": each unit that occurs, in words. */
function counted(list) {
  const parts = [["name", "names"], ["address", "addresses"], ["server", "servers"], ["app", "apps"]]
    .map(([one, many]) => [list.filter((record) => record.unit === one), one, many])
    .filter(([found]) => found.length > 0)
    .map(([found, one, many]) => plural(entriesOf(found), one, many));
  return parts.length > 0 ? parts.join(", ") : "No name";
}

// --- the records, with what is searched ------------------------------------------------------------------------------

const records = data.records.map((record) => {
  const file = data.files[record.file];
  const sources = [...record.evidence, ...breakages(record).flatMap((b) => [...b.sources, ...b.counter])];
  const ids = [record.id, ...record.names.filter((n) => n.key).map((n) => `${record.id}-${n.key}`)];
  const words = [
    ...ids, ...record.names.map((n) => n.name), record.what, record.note || "", record.feature || "",
    record.title || "", record.identity || "", record.path || "", file.title, ...file.packages, ...breakages(record).map((b) => b.what),
    ...sources.map((s) => data.sources[s]).flatMap((s) => [s.url, s.says || ""]),
  ];
  return { ...record, ids, unit: unitOf(record), about: file, text: words.join("\n").toLowerCase(), element: null };
});

function breakages(record) {
  return Array.isArray(record.breaks) ? record.breaks : [];
}

function kindOf(record) {
  return record.status === "shipped" ? record.role : record.status;
}

function kindsOf(record) {
  return new Set(record.evidence.map((s) => data.sources[s].kind));
}

function blockedUnder(record, preset) {
  return record.role === "block" && record.status === "shipped"
    && PRESETS.indexOf(preset) >= PRESETS.indexOf(record.preset);
}

/** The name in a page's address, or in a name with its last dot; an id (`file/record`) stays as it is. */
function bare(word) {
  const address = word.replace(/^[a-z][a-z0-9+.-]*:\/\//, "");
  const host = address.split(/[/?#]/, 1)[0];
  const name = (host.includes(".") ? host : address).replace(/:\d+$/, "").replace(/\.+$/, "");
  return name || word;
}

/** Whether a word of the search meets a record; a full name also meets the rule above it. */
function meets(record, word) {
  if (record.text.includes(word)) return true;
  return word.includes(".") && record.match === "subdomains" && record.names.some((n) => word.endsWith("." + n.name));
}

const FILTERS = {
  show: (record, value) => kindOf(record) === value,
  function: (record, value) => record.function === value,
  preset: (record, value) => blockedUnder(record, value),
  package: (record, value) => record.about.packages.includes(value)
    || record.role === "package" && record.names[0].name === value,
  evidence: (record, value) => value === "none" ? record.evidence.length === 0 : kindsOf(record).has(value),
  breakage: (record, value) => {
    if (value === "any") return breakages(record).length > 0;
    if (value === "none" || value === "unknown") return record.breaks === value;
    return breakages(record).some((b) => b.class === value);
  },
};

// --- the choices ------------------------------------------------------------------------------------------------------

function fill(id, all, choices) {
  const select = byId(id);
  select.append(el("option", { value: "" }, all));
  for (const [value, label] of choices) {
    const entries = entriesOf(records.filter((record) => FILTERS[id](record, value)));
    if (entries > 0) select.append(el("option", { value }, `${label} (${entries})`));
  }
}

fill("show", "All", [
  ["block", "Refused"], ["essential", "Never refused"], ["feature", "Kept with a feature"],
  ["endpoint", "Servers that resolve"], ["package", "Apps"], ["lead", "Leads: evidence wanted"], ["retired", "Retired"],
]);
fill("function", "Anything", Object.entries(WORDS.function));
fill("preset", "Any preset", Object.entries(WORDS.preset));
fill("breakage", "Anything", [
  ["none", "looked for, none found"], ["unknown", "nobody looked"], ["any", "something reported"],
  ...Object.entries(WORDS.class),
]);
fill("evidence", "Any", [...Object.entries(WORDS.kind), ["none", "none yet"]]);
fill("package", "Any app", [...new Set([
  ...data.files.flatMap((file) => file.packages),
  ...records.filter((record) => record.role === "package").map((record) => record.names[0].name),
])].sort().map((name) => [name, name]));

// --- a record ---------------------------------------------------------------------------------------------------------

function tags(record) {
  const tag = (text, tone) => el("span", { class: tone ? `tag ${tone}` : "tag" }, text);
  const kind = {
    block: ["refused", "good"], essential: ["never refused", ""], feature: ["kept with a feature", ""],
    endpoint: ["answers are read", "good"],
    package: record.role === "package" ? WORDS.tunnel[record.tunnel] : [],
    lead: ["lead, not in force", "warn"], retired: ["retired", "warn"],
  }[kindOf(record)];
  const found = [tag(...kind)];
  if (record.function && record.role === "block") found.push(tag(WORDS.short[record.function]));
  if (record.role === "block" && record.status === "shipped") {
    found.push(tag(WORDS.from[record.preset]));
  }
  if (record.breaks === "none") found.push(tag("no breakage found"));
  if (record.breaks === "unknown") found.push(tag("breakage unknown"));
  for (const name of new Set(breakages(record).map((b) => b.class))) {
    found.push(tag(`breaks: ${WORDS.class[name]}`, GRAVE.includes(name) ? "grave" : "warn"));
  }
  return el("span", { class: "tags" }, found);
}

function link(url) {
  if (!url.startsWith("https://")) return el("span", {}, url);
  return el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, url.slice(8),
    el("span", { class: "sr" }, " (opens another site)"));
}

function sourceItem(index) {
  const source = data.sources[index];
  const read = source.read ? `, read ${source.read}` : "";
  const lineage = source.lineage ? `, lineage ${source.lineage}` : "";
  return el("li", {},
    el("span", { class: "kind" }, WORDS.kind[source.kind]), `${read}${lineage}`,
    source.says ? el("span", { class: "says" }, source.says) : null,
    el("span", { class: "says" }, link(source.url)));
}

function sourceList(title, indexes) {
  return [el("h3", {}, title), el("ul", { class: "sources" }, indexes.map(sourceItem))];
}

function fields(record) {
  const rows = [];
  const row = (name, ...value) => rows.push(el("dt", {}, name), el("dd", {}, ...value));
  const reach = { exact: "this name only", subdomains: "this name and all beneath it" }[record.match];
  if (record.title) row("Known as", record.title);
  if (record.names.length > 1) {
    row({ name: "Names", address: "Addresses", server: "Servers" }[record.unit], el("ul", {}, record.names.map((n) => el("li", {}, el("code", {}, n.name), n.key ? ` (${n.key})` : ""))));
  }
  if (reach) row("Covers", record.names.length > 1 ? reach.replace("this name", "each of these names").replace(" only", ", nothing beneath it") : reach);
  if (record.speaks) row("Speaks", WORDS.speaks[record.speaks]);
  if (record.path) row("Asked at", el("code", {}, record.path));
  if (record.ports.length > 0) row("Ports", record.ports.join(", "));
  if (record.tunnel) row("Connections", WORDS.connections[record.tunnel]);
  if (record.identity) row("Shares", el("code", {}, record.identity), " with others: all of them or none");
  if (record.feature) row("Switch", data.features[record.feature] || record.feature);
  if (record.function) row("Carries", WORDS.function[record.function]);
  if (record.unit !== "server" && record.about.packages.length > 0) row("Apps", el("ul", {}, record.about.packages.map((p) => el("li", {}, el("code", {}, p)))));
  if (record.role === "block" && record.status === "shipped") {
    row("Refused under", PRESETS.filter((p) => blockedUnder(record, p)).map((p) => WORDS.preset[p]).join(", "));
  }
  if (record.breaks === "none") row("Breaks", "looked for, and no report found");
  if (record.breaks === "unknown") row("Breaks", "nobody has looked");
  for (const b of breakages(record)) {
    const doubt = b.counter.length > 0 ? `, contradicted by ${b.counter.length}` : "";
    row("Breaks", `${WORDS.class[b.class]}: ${b.what} (${plural(b.sources.length, "report")}${doubt})`);
  }
  if (record.confidence) row("Confidence", record.confidence);
  if (record.first || record.last) row("Seen", [record.first && `first ${record.first}`, record.last && `last ${record.last}`].filter(Boolean).join(", "));
  if (record.reply) row("Answer", record.reply);
  if (record.note) row("Note", record.note);
  row("Record", el("a", { href: "#" + encodeURI(record.id), class: "id" }, record.id));
  return el("dl", {}, rows);
}

function body(record) {
  const parts = [fields(record)];
  if (record.evidence.length > 0) parts.push(...sourceList("Evidence", record.evidence));
  else parts.push(el("h3", {}, "Evidence"), el("p", { class: "none" }, 
    record.status === "lead" ? "None yet: that is why it is not in force."
      : record.role === "package" ? "None yet; the note says why it is here." : "None; it is kept on doubt."));
  const told = [...new Set(breakages(record).flatMap((b) => b.sources))];
  const contradicted = [...new Set(breakages(record).flatMap((b) => b.counter))];
  if (told.length > 0) parts.push(...sourceList("Reports of breakage", told));
  if (contradicted.length > 0) parts.push(...sourceList("Reports against that", contradicted));
  return el("div", { class: "body" }, parts);
}

function item(record) {
  const rest = record.names.length - 1;
  const unit = { name: ["sibling"], server: ["more", "more"] }[record.unit] || ["address", "addresses"];
  const also = record.title || (rest > 0 ? `and ${plural(rest, ...unit)}` : "");
  const summary = el("summary", {},
    el("span", { class: "name" }, record.names[0].name),
    ...(also ? [" ", el("span", { class: "also" }, also)] : []),
    el("span", { class: "what" }, record.what), tags(record));
  const details = el("details", { class: "rule" }, summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(body(record));
  });
  record.element = el("li", { "data-id": record.id }, details);
  return record.element;
}

// --- the page ---------------------------------------------------------------------------------------------------------

/** What is refused comes first, the largest component at its head; then what is kept. */
const ROLES = ["block", "feature", "essential", "package"];
const order = data.files.map((file, index) => {
  const own = records.filter((record) => record.file === index);
  return { file, index, own, role: own.length > 0 ? ROLES.indexOf(own[0].role) : ROLES.length, size: entriesOf(own) };
}).filter(({ own }) => own.length > 0).sort((a, b) => a.role - b.role || b.size - a.size || a.index - b.index);

const groups = order.map(({ file, index, own }) => {
  const heading = `group-${index}`;
  const element = el("section", { class: "group", "aria-labelledby": heading },
    el("h2", { id: heading }, file.title), el("p", { class: "about" }, file.about),
    el("ul", { class: "rules" }, own.map(item)));
  return { own, element };
});
const empty = el("p", { class: "empty", hidden: true }, "No rule fits. Take a filter away, or search for less.");
byId("results").append(...groups.map((group) => group.element), empty);

const inForceOf = (...roles) => (record) => record.status === "shipped" && roles.includes(record.role);
for (const [label, test] of [
  ["names refused", (record) => record.unit === "name" && inForceOf("block")(record)],
  ["never refused", (record) => record.unit === "name" && inForceOf("essential")(record)],
  ["kept with a feature", (record) => record.unit === "name" && inForceOf("feature")(record)],
  ["leads", (record) => record.status === "lead" && record.unit === "name"],
  ["addresses", (record) => record.unit === "address" && record.status === "shipped"],
  ["servers that resolve", inForceOf("endpoint")],
  ["apps", inForceOf("package")],
]) {
  const count = entriesOf(records.filter(test));
  if (count > 0) byId("totals").append(el("li", {}, el("b", {}, String(count)), el("span", {}, label)));
}
byId("version").textContent = `Version ${data.version}`;

// --- figures ----------------------------------------------------------------------------------------------------------

/** Bars begin at zero and share one scale within a chart; every bar has its number. */
function chart(title, unit, rows) {
  const shown = rows.filter(([, count]) => count > 0);
  const most = Math.max(1, ...shown.map(([, count]) => count));
  const lines = shown.map(([label, count, unknown]) => {
    const bar = el("span", {});
    bar.style.width = `${(100 * count) / most}%`;
    return el("tr", { class: unknown ? "unknown" : undefined },
      el("th", { scope: "row" }, label),
      el("td", { "aria-hidden": "true" }, el("span", { class: "track" }, bar)),
      el("td", { class: "n" }, String(count)));
  });
  const id = `chart-${title.toLowerCase().replace(/\W+/g, "-")}`;
  return el("figure", { class: "chart", "aria-labelledby": id },
    el("figcaption", { id }, title, el("span", { class: "unit" }, unit)), el("table", {}, el("tbody", {}, lines)));
}

function figures() {
  const refused = records.filter((record) => kindOf(record) === "block");
  const inForce = records.filter(inForceOf("block", "essential", "feature"));
  const sum = (list, test) => namesOf(list.filter(test));
  const years = [...new Set(refused.filter((r) => r.last).map((r) => r.last.slice(0, 4)))].sort().reverse();
  byId("charts").append(
    chart("What refused names carry", "names in force", Object.keys(WORDS.short).map(
      (f) => [WORDS.short[f], sum(refused, (r) => r.function === f)]).sort((a, b) => b[1] - a[1])),
    chart("What it rests on", "names in force; one name may have several kinds", [
      ...Object.keys(WORDS.kind).map((k) => [WORDS.kind[k], sum(inForce, (r) => kindsOf(r).has(k))]).sort((a, b) => b[1] - a[1]),
      ["none", sum(inForce, (r) => r.evidence.length === 0), true],
    ]),
    chart("Last sighting on record", "refused names, by year", [
      ...years.map((year) => [year, sum(refused, (r) => (r.last || "").startsWith(year))]),
      ["no date", sum(refused, (r) => !r.last), true],
    ]),
    chart("Breakage", "refused names", [
      ["none found", sum(refused, (r) => r.breaks === "none")],
      ["reported", sum(refused, (r) => breakages(r).length > 0)],
      ["nobody looked", sum(refused, (r) => r.breaks === "unknown"), true],
    ]),
  );
}
figures();

// --- searching --------------------------------------------------------------------------------------------------------

const form = byId("filters");
const IDS = ["q", ...Object.keys(FILTERS)];

function apply() {
  // As typed, or what it may be the address of; the address of a source is found as it is.
  const words = byId("q").value.toLowerCase().split(/\s+/).filter(Boolean)
    .map((word) => records.some((record) => meets(record, word)) ? word : bare(word));
  const chosen = Object.keys(FILTERS).map((id) => [id, byId(id).value]).filter(([, value]) => value !== "");
  const fits = (record) => words.every((word) => meets(record, word))
    && chosen.every(([id, value]) => FILTERS[id](record, value));
  const shown = records.filter((record) => {
    record.element.hidden = !fits(record);
    return !record.element.hidden;
  });
  for (const { own, element } of groups) element.hidden = own.every((record) => record.element.hidden);
  empty.hidden = shown.length > 0;
  byId("count").textContent = `${counted(shown)} in ${plural(shown.length, "record")}`;
  byId("reset").hidden = words.length === 0 && chosen.length === 0;
  byId("active").textContent = chosen.length > 0 ? `${chosen.length} in use` : "";
}

/** The search stands in the address, so that a view can be kept or sent. */
function remember() {
  const query = new URLSearchParams();
  for (const id of IDS) if (byId(id).value !== "") query.set(id, byId(id).value);
  const text = query.toString();
  history.replaceState(null, "", text === "" ? location.pathname : `#?${text}`);
}

function recall() {
  const hash = location.hash.slice(1);
  if (hash.startsWith("?")) {
    const query = new URLSearchParams(hash.slice(1));
    for (const id of IDS) {
      byId(id).value = query.get(id) || "";
      // A choice that this list does not have.
      if (byId(id).selectedIndex === -1) byId(id).value = "";
    }
  }
  apply();
  let id = "";
  try { id = decodeURI(hash); } catch { /* No record has such an id. */ }
  const record = records.find((one) => one.ids.includes(id));
  if (!record) return;
  if (record.element.hidden) { form.reset(); apply(); }
  record.element.firstChild.open = true;
  record.element.scrollIntoView({ block: "center" });
  record.element.querySelector("summary").focus();
}

form.addEventListener("input", () => { apply(); remember(); });
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(() => { apply(); remember(); byId("q").focus(); }));
addEventListener("hashchange", recall);
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    byId("q").focus();
  }
});
if (matchMedia("(max-width: 34rem)").matches) byId("more").open = false;
recall();
