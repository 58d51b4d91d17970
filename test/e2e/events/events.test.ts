/** What an engine tells of a whole script of operations, against what dockerd told of the same script. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../../support/daemon.ts";
import { type EventMessage, linesOf, listen, readEvent } from "./listen.ts";
import { runScript } from "./script.ts";

/** As docker.io 20.10.24 of Debian told it; what is told of two volumes at once has no order there. */
const recorded = readFileSync(new URL("dockerd-20.10.24.txt", import.meta.url), "utf8")
	.trim()
	.split("\n");

let hull: TestDaemon;
let told: readonly EventMessage[];
beforeAll(async () => {
	hull = await startTestDaemon();
	const folder = mkdtempSync(join(tmpdir(), "hull-events-"));
	const listener = await listen(hull.socket);
	try {
		await runScript({ socket: hull.socket, folder, told: listener.told });
	} finally {
		await listener.stop();
		rmSync(folder, { recursive: true });
	}
	told = listener.told;
}, 180_000);
afterAll(async () => hull[Symbol.asyncDispose]());

test("the same events, in the same order, with the same attributes", () => {
	const lines = linesOf(told);
	expect(comparable(lines)).toEqual(comparable(asHull(recorded)));
	const isOom = (line: string) => line.startsWith("container oom");
	expect(new Set(lines.filter(isOom))).toEqual(new Set(recorded.filter(isOom)));
});

/** What this engine tells otherwise than dockerd 20.10, on purpose: docs/decisions/0212. */
function asHull(lines: readonly string[]): string[] {
	return lines
		.filter((line, index) => line !== lines[index - 1] || !/^(network disconnect|volume create)/.test(line))
		.map((line) =>
			line.startsWith("container die") ? line.replace("exitCode", "execDuration=<number> exitCode") : line,
		)
		.map((line) => (line === "image delete <image 1> name=<image 1>" ? `${line} tier=front` : line))
		.flatMap((line) =>
			line.startsWith("volume prune") ? ["volume destroy unused driver=local", line] : [line],
		);
}

/** Without what comes in its own time: that memory ran out, and how often a health check ran. */
function comparable(lines: readonly string[]): string[] {
	const healthy = lines.findIndex((line) => line.startsWith("container health_status"));
	return lines.filter((line, index) => {
		if (line.startsWith("container oom")) return false;
		return index <= healthy || !/^container (exec_\w+|health_status).* checked /.test(line);
	});
}

test("history tells the same again, and each filter what it is for", async () => {
	expect(await history({})).toEqual(linesOf(told));
	const attribute = (event: EventMessage, key: string) => event.Actor.Attributes[key];
	const long = told.find((event) => attribute(event, "name") === "long")!.Actor.ID;
	const wanted: [Record<string, string[]>, (event: EventMessage) => boolean][] = [
		[{ type: ["network"] }, ({ Type }) => Type === "network"],
		[{ type: ["image", "builder"] }, ({ Type }) => Type === "image" || Type === "builder"],
		[{ event: ["die", "prune"] }, ({ Action }) => Action === "die" || Action === "prune"],
		[{ event: ["exec_create"] }, ({ Action }) => Action.startsWith("exec_create: ")],
		[{ event: ["health_status"] }, ({ Action }) => Action.startsWith("health_status: ")],
		[
			{ container: [long.slice(0, 12)], type: ["container"] },
			({ Type, Actor }) => Type === "container" && Actor.ID === long,
		],
		[
			{ network: ["second"], type: ["network"] },
			(event) => event.Type === "network" && attribute(event, "name") === "second",
		],
		[{ volume: ["data"], type: ["volume"] }, ({ Type, Actor }) => Type === "volume" && Actor.ID === "data"],
		[{ image: ["busybox"] }, (event) => attribute(event, "image") === "busybox:latest"],
		[{ label: ["tier=front"] }, (event) => attribute(event, "tier") === "front"],
		[{ label: ["tier=back"] }, () => false],
		[{ scope: ["swarm"] }, () => false],
		[{ daemon: ["nobody"] }, () => false],
	];
	for (const [filters, isWanted] of wanted) {
		const ids = (await events({ filters })).map(({ timeNano }) => timeNano);
		expect([filters, ids]).toEqual([filters, told.filter(isWanted).map(({ timeNano }) => timeNano)]);
	}
	const [, second, third] = told;
	expect(await events({ since: second!.timeNano, until: third!.timeNano })).toEqual([second!, third!]);
	const refused = await hull.api("GET", `/events?filters=${encodeURIComponent('{"color":["red"]}')}`);
	expect([refused.status, refused.json.message]).toEqual([
		400,
		expect.stringContaining("invalid filter 'color'"),
	]);
});

interface Asked {
	readonly filters?: Record<string, string[]>;
	readonly since?: bigint;
	readonly until?: bigint;
}

async function events({ filters = {}, since, until }: Asked): Promise<EventMessage[]> {
	const query = new URLSearchParams({
		since: seconds(since ?? told[0]!.timeNano),
		until: seconds(until ?? told.at(-1)!.timeNano),
		filters: JSON.stringify(filters),
	});
	const { text } = await hull.api("GET", `/events?${query}`);
	return text
		.split("\n")
		.filter((line) => line !== "")
		.map(readEvent);
}

async function history(asked: Asked): Promise<string[]> {
	return linesOf(await events(asked));
}

/** As the API takes times. */
function seconds(timeNano: bigint): string {
	const billion = 1_000_000_000n;
	return `${timeNano / billion}.${String(timeNano % billion).padStart(9, "0")}`;
}
