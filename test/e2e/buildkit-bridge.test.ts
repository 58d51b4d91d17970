/** A client that steers a build over the bridge and looks into what it came to, as BuildKit's own libraries do. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { performServerHandshake } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connectGrpc, type GrpcConnection } from "../../src/buildkit/grpc/connect.ts";
import { SolveRequest, SolveResponse } from "../../src/buildkit/proto/control.ts";
import * as gateway from "../../src/buildkit/proto/gateway.ts";
import { Empty } from "../../src/buildkit/proto/types.ts";
import type { Message } from "../../src/buildkit/wire/message.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

const bridge = "/moby.buildkit.v1.frontend.LLBBridge";
let daemon: TestDaemon;
let control: GrpcConnection;
const sockets: Socket[] = [];

beforeAll(async () => {
	daemon = await startTestDaemon();
	control = connectGrpc(await upgraded("/grpc"));
	// A session that serves nothing: the builds here read no files of the client.
	performServerHandshake(await upgraded("/session", "X-Docker-Expose-Session-Uuid: looker\r\n"), {});
});

afterAll(async () => {
	control.close();
	for (const socket of sockets) socket.destroy();
	await daemon[Symbol.asyncDispose]();
});

/** A connection after its upgrade; what the engine says first may come in one piece with the answer. */
async function upgraded(path: string, headers = ""): Promise<Socket> {
	const socket = connect(daemon.socket);
	sockets.push(socket);
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	const stream = new Duplex({
		read: () => socket.resume(),
		write: (chunk: Uint8Array, _encoding, done) => void socket.write(chunk, done),
	});
	let head: Buffer | undefined = Buffer.alloc(0);
	socket.on("error", reject);
	socket.on("close", () => stream.destroy());
	socket.on("data", (data) => {
		if (head === undefined) return void stream.push(data);
		head = Buffer.concat([head, Buffer.from(data)]);
		const end = head.indexOf("\r\n\r\n");
		if (end < 0) return;
		if (!head.toString("latin1").startsWith("HTTP/1.1 101 ")) return reject(new Error(String(head)));
		const rest = head.subarray(end + 4);
		head = undefined;
		if (rest.length > 0) stream.push(rest);
		resolve();
	});
	socket.write(`POST ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n${headers}\r\n`);
	await promise;
	return stream as unknown as Socket;
}

/** Calls of one build. */
function buildOf(ref: string) {
	const metadata = { "buildkit-controlapi-buildid": ref };
	const signal = AbortSignal.timeout(60_000);
	const call = <Request, Response>(
		name: string,
		messages: { readonly request: Message<Request>; readonly response: Message<Response> },
		request: Partial<Request>,
	) => control.unary(`${bridge}/${name}`, messages, request, { signal, metadata });
	const waiting = control.unary(
		"/moby.buildkit.v1.Control/Solve",
		{ request: SolveRequest, response: SolveResponse },
		{ ref, session: "looker" },
		{ signal },
	);
	waiting.catch(() => undefined);
	return { call, waiting };
}

const solveMessages = { request: gateway.BridgeSolveRequest, response: gateway.BridgeSolveResponse };

test("files and folders of a result are read; what is not there and what is no input is said to be so", async () => {
	const dockerfile = [
		"FROM busybox",
		"RUN mkdir -p /d/below && printf 0123456789 > /d/file && ln -s file /d/link && chmod 4750 /d/file && touch /d/below/x",
	].join("\n");
	using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(dockerfile) });
	const context = `http://127.0.0.1:${(server as unknown as AddressInfo).port}/Dockerfile`;
	const { call, waiting } = buildOf("looks");
	const frontendOpt = new Map([["context", context]]);
	const { result } = await call("Solve", solveMessages, { frontend: "dockerfile.v0", frontendOpt });
	const ref = result!.ref!.id!;
	const readFile = (filePath: string, range?: { offset: number; length: number }) =>
		call(
			"ReadFile",
			{ request: gateway.ReadFileRequest, response: gateway.ReadFileResponse },
			{ ref, filePath, ...(range === undefined ? {} : { range }) },
		);
	const text = async (path: string, range?: { offset: number; length: number }) =>
		Buffer.from((await readFile(path, range)).data).toString();
	expect(await text("/d/file")).toBe("0123456789");
	expect(await text("d/link", { offset: 2, length: 3 })).toBe("234");
	expect(await text("../../d/../d/file", { offset: 8, length: 0 })).toBe("89");
	await expect(readFile("/none")).rejects.toMatchObject({ code: 5 });
	const dirMessages = { request: gateway.ReadDirRequest, response: gateway.ReadDirResponse };
	const { entries } = await call("ReadDir", dirMessages, { ref, dirPath: "/d" });
	expect(entries.map(({ path, linkName }) => [path, linkName])).toEqual([
		["below", ""],
		["file", ""],
		["link", "file"],
	]);
	await expect(call("ReadDir", dirMessages, { ref, dirPath: "/d/file" })).rejects.toMatchObject({ code: 3 });
	await expect(call("ReadDir", dirMessages, { ref, dirPath: "/none" })).rejects.toMatchObject({ code: 5 });
	const statMessages = { request: gateway.StatFileRequest, response: gateway.StatFileResponse };
	const { stat } = await call("StatFile", statMessages, { ref, path: "/d/file" });
	// Go's setuid bit.
	expect(stat).toMatchObject({ path: "file", sizeBytes: 10, mode: (1 << 23) | 0o750, uid: 0 });
	await expect(call("StatFile", statMessages, { ref, path: "/d/none" })).rejects.toMatchObject({ code: 5 });
	await expect(call("StatFile", statMessages, { ref: "none", path: "/" })).rejects.toMatchObject({ code: 5 });

	// The result is an input of another build, also after its own has ended.
	const other = buildOf("stands");
	using served = Bun.serve({
		port: 0,
		hostname: "127.0.0.1",
		fetch: () => new Response("FROM base\nCOPY --from=base /d/file /copy\n"),
	});
	const def = result!.ref!.def!;
	const child = {
		frontend: "dockerfile.v0",
		frontendOpt: new Map([
			["context", `http://127.0.0.1:${(served as unknown as AddressInfo).port}/Dockerfile`],
			["context:base", "input:made"],
		]),
	};
	const solved = await other.call("Solve", solveMessages, {
		...child,
		frontendInputs: new Map([["made", def]]),
	});
	await call("Return", { request: gateway.ReturnRequest, response: Empty }, { result: {} });
	await waiting;
	const copied = await other.call(
		"ReadFile",
		{ request: gateway.ReadFileRequest, response: gateway.ReadFileResponse },
		{ ref: solved.result!.ref!.id!, filePath: "/copy" },
	);
	expect(Buffer.from(copied.data).toString()).toBe("0123456789");
	// Ended builds hand nothing over, and definitions of others are refused.
	const late = (frontendInputs: ReadonlyMap<string, typeof def>) =>
		other.call("Solve", solveMessages, { ...child, frontendInputs });
	await expect(late(new Map([["made", def]]))).rejects.toMatchObject({ code: 5 });
	await expect(late(new Map())).resolves.toMatchObject({});
	const foreign = { def: [new Uint8Array([0x52, 0])], metadata: new Map() };
	await expect(late(new Map([["made", foreign]]))).rejects.toMatchObject({ code: 12 });
	await expect(late(new Map([["made", { def: [new Uint8Array([0xff])] }]]))).rejects.toMatchObject({
		code: 3,
	});
	await other.call("Return", { request: gateway.ReturnRequest, response: Empty }, { result: {} });
	await other.waiting;
});
