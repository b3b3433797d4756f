use super::*;
use serde_json::json;

#[test]
fn templates_print_what_go_prints() {
    let tree = json!({"items": [
        {"metadata": {"name": "a", "labels": {"app.x/y": "z"}}, "n": 1},
        {"metadata": {"name": "b"}, "n": 2},
    ], "none": []});
    for (template, text) in [
        ("{{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}", "a\nb\n"),
        ("{{len .items}}", "2"),
        ("{{with index .items 0}}{{.metadata.name}}{{end}}", "a"),
        ("{{.nope}}", "<no value>"),
        ("{{range .none}}x{{else}}nothing{{end}}", "nothing"),
        ("{{range .items}}{{if eq .n 2}}{{.metadata.name}}{{else if gt .n 0}}!{{end}}{{end}}", "!b"),
        ("{{range .items}}{{- .n -}} , {{end}}", "1, 2, "),
        ("{{printf \"%-3s|%s\" \"x\" \"y\"}}", "x  |y"),
        ("{{.items | len | printf \"%d pods\"}}", "2 pods"),
        (
            "{{printf \"%05d|%-05d|%+d|%5s|%.2s|%q\" 7 7 7 \"x\" \"xyz\" \"a\"}}",
            "00007|7    |+7|    x|xy|\"a\"",
        ),
        ("{{printf \"100%% %d%\"}}", "100% %!d(MISSING)%!(NOVERB)"),
        ("{{printf \"%99999999d|\" 1}}", "%!(NOVERB)%!(EXTRA int=1)"),
    ] {
        assert_eq!(print(template, &tree).as_deref(), Ok(text), "{template}");
    }
}

/// What a template prints, or why it ended.
fn print(template: &str, tree: &Value) -> Result<String, String> {
    Template::parse(template)?.print(tree).map_err(|broken| broken.why)
}

#[test]
fn wide_formats_are_as_wide_as_gos_and_no_wider() {
    let print = |template: &str| print(template, &json!({"n": [1, 2, 3]}));
    for (template, length) in [
        ("{{printf \"%-70000s\" \"x\"}}", 70_000),
        ("{{printf \"%099999d\" 1}}", 99_999),
        ("{{printf \"%9999999d\" 1}}", 9_999_999),
        ("{{printf \"%.99999s\" \"abc\"}}", 3),
    ] {
        assert_eq!(print(template).map(|text| text.len()), Ok(length), "{template}");
    }
    let refused = print("{{range .n}}{{printf \"%9999999d\" .}}{{end}}");
    assert_eq!(refused.unwrap_err(), "the text is longer than 16777216 bytes, more than is simulated");
}

#[test]
fn the_language_is_gos() {
    let tree = json!({
        "items": [{"name": "a", "n": 1, "ready": true}, {"name": "b", "n": 2, "ready": false}, {"name": "c", "n": 3}],
        "data": {"user": "YWRtaW4=", "zone": "ZXU="},
        "spec": {"containers": [{"image": "nginx", "args": ["-a", "-b"]}], "text": "<a href='x'>", "big": 1e9, "half": 0.5},
        "null": null,
    });
    for (template, text) in [
        // A keyword needs no space behind it.
        ("{{range.items}}{{.name}}:{{end}}", "a:b:c:"),
        ("{{with.spec}}{{len .containers}}{{end}}{{if.items}}!{{end}}", "1!"),
        // Fields of what stands in parentheses.
        ("{{(index .spec.containers 0).image}}", "nginx"),
        ("{{(index .items 1).name | printf \"%s-%d\" 1 | len}}", "24"),
        // Variables.
        ("{{range $k, $v := .data}}{{$k}}={{$v | base64decode}};{{end}}", "user=admin;zone=eu;"),
        ("{{$x := .items}}{{range $i, $e := $x}}{{if $i}},{{end}}{{$i}}{{$e.name}}{{end}}", "0a,1b,2c"),
        ("{{$n := 0}}{{range .items}}{{$n = .n}}{{end}}{{$n}}", "3"),
        ("{{range $v := .items}}{{$v.n}}{{$.null}}{{end}}", "1<no value>2<no value>3<no value>"),
        ("{{with $x := .spec}}{{len $x.containers}}{{end}}", "1"),
        // Blocks.
        ("{{range .items}}{{if eq .name \"b\"}}{{continue}}{{end}}{{.name}}{{end}}", "ac"),
        ("{{range .items}}{{if eq .name \"b\"}}{{break}}{{end}}{{.name}}{{end}}", "a"),
        ("{{if .nope}}1{{else if .items}}2{{else}}3{{end}}", "2"),
        ("{{with .nope}}1{{else with .spec}}{{.half}}{{end}}", "0.5"),
        ("{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}", "01201"),
        ("{{define \"n\"}}<{{.name}}>{{end}}{{range .items}}{{template \"n\" .}}{{end}}", "<a><b><c>"),
        ("{{block \"b\" .spec}}{{len .containers}}{{end}}", "1"),
        ("{{template \"x\"}}{{define \"x\"}}{{.}}{{end}}", "<no value>"),
        // Comments and white space.
        ("a{{/* not this */}}b  {{- /* nor this */ -}}  c", "abc"),
        ("a  {{- 1 -}}  b{{\n  2\n}}", "a1b2"),
        ("{{`raw \"text\"`}}{{\"tab\\tx\\u0041\\x42\"}}{{'a'}}", "raw \"text\"tab\txAB97"),
        // Functions.
        ("{{and 1 0 .items}} {{or 0 \"\" \"x\"}} {{not .nope}} {{and}}", ""),
        ("{{and .items .spec.half}} {{or .nope \"x\"}} {{not .nope}}", "0.5 x true"),
        (
            "{{index .data \"user\"}} {{index .spec.containers 0 \"args\" 1}} {{index .data \"nope\"}}",
            "YWRtaW4= -b <no value>",
        ),
        ("{{slice \"abcdef\" 1 3}} {{slice .spec.containers 0 1 | len}}", "bc 1"),
        (
            "{{html .spec.text}} {{js .spec.text}} {{urlquery \"a b&c\"}}",
            "&lt;a href=&#39;x&#39;&gt; \\u003Ca href\\u003D\\'x\\'\\u003E a+b%26c",
        ),
        ("{{print 1 2 \"x\" 3 4}}|{{println \"a\" 1}}", "1 2x3 4|a 1\n"),
        (
            "{{exists .data \"user\"}} {{exists .data \"nope\"}} {{exists .items 5}} {{exists .spec \"containers\" 0 \"image\"}}",
            "true false false true",
        ),
        (
            "{{eq .spec.half 0.5}} {{ne 1 2}} {{lt \"a\" \"b\"}} {{ge 3 3}} {{eq 1 2 3 1}}",
            "true true true true true",
        ),
        ("{{.spec.big}} {{.spec.half}} {{0x10}} {{1_000}} {{1e3}} {{-2}}", "1e+09 0.5 16 1000 1000 -2"),
        ("{{.data}} {{(index .spec.containers 0).args}}", "map[user:YWRtaW4= zone:ZXU=] [-a -b]"),
        (
            "{{printf \"%v %T %d %s %x %6.2f|\" .data.user 1 \"x\" 3 255 0.5}}",
            "YWRtaW4= int %!d(string=x) %!s(int=3) ff   0.50|",
        ),
        (
            "{{printf \"%s\" .nope}} {{printf \"%d\" 1 2}} {{printf \"%q\" .spec.containers}}",
            "%!s(<nil>) 1%!(EXTRA int=2) [map[\"args\":[\"-a\" \"-b\"] \"image\":\"nginx\"]]",
        ),
    ] {
        match text {
            "" => assert!(print(template, &tree).is_err(), "{template}"),
            text => assert_eq!(print(template, &tree).as_deref(), Ok(text), "{template}"),
        }
    }
}

#[test]
fn what_is_wrong_with_a_template_is_said_in_gos_words() {
    for (template, error) in [
        ("{{nope}}", "template: output:1: function \"nope\" not defined"),
        ("{{.a", "template: output:1: unclosed action"),
        ("\n{{range .a}}", "template: output:2: unexpected EOF"),
        ("{{end}}", "template: output:1: unexpected {{end}}"),
        ("{{$x}}", "template: output:1: undefined variable \"$x\""),
        ("{{if}}x{{end}}", "template: output:1: missing value for if"),
        ("{{(.a}}", "template: output:1: unclosed left paren"),
        ("{{.a)}}", "template: output:1: unexpected right paren U+0029 ')'"),
        ("{{\"a}}", "template: output:1: unterminated quoted string"),
        ("{{/* a }}", "template: output:1: unclosed comment"),
        ("{{.a | 1}}", "template: output:1: non executable command in pipeline stage 2"),
        ("{{break}}", "template: output:1: {{break}} outside {{range}}"),
        ("{{\"a\".b}}", "template: output:1: unexpected . after term \"\\\"a\\\"\""),
        ("{{range $a, $b, $c := .x}}{{end}}", "template: output:1: too many declarations in range"),
        ("{{.a}} {{else}}", "template: output:1: unexpected {{else}}"),
        ("{{a#b}}", "template: output:1: bad character U+0023 '#'"),
        ("{{1a}}", "template: output:1: bad number syntax: \"1a\""),
    ] {
        assert_eq!(Template::parse(template).unwrap_err(), error, "{template}");
    }
}

#[test]
fn an_execution_that_fails_says_where_in_gos_words() {
    let tree = json!({"a": {"t": "text", "n": null}, "l": [1, 2]});
    for (template, error) in [
        ("{{.a.t.x}}", "1:4: executing \"output\" at <.a.t.x>: can't evaluate field x in type interface {}"),
        ("{{.a.n.x}}", "1:4: executing \"output\" at <.a.n.x>: nil pointer evaluating interface {}.x"),
        (
            "{{(index .a \"t\").x}}",
            "1:12: executing \"output\" at <\"t\">: can't evaluate field x in type string",
        ),
        (
            "{{index .l 5}}",
            "1:2: executing \"output\" at <index .l 5>: error calling index: index out of range: 5",
        ),
        (
            "{{index .l \"x\"}}",
            "1:2: executing \"output\" at <index .l \"x\">: error calling index: cannot index slice/array with type string",
        ),
        (
            "{{index .none 0}}",
            "1:2: executing \"output\" at <index .none 0>: error calling index: index of untyped nil",
        ),
        ("\n {{len 3}}", "2:3: executing \"output\" at <len 3>: error calling len: len of type int"),
        ("{{len}}", "1:2: executing \"output\" at <len>: wrong number of args for len: want 1 got 0"),
        (
            "{{eq 1 \"1\"}}",
            "1:2: executing \"output\" at <eq 1 \"1\">: error calling eq: incompatible types for comparison",
        ),
        (
            "{{lt .a .a}}",
            "1:2: executing \"output\" at <lt .a .a>: error calling lt: invalid type for comparison",
        ),
        ("{{range .a.t}}{{end}}", "1:10: executing \"output\" at <.a.t>: range can't iterate over text"),
        (
            "{{template \"x\" .a}}",
            "1:11: executing \"output\" at <{{template \"x\" .a}}>: template \"x\" not defined",
        ),
        ("{{.a 1}}", "1:2: executing \"output\" at <.a>: a is not a method but has arguments"),
        ("{{1 2}}", "1:2: executing \"output\" at <1>: can't give argument to non-function 1"),
        (
            "{{call .a.t}}",
            "1:2: executing \"output\" at <call .a.t>: error calling call: non-function .a.t of type string",
        ),
        ("{{base64decode 3}}", "1:15: executing \"output\" at <3>: expected string; found 3"),
        (
            "{{.l | base64decode}}",
            "1:7: executing \"output\" at <base64decode>: wrong type for value; expected string; got []interface {}",
        ),
        (
            "{{base64decode \"!\"}}",
            "1:2: executing \"output\" at <base64decode \"!\">: error calling base64decode: base64 decode failed: illegal base64 data at input byte 0",
        ),
        (
            "{{define \"d\"}}{{.t.x}}{{end}}{{template \"d\" .a}}",
            "1:18: executing \"d\" at <.t.x>: can't evaluate field x in type interface {}",
        ),
        (
            "{{define \"d\"}}{{template \"d\"}}{{end}}{{template \"d\"}}",
            "1:25: executing \"d\" at <{{template \"d\"}}>: exceeded maximum template depth (100)",
        ),
    ] {
        assert_eq!(print(template, &tree).unwrap_err(), format!("template: output:{error}"), "{template}");
    }
    let mut strict = Template::parse("{{.a.t}} {{.missing}}").unwrap();
    strict.allow_missing = false;
    let broken = strict.print(&tree).unwrap_err();
    assert_eq!(broken.printed, "text ");
    assert_eq!(
        broken.why,
        "template: output:1:11: executing \"output\" at <.missing>: map has no entry for key \"missing\""
    );
}
