import { spawnSync } from "node:child_process";
import { debianRootTar } from "../../scripts/images/debian.mjs";
import { root } from "../../scripts/setup/run.mjs";
import { median, row } from "../table.mjs";
import { published } from "./published.mjs";

const seconds = "3";

/**
 * Throughput of one TCP connection by iperf3: from container to container on a network of the user's, and from the
 * host to a published port; to published ports from outside (published.mjs). Starts with a bridge and with a network of the user's beside those with none.
 */
export async function network({ all, alternate }) {
	const engines = all.filter(({ name }) => name !== "podman");
	const tar = debianRootTar(`${root}node_modules/.cache/hull/iperf3.tar`, ["iperf3"]);
	for (const engine of engines) {
		engine.mustRun("import", tar, "iperf3");
		engine.mustRun("network", "create", "bench");
		engine.mustRun(
			"run",
			"-d",
			"--name",
			"server",
			"--network",
			"bench",
			"-p",
			"5201",
			"iperf3",
			"iperf3",
			"-s",
		);
	}
	const rows = [];
	const between = await alternate(3, (engine) => rate(engine.mustRun(...client("server", "5201"))), engines);
	rows.push(row("container to container", "MB/s", medians(between), { better: "higher", budget: 1 }));
	const local = await alternate(3, fromHost, engines);
	rows.push(row("host to published port", "MB/s", medians(local), { better: "higher", budget: 1 }));
	for (const engine of engines) engine.mustRun("rm", "-f", "server");
	rows.push(...(await published({ alternate, engines })));
	rows.push(...(await costOfNetworks({ alternate, engines })));
	for (const engine of engines) engine.mustRun("network", "rm", "bench");
	return rows;
}

function client(server, port) {
	return ["run", "--rm", "--network", "bench", "iperf3", ...iperf(server, port)];
}

function iperf(server, port) {
	return ["iperf3", "-c", server, "-p", port, "-t", seconds, "-J"];
}

function fromHost(engine) {
	const port = engine.mustRun("port", "server", "5201").split("\n")[0].split(":").at(-1);
	const [program, ...args] = iperf("127.0.0.1", port);
	return rate(spawnSync(program, args, { encoding: "utf8" }).stdout);
}

function rate(output) {
	const { end } = JSON.parse(output);
	return end.sum_received.bits_per_second / 8e6;
}

/** What a start takes longer with a network than with none. */
async function costOfNetworks({ alternate, engines }) {
	const start = (network) => (engine) => engine.time("run", "--rm", "--network", network, "busybox", "true");
	const none = medians(await alternate(15, start("none"), engines));
	const costs = [];
	for (const [name, what] of [
		["bridge", "start: what the bridge adds"],
		["bench", "start: what a network of one's own adds"],
	]) {
		const times = medians(await alternate(15, start(name), engines));
		const added = Object.fromEntries(
			Object.entries(times).map(([engine, ms]) => [engine, ms - none[engine]]),
		);
		costs.push(row(what, "ms", added));
	}
	return costs;
}

function medians(figures) {
	return Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, median(values)]));
}
