/** Clients of BuildKit's interface that send what no client should. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { type ScriptedEngine, startScriptedEngine } from "./scripted-engine.ts";

let engine: ScriptedEngine;

beforeAll(async () => {
	engine = await startScriptedEngine();
});

afterAll(() => engine[Symbol.asyncDispose]());

const control = "/moby.buildkit.v1.Control";

/** A connection after its upgrade. */
async function upgraded(path: string, headers = ""): Promise<Socket> {
	const socket = connect(engine.socket);
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	socket.on("error", reject);
	socket.once("data", (data) => {
		socket.pause();
		if (String(data).startsWith("HTTP/1.1 101 ")) resolve();
		else reject(new Error(String(data)));
	});
	socket.write(`POST ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n${headers}\r\n`);
	await promise;
	return socket;
}

/** Sends bytes as one call; gives its status. */
async function statusOf(path: string, body: Uint8Array): Promise<{ code: string; message: string }> {
	const socket = await upgraded("/grpc");
	const session = connectHttp2("http://engine", { createConnection: () => socket });
	const { promise, resolve, reject } = Promise.withResolvers<{ code: string; message: string }>();
	const stream = session.request({ ":method": "POST", ":path": path, te: "trailers" });
	session.on("error", reject);
	stream.on("trailers", (trailers) =>
		resolve({ code: String(trailers["grpc-status"]), message: String(trailers["grpc-message"]) }),
	);
	stream.on("data", () => undefined);
	stream.end(body);
	const status = await promise;
	session.destroy();
	return status;
}

function framed(message: readonly number[], flags = 0, length = message.length): Buffer {
	const head = Buffer.alloc(5);
	head[0] = flags;
	head.writeUInt32BE(length, 1);
	return Buffer.concat([head, Buffer.from(message)]);
}

test("an unknown method, a compressed, an oversized and a cut off message have statuses of their own", async () => {
	expect((await statusOf("/x.Y/Z", framed([]))).code).toBe("12");
	expect((await statusOf(`${control}/Info`, framed([1], 1))).code).toBe("12");
	expect((await statusOf(`${control}/Info`, framed([], 0, 0xffffffff))).code).toBe("8");
	expect((await statusOf(`${control}/DiskUsage`, framed([1, 2], 0, 10))).code).toBe("3");
	expect(await statusOf(`${control}/Info`, framed([]))).toMatchObject({ code: "0" });
});

test("bytes that are no message of the call are the caller's mistake", async () => {
	expect((await statusOf(`${control}/DiskUsage`, framed([0x0a, 0xff]))).code).toBe("3");
});

test("a build that nobody started and a definition are refused", async () => {
	const ref = [0x0a, 1, 0x61];
	expect(await statusOf(`${control}/Solve`, framed([...ref, 0x12, 2, 0x0a, 0]))).toMatchObject({
		code: "12",
	});
	expect((await statusOf(`${control}/UpdateBuildHistory`, framed([...ref, 0x18, 1]))).code).toBe("5");
});

test("a session without a name of its own is closed", async () => {
	for (const id of ["", "a/b", "x".repeat(200)]) {
		const socket = await upgraded("/session", `X-Docker-Expose-Session-Uuid: ${id}\r\n`);
		const { promise, resolve } = Promise.withResolvers<void>();
		socket.on("close", resolve);
		socket.resume();
		await promise;
	}
});

test("what is no HTTP/2 ends the connection, and the engine goes on", async () => {
	const socket = await upgraded("/grpc");
	const { promise, resolve } = Promise.withResolvers<void>();
	socket.on("close", resolve);
	socket.on("error", () => resolve());
	socket.resume();
	socket.write("GET / HTTP/1.1\r\n\r\n".repeat(100));
	await promise;
	expect(await statusOf(`${control}/Info`, framed([]))).toMatchObject({ code: "0" });
});
