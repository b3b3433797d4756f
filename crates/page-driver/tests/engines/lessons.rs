//! Lessons in an engine: one lived to its end by keyboard in Korean, with a wrong bet and its tasks; off the path and back; shown
//! to a class; a teacher's file dropped; a lesson in a link.

use ordinal::link::address::CARRIED;
use ordinal::link::pack::pack;
use serde_json::json;

use crate::Engine;

/// WebDriver's names of keys.
const ENTER: char = '\u{e007}';
const TAB: char = '\u{e004}';
const PAGE_DOWN: char = '\u{e00f}';

/// What stands in a lesson's head, page and foot has fewer stops than this.
const MOST_TABS: u32 = 40;

/// A teacher's lesson of two steps.
const MINE: &str = "---\ntitle: Mine\nid: mine\nminutes: 1\nkubernetes: \"1.36\"\nexample: flask\n---\n\n## The first pod\n\n\
    It comes.\n\n```sh until\nkubectl wait --for=condition=Ready pod/flask-0\n```\n\n## A task\n\n\
    ```sh task\n# offer: kubectl create configmap mine\nkubectl get configmap mine\n```\n";

impl Engine {
    #[track_caller]
    fn key(&self, key: char) {
        let strokes = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("actions", json!({ "actions": [keyboard] }));
    }

    /// Moves the focus by Tab, from the lesson's head on, until it is on what fits. (Past the document's end Firefox goes on in its own
    /// bars, and keys press nothing in the page.)
    #[track_caller]
    fn tab_to(&self, css: &str) {
        self.run("document.querySelector('.lessons .head button').focus();");
        self.wait("the focus is in the lesson", "document.activeElement.matches('.lessons .head button')");
        let is_there = format!("document.activeElement.matches({})", json!(css));
        for _ in 0..MOST_TABS {
            if self.eval(&is_there) == true {
                return;
            }
            self.key(TAB);
        }
        panic!("in {} the focus never comes to {css}", self.name);
    }

    #[track_caller]
    fn opens(&self, address: &str) {
        self.visit("about:blank");
        self.visit(address);
        self.wait("it plays", "window.ordinalPlays");
        // Somebody is there: the rest is loaded.
        self.run("dispatchEvent(new Event('pointermove'));");
        self.wait("all is there", "window.ordinalDeferred");
    }

    /// Waits until the step of this number, counted from 1, is shown.
    #[track_caller]
    fn step(&self, number: usize) {
        self.wait(
            &format!("step {number} is shown"),
            &format!(
                "document.querySelector('.lessons .step') && document.querySelectorAll('.lessons .progress .done').length === {}",
                number - 1
            ),
        );
    }

    #[track_caller]
    fn way_on(&self) {
        self.run("[...document.querySelectorAll('.speeds button')].at(-1)?.click();");
        self.wait(
            "Next is open",
            "[...document.querySelectorAll('.lessons .foot button')].at(-1).getAttribute('aria-disabled') !== 'true'",
        );
    }
}

/// All of it. `page` is the address of the page's folder.
pub fn live(engine: &Engine, page: &str) {
    engine.opens(&format!("{page}?lang=ko&lesson=delete-a-pod"));
    engine.step(1);
    // To a class and back: what is closed in a part that becomes hidden keeps no engine busy for ever.
    for shown in ["present", "open"] {
        engine.key('p');
        engine.wait(shown, &format!("document.querySelector('.app').dataset.lesson === '{shown}'"));
    }
    for step in 1..=5 {
        engine.step(step);
        match step {
            2 | 4 => {
                engine.wait("it asks", "document.querySelectorAll('.bet .choice').length === 4");
                // Right, then wrong.
                engine.key(if step == 2 { 'b' } else { 'a' });
                engine.wait("it is chosen", "document.querySelector('.bet .choice.chosen')");
                engine.key(ENTER);
            }
            3 | 5 => {
                engine.run("[...document.querySelectorAll('.speeds button')].at(-1)?.click();");
                engine.wait("a task is offered", "document.querySelector('.offer button')");
                for place in 1..=step / 2 {
                    engine.tab_to(&format!(".offer:nth-child({place}) button"));
                    engine.key(ENTER);
                }
            }
            _ => {}
        }
        engine.way_on();
        if step % 2 == 0 {
            let (seen, other) = if step == 2 { ("won", "lost") } else { ("lost", "none") };
            let outcome = format!(
                "document.querySelector('.outcome .{seen}') && !document.querySelector('.outcome .{other}') && document.querySelector('.reason')"
            );
            engine.wait("the bet stands beside what happened, and why", &outcome);
        }
        engine.tab_to(".lessons .foot button:last-child");
        engine.key(ENTER);
    }
    engine.wait(
        "it is over, in Korean",
        "document.documentElement.lang === 'ko' && document.querySelector('.lessons .step').textContent.includes('수업이 끝났다')",
    );
    engine.wait("it is kept", "localStorage.getItem('ordinal-lessons').includes('delete-a-pod 5 done')");

    engine.opens(&format!("{page}?lang=en"));
    engine.run(&format!(
        "const carried = new DataTransfer();
         carried.items.add(new File([{}], 'mine.md'));
         document.querySelector('.stage').dispatchEvent(
             new DragEvent('drop', {{ bubbles: true, cancelable: true, dataTransfer: carried }}));",
        json!(MINE)
    ));
    engine.step(1);
    engine.way_on();
    engine.press("Delete flask-0");
    engine.wait("it is off the path", "document.querySelector('.lessons .off .primary')");
    engine.run("document.querySelector('.lessons .off .primary').click();");
    engine.wait(
        "it is back",
        "!document.querySelector('.lessons .off') && document.querySelector('[data-pod=flask-0].ready')",
    );
    engine.key('p');
    engine.wait("it is shown to a class", "document.querySelector('.app[data-lesson=present]')");
    engine.key(PAGE_DOWN);
    engine.step(2);

    let link = [CARRIED, &pack(MINE.as_bytes(), b"")].concat();
    engine.opens(&format!("{page}?lang=en#{link}"));
    engine.step(1);
    engine.way_on();
    engine.run("[...document.querySelectorAll('.lessons .foot button')].at(-1).click();");
    engine.step(2);
    engine.wait("a task is offered", "document.querySelector('.offer button')");
    engine.run("document.querySelector('.offer button').click();");
    engine.way_on();
}
