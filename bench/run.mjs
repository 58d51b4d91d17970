/**
 * `npm run bench`: Hull beside docker, podman and the bare OCI runtime, in one run on this machine. Rounds alternate
 * between the engines, so that a busy moment hits all; what counts is the ratio, not the milliseconds.
 * Arguments choose measures by name (`node bench/run.mjs start exec`). `--json FILE` keeps the figures.
 */
import { writeFileSync } from "node:fs";
import { startEngines } from "./engines.mjs";
import { attached } from "./measures/attached.mjs";
import { bareRuntime } from "./measures/bare-runtime.mjs";
import { build } from "./measures/build.mjs";
import { client } from "./measures/client.mjs";
import { context } from "./measures/context.mjs";
import { exec } from "./measures/exec.mjs";
import { hundred } from "./measures/hundred.mjs";
import { idle } from "./measures/idle.mjs";
import { load } from "./measures/load.mjs";
import { logged } from "./measures/logged.mjs";
import { network } from "./measures/network.mjs";
import { pull } from "./measures/pull.mjs";
import { start } from "./measures/start.mjs";
import { printTable } from "./table.mjs";

const measures = {
	client,
	start,
	"bare-runtime": bareRuntime,
	exec,
	attached,
	logged,
	hundred,
	idle,
	load,
	network,
	pull,
	build,
	context,
};
const args = process.argv.slice(2);
const jsonAt = args.indexOf("--json");
const jsonFile = jsonAt >= 0 ? args.splice(jsonAt, 2)[1] : undefined;
const unknown = args.filter((name) => !(name in measures));
if (unknown.length > 0) {
	console.error(
		`bench: no measure named ${unknown.join(", ")}; there are ${Object.keys(measures).join(", ")}`,
	);
	process.exit(2);
}

const engines = await startEngines();
const results = [];
try {
	for (const [name, measure] of Object.entries(measures)) {
		if (args.length > 0 && !args.includes(name)) continue;
		console.log(`bench: ${name} …`);
		const rows = await measure(engines);
		results.push(...rows);
		printTable(rows);
	}
} finally {
	await engines.stop();
}
if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify(results, null, "\t")}\n`);
