/** Builds, their cache and their history when the engine is killed, and when files of the cache are damaged. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectGrpc } from "../../src/buildkit/grpc/connect.ts";
import {
	BuildHistoryEvent,
	BuildHistoryRequest,
	UpdateBuildHistoryRequest,
} from "../../src/buildkit/proto/control.ts";
import { Empty } from "../../src/buildkit/proto/types.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

let hull: TestDaemon;
const folder = mkdtempSync(join(tmpdir(), "hull-crash-builds-"));
const dockerfile = `FROM busybox
COPY word /word
RUN --mount=type=cache,target=/kept date +%N > /kept/time; cat /word > /said
RUN echo behind > /behind
`;

beforeAll(async () => {
	writeFileSync(join(folder, "Dockerfile"), dockerfile);
	writeFileSync(join(folder, "word"), "word\n");
	hull = await startTestDaemon();
});
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

const cli = (...args: string[]) => hullCli(hull.socket, args);
const build = (...args: string[]) => cli("build", "--progress=plain", "-t", "app", ...args, folder);
const builds = async () => (await hull.api("GET", "/hull/builds")).json;
const said = () => hull.ok(["run", "--rm", "app", "cat", "/said", "/behind"]);
const inBuilder = (name: string) => readdirSync(join(hull.dataRoot, "builder", name));

test.each([
	"builder.history.before-record",
	"builder.mount.before-rename",
	"builder.mount.between-renames",
	"builder.mount.before-record",
	"builder.step.before-record",
	"builder.step.after-record",
	"snapshots.prepare.after-row",
	"snapshots.adopt.before-row",
	"snapshots.adopt.after-row",
	"images.register.before-persist",
	"images.register.after-persist",
	"builder.history.before-end",
])(
	"killed at %s: the history says so, nothing is left, and the build can be done again",
	async (failpoint) => {
		await hull.api("POST", "/build/prune?all=1");
		await hull.stop();
		await hull.start({ failpoint });
		await build();
		await hull.ended();
		await hull.start();
		const known = await builds();
		expect(known.filter(({ State }: { State: string }) => State === "running")).toEqual([]);
		if (failpoint !== "builder.history.before-record")
			expect(known[0]).toMatchObject({ State: "failed", Error: "the engine ended while the build ran" });
		expect(inBuilder("history")).toHaveLength(known.length);
		const again = await build();
		expect([again.code, again.code === 0 ? "" : again.stderr]).toEqual([0, ""]);
		// Steps that were done are not done again: all of them, when the image was made already.
		const cached = again.stderr.match(/^#\d+ CACHED$/gm)?.length;
		if (failpoint.startsWith("images.") || failpoint.endsWith("before-end")) expect(cached).toBe(4);
		if (failpoint === "builder.step.after-record") expect(cached).toBe(2);
		expect(await said()).toBe("word\nbehind\n");
		await eventually(() => expect(inBuilder("mounts")).toHaveLength(1));
	},
);

test("what builds told is there after a restart, and a client of BuildKit can pin it and forget it", async () => {
	const id = (await builds())[0].Id;
	const logs = (await cli("builder", "logs", id)).stdout;
	expect(logs).toContain("RUN echo behind");
	await hull.kill();
	await hull.start();
	expect((await cli("builder", "logs", id)).stdout).toBe(logs);
	expect((await builds())[0]).toMatchObject({ Id: id, State: "completed" });
	await using control = await openControl();
	const live = new AbortController();
	const seen: (readonly [number, string])[] = [];
	const following = control.listen({}, live.signal, ({ type, record }) =>
		seen.push([type, record?.ref ?? ""]),
	);
	await eventually(() => expect(seen.some(([, ref]) => ref === id)).toBe(true));
	await control.update({ ref: id, pinned: true });
	expect((await builds()).find(({ Id }: { Id: string }) => Id === id).Pinned).toBe(true);
	await build();
	await eventually(() => expect(seen.slice(-2).map(([type]) => type)).toEqual([0, 1]));
	await control.update({ ref: id, delete: true });
	await eventually(() => expect(seen.at(-1)).toEqual([2, id]));
	expect((await cli("builder", "logs", id)).stderr).toContain(`no such build: ${id}`);
	await expect(control.update({ ref: id, delete: true })).rejects.toThrow("no such build");
	live.abort();
	await following.catch(() => undefined);
});

test("a cached step whose blob or layer is damaged is done again", async () => {
	expect((await build("--no-cache")).code).toBe(0);
	const layers = JSON.parse(await hull.ok(["image", "inspect", "-f", "{{json .RootFS.Layers}}", "app"]));
	const { Data } = JSON.parse(await hull.ok(["image", "inspect", "-f", "{{json .GraphDriver}}", "app"]));
	const top = (Data.UpperDir ?? Data.LowerDir) as string;
	await hull.ok(["image", "rm", "app"]);
	const blob = join(hull.dataRoot, "content/blobs/sha256", layers.at(-1).slice("sha256:".length));
	truncateSync(blob, 100);
	const first = await build();
	expect(first.stderr + first.stdout).toContain("CACHED");
	expect(await said()).toBe("word\nbehind\n");
	expect(hull.log()).toContain("a cached build step is damaged and was forgotten");
	await hull.ok(["image", "rm", "app"]);
	renameSync(top, `${top}-gone`);
	const second = await build();
	renameSync(`${top}-gone`, top);
	expect([second.code, second.code === 0 ? "" : second.stderr]).toEqual([0, ""]);
	expect(await said()).toBe("word\nbehind\n");
});

interface Control extends AsyncDisposable {
	listen(
		request: object,
		signal: AbortSignal,
		take: (event: { type: number; record: { ref?: string } | undefined }) => void,
	): Promise<void>;
	update(request: object): Promise<unknown>;
}

async function openControl(): Promise<Control> {
	const socket = connect(hull.socket);
	socket.write("POST /grpc HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
	await new Promise<void>((resolve) => {
		socket.once("data", () => {
			socket.pause();
			resolve();
		});
	});
	const connection = connectGrpc(socket);
	const service = "/moby.buildkit.v1.Control";
	const signal = new AbortController().signal;
	return {
		async listen(request, until, take) {
			const messages = { request: BuildHistoryRequest, response: BuildHistoryEvent };
			using call = connection.stream(`${service}/ListenBuildHistory`, messages, { signal: until });
			await call.send(request);
			call.endSending();
			for await (const event of call.messages) take(event as Parameters<typeof take>[0]);
		},
		update: (request) =>
			connection.unary(
				`${service}/UpdateBuildHistory`,
				{ request: UpdateBuildHistoryRequest, response: Empty },
				request,
				{ signal },
			),
		async [Symbol.asyncDispose]() {
			connection.close();
		},
	};
}
