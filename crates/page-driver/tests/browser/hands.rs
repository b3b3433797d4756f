//! What hands do on the page: look at the nodes, paste several lines, go to a mistake, ask about either of two clusters.

use serde_json::json;

use page_driver::page::{Page, View};

use crate::{settle, settled};

/// Where a line is typed.
const LINE: &str = "[aria-label='Command line']";

/// Pastes a text where the focus is, as the clipboard does it.
fn paste_lines(page: &mut Page, text: &str) {
    page.run(&format!(
        "const data = new DataTransfer();
        data.setData('text/plain', {});
        document.activeElement.dispatchEvent(new ClipboardEvent('paste', {{ clipboardData: data, bubbles: true, cancelable: true }}));",
        json!(text)
    ));
}

#[test]
fn pods_and_volumes_stand_by_their_nodes() {
    let mut page = Page::unopened(View::DESKTOP);
    for view in [View { width: 1280, height: 720, ..View::DESKTOP }, View::PHONE.dark()] {
        page.forget();
        page.set_view(view);
        settle(&mut page);
        let homes = "[...document.querySelectorAll('.lane .pod')].map(pod => pod.dataset.pod)";
        let pods = page.eval(homes);
        page.click(".set .by");
        page.wait("the nodes are there", "document.querySelectorAll('.node').length > 1");
        let placed =
            "[...document.querySelectorAll('.node .placed[data-pod]')].map(pod => pod.dataset.pod).sort()";
        assert_eq!(page.eval(placed), pods, "each pod is on one node");
        let claims = "[...document.querySelectorAll('.placed[data-pod]')].every(pod => pod.querySelector('.vol').innerText.endsWith(pod.dataset.pod))";
        assert_eq!(page.eval(claims), true, "each with its volume");
        let fits =
            "document.querySelector('.stage').scrollWidth <= document.querySelector('.stage').clientWidth
            && [...document.querySelectorAll('.placed')].every(pod => pod.scrollWidth <= pod.clientWidth)";
        assert_eq!(page.eval(fits), true, "nothing is cut");
        page.screenshot(&format!("nodes-{}", view.width));
        page.click(".node .more");
        page.click_named("Cordon");
        page.wait(
            "the node is cordoned",
            "document.querySelector('.node .state').innerText.includes('SchedulingDisabled')",
        );
        page.click(".set .by");
        page.wait("the lanes are back", "document.querySelectorAll('.lane .pod').length === 3");
        page.assert_no_complaints();
    }
}

#[test]
fn several_pasted_lines_run_one_after_another() {
    let mut page = settled(View::DESKTOP);
    page.click(LINE);
    paste_lines(&mut page, "sleep 2; echo first\necho sec\\\nond\necho third");
    page.wait(
        "two have run, in order, the second of two lines",
        "/\\nfirst\\n[^]*\\nsecond\\n/.test(document.querySelector('.screen').innerText)",
    );
    page.wait(
        "the last one waits in the line",
        &format!("document.querySelector({}).value === 'echo third'", json!(LINE)),
    );
    page.type_keys("\n");
    page.wait(
        "the last one runs when it is entered",
        "/\\nthird\\n/.test(document.querySelector('.screen').innerText)",
    );
    page.type_keys("help\n");
    page.wait(
        "help says what there is",
        "/\\nkubectl, k +asks/.test(document.querySelector('.screen').innerText)",
    );
    page.assert_no_complaints();
}

#[test]
fn a_mistake_leads_to_its_line() {
    let mut page = settled(View::DESKTOP);
    let long = format!("{}\nkind: Servic\n", "# a comment\n".repeat(120));
    page.paste("textarea", &long);
    page.click(".diagnosis .error .jump");
    let number = page.text(".diagnosis .error .jump b");
    let number: usize = number.trim_start_matches("line ").parse().expect("a number");
    let line = long.lines().nth(number - 1).unwrap();
    let selected =
        "(area => area.value.slice(area.selectionStart, area.selectionEnd))(document.activeElement)";
    page.wait("the line is selected", &format!("{selected} === {}", json!(line)));
    let in_sight = "(line => { const box = document.querySelector('.editor').getBoundingClientRect(), at = line.getBoundingClientRect();
        return at.top >= box.top && at.bottom <= box.bottom; })(document.querySelector('.editor i.error'))";
    page.wait("the line is in sight", in_sight);
    page.assert_no_complaints();
}

#[test]
fn of_two_clusters_each_can_be_asked_about() {
    let mut page = settled(View::DESKTOP);
    page.run(
        "const menu = document.querySelector('.bar select');
        menu.selectedIndex = [...menu.options].findIndex(option => option.text.includes('Deployment'));
        menu.dispatchEvent(new Event('change', { bubbles: true }));",
    );
    page.wait(
        "the Deployment's pods have cards",
        "document.querySelectorAll('.half:last-of-type .pod.ready').length > 1",
    );
    let name = page.eval("document.querySelector('.half:last-of-type .pod').dataset.pod");
    let name = name.as_str().expect("a name").to_owned();
    page.click(".half:last-of-type .pod .name");
    page.wait(
        "it is described",
        &format!("/Name: +{name}/.test(document.querySelector('.panel .text').innerText)"),
    );
    page.wait(
        "it is on the timeline",
        &format!(
            "document.querySelector('.tracks ol').innerText.replaceAll('\\n', '').includes({})",
            json!(name)
        ),
    );
    page.screenshot("pair");
    // What is asked and done there is about that cluster.
    page.click(".half:last-of-type .pod .state button");
    page.wait(
        "it is explained",
        &format!("document.querySelector('.why h2').innerText.includes({})", json!(name)),
    );
    page.click(".half:last-of-type .pod .more");
    page.wait("its faults are offered", "document.querySelectorAll('#faults li').length > 4");
    page.click_named("Delete");
    page.wait(
        "another pod comes in its place",
        &format!(
            "document.querySelectorAll('.half:last-of-type .pod.ready').length > 1 && !document.querySelector('[data-pod=\"{name}\"]')"
        ),
    );
    page.assert_no_complaints();
}

#[test]
fn a_deployments_pods_stand_in_lanes_without_a_set() {
    let mut page = settled(View { width: 1280, height: 720, ..View::DESKTOP });
    page.click_named("Reset");
    page.click(LINE);
    page.type_keys("kubectl create deployment web --image=nginx:1.27 --replicas=3\n");
    page.wait("its pods have cards", "document.querySelectorAll('.lanes .pod.ready').length === 3");
    page.screenshot("deployment");
    page.click(".lanes .pod .state button");
    page.wait("one is explained", "document.querySelector('.why h2').innerText.startsWith('web-')");
    page.click(".set .by");
    page.wait(
        "they stand by their nodes",
        "document.querySelectorAll('.node .placed[data-pod]').length === 3",
    );
    page.assert_no_complaints();
}

#[test]
fn a_world_is_set_by_hand_and_goes_with_the_link() {
    let mut page = settled(View { width: 1280, height: 720, ..View::DESKTOP });
    let has_wanted = |page: &mut Page| page.requests().iter().any(|url| url.contains("/wanted-"));
    assert!(!has_wanted(&mut page), "nobody has opened a door yet");
    page.click("[data-side=manifest] [title^='The world']");
    page.wait("the dialog is there", "document.querySelector('dialog[open]')");
    let is_split = page.eval("Boolean(document.querySelector('meta[name=ordinal-deferred]'))") == true;
    assert_eq!(has_wanted(&mut page), is_split, "it has a part of the program of its own");
    let cpu = "dialog .of-nodes li:nth-child(2) input";
    let write = |page: &mut Page, text: &str| {
        page.run(&format!(
            "const cpu = document.querySelectorAll({})[1]; cpu.value = {}; cpu.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));",
            json!(cpu),
            json!(text)
        ));
    };
    write(&mut page, "many");
    page.wait(
        "the mistake is said",
        "document.querySelector('dialog .bad')?.textContent.startsWith('nodes[1].cpu: ')",
    );
    assert_eq!(page.eval("document.querySelector('dialog .primary').disabled"), true);
    write(&mut page, "16");
    page.click_named("One more node");
    page.wait("there are five", "document.querySelectorAll('dialog .of-nodes li').length === 5");
    page.screenshot("world");
    page.click_named("Begin in this world");
    page.wait(
        "a new cluster begins",
        "!document.querySelector('dialog') && document.querySelector('.message .undo')",
    );
    page.wait("the set comes up there", "document.querySelectorAll('.pod.ready').length === 3");
    page.click(LINE);
    page.type_keys("kubectl get nodes\n");
    page.wait("there are five nodes", "document.querySelector('.screen').innerText.includes('node-1 ')");
    page.click_named("Copy link");
    page.wait("the link says which world", "location.hash.startsWith('#4')");
    page.reload();
    page.wait("it is there again", "document.querySelector('.screen')?.innerText.includes('node-1 ')");
    page.assert_no_complaints();
}

#[test]
fn the_editor_says_what_can_be_written_and_what_it_means() {
    let mut page = settled(View { width: 1280, height: 720, ..View::DESKTOP });
    let area = "[data-side=manifest] textarea";
    let text = "document.querySelector('[data-side=manifest] textarea').value";
    let caret = |page: &mut Page, after: &str| {
        page.run(&format!(
            "const area = document.querySelector({}), at = area.value.lastIndexOf({after}) + {after}.length;
            area.focus(); area.setSelectionRange(at, at);",
            json!(area),
            after = json!(after)
        ));
    };
    let said = |page: &mut Page, what: &str| {
        page.wait(
            &format!("{what} is said"),
            &format!("document.querySelector('.assist .text')?.innerText.includes({})", json!(what)),
        );
    };
    let is_closed = "!document.querySelector('.completions')";
    page.paste(
        area,
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: web\nspec:\n  replicas: 3\n  ",
    );
    caret(&mut page, "replicas");
    said(&mut page, "spec.replicas");
    said(&mut page, "How many pods there are to be.");
    caret(&mut page, "replicas: 3\n  ");
    // Typing opens a list in which nothing is chosen: Enter is the next line's.
    page.type_keys("min");
    page.wait("the list is open", "document.querySelector('.completions [role=option]')");
    assert_eq!(page.eval("Boolean(document.querySelector('.completions [aria-selected=true]'))"), false);
    page.screenshot("completion");
    page.type_keys("\n");
    page.wait("it is closed", is_closed);
    page.wait("the next line begins", &format!("{text}.endsWith('\\n  min\\n  ')"));
    // Tab takes the first one.
    page.type_keys("serv");
    page.wait("the list is open", "document.querySelector('.completions [role=option]')");
    page.type_keys("\t");
    page.wait("the first is written", &format!("{text}.endsWith('serviceName: ')"));
    page.wait("it is closed", is_closed);
    page.type_keys("web\n");
    // Asked for, the list has one chosen; arrows choose another, and what it means is said.
    page.type_keys("\u{e009} \u{e000}");
    page.wait("one is chosen", "document.querySelector('.completions [aria-selected=true]')");
    let active = "document.getElementById(document.activeElement.getAttribute('aria-activedescendant') ?? '-')?.innerText ?? ''";
    page.wait("it is told to who listens", &format!("{active}.startsWith('selector')"));
    page.type_keys("\u{e015}");
    page.wait("the next one is", &format!("{active}.startsWith('template')"));
    said(&mut page, "What each pod is made of.");
    page.type_keys("\u{e00c}");
    page.wait("it is closed", is_closed);
    assert_eq!(page.eval("document.activeElement.tagName"), "TEXTAREA", "the focus stays");
    // A field with few values offers them.
    page.type_keys("podM");
    page.wait("the list is open", "document.querySelector('.completions [role=option]')");
    page.type_keys("\u{e015}");
    page.type_keys("\n");
    page.wait(
        "its values are offered",
        "[...document.querySelectorAll('.completions code')].map(code => code.innerText).join() === 'OrderedReady,Parallel'",
    );
    page.run("[...document.querySelectorAll('.completions [role=option]')][1].click()");
    page.wait("the pressed one is written", &format!("{text}.endsWith('podManagementPolicy: Parallel')"));
    assert_eq!(page.eval("document.activeElement.tagName"), "TEXTAREA", "the focus stays");
    // It can be taken back as if it were typed.
    page.type_keys("\u{e009}z\u{e000}");
    page.wait("it is taken back", &format!("!{text}.endsWith('Parallel')"));
    // The pointer asks, too.
    page.run(
        "const area = document.querySelector('[data-side=manifest] textarea'), box = area.getBoundingClientRect();
        const at = { clientX: box.left + 40 + 4 * 7, clientY: box.top + 19 * 1.5, bubbles: true };
        area.dispatchEvent(new MouseEvent('mousemove', at));",
    );
    said(&mut page, "Which kind of object this is.");
    page.assert_no_complaints();
}
