import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RealRegistry, startRegistry, startScriptedRegistry } from "../../test/support/registry.ts";
import { digestOf, mediaTypes, parseReference } from "../oci/index.ts";
import { settingsReader } from "./read-settings.ts";
import { createRegistry } from "./registry.ts";
import { parseSettings, withDaemonSettings } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "hull-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

const retry = { attempts: 3, firstDelayMs: 1, maxDelayMs: 20 };
const auth = { username: "me", password: "secret" };
const failure = (code: string, message: string) =>
	expect.objectContaining({ code, message: expect.stringContaining(message) });

/** A registry client with these settings. */
const withSettings = (value: unknown) => {
	const settings = parseSettings(value, "registries.json");
	return createRegistry({ settings: () => settings, retry });
};
const pull = (name: string, value: unknown, options: { auth?: typeof auth } = {}) =>
	withSettings(value).open(parseReference(name), { actions: "pull", ...options });

test.each<[string, unknown, string]>([
	["no object", [], "registries.json: expected one JSON object"],
	["an unknown key", { mirrors: [] }, 'registries.json: unknown key "mirrors"'],
	["offline as text", { offline: "yes" }, "offline: expected true or false"],
	["a relative folder", { certificates: ["certs.d"] }, "certificates: expected a list of absolute paths"],
	["an insecure address", { insecure: ["http://x"] }, "insecure: expected a list of hosts"],
	["a network too wide", { insecure: ["10.0.0.0/33"] }, "insecure: expected a list of hosts"],
	["a path as host", { registries: { "a/b": {} } }, "registries: a/b: expected a host"],
	["an unknown setting", { registries: { a: { mirror: [] } } }, 'registries: a: unknown key "mirror"'],
	[
		"a mirror that is none",
		{ registries: { a: { mirrors: ["ftp://b"] } } },
		'"ftp://b" is no address of a mirror',
	],
	[
		"a mirror without address",
		{ registries: { a: { mirrors: [{ credentials: { helper: "x" } }] } } },
		"is no address of a mirror",
	],
	[
		"a mirror's password in it",
		{ registries: { a: { mirrors: [{ address: "https://b", password: "x" }] } } },
		'mirrors: unknown key "password"',
	],
	[
		"two sources of credentials",
		{
			registries: { a: { mirrors: [{ address: "https://b", credentials: { config: "/c", helper: "x" } }] } },
		},
		"expected either config or helper",
	],
	[
		"a relative file of credentials",
		{ registries: { a: { mirrors: [{ address: "https://b", credentials: { config: "c.json" } }] } } },
		"expected an absolute path as config",
	],
	[
		"a path as helper",
		{ registries: { a: { mirrors: [{ address: "https://b", credentials: { helper: "../x" } }] } } },
		"expected a name as helper",
	],
	[
		"a certificate without key",
		{ registries: { a: { cert: "/c" } } },
		"cert and key: expected both or neither",
	],
])("settings with %s are refused by name", (_name, value, message) => {
	expect(() => parseSettings(value, "registries.json")).toThrow(failure("invalid_argument", message));
});

test("the file is read again when it has changed, and mirrors of the daemon come after its own", () => {
	const file = join(folder, "registries.json");
	const read = settingsReader({ file, hubMirrors: [new URL("https://second.lan")], insecure: ["a"] });
	expect(
		read()
			.hosts.get("docker.io")!
			.mirrors.map(({ url }) => url.href),
	).toEqual(["https://second.lan/"]);
	writeFileSync(file, JSON.stringify({ registries: { "docker.io": { mirrors: ["https://first.lan"] } } }));
	expect(
		read()
			.hosts.get("docker.io")!
			.mirrors.map(({ url }) => url.href),
	).toEqual(["https://first.lan/", "https://second.lan/"]);
	expect(read().insecure).toEqual(["a"]);
	writeFileSync(file, "{");
	expect(read).toThrow(failure("invalid_argument", file));
	rmSync(file);
	expect(read().offline).toBe(false);
});

test("offline and blocked registries are not asked", async () => {
	expect(() => pull("a.lan/x", { offline: true })).toThrow(
		failure("unavailable", "offline: a.lan is not asked"),
	);
	const blocked = { registries: { "a.lan": { blocked: true } } };
	expect(() => pull("a.lan/x", blocked)).toThrow(failure("forbidden", "registry a.lan is blocked"));
	const settings = withDaemonSettings(parseSettings({}, "x"), {
		insecure: [],
		hubMirrors: [],
		offline: true,
	});
	expect(settings.offline).toBe(true);
});

describe("a registry with TLS and passwords", () => {
	let server: RealRegistry;
	beforeAll(async () => {
		server = await startRegistry({ tls: true, users: { me: "secret" } });
	});
	afterAll(() => server[Symbol.asyncDispose]());

	test("on this machine needs no authority, and passwords count", async () => {
		const repository = pull(`${server.domain}/x`, {}, { auth });
		await expect(repository.manifest("1")).rejects.toThrow(failure("not_found", "manifest for"));
		const open = pull(`${server.domain}/x`, {});
		await expect(open.manifest("1")).rejects.toThrow(failure("unauthorized", "no basic auth credentials"));
		await withSettings({}).login(server.domain, auth);
	});

	test("with an authority is verified: its own is taken, another's is not", async () => {
		const other = await startRegistry({ tls: true });
		await using _other = other;
		const trusting = (ca: string) => ({ registries: { [server.domain]: { ca } } });
		const good = pull(`${server.domain}/x`, trusting(server.caFile), { auth });
		await expect(good.manifest("1")).rejects.toThrow(failure("not_found", "manifest for"));
		const bad = pull(`${server.domain}/x`, trusting(other.caFile), { auth });
		await expect(bad.manifest("1")).rejects.toThrow(
			failure(
				"unavailable",
				"tls: failed to verify certificate: x509: certificate signed by unknown authority",
			),
		);
	});

	test("the folders that docker has are read", async () => {
		const parent = join(folder, "certs.d");
		mkdirSync(join(parent, server.domain), { recursive: true });
		copyFileSync(server.caFile, join(parent, server.domain, "ca.crt"));
		const repository = pull(`${server.domain}/x`, { certificates: [parent] }, { auth });
		await expect(repository.manifest("1")).rejects.toThrow(failure("not_found", "manifest for"));
		writeFileSync(join(parent, server.domain, "client.cert"), "x");
		expect(() => pull(`${server.domain}/x`, { certificates: [parent] })).toThrow(
			failure("invalid_argument", "client.key"),
		);
	});
});

describe("mirrors", () => {
	const blob = Buffer.from("a blob");
	const manifest = Buffer.from(
		JSON.stringify({
			schemaVersion: 2,
			mediaType: mediaTypes.ociManifest,
			config: { mediaType: mediaTypes.ociConfig, digest: digestOf(blob), size: blob.length },
			layers: [],
		}),
	);
	const descriptor = { mediaType: mediaTypes.ociLayer, digest: digestOf(blob), size: blob.length };
	const content: Record<string, Buffer> = { "manifests/1": manifest, [`blobs/${digestOf(blob)}`]: blob };

	/** Serves the content below a name, and notes what it was asked, with the credentials shown. */
	const serve = (
		name: string,
		asked: string[],
		change?: (response: ServerResponse, what: string) => boolean,
	) =>
		startScriptedRegistry((request: IncomingMessage, response: ServerResponse) => {
			const what = request.url!.replace(`/v2/${name}/`, "");
			asked.push(`${what.split("/")[0]} ${request.headers.authorization ?? "-"}`);
			if (change?.(response, what)) return;
			const bytes = content[what];
			if (bytes === undefined) response.writeHead(404).end();
			else response.writeHead(200, { "content-length": bytes.length }).end(bytes);
		});
	const readBlob = async (repository: ReturnType<typeof pull>) =>
		Buffer.concat(await Array.fromAsync(repository.blob(descriptor))).toString();
	const mirrored = (domain: string, mirrors: string[]) => ({ registries: { [domain]: { mirrors } } });

	test("are asked first, with their path before the name, and see no credentials", async () => {
		const [atMirror, atRegistry] = [[] as string[], [] as string[]];
		await using mirror = await serve("proxy/hub/x", atMirror);
		await using registry = await serve("x", atRegistry);
		const settings = mirrored(registry.domain, [`http://${mirror.domain}/proxy/hub`]);
		const repository = pull(`${registry.domain}/x`, settings, { auth });
		expect((await repository.manifest("1")).digest).toBe(digestOf(manifest));
		expect(await readBlob(repository)).toBe("a blob");
		expect(atMirror).toEqual(["manifests -", "blobs -"]);
		expect(atRegistry).toEqual([]);
	});

	test("fall through when they are gone, do not have it, or lie", async () => {
		const asked: string[] = [];
		await using registry = await serve("x", asked);
		await using gone = await serve("x", []);
		await gone[Symbol.asyncDispose]();
		await using empty = await serve("x", [], (response) => Boolean(response.writeHead(404).end()));
		await using liar = await serve("x", [], (response) =>
			Boolean(response.writeHead(200, { "docker-content-digest": digestOf("other") }).end(manifest)),
		);
		const mirrors = [gone, empty, liar].map(({ domain }) => `http://${domain}`);
		const repository = pull(`${registry.domain}/x`, mirrored(registry.domain, mirrors));
		expect((await repository.manifest("1")).digest).toBe(digestOf(manifest));
		expect(asked).toEqual(["manifests -"]);
	});

	test("that die in the middle of a blob: the registry goes on where they ended", async () => {
		const asked: string[] = [];
		await using registry = await serve("x", asked);
		await using mirror = await serve("x", [], (response, what) => {
			if (!what.startsWith("blobs/")) return false;
			response.writeHead(200, { "content-length": blob.length });
			response.write(blob.subarray(0, 3), () => response.destroy());
			return true;
		});
		const settings = mirrored(registry.domain, [`http://${mirror.domain}`]);
		expect(await readBlob(pull(`${registry.domain}/x`, settings))).toBe("a blob");
		expect(asked).toEqual(["blobs -"]);
	});

	test("are not pushed to", async () => {
		const atMirror: string[] = [];
		await using registry = await serve("x", []);
		await using mirror = await serve("x", atMirror);
		const settings = mirrored(registry.domain, [`http://${mirror.domain}`]);
		const repository = withSettings(settings).open(parseReference(`${registry.domain}/x`), {
			actions: "pull,push",
		});
		expect(await repository.hasBlob(digestOf(blob))).toBe(true);
		expect(atMirror).toEqual([]);
	});
});
