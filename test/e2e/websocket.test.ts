/** GET /containers/{id}/attach/ws, with a client of its own kind and with bytes that are none. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

const run = (name: string, flags: string, ...command: string[]) =>
	hull.ok(["run", flags, "--name", name, "--network", "none", "busybox", ...command]);
const both = "stream=1&stdin=1&stdout=1&stderr=1";

test("stdin goes in, both outputs come out raw, and the end closes with 1000", async () => {
	await run("talker", "-di", "sh", "-c", "echo begun; read line; echo said $line >&2; exit 4");
	await eventually(async () => expect(await hull.ok(["logs", "talker"])).toBe("begun\n"));
	const socket = await open("talker", `logs=1&${both}`);
	await eventually(() => expect(socket.text()).toBe("begun\n"));
	socket.send(Buffer.from("something\n"));
	expect(await socket.closed).toBe(1000);
	expect(socket.text()).toBe("begun\nsaid something\n");
	expect(socket.kinds()).toEqual(["binary"]);
	expect(await hull.ok(["wait", "talker"])).toBe("4\n");
});

test("one that comes before the start waits; old clients get text; much goes through both ways", async () => {
	await hull.ok(["create", "-i", "--name", "copier", "--network", "none", "busybox", "cat"]);
	const socket = await open("copier", both, "v1.27");
	await hull.ok(["start", "copier"]);
	const sent = "0123456789abcde\n".repeat(64 * 1024);
	socket.send(sent);
	await eventually(() => expect(socket.text().length).toBe(sent.length), 30_000);
	expect(socket.text()).toBe(sent);
	expect(socket.kinds()).toEqual(["text"]);
	// A close is the end of stdin, which ends cat.
	socket.close();
	expect(await hull.ok(["wait", "copier"])).toBe("0\n");
});

test("detach keys leave a terminal", async () => {
	await run("shell", "-dit", "sh");
	const socket = await open("shell", `${both}&detachKeys=ctrl-x,x`);
	socket.send("echo a''live\n");
	await eventually(() => expect(socket.text()).toContain("alive"));
	socket.send("\x18x");
	expect(await socket.closed).toBe(1000);
	expect(await hull.ok(["inspect", "-f", "{{.State.Running}}", "shell"])).toBe("true\n");
});

test("what breaks the protocol ends the connection, and nothing else", async () => {
	await run("victim", "-di", "sh", "-c", "while read line; do echo $line; done; sleep 1000");
	const close = (code: number) => `8802${code.toString(16).padStart(4, "0")}`;
	const key = "61626364";
	const cases: Record<string, [hex: string, answer: string]> = {
		unmasked: ["810161", close(1002)],
		"reserved bits": [`c181${key}00`, close(1002)],
		"no such opcode": [`8381${key}00`, close(1002)],
		"too long": [`81ff7fffffffffffffff${key}`, close(1009)],
		"a ping, then a close": [`8981${key}118882${key}628a`, `8a0170${close(1000)}`],
	};
	for (const [name, [hex, answer]] of Object.entries(cases)) {
		const got = await raw(`/containers/victim/attach/ws?stream=1&stdout=1`, Buffer.from(hex, "hex"));
		expect([name, got.head.split("\r\n")[0], got.rest]).toEqual([
			name,
			"HTTP/1.1 101 Switching Protocols",
			answer,
		]);
	}
	const missing = await raw("/containers/nobody/attach/ws?stream=1", Buffer.alloc(0));
	expect(missing.head).toStartWith("HTTP/1.1 404 ");
	const plain = await hull.api("GET", "/containers/victim/attach/ws?stream=1");
	expect([plain.status, plain.json.message]).toEqual([400, "no websocket: Upgrade: websocket is needed"]);
	const socket = await open("victim", both);
	socket.send("still there\n");
	await eventually(() => expect(socket.text()).toBe("still there\n"));
	socket.close();
	await socket.closed;
});

interface Opened {
	text(): string;
	kinds(): string[];
	send(data: string | Buffer): void;
	close(): void;
	/** With the code that the engine gave. */
	readonly closed: Promise<number>;
}

async function open(container: string, query: string, version = "v1.44"): Promise<Opened> {
	const path = `/${version}/containers/${container}/attach/ws?${query}`;
	const socket = new WebSocket(`ws+unix://${hull.socket}:${path}`);
	socket.binaryType = "arraybuffer";
	const parts: Buffer[] = [];
	const kinds = new Set<string>();
	socket.onmessage = ({ data }) => {
		kinds.add(typeof data === "string" ? "text" : "binary");
		parts.push(Buffer.from(data));
	};
	const closed = new Promise<number>((resolve) => {
		socket.onclose = ({ code }) => resolve(code);
	});
	await new Promise((resolve, reject) => {
		socket.onopen = resolve;
		socket.onerror = reject;
	});
	return {
		text: () => Buffer.concat(parts).toString(),
		kinds: () => [...kinds],
		send: (data) => socket.send(data),
		close: () => socket.close(1000),
		closed,
	};
}

/** A handshake and some bytes; what came until the engine ended its side, what follows the head in hex. */
async function raw(path: string, bytes: Buffer): Promise<{ head: string; rest: string }> {
	const socket = connect(hull.socket);
	socket.write(
		`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n` +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	);
	socket.write(bytes);
	const all = Buffer.concat(await Array.fromAsync<Buffer>(socket));
	const end = all.indexOf("\r\n\r\n") + 4;
	return { head: all.subarray(0, end).toString(), rest: all.subarray(end).toString("hex") };
}
