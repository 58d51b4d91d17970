import { describe, expect, test } from "bun:test";
import { closest } from "../../lib/closest.ts";
import type { Flag } from "./flag.ts";
import { FlagError, parseLine } from "./parse.ts";
import { parseInteger } from "./values.ts";

const flags: readonly Flag[] = [
	{ kind: "switch", name: "detach", short: "d", help: "" },
	{ kind: "switch", name: "proxy", default: true, help: "" },
	{ kind: "text", name: "name", aliases: ["title"], short: "n", help: "" },
	{ kind: "text", name: "count", short: "c", parse: parseInteger, help: "" },
	{ kind: "list", name: "env", short: "e", help: "" },
];
const parse = (...words: string[]) => parseLine(words, { flags, interspersed: true });

test("every way to write a flag", () => {
	const ways = [
		["--name", "x"],
		["--name=x"],
		["-n", "x"],
		["-nx"],
		["-n=x"],
		["--title", "x"],
		["-dn", "x"],
		["-dnx"],
	];
	for (const words of ways) expect(parse(...words).values["name"]).toBe("x");
});

test("switches take a value only after an equals sign", () => {
	expect(parse("-d", "false")).toMatchObject({ values: { detach: true }, positionals: ["false"] });
	expect(parse("--proxy=false").values["proxy"]).toBe(false);
	expect(parse("-d=0").values["detach"]).toBe(false);
	expect(parse().values).toMatchObject({ detach: false, proxy: true, env: [] });
});

test("lists collect, texts keep the last, converters convert", () => {
	const line = parse("-e", "A=1", "-eB=2", "--env=C", "-c", "1", "--count", "2");
	expect(line.values).toMatchObject({ env: ["A=1", "B=2", "C"], count: 2 });
	expect([...line.given]).toEqual(["env", "count"]);
});

test("flags end at --, and at the first argument where arguments are a command", () => {
	expect(parse("a", "-d", "--", "-n", "x").positionals).toEqual(["a", "-n", "x"]);
	const command = parseLine(["-d", "image", "ls", "-d", "--", "x"], { flags, interspersed: false });
	expect(command.positionals).toEqual(["image", "ls", "-d", "--", "x"]);
	expect(parse("-").positionals).toEqual(["-"]);
	expect(parse("-n", "-d").values["name"]).toBe("-d");
});

test("help is asked for by --help, and by -h where it is no flag", () => {
	expect(parse("--help").help).toBe(true);
	expect(parse("-dh").help).toBe(true);
});

describe("errors are docker's", () => {
	test.each([
		[["--nmae", "x"], "unknown flag: --nmae"],
		[["-x"], "unknown shorthand flag: 'x' in -x"],
		[["-dx"], "unknown shorthand flag: 'x' in -x"],
		[["--name"], "flag needs an argument: --name"],
		[["-n"], "flag needs an argument: 'n' in -n"],
		[
			["-c", "x"],
			'invalid argument "x" for "-c, --count" flag: strconv.ParseInt: parsing "x": invalid syntax',
		],
		[
			["--proxy=x"],
			'invalid argument "x" for "--proxy" flag: strconv.ParseBool: parsing "x": invalid syntax',
		],
	])("%p", (words, message) => {
		expect(() => parse(...words)).toThrow(message);
	});

	test("with the flag that was meant", () => {
		try {
			parse("--nmae");
		} catch (error) {
			expect((error as FlagError).suggestion).toBe("--name");
		}
		expect(() => parse("--zzz")).toThrow(FlagError);
	});
});

test("the closest word is found for typing errors and beginnings, and for nothing else", () => {
	const words = ["container", "image", "inspect", "ps"];
	expect(closest("contaner", words)).toBe("container");
	expect(closest("imgae", words)).toBe("image");
	expect(closest("insp", words)).toBe("inspect");
	expect(closest("frobnicate", words)).toBeUndefined();
	expect(closest("", words)).toBeUndefined();
});
