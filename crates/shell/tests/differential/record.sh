#!/bin/bash
# Runs every snippet of *.txt once in each of the shells that its file names, and writes what they print and how they end
# to recorded/SHELL. Needs root, bash, dash, mawk and busybox (Debian's packages): bash and dash run beside GNU's
# tools, ash in a root of its own where every program is BusyBox'.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{debian,root/{bin,dev,etc,tmp,proc,root,usr}} "$here/recorded"
ln -s "$(command -v dash)" "$work/debian/sh"
busybox=$(command -v busybox)
for library in $(ldd "$busybox" 2>/dev/null | grep -o '/[^ ]*' || true); do
    mkdir -p "$work/root$(dirname "$library")"
    cp -L "$library" "$work/root$library"
done
cp "$busybox" "$work/root/bin/busybox"
for applet in $("$busybox" --list); do ln -sf busybox "$work/root/bin/$applet"; done
ln -s ../bin "$work/root/usr/bin"
cp /etc/passwd /etc/group "$work/root/etc/"
mknod "$work/root/dev/null" c 1 3
mknod "$work/root/dev/zero" c 1 5
mknod "$work/root/dev/urandom" c 1 9
chmod 666 "$work"/root/dev/*

# Runs a script in a shell, in an empty directory.
run() {
    local shell=$1 script=$2 code env=(env -i HOME=/root HOSTNAME=flask-1 TZ=UTC)
    rm -rf /tmp/w "$work/root/tmp/w"
    mkdir -p /tmp/w "$work/root/tmp/w"
    case $shell in
        bash) (cd /tmp/w && timeout 20 "${env[@]}" PATH=/usr/bin:/bin bash -c "$script") ;;
        dash) (cd /tmp/w && timeout 20 "${env[@]}" "PATH=$work/debian:/usr/bin:/bin" sh -c "$script") ;;
        ash) timeout 20 "${env[@]}" PATH=/bin:/usr/bin "$(command -v chroot)" "$work/root" \
            sh -c 'cd /tmp/w && unset OLDPWD && exec sh -c "$0"' "$script" ;;
    esac < /dev/null > "$work/out" 2> "$work/all-err"
    code=$?
    # A usage text is not kept.
    sed '/^BusyBox v/,$d' "$work/all-err" > "$work/err"
    return "$code"
}

# Prints lines with a mark before each; `\` instead of `|` where the last has no end.
marked() {
    local line
    while IFS= read -r line; do printf '%s|%s\n' "$1" "$line"; done < "$2"
    if [[ -n $line ]]; then printf '%s\\%s\n' "$1" "$line"; fi
}

for shell in bash dash ash; do : > "$work/$shell"; done
for file in "$here"/*.txt; do
    topic=$(basename "$file" .txt)
    shells=$(sed -n '1s/^# shells: //p' "$file")
    name= script=
    record() {
        [[ -n $name ]] || return 0
        for shell in $shells; do
            set +e
            run "$shell" "$script" 2> /dev/null
            code=$?
            set -e
            { printf '=== %s/%s %s\n' "$topic" "$name" "$code"; marked 1 "$work/out"; marked 2 "$work/err"; } >> "$work/$shell"
        done
    }
    while IFS= read -r line; do
        if [[ $line == '--- '* ]]; then
            record
            name=${line#--- } script=
        elif [[ -n $name ]]; then
            script+=$line$'\n'
        fi
    done < "$file"
    record
done
for shell in bash dash ash; do cp "$work/$shell" "$here/recorded/$shell"; done
