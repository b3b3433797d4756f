//! SVG as pixels, by the browser: an image of it drawn on a canvas. Files for the browser to save.
//!
//! The browser's methods are called by their names: bindings of their own would stand in the script that loads first.

use crate::components::files::save_blob;
use gloo::events::EventListener;
use gloo::utils::document;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{Array, Function, JsString, Reflect, Uint8Array, encode_uri_component};
use web_sys::{Blob, Element};

/// A picture on a canvas.
pub struct Image {
    canvas: Element,
    size: [u32; 2],
}

/// Calls a method.
fn call(target: &JsValue, method: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let function: Function = Reflect::get(target, &JsString::from(method)).ok()?.dyn_into().ok()?;
    let all = Array::new();
    for argument in arguments {
        all.push(argument);
    }
    function.apply(target, &all).ok()
}

fn property(target: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(target, &JsString::from(name)).ok()
}

/// Draws an SVG, so many pixels for each of its own, and gives the picture on; `None` if the browser can't.
pub fn draw(svg: &str, scale: u32, then: Box<dyn FnOnce(Option<Image>)>) {
    let Ok(image) = document().create_element("img") else { return then(None) };
    let then = Rc::new(RefCell::new(Some(then)));
    let listen = |event: &'static str, is_there: bool| {
        let (then, image) = (then.clone(), image.clone());
        EventListener::once(&image.clone(), event, move |_| {
            if let Some(then) = then.borrow_mut().take() {
                then(Some(&image).filter(|_| is_there).and_then(|image| on_canvas(image, scale)));
            }
        })
    };
    listen("load", true).forget();
    listen("error", false).forget();
    let encoded = String::from(encode_uri_component(svg));
    // The policy of the page takes images of such addresses, and of no others than its own.
    let _ = image.set_attribute("src", &["data:image/svg+xml,", &encoded].concat());
}

fn on_canvas(image: &Element, scale: u32) -> Option<Image> {
    let side = |name: &str| Some(property(image, name)?.as_f64()? as u32 * scale);
    let size = [side("naturalWidth")?, side("naturalHeight")?];
    let canvas = document().create_element("canvas").ok()?;
    for (name, value) in ["width", "height"].into_iter().zip(size) {
        canvas.set_attribute(name, &value.to_string()).ok()?;
    }
    let context = call(&canvas, "getContext", &["2d".into()])?;
    let [width, height] = size.map(JsValue::from);
    call(&context, "drawImage", &[image.into(), 0.into(), 0.into(), width, height])?;
    Some(Image { canvas, size })
}

impl Image {
    /// Its width and its height (pixels).
    pub fn size(&self) -> [u32; 2] {
        self.size
    }

    /// Its pixels, four bytes each.
    pub fn pixels(&self) -> Option<Vec<u8>> {
        let context = call(&self.canvas, "getContext", &["2d".into()])?;
        let [width, height] = self.size.map(JsValue::from);
        let data = call(&context, "getImageData", &[0.into(), 0.into(), width, height])?;
        Some(Uint8Array::new(&property(&data, "data")?).to_vec())
    }

    /// Saves it as PNG.
    pub fn save_png(&self, name: &str) {
        let name = name.to_owned();
        let save = Closure::once_into_js(move |blob: JsValue| {
            if let Ok(blob) = blob.dyn_into::<Blob>() {
                save_blob(&name, &blob);
            }
        });
        call(&self.canvas, "toBlob", &[save, "image/png".into()]);
    }
}

/// Gives the browser a file to save.
pub fn save(name: &str, bytes: &[u8]) {
    let parts = Array::new();
    parts.push(&Uint8Array::from(bytes));
    if let Ok(blob) = Blob::new_with_u8_array_sequence(&parts) {
        save_blob(name, &blob);
    }
}
