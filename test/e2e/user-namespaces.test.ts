/** Containers whose root is nobody on the host, and whose files are whose they are all the same. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { hullCli } from "../support/hull-cli.ts";

setDefaultTimeout(120_000);

let hull: TestDaemon;
let folder: string;
beforeAll(async () => {
	hull = await startTestDaemon();
	folder = mkdtempSync(join(tmpdir(), "hull-userns-"));
	chmodSync(folder, 0o755);
	for (const [name, owner] of [
		["roots", 0],
		["users", 1000],
	] as const) {
		writeFileSync(join(folder, name), `of ${owner}\n`, { mode: 0o600 });
		chownSync(join(folder, name), owner, owner);
	}
});
afterAll(async () => {
	await hull[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

const own = (...args: string[]) => hullCli(hull.socket, args, { timeoutMs: 60_000 });
async function ok(...args: string[]): Promise<string> {
	const { code, stdout, stderr } = await own(...args);
	expect({ args, code, stderr }).toEqual({ args, code: 0, stderr });
	return stdout;
}
const inside = (name: string, script: string) => ok("exec", name, "sh", "-c", `{ ${script}; } 2>&1`);
const start = (name: string, ...args: string[]) =>
	ok("run", "-d", "--name", name, "--network", "none", ...args, "busybox", "sleep", "1000");
const pidOf = async (name: string) => (await ok("inspect", "-f", "{{.State.Pid}}", name)).trim();
const rangeOf = async (name: string) =>
	readFileSync(`/proc/${await pidOf(name)}/uid_map`, "utf8")
		.trim()
		.split(/\s+/)
		.map(Number);

describe.each(["crun", "runc"])("with %s", (runtime) => {
	test("its root is nobody on the host, and can do to it what nobody can", async () => {
		await start(
			"attacker",
			"--runtime",
			runtime,
			"--userns",
			"auto",
			"-v",
			`${folder}:/host`,
			"--cap-add",
			"ALL",
			"--security-opt",
			"seccomp=unconfined",
			"--security-opt",
			"systempaths=unconfined",
		);
		const [first, outside = 0, size] = await rangeOf("attacker");
		expect([first, size]).toEqual([0, 65_536]);
		expect(outside).toBeGreaterThan(65_536);
		expect(statSync(`/proc/${await pidOf("attacker")}`).uid).toBe(outside);
		const attacks = [
			"cat /host/roots",
			"cat /host/users",
			"chown 0:0 /host/roots",
			"chmod 4777 /host/roots",
			"echo x > /host/new",
			"echo x > /proc/sys/kernel/core_pattern",
			"echo b > /proc/sysrq-trigger",
			"mknod /disk b 254 0",
			"chmod 600 /dev/zero",
			"mount -t ext4 /dev/vda /mnt",
		];
		const script = attacks.map((attack) => `if (${attack}) 2>/dev/null; then echo "worked: ${attack}"; fi`);
		expect(await inside("attacker", `${script.join("; ")}; true`)).toBe("");
		expect(await inside("attacker", "id -u; stat -c '%u %a' /host/roots")).toBe("0\n65534 600\n");
		await ok("rm", "-f", "attacker");
	});

	test("its files and volumes are whose they are, on the disk and inside", async () => {
		await ok("volume", "create", "data");
		const mapped = `type=bind,src=${folder},dst=/mapped,idmap`;
		await start("owner", "--runtime", runtime, "--userns", "auto", "-v", "data:/data", "--mount", mapped);
		expect(await inside("owner", "cat /mapped/roots; stat -c %u /mapped/users; echo x > /mapped/made")).toBe(
			"of 0\n1000\n",
		);
		expect(statSync(join(folder, "made")).uid).toBe(0);
		rmSync(join(folder, "made"));
		await inside("owner", "touch /file /data/file; chown 7:8 /file /data/file; rm /bin/ls");
		await ok("cp", join(folder, "users"), "owner:/copied");
		expect(await inside("owner", "stat -c %u:%g /file /data/file /etc/hosts /copied")).toBe(
			"7:8\n7:8\n0:0\n1000:1000\n",
		);
		expect((await ok("diff", "owner")).split("\n")).toContain("A /file");

		await ok("commit", "owner", "kept");
		// Another range, or none: the image is the same.
		for (const mode of ["auto", "host"])
			expect(
				await ok(
					"run",
					"--rm",
					"--runtime",
					runtime,
					"--userns",
					mode,
					"-v",
					"data:/data",
					"--network",
					"none",
					"kept",
					"stat",
					"-c",
					"%u:%g",
					"/file",
					"/data/file",
					"/bin/sh",
				),
			).toBe("7:8\n7:8\n0:0\n");

		const before = await rangeOf("owner");
		await hull.kill();
		await hull.start();
		expect(await inside("owner", "stat -c %u:%g /file")).toBe("7:8\n");
		await ok("restart", "-t", "0", "owner");
		expect(await rangeOf("owner")).toEqual(before);
		expect(await inside("owner", "stat -c %u:%g /file /data/file; test -e /bin/ls || echo gone")).toBe(
			"7:8\n7:8\ngone\n",
		);
		await ok("rm", "-f", "owner");
		await ok("rmi", "kept");
		await ok("volume", "rm", "data");
	});
});

test("each has ids of its own, which a removed one gives back; who joins another's namespaces has its ids", async () => {
	await start("one", "--userns", "auto");
	await start("two", "--userns", "auto");
	const ranges = [await rangeOf("one"), await rangeOf("two")];
	expect(ranges[0]).not.toEqual(ranges[1]);
	await ok("rm", "-f", "one");
	await start("three", "--userns", "auto");
	expect(await rangeOf("three")).toEqual(ranges[0]!);

	const map = ["busybox", "sh", "-c", "cat /proc/self/uid_map; ip link set lo down && echo mine"];
	const joined = await ok("run", "--rm", "--network", "container:two", "--cap-add", "NET_ADMIN", ...map);
	expect(joined.trim().split(/\s+/)).toEqual([...ranges[1]!.map(String), "mine"]);
	const other = await own("run", "--rm", "--network", "container:two", "--userns", "auto", "busybox", "true");
	expect(other.stderr).toContain("belongs to another user namespace");
	await ok("rm", "-f", "two", "three");
});

test("mounts that come while it runs, of images, of parts of volumes, secrets and memory are its own as well", async () => {
	await ok("volume", "create", "parts");
	await ok(
		"run",
		"--rm",
		"-v",
		"parts:/p",
		"busybox",
		"sh",
		"-c",
		"mkdir /p/sub; touch /p/sub/f; chown 5:5 /p/sub/f",
	);
	await ok("secret", "create", "token", join(folder, "users"));
	await start(
		"mounted",
		"--userns",
		"auto",
		"--user",
		"9",
		"--tmpfs",
		"/memory:mode=700,uid=9",
		"--secret",
		"source=token,target=/token,uid=9,mode=0400",
		"--mount",
		"type=image,src=busybox,dst=/image",
		"--mount",
		"type=volume,src=parts,dst=/part,volume-subpath=sub",
	);
	await ok("mount", "add", "mounted", "--mount", "type=volume,src=parts,dst=/later/sub");
	await ok("mount", "add", "mounted", "--mount", "type=tmpfs,dst=/later/memory,tmpfs-mode=0755");
	expect(await inside("mounted", "cat /token; touch /memory/x; stat -c %u:%g /memory/x")).toBe(
		"of 1000\n9:0\n",
	);
	expect(
		await inside("mounted", "stat -c %u:%g /image/bin/busybox /part/f /later /later/sub/sub/f /later/memory"),
	).toBe("0:0\n5:5\n0:0\n5:5\n0:0\n");
	await ok("rm", "-f", "mounted");
	await ok("volume", "rm", "parts");
	await ok("secret", "rm", "token");
});

test("a bind's owners are mapped as asked, also where ids are the host's", async () => {
	const mode = "idmap=uids=0-7-1#1000-8-1;gids=0-7-1#1000-8-1";
	const run = (...args: string[]) => hull.docker(["run", "--rm", "--network", "none", ...args]);
	const listing = await run(
		"-v",
		`${folder}:/m:${mode}`,
		"-u",
		"8",
		"busybox",
		"sh",
		"-c",
		"stat -c %u:%g /m/roots /m/users; cat /m/users",
	);
	expect(listing).toMatchObject({ code: 0, stdout: "7:7\n8:8\nof 1000\n" });
	const nobody = await run("-v", `${folder}:/m:idmap`, "busybox", "true");
	expect(nobody.stderr).toContain("idmap without ranges needs a user namespace");
	const wrong = await run("-v", `${folder}:/m:idmap=uids=0-7`, "busybox", "true");
	expect(wrong.stderr).toContain("invalid idmap");
	const proc = await run("-v", `/proc:/m:${mode}`, "busybox", "true");
	expect(proc.stderr).toContain("/proc: its file system, or one that is mounted below, cannot map ids");
});

test("what belongs to the host's root is refused by name", async () => {
	const cases = [
		[["--privileged"], "privileged mode is incompatible with user namespaces"],
		[["--network", "host"], "cannot share the host's network namespace when user namespaces are enabled"],
		[["--pid", "host"], "cannot share the host PID namespace when user namespaces are enabled"],
		[["--user", "70000"], "user id 70000 is not there in the container's user namespace"],
		[["--isolation", "vm"], "isolation vm cannot have a user namespace"],
	] as const;
	for (const [args, text] of cases) {
		const { stderr, code } = await own("run", "--rm", "--userns", "auto", ...args, "busybox", "true");
		expect([args, code, stderr]).toEqual([args, 125, expect.stringContaining(text)]);
	}
});

test("with --userns-remap auto unmodified clients get it, with networks, names and published ports", async () => {
	await using remapped = await startTestDaemon({ arguments: ["--userns-remap", "auto"] });
	await remapped.ok(["network", "create", "net"]);
	await remapped.ok([
		"run",
		"-d",
		"--name",
		"server",
		"--network",
		"net",
		"-p",
		"127.0.0.1::80",
		"busybox",
		"sh",
		"-c",
		"echo answer > /index.html; httpd -f -p 80 -h /",
	]);
	const wget =
		"until wget -qO- http://server/index.html; do :; done; ping -c 1 -q server >/dev/null && echo reached";
	const client = ["run", "--rm", "--network", "net", "busybox", "sh", "-c"];
	expect(await remapped.ok([...client, wget])).toBe("answer\nreached\n");
	const [port] = (await remapped.ok(["port", "server", "80"])).trim().split("\n");
	expect(await (await fetch(`http://${port}/index.html`)).text()).toBe("answer\n");
	expect(await remapped.ok(["run", "--rm", "busybox", "cat", "/proc/self/uid_map"])).not.toContain(
		" 4294967295",
	);
	expect(
		await remapped.ok(["run", "--rm", "--userns", "host", "busybox", "cat", "/proc/self/uid_map"]),
	).toContain("4294967295");
	const privileged = await remapped.docker(["run", "--rm", "--privileged", "busybox", "true"]);
	expect(privileged.stderr).toContain("privileged mode is incompatible with user namespaces");
});
