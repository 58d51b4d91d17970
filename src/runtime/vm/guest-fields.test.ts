import { expect, test } from "bun:test";
import type { RuntimeSpec } from "../../oci/index.ts";
import { guestPrepareFields, limitFields, processFields } from "./guest-fields.ts";
import { guestMounts } from "./guest-mounts.ts";

const process: RuntimeSpec["process"] = {
	user: { uid: 1000, gid: 100, additionalGids: [4, 5] },
	args: ["/sbin/docker-init", "--", "sleep", "9"],
	env: ["PATH=/bin"],
	cwd: "/srv",
	capabilities: { bounding: ["CAP_CHOWN", "CAP_NET_RAW"], effective: [], permitted: ["CAP_CHOWN"] },
	noNewPrivileges: true,
	rlimits: [{ type: "RLIMIT_NOFILE", soft: 1024, hard: { rawJSON: "18446744073709551615" } }],
};

function valuesOf(key: string, fields: Iterable<readonly [string, unknown]>): unknown[] {
	return [...fields].filter(([name, value]) => name === key && value !== undefined).map(([, value]) => value);
}

test("a process is told with its ids, rights and limits", () => {
	const fields = processFields(process);
	expect(valuesOf("group", fields)).toEqual([4, 5]);
	expect(valuesOf("cap-bounding", fields)).toEqual([String((1 << 0) | (1 << 13))]);
	expect(valuesOf("cap-inheritable", fields)).toEqual(["0"]);
	expect(valuesOf("rlimit", fields)).toEqual(["RLIMIT_NOFILE:1024:18446744073709551615"]);
	expect(valuesOf("no-new-privileges", fields)).toEqual([true]);
});

test("hull-guest is the init itself: what is bound for one is left out", () => {
	const mounts = guestMounts(
		[
			{ destination: "/proc", type: "proc", source: "proc", options: ["nosuid"] },
			{ destination: "/sbin/docker-init", type: "bind", source: "/usr/bin/tini", options: ["bind", "ro"] },
			{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"] },
			{ destination: "/data", type: "bind", source: "/srv/data", options: ["rbind", "rro", "rprivate"] },
		],
		"/state",
	);
	const fields = guestPrepareFields({
		spec: {
			ociVersion: "1.0.2",
			process,
			root: { path: "", readonly: true },
			mounts: [],
			linux: { namespaces: [{ type: "pid" }, { type: "ipc" }], resources: { pids: { limit: -1 } } },
		},
		mounts,
		layers: [{ offset: 0, length: 4096 }],
		upper: "disk",
		terminal: false,
		openStdin: false,
		stdinOnce: false,
		seccomp: undefined,
		whole: true,
	} as Parameters<typeof guestPrepareFields>[0]);
	expect(valuesOf("arg", fields)).toEqual(["sleep", "9"]);
	expect(valuesOf("init", fields)).toEqual([true]);
	expect(valuesOf("machine", fields)).toEqual([true]);
	expect(valuesOf("layer", fields)).toEqual(["0:4096"]);
	expect(valuesOf("guest-mount-target", fields)).toEqual(["/proc", "/sys/fs/cgroup", "/data"]);
	expect(valuesOf("guest-mount-type", fields)).toEqual(["proc", "cgroup2", "shared"]);
	expect(valuesOf("limit-pids", fields)).toEqual(["max"]);
	expect(mounts.shared).toEqual([{ source: "/srv/data", name: "0", readOnly: true, recursive: true }]);
});

test("limits are those of control group v2", () => {
	const fields = limitFields({
		memory: { limit: 100, swap: 250 },
		cpu: { shares: 1024, quota: 50_000, period: 100_000 },
	});
	expect(valuesOf("limit-swap", fields)).toEqual(["150"]);
	expect(valuesOf("limit-cpu-weight", fields)).toEqual([39]);
	expect(valuesOf("limit-swap", limitFields({ memory: { limit: 100, swap: -1 } }))).toEqual(["max"]);
});

test("what a machine does not have is refused by its name", () => {
	expect(() => limitFields({ cpu: { cpus: "0" } })).toThrow("isolation vm does not support a set of CPUs");
	expect(() => limitFields({ blockIO: { weight: 10 } })).toThrow("block I/O limits");
	const slave = { destination: "/a", type: "bind", source: "/b", options: ["rbind", "rslave"] };
	expect(() => guestMounts([slave], "/state")).toThrow("bind propagation rslave of /a");
	expect(() => guestMounts([{ destination: "/a", type: "nfs" }], "/state")).toThrow(
		"a mount of type nfs on /a",
	);
});
