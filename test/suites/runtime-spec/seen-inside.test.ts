/** What a container sees of the spec that is built for it, under each OCI runtime that is installed. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
	buildSpec,
	createCgroups,
	readSpecHost,
	resolveUser,
	type SpecInput,
} from "../../../src/runtime/index.ts";
import { createWorkbench, type Workbench } from "../runtime/workbench.ts";

const cgroups = createCgroups();
const host = readSpecHost(cgroups.layout.version);
const installed = ["crun", "runc"].filter((name) =>
	["/usr/bin", "/usr/sbin", "/usr/local/bin"].some((folder) => existsSync(join(folder, name))),
);

const accounts = {
	passwd: "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
	group: "root:x:0:\napp:x:1000:\naudio:x:63:app\n",
};

for (const runtime of installed) {
	describe(runtime, () => {
		let workbench: Workbench;
		beforeAll(() => {
			workbench = createWorkbench({ defaultRuntime: runtime });
		});
		afterAll(() => {
			expect(workbench.leftovers()).toEqual([]);
			workbench.dispose();
		});

		/** Runs a script in a container with Docker's defaults and the changes; gives what it printed. */
		async function run(script: string, changes: Partial<SpecInput> = {}): Promise<string> {
			const task = workbench.taskSpec(script);
			const { spec } = buildSpec({
				id: task.id,
				args: ["sh", "-c", script],
				env: ["PATH=/bin"],
				workingDir: "",
				terminal: false,
				user: resolveUser("", accounts),
				hostname: "boat",
				namespaces: { network: "own", pid: { kind: "own" }, ipc: { kind: "own" }, uts: { kind: "own" } },
				cgroupParent: dirname(task.spec.linux.cgroupsPath!),
				mounts: [],
				files: {},
				host,
				...changes,
			});
			const { driver } = workbench;
			await using sandbox = await driver.createSandbox({
				id: task.id,
				network: { kind: spec.linux.namespaces.some(({ type }) => type === "network") ? "own" : "host" },
			});
			const running = await driver.createTask(sandbox, { ...task, spec });
			const streams = await running.attach({ stdin: false, stdout: true, stderr: true });
			await running.start();
			const chunks: Uint8Array[] = [];
			for await (const { data } of streams.output) chunks.push(data);
			await running.wait();
			await running.delete();
			return Buffer.concat(chunks).toString();
		}

		test("identity, environment and host name", async () => {
			const output = await run("id -u; id -G; echo $HOME $HOSTNAME; hostname; echo $$; pwd", {
				user: resolveUser("app", accounts),
				workingDir: "/tmp",
			});
			expect(output.trim().split("\n")).toEqual(["1000", "1000 63", "/home/app boat", "boat", "1", "/tmp"]);
		});

		test("capabilities, seccomp and no-new-privileges", async () => {
			const status = "grep -E '^(CapBnd|CapEff|Seccomp|NoNewPrivs):' /proc/self/status | tr -d '\\t'";
			const plain = await run(status);
			expect(plain).toContain("CapBnd:00000000a80425fb\n");
			expect(plain).toContain("CapEff:00000000a80425fb\n");
			expect(plain).toContain("Seccomp:2\n");
			expect(await run(status, { capDrop: ["ALL"], securityOpt: ["no-new-privileges"] })).toContain(
				"NoNewPrivs:1\n",
			);
			expect(await run(status, { securityOpt: ["seccomp=unconfined"] })).toContain("Seccomp:0\n");
			const refused = await run("mount -t tmpfs x /tmp; unshare -m true");
			expect(refused).toMatch(/^mount: permission denied/m);
			expect(refused).toMatch(/^unshare: .*Operation not permitted/m);
		});

		test("the host's secrets are masked, its settings read-only", async () => {
			const probe =
				"cat /proc/kcore /proc/keys | wc -c; echo 1 > /proc/sys/kernel/panic; echo x > /sys/x; echo done";
			const output = await run(probe);
			expect(output).toMatch(/^0\n/m);
			expect(output.match(/Read-only file system/g)).toHaveLength(2);
		});

		test("sysctls of its own network: ping and low ports for everybody, the user's over them", async () => {
			const settings = ["ping_group_range", "ip_unprivileged_port_start", "ip_default_ttl"];
			const output = await run(`cd /proc/sys/net/ipv4; cat ${settings.join(" ")}`, {
				sysctls: { "net.ipv4.ip_default_ttl": "42", "kernel.shmmni": "99" },
			});
			expect(output.replaceAll("\t", " ")).toBe("0 2147483647\n0\n42\n");
			await expect(run("true", { sysctls: { "net.ipv4.ip_default_ttl": "x" } })).rejects.toThrow(
				'sysctl "net.ipv4.ip_default_ttl" cannot be set to x',
			);
			await expect(run("true", { sysctls: { "net.nope": "1" } })).rejects.toThrow(
				'sysctl "net.nope" cannot be set to 1: the kernel does not have it',
			);
		});

		test("the host's namespaces", async () => {
			const output = await run("readlink /proc/self/ns/net; readlink /proc/self/ns/uts", {
				namespaces: {
					network: "host",
					pid: { kind: "own" },
					ipc: { kind: "host" },
					uts: { kind: "host" },
				},
			});
			expect(output.trim().split("\n")).toEqual([
				readlinkSync("/proc/self/ns/net"),
				readlinkSync("/proc/self/ns/uts"),
			]);
		});

		test("mounts: read-only and writable binds, tmpfs with options, shm of a size", async () => {
			const folder = join(workbench.directory, `bind-${runtime}`);
			mkdirSync(folder);
			writeFileSync(join(folder, "file"), "hello\n");
			const output = await run(
				"cat /ro/file; touch /ro/x; echo from-inside > /rw/out; touch /rw/out; grep -E ' /(t|dev/shm) ' /proc/mounts",
				{
					shmSize: 1 << 20,
					mounts: [
						{ kind: "bind", source: folder, destination: "/ro", readOnly: true, propagation: "rprivate" },
						{ kind: "bind", source: folder, destination: "/rw", readOnly: false, propagation: "rprivate" },
						{ kind: "tmpfs", destination: "/t", options: ["size=64k", "mode=700", "exec"] },
					],
				},
			);
			expect(output).toStartWith("hello\n");
			expect(output).toContain("touch: /ro/x: Read-only file system");
			expect(output).toMatch(/^shm \/dev\/shm tmpfs rw,nosuid,nodev,noexec,.*size=1024k/m);
			expect(output).toMatch(/^tmpfs \/t tmpfs rw,nosuid,nodev,(?!noexec).*size=64k,mode=700/m);
		});

		test("a read-only root, and what stays writable", async () => {
			const output = await run("touch /x; touch /dev/shm/y && echo fine", { readonlyRootfs: true });
			expect(output).toContain("touch: /x: Read-only file system");
			expect(output).toContain("fine");
		});

		test("limits of memory, processes and cpu hold", async () => {
			const output = await run(
				"cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max",
				{
					resources: { memoryBytes: 64 << 20, pidsLimit: 50, cpuNanos: 5e8 },
				},
			);
			if (cgroups.layout.version === 1) expect(output).toBe(`${64 << 20}\n50\n`);
		});

		test("rlimits, unlimited ones too", async () => {
			const output = await run("ulimit -n; ulimit -c", {
				ulimits: [
					{ name: "nofile", soft: 512, hard: 1024, origin: "user" },
					{ name: "core", soft: -1, hard: -1, origin: "user" },
				],
			});
			expect(output).toBe("512\nunlimited\n");
		});

		test("privileged: every device and capability that the daemon has", async () => {
			const output = await run(
				"ls /dev | wc -l; grep CapEff /proc/self/status; mount -t tmpfs x /tmp && echo mounted",
				{
					privileged: true,
				},
			);
			expect(Number(output.split("\n")[0])).toBeGreaterThan(20);
			expect(output).toContain("mounted");
		});
	});
}
