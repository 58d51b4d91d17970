import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { parseAnswer, type RawClient, rawClient, startServer, type TestServer } from "./raw-client.ts";
import { scriptedBackends } from "./scripted-backends.ts";

describe("http", () => {
	let server: TestServer;
	let loadedBytes = 0;
	let aborted = Promise.withResolvers<void>();
	let produced = 0;

	const backends = scriptedBackends({
		images: {
			load: async (body, _options, emit) => {
				loadedBytes = 0;
				for await (const chunk of body) loadedBytes += chunk.length;
				emit({ stream: `${loadedBytes}` });
			},
		},
		containers: {
			remove: async () => {},
			list: async () => [],
			logs: async (_reference, _request, signal) => ({
				tty: true,
				output: (async function* () {
					signal.addEventListener("abort", () => aborted.resolve());
					yield { stream: "stdout" as const, data: Buffer.from("ready\n") };
					await aborted.promise;
				})(),
			}),
			export: async () =>
				(async function* () {
					for (produced = 0; produced < 1000; produced++) yield Buffer.alloc(64 * 1024, "x");
				})(),
		},
	});

	before(async () => {
		server = await startServer(backends);
	});
	after(async () => {
		await server.close();
		assert.deepEqual(server.errors, []);
	});

	/** What a fresh connection answers to these bytes, until the server ends it. */
	async function say(...parts: (string | Uint8Array)[]): Promise<string> {
		const client = await rawClient(server.path);
		for (const part of parts) client.send(part);
		return client.all();
	}

	async function isAlive(): Promise<boolean> {
		return (await say("GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).endsWith("OK");
	}

	test("requests share a connection, in order, also when they come in one piece", async () => {
		const answers = await say(
			"GET /_ping HTTP/1.1\r\nHost: x\r\n\r\nDELETE /containers/a HTTP/1.1\r\nHost: x\r\n\r\n" +
				"GET /containers/json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		);
		assert.deepEqual(answers.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 204", "HTTP/1.1 200"]);
		assert.ok(answers.includes("OK") && answers.endsWith("[]\n"));
	});

	test("a request may arrive byte by byte", async () => {
		const client = await rawClient(server.path);
		client.socket.setNoDelay(true);
		for (const byte of "GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") {
			client.send(byte);
			await new Promise((resolve) => setImmediate(resolve));
		}
		assert.equal(parseAnswer(await client.all()).body, "OK");
	});

	test("HTTP/1.0 gets its answer without chunks, and keeps the connection only when asked to", async () => {
		const listed = await say("GET /containers/json HTTP/1.0\r\n\r\n");
		assert.match(listed, /Connection: close\r\n/);
		assert.ok(listed.endsWith("\r\n\r\n[]\n"));
		const streamed = await say("POST /images/load HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc");
		assert.doesNotMatch(streamed, /Transfer-Encoding/);
		assert.ok(streamed.endsWith('\r\n\r\n{"stream":"3"}\r\n'));
		const kept = await say(
			"GET /_ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /_ping HTTP/1.0\r\n\r\n",
		);
		assert.equal(kept.match(/HTTP\/1\.1 200/g)?.length, 2);
	});

	test("bodies come by length and in chunks, and the connection goes on after them", async () => {
		const answers = await say(
			"POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
			"POST /images/load HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
			"GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		);
		assert.match(answers, /\{"stream":"5"\}[\s\S]*\{"stream":"4"\}[\s\S]*OK$/);
	});

	test("a client that asks whether to go on is told so, and only then", async () => {
		const client = await rawClient(server.path);
		client.send("POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
		await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
		client.send("hello");
		await client.until(/\{"stream":"5"\}/);
		client.finish();
		const refused = await say(
			"POST /images/nope/what HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
		);
		assert.match(refused, /^HTTP\/1\.1 404 Not Found\r\n/);
		assert.match(refused, /Connection: close\r\n/);
	});

	test("a body that nobody wants is dropped when it is short, and ends the connection when it is long", async () => {
		const short = await say(
			"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
			"GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		);
		assert.match(short, /^HTTP\/1\.1 404[\s\S]*OK$/);
		const client = await rawClient(server.path);
		client.send(`POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: ${8 * 1024 * 1024}\r\n\r\n`);
		for (let sent = 0; sent < 8; sent++) client.send(Buffer.alloc(1024 * 1024));
		const long = await client.all();
		assert.match(long, /^HTTP\/1\.1 404/);
		assert.match(long, /Connection: close\r\n/);
	});

	const smuggled: Record<string, string> = {
		"both lengths":
			"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"two lengths": "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nhello",
		"one length twice": "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nhell",
		"a list of lengths": "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nhell",
		"a signed length": "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nhell",
		"a hexadecimal length": "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\nhell",
		"a length with an exponent": "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1e1\r\n\r\nhell",
		"an empty length": "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\nhell",
		"a space before the colon": "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nhell",
		"a folded header": "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
		"a header without a colon": "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding\r\n\r\n",
		"a NUL in a header": "GET /x HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
		"a CR in a header": "GET /x HTTP/1.1\r\nHost: x\r\nA: b\rContent-Length: 4\r\n\r\n",
		"a CR made of eight bits": "GET /x HTTP/1.1\r\nHost: x\r\nA\x8d: b\r\n\r\n",
		"an odd coding": "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"two codings": "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
		"chunks in HTTP/1.0": "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"no host": "GET /_ping HTTP/1.1\r\n\r\n",
		"two hosts": "GET /_ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"an unknown method": "SMUGGLE /_ping HTTP/1.1\r\nHost: x\r\n\r\n",
		"an unknown version": "GET /_ping HTTP/3.0\r\nHost: x\r\n\r\n",
		"the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"a TLS hello": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n",
		"a line of text": "hello\r\n\r\n",
		"a target with a control character": "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
	};
	for (const [name, bytes] of Object.entries(smuggled))
		test(`${name}: refused, and nothing behind it is read`, async () => {
			const answer = await say(`${bytes}GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n`);
			assert.match(answer, /^HTTP\/1\.1 (400|501|505) /);
			assert.match(answer, /Connection: close\r\n/);
			assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1);
		});

	const chunks: Record<string, string> = {
		"no number": "x\r\nabc\r\n0\r\n\r\n",
		"a negative number": "-1\r\nabc\r\n0\r\n\r\n",
		"a number with a prefix": "0x3\r\nabc\r\n0\r\n\r\n",
		"a number that overflows": "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
		"more than it says": "3\r\nabcd\r\n0\r\n\r\n",
		"a bare LF": "3\nabc\n0\n\n",
		"an endless extension": `3;${"a".repeat(100_000)}\r\nabc\r\n0\r\n\r\n`,
		"endless trailers": `0\r\n${"a: b\r\n".repeat(10_000)}\r\n`,
	};
	for (const [name, bytes] of Object.entries(chunks))
		test(`a chunk with ${name} is refused`, async () => {
			const answer = await say(
				`POST /images/load HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${bytes}` +
					"GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n",
			);
			assert.match(answer, /^HTTP\/1\.1 (400|431) /);
			assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1);
		});

	test("heads are bounded", async () => {
		const header = await say(`GET /_ping HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(70_000)}\r\n\r\n`);
		assert.match(header, /^HTTP\/1\.1 431 /);
		const many = await say(`GET /_ping HTTP/1.1\r\nHost: x\r\n${"a: b\r\n".repeat(20_000)}\r\n`);
		assert.match(many, /^HTTP\/1\.1 431 /);
		const line = await say(`GET /${"a".repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
		assert.match(line, /^HTTP\/1\.1 414 /);
		const blank = await say("\r\n".repeat(40_000));
		assert.match(blank, /^HTTP\/1\.1 414 /);
		const fits = await say(
			`GET /_ping HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(60_000)}\r\nConnection: close\r\n\r\n`,
		);
		assert.match(fits, /^HTTP\/1\.1 200 /);
	});

	test("a client that vanishes from a stream aborts it", async () => {
		for (const leave of [
			(client: RawClient) => client.socket.destroy(),
			(client: RawClient) => client.finish(),
		]) {
			aborted = Promise.withResolvers();
			const client = await rawClient(server.path);
			client.send("GET /containers/a/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: x\r\n\r\n");
			await client.until(/ready/);
			leave(client);
			await aborted.promise;
			client.socket.destroy();
		}
	});

	test("a client that vanishes in a body is noticed", async () => {
		const client = await rawClient(server.path);
		client.send("POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nabc");
		client.finish();
		const answer = parseAnswer(await client.all());
		assert.equal(answer.status, 400);
		assert.match(answer.body, /ended before its body was complete/);
	});

	test("a client that does not read stops the source", async () => {
		const client = await rawClient(server.path);
		client.socket.pause();
		client.send("GET /containers/a/export HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
		let before = -1;
		while (before !== produced) {
			before = produced;
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
		assert.ok(produced < 100, `${produced} blocks of 64 KiB were taken for a client that reads nothing`);
		client.socket.resume();
		assert.equal(parseAnswer(await client.all()).body.length, 1000 * 64 * 1024);
	});

	test("random bytes never hang or break the server", async () => {
		const random = generator(20_260_124);
		for (let round = 0; round < 150; round++) {
			const client = await rawClient(server.path);
			client.send(randomRequest(random));
			client.finish();
			await client.all();
		}
		assert.ok(await isAlive());
	});
});

/** Repeatable random numbers below a limit (a linear congruential generator). */
function generator(seed: number): (limit: number) => number {
	let state = seed;
	return (limit) => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state % limit;
	};
}

/** Noise, or a right request with some bytes changed, cut or doubled. */
function randomRequest(random: (limit: number) => number): Uint8Array {
	if (random(4) === 0) return Uint8Array.from({ length: random(2000) }, () => random(256));
	const bytes = Buffer.from(
		"POST /v1.44/images/load?quiet=1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" +
			"5\r\nhello\r\n0\r\nA: b\r\n\r\nGET /_ping HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
	);
	for (let change = random(6); change >= 0; change--) bytes[random(bytes.length)] = random(256);
	return random(3) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
}
