import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createStdcopyDecoder } from "../../src/api/syntax.ts";
import { rawClient } from "../api/raw-client.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { processesNaming } from "../support/leftovers.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

const printedBytes = 32 * 1024 * 1024;

/** Attached to a container that has ended, with nothing read of what it printed. */
async function stuckClient() {
	const print = ["dd", "if=/dev/zero", "bs=64k", `count=${printedBytes / 65_536}`];
	const id = (await hull.ok(["create", "--log-driver", "none", "busybox", ...print])).trim();
	const client = await rawClient(hull.socket);
	client.send(
		`POST /containers/${id}/attach?stdout=1&stream=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
	);
	await client.until(/\r\n\r\n$/);
	client.socket.removeAllListeners("data");
	client.socket.pause();
	await hull.ok(["start", id]);
	await hull.ok(["wait", id]);
	return { id, client };
}

test("a client that reads slower than the container prints gets all of it after the container has ended", async () => {
	const { id, client } = await stuckClient();
	const decoder = createStdcopyDecoder();
	let bytes = 0;
	client.socket.on("data", (chunk: Buffer) => {
		for (const { data } of decoder.push(chunk)) bytes += data.length;
	});
	client.socket.resume();
	await client.all();
	expect(bytes).toBe(printedBytes);
	await hull.ok(["rm", id]);
});

test("a client that reads nothing keeps what was printed for it until the container is removed", async () => {
	const { id, client } = await stuckClient();
	const supervisors = () => processesNaming(hull.runRoot).filter((pid) => commandLine(pid).includes(id));
	await eventually(() => expect(supervisors()).toHaveLength(1));
	await hull.ok(["rm", id]);
	await eventually(() => expect(supervisors()).toHaveLength(0), 30_000);
	client.socket.destroy();
}, 60_000);

function commandLine(pid: number): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, "utf8");
	} catch {
		return "";
	}
}
