import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { operations } from "../../src/api/index.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { createRandom, mutate, seed } from "../support/random-text.ts";

/** Answers of these come when something happens, or ask the network. */
const left = new Set([
	"ContainerAttach",
	"ContainerLogs",
	"ContainerStats",
	"ContainerWait",
	"ImageCreate",
	"ImagePush",
	"SystemAuth",
	"SystemEvents",
]);
/** All of these have one answer. */
const outOfSwarm = /^\/(swarm|nodes|services|tasks|secrets|configs|plugins)/;
const asked = operations.filter(
	({ id, path, pending }) => !left.has(id) && !outOfSwarm.test(path) && pending === undefined,
);

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
	await hull.ok(["create", "--name", "one", "busybox", "true"]);
}, 30_000);
afterAll(async () => hull[Symbol.asyncDispose](), 60_000);

test("random requests are answered, never by a bug, and the engine goes on", async () => {
	const random = createRandom(seed);
	const { pid } = hull;
	for (let round = 0; round < 600; round++) {
		const request = randomRequest(random);
		const answer = await say(request);
		expect([seed, request.slice(0, 300), answer]).toEqual([
			seed,
			request.slice(0, 300),
			expect.stringMatching(/^(HTTP\/1\.1 \d{3} |$)/),
		]);
	}
	expect(
		hull
			.log()
			.split("\n")
			.filter((line) => /request failed|TypeError|RangeError/.test(line)),
	).toEqual([]);
	expect(hull.pid).toBe(pid);
	expect((await hull.api("GET", "/_ping")).text).toBe("OK");
}, 120_000);

function randomRequest(random: () => number): string {
	const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]!;
	// The create takes the most: it is asked more often than the others.
	if (random() < 0.5) return head("POST", "/containers/create", randomBody(random, pick));
	const { method, path, query } = pick(asked);
	const names = [
		"one",
		"busybox",
		"nosuch",
		"bridge",
		"a/b:c",
		"sha256:00",
		noise(random, ["one", "busybox:latest"]),
	];
	const target = path.replace(/:\w+/g, () => encodeURIComponent(pick(names)));
	const search = Object.keys((query as { properties?: object } | undefined)?.properties ?? {})
		.filter(() => random() < 0.5)
		.map(
			(key) => `${key}=${encodeURIComponent(noise(random, ["1", "true", '{"name":["x"]}', "/etc", "10"]))}`,
		)
		.join("&");
	const body = method === "POST" ? randomBody(random, pick) : undefined;
	const text = head(method, `/v1.${24 + Math.floor(random() * 32)}${target}?${search}`, body);
	return random() < 0.2 ? noise(random, [text]) : text;
}

function head(method: string, target: string, body: unknown): string {
	const text = body === undefined ? "" : JSON.stringify(body);
	return (
		`${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n` +
		`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
	);
}

/** Half a surrogate pair has no bytes. */
function noise(random: () => number, samples: readonly string[]): string {
	return mutate(random, samples).toWellFormed();
}

/** Fields of create bodies by what they hold; nothing that is made of them is ever started. */
const kinds = [
	{
		fields:
			"Memory MemorySwap MemoryReservation NanoCpus CpuShares CpuPeriod CpuQuota PidsLimit ShmSize OomScoreAdj " +
			"BlkioWeight MemorySwappiness StopTimeout",
		values: [0, -1, 1, 1e7, 1e18, 2 ** 53],
	},
	{
		fields:
			"CpusetCpus CpusetMems NetworkMode PidMode IpcMode UTSMode CgroupnsMode Runtime CgroupParent Isolation Hostname " +
			"Domainname User WorkingDir StopSignal",
		values: [
			"",
			"x",
			"host",
			"0",
			"0-",
			"container:one",
			"container:",
			"/a/../b",
			"a\nb",
			"\0",
			"KILL",
			"é".repeat(300),
		],
	},
	{
		fields:
			"Binds CapAdd CapDrop SecurityOpt ExtraHosts Dns DnsSearch DnsOptions GroupAdd DeviceCgroupRules MaskedPaths " +
			"VolumesFrom Cmd Entrypoint Env Shell",
		values: [
			[],
			[""],
			["a"],
			["a:/b"],
			["/a:/b:ro,z"],
			["one"],
			["ALL"],
			["a=b", "a=c"],
			["1.2.3.4"],
			["seccomp={}"],
		],
	},
	{
		fields: "Tmpfs Sysctls Annotations Labels Volumes ExposedPorts LogConfig RestartPolicy Healthcheck",
		values: [
			{},
			{ "": "" },
			{ a: "b" },
			{ "/t": "size=1" },
			{ Name: "always" },
			{ Type: "none" },
			{ Test: ["CMD"] },
		],
	},
	{
		fields: "Mounts Ulimits Devices BlkioWeightDevice",
		values: [
			[],
			[{}],
			[{ Type: "volume", Target: "/m" }],
			[{ Name: "nofile", Soft: 2, Hard: 1 }],
			[{ Type: "tmpfs" }],
		],
	},
	{
		fields: "AutoRemove Privileged ReadonlyRootfs Init OomKillDisable Tty OpenStdin NetworkDisabled",
		values: [true, false],
	},
].map(({ fields, values }) => ({ fields: fields.split(" "), values: values as readonly unknown[] }));
const anything = [null, 0, "", "x", true, [], {}, [null], { "": null }];

function randomBody(random: () => number, pick: <Item>(items: readonly Item[]) => Item): unknown {
	const some = () =>
		Object.fromEntries(
			kinds.flatMap(({ fields, values }) =>
				fields
					.filter(() => random() < 0.03)
					.map((field) => [field, pick(random() < 0.05 ? anything : values)] as const),
			),
		);
	return { Image: "busybox", Cmd: ["true"], ...some(), HostConfig: some() };
}

/** All that comes back until the engine ends the connection. */
function say(text: string): Promise<string> {
	const { promise, resolve } = Promise.withResolvers<string>();
	let answer = "";
	const socket = connect(hull.socket);
	socket.on("data", (chunk) => {
		answer += chunk.toString("latin1");
	});
	socket.on("error", () => resolve(answer));
	socket.on("close", () => resolve(answer));
	socket.write(text);
	// A request cut short is waited for; the end says that nothing more comes.
	setTimeout(() => socket.end(), 200).unref();
	return promise;
}
