import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { startRegistry, startScriptedRegistry, type TestRegistry } from "../../test/support/registry.ts";
import { digestOf, mediaTypes, parseReference } from "../oci/index.ts";
import type { OpenOptions } from "./contract.ts";
import { createRegistry } from "./registry.ts";

const registry = createRegistry({ retry: { attempts: 4, firstDelayMs: 1, maxDelayMs: 20 } });
const open = (name: string, options: Partial<OpenOptions> = {}) =>
	registry.open(parseReference(name), { actions: "pull,push", ...options });
const bytesOf = async (stream: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(stream));
const reader = (bytes: Uint8Array) => ({
	read: async function* ({ start, end }: { start: number; end: number }) {
		for (let at = start; at < end; at += 1 << 20) yield bytes.subarray(at, Math.min(end, at + (1 << 20)));
	},
});
const descriptorOf = (bytes: Uint8Array) => ({
	mediaType: mediaTypes.ociLayer,
	digest: digestOf(bytes),
	size: bytes.length,
});
const failure = (code: string, message: string) =>
	expect.objectContaining({ code, message: expect.stringContaining(message) });

describe("with Debian's docker-registry", () => {
	let server: TestRegistry;
	let secured: TestRegistry;
	beforeAll(async () => {
		server = await startRegistry();
		secured = await startRegistry({ users: { me: "secret" } });
	});
	afterAll(async () => {
		await server[Symbol.asyncDispose]();
		await secured[Symbol.asyncDispose]();
	});

	test("blobs small and in pieces, manifests and tags come back as they went", async () => {
		const repository = open(`${server.domain}/a/b`);
		const small = Buffer.from("small");
		const large = randomBytes(70 * 1024 * 1024);
		const sent: number[] = [];
		for (const bytes of [small, large]) {
			expect(await repository.hasBlob(digestOf(bytes))).toBe(false);
			await repository.uploadBlob(descriptorOf(bytes), {
				...reader(bytes),
				onProgress: (taken) => sent.push(taken),
			});
			expect(await repository.hasBlob(digestOf(bytes))).toBe(true);
			expect((await bytesOf(repository.blob(descriptorOf(bytes)))).equals(bytes)).toBe(true);
		}
		expect(sent.at(-1)).toBe(large.length);
		const manifest = Buffer.from(
			JSON.stringify({
				schemaVersion: 2,
				mediaType: mediaTypes.ociManifest,
				config: { ...descriptorOf(small), mediaType: mediaTypes.ociConfig },
				layers: [descriptorOf(large)],
			}),
		);
		await repository.putManifest("one", mediaTypes.ociManifest, manifest);
		await repository.putManifest("two", mediaTypes.ociManifest, manifest);
		expect(await repository.manifest("one")).toEqual({
			digest: digestOf(manifest),
			mediaType: mediaTypes.ociManifest,
			bytes: manifest,
		});
		expect((await repository.manifest(digestOf(manifest))).bytes).toEqual(manifest);
		expect((await repository.tags()).sort()).toEqual(["one", "two"]);
		const other = open(`${server.domain}/c`);
		expect(await other.mountBlob(digestOf(large), parseReference(`${server.domain}/a/b`))).toBe(true);
		expect(await other.hasBlob(digestOf(large))).toBe(true);
		expect(await other.mountBlob(digestOf("none"), parseReference(`${server.domain}/a/b`))).toBe(false);
	});

	test("absent names have Docker's texts", async () => {
		await expect(open(`${server.domain}/a/b:none`).manifest("none")).rejects.toThrow(
			failure(
				"not_found",
				`manifest for ${server.domain}/a/b:none not found: manifest unknown: manifest unknown`,
			),
		);
		await expect(open(`${server.domain}/none`).tags()).rejects.toThrow(
			failure("not_found", `repository ${server.domain}/none not found: name unknown`),
		);
	});

	test("passwords open what is closed", async () => {
		const name = `${secured.domain}/x`;
		const bytes = Buffer.from("x");
		await expect(open(name).hasBlob(digestOf(bytes))).rejects.toThrow(
			failure("unauthorized", "no basic auth credentials"),
		);
		const auth = { username: "me", password: "secret" };
		await open(name, { auth }).uploadBlob(descriptorOf(bytes), reader(bytes));
		expect(await open(name, { auth }).hasBlob(digestOf(bytes))).toBe(true);
		await expect(
			open(name, { auth: { ...auth, password: "wrong" } }).hasBlob(digestOf(bytes)),
		).rejects.toThrow(failure("unauthorized", "unauthorized: authentication required"));
		expect(await registry.login(secured.domain, auth)).toEqual({});
		await expect(registry.login(secured.domain, { ...auth, password: "wrong" })).rejects.toThrow(
			failure("unauthorized", "incorrect username or password"),
		);
	});
});

describe("with a registry that fails or lies", () => {
	const blob = randomBytes(3 * 1024 * 1024);

	test("a broken download goes on where it broke", async () => {
		const ranges: (string | undefined)[] = [];
		await using server = await startScriptedRegistry((request, response) => {
			ranges.push(request.headers.range);
			const start = Number(/bytes=([0-9]+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
			response.writeHead(start === 0 ? 200 : 206, {
				"content-length": blob.length - start,
				"content-range": `bytes ${start}-${blob.length - 1}/${blob.length}`,
			});
			response.write(blob.subarray(start, start + 1024 * 1024 + 1), () => {
				if (start + 1024 * 1024 + 1 < blob.length) response.destroy();
				else response.end();
			});
		});
		const got = await bytesOf(open(`${server.domain}/x`).blob(descriptorOf(blob)));
		expect(got.equals(blob)).toBe(true);
		expect(ranges.length).toBeGreaterThan(1);
		expect(ranges[1]).toMatch(/^bytes=[1-9]/);
	});

	test("one that knows no ranges sends all again, and nothing comes twice", async () => {
		let requests = 0;
		await using server = await startScriptedRegistry((_request, response) => {
			response.writeHead(200, { "content-length": blob.length });
			if (requests++ > 0) response.end(blob);
			else response.write(blob.subarray(0, 1_000_000), () => response.destroy());
		});
		expect((await bytesOf(open(`${server.domain}/x`).blob(descriptorOf(blob)))).equals(blob)).toBe(true);
	});

	test("temporary failures are tried again, others are not", async () => {
		let requests = 0;
		const answers: [number, Record<string, string>][] = [
			[503, { "retry-after": "0" }],
			[429, {}],
			[200, {}],
		];
		await using server = await startScriptedRegistry((_request, response) => {
			const [status, headers] = answers[Math.min(requests++, 2)]!;
			response.writeHead(status, headers).end("{}");
		});
		await open(`${server.domain}/x`).manifest("t");
		expect(requests).toBe(3);
		requests = 0;
		await using refusing = await startScriptedRegistry((_request, response) => {
			requests++;
			response.writeHead(403).end();
		});
		await expect(open(`${refusing.domain}/x`).manifest("t")).rejects.toThrow(
			failure("forbidden", "denied: requested access to the resource is denied"),
		);
		await expect(open(`${refusing.domain}/x`, { actions: "pull" }).manifest("t")).rejects.toThrow(
			failure(
				"not_found",
				`pull access denied for ${refusing.domain}/x, repository does not exist or may require`,
			),
		);
		expect(requests).toBe(2);
	});

	test("a token is asked for once, and not shown to another host", async () => {
		const seen: string[] = [];
		await using store = await startScriptedRegistry((request, response) => {
			seen.push(`store ${request.headers.authorization}`);
			response.end(blob);
		});
		await using server = await startScriptedRegistry((request, response) => {
			seen.push(`${request.url} ${request.headers.authorization}`);
			if (request.url!.startsWith("/token")) response.end(JSON.stringify({ token: "abc" }));
			else if (request.headers.authorization !== "Bearer abc") challenge(request, response);
			else response.writeHead(307, { location: `http://${store.domain}/blob` }).end();
		});
		const repository = open(`${server.domain}/lib/x`, {
			actions: "pull",
			auth: { username: "me", password: "secret" },
		});
		for (let times = 0; times < 2; times++) await bytesOf(repository.blob(descriptorOf(blob)));
		const basic = `Basic ${Buffer.from("me:secret").toString("base64")}`;
		const path = `/v2/lib/x/blobs/${digestOf(blob)}`;
		expect(seen).toEqual([
			`${path} undefined`,
			`/token?service=s&scope=repository%3Alib%2Fx%3Apull&account=me&client_id=hull&offline_token=true ${basic}`,
			`${path} Bearer abc`,
			"store undefined",
			`${path} Bearer abc`,
			"store undefined",
		]);
	});

	test("a token that expires is renewed, once for all requests that it failed", async () => {
		let valid = 0;
		let tokens = 0;
		await using server = await startScriptedRegistry((request, response) => {
			if (request.url!.startsWith("/token")) {
				tokens++;
				valid++;
				response.end(JSON.stringify({ token: `t${valid}`, expires_in: 60 }));
			} else if (request.headers.authorization !== `Bearer t${valid}`) challenge(request, response);
			else response.end(blob);
		});
		const repository = open(`${server.domain}/x`, { actions: "pull" });
		const read = () => bytesOf(repository.blob(descriptorOf(blob)));
		await Promise.all([read(), read(), read()]);
		expect(tokens).toBe(1);
		valid++;
		const again = await Promise.all([read(), read(), read(), read()]);
		expect(tokens).toBe(2);
		for (const bytes of again) expect(bytes.equals(blob)).toBe(true);
	});

	test("a token server that fails in passing is asked again", async () => {
		let asked = 0;
		await using server = await startScriptedRegistry((request, response) => {
			if (request.url!.startsWith("/token")) {
				if (++asked < 3) response.writeHead(503).end();
				else response.end(JSON.stringify({ access_token: "abc" }));
			} else if (request.headers.authorization !== "Bearer abc") challenge(request, response);
			else response.end(blob);
		});
		const repository = open(`${server.domain}/x`, { actions: "pull" });
		expect((await bytesOf(repository.blob(descriptorOf(blob)))).equals(blob)).toBe(true);
		expect(asked).toBe(3);
	});

	test.each<[string, (response: ServerResponse) => void, string, string]>([
		["a manifest without end", (response) => endless(response), "too_large", "more than 4194304 bytes"],
		[
			"another manifest than announced",
			(response) => response.setHeader("docker-content-digest", digestOf("other")).end("{}"),
			"corrupt",
			`manifest verification failed for digest ${digestOf("other")}`,
		],
		[
			"a redirect to a file",
			(response) => response.writeHead(302, { location: "file:///etc/passwd" }).end(),
			"forbidden",
			"file:",
		],
		[
			"redirects in a circle",
			(response) => response.writeHead(302, { location: "/v2/again" }).end(),
			"unavailable",
			"more than 10 redirects",
		],
		[
			"a challenge without a realm",
			(response) => response.writeHead(401, { "www-authenticate": "Bearer service=x" }).end(),
			"corrupt",
			"no valid realm",
		],
		[
			"a challenge of an unknown kind",
			(response) => response.writeHead(401, { "www-authenticate": "Negotiate abc" }).end(),
			"unauthorized",
			"wants an authentication",
		],
		[
			"an error page for terminals",
			(response) =>
				response
					.writeHead(400)
					.end(JSON.stringify({ errors: [{ code: "UNSUPPORTED", message: "\u001b[31mred" }] })),
			"unavailable",
			"unsupported:  [31mred",
		],
	])("%s is an error", async (_name, answer, code, message) => {
		await using server = await startScriptedRegistry((_request, response) => answer(response));
		await expect(open(`${server.domain}/x`).manifest("t")).rejects.toThrow(failure(code, message));
	});

	test("nobody there, and nobody waits", async () => {
		await expect(open("127.0.0.1:1/x").manifest("t")).rejects.toThrow(
			failure(
				"unavailable",
				'Get "http://127.0.0.1:1/v2/x/manifests/t": dial tcp 127.0.0.1:1: connect: connection refused',
			),
		);
		await using silent = await startScriptedRegistry(() => {});
		const abort = new AbortController();
		const asking = open(`${silent.domain}/x`, { signal: abort.signal }).manifest("t");
		setTimeout(() => abort.abort(), 20);
		await expect(asking).rejects.toThrow(failure("cancelled", ""));
	});
});

function challenge(request: IncomingMessage, response: ServerResponse): void {
	const realm = `http://${request.headers.host}/token`;
	response
		.writeHead(401, { "www-authenticate": `Bearer realm="${realm}",service="s",scope="ignored"` })
		.end();
}

function endless(response: ServerResponse): void {
	const piece = Buffer.alloc(64 * 1024, " ");
	const more = () => {
		while (!response.destroyed && response.write(piece));
		if (!response.destroyed) response.once("drain", more);
	};
	more();
}
