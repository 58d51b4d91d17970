/** A network around the host: a namespace of its own, with addresses of both families and servers on them. */
import { execFileSync, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { createNetworkNamespace } from "../../src/sys/index.ts";

export interface Outside extends AsyncDisposable {
	/** Addresses of the same machine outside. */
	readonly addresses: readonly string[];
	readonly address6: string;
	/** The host's own there. */
	readonly hostAddress: string;
	/** The link of the host that leads there. */
	readonly link: string;
}

/** Each TCP port says `hello PORT` to whoever connects, then repeats what it is told. */
export async function makeOutside(ports: readonly number[], addressCount = 4): Promise<Outside> {
	await using cleanup = new AsyncDisposableStack();
	const fd = createNetworkNamespace();
	cleanup.defer(() => closeSync(fd));
	const third = process.pid % 256;
	const link = `hego${process.pid}`;
	const namespace = `/proc/${process.pid}/fd/${fd}`;
	const host = (...args: string[]) => execFileSync("ip", args);
	const inside = (...args: string[]) => execFileSync("nsenter", [`--net=${namespace}`, "ip", ...args]);
	const hostAddress = `198.18.${third}.1`;
	const addresses = Array.from({ length: addressCount }, (_, index) => `198.18.${third}.${index + 2}`);
	const prefix6 = `2001:db8:${third.toString(16)}:`;
	host("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace);
	cleanup.defer(() => void host("link", "delete", link));
	host("address", "add", `${hostAddress}/24`, "dev", link);
	host("address", "add", `${prefix6}:1/64`, "dev", link, "nodad");
	host("link", "set", link, "up");
	inside("link", "set", "eth0", "up");
	inside("link", "set", "lo", "up");
	for (const address of addresses) inside("address", "add", `${address}/24`, "dev", "eth0");
	inside("address", "add", `${prefix6}:2/64`, "dev", "eth0", "nodad");
	const program = `
		const { createServer } = require("node:net");
		const ports = ${JSON.stringify(ports)};
		let left = ports.length;
		for (const port of ports)
			createServer((socket) => {
				socket.on("error", () => {});
				socket.write("hello " + port + "\\n");
				socket.pipe(socket);
			}).listen(port, "::", () => --left || console.log("ready"));
	`;
	const child = spawn("nsenter", [`--net=${namespace}`, process.execPath, "-e", program], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	cleanup.defer(async () => {
		child.kill("SIGKILL");
		await new Promise((resolve) => child.once("close", resolve));
	});
	await new Promise((resolve, reject) => {
		child.stdout.once("data", resolve);
		child.once("exit", () => reject(new Error("the servers outside did not start")));
	});
	const kept = cleanup.move();
	return {
		addresses,
		address6: `${prefix6}:2`,
		hostAddress,
		link,
		[Symbol.asyncDispose]: () => kept.disposeAsync(),
	};
}
