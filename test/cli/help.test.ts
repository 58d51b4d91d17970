import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { clientVersion } from "../../src/cli/client-version.ts";
import { commonCommands, groups, otherCommands } from "../../src/cli/commands/tree.ts";
import { hullCli } from "../support/hull-cli.ts";

const help = async (...words: string[]) => {
	const result = await hullCli("/nonexistent", words);
	expect(result.stderr).toBe("");
	expect(result.code).toBe(0);
	return result.stdout;
};

test("every command has help, made of its table, no line longer than 80", async () => {
	const { commandHelp } = await import("../../src/cli/flags/help.ts");
	const entries = [...commonCommands, ...otherCommands, ...groups.flatMap(({ commands }) => commands)];
	for (const entry of entries) {
		const { command } = await entry.load();
		const title = `hull ${entry.names[0]}`;
		const text = commandHelp({ title, summary: entry.summary, command, program: "hull", entry });
		expect(text).toStartWith(`Usage:  ${title}`);
		for (const flag of command.flags) expect(text).toContain(`--${flag.name}`);
		for (const line of text.split("\n"))
			if (!line.includes("$ hull")) expect(line.length).toBeLessThanOrEqual(82);
	}
});

test("no command has two flags of one name or letter", async () => {
	for (const { load, names } of [
		...commonCommands,
		...otherCommands,
		...groups.flatMap(({ commands }) => commands),
	]) {
		const { command } = await load();
		const words = command.flags.flatMap((flag) => [
			flag.name,
			...(flag.aliases ?? []),
			...(flag.short ? [flag.short] : []),
		]);
		expect({ names, words }).toEqual({ names, words: [...new Set(words)] });
	}
});

test("hull, hull help and --help show the same; so do the three ways to a command's help", async () => {
	const all = await help();
	expect(all).toStartWith("Usage:  hull [OPTIONS] COMMAND\n");
	expect(await help("help")).toBe(all);
	expect(await help("--help")).toBe(all);
	const run = await help("run", "--help");
	expect(run).toContain("--isolation string");
	expect(await help("help", "run")).toBe(run);
	expect(await help("help", "container", "run")).toBe(run.replace("hull run [", "hull container run ["));
	expect(await help("container")).toContain("Commands:\n  attach ");
});

test("-h is help where it is no flag, and the host name of run", async () => {
	expect(await help("ps", "-h")).toStartWith("Usage:  hull ps");
	const result = await hullCli("/nonexistent", ["run", "-h"]);
	expect(result.stderr).toStartWith("flag needs an argument: 'h' in -h\n");
});

test("the version is the package's", async () => {
	const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
	expect(clientVersion).toBe(version);
	expect(await help("--version")).toBe(`Hull version ${version}\n`);
});

test("what docker has and hull has not is refused by name", async () => {
	const context = await hullCli("/nonexistent", ["--context", "other", "ps"]);
	expect(context.code).toBe(125);
	expect(context.stderr).toContain("contexts are not supported: choose the engine with --host");
	const tls = await hullCli("/nonexistent", ["--tls", "ps"]);
	expect(tls.stderr).toStartWith("TLS is not supported");
});
