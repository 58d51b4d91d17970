import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { networkIdentity } from "../../src/networks/identity.ts";
import { startUpstream, type Upstream, zone } from "../suites/names/upstream.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";
import { processesNaming } from "../support/leftovers.ts";
import { makeOutside, type Outside } from "../support/outside.ts";

let hull: TestDaemon;
let outside: Outside;
let upstream: Upstream;
beforeAll(async () => {
	outside = await makeOutside([80, 443, 853, 8443]);
	const [api, deb, other] = outside.addresses;
	upstream = await startUpstream({
		answer: zone({
			"api.example.com": api!,
			"deb.debian.org": deb!,
			"other.example": other!,
			"evil.example.com": "169.254.169.254",
		}),
	});
	hull = await startTestDaemon();
	await hull.ok(["network", "create", "shop"]);
}, 60_000);
afterAll(async () => {
	await hull.docker(["rm", "-f", ...made]);
	await hull.docker(["network", "rm", "shop"]);
	await hull[Symbol.asyncDispose]();
	await upstream[Symbol.asyncDispose]();
	await outside[Symbol.asyncDispose]();
}, 30_000);

const made = new Set<string>();
const cli = async (...args: string[]) => {
	const { code, stdout, stderr } = await hullCli(hull.socket, args);
	if (code !== 0) throw new Error(`hull ${args.join(" ")}: exit ${code}\n${stderr}${stdout}\n${hull.log()}`);
	return stdout;
};
const run = async (name: string, ...flags: string[]) => {
	made.add(name);
	const dns = ["--dns", upstream.address];
	return await cli("run", "-d", "--name", name, ...dns, ...flags, "busybox", "sleep", "1000");
};
const remove = (...names: string[]) => hull.ok(["rm", "-f", ...names]);
/** What a server says to a container; `refused` when the firewall's answer comes at once. */
const ask = async (from: string, target: string, port: number) => {
	const command = `busybox nc -w 5 ${target} ${port} </dev/null 2>&1 | head -1`;
	const { stdout } = await hull.docker(["exec", from, "sh", "-c", command]);
	if (/No route to host|Permission denied/.test(stdout)) return "refused";
	if (/bad address/.test(stdout)) return "no such name";
	return stdout.trim();
};
const table = () => networkIdentity(hull.dataRoot).egressTable;
const denials = async (...args: string[]) => await cli("network", "denials", ...args);

describe("an egress policy", () => {
	test("lets a container reach the names that it allows, at their ports, and nothing else", async () => {
		await run(
			"one",
			"--network",
			"shop",
			"--egress",
			"allow=api.example.com:443",
			"--egress",
			"allow=*.debian.org",
		);
		expect(await ask("one", "api.example.com", 443)).toBe("hello 443");
		expect(await ask("one", "deb.debian.org", 80)).toBe("hello 80");
		expect(await ask("one", "api.example.com", 80)).toBe("refused");
		expect(await ask("one", "deb.debian.org", 853)).toBe("refused");
		expect(await ask("one", "other.example", 443)).toBe("no such name");
		expect(await ask("one", outside.addresses[2]!, 443)).toBe("refused");
		expect(await ask("one", outside.hostAddress, 22)).toBe("refused");
		// The name is told, the way to where it leads is not opened.
		expect(upstream.asked.some((question) => question.startsWith("other.example"))).toBe(false);
		await remove("one");
	}, 30_000);

	test("says what it denied: the container, the name and the target", async () => {
		await run("teller", "--network", "shop", "--egress", "allow=api.example.com:443");
		expect(await ask("teller", "api.example.com", 8443)).toBe("refused");
		expect(await ask("teller", "other.example", 443)).toBe("no such name");
		expect(await ask("teller", outside.addresses[3]!, 443)).toBe("refused");
		await eventually(async () => {
			const text = await denials("--container", "teller");
			expect(text).toMatch(new RegExp(`teller +shop +api\\.example\\.com +${outside.addresses[0]}:8443/tcp`));
			expect(text).toMatch(/teller +shop +other\.example +dns A\b/);
			expect(text).toMatch(new RegExp(`teller +shop +- +${outside.addresses[3]}:443/tcp`));
		});
		expect(await denials("shop")).toContain("other.example");
		expect(await denials("bridge")).not.toContain("other.example");
		// The client counts "until" in whole seconds.
		await eventually(async () => {
			const lines = await hull.ok(["events", "--since", "10m", "--until", "0s", "--filter", "event=deny"]);
			expect(lines).toMatch(/network deny [0-9a-f]{64} \(.*dnsName=other\.example.*queryType=A[,)]/);
		});
		await remove("teller");
	}, 30_000);

	test("is shown by inspect, and comes by labels and annotations too", async () => {
		await run("labelled", "--label", "hull.egress=deny");
		await run("annotated", "--annotation", "hull.egress=allow=198.18.0.0/15:443/tcp");
		const inspect = async (name: string) =>
			(await hull.api("GET", `/containers/${name}/json`)).json.HostConfig;
		expect((await inspect("labelled")).Annotations["hull.egress"]).toBe("deny");
		// On the default bridge the engine's name server is asked as well.
		expect(await hull.ok(["exec", "labelled", "cat", "/etc/resolv.conf"])).toContain("127.0.0.11");
		expect(await ask("labelled", "api.example.com", 443)).toBe("no such name");
		expect(await ask("labelled", outside.addresses[0]!, 443)).toBe("refused");
		expect(await ask("annotated", outside.addresses[0]!, 443)).toBe("hello 443");
		expect(await ask("annotated", outside.addresses[0]!, 80)).toBe("refused");
		await remove("labelled", "annotated");
	}, 30_000);

	test("of a network holds for its containers beside their own", async () => {
		await cli("network", "create", "--egress", "allow=198.18.0.0/15:443", "closed");
		await run("both", "--network", "closed", "--egress", "allow=198.18.0.0/15:80,443");
		await run("free", "--network", "closed");
		expect(await ask("both", outside.addresses[0]!, 443)).toBe("hello 443");
		expect(await ask("both", outside.addresses[0]!, 80)).toBe("refused");
		expect(await ask("free", outside.addresses[0]!, 443)).toBe("hello 443");
		expect(await ask("free", outside.addresses[0]!, 80)).toBe("refused");
		// Neighbours are no egress.
		expect((await hull.docker(["exec", "free", "busybox", "ping", "-c", "1", "-W", "2", "both"])).code).toBe(
			0,
		);
		const { json } = await hull.api("GET", "/networks/closed");
		expect(json.Options["hull.egress"]).toBe("allow=198.18.0.0/15:443");
		await cli("network", "update", "--egress", "allow=198.18.0.0/15:80", "closed");
		expect(await ask("free", outside.addresses[0]!, 80)).toBe("hello 80");
		expect(await ask("both", outside.addresses[0]!, 443)).toBe("refused");
		await cli("network", "update", "--egress", "off", "closed");
		expect(await ask("free", outside.addresses[0]!, 443)).toBe("hello 443");
		expect(await ask("both", outside.addresses[0]!, 8443)).toBe("refused");
		await remove("both", "free");
		await hull.ok(["network", "rm", "closed"]);
	}, 60_000);

	test("changes while a container runs", async () => {
		await run("live");
		expect(await ask("live", outside.addresses[0]!, 443)).toBe("hello 443");
		await cli("update", "--egress", "allow=api.example.com:443", "live");
		expect(await ask("live", outside.addresses[0]!, 443)).toBe("refused");
		expect(await ask("live", "api.example.com", 443)).toBe("hello 443");
		await cli("update", "--egress", "allow=*.example.com", "live");
		// What was resolved under the former rule is let through by the new one.
		expect(await ask("live", outside.addresses[0]!, 80)).toBe("hello 80");
		// A connection that is open is cut when it is not allowed any more, and goes on when it is.
		const target = `${outside.addresses[0]} 80`;
		const stream = `while echo tick; do sleep 0.1; done | busybox nc ${target} > /tmp/ticks; echo over > /tmp/over`;
		await hull.ok(["exec", "-d", "live", "sh", "-c", stream]);
		const ticks = async () => Number(await hull.ok(["exec", "live", "sh", "-c", "wc -l < /tmp/ticks"]));
		const goesOn = async () => {
			const before = await ticks();
			await eventually(async () => expect(await ticks()).toBeGreaterThan(before));
		};
		await goesOn();
		await cli("update", "--egress", "allow=api.example.com:80,443", "live");
		await goesOn();
		await cli("update", "--egress", "allow=api.example.com:443", "live");
		await eventually(async () =>
			expect((await hull.docker(["exec", "live", "cat", "/tmp/over"])).stdout).toContain("over"),
		);
		await cli("update", "--egress", "off", "live");
		expect(await ask("live", outside.addresses[2]!, 443)).toBe("hello 443");
		await remove("live");
	}, 60_000);

	test("is not escaped by another address or another name server", async () => {
		await run("spoofer", "--cap-add", "NET_ADMIN", "--egress", "deny");
		await run("honest");
		const address = (await hull.api("GET", "/containers/honest/json")).json.NetworkSettings.Networks.bridge;
		await remove("honest");
		const become = `ip addr flush dev eth0; ip addr add ${address.IPAddress}/${address.IPPrefixLen} dev eth0; ip route add default via ${address.Gateway}`;
		expect(await ask("spoofer", outside.addresses[0]!, 443)).toBe("refused");
		await hull.ok(["exec", "spoofer", "sh", "-c", become]);
		expect(await ask("spoofer", outside.addresses[0]!, 443)).not.toContain("hello");
		await remove("spoofer");
		await run("resolver", "--egress", "allow=198.18.0.0/15");
		expect(await ask("resolver", outside.addresses[0]!, 443)).toBe("hello 443");
		expect(await ask("resolver", outside.addresses[0]!, 853)).toBe("refused");
		await remove("resolver");
	}, 60_000);

	test("does not follow a name to this host's own links", async () => {
		await run("rebound", "--egress", "allow=*.example.com");
		expect(await ask("rebound", "evil.example.com", 80)).toBe("refused");
		await remove("rebound");
	}, 30_000);

	test("holds for IPv6", async () => {
		await cli("network", "create", "--ipv6", "--egress", `allow=[${outside.address6}]:443`, "six");
		await run("six1", "--network", "six");
		expect(await ask("six1", outside.address6, 443)).toBe("hello 443");
		expect(await ask("six1", outside.address6, 80)).toBe("refused");
		await remove("six1");
		await hull.ok(["network", "rm", "six"]);
	}, 30_000);

	test("is held without the daemon, after its restart, and after a flush of all rules", async () => {
		await run("held", "--network", "shop", "--egress", "allow=api.example.com:443");
		expect(await ask("held", "api.example.com", 443)).toBe("hello 443");
		const pid = (await hull.api("GET", "/containers/held/json")).json.State.Pid;
		const inside = (target: string, port: number) => {
			const args = ["-t", String(pid), "-n", "busybox", "nc", "-w", "2", target, String(port)];
			try {
				return execFileSync("nsenter", args, { input: "", stdio: ["pipe", "pipe", "ignore"] })
					.toString()
					.split("\n")[0];
			} catch {
				return "";
			}
		};
		const [api, , other] = outside.addresses;
		await hull.kill();
		expect([inside(api!, 443), inside(other!, 443)]).toEqual(["hello 443", ""]);
		await hull.start();
		expect([inside(api!, 443), inside(other!, 443)]).toEqual(["hello 443", ""]);
		for (const family of ["inet", "bridge"]) execFileSync("nft", ["delete", "table", family, table()]);
		await eventually(() => expect([inside(api!, 443), inside(other!, 443)]).toEqual(["hello 443", ""]));
		expect(await ask("held", "api.example.com", 443)).toBe("hello 443");
		await remove("held");
	}, 60_000);

	test("opens nothing while the name server is dead", async () => {
		await run("closed1", "--network", "shop", "--egress", "allow=deb.debian.org");
		const [victim] = processesNaming(hull.runRoot).filter((pid) =>
			readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("/hull-names"),
		);
		process.kill(victim!, "SIGKILL");
		expect(await ask("closed1", outside.addresses[1]!, 80)).toBe("refused");
		await eventually(async () => expect(await ask("closed1", "deb.debian.org", 80)).toBe("hello 80"));
		expect(await ask("closed1", "other.example", 80)).toBe("no such name");
		await remove("closed1");
	}, 60_000);

	test.each([
		["containers.egress.after-persist", ["update", "--egress", "deny", "crashed"]],
		["networks.egress.after-persist", ["network", "update", "--egress", "deny", "crash"]],
		["networks.egress.after-rules", ["network", "update", "--egress", "deny", "crash"]],
	] as const)(
		"is whole after a kill at %s",
		async (failpoint, command) => {
			await hull.ok(["network", "create", "crash"]);
			await run("crashed", "--network", "crash");
			expect(await ask("crashed", outside.addresses[0]!, 443)).toBe("hello 443");
			await hull.stop();
			await hull.start({ failpoint });
			expect((await hullCli(hull.socket, command)).code).not.toBe(0);
			await hull.ended();
			await hull.start();
			expect(await ask("crashed", outside.addresses[0]!, 443)).toBe("refused");
			expect(await ask("crashed", "api.example.com", 443)).toBe("no such name");
			await remove("crashed");
			await hull.ok(["network", "rm", "crash"]);
		},
		60_000,
	);

	test("of a container that went while no daemon was there leaves no rules", async () => {
		await run("gone", "--network", "shop", "--egress", "allow=api.example.com");
		const { Pid } = (await hull.api("GET", "/containers/gone/json")).json.State;
		await hull.kill();
		process.kill(Pid, "SIGKILL");
		await hull.start();
		await eventually(() =>
			expect(execFileSync("nft", ["list", "tables"], { encoding: "utf8" })).not.toContain(table()),
		);
		await remove("gone");
	}, 60_000);

	test("holds for machines alike", async () => {
		await run("machine", "--isolation", "vm", "--egress", "allow=api.example.com:443");
		expect(await ask("machine", "api.example.com", 443)).toBe("hello 443");
		expect(await ask("machine", "api.example.com", 80)).toBe("refused");
		expect(await ask("machine", "other.example", 443)).toBe("no such name");
		expect(await ask("machine", outside.addresses[2]!, 443)).toBe("refused");
		await cli("update", "--egress", "allow=198.18.0.0/15:80", "machine");
		expect(await ask("machine", outside.addresses[2]!, 80)).toBe("hello 80");
		expect(await ask("machine", "api.example.com", 443)).toBe("no such name");
		await remove("machine");
	}, 120_000);

	test("is refused where it cannot be held", async () => {
		await run("donor");
		const refused = async (...flags: string[]) => {
			const { code, stderr } = await hullCli(hull.socket, ["run", "--rm", ...flags, "busybox", "true"]);
			expect(code).toBe(125);
			return stderr;
		};
		expect(await refused("--network", "host", "--egress", "deny")).toContain(
			"an egress policy and the network mode",
		);
		expect(await refused("--network", "none", "--egress", "deny")).toContain(
			"an egress policy and the network mode",
		);
		expect(await refused("--network", "container:donor", "--egress", "deny")).toContain(
			"whose network is used",
		);
		await hull.ok([
			"network",
			"create",
			"-d",
			"macvlan",
			"-o",
			`parent=${outside.link}`,
			"--subnet",
			"198.19.77.0/29",
			"wire",
		]);
		expect(await refused("--network", "wire", "--egress", "deny")).toContain(
			"needs a network of the driver bridge",
		);
		await hull.ok(["network", "rm", "wire"]);
		expect(await refused("--egress", "allow=a b")).toContain("invalid egress rule");
		await remove("donor");
	}, 30_000);

	test("leaves nothing behind", async () => {
		await eventually(() => {
			const tables = execFileSync("nft", ["list", "tables"], { encoding: "utf8" });
			expect(tables).not.toContain(table());
		});
	}, 30_000);
});
