/** Machines share the memory of what they were restored from. None of them changes what another one reads. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";
import { accessModes, asQemu, memoryOf } from "../support/taken-over.ts";
import { asRoot, hostileMachine, qemuPid } from "../support/vm-escape.ts";

const timeoutMs = 120_000;
let engine: TestDaemon;
beforeAll(async () => {
	engine = await startTestDaemon();
	await engine.ok(["run", "--rm", "--isolation", "vm", "busybox", "true"], { timeoutMs });
	await eventually(() => expect(existsSync(join(templates(), "state"))).toBe(true), timeoutMs);
}, timeoutMs);
afterAll(async () => {
	await engine.assertClean();
	await engine[Symbol.asyncDispose]();
}, timeoutMs);

/** The folder of the only template. */
function templates(): string {
	const root = join(engine.dataRoot, "vm/templates");
	return join(root, existsSync(root) ? (readdirSync(root)[0] ?? "") : "");
}

function digest(folder: string): string {
	return createHash("sha256")
		.update(readFileSync(join(folder, "memory")))
		.digest("hex");
}

/** Every way to write to a file that a user has who may open it: by its name, and by a descriptor of QEMU's. */
const writes = `
import ctypes, mmap, os
libc = ctypes.CDLL(None, use_errno=True)
def attempt(what, call):
    try:
        print(what, "worked" if call() != -1 else "refused")
    except (OSError, ValueError, PermissionError):
        print(what, "refused")
name = "/template/memory"
open_ones = ["/proc/1/fd/" + fd for fd in os.listdir("/proc/1/fd") if os.readlink("/proc/1/fd/" + fd) == name]
taken = [libc.syscall(438, libc.syscall(434, 1, 0), int(path.split("/")[-1]), 0) for path in open_ones]
assert open_ones and min(taken) >= 0, "QEMU has it open, and its descriptor can be taken"
for path in [name, *open_ones]:
    attempt("open", lambda: os.open(path, os.O_RDWR))
    attempt("truncate", lambda: os.truncate(path, 0))
    attempt("chmod", lambda: os.chmod(path, 0o666))
for fd in taken:
    attempt("write", lambda: os.pwrite(fd, b"x" * 4096, 0))
    attempt("punch", lambda: libc.fallocate(fd, 3, ctypes.c_long(0), ctypes.c_long(1 << 20)))
    attempt("allocate", lambda: libc.fallocate(fd, 0, ctypes.c_long(0), ctypes.c_long(1 << 20)))
    attempt("map", lambda: mmap.mmap(fd, 4096, mmap.MAP_SHARED, mmap.PROT_WRITE))
    attempt("shorten", lambda: os.ftruncate(fd, 0))
attempt("unlink", lambda: os.unlink(name))
attempt("rename", lambda: os.rename(name, "/template/other"))
attempt("remount", lambda: libc.mount(None, b"/template/memory", None, 4096 | 32, None))
attempt("umount", lambda: libc.umount2(b"/template/memory", 2))
print("end")
`;

async function assertUnwritable(name: string, folder: string): Promise<void> {
	const pid = await qemuPid(engine, name);
	expect(accessModes(pid, "/template/memory")).toEqual([0]);
	const before = digest(folder);
	const seen = await asQemu(pid, ["/usr/bin/python3", "-c", writes]);
	expect(seen.match(/^.* worked$/gm) ?? []).toEqual([]);
	expect(seen.match(/^.* refused$/gm)).toHaveLength(15);
	expect(seen).toEndWith("end\n");
	expect(statSync(join(folder, "memory")).mode & 0o777).toBe(0o444);
	expect(digest(folder)).toBe(before);
}

test(
	"a QEMU that was taken over cannot write to its template",
	async () => {
		await hostileMachine(engine, "taken");
		await assertUnwritable("taken", templates());
		expect(await engine.ok(["run", "--rm", "--isolation", "vm", "busybox", "echo", "sound"])).toBe("sound\n");
		await engine.ok(["rm", "-f", "taken"]);
	},
	timeoutMs,
);

test(
	"a QEMU that was taken over cannot write to the machine that it was copied from",
	async () => {
		await hostileMachine(engine, "origin");
		const own = (...args: string[]) => hullCli(engine.socket, args, { timeoutMs });
		expect((await own("snapshot", "create", "--name", "warm", "origin")).code).toBe(0);
		expect((await own("snapshot", "restore", "--name", "back", "warm")).code).toBe(0);
		const root = join(engine.dataRoot, "vm/snapshots");
		await assertUnwritable("back", join(root, readdirSync(root)[0]!));
		await engine.ok(["rm", "-f", "origin", "back"]);
		expect((await own("snapshot", "rm", "warm")).code).toBe(0);
	},
	timeoutMs,
);

test(
	"memory that a machine gives back is the host's again, and stays in its template",
	async () => {
		await hostileMachine(engine, "generous");
		const pid = await qemuPid(engine, "generous");
		const before = digest(templates());
		const fill = `for device in /sys/bus/virtio/devices/*; do
			[ $(cat $device/device) = 0x0005 ] && echo \${device##*/} >/sys/bus/virtio/drivers/virtio_balloon/bind; done
			mkdir /fill; mount -t tmpfs -o size=400m none /fill; dd if=/dev/zero of=/fill/file bs=1M count=300`;
		await asRoot(engine, "generous", fill);
		const full = memoryOf(pid);
		expect(full).toBeGreaterThan(300 * 2 ** 20);
		await asRoot(engine, "generous", "rm /fill/file");
		await eventually(() => expect(memoryOf(pid)).toBeLessThan(full - 200 * 2 ** 20), 60_000);
		expect(digest(templates())).toBe(before);
		await engine.ok(["rm", "-f", "generous"]);
	},
	timeoutMs,
);
