//! The page of `hushwall lists page` in a real browser: a Chromium without a window, spoken to over a pipe.

mod browser;
mod view;

pub use browser::Browser;
pub use view::{Scheme, View};
