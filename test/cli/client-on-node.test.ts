import { expect, test } from "bun:test";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon } from "../support/daemon.ts";

const project = new URL("../..", import.meta.url).pathname;

test("the client runs on Node too: requests, streams, a hijacked connection with half-close", async () => {
	await using engine = await startTestDaemon();
	const folder = mkdtempSync(join(tmpdir(), "hull-node-client-"));
	try {
		const bundle = join(folder, "client.mjs");
		const source = join(project, "test/cli/fixtures/node-client.ts");
		execFileSync(process.execPath, ["build", "--target=node", `--outfile=${bundle}`, source], {
			cwd: project,
		});
		// Node 20 has all that the client needs but this.
		const withResolvers =
			"Promise.withResolvers ??= function () { let resolve, reject; const promise = new Promise((a, b) => { resolve = a; reject = b; }); return { promise, resolve, reject }; };";
		const preload = `data:text/javascript,${encodeURIComponent(withResolvers)}`;
		const result = spawnSync("node", ["--import", preload, bundle, `unix://${engine.socket}`], {
			encoding: "utf8",
		});
		expect(result.stderr).toBe("");
		// Frames have eight bytes of head: "3000000\n" makes 16.
		expect(JSON.parse(result.stdout)).toEqual({ bytes: 16, StatusCode: 3, logged: 28, listed: 1 });
	} finally {
		rmSync(folder, { recursive: true });
	}
});
