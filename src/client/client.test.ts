import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	containerAttach,
	containerInspect,
	containerList,
	containerStart,
	containerWait,
	imageLoad,
	imagePull,
	openEngine,
	parseAddress,
	systemEvents,
} from "./index.ts";

let server: Server | undefined;
let folder = "";
afterEach(() => {
	server?.close();
	if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

/** An engine that answers each connection with what the function does once the head is there. */
async function scripted(answer: (head: string, socket: Socket) => void) {
	folder = mkdtempSync(join(tmpdir(), "hull-client-"));
	const path = join(folder, "engine.sock");
	server = createServer({ allowHalfOpen: true }, (socket) => {
		let head = "";
		let answered = false;
		socket.on("data", (chunk) => {
			head += chunk.toString("latin1");
			if (answered || !head.includes("\r\n\r\n")) return;
			answered = true;
			answer(head, socket);
		});
		socket.on("error", () => undefined);
	});
	await new Promise<void>((resolve) => server!.listen(path, resolve));
	return openEngine(`unix://${path}`);
}

const json = (body: unknown, status = "200 OK") => {
	const text = JSON.stringify(body);
	return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
};

test("a request has no version prefix, and its filters are JSON", async () => {
	let sent = "";
	const engine = await scripted((head, socket) => {
		sent = head;
		socket.end(json([]));
	});
	expect(await containerList(engine, { all: true, size: false, filters: { name: ["a&b"] } })).toEqual([]);
	expect(sent.split("\r\n")[0]).toBe(
		"GET /containers/json?all=1&filters=%7B%22name%22%3A%5B%22a%26b%22%5D%7D HTTP/1.1",
	);
});

test("an answer may come in chunks of any size", async () => {
	const engine = await scripted((_head, socket) => {
		const text =
			'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n[{"Id"\r\n5\r\n:"x"}\r\n1\r\n]\r\n0\r\n\r\n';
		for (const letter of text) socket.write(letter);
	});
	expect(await containerList(engine)).toEqual([{ Id: "x" }]);
});

test("an error has the engine's words, its status and a code", async () => {
	const engine = await scripted((_head, socket) =>
		socket.end(json({ message: "No such container: x" }, "404 Not Found")),
	);
	await expect(containerInspect(engine, "x")).rejects.toMatchObject({
		message: "No such container: x",
		status: 404,
		code: "not_found",
	});
});

test("304 is no error: nothing changed", async () => {
	const engine = await scripted((_head, socket) => socket.end("HTTP/1.1 304 Not Modified\r\n\r\n"));
	expect(await containerStart(engine, "x")).toBe(false);
});

describe("connections that go wrong", () => {
	test.each([
		["HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n[", "closed the connection"],
		["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc", "closed the connection"],
		["", "closed the connection"],
		["SSH-2.0-OpenSSH\r\n\r\n", "does not speak HTTP"],
		["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<p>", "answer is not JSON"],
	])("%p", async (answer, message) => {
		const engine = await scripted((_head, socket) => socket.end(answer));
		await expect(containerList(engine)).rejects.toThrow(message);
	});

	test("nobody listens", async () => {
		const engine = openEngine("unix:///nonexistent/engine.sock");
		await expect(containerList(engine)).rejects.toMatchObject({ code: "unavailable" });
	});
});

test("wait resolves when its head is there, and again with the end", async () => {
	let finish: (() => void) | undefined;
	const engine = await scripted((_head, socket) => {
		socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
		finish = () => socket.end('10\r\n{"StatusCode":7}\r\n0\r\n\r\n');
	});
	const ended = await containerWait(engine, "x", { condition: "next-exit" });
	finish!();
	expect(await ended()).toEqual({ StatusCode: 7 });
});

describe("a hijacked connection", () => {
	const heads = [
		"101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp",
		"200 OK\r\nContent-Type: application/vnd.docker.raw-stream",
	];
	test.each(heads)("%s: raw both ways, output goes on after input ended", async (head) => {
		const engine = await scripted((_head, socket) => {
			socket.write(`HTTP/1.1 ${head}\r\n\r\nearly `);
			socket.removeAllListeners("data");
			const received: Uint8Array[] = [];
			socket.on("data", (chunk: Buffer) => received.push(chunk));
			socket.on("end", () => socket.end(`got ${Buffer.concat(received).length}`));
		});
		const stream = await containerAttach(engine, "x", { stream: true, stdin: true, stdout: true });
		for (let part = 0; part < 20; part++) await stream.write(Buffer.alloc(100_000));
		stream.end();
		let output = "";
		for await (const chunk of stream.output) output += chunk;
		expect(output).toBe("early got 2000000");
	});

	test("refused: the engine's words", async () => {
		const engine = await scripted((_head, socket) =>
			socket.end(json({ message: "container x is not running" }, "409 Conflict")),
		);
		await expect(containerAttach(engine, "x", { stream: true })).rejects.toThrow(
			"container x is not running",
		);
	});
});

test("a body is streamed in chunks, and an answer that comes before its end is taken", async () => {
	let sent = "";
	const engine = await scripted((head, socket) => {
		sent = head;
		socket.end(json({ message: "no archive" }, "400 Bad Request"));
	});
	async function* endless() {
		while (true) yield Buffer.alloc(100_000);
	}
	const load = async () => {
		for await (const _line of imageLoad(engine, endless()));
	};
	await expect(load()).rejects.toThrow("no archive");
	expect(sent).toContain("Transfer-Encoding: chunked");
});

test("progress comes line by line, credentials go in the header", async () => {
	let sent = "";
	const engine = await scripted((head, socket) => {
		sent = head;
		socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
		const text = '{"status":"über"}\r\n{"id":"a","status":"b"}\r\n';
		const bytes = Buffer.from(text);
		socket.write(Buffer.concat([Buffer.from("d\r\n"), bytes.subarray(0, 13), Buffer.from("\r\n")]));
		const rest = bytes.subarray(13);
		socket.end(
			Buffer.concat([Buffer.from(`${rest.length.toString(16)}\r\n`), rest, Buffer.from("\r\n0\r\n\r\n")]),
		);
	});
	const lines = [];
	const auth = { username: "u", password: "p?>", serveraddress: "x" };
	for await (const line of imagePull(engine, { fromImage: "a", tag: "1" }, { auth })) lines.push(line);
	expect(lines).toEqual([{ status: "über" }, { id: "a", status: "b" }]);
	const header = /X-Registry-Auth: (\S+)/.exec(sent)![1]!;
	expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual(auth);
});

test("events keep their nanoseconds", async () => {
	const engine = await scripted((_head, socket) =>
		socket.end(
			json({ Type: "container", Action: "die", timeNano: 0 })
				.replace('"timeNano":0', '"timeNano":1795503008157995607')
				.replace(/Content-Length: \d+\r\n/, "Connection: close\r\n"),
		),
	);
	for await (const { event, timeNano } of systemEvents(engine, {})) {
		expect(event.Action).toBe("die");
		expect(timeNano).toBe(1795503008157995607n);
	}
});

test("an abort ends a request", async () => {
	const engine = await scripted(() => undefined);
	const abort = new AbortController();
	const waiting = containerWait(engine, "x", { signal: abort.signal });
	abort.abort();
	await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
});

test("addresses", () => {
	expect(parseAddress("unix:///a/b")).toEqual({ kind: "unix", path: "/a/b" });
	expect(parseAddress("tcp://host")).toEqual({ kind: "tcp", host: "host", port: 2375 });
	expect(parseAddress("tcp://[::1]:80")).toEqual({ kind: "tcp", host: "::1", port: 80 });
	for (const bad of ["", "host", "unix://", "ssh://x", "https://x", "tcp://x:99999", "foo://x"])
		expect(() => parseAddress(bad)).toThrow("invalid engine address");
});
