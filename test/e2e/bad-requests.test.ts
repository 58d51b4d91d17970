import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
	await hull.ok(["create", "--name", "stopped", "busybox", "true"]);
	await hull.ok(["run", "-d", "--name", "running", "busybox", "sleep", "1000"]);
	await hull.ok(["run", "-d", "--name", "paused", "-v", "used:/v", "busybox", "sleep", "1000"]);
	await hull.ok(["pause", "paused"]);
}, 30_000);
afterAll(async () => hull[Symbol.asyncDispose](), 30_000);

type Case = readonly [line: string, status: number, message: RegExp, body?: unknown];

async function refuses([line, status, message, body]: Case): Promise<void> {
	const [method, path] = line.split(" ") as [string, string];
	const answer = await hull.api(method, path, body);
	expect([line, body, answer.status, answer.json?.message]).toEqual([
		line,
		body,
		status,
		expect.stringMatching(message),
	]);
}

function refusesAll(cases: readonly Case[]): void {
	for (const one of cases)
		test(`${one[0]} ${one[3] === undefined ? "" : JSON.stringify(one[3])}`, () => refuses(one));
}

const create = "POST /containers/create";
const filters = (value: unknown) => `filters=${encodeURIComponent(JSON.stringify(value))}`;
const withHost = (HostConfig: object) => ({ Image: "busybox", Cmd: ["true"], HostConfig });

describe("what there is not, or not in this state", () => {
	refusesAll([
		["POST /containers/nosuch/start", 404, /^No such container: nosuch$/],
		["DELETE /containers/nosuch", 404, /^No such container: nosuch$/],
		["GET /containers/nosuch/logs?stdout=1", 404, /^No such container: nosuch$/],
		["GET /containers/stopped/top", 409, /is not running$/],
		["POST /containers/stopped/kill", 409, /is not running$/],
		["POST /containers/stopped/pause", 409, /is not running$/],
		["POST /containers/stopped/exec", 409, /is not running$/, { Cmd: ["true"] }],
		["POST /containers/running/unpause", 409, /is not paused$/],
		["POST /containers/paused/pause", 409, /is already paused$/],
		["POST /containers/paused/exec", 409, /is paused, unpause the container before exec$/, { Cmd: ["true"] }],
		["POST /containers/running/kill?signal=BOGUS", 400, /^invalid signal: BOGUS$/i],
		["POST /containers/running/exec", 400, /^No exec command specified$/, {}],
		["DELETE /containers/running", 409, /container is running/],
		["DELETE /containers/paused", 409, /container is paused/],
		["POST /containers/running/rename?name=stopped", 409, /The container name "\/stopped" is already in use/],
		["GET /containers/running/archive?path=/nosuch", 404, /Could not find the file \/nosuch in container/],
		["POST /exec/nosuch/start", 404, /^No such exec instance: nosuch$/, {}],
		["GET /images/nosuch/json", 404, /No such image: nosuch:latest$/],
		[
			"DELETE /images/busybox",
			409,
			/conflict: unable to remove repository reference "busybox" \(must force\)/,
		],
		["GET /volumes/nosuch", 404, /^get nosuch: no such volume$/],
		["DELETE /volumes/used", 409, /^remove used: volume is in use - \[[0-9a-f]{64}\]$/],
		["GET /networks/nosuch", 404, /^network nosuch not found$/],
	]);
});

describe("what a start would stumble over is refused by the create", () => {
	refusesAll([
		[create, 404, /No such image: nosuch:latest$/, { Image: "nosuch", Cmd: ["true"] }],
		[create, 400, /no command specified/i, { Image: "busybox", Cmd: [] as string[], Entrypoint: [""] }],
		[`${create}?name=running`, 409, /The container name "\/running" is already in use/, withHost({})],
		[`${create}?name=-bad`, 400, /^Invalid container name \(-bad\)/, withHost({})],
		[`${create}?platform=linux/s390x`, 404, /does not provide the specified platform/, withHost({})],
		[`${create}?platform=a/b/c/d`, 400, /^"a\/b\/c\/d": cannot parse platform specifier/, withHost({})],
		[`${create}?platform=x!`, 400, /platform specifier component must match/, withHost({})],
		[create, 400, /^bad format for add-host: "bad"$/, withHost({ ExtraHosts: ["bad"] })],
		[create, 400, /^invalid IP address in add-host: "9.1"$/, withHost({ ExtraHosts: ["a:9.1"] })],
		[
			create,
			400,
			/^invalid mount path: 'rel' mount path must be absolute$/,
			withHost({ Tmpfs: { rel: "" } }),
		],
		[create, 400, /destination can't be '\/'$/, withHost({ Tmpfs: { "/": "" } })],
		[create, 400, /unknown capability: "CAP_BOGUS"$/, withHost({ CapAdd: ["BOGUS"] })],
		[create, 400, /unknown capability: "CAP_BOGUS"$/, withHost({ CapDrop: ["BOGUS"] })],
		[create, 400, /^invalid --security-opt: "bogus=1"$/, withHost({ SecurityOpt: ["bogus=1"] })],
		[create, 400, /^network nosuch not found$/, withHost({ NetworkMode: "nosuch" })],
		[create, 400, /Minimum memory limit allowed is 6MB/, withHost({ Memory: 1 })],
		[
			create,
			400,
			/bind source path does not exist/,
			{
				...withHost({ Mounts: [{ Type: "bind", Source: "/nosuch", Target: "/x" }] }),
			},
		],
	]);
});

describe("filters that no engine knows are refused", () => {
	refusesAll([
		[`GET /containers/json?${filters({ bogus: ["1"] })}`, 400, /^invalid filter 'bogus'$/],
		[`GET /containers/json?${filters({ status: ["bogus"] })}`, 400, /^invalid filter 'status=bogus'$/],
		[`GET /images/json?${filters({ bogus: ["1"] })}`, 400, /^invalid filter 'bogus'$/],
		[`GET /volumes?${filters({ dangling: ["x"] })}`, 400, /^invalid filter 'dangling=x'$/],
		[`GET /networks?${filters({ type: ["bogus"] })}`, 400, /^invalid filter: 'type'='bogus'$/],
		[
			`POST /containers/prune?${filters({ until: ["x"] })}`,
			400,
			/^failed to parse value as time or duration: "x"$/,
		],
		["GET /containers/json?filters=x", 400, /^invalid filter/],
	]);
});

test("an exec that has not ended has the exit code null, which docker-py asks for", async () => {
	const exec = await hull.api("POST", "/containers/running/exec", { Cmd: ["sleep", "1000"] });
	const path = `/exec/${exec.json.Id}`;
	expect((await hull.api("GET", `${path}/json`)).json).toMatchObject({ Running: false, ExitCode: null });
	await hull.api("POST", `${path}/start`, { Detach: true });
	expect((await hull.api("GET", `${path}/json`)).json).toMatchObject({ Running: true, ExitCode: null });
});
