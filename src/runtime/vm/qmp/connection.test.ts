import { expect, test } from "bun:test";
import type { Socket } from "node:net";
import { createSocketPair, streamSocket } from "../../../sys/index.ts";
import { QmpConnection } from "./connection.ts";

/** A QEMU that answers what the test says. */
function scripted(): { readonly qmp: QmpConnection; readonly qemu: Socket } {
	const [ours, theirs] = createSocketPair();
	return { qmp: new QmpConnection(streamSocket(ours), "web"), qemu: streamSocket(theirs) };
}

test("answers find their questions, events their listeners", async () => {
	const { qmp, qemu } = scripted();
	const events: string[] = [];
	qmp.onEvent((event) => events.push(event));
	qemu.write('{"QMP":{"version":{}}}\r\n');
	const first = qmp.execute("stop");
	const second = qmp.execute("query-status");
	qemu.write(
		'{"event":"STOP","timestamp":{}}\n{"return":{"status":"paused"},"id":1}\n{"return":{},"id":0}\n',
	);
	expect(await second).toEqual({ status: "paused" });
	expect(await first).toEqual({});
	expect(events).toEqual(["STOP"]);
	qmp.close();
	qemu.destroy();
});

test("an error has QEMU's text", async () => {
	const { qmp, qemu } = scripted();
	const answer = qmp.execute("cont");
	qemu.write('{"error":{"class":"GenericError","desc":"no such thing"},"id":0}\n');
	await expect(answer).rejects.toThrow("qemu: no such thing");
	qmp.close();
	qemu.destroy();
});

for (const [what, bytes] of [
	["a line that is no object", "[]\n"],
	["a line that is no object", "garbage\n"],
	["an answer that nobody waits for", '{"return":{},"id":99}\n'],
	["a line that is too long", "x".repeat(2 * 1024 * 1024)],
] as const) {
	test(`${what} ends the conversation`, async () => {
		const { qmp, qemu } = scripted();
		qemu.on("error", () => undefined);
		const answer = qmp.execute("cont");
		qemu.write(bytes);
		await expect(answer).rejects.toThrow(`qemu of web sent ${what}`);
		await expect(qmp.execute("stop")).rejects.toThrow(what);
		qemu.destroy();
	});
}

test("a QEMU that is gone answers nothing more", async () => {
	const { qmp, qemu } = scripted();
	const answer = qmp.execute("cont");
	qemu.destroy();
	await expect(answer).rejects.toThrow("qemu of web is gone");
});
