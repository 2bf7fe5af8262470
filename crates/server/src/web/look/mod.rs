//! How pages look. Three nouns: a *view* is plain data in the user's words, a *component* turns a
//! view into markup, the *frame* stands around it. This module knows nothing of definitions,
//! records, rights or HTTP: `web` fills the views, and `samples` shows one of each.
//!
//! Pages carry no inline style or script, because the content security policy forbids them; what
//! `assets/app.js` adds is a gain, never a need.

pub mod part;

pub mod frame;

pub mod signin;

pub mod inbox;

pub mod limit;
pub mod list;

pub mod field;

pub mod pick;

pub mod form;

pub mod public;
pub mod record;

pub mod merge;
pub mod person;

pub mod paper;

pub mod chart;

pub mod map;

pub mod filing;

pub mod report;

pub mod conflict;

pub mod draw;

pub mod progress;

pub mod reason;

pub mod refused;

pub mod held;

pub mod hub;

pub mod events;

pub mod admin;

#[allow(dead_code, reason = "the citizens' pages are drawn and tested before they are served")]
pub mod citizen;

#[cfg(test)]
mod samples;

#[cfg(test)]
mod tests;

/// The one stylesheet, served at `/assets/app.css`.
pub const STYLESHEET: &str = include_str!("../../../assets/app.css");

/// The one script, served at `/assets/app.js`.
pub const SCRIPT: &str = include_str!("../../../assets/app.js");

/// The script of the pad for signatures, brought in where there is one, at `/assets/sign.js`.
pub const PAD: &str = include_str!("../../../assets/sign.js");

/// The picture in the browser's tab, served at `/assets/icon.svg`.
pub const ICON: &str = include_str!("../../../assets/icon.svg");
