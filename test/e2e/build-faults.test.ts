/** Clients that vanish in the middle of a build: it ends, others of the same steps go on, and nothing is left. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Buildx, withBuildx } from "../support/buildx.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { dockerProgram } from "../support/docker-cli.ts";
import { eventually } from "../support/eventually.ts";
import { hullCommand } from "../support/hull-cli.ts";
import { buildTar } from "../support/tar-builder.ts";

const timeoutMs = 120_000;
let hull: TestDaemon;
let buildx: Buildx;
let server: Server;
/** Requests that wait for an answer; the server gives none by itself. */
const asked = new Map<string, (answer: string) => void>();

beforeAll(async () => {
	hull = await startTestDaemon();
	buildx = withBuildx(hull.socket);
	server = createServer((request, response) => {
		asked.set(request.url!, (answer) => response.end(answer));
		response.on("close", () => asked.delete(request.url!));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}, timeoutMs);

afterAll(async () => {
	server.closeAllConnections();
	server.close();
	buildx[Symbol.dispose]();
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

interface Client {
	readonly process: ChildProcess;
	/** Of both streams. */
	output(): string;
	readonly code: Promise<number | null>;
}

type Kind = "docker build" | "hull build" | "buildx build";
const kinds: readonly Kind[] = ["docker build", "hull build", "buildx build"];

/** A build that goes on when this returns. */
function start(kind: Kind, ...args: string[]): Client {
	const plain = kind === "docker build" ? [] : ["--progress=plain"];
	const docker = [dockerProgram, "--host", `unix://${hull.socket}`];
	const [program, ...before] = {
		"docker build": [...docker, "build"],
		"buildx build": [...docker, "buildx", "build"],
		"hull build": [...hullCommand(), "build"],
	}[kind];
	const env = {
		...process.env,
		DOCKER_CONFIG: join(buildx.folder, "config"),
		DOCKER_BUILDKIT: kind === "docker build" ? "0" : "1",
		HULL_HOST: `unix://${hull.socket}`,
	};
	const child = spawn(program!, [...before, ...plain, ...args], { env });
	let output = "";
	const take = (data: Buffer) => {
		output += data;
	};
	child.stdout.on("data", take);
	child.stderr.on("data", take);
	child.stdin.on("error", () => undefined);
	const code = new Promise<number | null>((resolve) => child.on("close", resolve));
	return { process: child, output: () => output, code };
}

const inBuilder = (name: string) => namesIn(join(hull.dataRoot, "builder", name));

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}

/** Control groups of steps, by the ids of their runs. */
function groupsOf(ids: readonly string[]): string[] {
	const root = "/sys/fs/cgroup";
	const parents = [root, ...namesIn(root).map((name) => join(root, name))];
	return parents.flatMap((parent) => namesIn(join(parent, "hull")).filter((id) => ids.includes(id)));
}

/** No build goes on, and none has left a step, a context, a group or a file that was underway. */
async function nothingIsLeft(ids: readonly string[] = []): Promise<void> {
	await eventually(async () => {
		const builds: { State: string }[] = (await hull.api("GET", "/hull/builds")).json;
		expect({
			running: builds.filter(({ State }) => State === "running"),
			runs: inBuilder("runs"),
			runFolders: namesIn(join(hull.runRoot, "builds")),
			contexts: inBuilder("contexts"),
			exports: inBuilder("clients/exports"),
			groups: groupsOf(ids),
		}).toEqual({ running: [], runs: [], runFolders: [], contexts: [], exports: [], groups: [] });
	});
	await hull.assertClean();
}

test.each(kinds)(
	"%s that vanishes in a RUN ends it, and another client's build of the same step goes on",
	async (kind) => {
		const other = kinds[(kinds.indexOf(kind) + 1) % kinds.length]!;
		const name = kind.replace(" ", "-");
		const path = buildx.context(name, {
			Dockerfile: `FROM busybox
RUN --mount=type=cache,id=${name},target=/go echo under way; until [ -e /go/on ]; do sleep 0.1; done; echo done > /done
`,
		});
		const known = inBuilder("mounts");
		const vanishing = start(kind, path);
		await eventually(() => expect(vanishing.output()).toMatch(/^(#\d+ \S+ )?under way$/m));
		const ids = inBuilder("runs");
		const staying = start(other, "-t", name, path);
		await eventually(() => expect(staying.output()).toMatch(/^(#\d+ \S+ )?under way$/m));
		// Both wait for one run.
		expect(inBuilder("runs")).toEqual(ids);
		vanishing.process.kill("SIGKILL");
		await vanishing.code;
		// It was the other's, and is done anew.
		await eventually(() => {
			expect(inBuilder("runs")).toHaveLength(1);
			expect(inBuilder("runs")).not.toEqual(ids);
		});
		ids.push(...inBuilder("runs"));
		const [mount] = inBuilder("mounts").filter((id) => !known.includes(id));
		writeFileSync(join(hull.dataRoot, "builder/mounts", mount!, "on"), "");
		const code = await staying.code;
		expect([code, code === 0 ? "" : staying.output()]).toEqual([0, ""]);
		expect(await hull.ok(["run", "--rm", name, "cat", "/done"])).toBe("done\n");
		writeFileSync(join(path, "Dockerfile"), `FROM ${name}\nRUN echo on its own; sleep 1000\n`);
		const alone = start(kind, path);
		await eventually(() => expect(alone.output()).toMatch(/^(#\d+ \S+ )?on its own$/m));
		ids.push(...inBuilder("runs"));
		alone.process.kill("SIGKILL");
		await alone.code;
		await nothingIsLeft(ids);
	},
	timeoutMs,
);

test.each(kinds)(
	"%s that vanishes while files are fetched or sent leaves nothing of them",
	async (kind) => {
		const { port } = server.address() as AddressInfo;
		const at = `/${kind.replace(" ", "-")}`;
		const path = buildx.context(`files-of-${kind}`, {
			Dockerfile: `FROM busybox\nADD http://127.0.0.1:${port}${at} /fetched\n`,
		});
		const fetching = start(kind, path);
		await eventually(() => expect([...asked.keys()]).toEqual([at]));
		fetching.process.kill("SIGKILL");
		await fetching.code;
		await eventually(() => expect([...asked.keys()]).toEqual([]));
		await nothingIsLeft();
		const tar = buildTar([
			{ name: "Dockerfile", data: "FROM scratch\nCOPY big /\n" },
			{ name: "big", data: Buffer.alloc(4 << 20, "x") },
		]);
		const sending = start(kind, "-");
		sending.process.stdin!.write(tar.subarray(0, 2 << 20));
		await eventually(() => expect(inBuilder("contexts")).toHaveLength(1));
		sending.process.kill("SIGKILL");
		await sending.code;
		await nothingIsLeft();
		// The same upload by somebody who stays.
		const whole = start(kind, "-");
		whole.process.stdin!.end(tar);
		const code = await whole.code;
		expect([code, code === 0 ? "" : whole.output()]).toEqual([0, ""]);
		await nothingIsLeft();
	},
	timeoutMs,
);
