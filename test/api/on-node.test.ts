/** The server's room is on `node:` APIs, so that Node stays the way back: its suites run there too. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const suites = ["answers", "hijack", "http", "operations"].map((name) => here(`./${name}.test.ts`));

test("the server's suites pass on Node", { skip: findNode() === undefined, timeout: 120_000 }, async () => {
	const child = spawn(findNode()!, ["--test", "--test-timeout=60000", ...suites], {
		stdio: ["ignore", "pipe", "pipe"],
		env: { PATH: process.env["PATH"] },
	});
	let output = "";
	child.stdout.on("data", (chunk) => {
		output += chunk;
	});
	child.stderr.on("data", (chunk) => {
		output += chunk;
	});
	const code = await new Promise((resolve) => child.on("close", resolve));
	assert.equal(code, 0, output.slice(-4000));
	assert.match(output, /^. fail 0$/m);
});

/** A Node that reads TypeScript by itself: the npm package's, or the system's when it is new enough. */
function findNode(): string | undefined {
	const candidates = [process.env["HULL_TEST_NODE"], here("../../node_modules/.bin/node"), "/usr/bin/node"];
	return candidates.find((path) => path !== undefined && existsSync(path) && majorOf(path) >= 24);
}

function majorOf(path: string): number {
	return Number(/^v(\d+)/.exec(execFileSync(path, ["--version"], { encoding: "utf8" }))?.[1] ?? 0);
}

function here(path: string): string {
	return fileURLToPath(new URL(path, import.meta.url));
}
