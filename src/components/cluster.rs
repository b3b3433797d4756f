//! Your cluster: what the left side's third tab says about a real cluster's state.

use super::labelled;
use crate::page::intent::Intent;
use messages::Messages;
use yew::prelude::*;

/// The command whose output tells a cluster's state, as `docs/your-cluster.md` has it.
const COMMAND: &str =
    "kubectl get sts,pods,pvc,pv,svc,endpointslices,controllerrevisions,pdb,sc,nodes,events -o yaml";

/// What to run on a cluster of one's own, and what reads it.
pub fn cluster(words: &'static Messages, send: &Callback<Intent>) -> Html {
    let words = words.cluster();
    html! {
        <div class="cluster">
            <p>{ words.about() }</p>
            <p class="command"><code>{ COMMAND }</code>{ labelled("", Some(words.copy_command().into()), None, "⧉".into(), send, Intent::Copy(COMMAND.into())) }</p>
            <p>{ super::rich(words.reads_it()) }</p>
        </div>
    }
}
