/** The daemon is killed while a machine that runs comes to a network or leaves one. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

const timeoutMs = 120_000;
let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon({ arguments: ["--vm-memory", "128m"] });
	await hull.ok(["network", "create", "--subnet", "10.211.9.0/24", "extra"]);
	await hull.ok(["run", "-d", "--isolation", "vm", "--name", "machine", "busybox", "sleep", "10000"], {
		timeoutMs,
	});
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	await hull.ok(["network", "rm", "extra"]);
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

const connect = ["network", "connect", "extra", "machine"];
const disconnect = ["network", "disconnect", "extra", "machine"];
const look = (script: string) => hull.ok(["exec", "machine", "sh", "-c", script], { timeoutMs });
const names = async () =>
	Object.keys((await hull.api("GET", "/containers/machine/json")).json.NetworkSettings.Networks).sort();

async function crashAt(failpoint: string, command: readonly string[]): Promise<void> {
	await hull.stop();
	await hull.start({ failpoint });
	await hull.docker(command, { timeoutMs });
	await hull.ended();
	await hull.start();
}

async function assertOn(): Promise<void> {
	expect(await names()).toEqual(["bridge", "extra"]);
	await eventually(() => look("ping -c 1 -W 2 10.211.9.1"), 30_000);
}

async function assertOff(): Promise<void> {
	expect(await names()).toEqual(["bridge"]);
	await eventually(async () => expect(await look("ip -o -4 addr")).not.toContain("10.211.9."));
}

test.each([
	"networks.connect.after-persist",
	"vm.plug.after-lend",
	"vm.plug.after-plug",
	"containers.connect.after-plug",
])(
	"connect killed at %s: it is not connected, and can be",
	async (point) => {
		await crashAt(point, connect);
		await assertOff();
		await hull.ok(connect, { timeoutMs });
		await assertOn();
		await hull.ok(disconnect, { timeoutMs });
		await assertOff();
	},
	timeoutMs,
);

test.each([
	"containers.disconnect.after-persist",
	"networks.disconnect.after-delete",
	"vm.unplug.after-unplug",
])(
	"disconnect killed at %s: it is disconnected, and can be connected again",
	async (point) => {
		await hull.ok(connect, { timeoutMs });
		await crashAt(point, disconnect);
		await assertOff();
		await hull.ok(connect, { timeoutMs });
		await assertOn();
		await hull.ok(disconnect, { timeoutMs });
	},
	timeoutMs,
);
