/**
 * What a field of a create request means, seen from inside: one container that has them all, in each hull. Limits have
 * a test of their own (`resource-fields.test.ts`), and so have the fields that `docs/container-options.md` says it of.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

const timeoutMs = 60_000;
let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

const sleep = { Image: "busybox", Cmd: ["sleep", "1000"] };
const config = {
	Hostname: "inside",
	Domainname: "example.test",
	Env: ["GREETING=hello world", "PATH=/bin:/own"],
	WorkingDir: "/made/for/it",
	Labels: { colour: "blue" },
	Volumes: { "/anonymous": {} },
	ExposedPorts: { "80/tcp": {} },
	OnBuild: ["RUN true"],
};
const hostConfig = {
	Binds: ["named:/named:ro"],
	Mounts: [{ Type: "tmpfs", Target: "/mounted", TmpfsOptions: { SizeBytes: 65_536, Mode: 0o700 } }],
	Tmpfs: { "/fast": "size=128k,mode=1770,noexec" },
	ShmSize: 1_048_576,
	Ulimits: [{ Name: "nofile", Soft: 100, Hard: 200 }],
	CapAdd: ["SYS_TIME"],
	CapDrop: ["MKNOD"],
	ExtraHosts: ["other.test:192.0.2.7"],
	Dns: ["192.0.2.53"],
	DnsOptions: ["ndots:3"],
	DnsSearch: ["search.test"],
	GroupAdd: ["4242"],
	OomScoreAdj: 321,
	ReadonlyRootfs: true,
	Sysctls: { "net.ipv4.ip_unprivileged_port_start": "77" },
	SecurityOpt: ["no-new-privileges"],
	MaskedPaths: ["/proc/version"],
	ReadonlyPaths: ["/proc/sys/kernel"],
	Init: true,
	Annotations: { "org.example.note": "kept" },
};

/** What shows each field: a script, and what it prints. */
const inside: readonly [field: string, script: string, prints: string | RegExp][] = [
	["Hostname", "hostname", "inside"],
	[
		"Domainname",
		"cat /proc/sys/kernel/domainname; grep -c inside.example.test /etc/hosts",
		"example.test\n1",
	],
	["Env", 'echo "$GREETING"; echo $PATH', "hello world\n/bin:/own"],
	["WorkingDir", "pwd", "/made/for/it"],
	["Volumes", "grep -c ' /anonymous ' /proc/mounts; touch /anonymous/file && echo written", "1\nwritten"],
	["Binds", "touch /named/file || echo refused", "refused"],
	["Mounts", "df -k /mounted | tail -1 | awk '{print $2}'; stat -c %a /mounted", "64\n700"],
	["Tmpfs", "df -k /fast | tail -1 | awk '{print $2}'; stat -c %a /fast", "128\n1770"],
	["Tmpfs", "grep ' /fast ' /proc/mounts", /noexec/],
	["ShmSize", "df -k /dev/shm | tail -1 | awk '{print $2}'", "1024"],
	["Ulimits", "ulimit -n; ulimit -Hn", "100\n200"],
	["CapAdd", "grep CapBnd /proc/$(pidof sleep)/status", /\t[0-9a-f]{8}a/],
	["CapDrop", "mknod /fast/null c 1 3 2>/dev/null || echo refused", "refused"],
	["ExtraHosts", "grep other.test /etc/hosts", /^192\.0\.2\.7\s+other\.test$/],
	["Dns", "grep nameserver /etc/resolv.conf", "nameserver 192.0.2.53"],
	["DnsOptions", "grep options /etc/resolv.conf", "options ndots:3"],
	["DnsSearch", "grep search /etc/resolv.conf", "search search.test"],
	["GroupAdd", "id -G", /\b4242\b/],
	["OomScoreAdj", "cat /proc/$(pidof sleep)/oom_score_adj", "321"],
	["ReadonlyRootfs", "touch /file 2>/dev/null || echo refused", "refused"],
	["Sysctls", "cat /proc/sys/net/ipv4/ip_unprivileged_port_start", "77"],
	["SecurityOpt", "grep NoNewPrivs /proc/$(pidof sleep)/status", "NoNewPrivs:\t1"],
	["MaskedPaths", "wc -c < /proc/version; wc -c < /proc/keys | grep -vc '^0$'", "0\n1"],
	["ReadonlyPaths", "grep -c ' /proc/sys/kernel .*ro,' /proc/mounts", "1"],
	["Init", "cat /proc/1/comm", /init|tini/],
];

describe.each(["process", "vm"])("isolation %s", (isolation) => {
	const name = `all-${isolation}`;
	test(
		"one container with all of them runs",
		async () => {
			const created = await hull.api("POST", `/containers/create?name=${name}`, {
				...sleep,
				...config,
				HostConfig: { ...hostConfig, Isolation: isolation },
			});
			expect(created).toMatchObject({ status: 201 });
			expect(await hull.api("POST", `/containers/${name}/start`)).toMatchObject({ status: 204 });
		},
		timeoutMs,
	);

	test.each(inside)(
		"%s: %s",
		async (_field, script, prints) => {
			const printed = (await hull.ok(["exec", name, "sh", "-c", script], { timeoutMs })).trimEnd();
			if (typeof prints === "string") expect(printed).toBe(prints);
			else expect(printed).toMatch(prints);
		},
		timeoutMs,
	);

	test(
		"inspect has them as they were asked for",
		async () => {
			const { Config, HostConfig } = (await hull.api("GET", `/containers/${name}/json`)).json;
			expect(Config).toMatchObject({ ...sleep, ...config });
			const { Ulimits, SecurityOpt, Binds, CapAdd, CapDrop, ...plain } = hostConfig;
			expect(HostConfig).toMatchObject({ ...plain, Ulimits, SecurityOpt, Binds, Isolation: isolation });
			expect(HostConfig.CapAdd.concat(HostConfig.CapDrop)).toEqual(
				[...CapAdd, ...CapDrop].map((capability) => expect.stringContaining(capability)),
			);
			await hull.ok(["rm", "-f", "-v", name], { timeoutMs });
		},
		timeoutMs,
	);
});

/** What a program prints in a container of its own. */
async function printed(body: object): Promise<string> {
	const { json, text } = await hull.api("POST", "/containers/create", {
		Image: "busybox",
		Tty: true,
		...body,
	});
	if (json?.Id === undefined) throw new Error(text);
	try {
		await hull.ok(["start", json.Id]);
		await hull.ok(["wait", json.Id]);
		return (await hull.ok(["logs", json.Id])).replaceAll("\r\n", "\n").trimEnd();
	} finally {
		await hull.ok(["rm", "-f", "-v", json.Id]);
	}
}

const script = (text: string) => ({ Entrypoint: ["sh", "-c"], Cmd: [text] });
const ownNamespace = (kind: string) => readlinkSync(`/proc/self/ns/${kind}`);

describe("what has a meaning on the host's kernel only", () => {
	test.each([
		["UTSMode", "uts"],
		["PidMode", "pid"],
		["IpcMode", "ipc"],
		["CgroupnsMode", "cgroup"],
		["NetworkMode", "net"],
	])("%s host is the host's, else its own", async (field, kind) => {
		const link = (mode: string) =>
			printed({
				...script(`readlink /proc/self/ns/${kind}`),
				HostConfig: mode === "" ? {} : { [field]: mode },
			});
		expect(await link("host")).toBe(ownNamespace(kind));
		// Docker's default on version 1 of control groups is the host's namespace of them.
		if (field !== "CgroupnsMode") expect(await link("")).not.toBe(ownNamespace(kind));
		else expect(await link("private")).not.toBe(ownNamespace(kind));
	});

	test("Privileged has all capabilities and devices, and no seccomp filter", async () => {
		const shown = "grep -E 'CapBnd|Seccomp:' /proc/self/status; [ -e /dev/kmsg ] && echo kmsg";
		const bounding = /CapBnd:\s+(\w+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]!;
		const all = await printed({ ...script(shown), HostConfig: { Privileged: true } });
		expect(all).toContain(bounding);
		expect(all).toMatch(/Seccomp:\t0\nkmsg$/);
		expect(await printed({ ...script(shown), HostConfig: {} })).toMatch(/Seccomp:\t2$/);
	});

	test("Runtime runs it", async () => {
		expect(await printed({ ...script("echo run"), HostConfig: { Runtime: "runc" } })).toBe("run");
		const { status, json } = await hull.api("POST", "/containers/create", {
			...sleep,
			HostConfig: { Runtime: "nosuch" },
		});
		expect([status, json.message]).toEqual([400, expect.stringContaining("nosuch")]);
	});
});

describe("how its program is started", () => {
	test("Entrypoint and Cmd make its words, User its ids", async () => {
		const body = { Entrypoint: ["sh", "-c", 'id -u; id -g; echo "$0 $1"'], Cmd: ["one", "two"] };
		expect(await printed({ ...body, User: "1000:2000" })).toBe("1000\n2000\none two");
	});

	test("Tty has the size of ConsoleSize", async () => {
		const HostConfig = { ConsoleSize: [33, 101] };
		await eventually(async () =>
			expect(await printed({ ...script("stty size"), HostConfig })).toBe("33 101"),
		);
	});

	test("NetworkDisabled has the loopback only", async () => {
		expect(await printed({ ...script("ls /sys/class/net"), NetworkDisabled: true })).toBe("lo");
	});

	test("OpenStdin stays open until StdinOnce's client goes, AttachStdin and its like are kept", async () => {
		const attached = { AttachStdin: true, AttachStdout: true, AttachStderr: true };
		const body = { Image: "busybox", Cmd: ["cat"], OpenStdin: true, StdinOnce: true, ...attached };
		const { json } = await hull.api("POST", "/containers/create", body);
		expect((await hull.api("GET", `/containers/${json.Id}/json`)).json.Config).toMatchObject(body);
		expect(await hull.ok(["start", "-a", "-i", json.Id], { input: "given\n" })).toBe("given\n");
		await hull.ok(["rm", json.Id]);
	});

	test("Shell runs a health check that is a line", async () => {
		const { json } = await hull.api("POST", "/containers/create", {
			...sleep,
			Shell: ["/bin/sh", "-ec", 'echo "by $0: $1"', "shell"],
			Healthcheck: { Test: ["CMD-SHELL", "the line"], Interval: 1e9 },
		});
		await hull.ok(["start", json.Id]);
		await eventually(async () => {
			const { State } = (await hull.api("GET", `/containers/${json.Id}/json`)).json;
			expect(State.Health.Log[0]?.Output).toBe("by shell: the line\n");
		});
		await hull.ok(["rm", "-f", json.Id]);
	});
});

test("MacAddress of the container, as older clients send it, is that of its main network", async () => {
	const address = "02:42:ac:11:00:0a";
	const create = (body: object) =>
		hull.api("POST", "/v1.41/containers/create", { ...sleep, MacAddress: address, ...body });
	const { json } = await create({});
	expect(json.Warnings).toEqual([]);
	await hull.ok(["start", json.Id]);
	expect(await hull.ok(["exec", json.Id, "cat", "/sys/class/net/eth0/address"])).toBe(`${address}\n`);
	const { NetworkSettings } = (await hull.api("GET", `/v1.41/containers/${json.Id}/json`)).json;
	expect(NetworkSettings.MacAddress).toBe(address);
	await hull.ok(["rm", "-f", json.Id]);
	expect(await create({ HostConfig: { NetworkMode: "host" } })).toMatchObject({ status: 400 });
	const EndpointsConfig = { default: { MacAddress: "02:42:ac:11:00:0b" } };
	expect(await create({ NetworkingConfig: { EndpointsConfig } })).toMatchObject({ status: 400 });
});

describe("how it ends, is watched and reached", () => {
	test("StopSignal is sent, and after StopTimeout SIGKILL", async () => {
		const run = async (body: object) => {
			const { json } = await hull.api("POST", "/containers/create", { Image: "busybox", ...body });
			await hull.ok(["start", json.Id]);
			await eventually(async () => expect(await hull.ok(["logs", json.Id])).toBe("ready\n"));
			await hull.ok(["stop", json.Id], { timeoutMs });
			const { State } = (await hull.api("GET", `/containers/${json.Id}/json`)).json;
			await hull.ok(["rm", json.Id]);
			return State.ExitCode;
		};
		const loop = "echo ready; while :; do sleep 0.1; done";
		expect(await run({ ...script(`trap 'exit 7' USR1; ${loop}`), StopSignal: "SIGUSR1" })).toBe(7);
		expect(await run({ ...script(`trap '' TERM; ${loop}`), StopTimeout: 1 })).toBe(137);
	});

	test("StartPeriod forgives failures, and StartInterval is the interval in it", async () => {
		const { json } = await hull.api("POST", "/containers/create", {
			...sleep,
			Healthcheck: {
				Test: ["CMD", "false"],
				Interval: 3600e9,
				StartPeriod: 1800e9,
				StartInterval: 100e6,
				Retries: 1,
			},
		});
		await hull.ok(["start", json.Id]);
		const health = async () => (await hull.api("GET", `/containers/${json.Id}/json`)).json.State.Health;
		await eventually(async () => expect((await health()).Log.length).toBeGreaterThan(2));
		expect(await health()).toMatchObject({ Status: "starting", FailingStreak: 0 });
		await hull.ok(["rm", "-f", json.Id]);
	});

	test("PublishAllPorts publishes what ExposedPorts names", async () => {
		const { json } = await hull.api("POST", "/containers/create", {
			...sleep,
			ExposedPorts: { "80/tcp": {}, "53/udp": {} },
			HostConfig: { PublishAllPorts: true },
		});
		await hull.ok(["start", json.Id]);
		const { Ports } = (await hull.api("GET", `/containers/${json.Id}/json`)).json.NetworkSettings;
		for (const port of ["80/tcp", "53/udp"]) expect(Number(Ports[port][0].HostPort)).toBeGreaterThan(1023);
		await hull.ok(["rm", "-f", json.Id]);
	});
});

describe("what is refused names the field", () => {
	test.each([
		["HostConfig.CpuCount", { HostConfig: { CpuCount: 1 } }],
		["HostConfig.CpuPercent", { HostConfig: { CpuPercent: 10 } }],
		["HostConfig.IOMaximumIOps", { HostConfig: { IOMaximumIOps: 1 } }],
		["HostConfig.IOMaximumBandwidth", { HostConfig: { IOMaximumBandwidth: 1 } }],
		["HostConfig.Cgroup", { HostConfig: { Cgroup: "container:other" } }],
		["HostConfig.VolumeDriver", { HostConfig: { VolumeDriver: "other" } }],
		["Config.ArgsEscaped", { ArgsEscaped: true }],
	])("%s", async (field, body) => {
		const { status, json } = await hull.api("POST", "/containers/create", { ...sleep, ...body });
		expect(status).toBe(400);
		expect(json.message).toContain(`${field}: `);
	});

	test.each([
		["NetworkMode", "host"],
		["PidMode", "host"],
		["IpcMode", "host"],
		["UTSMode", "host"],
		["UsernsMode", "host"],
		["CgroupnsMode", "host"],
		["Devices", [{ PathOnHost: "/dev/null", PathInContainer: "/dev/other", CgroupPermissions: "r" }]],
		["DeviceCgroupRules", ["c 1:3 r"]],
		["Runtime", "runc"],
		["CgroupParent", "/other"],
	])("HostConfig.%s of a machine", async (field, value) => {
		const { status, json } = await hull.api("POST", "/containers/create", {
			...sleep,
			HostConfig: { Isolation: "vm", [field]: value },
		});
		expect(status).toBe(400);
		expect(json.message).toContain(`HostConfig.${field}: isolation vm cannot have`);
	});
});
