import { expect, test } from "bun:test";
import { type MachineOptions, qemuArguments } from "./qemu-arguments.ts";

const options: MachineOptions = {
	size: { memoryBytes: 256 * 2 ** 20, cpus: 2 },
	accelerator: "tcg",
	tscKhz: 2_100_000,
	taps: 1,
	disks: { layers: true, upper: "durable" },
	start: "boot",
};

function valuesOf(flag: string, args: readonly string[]): string[] {
	return args.filter((_, index) => args[index - 1] === flag);
}

function buses(args: readonly string[]): string[] {
	return valuesOf("-device", args).flatMap((device) => /bus=virtio-mmio-bus\.(\d+)/.exec(device)?.[1] ?? []);
}

test("each device has its bus, whatever stands behind it", () => {
	const all = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
	expect(buses(qemuArguments(options))).toEqual(all);
	expect(buses(qemuArguments({ ...options, taps: 0, disks: { layers: false, upper: "none" } }))).toEqual(all);
});

test("only cards with a tap lead out", () => {
	expect(valuesOf("-netdev", qemuArguments(options))).toEqual([
		"tap,id=net0,fd={tap0}",
		"hubport,id=net1,hubid=1",
		"hubport,id=net2,hubid=2",
		"hubport,id=net3,hubid=3",
	]);
});

test("a restored machine has the devices of its template, no kernel, and memory of its own", () => {
	const template = qemuArguments({ ...options, start: "template" });
	const clone = qemuArguments({ ...options, start: "restore" });
	expect(valuesOf("-device", clone)).toEqual(valuesOf("-device", template));
	expect(clone).not.toContain("-kernel");
	expect(valuesOf("-incoming", clone)).toEqual(["defer"]);
	expect(valuesOf("-object", clone)[0]).toEndWith("share=off");
	expect(valuesOf("-object", template)[0]).toEndWith("share=on");
});

test("only a template keeps its drivers from their devices", () => {
	expect(valuesOf("-append", qemuArguments({ ...options, start: "template" }))[0]).toContain(
		"hull.template=1",
	);
	expect(valuesOf("-append", qemuArguments(options))[0]).not.toContain("hull.template");
});

test("a disk that dies with its container is never synced", () => {
	const upper = (args: readonly string[]) =>
		valuesOf("-blockdev", args).find((disk) => disk.includes("node-name=upper"));
	expect(upper(qemuArguments({ ...options, disks: { layers: true, upper: "volatile" } }))).toContain(
		"cache.no-flush=on",
	);
	expect(upper(qemuArguments(options))).toContain("cache.no-flush=off");
});

test("QEMU may neither start programs nor gain rights", () => {
	const [sandbox] = valuesOf("-sandbox", qemuArguments(options));
	expect(sandbox).toContain("spawn=deny");
	expect(sandbox).toContain("elevateprivileges=deny");
});
