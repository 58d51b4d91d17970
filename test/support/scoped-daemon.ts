import { expect } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiAnswer, startTestDaemon, type TestDaemon } from "./daemon.ts";

/** An engine with two scoped sockets, things of the host's root, and a container made through one of the sockets. */
export interface ScopedDaemon extends AsyncDisposable {
	readonly daemon: TestDaemon;
	/** A folder of the test's; `shared` and `read` in it may be mounted, the latter read-only. */
	readonly root: string;
	/** The text of the policies. */
	readonly policies: string;
	/** Of the role `developer`, called ci. */
	readonly socket: string;
	/** Of the role `read-only`. */
	readonly viewer: string;
	/** A container of the host's root, and one of the developer's. */
	readonly foreign: string;
	readonly own: string;
	call(method: string, path: string, body: unknown, at: string): Promise<ApiAnswer>;
	/** All that the host's root sees. */
	world(): Promise<unknown>;
}

export async function startScopedDaemon(): Promise<ScopedDaemon> {
	const root = mkdtempSync(join(tmpdir(), "hull-scoped-"));
	const socket = join(root, "ci", "docker.sock");
	const viewer = join(root, "viewer.sock");
	for (const folder of ["shared", "read"]) mkdirSync(join(root, folder));
	const policies = JSON.stringify({
		sockets: [
			{
				name: "ci",
				path: socket,
				role: "developer",
				mode: "0600",
				binds: [join(root, "shared"), { source: join(root, "read"), readOnly: true }],
				limits: { memory: "256m", cpus: 1, pids: 200, containers: 4 },
			},
			{ path: viewer, role: "read-only" },
		],
	});
	const file = join(root, "sockets.json");
	writeFileSync(file, policies, { mode: 0o600 });
	const daemon = await startTestDaemon({ arguments: ["--socket-policy", file] });
	const run = ["run", "-d", "--name", "foreign", "-v", "secrets:/s", "busybox", "sleep", "1000"];
	const foreign = (await daemon.ok(run)).trim();
	await daemon.ok(["network", "create", "backend"]);
	await daemon.ok(["tag", "busybox", "team/app"]);
	await daemon.ok(["tag", "busybox", "registry.example/private"]);
	await daemon.api("POST", "/hull/secrets", { Name: "key", Data: "aGVsbG8=" });
	const request = { Image: "busybox", Cmd: ["sleep", "1000"], HostConfig: { Binds: ["data:/data"] } };
	const created = await call("POST", "/containers/create?name=own", request, socket);
	expect(created).toMatchObject({ status: 201 });
	const own: string = created.json.Id;
	expect((await call("POST", `/containers/${own}/start`, undefined, socket)).status).toBe(204);
	return {
		...{ daemon, root, policies, socket, viewer, foreign, own, call },
		world: () => world(daemon),
		async [Symbol.asyncDispose]() {
			try {
				await daemon[Symbol.asyncDispose]();
			} finally {
				rmSync(root, { recursive: true, force: true });
			}
		},
	};
}

async function call(method: string, path: string, body: unknown, at: string): Promise<ApiAnswer> {
	const response = await fetch(`http://hull${path}`, {
		unix: at,
		method,
		...(body === undefined
			? {}
			: {
					body: typeof body === "string" ? body : JSON.stringify(body),
					headers: { "Content-Type": "application/json" },
				}),
	});
	const text = await response.text();
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {}
	return { status: response.status, text, json };
}

async function world(daemon: TestDaemon) {
	const [containers, volumes, networks, images, secrets] = await Promise.all([
		daemon.api("GET", "/containers/json?all=1"),
		daemon.api("GET", "/volumes"),
		daemon.api("GET", "/networks"),
		daemon.api("GET", "/images/json"),
		daemon.api("GET", "/hull/secrets"),
	]);
	return {
		containers: containers.json.map((one: { Id: string; Names: string[]; State: string }) => [
			one.Id,
			one.Names,
			one.State,
		]),
		volumes: volumes.json.Volumes.map(({ Name }: { Name: string }) => Name).toSorted(),
		networks: networks.json.map(({ Name }: { Name: string }) => Name).toSorted(),
		images: images.json.map(({ Id, RepoTags }: { Id: string; RepoTags: string[] }) => [
			Id,
			RepoTags.toSorted(),
		]),
		secrets: secrets.json,
	};
}

/** What is answered to bytes, until the engine ends the connection. */
export function sendBytes(socket: string, text: string): Promise<string> {
	const { promise, resolve } = Promise.withResolvers<string>();
	const client = connect(socket, () => client.end(text));
	let answer = "";
	client.on("data", (chunk) => {
		answer += chunk;
	});
	client.on("close", () => resolve(answer));
	client.on("error", () => resolve(answer));
	return promise;
}
