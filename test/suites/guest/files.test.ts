import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { frameType } from "../../../src/runtime/session/frame.ts";
import { containerFields, GuestMachine, makeDisks } from "../../support/guest-machine.ts";
import { FuseClient, opcode, text } from "./fuse-client.ts";

const [noEntry, invalid, notImplemented, exists] = [-2, -22, -38, -17];
let folder: string;
let machine: GuestMachine;
let files: FuseClient;

// A container that is prepared and not started; the last tests start it.
beforeAll(async () => {
	folder = mkdtempSync(`${tmpdir()}/hull-guest-test-`);
	const disks = makeDisks(folder);
	machine = await GuestMachine.boot(disks);
	await expect(machine.request(frameType.files)).rejects.toThrow("files without prepare");
	await machine.request(frameType.guestPrepare, containerFields(disks, ["sleep", "1000"]));
	files = await FuseClient.open(machine);
});

afterAll(async () => {
	await machine[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

test("before the start there are the root and what is changed in it", async () => {
	expect(await files.names("/")).toEqual(["root", "upper"]);
	expect(await files.names("/root")).toEqual(["bin", "dev", "etc", "proc", "root", "sys", "tmp"]);
	expect(await files.names("/upper")).toEqual([]);
	expect(await files.read("/root/etc/hidden")).toBe("above\n");
});

test("what is written shows above the layers, with the writer as owner", async () => {
	await files.write("/root/etc/hidden", "changed\n");
	await files.write("/root/etc/made", "made\n");
	expect(await files.read("/upper/etc/made")).toBe("made\n");
	expect(await files.names("/upper/etc")).toEqual(["hidden", "made"]);
	const attributes = await files.must(opcode.getattr, await files.walk("/root/etc/made"), Buffer.alloc(16));
	expect([attributes.readUInt32LE(16 + 60), attributes.readUInt32LE(16 + 68)]).toEqual([0o100644, 12]);
});

test("what is removed leaves a whiteout, a 0:0 device, above", async () => {
	await files.must(opcode.unlink, await files.walk("/root/etc"), text("passwd"));
	const whiteout = await files.must(opcode.getattr, await files.walk("/upper/etc/passwd"), Buffer.alloc(16));
	expect([whiteout.readUInt32LE(16 + 60) & 0o170000, whiteout.readUInt32LE(16 + 76)]).toEqual([0o020000, 0]);
});

test("folders, links, renames and extended attributes", async () => {
	const tmp = await files.walk("/root/tmp");
	const mode = Buffer.alloc(8);
	mode.writeUInt32LE(0o750, 0);
	await files.must(opcode.mkdir, tmp, Buffer.concat([mode, text("one")]));
	expect((await files.ask(opcode.mkdir, tmp, Buffer.concat([mode, text("one")]))).error).toBe(exists);
	await files.must(opcode.symlink, await files.walk("/root/tmp/one"), text("link", "/etc/passwd"));
	const link = await files.walk("/root/tmp/one/link");
	const target = Buffer.alloc(8);
	target.writeBigUInt64LE(BigInt(await files.walk("/root")), 0);
	await files.must(opcode.rename, tmp, Buffer.concat([target, text("one", "two")]));
	// The node that was known before is the one in the folder that was moved.
	expect((await files.must(opcode.readlink, link)).toString()).toBe("/etc/passwd");
	expect(await files.names("/root/two")).toEqual(["link"]);
	const value = Buffer.alloc(8);
	value.writeUInt32LE(3, 0);
	const two = await files.walk("/root/two");
	await files.must(opcode.setxattr, two, Buffer.concat([value, text("trusted.key"), Buffer.from("abc")]));
	const size = Buffer.alloc(8);
	size.writeUInt32LE(100, 0);
	expect(
		(await files.must(opcode.getxattr, two, Buffer.concat([size, text("trusted.key")]))).toString(),
	).toBe("abc");
});

test("messages that no kernel sends are answered with errors", async () => {
	const root = await files.walk("/root");
	expect((await files.ask(opcode.lookup, root, text("nothing"))).error).toBe(noEntry);
	expect((await files.ask(opcode.lookup, root, text("../../proc"))).error).toBe(invalid);
	expect((await files.ask(opcode.lookup, root, text(".."))).error).toBe(invalid);
	expect((await files.ask(opcode.lookup, root, Buffer.from("unterminated"))).error).toBe(invalid);
	expect((await files.ask(opcode.lookup, 123_456, text("etc"))).error).toBeLessThan(0);
	expect((await files.ask(opcode.read, root, Buffer.alloc(3))).error).toBe(invalid);
	expect((await files.ask(opcode.read, root, Buffer.alloc(40))).error).toBeLessThan(0);
	expect((await files.ask(9_999, root)).error).toBe(notImplemented);
	expect((await files.ask(opcode.unlink, 1, text("root"))).error).toBeLessThan(0);
});

test("a running container's files are seen with what is mounted there", async () => {
	await machine.request(frameType.start);
	expect(await files.names("/root/dev")).toContain("null");
	expect(await files.read("/root/proc/1/comm")).toBe("sleep\n");
	await machine.exec(["sh", "-c", "echo inside > /dev/shm/file"]);
	expect(await files.read("/root/dev/shm/file")).toBe("inside\n");
	await files.write("/root/dev/shm/other", "outside\n");
	expect((await machine.exec(["cat", "/dev/shm/other"])).output).toBe("outside\n");
});

test("a second channel closes the first", async () => {
	const first = files.channel;
	files = await FuseClient.open(machine);
	await first.answer(frameType.closed);
	expect(await files.read("/root/etc/made")).toBe("made\n");
});

test("the container's end closes the channel, and the machine goes off", async () => {
	const waiting = machine.request(frameType.wait);
	await machine.request(frameType.signal, [["signal", 9]]);
	await files.channel.answer(frameType.closed);
	await waiting;
	expect(await machine.ended()).toBe(0);
});
