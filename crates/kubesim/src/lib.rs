//! A deterministic, in-process simulation of the parts of Kubernetes 1.36 around StatefulSet.
