import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { startUpstream, zone } from "../suites/names/upstream.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { processesNaming } from "../support/leftovers.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
	await hull.ok(["network", "create", "shop"]);
});
afterAll(async () => {
	await hull.docker(["rm", "-f", "me", "web"]);
	await hull.docker(["network", "rm", "shop"]);
	await hull[Symbol.asyncDispose]();
}, 30_000);

const idle = ["busybox", "sleep", "1000"];
const run = (name: string, ...flags: string[]) =>
	hull.ok(["run", "-d", "--network", "shop", "--name", name, ...flags, ...idle]);
const remove = (...names: string[]) => hull.ok(["rm", "-f", ...names]);
const addressOf = async (name: string, network = "shop") =>
	(await hull.api("GET", `/containers/${name}/json`)).json.NetworkSettings.Networks[network].IPAddress;
/** What the resolver of a container makes of a name; empty when nothing. */
const lookUp = async (from: string, name: string) => {
	const { stdout } = await hull.docker(["exec", from, "busybox", "nslookup", "-type=a", name]);
	return [...stdout.matchAll(/^Name:.*\nAddress: (\S+)$/gm)].map(([, address]) => address).join(" ");
};
const finds = (from: string, name: string, address: string) =>
	eventually(async () => expect(await lookUp(from, name)).toBe(address));
const pings = async (from: string, name: string) =>
	(await hull.docker(["exec", from, "busybox", "ping", "-c", "1", "-W", "2", name])).code === 0;
const nameServers = () =>
	processesNaming(hull.runRoot).filter((pid) =>
		readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("/hull-names"),
	);

describe("names of containers", () => {
	test("reach each other on a network of a user's, by every name they have", async () => {
		await run("me");
		const id = (await run("web", "--network-alias", "www")).trim();
		const address = await addressOf("web");
		for (const name of ["web", id.slice(0, 12), "www", "web.shop"])
			expect({ name, address: await lookUp("me", name) }).toEqual({ name, address });
		for (const name of ["web", "www", "me"]) expect(await pings("me", name)).toBe(true);
		expect(await pings("web", "me")).toBe(true);
		const resolvConf = await hull.ok(["exec", "me", "cat", "/etc/resolv.conf"]);
		expect(resolvConf.split("\n")[0]).toBe("nameserver 127.0.0.11");
		expect(resolvConf).toMatch(/^options .*ndots:0$/m);
	});

	test("not on the default bridge, and not across networks", async () => {
		await hull.ok(["run", "-d", "--name", "plain", ...idle]);
		await hull.ok(["network", "create", "other"]);
		await hull.ok(["run", "-d", "--network", "other", "--name", "apart", ...idle]);
		expect(await lookUp("plain", "web")).toBe("");
		expect(await lookUp("apart", "web")).toBe("");
		expect(await hull.ok(["exec", "plain", "cat", "/etc/resolv.conf"])).not.toContain("127.0.0.11");
		await hull.ok(["network", "connect", "shop", "apart"]);
		await finds("apart", "web", await addressOf("web"));
		await hull.ok(["network", "disconnect", "shop", "apart"]);
		await finds("apart", "web", "");
		await remove("plain", "apart");
		await hull.ok(["network", "rm", "other"]);
	});

	test("are the new ones after a rename, and go with their container", async () => {
		await run("old");
		const address = await addressOf("old");
		expect(await lookUp("me", "old")).toBe(address);
		await hull.ok(["rename", "old", "new"]);
		await finds("me", "new", address);
		await finds("me", "old", "");
		await hull.ok(["stop", "-t", "0", "new"]);
		await finds("me", "new", "");
		await hull.ok(["start", "new"]);
		await finds("me", "new", await addressOf("new"));
		await remove("new");
	});

	test("of a link are its container's own", async () => {
		await run("linked", "--link", "web:store");
		expect(await lookUp("linked", "store")).toBe(await addressOf("web"));
		expect(await lookUp("me", "store")).toBe("");
		await remove("linked");
	});

	test("hold in a container that shares the network", async () => {
		await hull.ok(["run", "-d", "--network", "container:me", "--name", "guest", ...idle]);
		expect(await lookUp("guest", "web")).toBe(await addressOf("web"));
		await remove("guest");
	});

	test("of others are asked of --dns", async () => {
		await using upstream = await startUpstream({ answer: zone({ "a.example": "192.0.2.7" }) });
		await run("asker", "--dns", upstream.address);
		expect(await lookUp("asker", "a.example")).toBe("192.0.2.7");
		await remove("asker");
	});
});

describe("when something dies", () => {
	test("names hold without a daemon, and with the next one", async () => {
		const before = nameServers();
		const { Pid } = (await hull.api("GET", "/containers/me/json")).json.State;
		const address = await addressOf("web");
		const lookUpInside = () =>
			Bun.spawnSync([
				"nsenter",
				"-t",
				String(Pid),
				"-n",
				"busybox",
				"nslookup",
				"web",
				"127.0.0.11",
			]).stdout.toString();
		await hull.kill();
		expect(lookUpInside()).toContain(address);
		await hull.start();
		expect(lookUpInside()).toContain(address);
		expect(nameServers()).toEqual(before);
		await run("late");
		await finds("me", "late", await addressOf("late"));
		expect(await pings("late", "web")).toBe(true);
		await remove("late");
	}, 30_000);

	test("a name server that is killed comes again for all", async () => {
		const before = nameServers();
		process.kill(before[0]!, "SIGKILL");
		await finds("me", "web", await addressOf("web"));
		await finds("web", "me", await addressOf("me"));
		expect(nameServers()).toHaveLength(2);
		expect(nameServers()).not.toContain(before[0]!);
	}, 30_000);
});
