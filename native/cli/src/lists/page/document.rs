//! The page's text, put together: nothing in it is fetched.

use super::data::Data;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page with its style, its script and its records inside.
pub(super) fn emit(data: &Data) -> serde_json::Result<String> {
    let records = for_script(&serde_json::to_string(data)?);
    let mut page = String::with_capacity(PAGE.len() + STYLE.len() + SCRIPT.len() + records.len());
    let mut rest = PAGE;
    // One pass over the frame: what is put in is never searched for a place itself.
    for (place, text) in [
        ("{{style}}", STYLE),
        ("{{data}}", &records),
        ("{{script}}", SCRIPT),
    ] {
        let (before, after) = rest.split_once(place).unwrap_or((rest, ""));
        page.push_str(before);
        page.push_str(text.trim_end());
        rest = after;
    }
    page.push_str(rest);
    Ok(page)
}

/// JSON that may stand in a `script` element: without `<`, nothing in it can end the element or begin a comment
/// (HTML, section 4.12.1.3).
fn for_script(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_has_each_place_once_and_in_order() {
        let places = ["{{style}}", "{{data}}", "{{script}}"].map(|place| {
            assert_eq!(PAGE.matches(place).count(), 1, "{place}");
            PAGE.find(place)
        });
        assert!(places.is_sorted());
        assert!(!STYLE.contains("</style") && !SCRIPT.contains("</script"));
    }

    #[test]
    fn nothing_in_the_data_can_end_the_script() {
        let hostile = serde_json::to_string("</script><!--<script>alert(1)</script>&amp;").unwrap();
        let safe = for_script(&hostile);
        assert!(!safe.contains(['<', '>', '&']), "{safe}");
        assert_eq!(
            serde_json::from_str::<String>(&safe).unwrap(),
            serde_json::from_str::<String>(&hostile).unwrap()
        );
    }

    #[test]
    fn page_asks_for_nothing() {
        for text in [PAGE, STYLE, SCRIPT] {
            for word in [
                "http://",
                "src=",
                "@import",
                "url(",
                "fetch(",
                "XMLHttpRequest",
                "innerHTML",
            ] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }
}
