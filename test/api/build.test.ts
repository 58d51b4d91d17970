import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { BuildContext, BuildEvent, Builder, BuildRequest, Contexts } from "../../src/builder/index.ts";
import { buildBackend } from "../../src/daemon/backends/build/backend.ts";
import { EngineError } from "../../src/lib/index.ts";
import { rawClient, startServer, type TestServer } from "./raw-client.ts";
import { scriptedBackends } from "./scripted-backends.ts";

/** What stands between a request and the builder: parameters, frames, streams. The builder is scripted. */
describe("builds", () => {
	let server: TestServer;
	let request: BuildRequest | undefined;
	let script: (emit: (event: BuildEvent) => void, signal: AbortSignal) => Promise<void>;
	const text = "FROM busybox\nRUN false\n";
	const image = `sha256:${"a".repeat(64)}`;
	const run = `sha256:${"b".repeat(64)}` as const;

	before(async () => {
		const rooms = {
			builder: scriptedBuilder(),
			contexts: scriptedContexts(),
			images: { find: () => undefined },
			events: { publish: () => undefined },
		};
		server = await startServer(scriptedBackends({ builds: buildBackend(rooms) }));
	});
	after(async () => {
		await server.close();
		assert.deepEqual(server.errors, []);
	});

	function scriptedBuilder(): Builder {
		const records: { id: string }[] = [];
		return {
			async build(asked, events, signal) {
				request = asked;
				records.push({ id: asked.id });
				await script(events, signal);
				return { imageId: image, manifestDigest: "", config: {}, metadata: { x: 1 } };
			},
			cache: async () => [],
			mounts: {
				list: async () => [],
				export: () => Promise.reject(new Error("not asked for")),
				import: () => Promise.reject(new Error("not asked for")),
				remove: () => Promise.reject(new Error("not asked for")),
			},
			prune: async () => ({ removed: ["one"], reclaimedBytes: 5 }),
			history: () =>
				records.map(({ id }) => ({
					...{ id, name: "x", startedAt: "2026-01-01T00:00:00Z", state: "completed" as const },
					steps: { total: 1, completed: 1, cached: 0 },
				})),
			async *events() {
				yield {
					kind: "log",
					vertex: image as `sha256:${string}`,
					stream: "stdout",
					data: Buffer.from("told"),
					at: 1,
				};
			},
			watchHistory: async function* () {},
			changeHistory: () => undefined,
			cancel(id) {
				throw new EngineError("not_found", `no such build: ${id}`);
			},
			recover: async () => {},
			close: async () => {},
		};
	}

	function scriptedContexts(): Contexts {
		const context = {
			readText: async (path: string) => (path === "Dockerfile" ? text : undefined),
			[Symbol.asyncDispose]: async () => {},
		} as unknown as BuildContext;
		return {
			async fromTar(tar) {
				for await (const _chunk of tar);
				return context;
			},
			fromAddress: async () => ({ context, dockerfile: text }),
			empty: async () => context,
		};
	}

	async function post(path: string, body: Uint8Array | string = "", headers = ""): Promise<string> {
		const client = await rawClient(server.path);
		const bytes = Buffer.from(body);
		client.send(
			`POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${bytes.length}\r\n${headers}\r\n`,
		);
		client.send(bytes);
		return client.all();
	}

	function frame(bytes: string): Buffer {
		const length = Buffer.alloc(4);
		length.writeUInt32BE(Buffer.byteLength(bytes));
		return Buffer.concat([length, Buffer.from(bytes)]);
	}

	const succeed = async (emit: (event: BuildEvent) => void) => {
		emit({ kind: "vertex", vertex: { digest: run, name: "[2/2] RUN false", inputs: [], line: 2 } });
		emit({ kind: "log", vertex: run, stream: "stdout", data: Buffer.from("hi\n"), at: 1 });
		emit({ kind: "completed", vertex: run, cached: false, at: 2, sizeBytes: 0 });
	};

	test("all parameters reach the builder", async () => {
		script = succeed;
		const config = Buffer.from('{"https://index.docker.io/v1/":{"username":"u","password":"p"}}').toString(
			"base64",
		);
		const answer = await post(
			"/build?t=a&t=b:1&t=a&buildargs=%7B%22x%22%3A%221%22%2C%22y%22%3Anull%7D&labels=%7B%22l%22%3A%22m%22%7D" +
				"&nocache=1&pull=1&target=0&networkmode=none&shmsize=1000&memory=4194304&memswap=-1&cpushares=2&cpuperiod=3" +
				"&cpuquota=4&cpusetcpus=0&cpusetmems=1&cgroupparent=g&squash=1&extrahosts=h%3A1.2.3.4&platform=linux%2Farm64" +
				"&cachefrom=%5B%22c%22%5D&isolation=vm&buildid=me" +
				"&ulimits=%5B%7B%22Name%22%3A%22nofile%22%2C%22Soft%22%3A1%2C%22Hard%22%3A2%7D%5D",
			"",
			`X-Registry-Config: ${config}\r\n`,
		);
		assert.match(answer, /Successfully tagged a:latest\\n/);
		assert.ok(request);
		const { context, dockerfile, registryAuth, ...rest } = request;
		assert.deepEqual(dockerfile, { name: "Dockerfile", text });
		assert.deepEqual([...registryAuth], [["docker.io", { username: "u", password: "p" }]]);
		assert.ok(context);
		assert.deepEqual(rest, {
			id: "me",
			namedContexts: new Map(),
			target: "0",
			buildArgs: new Map([
				["x", "1"],
				["y", undefined],
			]),
			labels: { l: "m" },
			annotations: {},
			platforms: [{ os: "linux", architecture: "arm64" }],
			noCache: true,
			pull: true,
			network: "none",
			isolation: "vm",
			extraHosts: ["h:1.2.3.4"],
			shmSizeBytes: 1000,
			limits: {
				...{ memoryBytes: 4194304, memorySwapBytes: -1, cpuShares: 2, cpuPeriod: 3, cpuQuota: 4 },
				...{ cpusetCpus: "0", cpusetMems: "1", cgroupParent: "g" },
				ulimits: [{ name: "nofile", soft: 1, hard: 2 }],
			},
			secrets: new Map(),
			ssh: new Map(),
			cacheFrom: [{ type: "image", ref: "c" }],
			cacheTo: [],
			squash: true,
			sbom: false,
			exports: [{ type: "image", names: ["a:latest", "b:1"], push: false }],
		});
	});

	test("what is not supported is refused by its name, before the build", async () => {
		script = () => assert.fail("a build was started");
		const refused: Readonly<Record<string, RegExp>> = {
			"version=2": /501 .*version 2 of POST/s,
			"version=3": /400 .*invalid version \\"3\\"/s,
			"session=x": /501 .*session of POST/s,
			"securityopt=x": /501 .*securityopt x/s,
			"networkmode=container:x": /501 .*network \\"container:x\\"/s,
			"isolation=hyperv": /400 .*isolation \\"hyperv\\"/s,
			"outputs=%5B%7B%22Type%22%3A%22moby%22%7D%5D": /501 .*outputs are not supported/s,
			"t=UPPER": /400 .*must be lowercase/s,
			"t=a@sha256:aa": /400 .*/s,
			"buildargs=x": /400 .*error reading build args/s,
			"ulimits=x": /400 .*error reading ulimit settings/s,
			"dockerfile=nope": /400 .*Cannot locate specified Dockerfile: nope/s,
			"target=xx": /400 .*failed to reach build target xx in Dockerfile/s,
			"platform=a/b/c/d/e": /400 .*platform/s,
			"shmsize=-1": /400 .*SHM size/s,
		};
		for (const [query, expected] of Object.entries(refused))
			assert.match(await post(`/build?${query}`), expected);
	});

	test("a step that fails is told with its output and the exit code", async () => {
		script = async (emit) => {
			await succeed((event) => event.kind !== "completed" && emit(event));
			const message = "The command '/bin/sh -c false' returned a non-zero code: 3";
			emit({ kind: "failed", vertex: run, message, at: 2 });
			throw Object.assign(new EngineError("runtime_failed", message), { exitCode: 3 });
		};
		for (const query of ["", "?q=1"]) {
			const answer = await post(`/build${query}`);
			assert.match(answer, /200 OK/);
			assert.match(answer, /"stream":"hi\\n"/);
			assert.match(
				answer,
				/\{"errorDetail":\{"code":3,"message":"The command .*non-zero code: 3"\},"error":"The/,
			);
		}
	});

	test("quiet is the image's id alone", async () => {
		script = succeed;
		const answer = await post("/build?q=1");
		assert.match(answer, new RegExp(`\\{"stream":"${image}\\\\n"\\}`));
		assert.doesNotMatch(answer, /Step/);
	});

	test("a client that goes away ends the build", async () => {
		const started = Promise.withResolvers<void>();
		const ended = Promise.withResolvers<void>();
		script = async (emit, signal) => {
			await succeed(emit);
			started.resolve();
			await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
			ended.resolve();
			throw new EngineError("cancelled", "the build was cancelled");
		};
		const client = await rawClient(server.path);
		client.send("POST /build HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
		await started.promise;
		client.socket.destroy();
		await ended.promise;
	});

	test("hull's own route takes frames and tells events, the result last", async () => {
		script = succeed;
		const asked = {
			Mode: "build",
			Id: "mine",
			Dockerfile: { Name: "Dockerfile" },
			Contexts: [
				{ Name: "", Kind: "upload" },
				{ Name: "other", Kind: "upload" },
				{ Name: "base", Kind: "image", Address: "busybox" },
			],
			Secrets: { s: Buffer.from("secret").toString("base64") },
		};
		const body = Buffer.concat(
			[JSON.stringify(asked), "tar", "more", "", "other", ""].map((part) => frame(part)),
		);
		const answer = await post("/hull/build", body);
		assert.match(answer, /"kind":"log".*"data":"aGkK"/);
		assert.match(
			answer,
			/\{"kind":"result","imageId":"sha256:a+","manifestDigest":"","metadata":\{"x":1\}\}/,
		);
		assert.deepEqual(request?.namedContexts.get("base"), { image: "busybox" });
		assert.equal(Buffer.from((await request!.secrets.get("s")!.read())!).toString(), "secret");
		assert.match(await get("/hull/builds/mine/events"), /"kind":"log"/);
		assert.match(await get("/hull/builds/mi"), /"Id":"mine"/);
	});

	test("frames that lie are refused", async () => {
		script = () => assert.fail("a build was started");
		const good = {
			Mode: "build",
			Dockerfile: { Name: "Dockerfile" },
			Contexts: [{ Name: "", Kind: "upload" }],
		};
		const huge = Buffer.from([0xff, 0xff, 0xff, 0xff]);
		assert.match(await post("/hull/build", huge), /413/);
		assert.match(await post("/hull/build", "ab"), /400 .*ends in the middle/s);
		assert.match(await post("/hull/build", frame("{}")), /400 .*is missing/s);
		assert.match(await post("/hull/build", frame(JSON.stringify({ ...good, Odd: 1 }))), /400 .*Odd/s);
		const cut = Buffer.concat([frame(JSON.stringify(good)), huge]);
		assert.match(
			await post("/hull/build", cut),
			/"kind":"error","message":"a frame of the build's context is longer/,
		);
	});

	test("a check and a plan need the text alone", async () => {
		script = () => assert.fail("a build was started");
		const asked = { Dockerfile: { Name: "D", Text: "FROM a AS B\nRUN x\n" }, Contexts: [] };
		const check = await post("/hull/build", frame(JSON.stringify({ ...asked, Mode: "check" })));
		assert.match(check, /"rule":"StageNameCasing"/);
		assert.match(check, /\{"kind":"checked","warnings":1,"isError":false\}/);
		const graph = await post("/hull/build", frame(JSON.stringify({ ...asked, Mode: "graph" })));
		assert.match(graph, /"name":"\[2\/2\] RUN x"/);
		const wrong = { ...asked, Mode: "check", Dockerfile: { Name: "D", Text: "FROM a\nRUNN x\n" } };
		assert.match(
			await post("/hull/build", frame(JSON.stringify(wrong))),
			/"kind":"error".*did you mean RUN.*"shown":"D:2/,
		);
	});

	test("pruning and cancelling", async () => {
		assert.match(await post("/build/prune?all=1"), /\{"CachesDeleted":\["one"\],"SpaceReclaimed":5\}/);
		assert.match(await post("/build/prune?max-used-space=-5"), /400 .*max-used-space/s);
		assert.match(
			await post(`/build/prune?filters=${encodeURIComponent('{"odd":["x"]}')}`),
			/400 .*invalid filter 'odd'/s,
		);
		assert.match(await post("/build/cancel"), /400 .*build ID not provided/s);
		assert.match(await post("/build/cancel?id=x"), /404 .*no such build: x/s);
	});

	async function get(path: string): Promise<string> {
		const client = await rawClient(server.path);
		client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
		return client.all();
	}
});
