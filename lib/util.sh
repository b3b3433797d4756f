#!/bin/bash
[[ -n "${UTIL_LOADED:-}" ]] && return 0
UTIL_LOADED=1
util::greet() { echo "hi ${1:?name needed}"; }
