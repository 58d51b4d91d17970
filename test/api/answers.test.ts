import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ContainerCreateRequest } from "../../src/api/index.ts";
import { operations } from "../../src/api/index.ts";
import type { EngineEvent } from "../../src/events/index.ts";
import { EngineError } from "../../src/lib/index.ts";
import { ask, parseAnswer, rawClient, startServer, type TestServer } from "./raw-client.ts";
import { noSuchContainer, scriptedBackends } from "./scripted-backends.ts";

describe("answers", () => {
	let server: TestServer;
	let created: { request: ContainerCreateRequest; name?: string; platform?: string } | undefined;
	let listed: unknown;
	let waiting = Promise.withResolvers<void>();
	let pushed: unknown;

	const backends = scriptedBackends({
		containers: {
			list: async (query) => {
				listed = { ...query, filters: Object.fromEntries(query.filters) };
				return [];
			},
			create: async (request, options) => {
				created = { request, ...options };
				return { Id: "f".repeat(64), Warnings: ["from the engine"] };
			},
			start: async (reference) => reference === "fresh",
			inspect: async (reference) => {
				if (reference === "bug") throw new TypeError("cannot read properties of undefined");
				if (reference !== "web") throw noSuchContainer(reference);
				return {
					Id: "1".repeat(64),
					Config: { Image: "busybox" },
					NetworkSettings: {
						Networks: { bridge: { IPAddress: "172.17.0.2", MacAddress: "02:00:00:00:00:01" } },
					},
				};
			},
			wait: async () => async () => {
				await waiting.promise;
				return { StatusCode: 3 };
			},
			logs: async (_reference, request) => ({
				tty: request.details,
				output: (async function* () {
					yield { stream: "stdout" as const, data: Buffer.from("out\n") };
					yield { stream: "stderr" as const, data: Buffer.from("err\n") };
				})(),
			}),
			archiveStat: async () => ({
				name: "é",
				size: 1,
				mode: 420,
				mtime: "2026-01-01T00:00:00Z",
				linkTarget: "",
			}),
			stats: async (_reference, { stream }) =>
				(async function* () {
					yield { name: "/web" };
					if (stream) yield { name: "/web" };
				})(),
		},
		images: {
			list: async () => [{ Id: "sha256:1", Size: 5 }],
			inspect: async (reference) => ({ Id: reference }),
			pull: async ({ fromImage }, emit) => {
				if (fromImage === "absent") throw new EngineError("not_found", "pull access denied for absent");
				emit({ status: "Pulling from library/x", id: "latest" });
				throw new EngineError("unavailable", "registry went away");
			},
			push: async (reference, request) => {
				pushed = { reference, ...request };
			},
		},
		system: {
			version: async () => ({ Version: "0.1.0" }),
			diskUsage: async () => ({
				LayersSize: 100,
				ReclaimableLayersSize: 40,
				Images: [
					{ Size: 60, Containers: 1, SharedSize: 0 },
					{ Size: 40, Containers: 0 },
				],
				Containers: [{ State: "exited", SizeRw: 7 }],
				Volumes: [],
				BuildCache: [],
			}),
			events: async () =>
				(async function* (): AsyncGenerator<EngineEvent> {
					yield {
						type: "container",
						action: "die",
						actor: { id: "abc", attributes: { image: "busybox", exitCode: "0" } },
						timeNano: 1790000000123456789n,
					};
				})(),
		},
	});

	before(async () => {
		server = await startServer(backends);
	});
	after(() => server.close());

	test("ping says who is there", async () => {
		const answer = await ask(server.path, "GET /_ping");
		assert.equal(answer.body, "OK");
		assert.equal(answer.headers["api-version"], "1.55");
		assert.equal(answer.headers["builder-version"], "2");
		assert.equal(answer.headers["ostype"], "linux");
		assert.equal(answer.headers["docker-experimental"], "false");
		const head = await ask(server.path, "HEAD /v1.40/_ping");
		assert.equal(head.status, 200);
		assert.equal(head.body, "");
		assert.equal((await ask(server.path, "HEAD /v1.39/_ping")).status, 404);
	});

	test("versions that are too old or too new are told the limit", async () => {
		const old = await ask(server.path, "GET /v1.23/version");
		assert.equal(old.status, 400);
		assert.deepEqual(old.json, {
			message:
				"client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a " +
				"newer version",
		});
		const young = await ask(server.path, "GET /v1.99/version");
		assert.equal(young.status, 400);
		assert.deepEqual(young.json, {
			message: "client version 1.99 is too new. Maximum supported API version is 1.55",
		});
		assert.equal((await ask(server.path, "GET /v1.24/version")).status, 200);
		assert.equal((await ask(server.path, "GET /version")).status, 200);
	});

	test("what there is not is a page not found, also for a method and a version", async () => {
		for (const line of ["GET /nothing", "DELETE /version", "GET /", "GET /v1.24/configs", "GET /v1.30/"]) {
			const answer = await ask(server.path, line);
			assert.equal(answer.status, 404, line);
			assert.deepEqual(answer.json, { message: "page not found" });
		}
	});

	test("pending operations answer 501 and name themselves", async () => {
		for (const operation of operations.filter(({ pending }) => pending !== undefined)) {
			const answer = await ask(server.path, `${operation.method} ${operation.path.replaceAll(":", "")}`);
			assert.equal(answer.status, 501, operation.id);
			assert.deepEqual(answer.json, { message: operation.pending });
		}
	});

	test("swarm operations answer as an engine outside of a swarm", async () => {
		const answer = await ask(server.path, "GET /services");
		assert.equal(answer.status, 503);
		assert.match(
			(answer.json as { message: string }).message,
			/^This node is not a swarm manager\. Use "docker swarm init"/,
		);
		assert.deepEqual((await ask(server.path, "GET /plugins")).json, []);
	});

	test("an EngineError has its status and text, a bug is a 500 and logged", async () => {
		const absent = await ask(server.path, "GET /containers/nope/json");
		assert.equal(absent.status, 404);
		assert.deepEqual(absent.json, { message: "No such container: nope" });
		const bug = await ask(server.path, "GET /containers/bug/json");
		assert.equal(bug.status, 500);
		assert.ok(server.errors.splice(0).some((line) => line.includes("cannot read properties")));
	});

	test("queries are read as Docker reads them", async () => {
		const filters = encodeURIComponent('{"status":{"exited":true,"dead":false},"label":{"a=b":true}}');
		await ask(server.path, `GET /containers/json?all=True&size=none&limit=-1&filters=${filters}`);
		assert.deepEqual(listed, {
			all: true,
			size: false,
			limit: 0,
			filters: { status: ["exited"], label: ["a=b"] },
		});
		const bad = await ask(server.path, "GET /containers/json?filters=%7B%22a%22%3A1%7D");
		assert.equal(bad.status, 400);
		assert.match(bad.body, /invalid filter/);
		assert.equal((await ask(server.path, "GET /containers/json?limit=many")).status, 400);
	});

	test("create takes Go's nulls, any case, and warns of what it does not know", async () => {
		const answer = await ask(server.path, "POST /v1.44/containers/create?name=web&platform=", {
			json: {
				image: "busybox",
				Cmd: "true",
				Env: null,
				HostConfig: { Memory: 1, Binds: null, Sparkle: { Level: 3 }, KernelMemory: 0 },
			},
		});
		assert.equal(answer.status, 201);
		assert.deepEqual(answer.json, {
			Id: "f".repeat(64),
			Warnings: ["from the engine", "HostConfig.Sparkle is not known to this engine and has no effect"],
		});
		assert.deepEqual(created, {
			request: { Image: "busybox", Cmd: ["true"], HostConfig: { Memory: 1 } },
			name: "web",
			platform: undefined,
		});
	});

	test("create of an old version means that version's defaults", async () => {
		await ask(server.path, "POST /v1.39/containers/create", { json: { Image: "busybox" } });
		assert.deepEqual(created?.request.HostConfig, { CgroupnsMode: "host", IpcMode: "shareable" });
	});

	test("bodies that are wrong are refused by name", async () => {
		const cases: [unknown, RegExp][] = [
			[{ HostConfig: { Memory: "1g" } }, /HostConfig\.Memory: expected an integer, found string/],
			[{ Env: ["a", 1] }, /Env\.1: expected a string, found number/],
			[{ Env: "A=b" }, /Env: expected a list/],
			[[], /expected an object, found a list/],
		];
		for (const [json, expected] of cases) {
			const answer = await ask(server.path, "POST /containers/create", { json });
			assert.equal(answer.status, 400);
			assert.match(answer.body, expected);
		}
		const type = { "Content-Type": "application/json" };
		const broken = await ask(server.path, "POST /containers/create", { body: "{", headers: type });
		assert.match(broken.body, /invalid JSON/);
		const none = await ask(server.path, "POST /containers/create", {
			headers: { ...type, "Content-Length": "0" },
		});
		assert.equal(none.status, 400);
		assert.match(none.body, /invalid JSON: got EOF while reading request body/);
		const plain = await ask(server.path, "POST /containers/create", { body: "{}" });
		assert.match(plain.body, /unsupported Content-Type header/);
		const deep = await ask(server.path, "POST /containers/create", {
			body: `{"X":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
			headers: type,
		});
		assert.ok([201, 400].includes(deep.status));
		const huge = await ask(server.path, "POST /containers/create", {
			body: `{"X":"${"x".repeat(5 * 1024 * 1024)}"}`,
			headers: type,
		});
		assert.equal(huge.status, 413);
		assert.deepEqual(server.errors, []);
	});

	test("start answers 204, or 304 without a body when it runs", async () => {
		assert.equal((await ask(server.path, "POST /containers/fresh/start")).status, 204);
		const again = await ask(server.path, "POST /containers/running/start");
		assert.equal(again.status, 304);
		assert.equal(again.body, "");
		const old = await ask(server.path, "POST /containers/fresh/start", { json: { Binds: ["/:/host"] } });
		assert.equal(old.status, 400);
		assert.equal((await ask(server.path, "POST /containers/fresh/start", { json: {} })).status, 204);
	});

	test("what Docker refuses before it looks for the container is refused", async () => {
		const cases: [string, RegExp][] = [
			["POST /containers/web/wait?condition=someday", /invalid condition: \\"someday\\"/],
			["POST /containers/web/rename?name=", /Neither old nor new names may be empty/],
			["POST /containers/web/resize?h=1", /resize needs h and w/],
			["POST /containers/web/stop?t=soon", /invalid value for t/],
			["POST /commit", /commit needs the parameter container/],
			["GET /images/get", /no images to save/],
		];
		for (const [line, expected] of cases) {
			const answer = await ask(server.path, line);
			assert.equal(answer.status, 400, line);
			assert.match(answer.body, expected);
		}
		const none = await ask(server.path, "POST /containers/create", { json: { HostConfig: {} } });
		assert.match(none.body, /config cannot be empty in order to create a container/);
	});

	test("wait sends its head before the container ends", async () => {
		waiting = Promise.withResolvers();
		const client = await rawClient(server.path);
		client.send("POST /v1.44/containers/web/wait?condition=next-exit HTTP/1.1\r\nHost: hull\r\n\r\n");
		await client.until(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/);
		waiting.resolve();
		assert.deepEqual(parseAnswer(await client.until(/0\r\n\r\n$/)).json, { StatusCode: 3 });
		client.finish();
	});

	test("logs are frames, or raw from a terminal, and named by version", async () => {
		const framed = await ask(server.path, "GET /containers/web/logs?stdout=1&stderr=1");
		assert.equal(framed.headers["content-type"], "application/vnd.docker.multiplexed-stream");
		assert.equal(framed.body, "\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04err\n");
		const old = await ask(server.path, "GET /v1.41/containers/web/logs?stdout=1");
		assert.equal(old.headers["content-type"], "application/vnd.docker.raw-stream");
		const raw = await ask(server.path, "GET /containers/web/logs?stdout=1&details=1");
		assert.equal(raw.body, "out\nerr\n");
		assert.equal((await ask(server.path, "GET /containers/web/logs")).status, 400);
		assert.equal((await ask(server.path, "GET /containers/web/logs?stdout=1&since=soon")).status, 400);
	});

	test("stats stream or answer once", async () => {
		assert.equal(
			(await ask(server.path, "GET /containers/web/stats")).body,
			'{"name":"/web"}\n{"name":"/web"}\n',
		);
		assert.deepEqual((await ask(server.path, "GET /containers/web/stats?stream=0")).json, { name: "/web" });
		assert.equal((await ask(server.path, "GET /containers/web/stats?stream=1&one-shot=1")).status, 400);
	});

	test("a file's stat travels in a header", async () => {
		const answer = await ask(server.path, "HEAD /containers/web/archive?path=/etc");
		const stat = Buffer.from(answer.headers["x-docker-container-path-stat"]!, "base64").toString("utf8");
		assert.equal(JSON.parse(stat).name, "é");
		assert.equal((await ask(server.path, "HEAD /containers/web/archive")).status, 400);
	});

	test("an error of a pull is a status before the first line, and a line after it", async () => {
		const before = await ask(server.path, "POST /images/create?fromImage=absent");
		assert.equal(before.status, 404);
		assert.deepEqual(before.json, { message: "pull access denied for absent" });
		const later = await ask(server.path, "POST /images/create?fromImage=x&tag=latest");
		assert.equal(later.status, 200);
		assert.deepEqual(
			later.body
				.trim()
				.split("\r\n")
				.map((line) => JSON.parse(line)),
			[
				{ status: "Pulling from library/x", id: "latest" },
				{ errorDetail: { message: "registry went away" }, error: "registry went away" },
			],
		);
		assert.equal((await ask(server.path, "POST /images/create")).status, 400);
	});

	test("images are named with slashes, ports and escapes", async () => {
		for (const name of ["registry:5000/a/b:1", "json", "a/json", "a%2Fb", "json/json"]) {
			const answer = await ask(server.path, `GET /images/${name}/json`);
			assert.deepEqual(answer.json, { Id: decodeURIComponent(name) });
		}
		assert.equal((await ask(server.path, "GET /images/%zz/json")).status, 400);
	});

	test("credentials are decoded for a push, and never repeated", async () => {
		const auth = Buffer.from('{"username":"u","password":"p?>"}').toString("base64url");
		await ask(server.path, "POST /images/a/b/push?tag=1", { headers: { "X-Registry-Auth": auth } });
		assert.deepEqual(pushed, {
			reference: "a/b",
			tag: "1",
			platform: undefined,
			auth: { username: "u", password: "p?>" },
		});
		const bad = Buffer.from('{"password":["secret"]}').toString("base64url");
		const answer = await ask(server.path, "POST /images/a/push", { headers: { "X-Registry-Auth": bad } });
		assert.equal(answer.status, 400);
		assert.doesNotMatch(answer.body, /secret/);
	});

	test("older versions get the fields that their clients read", async () => {
		const old = (await ask(server.path, "GET /v1.43/containers/web/json")).json as Record<
			string,
			Record<string, unknown>
		>;
		assert.equal(old["NetworkSettings"]?.["IPAddress"], "172.17.0.2");
		assert.equal(old["Config"]?.["MacAddress"], "02:00:00:00:00:01");
		const young = (await ask(server.path, "GET /containers/web/json")).json as Record<
			string,
			Record<string, unknown>
		>;
		assert.equal(young["NetworkSettings"]?.["IPAddress"], undefined);
		assert.deepEqual((await ask(server.path, "GET /v1.43/images/json")).json, [
			{ Id: "sha256:1", Size: 5, VirtualSize: 5 },
		]);
		assert.deepEqual((await ask(server.path, "GET /v1.44/images/json")).json, [{ Id: "sha256:1", Size: 5 }]);
	});

	test("events keep their nanoseconds", async () => {
		const old = await ask(server.path, "GET /v1.44/events");
		assert.equal(
			old.body,
			'{"status":"die","id":"abc","from":"busybox","Type":"container","Action":"die","Actor":{"ID":"abc",' +
				'"Attributes":{"image":"busybox","exitCode":"0"}},"scope":"local","time":1790000000,' +
				'"timeNano":1790000000123456789}\n',
		);
		const young = await ask(server.path, "GET /events", { headers: { Accept: "application/jsonl" } });
		assert.equal(young.headers["content-type"], "application/jsonl");
		assert.doesNotMatch(young.body, /"status"/);
		assert.equal((await ask(server.path, "GET /events?since=20&until=10")).status, 400);
	});

	test("disk usage is flat up to 1.51 and by kind after", async () => {
		const flat = (await ask(server.path, "GET /v1.51/system/df")).json as Record<string, unknown>;
		assert.equal(flat["LayersSize"], 100);
		const grouped = (await ask(server.path, "GET /system/df")).json as Record<string, unknown>;
		assert.deepEqual(grouped["ImageUsage"], {
			ActiveCount: 1,
			TotalCount: 2,
			Reclaimable: 40,
			TotalSize: 100,
		});
		assert.equal((await ask(server.path, "GET /system/df?type=pods")).status, 400);
	});
});
