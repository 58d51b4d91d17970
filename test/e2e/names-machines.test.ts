import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { startUpstream, zone } from "../suites/names/upstream.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { processesNaming } from "../support/leftovers.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon({ arguments: ["--vm-memory", "128m"] });
	await hull.ok(["network", "create", "shop"]);
}, 60_000);
afterAll(async () => {
	await hull.docker(["rm", "-f", "light", "heavy"]);
	await hull.docker(["network", "rm", "shop"]);
	await hull[Symbol.asyncDispose]();
}, 60_000);

/** Without KVM a cold boot takes seconds, on a busy machine many. */
const slow = 120_000;

const addressOf = async (name: string) =>
	(await hull.api("GET", `/containers/${name}/json`)).json.NetworkSettings.Networks.shop.IPAddress;
const lookUp = async (from: string, name: string) => {
	const { stdout } = await hull.docker(["exec", from, "busybox", "nslookup", "-type=a", name]);
	return [...stdout.matchAll(/^Name:.*\nAddress: (\S+)$/gm)].map(([, address]) => address).join(" ");
};
const finds = (from: string, name: string, address: string) =>
	eventually(async () => expect(await lookUp(from, name)).toBe(address), 60_000);
const pings = async (from: string, name: string) =>
	(await hull.docker(["exec", from, "busybox", "ping", "-c", "1", "-W", "5", name])).code === 0;

test(
	"a machine and a container find each other, and others as --dns says",
	async () => {
		await using upstream = await startUpstream({ answer: zone({ "a.example": "192.0.2.7" }) });
		const idle = ["busybox", "sleep", "1000"];
		const run = ["run", "-d", "--network", "shop", "--dns", upstream.address];
		await hull.ok([...run, "--name", "light", ...idle]);
		await hull.ok([...run, "--name", "heavy", "--network-alias", "store", "--isolation", "vm", ...idle], {
			timeoutMs: slow,
		});
		expect(await hull.ok(["exec", "heavy", "head", "-1", "/etc/resolv.conf"])).toBe(
			"nameserver 127.0.0.11\n",
		);
		expect(await lookUp("light", "store")).toBe(await addressOf("heavy"));
		await finds("heavy", "light", await addressOf("light"));
		expect(await lookUp("heavy", "light.shop")).toBe(await addressOf("light"));
		expect(await lookUp("heavy", "a.example")).toBe("192.0.2.7");
		expect(await lookUp("heavy", "nobody")).toBe("");
		expect(await pings("heavy", "light")).toBe(true);
		expect(await pings("light", "heavy")).toBe(true);
	},
	slow,
);

test(
	"and again when the name server was killed, and the daemon",
	async () => {
		const address = await addressOf("light");
		const [pid] = processesNaming(hull.runRoot).filter((one) =>
			readFileSync(`/proc/${one}/cmdline`, "latin1").includes("/hull-names"),
		);
		process.kill(pid!, "SIGKILL");
		await finds("heavy", "light", address);
		await hull.kill();
		await hull.start();
		await finds("heavy", "light", address);
		await hull.ok(["rename", "light", "bright"]);
		await finds("heavy", "bright", address);
		await hull.ok(["rename", "bright", "light"]);
	},
	slow,
);

test(
	"a machine is gone from its neighbours' names when it was stopped",
	async () => {
		expect(await hull.ok(["stop", "-t", "1", "heavy"])).toBe("heavy\n");
		const { State } = (await hull.api("GET", "/containers/heavy/json")).json;
		expect(State).toMatchObject({ Status: "exited" });
		expect(await lookUp("light", "heavy")).toBe("");
	},
	slow,
);
