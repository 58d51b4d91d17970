/** `client.images.build` of docker-py (Debian's python3-docker, which docker-compose stands on). */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

const program = new URL("./docker-py-build.py", import.meta.url).pathname;
let daemon: TestDaemon;
let folder: string;

beforeAll(async () => {
	daemon = await startTestDaemon();
	folder = mkdtempSync(join(tmpdir(), "hull-py-"));
});

afterAll(async () => {
	rmSync(folder, { recursive: true, force: true });
	await daemon[Symbol.asyncDispose]();
});

test("its parameters are followed, and its errors say what went wrong", async () => {
	const dockerfile = [
		"FROM busybox AS app",
		"ARG WORD=none",
		"COPY . /context",
		"RUN { echo $WORD; grep there /etc/hosts | cut -f1; ls /sys/class/net; df -k /dev/shm | tail -1 | awk '{print $2}'; ls /context; } > /seen",
		'CMD ["cat", "/seen"]',
		"FROM app",
		"RUN exit 1",
	];
	writeFileSync(join(folder, "build.Dockerfile"), dockerfile.join("\n"));
	writeFileSync(join(folder, ".dockerignore"), "left-out\n");
	for (const name of ["file", "left-out"]) writeFileSync(join(folder, name), "");
	const { stdout } = await promisify(execFile)("/usr/bin/python3", [program, daemon.socket, folder], {
		timeout: 120_000,
	});
	expect(JSON.parse(stdout)).toEqual({
		path: ["hi\n10.1.2.3\nlo\n8192\nbuild.Dockerfile\nfile\n", { who: "py" }, ["py:path"], true],
		again: [true, true],
		nocache: false,
		fileobj: "from-text\n",
		custom: "from-tar\n",
		command: ["build", "The command '/bin/sh -c exit 3' returned a non-zero code: 3"],
		syntax: ["api", expect.stringContaining("unknown instruction: NONSENSE")],
	});
});
