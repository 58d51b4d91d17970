/**
 * `npm test`: every check and test, one stage after another. The last line is `N passed, N failed`.
 * Arguments choose stages by name (`node scripts/test.mjs unit api`).
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { newerPeersFolder, peersFolder } from "./setup/peers.mjs";
import { root } from "./setup/run.mjs";

const bun = (...paths) => ["node_modules/.bin/bun", "test", "--timeout", "120000", ...paths];
const stages = [
	{ name: "check", command: ["node", "scripts/check.mjs"] },
	{ name: "rules", command: ["node", "--test", "--test-reporter=tap", "scripts/rooms.test.mjs"] },
	{ name: "native", command: ["make", "-C", "native", "--silent", "test"] },
	{ name: "unit", command: bun("./src") },
	{ name: "suites", command: bun("./test/suites") },
	{ name: "api", command: bun("./test/api") },
	{ name: "cli", command: bun("./test/cli") },
	{ name: "e2e", command: bun("./test/e2e") },
	{ name: "crash", command: bun("./test/crash") },
];

// Peers come last: a program that the machine has is preferred.
const environment = {
	...process.env,
	PATH: `${process.env.PATH}:${peersFolder}/usr/bin:${peersFolder}/usr/sbin:${newerPeersFolder}/usr/bin`,
	NO_COLOR: "1",
};
const chosen = process.argv.slice(2);
const totals = { passed: 0, failed: 0 };
const failures = [];
for (const stage of stages.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
	const started = Date.now();
	const { code, output } = await runStage(stage);
	const counts = countTests(output, code);
	totals.passed += counts.passed;
	totals.failed += counts.failed;
	if (counts.failed > 0) failures.push(stage.name);
	const seconds = ((Date.now() - started) / 1000).toFixed(1);
	console.log(`--- ${stage.name}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s\n`);
}
if (failures.length > 0) console.log(`failed: ${failures.join(", ")}`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;

function runStage({ name, command: [program, ...args] }) {
	console.log(`--- ${name}`);
	return new Promise((resolve, reject) => {
		const path = program.includes("/") ? `${root}${program}` : program;
		const child = spawn(path, args, { cwd: root, env: environment, stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		const show = (chunk) => {
			output += chunk;
			process.stdout.write(chunk);
		};
		child.stdout.on("data", show);
		child.stderr.on("data", show);
		child.on("error", reject);
		child.on("close", (code) => resolve({ code, output }));
	});
}

/** Reads the closing counts of bun test, node's tap reporter and our own; a stage without counts is one test. */
function countTests(output, code) {
	const last = (pattern) => Number([...output.matchAll(pattern)].at(-1)?.[1] ?? 0);
	const passed = last(/^ *(\d+) pass$/gm) || last(/^# pass (\d+)$/gm) || last(/^(\d+) passed, \d+ failed$/gm);
	const failed = last(/^ *(\d+) fail$/gm) || last(/^# fail (\d+)$/gm) || last(/^\d+ passed, (\d+) failed$/gm);
	if (code !== 0) return { passed, failed: Math.max(failed, 1) };
	return { passed: passed || 1, failed };
}

if (!existsSync(`${root}dist/hull`)) console.log("note: dist/hull is missing; run npm run setup");
