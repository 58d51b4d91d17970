import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { dial, echoIn, exchange, read } from "../support/container-server.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";
import { processesNaming } from "../support/leftovers.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

const inspect = async (name: string) => (await hull.api("GET", `/containers/${name}/json`)).json;
const ports = async (name: string) => (await inspect(name)).NetworkSettings.Ports;
const echo = ["busybox", "nc", "-ll", "-p", "80", "-e", "cat"];
const idle = ["busybox", "sleep", "1000"];
const run = (name: string, flags: readonly string[], command: readonly string[] = echo) =>
	hull.ok(["run", "-d", "--name", name, ...flags, ...command]);
/** A port that nobody has at the moment. */
const freePort = async () => {
	const server = createServer().listen(0, "0.0.0.0");
	await once(server, "listening");
	const { port } = server.address() as { port: number };
	server.close();
	await once(server, "close");
	return port;
};
const hostPort = async (name: string, key = "80/tcp") => Number((await ports(name))[key][0].HostPort);
const publishers = () =>
	processesNaming(hull.runRoot).filter((pid) =>
		readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("hull-publish"),
	);
const echoes = (host: string, port: number) =>
	eventually(async () => expect(String(await exchange(host, port, Buffer.from("hello")))).toBe("hello"));

describe("where a port is open", () => {
	test("on every address of both families, with end of file passed on both ways", async () => {
		const port = await freePort();
		await run("web", ["-p", `${port}:80`]);
		await echoes("127.0.0.1", port);
		await echoes("::1", port);
		const big = Buffer.alloc(8_000_000, "0123456789");
		expect((await exchange("127.0.0.1", port, big)).equals(big)).toBe(true);
		const both = [
			{ HostIp: "0.0.0.0", HostPort: String(port) },
			{ HostIp: "::", HostPort: String(port) },
		];
		expect(await ports("web")).toEqual({ "80/tcp": both });
		expect(await hull.ok(["port", "web", "80"])).toBe(`0.0.0.0:${port}\n[::]:${port}\n`);
		expect((await hullCli(hull.socket, ["port", "web"])).stdout).toBe(
			`80/tcp -> 0.0.0.0:${port}\n80/tcp -> [::]:${port}\n`,
		);
		expect(await hull.ok(["ps", "--format", "{{.Ports}}"])).toBe(
			`0.0.0.0:${port}->80/tcp, [::]:${port}->80/tcp\n`,
		);
		await hull.ok(["rm", "-f", "web"]);
		await expect(dial("127.0.0.1", port)).rejects.toThrow("ECONNREFUSED");
	});

	test("on one address only, IPv4 or IPv6", async () => {
		await run("one", ["-p", "127.0.0.1::80", "-p", "[::1]::80"]);
		const [v4, v6] = (await ports("one"))["80/tcp"];
		expect([v4.HostIp, v6.HostIp]).toEqual(["127.0.0.1", "::1"]);
		await echoes("127.0.0.1", Number(v4.HostPort));
		await echoes("::1", Number(v6.HostPort));
		await expect(dial("127.0.0.2", Number(v4.HostPort))).rejects.toThrow("ECONNREFUSED");
		await hull.ok(["rm", "-f", "one"]);
	});

	test("any free one, one out of a range, ranges side by side, and all that are exposed", async () => {
		const first = await freePort();
		await run("first", ["-p", `127.0.0.1:${first}-${first + 50}:80`, "-p", "80"]);
		await run("second", ["-p", `127.0.0.1:${first}-${first + 50}:80`]);
		expect(await hostPort("second")).toBeGreaterThan(await hostPort("first"));
		expect((await ports("first"))["80/tcp"]).toHaveLength(3);
		await run("third", ["-P", "--expose", "80", "--expose", "90-91/udp"]);
		const all = await ports("third");
		expect(Object.keys(all).sort()).toEqual(["80/tcp", "90/udp", "91/udp"]);
		for (const [v4, v6] of Object.values(all) as { HostPort: string }[][]) {
			expect(v4!.HostPort).toBe(v6!.HostPort);
			expect(Number(v4!.HostPort)).toBeGreaterThan(0);
		}
		await echoes("127.0.0.1", await hostPort("third"));
		await hull.ok(["rm", "-f", "first", "second", "third"]);
	});

	test("nowhere: a port that is only exposed, and any port of a container that does not run", async () => {
		await run("shy", ["--expose", "80"]);
		expect(await ports("shy")).toEqual({ "80/tcp": null });
		expect(await hull.ok(["ps", "--format", "{{.Ports}}"])).toBe("80/tcp\n");
		expect(publishers()).toEqual([]);
		await hull.ok(["rm", "-f", "shy"]);
		await hull.ok(["create", "--name", "asleep", "-p", "80", ...idle]);
		expect(await ports("asleep")).toEqual({});
		await hull.ok(["rm", "asleep"]);
	});
});

describe("the filters of ps", () => {
	test("publish is of open ports of the host, expose of ports inside", async () => {
		await run("seen", ["-p", "127.0.0.1::80", "-p", "127.0.0.1::90/udp", "--expose", "70"]);
		const [tcp, udp] = [await hostPort("seen"), await hostPort("seen", "90/udp")];
		const found = (filter: string) => hull.ok(["ps", "-a", "--filter", filter, "--format", "{{.Names}}"]);
		for (const filter of [`publish=${tcp}`, `publish=${tcp - 1}-${tcp + 1}/tcp`, `publish=${udp}/udp`])
			expect([filter, await found(filter)]).toEqual([filter, "seen\n"]);
		for (const filter of ["publish=80", `publish=${udp}`, "publish=90/udp", "expose=71", "expose=90"])
			expect([filter, await found(filter)]).toEqual([filter, ""]);
		for (const filter of ["expose=80", "expose=70", "expose=60-75", "expose=90/udp"])
			expect([filter, await found(filter)]).toEqual([filter, "seen\n"]);
		for (const value of ["x", "99999", "", "80/icmp", "9-8"])
			expect((await hull.docker(["ps", "--filter", `publish=${value}`])).stderr).toContain(
				`invalid filter 'publish=${value}'`,
			);
		await hull.ok(["stop", "-t", "0", "seen"]);
		expect(await found(`publish=${tcp}`)).toBe("");
		await hull.ok(["rm", "seen"]);
	});
});

describe("datagrams", () => {
	test("go to and fro for several clients, answered from the address that they asked", async () => {
		await run("dns", ["-p", "53/udp"], idle);
		const port = await hostPort("dns", "53/udp");
		using _server = await echoIn((await inspect("dns")).State.Pid, { port: 53, protocol: "udp" });
		const gateway = (await inspect("dns")).NetworkSettings.Networks.bridge.Gateway;
		for (const host of ["127.0.0.1", "127.0.0.3", "::1", gateway, "127.0.0.1"]) {
			const client = createSocket(host.includes(":") ? "udp6" : "udp4");
			const answer = once(client, "message");
			client.send("ping", port, host);
			const [message, from] = await answer;
			expect([String(message), from.address, from.port]).toEqual(["ping", host, port]);
			client.close();
		}
		await hull.ok(["rm", "-f", "dns"]);
	});
});

describe("a port that is in use", () => {
	test("by a container: an error that names it, and nothing runs", async () => {
		await run("owner", ["-p", "127.0.0.1::80"]);
		const port = await hostPort("owner");
		const second = await hull.docker(["run", "--name", "late", "-p", `127.0.0.1:${port}:80`, ...idle]);
		expect(second.code).toBe(125);
		expect(second.stderr).toMatch(
			/driver failed programming external connectivity on endpoint late \([0-9a-f]{64}\): Bind for 127.0.0.1:\d+ failed: port is already allocated: held by container owner/,
		);
		expect((await inspect("late")).State).toMatchObject({ Status: "created", ExitCode: 128 });
		await hull.ok(["stop", "-t", "0", "owner"]);
		await hull.ok(["start", "late"]);
		expect(await hostPort("late")).toBe(port);
		await hull.ok(["rm", "-f", "late", "owner"]);
	});

	test("by a process, also in one family alone: an error that names it", async () => {
		for (const host of ["0.0.0.0", "::1"]) {
			const server = createServer().listen(0, host);
			await once(server, "listening");
			const { port } = server.address() as { port: number };
			const { code, stderr } = await hull.docker(["run", "--rm", "-p", `${port}:80`, ...idle]);
			expect(code).toBe(125);
			expect(stderr).toContain(`Bind for 0.0.0.0:${port} failed: port is already allocated: held by process`);
			expect(stderr).toContain(`process ${process.pid} (`);
			server.close();
			await once(server, "close");
		}
		expect(publishers()).toEqual([]);
	});

	test("none of several is opened when one cannot be", async () => {
		const free = await freePort();
		await run("holder", ["-p", "80"]);
		const taken = await hostPort("holder");
		const flags = ["-p", `${free}:80`, "-p", `${taken}:81`];
		expect((await hull.docker(["run", "--rm", ...flags, ...idle])).code).toBe(125);
		await expect(dial("127.0.0.1", free)).rejects.toThrow("ECONNREFUSED");
		await hull.ok(["rm", "-f", "holder"]);
	});
});

describe("what cannot be published is refused by name", () => {
	const create = async (hostConfig: object, config: object = {}) => {
		const request = { Image: "busybox", Cmd: ["true"], ...config, HostConfig: hostConfig };
		return await hull.api("POST", "/containers/create", request);
	};
	const bound = (key: string, binding: object) => ({ PortBindings: { [key]: [binding] } });

	test.each([
		[bound("80/tcp", { HostPort: "x" }), 400, 'invalid port specification: "x"'],
		[bound("80/tcp", { HostPort: "70000" }), 400, 'invalid port specification: "70000"'],
		[bound("80/tcp", { HostIp: "1.2.3" }), 400, "invalid IP address: 1.2.3"],
		[bound("x/tcp", {}), 400, 'invalid port specification: "x/tcp"'],
	])("%j", async (hostConfig, status, message) => {
		const { status: got, json } = await create(hostConfig);
		expect([got, json.message]).toEqual([status, message]);
	});

	test("an address that the host does not have, at the start", async () => {
		const { code, stderr } = await hull.docker(["run", "--rm", "-p", "192.0.2.1:0:80", ...idle]);
		expect([code, stderr]).toEqual([125, expect.stringContaining("the host has no address 192.0.2.1")]);
	});

	test("networks without ports of their own", async () => {
		const onHost = await create({ ...bound("80/tcp", {}), NetworkMode: "host" });
		expect(onHost.json.Warnings).toEqual(["Published ports are discarded when using host network mode"]);
		await run("donor", []);
		const joined = await create({ ...bound("80/tcp", {}), NetworkMode: "container:donor" });
		expect(joined.json.message).toBe(
			"conflicting options: port publishing and the container type network mode",
		);
	});
});

describe("the life of open ports", () => {
	test("a restart opens the same ones again; connections end with the container", async () => {
		const port = await freePort();
		await run("again", ["-p", `127.0.0.1:${port}:80`]);
		await echoes("127.0.0.1", port);
		const socket = await dial("127.0.0.1", port);
		socket.write("abc");
		expect(await read(socket, 3)).toBe("abc");
		await hull.ok(["restart", "-t", "0", "again"]);
		await expect(read(socket, 1)).rejects.toThrow("the connection closed");
		socket.destroy();
		expect(await hostPort("again")).toBe(port);
		await echoes("127.0.0.1", port);
		await hull.ok(["stop", "-t", "0", "again"]);
		expect(await ports("again")).toEqual({});
		expect(publishers()).toEqual([]);
	});

	test("kill -9 of hulld disturbs no connection, and the next one finds the ports", async () => {
		await run("steady", ["-p", "80"]);
		const before = await ports("steady");
		const port = await hostPort("steady");
		await echoes("127.0.0.1", port);
		const socket = await dial("127.0.0.1", port);
		await hull.kill();
		socket.write("while it is away");
		expect(await read(socket, 16)).toBe("while it is away");
		await echoes("::1", port);
		await hull.start();
		expect(await ports("steady")).toEqual(before);
		socket.write("and after");
		expect(await read(socket, 9)).toBe("and after");
		socket.destroy();
		expect(publishers()).toHaveLength(1);
		await hull.ok(["rm", "-f", "steady"]);
		expect(publishers()).toEqual([]);
		await expect(dial("127.0.0.1", port)).rejects.toThrow("ECONNREFUSED");
	});

	test("a container that ends while no daemon is there closes its ports", async () => {
		await run("brief", ["-p", "80"]);
		const port = await hostPort("brief");
		const { Pid } = (await inspect("brief")).State;
		await hull.kill();
		process.kill(Pid, "SIGKILL");
		await eventually(() => expect(publishers()).toEqual([]));
		await expect(dial("127.0.0.1", port)).rejects.toThrow("ECONNREFUSED");
		await hull.start();
		expect((await inspect("brief")).State.Status).toBe("exited");
	});

	test("when hull-publish is killed the same ports are opened again", async () => {
		await run("mended", ["-p", "80"]);
		const before = await ports("mended");
		const [pid] = publishers();
		process.kill(pid!, "SIGKILL");
		await eventually(() => {
			expect(publishers()).toHaveLength(1);
			expect(publishers()).not.toEqual([pid!]);
		});
		await eventually(async () => expect(await ports("mended")).toEqual(before));
		await echoes("127.0.0.1", await hostPort("mended"));
		await hull.ok(["rm", "-f", "mended"]);
	});

	test.each(["containers.start.after-ports", "containers.start.after-start"])(
		"a daemon that dies at %s leaves no port that belongs to nobody",
		async (failpoint) => {
			await hull.ok(["create", "--name", "half", "-p", "80", ...echo]);
			await hull.stop();
			await hull.start({ failpoint });
			await hull.docker(["start", "half"]);
			await hull.ended();
			await hull.start();
			const { Status } = (await inspect("half")).State;
			expect(Status).toBe(failpoint.endsWith("after-start") ? "running" : "created");
			if (Status === "running") await echoes("127.0.0.1", await hostPort("half"));
			else expect(publishers()).toEqual([]);
			await hull.ok(["rm", "-f", "half"]);
			expect(publishers()).toEqual([]);
		},
	);
});

describe("traffic", () => {
	test("a thousand connections at once, each with its own bytes", async () => {
		await run("crowd", ["-p", "127.0.0.1::7"], idle);
		const port = await hostPort("crowd", "7/tcp");
		using _server = await echoIn((await inspect("crowd")).State.Pid, { port: 7, protocol: "tcp" });
		const sockets = await Promise.all(Array.from({ length: 1000 }, () => dial("127.0.0.1", port)));
		const texts = sockets.map((_, index) => `connection ${index}.`);
		for (const [index, socket] of sockets.entries()) socket.write(texts[index]!);
		const answers = await Promise.all(sockets.map((socket, index) => read(socket, texts[index]!.length)));
		expect(answers).toEqual(texts);
		for (const socket of sockets) socket.destroy();
		await hull.ok(["rm", "-f", "crowd"]);
	});

	test("who does not read is not read for", async () => {
		await run("slow", ["-p", "127.0.0.1::80"]);
		const port = await hostPort("slow");
		await echoes("127.0.0.1", port);
		const socket = await dial("127.0.0.1", port);
		socket.pause();
		// Written until nothing is taken any more: buffers are full all the way round.
		const block = Buffer.alloc(1 << 20, "x");
		let sent = 0;
		while (sent < 256 && socket.write(block)) sent++;
		const [pid] = publishers();
		const memory = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
		expect(Number(/^Rss:\s+(\d+) kB/m.exec(memory)![1])).toBeLessThan(4096);
		await echoes("127.0.0.1", port);
		socket.destroy();
		await hull.ok(["rm", "-f", "slow"]);
	});

	test("the host's own firewall decides who gets to a published port", async () => {
		await run("walled", ["-p", "80"]);
		const port = await hostPort("walled");
		await echoes("127.0.0.1", port);
		const table = `inet hull_test_${process.pid}`;
		const nft = (...rules: string[]) => {
			const { status, stderr } = spawnSync("nft", ["-f", "-"], {
				input: `${rules.join("\n")}\n`,
				encoding: "utf8",
			});
			expect([status, stderr]).toEqual([0, ""]);
		};
		nft(
			`table ${table} {`,
			"chain input { type filter hook input priority 0; policy accept;",
			`tcp dport ${port} reject with tcp reset`,
			"}",
			"}",
		);
		try {
			await expect(dial("127.0.0.1", port)).rejects.toThrow("ECONNREFUSED");
			await expect(dial("::1", port)).rejects.toThrow("ECONNREFUSED");
		} finally {
			nft(`delete table ${table}`);
		}
		await echoes("127.0.0.1", port);
		await hull.ok(["rm", "-f", "walled"]);
	});
});
