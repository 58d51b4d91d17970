import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

async function getBytes(path: string): Promise<Buffer> {
	const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
	get({ socketPath: hull.socket, path }, (answer) => {
		const chunks: Buffer[] = [];
		answer.on("data", (chunk) => chunks.push(chunk));
		answer.on("end", () => resolve(Buffer.concat(chunks)));
	}).on("error", reject);
	return await promise;
}

const filesOf = (id: string) => readdirSync(join(hull.dataRoot, "containers", id));

test("local keeps every byte and compresses what it rotated; following loses and repeats no line", async () => {
	const count = 20_000;
	const options = ["--log-opt", "max-size=100k", "--log-opt", "max-file=50"];
	const script = `printf 'a\\377\\303\\251b\\n'; i=0; while [ $i -lt ${count} ]; do echo line $i; i=$((i+1)); done; read end`;
	const id = (
		await hull.ok(["run", "-di", "--log-driver", "local", ...options, "busybox", "sh", "-c", script])
	).trim();
	const lines = Array.from({ length: count }, (_, i) => `line ${i}\n`).join("");
	await eventually(async () =>
		expect(await hull.ok(["logs", "--tail", "1", id])).toBe(`line ${count - 1}\n`),
	);
	await eventually(() => {
		const files = filesOf(id).filter((name) => name.startsWith(`${id}-local.log.`));
		expect(files.length).toBeGreaterThan(3);
		expect(files.filter((name) => !name.endsWith(".gz"))).toEqual([]);
	});
	expect(
		(await getBytes(`/containers/${id}/logs?stdout=1`)).includes(Buffer.from("a\xff\xc3\xa9b\n", "latin1")),
	).toBe(true);
	const text = await hull.ok(["logs", id]);
	expect(text.slice(text.indexOf("\n") + 1) === lines).toBe(true);
	expect((await hull.ok(["logs", "--tail", "15000", id])) === lines.slice(lines.indexOf("line 5000\n"))).toBe(
		true,
	);
	expect(JSON.parse(await hull.ok(["inspect", id]))[0]).toMatchObject({
		LogPath: "",
		HostConfig: { LogConfig: { Type: "local", Config: { "max-size": "100k", "max-file": "50" } } },
	});
	await hull.ok(["rm", "-f", id]);
});

test("a tag, labels and variables stand in each entry", async () => {
	const options = ["tag={{.Name}}/{{.ID}}", "labels=com.x", "env-regex=^E"].flatMap((option) => [
		"--log-opt",
		option,
	]);
	await hull.ok([
		...["run", "--name", "tagged", "--label", "com.x=lv", "-e", "EV=ev", ...options],
		...["--log-opt", "compress=true", "busybox", "echo", "said"],
	]);
	const id = (await hull.ok(["ps", "-aq", "--filter", "name=tagged"])).trim();
	expect(await hull.ok(["logs", "--details", "tagged"])).toBe(`EV=ev,com.x=lv,tag=tagged%2F${id} said\n`);
	await hull.ok(["rm", "tagged"]);
});

test("containers that name no driver get the engine's, and its options where they have none of their own", async () => {
	const args = ["--log-driver", "local", "--log-opt", "max-size=1m", "--log-opt", "max-file=4"];
	await using other = await startTestDaemon({ arguments: args });
	expect((await other.ok(["info", "--format", "{{.LoggingDriver}}"])).trim()).toBe("local");
	const configOf = async (...options: string[]) => {
		const id = (await other.ok(["create", ...options, "busybox", "true"])).trim();
		return JSON.parse(await other.ok(["inspect", id]))[0].HostConfig.LogConfig;
	};
	expect(await configOf()).toEqual({ Type: "local", Config: { "max-size": "1m", "max-file": "4" } });
	expect(await configOf("--log-opt", "max-size=2m")).toEqual({
		Type: "local",
		Config: { "max-size": "2m", "max-file": "4" },
	});
	expect(await configOf("--log-driver", "json-file")).toEqual({ Type: "json-file", Config: {} });
	await expect(startTestDaemon({ arguments: ["--log-driver", "nosuch"] })).rejects.toThrow(
		"no log driver named 'nosuch'",
	);
});
