import { describe, expect, test } from "bun:test";
import { compileTemplate } from "./compile.ts";

const data = {
	Name: "/web",
	State: { Running: true, ExitCode: 0, Pid: 42 },
	Env: ["A=1", "B=2"],
	Labels: { b: "2", a: "1" },
	Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }] },
	Empty: [],
	Nothing: null,
	Label: (key: unknown) => `<${key}>`,
};
const fill = (template: string, value: unknown = data) => compileTemplate(template)(value);

describe("templates that users write", () => {
	test.each([
		["{{.Name}}", "/web"],
		["{{ .State.Pid }}", "42"],
		["{{json .State}}", '{"Running":true,"ExitCode":0,"Pid":42}'],
		["{{.Env}} {{.Labels}} {{.Empty}} {{.Nothing}}", "[A=1 B=2] map[a:1 b:2] [] <nil>"],
		["{{range .Env}}{{.}};{{end}}", "A=1;B=2;"],
		["{{range $i, $e := .Env}}{{$i}}={{$e}} {{end}}", "0=A=1 1=B=2 "],
		["{{range $k, $v := .Labels}}{{$k}}:{{$v}} {{end}}", "a:1 b:2 "],
		["{{range .Empty}}x{{else}}none{{end}}", "none"],
		["{{if .State.Running}}up{{else}}down{{end}}", "up"],
		["{{if .State.Health}}{{.State.Health.Status}}{{else}}no check{{end}}", "no check"],
		["{{if eq .State.ExitCode 1}}a{{else if ge .State.Pid 42}}b{{else}}c{{end}}", "b"],
		["{{with .State}}{{.Pid}} {{$.Name}}{{end}}", "42 /web"],
		["{{with .Missing}}x{{else}}absent{{end}}", "absent"],
		['{{index .Labels "a"}}{{index .Labels "zzz"}}', "1"],
		['{{(index (index .Ports "80/tcp") 0).HostPort}}', "8080"],
		["{{range $p, $c := .Ports}}{{$p}} -> {{(index $c 0).HostPort}}{{end}}", "80/tcp -> 8080"],
		[
			'{{join .Env ","}} {{split "a/b" "/"}} {{upper "x"}} {{lower "Y"}} {{title "ab cd"}}',
			"A=1,B=2 [a b] X y Ab Cd",
		],
		['{{truncate .Name 2}} {{pad "x" 1 2}}| {{len .Env}} {{slice .Name 1}}', "/w  x  | 2 web"],
		['{{printf "%-6s|%05d|%.1f|%q" "ab" 42 1.25 "q"}}', 'ab    |00042|1.3|"q"'],
		['{{print 1 2 "x" 3}} {{println .Name}}', "1 2x3 /web\n"],
		['{{.Name | printf "%s!" | upper}}', "/WEB!"],
		['{{.Label "k"}}', "<k>"],
		["a {{- /* not shown */ -}} b", "ab"],
		["{{- .Name -}}   x", "/webx"],
		['{{$x := .Name}}{{$x}}{{$x = "y"}}{{$x}}', "/weby"],
		["{{and true .Name}} {{or .Empty .Name}} {{not .Empty}}", "/web /web true"],
		['{{`raw \\n`}}{{"tab\\t"}}', "raw \\ntab\t"],
		["no action", "no action"],
	])("%s", (template, text) => {
		expect(fill(template)).toBe(text);
	});
});

describe("what cannot be", () => {
	test.each([
		["{{.Name", "template: :1: unclosed action"],
		["{{frob .Name}}", 'template: :1: function "frob" not defined'],
		["{{end}}", "template: :1: unexpected {{end}}"],
		["{{if .Name}}x", "template: :1: unexpected EOF"],
		["{{}}", "template: :1: missing value for command"],
		["{{.Missing}}", 'template: :1:2: executing "" at <.Missing>: map has no entry for key "Missing"'],
		[
			"\n {{.Missing.Inner}}",
			'template: :2:3: executing "" at <.Missing.Inner>: nil data; no entry for key "Inner"',
		],
		["{{.Name.Inner}}", "can't evaluate field Inner in type string"],
		["{{index .Env 7}}", "error calling index: index out of range: 7"],
		["{{.Name 1}}", "can't give argument to non-function .Name"],
		["{{$y}}", "undefined variable: $y"],
	])("%s", (template, message) => {
		expect(() => fill(template)).toThrow(message);
	});
});

test("members that every object has are no fields", () => {
	expect(() => fill("{{.constructor}}")).toThrow("no entry");
	expect(() => fill("{{constructor .}}")).toThrow("not defined");
});

test("big integers keep their digits", () => {
	expect(fill("{{.t}} {{json .}}", { t: 1795503008157995607n })).toBe(
		'1795503008157995607 {"t":1795503008157995607}',
	);
});
