import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startTestDaemon, type TestDaemon } from "../../support/daemon.ts";
import { type Dockerd, startDockerd } from "../../support/dockerd.ts";
import { eventually } from "../../support/eventually.ts";
import { hullCli } from "../../support/hull-cli.ts";
import { serveRegistry, type TestServed } from "../../support/served-registry.ts";

/** Programs that others wrote against the engine's registry. */
let engine: TestDaemon;
let other: TestDaemon;
let registry: TestServed;
const folder = mkdtempSync(join(tmpdir(), "hull-registry-clients-"));
beforeAll(async () => {
	[engine, other] = await Promise.all([startTestDaemon(), startTestDaemon({ image: false })]);
	registry = await serveRegistry(engine, { ReadWrite: true });
}, 60_000);
afterAll(async () => {
	await registry[Symbol.asyncDispose]();
	await engine[Symbol.asyncDispose]();
	await other[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
}, 60_000);

const run = promisify(execFile);
const skopeo = async (...args: string[]) => (await run("skopeo", args, { encoding: "utf8" })).stdout;
const idOf = async (ask: (args: readonly string[]) => Promise<string>, name: string) =>
	(await ask(["image", "inspect", "-f", "{{.Id}}", name])).trim();

describe("docker", () => {
	let dockerd: Dockerd;
	beforeAll(async () => {
		dockerd = await startDockerd();
	}, 60_000);
	afterAll(() => dockerd[Symbol.asyncDispose](), 60_000);

	test("pulls by tag and by digest, and pushes what it made", async () => {
		const name = `${registry.address}/busybox`;
		await dockerd.ok(["pull", name]);
		expect(await idOf(dockerd.ok, name)).toBe(await idOf(engine.ok, "busybox"));
		const [digest] = JSON.parse(await dockerd.ok(["image", "inspect", "-f", "{{json .RepoDigests}}", name]));
		await dockerd.ok(["rmi", name]);
		await dockerd.ok(["pull", digest]);
		await dockerd.ok(["create", "--name", "made", digest, "true"]);
		await dockerd.ok(["cp", "-", "made:/"], {
			input: (await run("tar", ["c", "-C", "/etc", "hostname"], { encoding: "buffer" })).stdout,
		});
		await dockerd.ok(["commit", "-c", 'CMD ["ls","/hostname"]', "made", `${registry.address}/team/made:v1`]);
		const pushed = await dockerd.ok(["push", `${registry.address}/team/made:v1`]);
		expect(pushed).toMatch(/v1: digest: sha256:[0-9a-f]{64} size: \d+/);
		expect(await idOf(engine.ok, "team/made:v1")).toBe(
			await idOf(dockerd.ok, `${registry.address}/team/made:v1`),
		);
		expect(await engine.ok(["run", "--rm", "team/made:v1"])).toBe("/hostname\n");
		const again = await dockerd.ok(["push", `${registry.address}/team/made:v1`]);
		expect(again).toContain("Layer already exists");
		await dockerd.ok(["rm", "made"]);
		await dockerd.ok(["rmi", "-f", `${registry.address}/team/made:v1`]);
		await dockerd.ok(["pull", `${registry.address}/team/made:v1`]);
		await engine.ok(["rmi", "team/made:v1"]);
		expect((await dockerd.docker(["pull", `${registry.address}/team/made:v1`])).stderr).toContain(
			"not found",
		);
	}, 120_000);
});

describe("skopeo", () => {
	test("copies out, in, and a list of platforms as a whole", async () => {
		const insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
		const source = `docker://${registry.address}/busybox:latest`;
		await skopeo("copy", ...insecure, source, `oci:${folder}/layout:v1`);
		await skopeo("copy", ...insecure, `oci:${folder}/layout:v1`, `docker://${registry.address}/team/sk:v1`);
		expect(await engine.ok(["run", "--rm", "team/sk:v1", "echo", "here"])).toBe("here\n");
		const tags = await skopeo("list-tags", "--tls-verify=false", `docker://${registry.address}/team/sk`);
		expect(JSON.parse(tags).Tags).toEqual(["v1"]);
		const gzip = ["--dest-compress", "--dest-compress-format", "gzip", "--format", "v2s2"];
		await skopeo("copy", ...insecure, ...gzip, source, `docker://${registry.address}/team/sk:v2`);
		const inspected = await skopeo(
			"inspect",
			"--raw",
			"--tls-verify=false",
			`docker://${registry.address}/team/sk:v2`,
		);
		expect(JSON.parse(inspected).mediaType).toBe("application/vnd.docker.distribution.manifest.v2+json");
		await skopeo("delete", "--tls-verify=false", `docker://${registry.address}/team/sk:v2`);
		expect((await engine.docker(["image", "inspect", "team/sk:v2"])).code).toBe(1);
		expect((await engine.docker(["image", "inspect", "team/sk:v1"])).code).toBe(0);
		await engine.ok(["rmi", "team/sk:v1"]);
	}, 60_000);

	test("pushes an index; the machine's own image is there under its tag", async () => {
		const manifest = await fetch(`${registry.url}/v2/busybox/manifests/latest`);
		const digest = manifest.headers.get("docker-content-digest")!;
		const bytes = await manifest.text();
		await fetch(`${registry.url}/v2/team/multi/manifests/${digest}`, {
			method: "PUT",
			body: bytes,
			headers: { "Content-Type": manifest.headers.get("content-type")! },
		});
		const { architecture, os } = JSON.parse(
			await engine.ok([
				"image",
				"inspect",
				"-f",
				'{"architecture":"{{.Architecture}}","os":"{{.Os}}"}',
				"busybox",
			]),
		);
		const index = JSON.stringify({
			schemaVersion: 2,
			mediaType: "application/vnd.oci.image.index.v1+json",
			manifests: [
				{
					mediaType: manifest.headers.get("content-type"),
					digest,
					size: bytes.length,
					platform: { architecture, os },
				},
			],
		});
		const put = await fetch(`${registry.url}/v2/team/multi/manifests/v1`, {
			method: "PUT",
			body: index,
			headers: { "Content-Type": "application/vnd.oci.image.index.v1+json" },
		});
		expect(put.status).toBe(201);
		expect(await engine.ok(["run", "--rm", "team/multi:v1", "echo", "multi"])).toBe("multi\n");
		expect(
			await skopeo("inspect", "--raw", "--tls-verify=false", `docker://${registry.address}/team/multi:v1`),
		).toBe(index);
		await skopeo(
			"copy",
			"--all",
			"--src-tls-verify=false",
			`docker://${registry.address}/team/multi:v1`,
			`oci:${folder}/all:v1`,
		);
		await engine.ok(["rmi", "team/multi:v1"]);
		const gone = await fetch(`${registry.url}/v2/team/multi/manifests/v1`);
		expect(gone.status).toBe(404);
		await eventually(async () => {
			expect((await fetch(`${registry.url}/v2/team/multi/manifests/${digest}`)).status).toBe(404);
		});
	}, 60_000);
});

describe("hull", () => {
	test("pulls from one engine into another, and pushes back", async () => {
		const name = `${registry.address}/busybox`;
		const pulled = await hullCli(other.socket, ["pull", "-q", name]);
		expect(pulled).toEqual({ code: 0, stdout: `${name}:latest\n`, stderr: "" });
		expect(await idOf(other.ok, name)).toBe(await idOf(engine.ok, "busybox"));
		await other.ok(["tag", name, `${registry.address}/team/back:v1`]);
		const pushed = await hullCli(other.socket, ["push", `${registry.address}/team/back:v1`]);
		expect(pushed.stderr).toBe("");
		expect(await idOf(engine.ok, "team/back:v1")).toBe(await idOf(engine.ok, "busybox"));
		await other.ok(["rmi", name, `${registry.address}/team/back:v1`]);
		await engine.ok(["rmi", "team/back:v1"]);
	}, 60_000);

	test("takes many pushes at once, while images are pruned", async () => {
		const busybox = [`docker://${registry.address}/busybox:latest`, `dir:${folder}/image`];
		await skopeo("copy", "--src-tls-verify=false", ...busybox);
		let pushing = true;
		const pruned = (async () => {
			while (pushing) await engine.ok(["image", "prune", "-f"]);
		})();
		const names = Array.from({ length: 8 }, (_, index) => `team/many:v${index}`);
		try {
			await Promise.all(
				names.map((name) =>
					skopeo(
						"copy",
						"--dest-tls-verify=false",
						`dir:${folder}/image`,
						`docker://${registry.address}/${name}`,
					),
				),
			);
		} finally {
			pushing = false;
			await pruned;
		}
		for (const name of names) expect(await idOf(engine.ok, name)).toBe(await idOf(engine.ok, "busybox"));
		await engine.ok(["rmi", ...names]);
	}, 60_000);

	test("serves until it is ended, prints requests, and tells of what is served", async () => {
		const printed = Promise.withResolvers<string>();
		const logged = Promise.withResolvers<void>();
		let pid = 0;
		const serving = hullCli(engine.socket, ["registry", "serve", "--listen", "127.0.0.1:0"], {
			onStart: (started) => {
				pid = started;
			},
			onOutput: (text) => {
				if (text.includes("\n")) printed.resolve(text);
				if (text.includes(" 405 ")) logged.resolve();
			},
		});
		const line = await printed.promise;
		const url = /^(http:\/\/127\.0\.0\.1:\d+) \(read-only\)\n/.exec(line)![1]!;
		const list = await hullCli(engine.socket, ["registry", "ls", "--format", "{{.Url}} {{.Mode}}"]);
		expect(list.stdout).toContain(`${url} read-only\n`);
		const refused = await fetch(`${url}/v2/busybox/blobs/uploads/`, { method: "POST" });
		expect(refused.status).toBe(405);
		await fetch(`${url}/v2/busybox/tags/list`);
		await logged.promise;
		process.kill(pid, "SIGTERM");
		const { stdout } = await serving;
		expect(stdout).toMatch(/ POST \/v2\/busybox\/blobs\/uploads\/ 405 \d+ms\n/);
		await eventually(() => expect(fetch(`${url}/v2/`)).rejects.toThrow());
	}, 60_000);

	test("serves on when it is told to, with users and TLS", async () => {
		const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
		const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
		await run("openssl", [
			"req",
			"-x509",
			"-newkey",
			"ec",
			"-pkeyopt",
			"ec_paramgen_curve:P-256",
			"-nodes",
			"-keyout",
			key,
			"-out",
			cert,
			"-days",
			"2",
			...subject,
		]);
		const htpasswd = join(folder, "htpasswd");
		writeFileSync(htpasswd, `user:${await Bun.password.hash("secret", { algorithm: "bcrypt", cost: 4 })}\n`);
		const options = [
			"--tls-cert",
			cert,
			"--tls-key",
			key,
			"--htpasswd",
			htpasswd,
			"--read-write",
			"--detach",
		];
		const served = await hullCli(engine.socket, ["registry", "serve", "--listen", "127.0.0.1:0", ...options]);
		expect(served.stderr).toBe("");
		const address = /^https:\/\/(\S+) \(read-write, users only\)\n$/.exec(served.stdout)![1]!;
		const trusting = { tls: { ca: await Bun.file(cert).text() } };
		const denied = await fetch(`https://${address}/v2/`, trusting);
		expect(denied.status).toBe(401);
		expect(denied.headers.get("www-authenticate")).toStartWith("Basic ");
		const creds = ["--tls-verify=false", "--creds", "user:secret"];
		expect(JSON.parse(await skopeo("list-tags", ...creds, `docker://${address}/busybox`)).Tags).toEqual([
			"latest",
		]);
		await expect(
			skopeo("list-tags", "--tls-verify=false", "--creds", "user:wrong", `docker://${address}/busybox`),
		).rejects.toThrow();
		expect((await hullCli(engine.socket, ["registry", "stop", address])).stdout).toBe(`${address}\n`);
		expect((await hullCli(engine.socket, ["registry", "stop", address])).stderr).toContain(
			`no registry is served at ${address}`,
		);
	}, 60_000);

	test.each([
		[["--listen", "0.0.0.0:0", "--read-write"], "needs users"],
		[["--listen", "nowhere"], "invalid address"],
		[["--tls-cert", "/etc/hostname"], "belong together"],
		[["--htpasswd", "/etc/hostname"], "htpasswd, line 1"],
		[["--listen", "127.0.0.1:0", "--tls-cert", "/etc/hostname", "--tls-key", "/etc/hostname"], "certificate"],
	])("%p is refused by name", async (args, text) => {
		const refused = await hullCli(engine.socket, ["registry", "serve", ...args]);
		expect(refused.code).toBe(1);
		expect(refused.stderr).toContain(text);
	});
});
