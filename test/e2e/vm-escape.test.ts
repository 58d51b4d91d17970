/**
 * What a hostile root with every capability in a virtual machine gets at: its own machine, and nothing else.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import {
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import {
	asRoot,
	buildAssault,
	descriptors,
	hostileMachine,
	mountsOf,
	processStatus,
	putProgram,
	qemuPid,
} from "../support/vm-escape.ts";

let engine: TestDaemon;
const folder = mkdtempSync(join(tmpdir(), "hull-escape-"));
/** Stands in files of the host, in other machines and in other containers; must never be seen inside. */
const secret = `secret-${randomBytes(16).toString("hex")}`;
const assault = buildAssault();

beforeAll(async () => {
	engine = await startTestDaemon();
	writeFileSync(join(folder, "secret"), secret);
	await hostileMachine(engine, "hostile");
	await putProgram(engine, "hostile", assault);
});
afterAll(async () => {
	await engine.assertClean();
	await engine[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

/** The engine serves, and a neighbour works and is reached over the network. */
async function othersAreWell(): Promise<void> {
	expect(await engine.ok(["run", "--rm", "busybox", "echo", "well"])).toBe("well\n");
	const address = (
		await engine.ok([
			"inspect",
			"-f",
			"{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
			"neighbour",
		])
	).trim();
	const ping = await engine.docker(["run", "--rm", "busybox", "ping", "-c", "1", "-w", "10", address]);
	expect(ping.stdout).toContain("1 packets received");
}

test("QEMU is nobody, in a jail, with nothing but what its machine needs", async () => {
	const pid = await qemuPid(engine, "hostile");
	const status = processStatus(pid);
	for (const ids of [status["Uid"]!, status["Gid"]!])
		for (const id of ids.split("\t")) expect(Number(id)).toBeGreaterThan(999);
	expect(status["Groups"]!.trim()).toBe("");
	expect(status["NoNewPrivs"]).toBe("1");
	expect(status["Seccomp"]).toBe("2");
	// Its own files need no capability: nothing is shared with this machine but the engine's small ones.
	expect({ effective: status["CapEff"], bounding: status["CapBnd"] }).toMatchObject({
		effective: "0000000000000000",
	});
	for (const name of ["etc", "root", "home", "var", "run", "sys", "tmp"])
		expect(readdirSync(`/proc/${pid}/root`)).not.toContain(name);
	for (const { target, options } of mountsOf(pid)) {
		expect({ target, options }).toMatchObject({ options: expect.arrayContaining(["nosuid"]) });
	}
	expect(readFileSync(`/proc/${pid}/net/dev`, "utf8").match(/^\s*\w+:/gm)).toEqual(["    lo:"]);
	const open = descriptors(pid).filter((path) => path.startsWith("/") && !path.startsWith("/dev/"));
	const allowed = /^\/(disks\/|memfd:|vm\/|template\/|shared$|null$)/;
	expect(open.filter((path) => !allowed.test(path) && !path.includes(" (deleted)"))).toEqual([]);
	const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8");
	expect(groups).toMatch(/:.*memory.*:\/.+|^0::\/.+/m);
});

test("its disks are the image and its own, and hold nothing of the host's or of another machine's", async () => {
	await hostileMachine(engine, "victim");
	await asRoot(engine, "victim", `echo ${secret} >/secret; sync`);
	const partitions = await asRoot(engine, "hostile", "cat /proc/partitions");
	const disks = [...partitions.matchAll(/^\s*(\d+)\s+(\d+)\s+\d+\s+(vd[a-z]+)$/gm)];
	expect(disks).toHaveLength(2);
	for (const [, major, minor, name] of disks) {
		const found = await asRoot(
			engine,
			"hostile",
			`mknod /${name} b ${major} ${minor}; dd if=/${name} bs=1M count=2 2>/dev/null | grep -c ${secret}`,
		);
		expect({ name, found: found.trim() }).toEqual({ name, found: "0" });
	}
});

test("the image's layers cannot be written, whatever the guest's kernel says", async () => {
	const layers = [...layerFiles(engine)];
	expect(layers.length).toBeGreaterThan(0);
	const before = layers.map((path) => Bun.hash(readFileSync(path)));
	const script = `for disk in /sys/block/vd*; do
		name=\${disk##*/}; [ $(cat $disk/ro) = 1 ] || continue
		mknod /w$name b $(tr : ' ' <$disk/dev); blockdev --setrw /w$name
		dd if=/dev/urandom of=/w$name bs=4k count=64 conv=fsync; done`;
	await asRoot(engine, "hostile", script);
	expect(layers.map((path) => Bun.hash(readFileSync(path)))).toEqual(before);
	expect(await engine.ok(["run", "--rm", "--isolation", "vm", "busybox", "echo", "sound"])).toBe("sound\n");
});

test("what is shared ends at its folder, and stays read-only where it was given so", async () => {
	const open = join(folder, "open");
	const closed = join(folder, "closed");
	for (const path of [open, closed]) mkdirSync(path);
	writeFileSync(join(closed, "file"), "unchanged");
	symlinkSync(join(folder, "secret"), join(open, "link"));
	symlinkSync("../secret", join(open, "upwards"));
	symlinkSync("..", join(open, "parent"));
	await hostileMachine(engine, "sharing", ["-v", `${open}:/open`, "-v", `${closed}:/closed:ro`]);
	const tries = `
		cat /open/link /open/upwards /open/parent/secret
		mkdir /all; mount -t 9p -o trans=virtio,version=9p2000.L shared /all
		find /all -maxdepth 3; cat /all/../secret /all/*/../../secret /all/*/upwards /all/*/parent/secret
		mount -o remount,rw /closed; echo changed >/closed/file
		for share in /all/*; do echo changed >$share/file; done
		ln /all/*/file /all/linked; mv /open /all/moved
		mknod /open/disk b 8 0; mknod /open/memory c 1 1; cp /bin/busybox /open/setuid; chmod 4755 /open/setuid
		ln -s /etc/shadow /open/planted; cat /open/planted`;
	const seen = await asRoot(engine, "sharing", tries);
	expect(seen).not.toContain(secret);
	expect(readFileSync(join(closed, "file"), "utf8")).toBe("unchanged");
	expect(readFileSync(join(folder, "secret"), "utf8")).toBe(secret);
	// On the host the planted link is a link, for whoever follows it; QEMU's own view takes no device or set-user-id file.
	expect(lstatSync(join(open, "planted")).isSymbolicLink()).toBe(true);
	const shares = mountsOf(await qemuPid(engine, "sharing")).filter(({ target }) =>
		/^\/shared\/./.test(target),
	);
	expect(shares.length).toBeGreaterThanOrEqual(2);
	for (const { options } of shares) expect(options).toEqual(expect.arrayContaining(["nosuid", "nodev"]));
	expect(shares.some(({ options }) => options.includes("ro"))).toBe(true);
	await engine.ok(["rm", "-f", "sharing"]);
});

test("the host's loopback and the engine's socket are out of reach", async () => {
	const { server, port, seen } = await listenOnLoopback();
	const gateway = (
		await engine.ok(["inspect", "-f", "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}", "hostile"])
	).trim();
	const tries = `
		try() { echo hello | nc -w 2 $1 ${port}; }
		try 127.0.0.1; try ${gateway}
		echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet; echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet
		ip route del local 127.0.0.0/8 dev lo table local; ip route del local 127.0.0.1 dev lo table local
		ip route add 127.0.0.0/8 via ${gateway} dev eth0; try 127.0.0.1
		find / -xdev -name '*.sock'`;
	expect(await asRoot(engine, "hostile", tries)).not.toContain(secret);
	expect(seen()).toBe(0);
	server.close();
});

test("malformed packets to everybody harm nobody", async () => {
	await engine.ok(["run", "-d", "--name", "neighbour", "busybox", "sleep", "100000"]);
	const index = "$(cat /sys/class/net/eth0/ifindex)";
	expect(await asRoot(engine, "hostile", `/assault packets ${index} 20000`)).toContain("end\tpackets");
	await othersAreWell();
});

test.each([
	["I/O ports", "/assault ports"],
	[
		"all device registers",
		// A page of registers is the user's once the kernel has let go of all that is in it.
		`mknod /memory c 1 1; mount -t tmpfs none /dev; mknod /dev/mem c 1 1
		for device in /sys/bus/platform/drivers/virtio-mmio/LNRO*; do
			echo \${device##*/} >/sys/bus/platform/drivers/virtio-mmio/unbind & done; sleep 1
		/assault memory 0xfeb00000 0x2000`,
	],
])("noise into %s ends at most the machine that makes it", async (_what, script) => {
	await hostileMachine(engine, "noisy");
	await putProgram(engine, "noisy", assault);
	await engine.ok(["exec", "-d", "noisy", "sh", "-c", `${script}; touch /done`]);
	await eventually(async () => expect(await isOver("noisy")).toBe(true));
	await othersAreWell();
	await engine.ok(["rm", "-f", "noisy"]);
});

test.each(["giant", "flood", "replies", "noise"])(
	"%s on the link ends the machine, and says why",
	async (kind) => {
		await hostileMachine(engine, "lying");
		await putProgram(engine, "lying", assault);
		// With its driver bound anew the port is nobody's, so that whoever opens it speaks for the guest.
		const script = `cd /sys/bus/virtio/drivers/virtio_console; for device in virtio*; do
		echo \${device##*/} >unbind; echo \${device##*/} >bind; done
		sleep 1; mkdir /devices; mount -t devtmpfs none /devices; /assault link /devices/vport*p1 ${kind}`;
		await engine.ok(["exec", "-d", "lying", "sh", "-c", script]);
		await eventually(async () =>
			expect(await engine.ok(["inspect", "-f", "{{.State.Status}}", "lying"])).toBe("exited\n"),
		);
		expect((await engine.ok(["inspect", "-f", "{{.State.Error}}", "lying"])).trim()).not.toBe("");
		await othersAreWell();
		await engine.ok(["rm", "-f", "lying"]);
	},
);

/** The attack has run to its end, or has ended its machine or the way into it. */
async function isOver(name: string): Promise<boolean> {
	const { code } = await engine.docker(["exec", name, "test", "-e", "/done"], { timeoutMs: 5_000 });
	return code !== 1;
}

/** Every file that a machine reads an image's layers from. */
function* layerFiles({ dataRoot }: TestDaemon): Generator<string> {
	for (const name of readdirSync(join(dataRoot, "snapshots"))) {
		const path = join(dataRoot, "snapshots", name, "layer.erofs");
		if (Bun.file(path).size > 0) yield path;
	}
}

/** A server that gives the secret away to whoever reaches 127.0.0.1 of the host. */
async function listenOnLoopback(): Promise<{ server: Server; port: number; seen: () => number }> {
	let connections = 0;
	const server = createServer((socket) => {
		connections++;
		socket.end(secret);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return { server, port: (server.address() as { port: number }).port, seen: () => connections };
}
