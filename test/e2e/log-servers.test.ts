import { afterAll, beforeAll, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { inflateSync } from "node:zlib";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { processesNaming } from "../support/leftovers.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => {
	// With nothing left to ship, the shipper leaves.
	await eventually(() => expect(processesNaming(join(hull.dataRoot, "shipping"))).toEqual([]), 60_000);
	await hull[Symbol.asyncDispose]();
});

const fixture = (name: string) => new URL(`../support/tls/${name}`, import.meta.url).pathname;
const certificate = {
	cert: readFileSync(fixture("localhost-cert.pem")),
	key: readFileSync(fixture("localhost-key.pem")),
};

/** A server of streams that keeps what it is sent, can be killed and comes back at its port. */
async function streamServer(tls = false) {
	const received: Buffer[] = [];
	let clients: Socket[] = [];
	let server: ReturnType<typeof createServer>;
	let port = 0;
	const start = async () => {
		const serve = (client: Socket) => {
			clients.push(client);
			client.on("data", (bytes: Buffer) => received.push(bytes));
			client.on("error", () => undefined);
		};
		server = tls ? createTlsServer(certificate, serve) : createServer(serve);
		await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
		port = (server.address() as AddressInfo).port;
	};
	const stop = async () => {
		for (const client of clients) client.destroy();
		clients = [];
		await new Promise<void>((resolve) => server.close(() => resolve()));
	};
	await start();
	return { start, stop, port: () => port, bytes: () => Buffer.concat(received) };
}

const opts = (...options: string[]) => options.flatMap((option) => ["--log-opt", option]);

test("syslog: every line arrives though the server is restarted and the daemon is killed", async () => {
	const server = await streamServer();
	const log = [
		"--log-driver",
		"syslog",
		...opts(
			`syslog-address=tcp://127.0.0.1:${server.port()}`,
			"syslog-format=rfc5424micro",
			"tag={{.Name}}",
			"syslog-facility=local3",
		),
	];
	const script =
		"mkfifo /f; exec 3<>/f; i=0; while read x <&3; do n=$((i+500)); while [ $i -lt $n ]; do echo line $i; i=$((i+1)); done; done";
	const id = (
		await hull.ok(["run", "-di", "--name", "teller", ...log, "busybox", "sh", "-c", script])
	).trim();
	const say = () => hull.ok(["exec", "teller", "sh", "-c", "echo >/f"]);
	const lines = () =>
		new Set(
			server
				.bytes()
				.toString()
				.match(/(?<= - )line \d+(?=\n)/g) ?? [],
		);
	await eventually(() => say());
	await eventually(() => expect(lines().size).toBeGreaterThanOrEqual(500));
	await server.stop();
	await say();
	await hull.kill();
	await server.start();
	await eventually(() => expect(lines().size).toBeGreaterThanOrEqual(1000), 30_000);
	await hull.start();
	await say();
	await eventually(() => expect(lines().size).toBeGreaterThanOrEqual(1500), 30_000);
	for (const frame of server.bytes().toString().split("\n").slice(0, -1))
		expect(frame).toMatch(/^<158>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \S+ teller \d+ teller - line \d+$/);
	expect(await hull.ok(["logs", "--tail", "1", id])).toMatch(/^line \d+99\n$/);
	await hull.ok(["rm", "-f", "teller"]);
	await server.stop();
}, 90_000);

test("syslog over TLS counts its messages, and wants a certificate that it knows", async () => {
	const server = await streamServer(true);
	const known = `syslog-tls-ca-cert=${fixture("localhost-cert.pem")}`;
	const log = (...options: string[]) => [
		...["run", "--rm", "--log-driver", "syslog"],
		...opts(`syslog-address=tcp+tls://localhost:${server.port()}`, "syslog-format=rfc5424", ...options),
		...["busybox", "echo", "sealed"],
	];
	expect((await hull.docker(log())).stderr).toContain(
		"failed to initialize logging driver: dial tcp localhost:",
	);
	await hull.ok(log(known));
	await eventually(() => expect(server.bytes().toString()).toContain("sealed"));
	const [, length, frame] = /^(\d+) (<30>1 .* - sealed\n)$/.exec(server.bytes().toString())!;
	expect(Number(length)).toBe(frame!.length);
	await hull.ok(log("syslog-tls-skip-verify=true"));
	await eventually(() =>
		expect(
			server
				.bytes()
				.toString()
				.match(/sealed/g)?.length,
		).toBe(2),
	);
	await server.stop();
});

test("gelf: datagrams are compressed and put together again; a container that is gone at once is told of", async () => {
	const socket = createSocket("udp4");
	const messages: Record<string, unknown>[] = [];
	const chunks = new Map<string, Buffer[]>();
	socket.on("message", (datagram) => {
		if (datagram[0] !== 0x1e) return void messages.push(JSON.parse(inflateSync(datagram).toString()));
		const key = datagram.toString("hex", 2, 10);
		const parts = chunks.get(key) ?? [];
		chunks.set(key, parts);
		parts[datagram[10]!] = datagram.subarray(12);
		if (parts.filter(() => true).length === datagram[11])
			messages.push(JSON.parse(inflateSync(Buffer.concat(parts)).toString()));
	});
	await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
	const log = [
		"--log-driver",
		"gelf",
		...opts(
			`gelf-address=udp://127.0.0.1:${socket.address().port}`,
			"gelf-compression-type=zlib",
			"labels=com.x",
			"env=EV",
		),
	];
	const script =
		"printf 'a\\377b\\n\\n'; echo wrong >&2; head -c 9000 /dev/urandom | od -An -tx1 | tr -d ' \\n'; echo";
	await hull.ok([
		"run",
		"--rm",
		"--name",
		"gone",
		"--label",
		"com.x=lv",
		"-e",
		"EV=ev",
		...log,
		"busybox",
		"sh",
		"-c",
		script,
	]);
	await eventually(() => expect(messages.length).toBe(4));
	expect(messages.map(({ short_message }) => String(short_message).length).sort((a, b) => a - b)).toEqual([
		3, 5, 1616, 16384,
	]);
	expect(messages.find(({ level }) => level === 3)).toMatchObject({
		version: "1.1",
		short_message: "wrong",
		_container_name: "gone",
		"_com.x": "lv",
		_EV: "ev",
		_image_name: "busybox",
	});
	socket.close();
});

test("fluentd: records are MessagePack, whatever the bytes; a container without its cache has no logs to show", async () => {
	const server = await streamServer();
	const log = [
		"--log-driver",
		"fluentd",
		...opts(
			`fluentd-address=127.0.0.1:${server.port()}`,
			"tag=t",
			"fluentd-sub-second-precision=true",
			"cache-disabled=true",
		),
	];
	await hull.ok([
		"run",
		"--name",
		"flu",
		...log,
		"busybox",
		"sh",
		"-c",
		"printf 'a\\377b\\n'; head -c 20000 /dev/zero | tr '\\0' x; echo",
	]);
	await eventually(() => expect(unpackAll(server.bytes()).length).toBe(3));
	const records = unpackAll(server.bytes()) as [string, Buffer, Map<string, string>][];
	expect(records.map(([tag, time]) => [tag, time.length])).toEqual([
		["t", 8],
		["t", 8],
		["t", 8],
	]);
	expect(records[0]![2].get("log")).toBe("a\xffb");
	expect(
		records
			.slice(1)
			.map(([, , record]) => [
				record.get("log")!.length,
				record.get("partial_ordinal"),
				record.get("partial_last"),
			]),
	).toEqual([
		[16384, "1", "false"],
		[3616, "2", "true"],
	]);
	expect((await hull.docker(["logs", "flu"])).stderr).toContain(
		"configured logging driver does not support reading",
	);
	await hull.ok(["rm", "flu"]);
	await server.stop();
	expect((await hull.docker(["run", "--rm", ...log, "busybox", "true"])).stderr).toContain(
		"failed to initialize logging driver: dial tcp 127.0.0.1:",
	);
	await eventually(() =>
		expect(readdirSync(join(hull.dataRoot, "shipping")).filter((name) => name.length === 64)).toEqual([]),
	);
	expect(existsSync(join(hull.dataRoot, "shipping/lock"))).toBe(true);
});

test("with mode=blocking a container waits for a server that is gone, and nothing is lost", async () => {
	const server = await streamServer();
	const log = [
		"--log-driver",
		"syslog",
		...opts(
			`syslog-address=tcp://127.0.0.1:${server.port()}`,
			"mode=blocking",
			"cache-max-size=50k",
			"cache-max-file=2",
			"cache-compress=false",
		),
	];
	const count = 5000;
	await hull.ok([
		"create",
		"--name",
		"patient",
		...log,
		"busybox",
		"sh",
		"-c",
		`i=0; while [ $i -lt ${count} ]; do echo line $i; i=$((i+1)); done`,
	]);
	await hull.ok(["start", "patient"]);
	await server.stop();
	await server.start();
	const lines = () =>
		new Set(
			server
				.bytes()
				.toString()
				.match(/(?<=: )line \d+(?=\n)/g) ?? [],
		);
	await eventually(() => expect(lines().size).toBe(count), 60_000);
	await hull.ok(["rm", "-f", "patient"]);
	await server.stop();
}, 90_000);

/** Arrays of a string, an event time and a map of strings; nothing else is taken. Strings as Latin-1. */
function unpackAll(bytes: Buffer): unknown[] {
	let at = 0;
	const values: unknown[] = [];
	while (at < bytes.length) values.push(next());
	return values;
	function take(length: number): Buffer {
		at += length;
		return bytes.subarray(at - length, at);
	}
	function next(): unknown {
		const head = take(1)[0]!;
		if ((head & 0xf0) === 0x90) return Array.from({ length: head & 15 }, next);
		if ((head & 0xf0) === 0x80)
			return new Map(Array.from({ length: head & 15 }, () => [next(), next()] as [unknown, unknown]));
		if ((head & 0xe0) === 0xa0) return text(head & 31);
		if (head === 0xdb) return text(take(4).readUInt32BE());
		if (head === 0xd7 && take(1)[0] === 0) return take(8);
		throw new Error(`no type 0x${head.toString(16)} belongs here`);
	}
	function text(length: number): string {
		return take(length).toString("latin1");
	}
}
