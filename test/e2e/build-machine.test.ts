/** `hull build --isolation vm`: each RUN in a machine of its own. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

const timeoutMs = 300_000;
let engine: TestDaemon;
const folder = mkdtempSync(join(tmpdir(), "hull-build-machine-"));

beforeAll(async () => {
	engine = await startTestDaemon();
	mkdirSync(join(folder, "src"));
	writeFileSync(join(folder, "src/f"), "file\n");
	writeFileSync(join(folder, "key"), "sesame");
}, timeoutMs);

afterAll(async () => {
	await engine.assertClean();
	await engine[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
}, timeoutMs);

const build = (dockerfile: string, ...args: string[]) =>
	hullCli(engine.socket, ["build", "--progress", "plain", ...args, "-f", "-", "."], {
		cwd: folder,
		input: dockerfile,
		timeoutMs,
	});

async function layers(image: string): Promise<readonly string[]> {
	return JSON.parse(await engine.ok(["image", "inspect", image]))[0].RootFS.Layers;
}

test(
	"gives the layers that processes give, sees what is mounted, and has a kernel of its own",
	async () => {
		const dockerfile = `FROM busybox
RUN mkdir -p /made/deep && echo a > /made/deep/a && chown 12:34 /made && ln -s a /made/deep/link
RUN --mount=type=bind,source=src,target=/in/src --mount=type=secret,id=key cp /in/src/f /made/f && wc -c < /run/secrets/key > /made/length
RUN --mount=type=cache,target=/cached --network=none rm -r /made/deep && echo x >> /cached/log && wc -l < /cached/log > /made/lines
RUN true
`;
		const dated = ["--build-arg", "SOURCE_DATE_EPOCH=1000000000", "--secret", "id=key,src=key"];
		const machine = await build(dockerfile, ...dated, "--isolation", "vm", "-t", "machine:1");
		expect([machine.code, machine.code === 0 ? "" : machine.stderr]).toEqual([0, ""]);
		await engine.api("POST", "/v1.41/build/prune?all=true");
		const process = await build(dockerfile, ...dated, "-t", "process:1");
		expect(process.code).toBe(0);
		expect(await layers("machine:1")).toEqual(await layers("process:1"));
		const shown = await engine.ok([
			"run",
			"--rm",
			"machine:1",
			"sh",
			"-c",
			"cd /made; ls; cat f length lines",
		]);
		expect(shown).toBe("f\nlength\nlines\nfile\n6\n1\n");
		const kernel = await build(
			"FROM busybox\nRUN uname -r > /kernel\n",
			"--isolation",
			"vm",
			"-t",
			"kernel:1",
		);
		expect(kernel.code).toBe(0);
		const inside = await engine.ok(["run", "--rm", "kernel:1", "cat", "/kernel"]);
		expect(inside).not.toBe(await engine.ok(["run", "--rm", "kernel:1", "uname", "-r"]));
	},
	timeoutMs,
);

test(
	"a command that fails says how, what machines cannot have is refused by name, and nothing is left",
	async () => {
		const failed = await build("FROM busybox\nRUN echo before; exit 7\n", "--isolation", "vm");
		expect(failed.code).toBe(1);
		expect(failed.stderr).toContain("before");
		expect(failed.stderr).toContain("returned a non-zero code: 7");
		const agent = "FROM busybox\nRUN --mount=type=ssh true\n";
		const refused = await build(agent, "--isolation", "vm", "--ssh", "default=/nonexistent");
		expect(refused.stderr).toContain("RUN --mount=type=ssh is not supported with --isolation vm");
		expect(readdirSync(join(engine.dataRoot, "builder/runs"))).toEqual([]);
		expect(readdirSync(join(engine.runRoot, "builds"))).toEqual([]);
	},
	timeoutMs,
);

test(
	"a daemon that is killed leaves no machine: the next one ends it",
	async () => {
		const client = build("FROM busybox\nRUN echo under way; sleep 1000\n", "--isolation", "vm");
		const runs = join(engine.runRoot, "builds");
		await eventually(() => {
			const [id] = readdirSync(runs);
			expect(existsSync(join(runs, id!, "shim.sock"))).toBe(true);
		});
		await engine.kill();
		expect((await client).code).not.toBe(0);
		await engine.start();
		expect(existsSync(runs)).toBe(false);
		await engine.assertClean();
	},
	timeoutMs,
);
