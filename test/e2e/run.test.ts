import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

const run = (...args: string[]) => hull.docker(["run", "--rm", ...args]);

describe("output, input and exit codes", () => {
	test("stdout and stderr stay apart and the exit code comes through", async () => {
		expect(await run("busybox", "sh", "-c", "echo out; echo err >&2; exit 7")).toEqual({
			code: 7,
			stdout: "out\n",
			stderr: "err\n",
		});
	});

	test("stdin reaches the process up to its end, and late output comes back", async () => {
		const { stdout } = await hull.docker(["run", "--rm", "-i", "busybox", "sh", "-c", "cat; echo done"], {
			input: "a\nb\n",
		});
		expect(stdout).toBe("a\nb\ndone\n");
	});

	test("20 MB go through cat unharmed", async () => {
		const input = Buffer.alloc(20_000_000, "0123456789abcdef\n");
		const { stdout, code } = await hull.docker(["run", "--rm", "-i", "busybox", "cat"], { input });
		expect(code).toBe(0);
		expect(stdout.length).toBe(input.length);
		expect(stdout === input.toString()).toBe(true);
	});

	test("a program that is not there is 127, one that cannot be run 126, a bad request 125", async () => {
		const missing = await run("busybox", "nosuch");
		expect(missing.code).toBe(127);
		expect(missing.stderr).toContain('exec: "nosuch": executable file not found in $PATH');
		const denied = await run("busybox", "/etc/passwd");
		expect(denied.code).toBe(126);
		expect(denied.stderr).toContain('exec: "/etc/passwd": permission denied');
		expect((await run("-m", "1m", "busybox", "true")).code).toBe(125);
	});

	test("a program ended by a signal is 128 and its number", async () => {
		await hull.ok(["run", "-d", "--name", "victim", "busybox", "sleep", "100"]);
		await hull.ok(["kill", "victim"]);
		expect(await hull.ok(["wait", "victim"])).toBe("137\n");
		await hull.ok(["rm", "victim"]);
	});
});

describe("what the process finds", () => {
	test("environment, user, working folder, entrypoint and host name", async () => {
		const { stdout } = await run(
			...["-e", "A=b c", "-u", "nobody", "-w", "/tmp", "-h", "box", "--entrypoint", "sh"],
			...["busybox", "-c", 'echo "$A|$(id -u)|$(pwd)|$(hostname)|$HOME|$0" "$@"', "zero", "one", "two"],
		);
		expect(stdout).toBe("b c|65534|/tmp|box|/home|zero one two\n");
	});

	test("an unknown user is refused in Docker's words", async () => {
		const { code, stderr } = await run("-u", "ghost", "busybox", "true");
		expect(code).toBe(125);
		expect(stderr).toContain("unable to find user ghost: no matching entries in passwd file");
	});

	test("its own files for names, and the bridge's gateway answers", async () => {
		const { stdout } = await run(
			...["--add-host", "db:10.1.2.3", "--dns", "9.9.9.9", "busybox"],
			...[
				"sh",
				"-c",
				"cat /etc/hosts /etc/resolv.conf; ping -c 1 -w 5 $(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p')",
			],
		);
		expect(stdout).toContain("10.1.2.3\tdb");
		expect(stdout).toContain("nameserver 9.9.9.9");
		expect(stdout).toContain("1 packets received");
	});

	test("no network has only the loopback; the host's is the host's; another container's is shared", async () => {
		expect((await run("--network", "none", "busybox", "ls", "/sys/class/net")).stdout).toBe("lo\n");
		const host = await run("--network", "host", "busybox", "cat", "/proc/self/net/dev");
		expect(host.stdout).toContain("hull-");
		await hull.ok(["run", "-d", "--name", "donor", "-h", "donor", "busybox", "sleep", "100"]);
		const address = await hull.ok([
			"inspect",
			"-f",
			"{{.NetworkSettings.Networks.bridge.IPAddress}}",
			"donor",
		]);
		const joined = await run(
			"--network",
			"container:donor",
			"busybox",
			"sh",
			"-c",
			"ip addr show eth0; hostname",
		);
		expect(joined.stdout).toContain(address.trim());
		expect(joined.stdout).toEndWith("donor\n");
		await hull.ok(["rm", "-f", "donor"]);
	});
});

describe("detached", () => {
	test("-d prints the id, and the container goes by itself with --rm", async () => {
		const id = (await hull.ok(["run", "-d", "--rm", "busybox", "sh", "-c", "read x < /proc/1/stat"])).trim();
		expect(id).toMatch(/^[0-9a-f]{64}$/);
		await hull.docker(["wait", id]);
		expect((await hull.docker(["inspect", id])).code).toBe(1);
	});

	test("--rm takes the volumes that have no name, and leaves the others", async () => {
		await hull.ok(["run", "--rm", "-v", "kept:/kept", "-v", "/gone", "busybox", "true"]);
		expect(await hull.ok(["volume", "ls", "-q"])).toBe("kept\n");
		await hull.ok(["volume", "rm", "kept"]);
	});

	test("--cidfile and labels", async () => {
		const folder = mkdtempSync(join(tmpdir(), "hull-cid-"));
		const file = join(folder, "cid");
		await hull.ok(["run", "-d", "--cidfile", file, "-l", "a=b", "--name", "labelled", "busybox", "true"]);
		const found = await hull.ok(["ps", "-aq", "--no-trunc", "--filter", "label=a=b"]);
		expect(found.trim()).toBe(readFileSync(file, "utf8"));
		rmSync(folder, { recursive: true });
	});
});

describe("errors name what is wrong and leave nothing", () => {
	test("an unknown image", async () => {
		const { json, status } = await hull.api("POST", "/containers/create", { Image: "nosuch", Cmd: ["x"] });
		expect(status).toBe(404);
		expect(json.message).toBe("No such image: nosuch:latest");
	});

	test("a name in use", async () => {
		await hull.ok(["create", "--name", "taken", "busybox"]);
		const { code, stderr } = await hull.docker(["create", "--name", "taken", "busybox"]);
		expect(code).toBe(1);
		expect(stderr).toMatch(
			/Conflict\. The container name "\/taken" is already in use by container "[0-9a-f]{64}"/,
		);
		await hull.ok(["rm", "taken"]);
	});

	test("a bind that should follow mounts that nobody shares", async () => {
		const folder = mkdtempSync(join(tmpdir(), "hull-private-"));
		execFileSync("mount", ["--bind", folder, folder]);
		execFileSync("mount", ["--make-private", folder]);
		try {
			const { code, stderr } = await hull.docker([
				"run",
				"--rm",
				"-v",
				`${folder}:/x:rslave`,
				"busybox",
				"true",
			]);
			expect(stderr).toContain(
				`path ${folder} is mounted on ${folder} but it is not a shared or slave mount`,
			);
			expect(code).toBe(125);
		} finally {
			execFileSync("umount", [folder]);
			rmdirSync(folder);
		}
	});

	const refused: readonly [string, readonly string[], string][] = [
		["a short name", ["--name", "x"], "Invalid container name (x)"],
		[
			"a machine on the host's network",
			["--isolation", "vm", "--network", "host"],
			"isolation vm cannot have",
		],
		["a link to nobody", ["--link", "a:b"], "could not get container for a"],
		["a network", ["--network", "nosuch"], "network nosuch not found"],
		["a volume driver", ["--mount", "type=volume,dst=/x,volume-driver=nfs"], "nfs"],
		["a log driver", ["--log-driver", "awslogs"], "no log driver named 'awslogs'"],
		["a log option", ["--log-opt", "foo=1"], "unknown log opt 'foo' for json-file log driver"],
		["a runtime", ["--runtime", "nosuch"], "unknown or invalid runtime name: nosuch"],
		["a relative folder", ["-w", "tmp"], "needs to be an absolute path"],
		[
			"a missing source",
			["--mount", "type=bind,src=/nosuch,dst=/x"],
			"bind source path does not exist: /nosuch",
		],
		["two mounts at one place", ["-v", "/tmp:/x", "-v", "/etc:/x"], "Duplicate mount point: /x"],
		["a policy for what removes itself", ["--rm", "--restart", "always"], "onflicting options"],
		["a storage option", ["--storage-opt", "inodes=5"], "the only option is size"],
		["a user namespace", ["--userns", "private"], "user"],
	];
	test.each(refused)("%s", async (_what, flags, text) => {
		const { code, stderr } = await hull.docker(["create", ...flags, "busybox", "true"]);
		expect(stderr).toContain(text);
		expect(code).not.toBe(0);
		const left = await hull.ok(["ps", "-aq", "--filter", "status=created"]);
		if (left !== "") await hull.ok(["rm", ...left.trim().split("\n")]);
		expect(left).toBe("");
	});
});
