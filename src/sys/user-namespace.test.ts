import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asFileOwner } from "./file-owner.ts";
import { cloneTree, mapTree } from "./mount-tree.ts";
import { idsOfProcess, makeUserNamespace } from "./user-namespace.ts";

const program = [new URL("../../native/build/hull-shim", import.meta.url).pathname, "--user-namespace"];
const outside = 0x2000_0000;
const range = [{ inside: 0, outside, size: 1000 }];
const ids = { uids: range, gids: range };

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "hull-user-"));
	writeFileSync(join(folder, "ours"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("files belong to whom they are made as, and then to root again", () => {
	const made = asFileOwner({ uid: 7, gid: 8 }, () => {
		// In a folder that is closed to them: nothing that root may do to files is lost meanwhile.
		writeFileSync(join(folder, "theirs"), "");
		return statSync(join(folder, "theirs"));
	});
	expect([made.uid, made.gid]).toEqual([7, 8]);
	expect(() => asFileOwner({ uid: 7, gid: 8 }, () => statSync("/missing"))).toThrow("ENOENT");
	writeFileSync(join(folder, "after"), "");
	expect(statSync(join(folder, "after")).uid).toBe(0);
});

test("a tree's files are whose a user namespace says, once", async () => {
	const { user, network } = await makeUserNamespace(program, { ids });
	const joined = await makeUserNamespace(program, { joined: user });
	const open = openSync(folder, "r");
	const tree = cloneTree(open, { recursive: false });
	try {
		mapTree(tree, user, { recursive: false });
		expect(statSync(`/proc/self/fd/${tree}/ours`).uid).toBe(outside);
		expect(statSync(join(folder, "ours")).uid).toBe(0);
		expect(() => mapTree(tree, joined.user, { recursive: false })).toThrow("mount_setattr");
	} finally {
		for (const fd of [user, network, joined.user, joined.network, open, tree]) closeSync(fd);
	}
});

test("ids that cannot be had are an error; this process's own namespace is no other", async () => {
	const wrong = [{ inside: 0, outside: 0, size: 0 }];
	await expect(makeUserNamespace(program, { ids: { uids: wrong, gids: wrong } })).rejects.toThrow("EINVAL");
	expect(idsOfProcess(process.pid)).toBeUndefined();
});
