/** An engine for a file of tests, with helpers that clean up after each of them. */
import { afterAll, afterEach, beforeAll, beforeEach } from "bun:test";
import { closeSync } from "node:fs";
import type { CreateNetworkRequest, Endpoint, EndpointRequest } from "../../../src/networks/index.ts";
import { createNetworkNamespace } from "../../../src/sys/index.ts";
import { type Engine, makeDataRoot, networkRequest, startEngine } from "./engine.ts";
import { runInside } from "./machine.ts";

/** Registers the hooks. Disconnects everybody and removes all networks after each test. */
export function engineForTests() {
	let root: ReturnType<typeof makeDataRoot>;
	let engine: Engine;
	let namespaces: number[] = [];
	beforeAll(async () => {
		root = makeDataRoot();
		engine = await startEngine({ dataRoot: root.path });
	});
	afterAll(async () => {
		await engine[Symbol.asyncDispose]();
		root[Symbol.dispose]();
	});
	beforeEach(() => {
		namespaces = [];
	});
	afterEach(async () => {
		for (const fd of namespaces) closeSync(fd);
		for (const network of engine.networks.list()) {
			for (const { containerId } of engine.networks.endpointsOf(network.id))
				await engine.networks.disconnect(containerId);
			if (!["bridge", "host", "none"].includes(network.name)) await engine.networks.remove(network.id);
		}
		await engine.networks.settle();
	});
	return {
		get networks() {
			return engine.networks;
		},
		get tableName() {
			return engine.tableName;
		},
		namespace() {
			const fd = createNetworkNamespace();
			namespaces.push(fd);
			return fd;
		},
		create: (name: string, more: Partial<CreateNetworkRequest> = {}) =>
			engine.networks.create(networkRequest(name, more)),
		connect: (
			networkId: string,
			containerId: string,
			fd: number,
			more: Partial<EndpointRequest> = {},
		): Promise<Endpoint> =>
			engine.networks.connect({ kind: "netns", fd }, { networkId, containerId, ...more }),
	};
}

/** What a program says in a namespace. */
export async function inside(fd: number, ...command: string[]): Promise<string> {
	return (await runInside(fd, command)).output;
}

/** The first three bytes of a subnet that no run beside this one has. */
export function ownSubnet(number: number): string {
	return `198.19.${(process.pid + number) % 256}`;
}

export async function pings6(fd: number, address: string): Promise<boolean> {
	return (await runInside(fd, ["busybox", "ping6", "-c", "1", "-W", "1", address])).exitCode === 0;
}

export async function runHost(...command: string[]): Promise<string> {
	const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
	return await new Response(child.stdout).text();
}
