import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
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
import { hasEnded, startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

setDefaultTimeout(120_000);

let hull: TestDaemon;
let folder: string;
beforeAll(async () => {
	hull = await startTestDaemon({ arguments: ["--vm-memory", "128m"] });
	folder = mkdtempSync(join(tmpdir(), "hull-volumes-"));
});
afterEach(async () => {
	const ids = (await hull.ok(["ps", "-aq"])).split("\n").filter((id) => id !== "");
	if (ids.length > 0) await hull.ok(["rm", "-f", "-v", ...ids]);
	// The rest is looked at in the end: the first machine's template may still be in the making.
	await eventually(async () =>
		expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(hull.dataRoot),
	);
	await hull.ok(["volume", "prune", "-af"]);
});
afterAll(async () => {
	rmSync(folder, { recursive: true });
	await hull[Symbol.asyncDispose]();
});

const run = (...args: string[]) => hull.docker(["run", "--rm", "--network", "none", ...args]);
const shell = async (args: readonly string[], script: string) => {
	const { stdout, stderr } = await run(...args, "busybox", "sh", "-c", script);
	return stdout + stderr;
};
const createVolume = (name: string, ...options: string[]) =>
	hull.ok(["volume", "create", ...options.flatMap((option) => ["-o", option]), name]);
const isMounted = (name: string) =>
	readFileSync("/proc/self/mountinfo", "utf8").includes(` ${join(hull.dataRoot, "volumes", name, "_data")} `);

describe("options of the local driver", () => {
	test("a tmpfs is mounted with the first container, shared, and gone after the last", async () => {
		await createVolume("mem", "type=tmpfs", "device=tmpfs", "o=size=1m,mode=700");
		expect(isMounted("mem")).toBe(false);
		await hull.ok(["run", "-d", "--name", "first", "-v", "mem:/m", "busybox", "sleep", "1000"]);
		await hull.ok(["exec", "first", "sh", "-c", "echo shared > /m/f"]);
		expect(await shell(["-v", "mem:/n"], "cat /n/f; df -k /n | tail -1 | awk '{print $2}'")).toBe(
			"shared\n1024\n",
		);
		expect(isMounted("mem")).toBe(true);
		await hull.ok(["rm", "-f", "first"]);
		await eventually(async () => expect(isMounted("mem")).toBe(false));
		expect(await shell(["-v", "mem:/n"], "ls /n")).toBe("");
	});

	test("a bind of another folder, and Docker's words when it is not there", async () => {
		await createVolume("bound", "type=none", "o=bind", `device=${join(folder, "target")}`);
		expect(await shell(["-v", "bound:/b"], "true")).toContain("failed to mount local volume: mount");
		mkdirSync(join(folder, "target"));
		await shell(["-v", "bound:/b"], "echo there > /b/f");
		expect(readFileSync(join(folder, "target", "f"), "utf8")).toBe("there\n");
		await hull.ok(["volume", "rm", "bound"]);
		expect(existsSync(join(folder, "target", "f"))).toBe(true);
	});

	test("wrong ones are refused when the volume is created, in Docker's words", async () => {
		const problem = async (...options: string[]) =>
			(await hull.docker(["volume", "create", ...options.flatMap((option) => ["-o", option]), "wrong"]))
				.stderr;
		expect(await problem("foo=1")).toContain('create wrong: invalid option: "foo"');
		expect(await problem("type=tmpfs")).toContain('create wrong: missing required option: "device"');
		expect(await problem("device=/x")).toContain('create wrong: missing required option: "type"');
		expect(await problem("o=bind")).toContain('create wrong: missing required option: "device"');
		expect(await problem("size=x")).toContain("create wrong: invalid size: 'x'");
		expect(await problem("size=1k")).toContain("must be between 1m and 16t");
	});

	test("a size bounds a volume, whose data stays", async () => {
		await createVolume("small", "size=8m");
		const full = await shell(
			["-v", "small:/s"],
			"echo kept > /s/f; ls -A /s; dd if=/dev/zero of=/s/big bs=1M count=20",
		);
		expect(full).toStartWith("f\n");
		expect(full).toContain("No space left on device");
		expect(await shell(["-v", "small:/s"], "cat /s/f")).toBe("kept\n");
		const { json } = await hull.api("GET", "/v1.43/system/df");
		const { Size: size } = json.Volumes.find(
			({ Name: name }: { Name: string }) => name === "small",
		).UsageData;
		expect(size).toBeGreaterThan(4 * 2 ** 20);
		expect(size).toBeLessThan(9 * 2 ** 20);
	});

	test("a new volume with a size gets the image's files", async () => {
		await hull.ok([
			"run",
			"--rm",
			"--mount",
			"type=volume,src=sz,dst=/etc,volume-opt=size=4m",
			"busybox",
			"true",
		]);
		expect(await shell(["-v", "sz:/s"], "cat /s/passwd")).toContain("root:");
	});

	test("files are copied in and out of a container that does not run", async () => {
		await createVolume("small", "size=4m");
		await hull.ok(["create", "--name", "idle", "-v", "small:/s", "busybox"]);
		writeFileSync(join(folder, "in"), "copied");
		await hull.ok(["cp", join(folder, "in"), "idle:/s/in"]);
		expect(isMounted("small")).toBe(false);
		expect(await shell(["--volumes-from", "idle"], "cat /s/in")).toBe("copied");
	});

	test("hulld is killed: the volume stays mounted for the container, and goes with it", async () => {
		await createVolume("small", "size=4m");
		const id = (
			await hull.ok(["run", "-d", "--name", "long", "-v", "small:/s", "busybox", "sleep", "1000"])
		).trim();
		await hull.kill();
		await hull.start();
		expect(isMounted("small")).toBe(true);
		await hull.ok(["exec", "long", "touch", "/s/alive"]);
		const pid = (await hull.api("GET", "/containers/long/json")).json.State.Pid as number;
		await hull.kill();
		process.kill(pid, "SIGKILL");
		await eventually(async () => expect(hasEnded(hull, id)).toBe(true));
		await hull.start();
		expect(isMounted("small")).toBe(false);
		await hull.ok(["rm", "long"]);
		expect(await shell(["-v", "small:/s"], "ls /s")).toBe("alive\n");
	});

	test("a machine has them too", async () => {
		await createVolume("small", "size=8m");
		const script = "echo vm > /s/f; dd if=/dev/zero of=/s/big bs=1M count=20";
		expect(await shell(["--isolation", "vm", "-v", "small:/s"], script)).toContain("No space left on device");
		expect(await shell(["-v", "small:/s"], "cat /s/f")).toBe("vm\n");
	});
});

test("prune takes volumes with a name from old clients, and from new ones that ask for it", async () => {
	const prune = async (version: string, filters: object) =>
		(
			await hull.api(
				"POST",
				`/v${version}/volumes/prune?filters=${encodeURIComponent(JSON.stringify(filters))}`,
			)
		).json.VolumesDeleted;
	await hull.ok(["volume", "create", "--label", "keep=1", "kept"]);
	await hull.ok(["volume", "create", "named"]);
	expect(await prune("1.42", {})).toEqual([]);
	expect(await prune("1.41", { "label!": ["keep"] })).toEqual(["named"]);
	expect(await prune("1.42", { all: ["true"], label: ["keep=2"] })).toEqual([]);
	expect(await prune("1.42", { all: ["true"], label: ["keep=1"] })).toEqual(["kept"]);
	const wrong = await hull.api("POST", `/volumes/prune?filters=${encodeURIComponent('{"foo":["1"]}')}`);
	expect(wrong.status).toBe(400);
	const matched = async (name: string) => {
		const filters = encodeURIComponent(JSON.stringify({ name: [name] }));
		const { json } = await hull.api("GET", `/volumes?filters=${filters}`);
		return json.Volumes.map(({ Name }: { Name: string }) => Name);
	};
	await hull.ok(["volume", "create", "one-two"]);
	expect([await matched("^one"), await matched("^two"), await matched("two$")]).toEqual([
		["one-two"],
		[],
		["one-two"],
	]);
});

describe.each(["process", "vm"])("isolation %s", (isolation) => {
	const hulled = (...args: string[]) => ["--isolation", isolation, ...args];

	test("an image is mounted read-only, whole or from a folder of it on", async () => {
		await hull.ok(["create", "--name", "layered", "busybox", "true"]);
		mkdirSync(join(folder, "tree/sub"), { recursive: true });
		writeFileSync(join(folder, "tree/sub/file"), "in the second layer");
		await hull.ok(["cp", join(folder, "tree"), "layered:/tree"]);
		await hull.ok(["commit", "layered", "layered:latest"]);
		await hull.ok(["rm", "layered"]);
		const whole = hulled("--mount", "type=image,src=layered,dst=/i");
		const said = await shell(whole, "cat /i/tree/sub/file; ls /i/bin | grep -x busybox; touch /i/x");
		expect(said).toContain("in the second layerbusybox\n");
		expect(said).toContain("Read-only file system");
		const part = hulled("--mount", "type=image,src=layered,dst=/i,image-subpath=tree/sub");
		expect(await shell(part, "cat /i/file")).toBe("in the second layer");
		const single = hulled("--mount", "type=image,src=busybox,dst=/i,image-subpath=bin");
		expect(await shell(single, "ls /i | grep -x busybox; touch /i/x")).toContain("Read-only file system");
		const { code, stderr } = await run(
			...hulled("--mount", "type=image,src=layered,dst=/i,image-subpath=no"),
			"busybox",
			"true",
		);
		expect([code, stderr]).toEqual([127, expect.stringContaining("cannot access path")]);
		await hull.ok(["create", "--name", "holder", ...whole, "busybox"]);
		await hull.ok(["tag", "layered", "layered:again"]);
		const { Id: image } = (await hull.api("GET", "/images/layered/json")).json;
		expect((await hull.docker(["rmi", image])).stderr).toContain("conflict");
		await hull.ok(["rm", "holder"]);
		await hull.ok(["rmi", "layered:again", "layered"]);
	});

	test("a folder of a volume is mounted; no link in it leads out", async () => {
		await createVolume("data");
		const data = join(hull.dataRoot, "volumes/data/_data");
		mkdirSync(join(data, "a/b"), { recursive: true });
		writeFileSync(join(data, "a/b/f"), "inside");
		symlinkSync("/a", join(data, "absolute"));
		symlinkSync("../../../../../../../../../etc", join(data, "up"));
		const mount = (subpath: string) =>
			hulled("--mount", `type=volume,src=data,dst=/d,volume-subpath=${subpath}`);
		expect(await shell(mount("a/b"), "cat /d/f; echo new > /d/g")).toBe("inside");
		expect(readFileSync(join(data, "a/b/g"), "utf8")).toBe("new\n");
		// Its root is the volume's.
		expect(await shell(mount("absolute/b"), "cat /d/f")).toBe("inside");
		expect(await shell(mount("up"), "true")).toContain("cannot access path");
		expect(await shell(mount("a/none"), "true")).toContain("cannot access path");
	});
});

test("a folder of a volume that becomes a link while it is mounted leads nowhere", async () => {
	await createVolume("racing");
	const data = join(hull.dataRoot, "volumes/racing/_data");
	const outside = join(folder, "outside");
	mkdirSync(join(data, "a"));
	mkdirSync(outside);
	writeFileSync(join(data, "a/f"), "inside");
	writeFileSync(join(outside, "f"), "outside");
	symlinkSync(outside, join(data, "link"));
	// As fast as it can: the folder, the link, the folder.
	const exchange = "while mv a b && mv link a && mv a link && mv b a; do :; done";
	const racer = spawn("sh", ["-c", exchange], { cwd: data, stdio: "ignore" });
	const ended = once(racer, "exit");
	const seen = new Set<string>();
	for (let round = 0; round < 30; round++)
		seen.add(await shell(["--mount", "type=volume,src=racing,dst=/d,volume-subpath=a"], "cat /d/f"));
	racer.kill("SIGKILL");
	await ended;
	expect(seen).toContain("inside");
	expect([...seen].filter((text) => text.includes("outside"))).toEqual([]);
});

describe("propagation", () => {
	const mountpoint = () => join(folder, "shared");
	beforeAll(() => {
		mkdirSync(mountpoint());
		execFileSync("mount", ["-t", "tmpfs", "tmpfs", mountpoint()]);
		execFileSync("mount", ["--make-shared", mountpoint()]);
		mkdirSync(join(mountpoint(), "from-host"));
		mkdirSync(join(mountpoint(), "from-container"));
	});
	afterAll(() => {
		execFileSync("umount", ["--recursive", mountpoint()]);
	});
	const made = () =>
		readFileSync("/proc/self/mountinfo", "utf8").includes(join(mountpoint(), "from-container"));
	const fromHost = () => {
		execFileSync("mount", ["-t", "tmpfs", "tmpfs", join(mountpoint(), "from-host")]);
		writeFileSync(join(mountpoint(), "from-host/f"), "later");
	};

	test("shared: mounts travel both ways", async () => {
		const start = ["run", "-d", "--name", "both", "--privileged", "-v", `${mountpoint()}:/s:rshared`];
		await hull.ok([...start, "busybox", "sleep", "1000"]);
		fromHost();
		expect(await hull.ok(["exec", "both", "cat", "/s/from-host/f"])).toBe("later");
		await hull.ok(["exec", "both", "mount", "-t", "tmpfs", "tmpfs", "/s/from-container"]);
		expect(made()).toBe(true);
		await hull.ok(["exec", "both", "umount", "/s/from-container"]);
		expect(made()).toBe(false);
		await hull.ok(["rm", "-f", "both"]);
		execFileSync("umount", [join(mountpoint(), "from-host")]);
	});

	test("slave: they travel in, not out; private: neither", async () => {
		for (const propagation of ["rslave", "rprivate"]) {
			const start = ["run", "-d", "--name", "one", "--privileged", "-v", `${mountpoint()}:/s:${propagation}`];
			await hull.ok([...start, "busybox", "sleep", "1000"]);
			fromHost();
			const seen = await hull.docker(["exec", "one", "cat", "/s/from-host/f"]);
			expect(seen.stdout).toBe(propagation === "rslave" ? "later" : "");
			await hull.ok(["exec", "one", "mount", "-t", "tmpfs", "tmpfs", "/s/from-container"]);
			expect(made()).toBe(false);
			await hull.ok(["rm", "-f", "one"]);
			execFileSync("umount", [join(mountpoint(), "from-host")]);
		}
	});

	test("what is mounted below a read-only bind is read-only, unless asked otherwise", async () => {
		fromHost();
		const bind = (options: string) => ["--mount", `type=bind,src=${mountpoint()},dst=/s,${options}`];
		const script = "touch /s/x; touch /s/from-host/x";
		expect((await shell(bind("ro"), script)).match(/Read-only/g)).toHaveLength(2);
		expect((await shell(bind("ro,bind-recursive=writable"), script)).match(/Read-only/g)).toHaveLength(1);
		rmSync(join(mountpoint(), "from-host/x"));
		const forced = bind("ro,bind-recursive=readonly,bind-propagation=rprivate");
		expect((await shell(forced, script)).match(/Read-only/g)).toHaveLength(2);
		expect(await shell(bind("bind-recursive=disabled"), "ls /s; ls /s/from-host")).toBe(
			"from-container\nfrom-host\n",
		);
		execFileSync("umount", [join(mountpoint(), "from-host")]);
	});

	test("a source that is not on a shared mount is refused in Docker's words", async () => {
		mkdirSync(join(folder, "private"));
		execFileSync("mount", ["--bind", join(folder, "private"), join(folder, "private")]);
		execFileSync("mount", ["--make-private", join(folder, "private")]);
		const path = join(folder, "private");
		for (const [propagation, needed] of [
			["shared", "a shared"],
			["slave", "a shared or slave"],
		]) {
			const { code, stderr } = await run("-v", `${path}:/s:${propagation}`, "busybox", "true");
			expect(stderr).toContain(`path ${path} is mounted on ${path} but it is not ${needed} mount`);
			expect(code).toBe(125);
		}
		execFileSync("umount", [path]);
	});
});
