import { describe, expect, test } from "bun:test";
import { buildSpec } from "./build-spec.ts";
import { knownCapabilities } from "./capabilities.ts";
import type { SpecHost, SpecInput } from "./input.ts";

/** The machine that the golden values were recorded on: what dockerd 20.10 wrote into its bundles' config.json. */
const host: SpecHost = {
	cgroupVersion: 1,
	architecture: "x64",
	kernelVersion: "6.18.0",
	capabilities: new Set(knownCapabilities.filter((name) => name !== "CAP_SYS_RESOURCE")),
	rlimits: new Map([["nofile", { soft: 20_000, hard: 20_000 }]]),
	oomScoreAdj: 0,
	devices: () => [{ type: "c", path: "/dev/fuse", major: 10, minor: 229 }],
	hasSysctl: () => true,
	thermalThrottlePaths: [],
};

const root = { uid: 0, gid: 0, additionalGids: [0, 44], home: "/root" };

function input(changes: Partial<SpecInput> = {}): SpecInput {
	return {
		id: "f429f435459e",
		args: ["sleep", "100"],
		env: ["FOO=image", "BAR=image"],
		workingDir: "",
		terminal: false,
		user: root,
		hostname: "f429f435459e",
		namespaces: {
			network: "own",
			pid: { kind: "own" },
			ipc: { kind: "own" },
			uts: { kind: "own" },
		},
		mounts: [],
		files: { resolvConf: "/c/resolv.conf", hostname: "/c/hostname", hosts: "/c/hosts" },
		host,
		...changes,
	};
}

const specOf = (changes: Partial<SpecInput> = {}) => buildSpec(input(changes)).spec;

const dockerCapabilities = [
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_FSETID",
	"CAP_FOWNER",
	"CAP_MKNOD",
	"CAP_NET_RAW",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETFCAP",
	"CAP_SETPCAP",
	"CAP_NET_BIND_SERVICE",
	"CAP_SYS_CHROOT",
	"CAP_KILL",
	"CAP_AUDIT_WRITE",
];

const dockerMounts = [
	["/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]],
	["/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]],
	[
		"/dev/pts",
		"devpts",
		"devpts",
		["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
	],
	["/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]],
	["/sys/fs/cgroup", "cgroup", "cgroup", ["ro", "nosuid", "noexec", "nodev"]],
	["/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]],
	["/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=67108864"]],
	["/etc/resolv.conf", "bind", "/c/resolv.conf", ["rbind", "rprivate"]],
	["/etc/hostname", "bind", "/c/hostname", ["rbind", "rprivate"]],
	["/etc/hosts", "bind", "/c/hosts", ["rbind", "rprivate"]],
] as const;

function mountsOf(changes: Partial<SpecInput>) {
	return specOf(changes).mounts.map((m) => [m.destination, m.type, m.source, m.options]);
}

describe("defaults", () => {
	const spec = specOf();

	test("the process is Docker's", () => {
		expect(spec.process).toMatchObject({
			terminal: false,
			user: { uid: 0, gid: 0, additionalGids: [0, 44] },
			args: ["sleep", "100"],
			cwd: "/",
			oomScoreAdj: 0,
			noNewPrivileges: false,
		});
		expect(spec.process.env).toEqual([
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"HOSTNAME=f429f435459e",
			"FOO=image",
			"BAR=image",
			"HOME=/root",
		]);
		expect(spec.process.capabilities).toEqual({
			bounding: dockerCapabilities,
			effective: dockerCapabilities,
			permitted: dockerCapabilities,
		});
		expect(spec.process.rlimits).toBeUndefined();
	});
	test("the mounts are Docker's, in its order", () => expect<unknown>(mountsOf({})).toEqual(dockerMounts));
	test("namespaces: mount, network, uts, pid, ipc; the host's cgroups with v1", () => {
		expect(spec.linux.namespaces.map((n) => n.type)).toEqual(["mount", "network", "uts", "pid", "ipc"]);
	});
	test("a cgroup namespace of its own with v2", () => {
		const v2 = specOf({ host: { ...host, cgroupVersion: 2 } });
		expect(v2.linux.namespaces.map((n) => n.type)).toContain("cgroup");
	});
	test("devices, paths, sysctls, cgroup", () => {
		expect(spec.linux.resources!.devices).toEqual([
			{ allow: false, access: "rwm" },
			{ allow: true, type: "c", major: 1, minor: 5, access: "rwm" },
			{ allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
			{ allow: true, type: "c", major: 1, minor: 9, access: "rwm" },
			{ allow: true, type: "c", major: 1, minor: 8, access: "rwm" },
			{ allow: true, type: "c", major: 5, minor: 0, access: "rwm" },
			{ allow: true, type: "c", major: 5, minor: 1, access: "rwm" },
			{ allow: false, type: "c", major: 10, minor: 229, access: "rwm" },
		]);
		expect(spec.linux.maskedPaths).toContain("/proc/kcore");
		expect(spec.linux.readonlyPaths).toEqual([
			"/proc/bus",
			"/proc/fs",
			"/proc/irq",
			"/proc/sys",
			"/proc/sysrq-trigger",
		]);
		expect(spec.linux.sysctl).toEqual({
			"net.ipv4.ip_unprivileged_port_start": "0",
			"net.ipv4.ping_group_range": "0 2147483647",
		});
		expect(spec.linux.cgroupsPath).toBe("/hull/f429f435459e");
		expect(spec.hostname).toBe("f429f435459e");
	});
	test("the same input gives the same spec", () => expect(specOf()).toEqual(specOf()));
});

describe("options", () => {
	test("a terminal sets TERM", () => {
		const { process } = specOf({ terminal: true, consoleSize: { height: 24, width: 80 } });
		expect(process.env).toContain("TERM=xterm");
		expect(process.consoleSize).toEqual({ height: 24, width: 80 });
	});
	test("the user's variables replace and remove", () => {
		const { env } = specOf({ env: ["BAR=cli", "PATH=/bin", "HOSTNAME", "HOME=/x"] }).process;
		expect(env).toEqual(["PATH=/bin", "BAR=cli", "HOME=/x"]);
	});
	test("the host's namespaces", () => {
		const spec = specOf({
			namespaces: {
				network: "host",
				pid: { kind: "host" },
				ipc: { kind: "host" },
				uts: { kind: "host" },
			},
		});
		expect(spec.linux.namespaces).toEqual([{ type: "mount" }]);
		expect(spec.hostname).toBeUndefined();
		expect(spec.linux.sysctl).toEqual({});
		expect(spec.mounts.find((m) => m.destination === "/dev/shm")!.type).toBe("bind");
	});
	test("namespaces of another container", () => {
		const { namespaces } = specOf({
			namespaces: {
				network: "shared",
				pid: { kind: "container", pid: 42 },
				ipc: { kind: "container", pid: 42, shmPath: "/run/shm" },
				uts: { kind: "own" },
			},
		}).linux;
		expect(namespaces).toContainEqual({ type: "pid", path: "/proc/42/ns/pid" });
		expect(namespaces).toContainEqual({ type: "ipc", path: "/proc/42/ns/ipc" });
	});
	test("a read-only root, its files read-only too", () => {
		const spec = specOf({ readonlyRootfs: true });
		expect(spec.root.readonly).toBe(true);
		expect(spec.mounts.at(-1)).toEqual({
			destination: "/etc/hosts",
			type: "bind",
			source: "/c/hosts",
			options: ["rbind", "ro", "rprivate"],
		});
	});
	test("a cgroup parent cannot climb out", () => {
		expect(specOf({ cgroupParent: "/foo" }).linux.cgroupsPath).toBe("/foo/f429f435459e");
		expect(specOf({ cgroupParent: "../../x" }).linux.cgroupsPath).toBe("/x/f429f435459e");
	});
	test("privileged: no mask, no filter, all devices, writable /sys, what the daemon has", () => {
		const spec = specOf({ privileged: true });
		expect(spec.linux.seccomp).toBeUndefined();
		expect(spec.linux.maskedPaths).toEqual([]);
		expect(spec.linux.resources!.devices).toEqual([{ allow: true, access: "rwm" }]);
		expect(spec.linux.devices).toEqual([{ type: "c", path: "/dev/fuse", major: 10, minor: 229 }]);
		expect(spec.mounts.find((m) => m.destination === "/sys")!.options).not.toContain("ro");
		expect(spec.process.capabilities!.bounding).toContain("CAP_SYS_ADMIN");
		expect(spec.process.capabilities!.bounding).not.toContain("CAP_SYS_RESOURCE");
	});
	test("an init is the first process of an own process namespace", () => {
		const spec = specOf({ initPath: "/usr/bin/tini" });
		expect(spec.process.args).toEqual(["/sbin/docker-init", "--", "sleep", "100"]);
		expect(spec.mounts).toContainEqual({
			destination: "/sbin/docker-init",
			type: "bind",
			source: "/usr/bin/tini",
			options: ["bind", "ro"],
		});
	});
	test("the domain name is a sysctl", () => {
		expect(specOf({ domainname: "example.org" }).linux.sysctl!["kernel.domainname"]).toBe("example.org");
	});
	test("no command is an error", () => expect(() => specOf({ args: [] })).toThrow("no command"));
});

describe("mounts", () => {
	test("replace the defaults and the engine's files, shallow before deep", () => {
		const mounts = mountsOf({
			mounts: [
				{ kind: "bind", source: "/h/f", destination: "/etc/hosts", readOnly: false, propagation: "rprivate" },
				{ kind: "bind", source: "/v/_data", destination: "/vol", readOnly: false, propagation: "" },
				{ kind: "bind", source: "/h/dir", destination: "/b", readOnly: true, propagation: "rprivate" },
				{ kind: "tmpfs", destination: "/tt", options: ["size=1m", "exec", "mode=700"] },
			],
		});
		expect<unknown>(mounts.slice(7)).toEqual([
			["/vol", "bind", "/v/_data", ["rbind"]],
			["/b", "bind", "/h/dir", ["rbind", "rro", "rprivate"]],
			["/tt", "tmpfs", "tmpfs", ["nosuid", "nodev", "rprivate", "size=1m", "exec", "mode=700"]],
			["/etc/hosts", "bind", "/h/f", ["rbind", "rprivate"]],
			["/etc/resolv.conf", "bind", "/c/resolv.conf", ["rbind", "rprivate"]],
			["/etc/hostname", "bind", "/c/hostname", ["rbind", "rprivate"]],
		]);
	});
	test("a mount on /dev takes everything below it away", () => {
		const destinations = mountsOf({
			mounts: [
				{ kind: "bind", source: "/dev", destination: "/dev", readOnly: false, propagation: "rprivate" },
			],
			namespaces: { ...input().namespaces, ipc: { kind: "none" } },
		}).map(([destination]) => destination);
		expect(destinations).toEqual([
			"/proc",
			"/sys",
			"/sys/fs/cgroup",
			"/dev",
			"/etc/resolv.conf",
			"/etc/hostname",
			"/etc/hosts",
		]);
	});
	test("a slave bind makes the root a slave", () => {
		const mount = {
			kind: "bind",
			source: "/a",
			destination: "/a",
			readOnly: false,
			propagation: "rslave",
		} as const;
		expect(specOf({ mounts: [mount] }).linux.rootfsPropagation).toBe("rslave");
	});
	test("a shared bind keeps its peers; of a bind that is not recursive no option is", () => {
		const mount = { kind: "bind", source: "/a", readOnly: false } as const;
		const spec = specOf({
			mounts: [
				{ ...mount, destination: "/a", propagation: "rshared" },
				{ ...mount, destination: "/b", propagation: "rprivate", recursive: false },
			],
		});
		expect(spec.linux.rootfsPropagation).toBe("shared");
		const optionsOf = (path: string) => spec.mounts.find(({ destination }) => destination === path)?.options;
		expect(optionsOf("/a")).toEqual(["rbind", "rshared"]);
		expect(optionsOf("/b")).toEqual(["bind", "private"]);
	});
	test("tmpfs refuses what it does not know", () => {
		expect(() => specOf({ mounts: [{ kind: "tmpfs", destination: "/x", options: ["foo=1"] }] })).toThrow(
			'invalid tmpfs option ["foo" "1"]',
		);
	});
});

describe("limits of the daemon", () => {
	test("a default limit that cannot be raised is left out and said", () => {
		const { spec, warnings } = buildSpec(
			input({ ulimits: [{ name: "nofile", soft: 1024, hard: 1_048_576, origin: "default" }] }),
		);
		expect(spec.process.rlimits).toBeUndefined();
		expect(warnings[0]).toContain(
			"ulimit nofile=1048576 cannot be set: the daemon's own hard limit is 20000",
		);
	});
	test("one that the user asked for is an error", () => {
		const ulimits = [{ name: "nofile", soft: 1024, hard: 1_048_576, origin: "user" }] as const;
		expect(() => specOf({ ulimits })).toThrow("ulimit nofile=1048576 cannot be set");
	});
	test("lower limits and unlimited ones are set, unlimited as RLIM_INFINITY", () => {
		const { rlimits } = specOf({
			ulimits: [
				{ name: "nofile", soft: 512, hard: 1024, origin: "user" },
				{ name: "core", soft: -1, hard: -1, origin: "user" },
			],
		}).process;
		expect(JSON.stringify(rlimits)).toBe(
			'[{"type":"RLIMIT_NOFILE","hard":1024,"soft":512},' +
				'{"type":"RLIMIT_CORE","hard":18446744073709551615,"soft":18446744073709551615}]',
		);
	});
	test("a lower oom score is an error, Docker's default is left out", () => {
		expect(() => specOf({ oomScoreAdj: -500 })).toThrow("oom score adj -500 cannot be set");
		const adjusted = { ...host, oomScoreAdj: 200 };
		expect(specOf({ host: adjusted }).process.oomScoreAdj).toBeUndefined();
		expect(specOf({ oomScoreAdj: 300, host: adjusted }).process.oomScoreAdj).toBe(300);
	});
});

describe("capabilities", () => {
	const bounding = (changes: Partial<SpecInput>) => specOf(changes).process.capabilities!.bounding;
	test("add and drop", () => {
		expect(bounding({ capAdd: ["NET_ADMIN", "sys_ptrace"], capDrop: ["MKNOD"] })).toEqual([
			...dockerCapabilities.filter((name) => name !== "CAP_MKNOD"),
			"CAP_NET_ADMIN",
			"CAP_SYS_PTRACE",
		]);
	});
	test("drop all, add one", () => {
		expect(bounding({ capDrop: ["ALL"], capAdd: ["NET_BIND_SERVICE"] })).toEqual(["CAP_NET_BIND_SERVICE"]);
	});
	test("add all, drop one", () => {
		const all = bounding({ capAdd: ["ALL"], capDrop: ["CHOWN"] })!;
		expect(all).toContain("CAP_SYS_ADMIN");
		expect(all).not.toContain("CAP_CHOWN");
	});
	test("unknown and unavailable ones are named", () => {
		expect(() => bounding({ capAdd: ["FOO"] })).toThrow('invalid CapAdd: unknown capability: "CAP_FOO"');
		expect(() => bounding({ capDrop: ["FOO"] })).toThrow('invalid CapDrop: unknown capability: "CAP_FOO"');
		expect(() => bounding({ capAdd: ["SYS_RESOURCE"] })).toThrow(
			'not available in the current environment: "CAP_SYS_RESOURCE"',
		);
	});
});

describe("security options", () => {
	test("no-new-privileges, unconfined system paths, writable cgroups", () => {
		const spec = specOf({
			securityOpt: ["no-new-privileges", "systempaths=unconfined", "writable-cgroups=true"],
		});
		expect(spec.process.noNewPrivileges).toBe(true);
		expect(spec.linux.maskedPaths).toEqual([]);
		expect(spec.mounts.find((m) => m.type === "cgroup")!.options).not.toContain("ro");
	});
	test("what is not applied is refused by name", () => {
		for (const option of ["foo", "foo=bar", "no-new-privileges=x"])
			expect(() => specOf({ securityOpt: [option] })).toThrow(`invalid --security-opt: "${option}"`);
		expect(() => specOf({ securityOpt: ["apparmor=docker-default"] })).toThrow(
			'apparmor profile "docker-default" is not supported',
		);
		expect(() => specOf({ securityOpt: ["label=type:x"] })).toThrow(
			'selinux label "type:x" is not supported',
		);
	});
	test("what holds anyway is taken", () => {
		expect(() => specOf({ securityOpt: ["apparmor=unconfined", "label=disable"] })).not.toThrow();
	});
});

describe("resources", () => {
	test("devices and rules follow the defaults", () => {
		const rules = specOf({
			devices: [
				{ device: { type: "c", path: "/dev/xnull", major: 1, minor: 3, fileMode: 438 }, access: "r" },
			],
			deviceCgroupRules: ["c 10:200 rwm", "b *:* r"],
		}).linux.resources!.devices!;
		expect(rules.slice(-3)).toEqual([
			{ allow: true, type: "c", major: 1, minor: 3, access: "r" },
			{ allow: true, type: "c", major: 10, minor: 200, access: "rwm" },
			{ allow: true, type: "b", major: -1, minor: -1, access: "r" },
		]);
		expect(() => specOf({ deviceCgroupRules: ["x"] })).toThrow("invalid device cgroup rule format: 'x'");
	});
});
