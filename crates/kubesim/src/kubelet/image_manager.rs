//! Getting a container's image. Models `pkg/kubelet/images/image_manager.go: EnsureImageExists`.

use super::back_off::{CONFIG_RETRY, FIRST_BACK_OFF, LAST_BACK_OFF};
use super::image;
use super::nodes::NodeContext;
use super::run::State;
use super::worker::Worker;
use crate::api::read::get;
use crate::api::{Fault, Object, Span, Str};
use crate::apiserver::Store;
use crate::fault;
use std::rc::Rc;

/// How long a failed pull shows as ErrImagePull before it shows as ImagePullBackOff.
const PULL_ERROR_SHOWN: Span = Span(1500);

/// Whether an image is in no registry: it never was, or somebody took it away.
pub fn cannot_be_pulled(store: &Store, image: &str) -> bool {
    image::cannot_be_pulled(image) || fault::is_image_gone(store, image)
}

impl Worker {
    /// Gets the image, as far as that needs no time. Models `pkg/kubelet/images/image_manager.go: EnsureImageExists`.
    pub(super) fn begin(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let now = cx.now();
        let container = self.container(pod, i);
        let image = &container.image;
        if let Some(message) = image::invalid(image) {
            self.warns(cx.api, pod, i, "InspectFailed", &message);
            return self.fail_image(cx, pod, i, "InvalidImageName", &message);
        }
        let present = cx.nodes.has_image(&self.node, image);
        let policy = get(&container.raw, "imagePullPolicy").as_str().unwrap_or_default();
        if policy == "Never" && !present {
            let message = format!("Container image \"{image}\" is not present with pull policy of Never");
            self.warns(cx.api, pod, i, "ErrImageNeverPull", &message);
            return self.fail_image(cx, pod, i, "ErrImageNeverPull", &message);
        }
        // The stand-in does not ask the registry again for a restart.
        let asks =
            container.always_pull && !(cx.timings.imitates_recorder && self.runs[i].previous.is_some());
        if present && !asks {
            let message =
                ["Container image \"", image, "\" already present on machine and can be accessed by the pod"]
                    .concat();
            self.normal(cx.api, pod, i, "Pulled", &message);
            return self.create(cx, pod, i);
        }
        self.normal(cx.api, pod, i, "Pulling", &format!("Pulling image \"{image}\""));
        let quick = present || cannot_be_pulled(cx.store(), image);
        let takes = if quick { cx.timings.image_check } else { cx.timings.image_pull };
        let takes = fault::takes(cx.store(), &Fault::SlowImages, takes);
        self.runs[i].state = State::Pulling { since: now, until: now + takes };
    }

    /// An image that no pull can mend.
    pub(super) fn fail_image(
        &mut self,
        cx: &mut NodeContext,
        pod: &Rc<Object>,
        i: usize,
        reason: &str,
        message: &str,
    ) {
        self.warns(cx.api, pod, i, "Failed", &format!("Error: {reason}"));
        self.runs[i].wait(reason, Some(message));
        self.runs[i].state = State::Blocked { until: cx.now() + CONFIG_RETRY, message: message.into() };
        self.runs[i].from = Str::default();
    }

    pub(super) fn pulled(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, took: Span) {
        let image = self.container(pod, i).image.clone();
        let now = cx.now();
        if !cannot_be_pulled(cx.store(), &image) {
            cx.nodes.add_image(&self.node, &image);
            self.runs[i].pull_back_off = None;
            self.normal(cx.api, pod, i, "Pulled", &image::pulled(&image, took.0));
            return self.create(cx, pod, i);
        }
        let why = image::not_found(&image);
        self.warns(cx.api, pod, i, "Failed", &format!("Failed to pull image \"{image}\": {why}"));
        self.warns(cx.api, pod, i, "Failed", "Error: ErrImagePull");
        let run = &mut self.runs[i];
        let wait = run.pull_back_off.map_or(FIRST_BACK_OFF, |w| Span((w.0 * 2).min(LAST_BACK_OFF.0)));
        run.pull_back_off = Some(wait);
        run.wait("ErrImagePull", Some(&why));
        let until = now + PULL_ERROR_SHOWN;
        // The stand-in waits from when it shows that it waits.
        let from = if cx.timings.imitates_recorder { until } else { now };
        run.state = State::PullFailed { until, retry_at: from + wait };
    }
}
