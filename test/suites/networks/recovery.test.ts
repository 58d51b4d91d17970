import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import {
	createNetworkNamespace,
	createVethPair,
	deleteLink,
	openRouteSocket,
} from "../../../src/sys/index.ts";
import type { CrashOrder } from "./crash-child.ts";
import { makeDataRoot, networkRequest, startEngine } from "./engine.ts";
import { eventually, firewallTables, linksOf, pings, portsOf } from "./machine.ts";

const steps = {
	restore: [
		"networks.restore.after-persist",
		"networks.restore.after-bridge",
		"networks.restore.after-rules",
	],
	connect: [
		"networks.connect.after-persist",
		"networks.connect.after-link",
		"networks.connect.after-address",
	],
	disconnect: ["networks.disconnect.after-link-down", "networks.disconnect.after-delete"],
} as const;

describe("killed in the middle", () => {
	for (const operation of ["restore", "connect", "disconnect"] as const) {
		test.each(steps[operation])("%s: everything is given back and works again", async (step) => {
			using root = makeDataRoot();
			using inside = makeNamespace();
			await runUntil(step, { dataRoot: root.path, operation, namespace: inside.path });
			await using engine = await startEngine({ dataRoot: root.path });
			await engine.networks.settle();
			expect(engine.networks.endpointsOf(engine.bridge.id)).toEqual([]);
			expect(portsOf(engine.bridgeName)).toEqual([]);
			expect(await firewallTables()).toContain(engine.tableName);

			const plug = { kind: "netns", fd: inside.fd } as const;
			const endpoint = await engine.networks.connect(plug, { networkId: "bridge", containerId: "one" });
			expect(endpoint.ipv4Address).toBe(endpoint.ipv4Gateway.replace(/1$/, "2"));
			expect(await pings(inside.fd, endpoint.ipv4Gateway)).toBe(true);
		});
	}

	for (const operation of ["create", "remove"] as const) {
		test.each(["persist", "link", "rules"])(
			`${operation} of a network, after %s: nothing is left of it`,
			async (place) => {
				using root = makeDataRoot();
				const bridgeName = `hnc${process.pid}`;
				await runUntil(`networks.${operation}.after-${place}`, {
					dataRoot: root.path,
					operation,
					bridgeName,
				});
				await using engine = await startEngine({ dataRoot: root.path });
				expect(engine.networks.list().map(({ name }) => name)).toEqual(["bridge", "host", "none"]);
				expect(linksOf().map(({ name }) => name)).not.toContain(bridgeName);
				const options = { "com.docker.network.bridge.name": bridgeName };
				await engine.networks.create(networkRequest("web", { options }));
				using inside = makeNamespace();
				const plug = { kind: "netns", fd: inside.fd } as const;
				const endpoint = await engine.networks.connect(plug, { networkId: "web", containerId: "one" });
				expect(await pings(inside.fd, endpoint.ipv4Gateway)).toBe(true);
			},
		);
	}

	test("a container that runs keeps its link and its address", async () => {
		using root = makeDataRoot();
		using inside = makeNamespace();
		const order = { dataRoot: root.path, namespace: inside.path };
		await runUntil("networks.connect.after-address", { ...order, operation: "connect" });
		await using engine = await startEngine({ dataRoot: root.path, live: ["one"] });
		const [endpoint] = engine.networks.endpointsOf(engine.bridge.id);
		expect(endpoint?.containerId).toBe("one");
		expect(await pings(inside.fd, endpoint!.ipv4Gateway)).toBe(true);
	});

	test("a disconnect that did not get far is undone for a container that runs", async () => {
		using root = makeDataRoot();
		using inside = makeNamespace();
		const order = { dataRoot: root.path, namespace: inside.path };
		await runUntil("networks.disconnect.after-link-down", { ...order, operation: "disconnect" });
		await using engine = await startEngine({ dataRoot: root.path, live: ["one"] });
		const [endpoint] = engine.networks.endpointsOf(engine.bridge.id);
		expect(await pings(inside.fd, endpoint!.ipv4Gateway)).toBe(true);
	});
});

describe("the next daemon", () => {
	test("finds running containers connected, and gives back those that ended meanwhile", async () => {
		using root = makeDataRoot();
		using running = makeNamespace();
		const ended = createNetworkNamespace();
		const first = await startEngine({ dataRoot: root.path });
		const connect = (containerId: string, fd: number) =>
			first.networks.connect({ kind: "netns", fd }, { networkId: "bridge", containerId });
		await connect("ended", ended);
		const kept = await connect("running", running.fd);
		await first.stop();
		closeSync(ended);

		await using engine = await startEngine({ dataRoot: root.path, live: ["running"] });
		expect(engine.networks.endpointsOf(engine.bridge.id)).toEqual([kept]);
		expect(await pings(running.fd, kept.ipv4Gateway)).toBe(true);
		await engine.networks.settle();
		expect(portsOf(engine.bridgeName).map(({ name }) => name)).toEqual([kept.hostInterface]);
		expect(engine.log.filter((line) => /level=(warn|error)/.test(line))).toEqual([]);
	});

	test("makes bridge and rules again and plugs running containers into them", async () => {
		using root = makeDataRoot();
		using inside = makeNamespace();
		const first = await startEngine({ dataRoot: root.path });
		const plug = { kind: "netns", fd: inside.fd } as const;
		const { ipv4Gateway } = await first.networks.connect(plug, { networkId: "bridge", containerId: "one" });
		await first.stop();
		using route = openRouteSocket();
		route.request([deleteLink(first.bridgeName)]);
		expect(await pings(inside.fd, ipv4Gateway)).toBe(false);

		await using engine = await startEngine({ dataRoot: root.path, live: ["one"] });
		expect(engine.networks.list()).toEqual(first.networks.list());
		// The container asks for the gateway's MAC address once a second, and the ping above made it start to.
		await eventually("the gateway is reached", () => pings(inside.fd, ipv4Gateway));
	});

	test("keeps a running container connected whose record cannot be read", async () => {
		using root = makeDataRoot();
		using inside = makeNamespace();
		const first = await startEngine({ dataRoot: root.path });
		const plug = { kind: "netns", fd: inside.fd } as const;
		const endpoint = await first.networks.connect(plug, { networkId: "bridge", containerId: "one" });
		first.metadata.documents("endpoints").put(endpoint.id, { id: 7 });
		await first.stop();

		await using engine = await startEngine({ dataRoot: root.path, live: ["one"] });
		expect(await pings(inside.fd, endpoint.ipv4Gateway)).toBe(true);
		expect(engine.log.join("")).toContain("a port of the bridge belongs to no known container");
	});

	test("refuses when another link has the bridge's name", async () => {
		using root = makeDataRoot();
		const first = await startEngine({ dataRoot: root.path });
		await first.networks.teardown();
		await first.stop();
		using other = makeNamespace();
		using route = openRouteSocket();
		const name = first.bridgeName;
		route.request([createVethPair({ host: { name }, peer: { name: "eth0", namespaceFd: other.fd } })]);
		try {
			await expect(startEngine({ dataRoot: root.path })).rejects.toThrow(
				`the link ${name} is not a bridge; rename or delete it`,
			);
		} finally {
			route.request([deleteLink(name)]);
		}
		expect(linksOf().map((link) => link.name)).not.toContain(name);
	});
});

describe("what somebody else takes away while the engine runs", () => {
	test("comes back: the firewall's table, a chain's rules, a bridge with its containers", async () => {
		using root = makeDataRoot();
		using inside = makeNamespace();
		await using engine = await startEngine({ dataRoot: root.path });
		const network = await engine.networks.create(networkRequest("web"));
		const plug = { kind: "netns", fd: inside.fd } as const;
		const endpoint = await engine.networks.connect(plug, { networkId: "web", containerId: "one" });
		const linkName = `br-${network.id.slice(0, 12)}`;
		const isClosed = async () => {
			const rules = await outputOf("nft", ["list", "table", "inet", engine.tableName]);
			return new RegExp(`oifname {[^}]*"${linkName}"[^}]*} drop`).test(rules);
		};
		expect(await isClosed()).toBe(true);

		await outputOf("nft", ["delete", "table", "inet", engine.tableName]);
		await eventually("the table is back", isClosed);
		await outputOf("nft", ["flush", "chain", "inet", engine.tableName, "forward"]);
		await eventually("the rules are back", isClosed);

		using route = openRouteSocket();
		route.request([deleteLink(linkName)]);
		await eventually("the gateway is reached", () => pings(inside.fd, endpoint.ipv4Gateway));
		expect(engine.log.join("")).toContain("firewall rules of the containers' networks were taken away");
		expect(engine.log.join("")).toContain("the bridge of a network was deleted, and is back");
		expect(engine.log.join("")).not.toContain("level=error");
	});

	test("many networks are found again, with who is on them", async () => {
		using root = makeDataRoot();
		const first = await startEngine({ dataRoot: root.path });
		const names = Array.from({ length: 12 }, (_, number) => `n${number + 10}`);
		const made = await Promise.all(names.map((name) => first.networks.create(networkRequest(name))));
		await using cleanup = new AsyncDisposableStack();
		const fds = names.map(() => cleanup.use(makeNamespace()).fd);
		await Promise.all(
			names.map((name, index) =>
				first.networks.connect({ kind: "netns", fd: fds[index]! }, { networkId: name, containerId: name }),
			),
		);
		await first.stop();
		using route = openRouteSocket();
		for (const { id } of made.slice(0, 3)) route.request([deleteLink(`br-${id.slice(0, 12)}`)]);
		await outputOf("nft", ["delete", "table", "inet", first.tableName]);

		await using engine = await startEngine({ dataRoot: root.path, live: names.slice(1) });
		expect(engine.networks.list()).toEqual(first.networks.list());
		const holders = made.flatMap(({ id }) => engine.networks.endpointsOf(id));
		expect(holders.map(({ containerId }) => containerId)).toEqual(names.slice(1));
		for (const [index, endpoint] of holders.entries())
			await eventually("the gateway is reached", () => pings(fds[index + 1]!, endpoint.ipv4Gateway));
		expect(await firewallTables()).toContain(engine.tableName);
	});
});

describe("a host with rules of its own", () => {
	test("what was changed on the host and what stands in the way is said", async () => {
		using root = makeDataRoot();
		const order = JSON.stringify({ dataRoot: root.path, operation: "restore" } satisfies CrashOrder);
		const script = [
			"nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'",
			"echo 0 > /proc/sys/net/ipv4/ip_forward",
			`exec ${process.execPath} ${import.meta.dir}/crash-child.ts '${order}'`,
		].join("\n");
		const said = await outputOf("unshare", ["--net", "sh", "-ec", script]);
		expect(said).toContain("IPv4 forwarding was turned on for this host");
		expect(said).toContain('chain="ip filter FORWARD"');
		expect(said).toContain("iptables -I FORWARD -i hull-");
	});

	test("without nft the error names the package", async () => {
		using root = makeDataRoot();
		const order = JSON.stringify({ dataRoot: root.path, operation: "restore" } satisfies CrashOrder);
		const script = `PATH=/nowhere exec ${process.execPath} ${import.meta.dir}/crash-child.ts '${order}'`;
		expect(await outputOf("unshare", ["--net", "sh", "-c", script])).toContain(
			"the program nft is needed for the containers' network and is not installed (package nftables)",
		);
	});
});

function makeNamespace(): { readonly fd: number; readonly path: string } & Disposable {
	const fd = createNetworkNamespace();
	return { fd, path: `/proc/${process.pid}/fd/${fd}`, [Symbol.dispose]: () => closeSync(fd) };
}

/** Runs the operation in a process of its own, which kills itself at the failpoint. */
function runUntil(failpoint: string, order: CrashOrder): Promise<void> {
	const child = spawn(process.execPath, [`${import.meta.dir}/crash-child.ts`, JSON.stringify(order)], {
		stdio: ["ignore", "inherit", "inherit"],
		env: { ...process.env, HULL_FAILPOINT: failpoint },
	});
	return new Promise((resolve, reject) => {
		child.once("close", (_, signal) => {
			if (signal === "SIGKILL") resolve();
			else reject(new Error(`${failpoint} was never reached`));
		});
	});
}

function outputOf(program: string, args: readonly string[]): Promise<string> {
	const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	child.stdout.on("data", (chunk) => {
		output += chunk;
	});
	child.stderr.on("data", (chunk) => {
		output += chunk;
	});
	return new Promise((resolve) => child.once("close", () => resolve(output)));
}
