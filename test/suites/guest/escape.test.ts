/**
 * A hostile root against QEMU's devices, without supervisor and jail: QEMU runs as the tests' user here, so whatever
 * holds is held by QEMU itself. `test/e2e/vm-escape.test.ts` has the same in machines of the engine.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { frameType } from "../../../src/runtime/session/frame.ts";
import { containerFields, GuestMachine, type MachineDisks, makeDisks } from "../../support/guest-machine.ts";

const secret = "the host's alone";
let folder: string;
let shared: string;
let disks: MachineDisks;
let machine: GuestMachine;

beforeAll(async () => {
	folder = mkdtempSync(`${tmpdir()}/hull-guest-escape-`);
	shared = join(folder, "shared");
	execFileSync("make", ["-C", "native", "--silent", "assault"]);
	mkdirSync(join(shared, "inner"), { recursive: true });
	cpSync("native/build/hull-assault", join(shared, "assault"));
	writeFileSync(join(folder, "secret"), secret);
	symlinkSync(join(folder, "secret"), join(shared, "absolute"));
	symlinkSync("../secret", join(shared, "upwards"));
	symlinkSync("..", join(shared, "parent"));
	disks = makeDisks(folder, { upper: true });
	machine = await GuestMachine.boot(disks, { shared });
	await machine.request(frameType.guestPrepare, containerFields(disks, ["sleep", "100000"]));
	machine.stream(frameType.attach, [["stdout", true]]);
	await machine.request(frameType.start);
	// Root is given what a container of the engine has to fight for: drivers, device nodes, the shared folder.
	await asRoot(`mount -o remount,rw /sys
		for device in /sys/bus/virtio/devices/*; do echo \${device##*/} >/sys/bus/virtio/drivers_probe; done
		mkdir /all; mount -t 9p -o trans=virtio,version=9p2000.L shared /all; cp /all/assault /; mknod /dev/mem c 1 1`);
});
afterAll(async () => {
	await machine[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

async function asRoot(script: string): Promise<string> {
	const { output, errors } = await machine.exec(["sh", "-c", script]);
	return output + errors;
}

test("the image's layers cannot be written, whatever the guest's kernel is told", async () => {
	const before = Bun.hash(readFileSync(disks.layers!.path));
	const said = await asRoot(`mknod /disk b $(tr : ' ' </sys/block/vda/dev); blockdev --setrw /disk
		dd if=/dev/urandom of=/disk bs=4k count=64 conv=fsync`);
	expect(said).toMatch(/error|not permitted|read-only/i);
	expect(Bun.hash(readFileSync(disks.layers!.path))).toBe(before);
});

test("links and dots of a shared folder lead nowhere on the host", async () => {
	const seen = await asRoot(`cd /all; ls; cat absolute upwards parent/secret ../secret inner/../../secret
		ln -s ${folder}/secret planted; cat planted; ln ../secret linked; mv ../secret taken; echo changed >upwards
		echo changed >absolute; mkdir a; mount --bind / a; cat a/all/../secret`);
	expect(seen).toContain("inner");
	expect(seen).not.toContain(secret);
	expect(readFileSync(join(folder, "secret"), "utf8")).toBe(secret);
	expect(existsSync(join(shared, "taken"))).toBe(false);
});

test("noise into I/O ports leaves the machine as it was", async () => {
	expect(await asRoot("/assault ports")).toContain("end\tports");
	expect(await asRoot("echo alive")).toBe("alive\n");
});

test("noise into the registers of network cards leaves the machine as it was", async () => {
	// A page of registers is the user's once the kernel has let go of all that is in it.
	const said = await asRoot(`for device in 00 01 02; do
		echo LNRO0005:$device >/sys/bus/platform/drivers/virtio-mmio/unbind; done; /assault memory 0xfeb01000 0x1000`);
	expect(said).toContain("end\tmemory\t1");
	expect(await asRoot("echo alive")).toBe("alive\n");
	expect(machine.qemu.exitCode).toBeNull();
});
