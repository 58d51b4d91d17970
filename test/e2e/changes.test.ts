import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

setDefaultTimeout(120_000);

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterEach(async () => {
	await hull.docker(["rm", "-f", "web", "other"]);
});
afterAll(async () => hull[Symbol.asyncDispose]());

const serve = "mkdir /www; echo hello > /www/index.html; httpd -f -p 80 -h /www";
const run = (name: string, ...more: string[]) =>
	hull.ok(["run", "-d", "--name", name, "--stop-timeout", "0", ...more, "busybox", "sh", "-c", serve]);
const inspect = async (name = "web") => (await hull.api("GET", `/containers/${name}/json`)).json;
const change = (changes: object, name = "web") =>
	hull.api("POST", `/hull/containers/${name}/changes`, changes);
const portOf = async (name = "web"): Promise<string> =>
	(await inspect(name)).NetworkSettings.Ports["80/tcp"][0].HostPort;
const environment = () => hull.ok(["exec", "web", "cat", "/proc/1/environ"]);
const answers = (port: string) =>
	eventually(async () => expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("hello\n"));
const isClosed = (port: string) => expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();

test("a container that runs is given ports, labels and a check at once, variables at its next start", async () => {
	await run("web", "--env", "OLD=1", "--label", "old=1");
	const { Pid } = (await inspect()).State;
	const changed = await change({
		PublishAdd: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] },
		EnvAdd: ["NEW=2"],
		EnvRemove: ["OLD"],
		LabelsAdd: { new: "2" },
		LabelsRemove: ["old"],
		Healthcheck: { Test: ["CMD", "true"], Interval: 50_000_000 },
	});
	expect([changed.status, changed.json]).toEqual([
		200,
		{ Applied: ["publish", "label", "health"], AtNextStart: ["env"] },
	]);
	await answers(await portOf());
	await eventually(async () => expect((await inspect()).State.Health.Status).toBe("healthy"));
	const { Config, HostConfig, State } = await inspect();
	expect(State.Pid).toBe(Pid);
	expect(Config.Labels).toEqual({ new: "2" });
	expect(Object.keys(HostConfig.PortBindings)).toEqual(["80/tcp"]);
	expect(await hull.ok(["exec", "web", "sh", "-c", "echo $OLD-$NEW"])).toBe("-2\n");
	expect(await environment()).toContain("OLD=1");
	await hull.ok(["restart", "web"]);
	expect(await environment()).toContain("NEW=2");
	await answers(await portOf());
});

test("hull update says what holds when, a port that stays keeps its number, one that goes is closed", async () => {
	const update = async (...args: string[]) => {
		const { stdout } = await hullCli(hull.socket, ["update", "--format", "json", ...args]);
		return JSON.parse(stdout);
	};
	await run("web", "-p", "127.0.0.1::80");
	const port = await portOf();
	expect(
		await update(
			"--publish-add",
			"127.0.0.1::81",
			"--mount-add",
			"type=tmpfs,dst=/new",
			"--env-add",
			"A=1",
			"web",
		),
	).toEqual({ container: "web", applied: ["publish", "mount"], atNextStart: ["env"] });
	expect(await portOf()).toBe(port);
	await answers(port);
	expect(await hull.ok(["exec", "web", "grep", "-c", " /new ", "/proc/mounts"])).toBe("1\n");
	await hull.ok(["stop", "web"]);
	expect(await update("--publish-rm", "81", "--label-add", "a=b", "--restart", "always", "web")).toEqual({
		container: "web",
		applied: ["label", "restart"],
		atNextStart: ["publish"],
	});
	await hull.ok(["start", "web"]);
	const again = await portOf();
	expect(await update("--publish-rm", "80", "web")).toMatchObject({ applied: ["publish"] });
	await isClosed(again);
});

test("what cannot be is refused by name, and everything stays as it was", async () => {
	await run("web", "-p", "127.0.0.1::80");
	await run("other", "-p", "127.0.0.1::80");
	const [port, taken] = [await portOf(), await portOf("other")];
	const before = (await inspect()).HostConfig;
	const conflict = await change({ PublishAdd: { "81/tcp": [{ HostIp: "127.0.0.1", HostPort: taken }] } });
	expect(conflict.status).toBe(409);
	expect(conflict.json.message).toContain("container other");
	for (const [changes, status, message] of [
		[{ EnvRemove: ["NONE"] }, 404, "environment variable NONE"],
		[{ LabelsRemove: ["none"] }, 404, "label none"],
		[{ PublishRemove: { "80/tcp": [{ HostPort: "1" }] } }, 404, "published port 1:80/tcp"],
		[{ PublishAdd: { "80/tcp": [{ HostPort: "99999" }] } }, 400, "invalid port specification"],
		[{ EnvAdd: ["=1"] }, 400, "invalid environment variable"],
		[{ HealthOnFailure: "restart" }, 400, "needs a health check"],
	] as const) {
		const refused = await change(changes);
		expect([refused.status, refused.json.message]).toEqual([status, expect.stringContaining(message)]);
	}
	const restored = await hull.api("POST", "/containers/web/start?checkpoint=c1");
	expect([restored.status, restored.json.message]).toEqual([501, expect.stringContaining("checkpoint")]);
	expect((await inspect()).HostConfig).toEqual(before);
	await answers(port);
});

test("a daemon that dies before the ports are open leaves it to the next one", async () => {
	await run("web", "-p", "127.0.0.1::80");
	const port = await portOf();
	await hull.stop();
	await hull.start({ failpoint: "containers.change.after-persist" });
	await change({
		PublishAdd: { "81/tcp": [{ HostIp: "127.0.0.1" }] },
		PublishRemove: { "80/tcp": [{ HostIp: "127.0.0.1" }] },
	}).catch(() => undefined);
	await hull.ended();
	await answers(port);
	await hull.start();
	await isClosed(port);
	const { Ports } = (await inspect()).NetworkSettings;
	expect(Ports["81/tcp"]).toHaveLength(1);
	expect(Ports["80/tcp"]).toBeNull();
});
