/** `npm run check`: types, lint and format, rooms, sizes. Fast; part of `npm test`. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { checkRooms, checkSizes } from "./rooms.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => `${root}node_modules/.bin/${name}`;

const results = await Promise.all([
	run("types", bin("tsc"), ["-p", "."]),
	run("lint and format", bin("biome"), ["check", "--colors=off", "."]),
	rooms(),
]);
for (const { name, ok, output } of results)
	console.log(`${ok ? "ok  " : "FAIL"} ${name}${ok ? "" : `\n${output}`}`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

function rooms() {
	const breaches = [...checkRooms(root), ...checkSizes(root, ["test", "scripts", "bench", "native"])].filter(
		(line) => !line.includes("/fixtures/"),
	);
	return { name: "rooms and sizes", ok: breaches.length === 0, output: breaches.join("\n") };
}

function run(name, command, args) {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		child.stdout.on("data", (chunk) => (output += chunk));
		child.stderr.on("data", (chunk) => (output += chunk));
		child.on("error", reject);
		child.on("close", (code) => resolve({ name, ok: code === 0, output: output.trimEnd() }));
	});
}
