//! What a script costs: units of work for each second of virtual time, however busy it is.

use super::*;

/// What a shell may do at one moment, and in a second.
const AT_ONCE: i64 = 20_000;
const EACH_SECOND: i64 = 10_000;
/// The most that one step can cost beyond what is left: a text of the longest kind is read and printed.
const LAST_STEP: i64 = 100_000;

/// Runs for so many seconds of virtual time. Returns how often the shell was run.
fn run_for(shell: &mut Shell, host: &mut TestHost, seconds: u64) -> u64 {
    let (end, mut runs) = (host.now_ms + seconds * 1000, 0);
    while host.now_ms < end {
        runs += 1;
        match shell.run(host) {
            Step::Sleep { ms } | Step::Busy { ms } => {
                assert!(ms > 0, "time does not pass");
                host.now_ms += ms;
            }
            Step::WaitExternal { ms } => host.now_ms += ms.unwrap_or(0),
            Step::NotSimulated { .. } => {}
            Step::Forever => host.now_ms += 1000,
            Step::Exit(_) | Step::Prompt { .. } | Step::Input => break,
        }
    }
    runs
}

#[test]
fn a_script_that_never_waits_costs_the_same_each_second() {
    const SECONDS: u64 = 20;
    for script in [
        "while :; do :; done",
        "while true; do date >> /data/log; done",
        "while true; do echo $(date) | tee -a /data/log; done",
        "until nonsense; do :; done",
        "while ! nonsense; do echo again; done",
        "while sleep 0; do :; done",
        "while sleep 0.001; do date; done",
        "while :; do (:); done",
        "while :; do kubectl get pods; done",
        "while :; do nslookup flask; done",
        "while :; do eval 'x=1'; done",
        "watch -n 0 date",
        "watch -n0 kubectl get pods",
        "yes",
        "seq 1000000000",
        "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; echo $x; done",
        "while :; do seq 1 2000 | sort -n | tail -1; done",
        "f() { f & f; }; while :; do f; done",
    ] {
        for unknown in [Unknown::NotSimulated, Unknown::NotFound] {
            let mut host = host();
            let mut shell = Shell::script(&words(&["sh", "-c", script]), &[], "/", unknown);
            let runs = run_for(&mut shell, &mut host, SECONDS);
            let most = AT_ONCE + EACH_SECOND * SECONDS as i64 + LAST_STEP;
            assert!(shell.work_done() <= most, "{script}: {} units", shell.work_done());
            // Each run of its host costs units, too.
            assert!(runs <= most as u64 / 200, "{script}: {runs} runs");
        }
    }
}

#[test]
fn work_is_done_again_after_a_pause() {
    let mut host = host();
    let mut shell = Shell::interactive(Flavour::Bash, &[], "/");
    assert!(matches!(shell.run(&mut host), Step::Prompt { .. }));
    shell.feed("for i in $(seq 10000); do :; done; echo done");
    let runs = run_for(&mut shell, &mut host, 3600);
    assert_eq!((&*host.out, &*host.err), ("done\n", ""));
    assert!(runs > 50, "a long loop is spread over time: {runs} runs");
    let before = host.now_ms;
    shell.feed("echo at once");
    assert!(matches!(shell.run(&mut host), Step::Busy { .. } | Step::Prompt { .. }));
    host.now_ms += 1000;
    assert!(matches!(shell.run(&mut host), Step::Prompt { .. }));
    assert_eq!((&*host.out, host.now_ms), ("done\nat once\n", before + 1000));
}

#[test]
fn ctrl_c_ends_a_loop_that_never_waits() {
    let mut host = host();
    let mut shell = Shell::interactive(Flavour::Bash, &[], "/");
    shell.run(&mut host);
    shell.feed("while ! nonsense; do date >> /data/log; done");
    run_for(&mut shell, &mut host, 5);
    shell.interrupt(&mut host);
    assert!(matches!(shell.run(&mut host), Step::Prompt { more: false }));
    let said = host.err.matches("nonsense: command not found\n").count();
    assert!((10..2000).contains(&said), "{said}");
}

#[test]
fn numbers_at_the_end_of_what_64_bits_hold_are_as_in_bash_and_coreutils() {
    check("seq 1000000000 | head -3", "1\n2\n3\n");
    check("seq 9223372036854775806 9223372036854775807", "9223372036854775806\n9223372036854775807\n");
    check("seq 3 -1 1; seq 5 1; seq -s, 3", "3\n2\n1\n1,2,3\n");
    check_bash("seq -w 8 11 | head -n 2", "08\n09\n");
    check_bash("echo $((-9223372036854775808/-1)) $((-9223372036854775808%-1))", "-9223372036854775808 0\n");
    check_bash(
        "echo $((9223372036854775807+1)) $((3**41)) $((2**64))",
        "-9223372036854775808 -420491770248316829 0\n",
    );
    check_bash("echo $((-9223372036854775808))", "-9223372036854775808\n");
}

#[test]
fn watch_does_not_come_again_sooner_than_after_a_tenth_of_a_second() {
    let mut host = host();
    let mut shell = container(&["sh", "-c", "watch -n 0 echo x"]);
    assert_eq!(shell.run(&mut host), Step::Sleep { ms: 100 });
    assert!(host.out.contains("Every 0.1s: echo x"), "{}", host.out);
}
