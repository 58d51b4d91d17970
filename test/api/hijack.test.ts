import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createStdcopyDecoder } from "../../src/api/syntax.ts";
import { EngineError } from "../../src/lib/index.ts";
import type { AttachedStreams } from "../../src/server/index.ts";
import { ask, type RawClient, rawClient, startServer, type TestServer } from "./raw-client.ts";
import {
	noSuchContainer,
	type ScriptedProcess,
	scriptedBackends,
	scriptedProcess,
} from "./scripted-backends.ts";

const attachPath = "/v1.44/containers/a/attach?stream=1&stdin=1&stdout=1&stderr=1";
const upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
const mebibyte = 1024 * 1024;

describe("hijack", () => {
	let server: TestServer;
	let process: ScriptedProcess;
	let execStart: () => Promise<AttachedStreams | undefined>;
	let execRequest: unknown;
	let execRefusal: EngineError | undefined;

	before(async () => {
		server = await startServer(
			scriptedBackends({
				containers: {
					attach: async (reference) => {
						if (reference !== "a") throw noSuchContainer(reference);
						return process.streams;
					},
					execStart: async (_id, request) => {
						execRequest = request;
						if (execRefusal !== undefined) throw execRefusal;
						return execStart;
					},
				},
			}),
		);
	});
	after(async () => {
		await server.close();
		assert.deepEqual(server.errors, []);
	});

	async function attach(fields: string, rest = ""): Promise<RawClient> {
		const client = await rawClient(server.path);
		client.send(`POST ${attachPath} HTTP/1.1\r\nHost: x\r\n${fields}\r\n${rest}`);
		return client;
	}

	for (const [way, fields, first] of [
		["an upgrade", upgrade, "HTTP/1.1 101 UPGRADED"],
		["a plain request", "Content-Type: text/plain\r\n", "HTTP/1.1 200 OK"],
	] as const) {
		test(`${way} becomes the streams; output goes on after the end of input`, async () => {
			process = scriptedProcess();
			const client = await attach(fields);
			await client.until(/\r\n\r\n$/);
			assert.ok(client.text().startsWith(first));
			client.send("some input");
			client.finish();
			await process.inputEnd;
			assert.equal(Buffer.concat(process.input).toString(), "some input");
			await process.print("late output\n");
			await process.print("late error\n", "stderr");
			process.exit();
			assert.deepEqual(decode(bodyOf(await client.all())), {
				stdout: "late output\n",
				stderr: "late error\n",
			});
			await process.closed;
		});

		test(`${way}: input that came with the request is not lost`, async () => {
			process = scriptedProcess();
			const client = await attach(fields, "early input");
			client.send(", more");
			client.finish();
			await process.inputEnd;
			assert.equal(Buffer.concat(process.input).toString(), "early input, more");
			process.exit();
			await client.all();
		});

		test(`${way}: 100 MiB each way, at once, whole`, async () => {
			process = scriptedProcess({ onInput: () => {} });
			const client = await attach(fields);
			await client.until(/\r\n\r\n$/);
			client.socket.removeAllListeners("data");
			const decoder = createStdcopyDecoder();
			let received = 0;
			client.socket.on("data", (chunk: Buffer) => {
				for (const { data } of decoder.push(chunk)) received += data.length;
			});
			const block = Buffer.alloc(mebibyte, "o");
			const printing = (async () => {
				for (let count = 0; count < 100; count++) await process.print(block, count % 2 ? "stderr" : "stdout");
				process.exit();
			})();
			for (let count = 0; count < 100; count++)
				if (!client.socket.write(block))
					await new Promise<void>((resolve) => client.socket.once("drain", () => resolve()));
			client.finish();
			await Promise.all([printing, process.inputEnd]);
			await client.all();
			assert.equal(received, 100 * mebibyte);
			assert.equal(process.inputBytes, 100 * mebibyte);
			assert.ok(decoder.isAtFrameEnd());
		});
	}

	test("a terminal's output is raw, and named so", async () => {
		process = scriptedProcess({ tty: true });
		const client = await attach(upgrade);
		assert.match(await client.until(/\r\n\r\n$/), /Content-Type: application\/vnd\.docker\.raw-stream\r\n/);
		await process.print("$ ");
		process.exit();
		assert.equal(bodyOf(await client.all()), "$ ");
	});

	test("frames are named from 1.42 on", async () => {
		for (const [version, type] of [
			["1.41", "raw-stream"],
			["1.42", "multiplexed-stream"],
		]) {
			process = scriptedProcess();
			const client = await rawClient(server.path);
			client.send(`POST /v${version}/containers/a/attach?stdout=1 HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`);
			assert.ok(
				(await client.until(/\r\n\r\n$/)).includes(`Content-Type: application/vnd.docker.${type}\r\n`),
			);
			process.exit();
			await client.all();
		}
	});

	test("errors before the streams are answers", async () => {
		const answer = await ask(server.path, "POST /containers/b/attach?stdout=1", {
			headers: { Connection: "Upgrade, close", Upgrade: "tcp" },
		});
		assert.equal(answer.status, 404);
		assert.deepEqual(answer.json, { message: "No such container: b" });
	});

	test("a client that vanishes closes the streams", async () => {
		process = scriptedProcess();
		const client = await attach(upgrade);
		await client.until(/\r\n\r\n$/);
		client.socket.destroy();
		// A client that is gone looks like one that ended its input, until something is written to it.
		await process.inputEnd;
		await process.print("is anybody there?");
		await process.print("no");
		await process.closed;
	});

	test("a client that reads nothing stops the output, and only that", async () => {
		process = scriptedProcess();
		const client = await attach(upgrade);
		await client.until(/\r\n\r\n$/);
		client.socket.pause();
		let printed = 0;
		const printing = (async () => {
			for (; printed < 400; printed++) await process.print(Buffer.alloc(65_536, "x"));
		})();
		await settled(() => printed);
		assert.ok(printed < 50, `${printed} blocks of 64 KiB were taken`);
		client.send("still typing");
		await eventually(() => process.inputBytes === 12);
		client.socket.resume();
		await printing;
		process.exit();
		await client.all();
	});

	test("a process that reads nothing stops the client", async () => {
		const taking = Promise.withResolvers<void>();
		process = scriptedProcess({ onInput: () => taking.promise });
		const client = await attach(upgrade);
		await client.until(/\r\n\r\n$/);
		let sent = 0;
		const sending = (async () => {
			for (; sent < 400; sent++)
				if (!client.socket.write(Buffer.alloc(65_536)))
					await new Promise<void>((resolve) => client.socket.once("drain", () => resolve()));
		})();
		await settled(() => sent);
		assert.ok(sent < 100, `${sent} blocks of 64 KiB were taken`);
		taking.resolve();
		await sending;
		client.finish();
		await process.inputEnd;
		assert.equal(process.inputBytes, 400 * 65_536);
		process.exit();
		await client.all();
	});

	test("a process that closed its input still shows its output", async () => {
		process = scriptedProcess({
			onInput: async () => {
				throw new EngineError("not_found", "stdin is closed");
			},
		});
		const client = await attach(upgrade);
		await client.until(/\r\n\r\n$/);
		for (let count = 0; count < 20; count++) client.send(Buffer.alloc(65_536));
		client.finish();
		await eventually(() => process.inputBytes > 0);
		await process.print("done\n");
		process.exit();
		assert.deepEqual(decode(bodyOf(await client.all())), { stdout: "done\n", stderr: "" });
	});

	test("output without stdin ends the connection although the client sends on", async () => {
		process = scriptedProcess({ stdin: false });
		const client = await attach(upgrade);
		client.send("nobody listens");
		await process.print("bye\n");
		process.exit();
		assert.deepEqual(decode(bodyOf(await client.all())), { stdout: "bye\n", stderr: "" });
	});

	test("exec start: the body is the request, what follows it is stdin", async () => {
		for (const framing of ["length", "chunks"]) {
			process = scriptedProcess();
			execStart = async () => process.streams;
			const body = '{"Detach":false,"Tty":false,"ConsoleSize":[24,80]}';
			const client = await rawClient(server.path);
			client.send(
				`POST /v1.44/exec/e/start HTTP/1.1\r\nHost: x\r\n${upgrade}Content-Type: application/json\r\n`,
			);
			if (framing === "length") client.send(`Content-Length: ${body.length}\r\n\r\n${body}typed early`);
			else
				client.send(
					`Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\ntyped early`,
				);
			client.finish();
			await process.inputEnd;
			assert.equal(Buffer.concat(process.input).toString(), "typed early");
			assert.deepEqual(execRequest, { detach: false, tty: false, consoleSize: [24, 80] });
			await process.print("ran\n");
			process.exit();
			assert.deepEqual(decode(bodyOf(await client.all())), { stdout: "ran\n", stderr: "" });
		}
	});

	test("exec start detached answers and is no stream", async () => {
		execStart = async () => undefined;
		const answer = await ask(server.path, "POST /exec/e/start", { json: { Detach: true } });
		assert.equal(answer.status, 200);
		assert.equal(answer.body, "");
	});

	test("exec start of a command that is not there says so in the output", async () => {
		const text = 'OCI runtime exec failed: exec: "nope": executable file not found in $PATH: unknown';
		execStart = async () => {
			throw new EngineError("command_not_found", text);
		};
		const client = await rawClient(server.path);
		client.send(
			`POST /v1.44/exec/e/start HTTP/1.1\r\nHost: x\r\n${upgrade}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
		);
		const answer = await client.all();
		assert.match(answer, /^HTTP\/1\.1 101 UPGRADED/);
		assert.deepEqual(decode(bodyOf(answer)), { stdout: `${text}\r\n`, stderr: "" });
		const detached = await ask(server.path, "POST /exec/e/start", { json: { Detach: true } });
		assert.equal(detached.status, 400);
	});

	test("exec start of what cannot be started is an answer", async () => {
		execRefusal = new EngineError("conflict", "container is not running");
		assert.equal((await ask(server.path, "POST /exec/e/start", { json: {} })).status, 409);
		execRefusal = undefined;
	});

	test("exec start sends its head before the process is started", async () => {
		process = scriptedProcess();
		const starting = Promise.withResolvers<void>();
		execStart = async () => {
			await starting.promise;
			return process.streams;
		};
		const client = await rawClient(server.path);
		client.send(
			`POST /v1.44/exec/e/start HTTP/1.1\r\nHost: x\r\n${upgrade}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
		);
		await client.until(/^HTTP\/1\.1 101 UPGRADED\r\n[\s\S]*\r\n\r\n$/);
		starting.resolve();
		process.exit();
		await client.all();
	});

	test("300 clients at once get their own streams", async () => {
		const processes: ScriptedProcess[] = [];
		const own = await startServer(
			scriptedBackends({
				containers: {
					attach: async () => {
						const echo = scriptedProcess({ onInput: (data) => echo.print(Uint8Array.from(data)) });
						void echo.inputEnd.then(() => echo.exit());
						processes.push(echo);
						return echo.streams;
					},
				},
			}),
		);
		const clients = Array.from({ length: 300 }, async (_, index) => {
			const client = await rawClient(own.path);
			client.send(`POST ${attachPath} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\nclient ${index}`);
			client.finish();
			assert.deepEqual(decode(bodyOf(await client.all())), { stdout: `client ${index}`, stderr: "" });
		});
		await Promise.all(clients);
		await Promise.all(processes.map(({ closed }) => closed));
		await own.close();
	});

	test("a server that closes lets go of attached clients", async () => {
		const own = await startServer(scriptedBackends({ containers: { attach: async () => process.streams } }));
		process = scriptedProcess();
		const client = await rawClient(own.path);
		client.send(`POST ${attachPath} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`);
		await client.until(/\r\n\r\n$/);
		const idle = await rawClient(own.path);
		const closing = own.close();
		await process.closed;
		await Promise.all([client.all(), idle.all()]);
		client.finish();
		await closing;
	});
});

function bodyOf(answer: string): string {
	return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

function decode(text: string): { stdout: string; stderr: string } {
	const output = { stdout: "", stderr: "" };
	const decoder = createStdcopyDecoder();
	for (const { stream, data } of decoder.push(Buffer.from(text, "latin1")))
		output[stream] += Buffer.from(data);
	assert.ok(decoder.isAtFrameEnd());
	return output;
}

async function eventually(condition: () => boolean): Promise<void> {
	const deadline = Date.now() + 5_000;
	while (!condition()) {
		assert.ok(Date.now() < deadline, `never came true: ${condition}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

/** Resolves when a count has stopped to grow. */
async function settled(count: () => number): Promise<void> {
	for (let before = -1; before !== count(); ) {
		before = count();
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}
