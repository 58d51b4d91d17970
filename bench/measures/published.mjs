import { execFileSync, spawnSync } from "node:child_process";
import { median, row } from "../table.mjs";

const seconds = "3";
const rounds = 3;
const address = "198.18.254.1";
const neighbour = "hull-bench";

/**
 * What comes to a published port from another host, which a network namespace is here: bytes of one TCP connection, and
 * datagrams of 64 bytes that arrive. Hull by its program and by the kernel (`hull.publish=nat`), Docker by the kernel.
 * `engines` have the image iperf3.
 */
export async function published({ alternate, engines }) {
	const hull = engines.find(({ name }) => name === "hull");
	const ways = [
		...engines.map((engine) => ({ name: engine.name, engine, options: [] })),
		{ name: "hull, nat", engine: hull, options: ["-o", "hull.publish=nat"] },
	].map((way, index) => ({ ...way, port: `${15201 + index}`, container: `published${index}` }));
	addNeighbour();
	try {
		for (const way of ways) serve(way);
		const streams = medians(await alternate(rounds, streamRate, ways));
		const datagrams = medians(await alternate(rounds, datagramRate, ways));
		return [
			...rows("neighbour to published port", "MB/s", streams),
			...rows("neighbour's datagrams of 64 bytes to published port", "1/s", datagrams),
		];
	} finally {
		for (const { engine, container } of ways) {
			engine.run(["rm", "-f", container]);
			engine.run(["network", "rm", container]);
		}
		removeNeighbour();
	}
}

function serve({ engine, options, port, container }) {
	engine.mustRun("network", "create", ...options, container);
	const where = ["--network", container, "-p", `${port}:5201`, "-p", `${port}:5201/udp`];
	engine.mustRun("run", "-d", "--name", container, ...where, "iperf3", "iperf3", "-s");
}

function streamRate({ port }) {
	return fromNeighbour(port, []).end.sum_received.bits_per_second / 8e6;
}

function datagramRate({ port }) {
	const { sum } = fromNeighbour(port, ["-u", "-b", "0", "-l", "64"]).end;
	return (sum.packets - sum.lost_packets) / Number(seconds);
}

function fromNeighbour(port, more) {
	const command = [
		"netns",
		"exec",
		neighbour,
		"iperf3",
		"-c",
		address,
		"-p",
		port,
		"-t",
		seconds,
		"-J",
		...more,
	];
	const result = JSON.parse(spawnSync("ip", command, { encoding: "utf8" }).stdout);
	if (result.error) throw new Error(`iperf3: ${result.error}`);
	return result;
}

function rows(what, unit, { "hull, nat": nat, ...figures }) {
	const wanted = { better: "higher", budget: 1 };
	return [row(what, unit, figures, wanted), row(`${what}, by NAT`, unit, { ...figures, hull: nat }, wanted)];
}

function medians(figures) {
	return Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, median(values)]));
}

function addNeighbour() {
	const ip = (...args) => execFileSync("ip", args);
	ip("netns", "add", neighbour);
	ip("link", "add", neighbour, "type", "veth", "peer", "name", "eth0", "netns", neighbour);
	ip("addr", "add", `${address}/24`, "dev", neighbour);
	ip("link", "set", neighbour, "up");
	ip("-n", neighbour, "addr", "add", "198.18.254.2/24", "dev", "eth0");
	ip("-n", neighbour, "link", "set", "eth0", "up");
	ip("-n", neighbour, "route", "add", "default", "via", address);
}

function removeNeighbour() {
	spawnSync("ip", ["link", "delete", neighbour]);
	spawnSync("ip", ["netns", "delete", neighbour]);
}
