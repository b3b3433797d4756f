//! How long the kubelet waits before it tries again.

use crate::api::Span;

/// The first wait before a container that ended is started again, doubled each time (`containerBackOff`,
/// `pkg/kubelet/kubelet.go: backOffPeriod`); the first restart comes at once.
pub(super) const FIRST_BACK_OFF: Span = Span::seconds(10);
/// The longest such wait (`MaxCrashLoopBackOff`).
pub(super) const LAST_BACK_OFF: Span = Span::seconds(300);
/// How often what is missing for a container (a ConfigMap, a Secret) is looked for again
/// (`pkg/kubelet/pod_workers.go: backOffPeriod`).
pub(super) const CONFIG_RETRY: Span = Span::seconds(10);
