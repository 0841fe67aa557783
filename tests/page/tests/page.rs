//! What a person can do with the page. Needs a Chromium, and `hushwall` built.

use anyhow::Result;
use page::{Scheme, View};
use serde_json::json;

const DESK: (u32, u32) = (1280, 860);
const PHONE: (u32, u32) = (390, 844);
/// The narrowest phone in use.
const NARROW: (u32, u32) = (320, 640);

const OURS: &str = "tests/page/records";
const REAL: &str = "blocklists";
const SERVERS: &str = "tests/page/servers";

const TAB: u32 = 9;
const ENTER: u32 = 13;
const SLASH: u32 = 191;

#[test]
fn search_finds_names_words_and_what_lies_beneath_a_rule() -> Result<()> {
    let mut view = View::open("search", OURS, DESK, Scheme::Light)?;
    let all = ["ads/serving", "ads/counting", "ads/guess", "kept/update"];
    assert_eq!(view.shown()?, all);
    view.press("/", SLASH)?;
    assert_eq!(
        view.value("document.activeElement.id")?,
        "q",
        "`/` comes to the search"
    );
    for (words, found) in [
        ("COUNT.", &["ads/counting"][..]),
        ("deep.eu.ads.vendor.example", &["ads/serving"]),
        ("x.count.vendor.example", &[]),
        ("DEEP.eu.ads.vendor.example.", &["ads/serving"]),
        (
            "https://x.ads.vendor.example:8443/v2/track?id=1",
            &["ads/serving"],
        ),
        ("count.vendor.example/path", &["ads/counting"]),
        ("ads/serving-eu", &["ads/serving"]),
        ("https://told.example/1", &["kept/update"]),
        ("emergency late", &["ads/counting"]),
        ("com.example.ads tapped", &["ads/serving"]),
        ("asks here", &["kept/update"]),
    ] {
        view.value("document.getElementById('q').select()")?;
        view.type_text(words)?;
        assert_eq!(view.shown()?, found, "{words}");
        let said = view.value("document.getElementById('count').textContent")?;
        assert!(said.as_str().unwrap_or_default().contains("in"), "{said}");
    }
    view.value("document.getElementById('q').select()")?;
    view.type_text("nothing at all")?;
    assert_eq!(
        view.value("document.querySelector('.empty').checkVisibility()")?,
        true
    );
    view.value("document.getElementById('reset').click()")?;
    view.value("new Promise((done) => setTimeout(done))")?;
    assert_eq!(view.shown()?, all);
    Ok(())
}

#[test]
fn filters_narrow_together_and_stand_in_the_address() -> Result<()> {
    let mut view = View::open("filters", OURS, DESK, Scheme::Light)?;
    for (id, value, found) in [
        ("show", "lead", &["ads/guess"][..]),
        ("function", "usage", &["ads/counting"]),
        ("preset", "nothing-breaks", &["ads/serving"]),
        ("preset", "everything", &["ads/serving", "ads/counting"]),
        ("breakage", "safety", &["ads/counting"]),
        ("breakage", "unknown", &["ads/guess"]),
        ("evidence", "paper", &["ads/serving"]),
        ("evidence", "none", &["ads/guess"]),
        (
            "package",
            "com.example.ads",
            &["ads/serving", "ads/counting", "ads/guess"],
        ),
    ] {
        view.choose(id, value)?;
        assert_eq!(view.shown()?, found, "{id} {value}");
        view.choose(id, "")?;
    }
    view.choose("preset", "everything")?;
    view.choose("evidence", "listed")?;
    assert_eq!(view.shown()?, ["ads/counting"]);
    let hash = view.value("location.hash")?;
    view.go(hash.as_str().unwrap_or_default())?;
    assert_eq!(view.shown()?, ["ads/counting"], "{hash}");
    Ok(())
}

#[test]
fn servers_that_resolve_and_apps_are_shown_and_found() -> Result<()> {
    let mut view = View::open("servers", SERVERS, DESK, Scheme::Light)?;
    let all = [
        "kept/push",
        "resolvers/asked",
        "resolvers/in-the-clear",
        "resolvers/guess",
        "packages/com.vendor.settings",
        "packages/com.vendor.updater",
    ];
    let mut shown = view.shown()?;
    shown.sort_unstable();
    let mut sorted = all;
    sorted.sort_unstable();
    assert_eq!(shown, sorted);
    for (id, value, found) in [
        ("show", "endpoint", &["resolvers/in-the-clear"][..]),
        ("show", "lead", &["resolvers/guess"]),
        (
            "show",
            "package",
            &["packages/com.vendor.settings", "packages/com.vendor.updater"],
        ),
        ("package", "com.vendor.updater", &["packages/com.vendor.updater"]),
        ("preset", "everything", &["resolvers/asked"]),
    ] {
        view.choose(id, value)?;
        assert_eq!(view.shown()?, found, "{id} {value}");
        view.choose(id, "")?;
    }
    for (id, parts) in [
        (
            "resolvers/in-the-clear",
            &[
                "dns.vendor.example",
                "192.0.2.7",
                "/gslb/",
                "in the clear",
                "code.example",
            ][..],
        ),
        (
            "packages/com.vendor.settings",
            &["Settings <b>", "android.uid.system", "shop.example"],
        ),
        (
            "packages/com.vendor.updater",
            &["even with the whole phone", "Left outside."],
        ),
    ] {
        view.go(&format!("#{id}"))?;
        view.value("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")?;
        let text = view.value("document.querySelector('.rule[open]').textContent")?;
        for part in parts {
            assert!(text.as_str().unwrap_or_default().contains(part), "{part}: {text}");
        }
    }
    Ok(())
}

#[test]
fn an_address_is_no_name_and_counts_once_whatever_its_ports() -> Result<()> {
    let mut view = View::open("counts", SERVERS, DESK, Scheme::Light)?;
    assert_eq!(
        view.value("document.getElementById('count').textContent")?,
        "1 name, 2 addresses, 3 servers, 2 apps in 6 records"
    );
    let totals = view.value(
        "[...document.querySelectorAll('#totals li')].map(li => [...li.children].map(c => c.textContent))",
    )?;
    assert_eq!(
        totals,
        json!([
            ["1", "names refused"],
            ["2", "addresses"],
            ["2", "servers that resolve"],
            ["2", "apps"]
        ])
    );
    view.choose("show", "feature")?;
    assert_eq!(
        view.value("document.getElementById('count').textContent")?,
        "2 addresses in 1 record"
    );
    Ok(())
}

#[test]
fn evidence_is_opened_by_keyboard_alone() -> Result<()> {
    let mut view = View::open("keyboard", OURS, DESK, Scheme::Light)?;
    for _ in 0..30 {
        view.press("Tab", TAB)?;
        if view.value("document.activeElement.closest('.rule') !== null")? == true {
            break;
        }
    }
    assert_eq!(
        view.value("getComputedStyle(document.activeElement).outlineStyle")?,
        "solid",
        "the focus is seen"
    );
    view.press("Enter", ENTER)?;
    view.value("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")?;
    let open = "document.querySelector('.rule[open]')";
    let links = view.value(&format!(
        "[...{open}.querySelectorAll('.sources a')].map(a => [a.protocol, a.host, a.rel])"
    ))?;
    assert_eq!(links, json!([["https:", "paper.example", "noopener noreferrer"]]));
    let text = view.value(&format!("{open}.textContent"))?;
    for part in [
        "eu.ads.vendor.example",
        "names it, in </script> a table",
        "last 2026-10",
        "javascript:",
    ] {
        assert!(text.as_str().unwrap_or_default().contains(part), "{part}: {text}");
    }
    Ok(())
}

#[test]
fn the_id_of_a_sibling_opens_its_family() -> Result<()> {
    let mut view = View::open("sibling", OURS, DESK, Scheme::Light)?;
    view.go("#ads/serving-eu")?;
    view.value("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")?;
    let open = "document.querySelector('.rule[open]').parentElement.dataset.id";
    assert_eq!(view.value(open)?, "ads/serving");
    Ok(())
}

#[test]
fn address_of_a_record_opens_it() -> Result<()> {
    let mut view = View::open("address", OURS, PHONE, Scheme::Light)?;
    view.go("#ads/counting")?;
    view.value("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")?;
    let open = "document.querySelector('.rule[open]')";
    assert_eq!(
        view.value(&format!("{open}.parentElement.dataset.id"))?,
        "ads/counting"
    );
    let place = view.value(&format!("{open}.getBoundingClientRect().top"))?;
    assert!((0.0..844.0).contains(&place.as_f64().unwrap_or(-1.0)), "{place}");
    Ok(())
}

#[test]
fn text_of_a_record_stays_text_and_nothing_is_requested() -> Result<()> {
    let mut view = View::open("hostile", OURS, DESK, Scheme::Light)?;
    view.value("document.querySelectorAll('.rule').forEach(d => { d.open = true; })")?;
    view.value("new Promise((done) => setTimeout(done, 50))")?;
    assert_eq!(view.value("typeof window.hostile")?, "undefined");
    let title = view.value("document.querySelector('.group h2').textContent")?;
    assert_eq!(title, "Ads </script><script>window.hostile = 1</script>");
    assert_eq!(
        view.value("document.querySelectorAll('img, b.x, iframe').length")?,
        0
    );
    for event in &view.browser.events {
        if event["method"] == "Network.requestWillBeSent" {
            let url = event["params"]["request"]["url"].as_str().unwrap_or_default();
            assert!(url.starts_with("file://") || url.starts_with("data:"), "{url}");
        }
        assert_ne!(event["method"], "Runtime.exceptionThrown", "{event}");
        assert_ne!(event["params"]["entry"]["level"], "error", "{event}");
    }
    Ok(())
}

#[test]
fn nothing_runs_out_of_a_narrow_phone() -> Result<()> {
    let mut view = View::open("narrow", REAL, NARROW, Scheme::Light)?;
    view.value("document.querySelectorAll('details').forEach(d => { d.open = true; })")?;
    view.value("new Promise((done) => setTimeout(done, 200))")?;
    assert_eq!(view.value("document.documentElement.scrollWidth")?, NARROW.0);
    let small = view.value(
        "[...document.querySelectorAll('input, select, button, .rule > summary')].filter(e => e.checkVisibility() \
         && e.getBoundingClientRect().height < 40).map(e => e.outerHTML.slice(0, 80))",
    )?;
    assert_eq!(small, json!([]), "fingers need room");
    Ok(())
}

/// Contrast of every text with what is behind it (WCAG 2.2, section 1.4.3: 4.5 to 1).
const CONTRAST: &str = r"(() => {
  const rgb = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== '');
    if (!own || !e.checkVisibility() || e.matches('script, style, option')) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.add(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
  }
  return [...faint];
})()";

#[test]
fn text_is_readable_in_light_and_in_dark() -> Result<()> {
    for (name, scheme) in [("light", Scheme::Light), ("dark", Scheme::Dark)] {
        let mut view = View::open(name, REAL, DESK, scheme)?;
        view.value("document.querySelectorAll('details').forEach(d => { d.open = true; })")?;
        view.value("new Promise((done) => setTimeout(done, 200))")?;
        assert_eq!(view.value(CONTRAST)?, json!([]), "{name}");
    }
    Ok(())
}

#[test]
fn screen_reader_finds_names_landmarks_and_figures() -> Result<()> {
    let mut view = View::open("reader", REAL, DESK, Scheme::Light)?;
    let tree = view.browser.call("Accessibility.getFullAXTree", json!({}))?;
    let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
    let nodes: Vec<_> = nodes.iter().filter(|node| node["ignored"] != true).collect();
    let count = |role: &str| nodes.iter().filter(|node| node["role"]["value"] == role).count();
    for (role, least) in [
        ("main", 1),
        ("search", 1),
        ("complementary", 1),
        ("status", 1),
        ("region", 10),
        ("table", 4),
    ] {
        assert!(count(role) >= least, "{role}: {}", count(role));
    }
    for node in &nodes {
        let role = node["role"]["value"].as_str().unwrap_or_default();
        if [
            "link",
            "button",
            "combobox",
            "searchbox",
            "DisclosureTriangle",
            "figure",
        ]
        .contains(&role)
        {
            assert_ne!(node["name"]["value"].as_str().unwrap_or_default(), "", "{node}");
        }
    }
    assert_eq!(view.value("document.querySelectorAll('h1').length")?, 1);
    assert_eq!(view.value("document.documentElement.lang")?, "en");
    Ok(())
}

/// Pictures for people to look at, in `target/*/page/`.
#[test]
fn pictures_are_taken_of_phone_and_desk_in_light_and_dark() -> Result<()> {
    for (name, size, scheme) in [
        ("phone-light", PHONE, Scheme::Light),
        ("phone-dark", PHONE, Scheme::Dark),
        ("desk-light", DESK, Scheme::Light),
        ("desk-dark", DESK, Scheme::Dark),
    ] {
        let mut view = View::open(name, REAL, size, scheme)?;
        view.screenshot(name)?;
        view.go("#mi-browser/sensors")?;
        view.value("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)))")?;
        view.screenshot(&format!("{name}-open"))?;
        view.value("document.querySelector('.rule[open] .sources').scrollIntoView({ block: 'center' })")?;
        view.screenshot(&format!("{name}-evidence"))?;
        view.value("document.querySelector('.charts').scrollIntoView()")?;
        view.screenshot(&format!("{name}-figures"))?;
        for (id, picture) in [
            ("resolvers/push", "server"),
            ("packages/com.miui.analytics", "app"),
        ] {
            view.go(&format!("#{id}"))?;
            view.value("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)))")?;
            view.screenshot(&format!("{name}-{picture}"))?;
        }
    }
    Ok(())
}
