//! The page without a browser: what intents make of it, its session, and how its parts are drawn.

mod components;
mod first_picture;
mod lesson;
mod links;
mod loading;
mod session;
mod update;
mod world;
