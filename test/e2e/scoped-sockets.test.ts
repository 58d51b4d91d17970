/**
 * A socket of the role `developer` in the hands of somebody who wants to be root on the host. Each call of his is
 * answered 403 with the rule, or as if what it names were not there, and changes nothing.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { operations } from "../../src/api/index.ts";
import { parsePolicies } from "../../src/policy/index.ts";
import { withBuildx } from "../support/buildx.ts";
import type { TestDaemon } from "../support/daemon.ts";
import { dockerCli } from "../support/docker-cli.ts";
import { eventually } from "../support/eventually.ts";
import { forbiddenHostConfigs } from "../support/forbidden-host-configs.ts";
import { callsOfForeign } from "../support/foreign-calls.ts";
import { hullCli } from "../support/hull-cli.ts";
import { type ScopedDaemon, sendBytes, startScopedDaemon } from "../support/scoped-daemon.ts";

let scoped: ScopedDaemon;
let root: string;
let daemon: TestDaemon;
let socket: string;
let viewer: string;
let foreign: string;
let own: string;

beforeAll(async () => {
	scoped = await startScopedDaemon();
	({ root, daemon, socket, viewer, foreign, own } = scoped);
});

afterAll(async () => {
	await scoped?.[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown, at = socket) =>
	scoped.call(method, path, body, at);
const world = () => scoped.world();

async function denied(method: string, path: string, body: unknown, rule: string) {
	const answer = await call(method, path, body);
	expect({ path, body, status: answer.status, text: answer.text }).toMatchObject({
		status: 403,
		text: expect.stringContaining(`rule \\"${rule}\\" of socket ci`),
	});
}

test("no operation that the role does not have can be called, by any way of writing it", async () => {
	const [policy] = parsePolicies(scoped.policies, "f");
	const before = await world();
	for (const { id, method, path } of operations) {
		if (policy!.operations.has(id) || method === "HEAD") continue;
		const filled = path.replace(/:\w+/g, "foreign");
		for (const way of [filled, `/v1.44${filled}`, `/${filled}`, `${filled}?x=1`])
			await denied(method, way, method === "GET" ? undefined : "{}", "operations");
	}
	expect(await world()).toEqual(before);
});

test("no container is made that has more than a container", async () => {
	mkdirSync(join(root, "read"), { recursive: true });
	const before = await world();
	for (const [, HostConfig, rule] of forbiddenHostConfigs({ root, runRoot: daemon.runRoot })) {
		const request = { Image: "busybox", Cmd: ["true"], HostConfig };
		await denied("POST", "/containers/create", request, rule);
	}
	const image = { Image: "busybox", Cmd: ["true"] };
	const more: [object, string][] = [
		[{ ...image, Labels: { "hull.socket": "other" } }, "labels"],
		[{ ...image, labels: { "hull.socket": "ci" } }, "labels"],
		[{ Image: "registry.example/private", Cmd: ["true"] }, "images"],
		[{ ...image, NetworkingConfig: { EndpointsConfig: { backend: {} } } }, "networks"],
		[{ ...image, NetworkingConfig: { EndpointsConfig: { bridge: { Links: ["foreign"] } } } }, "scope"],
		[
			{ ...image, NetworkingConfig: { EndpointsConfig: { bridge: { DriverOpts: { a: "b" } } } } },
			"network-driver",
		],
	];
	for (const [request, rule] of more) await denied("POST", "/containers/create", request, rule);
	expect(await world()).toEqual(before);
});

test("a request means the same to the policy and to the engine, however it is written", async () => {
	const before = await world();
	const texts = [
		'{"Image":"busybox","hostconfig":{"privileged":true}}',
		'{"Image":"busybox","HOSTCONFIG":{"PRIVILEGED":true}}',
		'{"Image":"busybox","HostConfig":{},"hostConfig":{"Privileged":true}}',
		'{"Image":"busybox","HostConfig":{"Privileged":false,"Privileged":true}}',
		'{"Image":"busybox","HostConfig":{"Priv\\u0069leged":true}}',
	];
	for (const path of [
		"/containers/create",
		"/v1.24/containers/create",
		"//containers//create",
		"/v1.24//containers/create",
	])
		for (const text of texts)
			expect((await call("POST", path, text)).text).toMatch(/rule \\"(privileged|namespaces)\\"/);
	// Two requests in the bytes of one: one of them is answered, or none.
	const create = texts[0]!;
	const head = "POST /containers/create HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n";
	const bytes = [
		`${head}Content-Length: 2\r\nContent-Length: ${create.length}\r\n\r\n${create}`,
		`${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n${create.length.toString(16)}\r\n${create}\r\n0\r\n\r\n`,
		`GET /_ping HTTP/1.1\r\nHost: h\r\n\r\n${head}Content-Length: ${create.length}\r\n\r\n${create}`,
		`POST http://elsewhere/containers/create HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${create.length}\r\n\r\n${create}`,
	];
	for (const text of bytes) expect(await sendBytes(socket, text)).not.toContain("201 Created");
	expect(await world()).toEqual(before);
});

test("what is somebody else's is not there, and stays as it is", async () => {
	const before = await world();
	const exec = (await daemon.api("POST", `/containers/${foreign}/exec`, { Cmd: ["true"] })).json.Id;
	for (const [method, path, body] of callsOfForeign(foreign, exec)) {
		const answer = await call(method, path, body);
		expect({ method, path, text: answer.text, status: answer.status }).toMatchObject({ status: 404 });
	}
	for (const kind of ["containers", "networks", "volumes"])
		expect(
			(await call("POST", `/${kind}/prune?filters=${encodeURIComponent('{"label!":["hull.socket"]}')}`))
				.status,
		).toBe(200);
	expect(await world()).toEqual(before);
});

test("lists, events and figures tell of the socket's own alone", async () => {
	const since = Math.floor(Date.now() / 1000) - 3600;
	await daemon.ok(["restart", "-t", "0", "foreign"]);
	const until = Math.ceil(Date.now() / 1000);
	const answers = await Promise.all(
		[
			...["/containers/json?all=1", "/volumes", "/networks", "/images/json", "/system/df", "/info"],
			...["/hull/secrets", "/hull/builds", "/networks/bridge", `/events?since=${since}&until=${until}`],
		].map((path) => call("GET", path)),
	);
	for (const { text, status } of answers) {
		expect(status).toBe(200);
		expect(text).not.toContain(foreign);
		expect(text).not.toMatch(/foreign|backend|registry\.example|"secrets"|"key"/);
	}
	expect(answers[0]!.json.map(({ Id }: { Id: string }) => Id)).toEqual([own]);
	expect(answers[1]!.json.Volumes.map(({ Name }: { Name: string }) => Name)).toEqual(["data"]);
	expect(answers[5]!.json).toMatchObject({ Containers: 1, ContainersRunning: 1 });
	expect(answers[9]!.text).toContain(own);
});

test("nothing that is its own leads to what is not", async () => {
	const before = await world();
	const of = `/containers/${own}`;
	await denied("POST", `${of}/exec`, { Cmd: ["sh"], Privileged: true }, "privileged");
	await denied("POST", `${of}/update`, { Devices: [{ PathOnHost: "/dev/sda" }] }, "devices");
	await denied("POST", `${of}/update`, { CgroupParent: "/x" }, "cgroup-parent");
	await denied("POST", `${of}/update`, { Memory: -1 }, "limits.memory");
	await denied("POST", `${of}/update`, { PidsLimit: -1 }, "limits.pids");
	const change = `/hull${of}/changes`;
	await denied("POST", change, { PublishAdd: { "80/tcp": [{ HostPort: "80" }] } }, "ports");
	await denied("POST", change, { LabelsAdd: { "hull.socket": "other" } }, "labels");
	await denied("POST", change, { LabelsRemove: ["hull.socket"] }, "labels");
	await denied("POST", `/hull${of}/mounts`, { Type: "bind", Source: "/", Target: "/h" }, "binds");
	await denied("POST", `/hull${of}/mounts`, { Type: "volume", Source: "secrets", Target: "/h" }, "scope");
	await denied(
		"POST",
		`/hull${of}/mounts`,
		{ Type: "image", Source: "registry.example/private", Target: "/h" },
		"images",
	);
	await denied("POST", "/networks/backend/connect", { Container: own }, "networks");
	await denied("POST", "/networks/host/connect", { Container: own }, "networks");
	await denied(
		"POST",
		"/networks/bridge/connect",
		{ Container: own, EndpointConfig: { Links: ["foreign"] } },
		"scope",
	);
	await denied("DELETE", "/networks/bridge", undefined, "scope");
	await denied(
		"POST",
		"/networks/create",
		{ Name: "n", Driver: "macvlan", Options: { parent: "eth0" } },
		"network-driver",
	);
	await denied(
		"POST",
		"/networks/create",
		{ Name: "n", Options: { "com.docker.network.bridge.name": "docker0" } },
		"network-driver",
	);
	await denied(
		"POST",
		"/networks/create",
		{ Name: "n", IPAM: { Config: [{ Subnet: "8.8.8.0/24" }] } },
		"subnets",
	);
	await denied("POST", "/networks/create", { Name: "n", Labels: { "hull.socket": "other" } }, "labels");
	await denied(
		"POST",
		"/volumes/create",
		{ Name: "v", DriverOpts: { type: "none", o: "bind", device: "/" } },
		"volumeOptions",
	);
	await denied("POST", "/volumes/create", { Name: "v", Driver: "nfs" }, "volumeOptions");
	await denied("POST", "/volumes/create", { Name: "v", Labels: { "hull.socket": "ci" } }, "labels");
	await denied("POST", "/volumes/create", { Name: "secrets" }, "scope");
	await denied("POST", "/hull/secrets", { Name: "s", Data: "", Labels: { "hull.socket": "ci" } }, "labels");
	await denied("POST", `/commit?container=${own}&repo=busybox`, {}, "tags");
	await denied("POST", `/commit?container=${own}&repo=ci/a`, { Labels: { "hull.socket": "ci" } }, "labels");
	await denied("POST", "/images/busybox/tag?repo=busybox&tag=2", undefined, "tags");
	await denied("DELETE", "/images/busybox", undefined, "tags");
	await denied("DELETE", "/images/busybox?force=1", undefined, "tags");
	await denied("POST", "/images/busybox/push?tag=latest", undefined, "tags");
	await denied("POST", "/images/create?fromImage=169.254.169.254/x&tag=1", undefined, "images");
	await denied("POST", "/images/create?fromSrc=-&repo=busybox", "", "tags");
	await denied("POST", "/images/create?fromSrc=http://127.0.0.1/x", undefined, "addresses");
	await denied("GET", "/distribution/localhost:5000/x/json", undefined, "images");
	await denied("POST", "/auth", { serveraddress: "http://127.0.0.1:2375" }, "images");
	expect(await world()).toEqual(before);
});

test("no archive and no build gives a name that it must not, or gets what is the host's", async () => {
	const archive = join(root, "images.tar");
	await daemon.ok(["save", "-o", archive, "busybox"]);
	await daemon.ok(["tag", "team/app", "kept"]);
	const before = await world();
	const load = await dockerCli(socket, ["load", "-i", archive]);
	expect(load.stderr).toContain('rule "tags"');
	const build = (query: string) => call("POST", `/build?${query}`);
	for (const address of ["http://127.0.0.1/x", "https://127.0.0.1/x.git"])
		expect((await build(`remote=${address}`)).text).toContain('rule \\"addresses\\"');
	const folder = join(root, "context");
	mkdirSync(folder);
	const attempts: [string, string[], string][] = [
		["FROM busybox\n", ["-t", "busybox"], "tags"],
		["FROM busybox\n", ["--network", "host"], "namespaces"],
		["FROM busybox\n", ["--cgroup-parent", "/x"], "cgroup-parent"],
		["FROM busybox\n", ["--memory", "4g"], "limits.memory"],
		["FROM registry.example/private\n", [], "images"],
		["FROM busybox\nCOPY --from=registry.example/private / /x\n", [], "images"],
		["FROM busybox\nARG A=http://127.0.0.1/x\nADD $A /x\n", [], "addresses"],
		["FROM busybox\nRUN --network=host true\n", [], "network.host"],
		["FROM busybox\nRUN --security=insecure true\n", [], "security.insecure"],
	];
	for (const [text, options, rule] of attempts) {
		writeFileSync(join(folder, "Dockerfile"), text);
		const args = ["build", "--no-cache", ...options, folder];
		const { code, stderr, stdout } = await dockerCli(socket, args, { env: { DOCKER_BUILDKIT: "0" } });
		expect({ text, options, code, output: stderr + stdout }).toMatchObject({
			code: 1,
			output: expect.stringContaining(rule),
		});
	}
	// A socket of the host in place of an agent's: only this way of building has it.
	const frame = Buffer.from(
		JSON.stringify({
			Mode: "build",
			Dockerfile: { Name: "Dockerfile", Text: "FROM busybox" },
			Contexts: [],
			Ssh: { default: daemon.socket },
		}),
	);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(frame.length);
	const answer = await fetch("http://hull/hull/build", {
		unix: socket,
		method: "POST",
		body: Buffer.concat([length, frame]),
	});
	expect(await answer.text()).toContain('rule \\"ssh\\"');
	expect(answer.status).toBe(403);
	expect(await world()).toEqual(before);
});

test("buildx builds within it, too, and its cache mounts are not others'", async () => {
	using buildx = withBuildx(socket);
	const build = (text: string, ...options: string[]) => {
		const folder = buildx.context("context", { Dockerfile: text });
		return buildx.docker(["buildx", "build", ...options, folder]);
	};
	const text = "FROM busybox\nRUN --mount=type=cache,id=k,target=/k echo hi > /k/a\n";
	const before = await world();
	const attempts: [string, string[], string][] = [
		[text, ["-t", "busybox"], "tags"],
		[text, ["--network", "host"], "privileged"],
		[text, ["--cache-from", "type=registry,ref=127.0.0.1:1/x"], "cache"],
		["FROM registry.example/private\n", [], "images"],
		["FROM busybox\nADD http://127.0.0.1/x /x\n", [], "addresses"],
	];
	for (const [dockerfile, options, rule] of attempts) {
		const { code, stderr } = await build(dockerfile, ...options);
		expect({ options, code, stderr }).toMatchObject({
			code: 1,
			stderr: expect.stringContaining(`rule "${rule}"`),
		});
	}
	expect(await world()).toEqual(before);
	expect(await build(text, "-t", "ci/built")).toMatchObject({ code: 0 });
	expect((await daemon.api("GET", "/hull/build-mounts")).json).toMatchObject([{ Id: "hull.socket=ci/k" }]);
	expect((await call("DELETE", "/images/ci/built")).status).toBe(200);
});

test("a link in a folder that may be mounted leads nowhere, not at the first start and not at a later one", async () => {
	writeFileSync(join(root, "outside"), "of the host");
	mkdirSync(join(root, "shared", "a"), { recursive: true });
	const created = await call("POST", "/containers/create", {
		Image: "busybox",
		Cmd: ["sh", "-c", "cat /h/outside; ls /h"],
		HostConfig: { Binds: [`${root}/shared/a:/h`, `${root}/shared/new/deep:/n`] },
	});
	const id = created.json.Id;
	const run = async () => {
		const started = await call("POST", `/containers/${id}/start`);
		if (started.status === 204) await call("POST", `/containers/${id}/wait`);
		return (await call("GET", `/containers/${id}/logs?stdout=1&stderr=1`)).text;
	};
	expect(await run()).toContain("No such file");
	expect(existsSync(join(root, "shared/new/deep"))).toBe(true);
	rmSync(join(root, "shared", "a"), { recursive: true });
	symlinkSync(root, join(root, "shared", "a"));
	expect(await run()).not.toContain("of the host");
	expect((await call("GET", `/containers/${id}/archive?path=/h/outside`)).status).not.toBe(200);
	await call("DELETE", `/containers/${id}?force=1`);
});

test("what an image's maker writes does not open its containers to a socket", async () => {
	const folder = join(root, "label");
	mkdirSync(folder);
	writeFileSync(join(folder, "Dockerfile"), "FROM busybox\nLABEL hull.socket=ci\n");
	const built = await dockerCli(socket, ["build", "-q", "-t", "ci/trap", folder], {
		env: { DOCKER_BUILDKIT: "0" },
	});
	expect(built).toMatchObject({ code: 0 });
	const trapped = (await daemon.ok(["create", "--privileged", "ci/trap", "sh"])).trim();
	expect((await call("GET", `/containers/${trapped}/json`)).status).toBe(404);
	await daemon.ok(["rm", trapped]);
});

test("a developer works as usual within it", async () => {
	expect(statSync(socket).mode & 0o777).toBe(0o600);
	const docker = async (...args: string[]) => {
		const { code, stdout, stderr } = await dockerCli(socket, args);
		expect({ args, code, stderr }).toMatchObject({ code: 0 });
		return stdout.trim();
	};
	await docker("network", "create", "mine");
	expect(await docker("run", "--rm", "--network", "mine", "-v", "data:/d", "busybox", "echo", "hi")).toBe(
		"hi",
	);
	expect(await docker("exec", "own", "echo", "there")).toBe("there");
	const limits = (await call("GET", "/containers/own/json")).json;
	expect(limits.HostConfig).toMatchObject({ Memory: 256 * 2 ** 20, NanoCpus: 1e9, PidsLimit: 200 });
	expect(limits.Config.Labels).toEqual({ "hull.socket": "ci" });
	await docker("commit", "own", "ci/own");
	await docker("rmi", "ci/own");
	const request = { Image: "busybox", Cmd: ["true"] };
	const more = Array.from({ length: 5 }, () => call("POST", "/containers/create", request));
	const made = (await Promise.all(more)).filter(({ status }) => status === 201);
	expect(made).toHaveLength(3);
	await denied("POST", "/containers/create", request, "limits.containers");
	await docker("rm", ...made.map(({ json }) => json.Id));
	await docker("network", "rm", "mine");
});

test("a viewer sees everything and changes nothing", async () => {
	expect((await call("GET", "/containers/foreign/json", undefined, viewer)).status).toBe(200);
	for (const path of ["/containers/foreign/stop", "/containers/foreign/exec", "/images/create?fromImage=a"])
		expect((await call("POST", path, {}, viewer)).text).toContain('rule \\"operations\\" of socket viewer');
});

test("denials are logged with who asked, and the main socket tells of sockets and explains them", async () => {
	await denied("GET", "/hull/sockets", undefined, "operations");
	await eventually(() =>
		expect(daemon.log()).toMatch(
			new RegExp(
				`call denied.*socket="ci" operation="HullSocketList" uid=0 pid=${process.pid} rule="operations"`,
			),
		),
	);
	const hull = (...args: string[]) => hullCli(daemon.socket, args);
	const listed = await hull("system", "sockets", "--format", "{{.Name}} {{.Scope}}");
	expect(listed).toMatchObject({ code: 0, stdout: "ci own\nviewer all\n" });
	expect(await hull("policy", "explain", "ci", "VolumeCreate", '{"Driver":"nfs"}')).toMatchObject({
		code: 1,
		stdout: expect.stringContaining('rule "volumeOptions"'),
	});
	expect(await hull("policy", "check", join(root, "sockets.json"))).toMatchObject({ code: 0 });
	const { json } = await daemon.api("GET", "/hull/sockets");
	expect(json).toMatchObject([
		{ Name: "ci", Role: "developer", Scope: "own", Mode: "0600" },
		{ Name: "viewer" },
	]);
	expect(json[0].Denied).toBeGreaterThan(50);
	const explain = async (Operation: string, Body?: unknown) =>
		(await daemon.api("POST", "/hull/sockets/ci/explain", { Operation, Body })).json;
	expect(await explain("ImagePrune")).toMatchObject({ Allowed: false, Rule: "operations" });
	expect(await explain("ContainerCreate")).toMatchObject({ Allowed: true, Group: "containers-create" });
	expect(await explain("ContainerCreate", { hostconfig: { privileged: true } })).toMatchObject({
		Rule: "privileged",
	});
});
