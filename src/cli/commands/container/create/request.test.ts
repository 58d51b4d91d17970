import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { parseLine } from "../../../flags/parse.ts";
import { execFlags, execRequest } from "../exec/request.ts";
import { runFlags } from "../run-flags.ts";
import { updateFlags, updateRequest } from "../update/request.ts";
import { createFlags } from "./flags.ts";
import { createRequest } from "./request.ts";

/** What the stock client sent for the same words: `test/cli/record-requests.mjs`. */
interface Recorded {
	readonly args: readonly string[];
	readonly query?: Record<string, string>;
	readonly body?: Record<string, unknown>;
	readonly error?: string;
}

const fixtures = new URL("../../../../../test/cli/fixtures/", import.meta.url).pathname;
const recorded: Recorded[] = JSON.parse(
	readFileSync(`${fixtures}create-requests.json`, "utf8").replaceAll("{fixtures}", fixtures.slice(0, -1)),
);

/**
 * Where the reference is not followed: a file that the client itself refuses is not part of the mapping, an error is
 * worded otherwise, or an option that docker drops is refused by name.
 */
const differences: Record<string, string> = {
	"create --kernel-memory 4m busybox": "docker drops it; it is refused by name",
	"create --cpu-count 2 --cpu-percent 10 busybox": "docker's client refuses them; our engine does",
	"create --io-maxbandwidth 1m --io-maxiops 5 busybox": "docker's client refuses them; our engine does",
	"create -p target=80,nope=1 busybox": "docker drops the unknown key; it is refused by name",
	"create --expose 80/xyz busybox": "docker leaves it to the engine; the parser refuses it",
	"create --cidfile create-arguments.txt busybox": "the command checks the file",
	"create --pull nope busybox": "the command checks it",
	"create ": "the engine refuses it",
	"create UPPER": "the engine refuses it",
	"run -d -a stdout busybox": "the command checks it",
	"exec -it web sh": "the command checks the terminal",
	"update web": "the command checks it",
	"create -v a:b:c:d busybox": "docker leaves it to the engine; the parser refuses it",
	"create -v x busybox": "",
};

/** The first lines of errors that are worded otherwise. */
const otherWords = new Set([
	"create --expose nope busybox",
	"create --mount type=bind,src=/a,dst=/b,unknown=1 busybox",
	"create --mount type=volume,dst=/x,bind-propagation=shared busybox",
]);

process.env["RECORDED"] = "from the environment";
process.chdir(fixtures);
const folder = {
	cwd: fixtures.slice(0, -1),
	lookup: (name: string) => process.env[name],
	readFile(path: string) {
		try {
			return readFileSync(path);
		} catch {
			throw new Error(`open ${path}: no such file or directory`);
		}
	},
};

describe("flags mean what they mean to docker", () => {
	for (const record of recorded) {
		const line = record.args.join(" ");
		if (differences[line]) continue;
		test(line, () => {
			if (record.error === undefined) expect(sent(record.args)).toEqual(normal(record.body));
			else
				expect(errorOf(record.args, otherWords.has(line))).toEqual(
					firstLine(record.error, otherWords.has(line)),
				);
		});
	}
});

describe("options that docker drops are refused", () => {
	test.each(["--kernel-memory=4m", "--publish=target=80,nope=1"])("%s", (flag) => {
		expect(() => sent(["create", flag, "busybox"])).toThrow();
	});
});

function sent(args: readonly string[]): unknown {
	const [verb, ...words] = args;
	const flags = { create: createFlags, run: runFlags, exec: execFlags, update: updateFlags }[verb!]!;
	const line = parseLine(words, { flags, interspersed: verb === "update" });
	const input = { flags: line.values as never, given: line.given, arguments: line.positionals };
	if (verb === "exec") return normal(execRequest(input, folder));
	if (verb === "update") return normal(updateRequest(input));
	const detach = line.values["detach"] === true;
	return normal(createRequest(input, folder, { detach }));
}

function errorOf(args: readonly string[], anyWords: boolean): string {
	try {
		sent(args);
	} catch (error) {
		return anyWords ? "refused" : (error as Error).message;
	}
	return "accepted";
}

function firstLine(error: string, anyWords: boolean): string {
	return anyWords ? "refused" : error.split("\n")[0]!.replace(/^docker: /, "");
}

/** Without what is the engine's default anyway. */
function normal(value: unknown, key = ""): unknown {
	if (Array.isArray(value)) {
		const items = value.map((item) => normal(item) ?? item);
		return key === "Env" ? [...new Set(items as string[])].sort() : items;
	}
	if (typeof value !== "object" || value === null) return value;
	const entries = Object.entries(value)
		.map(([name, item]) => [name, normal(item, name)] as const)
		.filter(([name, item]) => !isDefault(name, item));
	return Object.fromEntries(entries);
}

const kept = ["Init", "MaskedPaths", "ReadonlyPaths", "ExposedPorts", "Volumes", "Labels", "Tmpfs", "Config"];

function isDefault(name: string, value: unknown): boolean {
	if (value === null || value === undefined) return true;
	if (name === "NetworkMode" && value === "default") return true;
	if (name === "RestartPolicy" && JSON.stringify(value) === '{"Name":"no"}') return true;
	if (name === "MemorySwappiness" && value === -1) return true;
	if (name === "ConsoleSize" || name === "DetachKeys" || name === "Detach") return true;
	if (kept.includes(name) && typeof value !== "object") return false;
	if (name === "MaskedPaths" || name === "ReadonlyPaths") return false;
	if (value === "" || value === false || value === 0) return !/^(\/|[a-z])/.test(name);
	if (typeof value !== "object") return false;
	return Object.keys(value).length === 0 && !/\//.test(name);
}
