import { expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { linkSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hulldCommand } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

setDefaultTimeout(120_000);

/** Starts hulld twice, one after the other, as a service manager that keeps the socket does. */
const manager = `for n in 1 2; do sh -c 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"' - "$@"; done`;

test("a socket that is handed over refuses nobody while hulld is replaced", async () => {
	await using undo = new AsyncDisposableStack();
	const root = mkdtempSync(join(tmpdir(), "hull-handed-"));
	undo.defer(() => rmSync(root, { recursive: true }));
	const socket = join(root, "kept.sock");
	const opened = await listeningSocket(join(root, "s"), socket);
	const roots = ["--data-root", join(root, "data"), "--run-root", join(root, "run")];
	const child = spawn("sh", ["-c", manager, "-", ...hulldCommand(), ...roots, "--host", "fd://"], {
		stdio: ["ignore", "ignore", "ignore", opened.fd],
	});
	opened.close();
	const ended = new Promise((resolve) => child.on("close", resolve));
	const hulld = () => Number(readFileSync(join(root, "data", "hulld.lock"), "utf8"));
	const ping = async () =>
		await (await fetch("http://hull/_ping", { unix: socket, keepalive: false })).text();

	expect(await ping()).toBe("OK");
	const first = hulld();
	process.kill(first, "SIGTERM");
	await eventually(() => expect(() => process.kill(first, 0)).toThrow());
	// Perhaps nobody accepts yet: it waits in the socket's queue.
	expect(await ping()).toBe("OK");
	const second = hulld();
	expect(second).not.toBe(first);
	process.kill(second, "SIGTERM");
	await ended;
});

test("without a socket, fd:// is refused by name", async () => {
	const root = mkdtempSync(join(tmpdir(), "hull-handed-"));
	const [program, ...entry] = hulldCommand();
	const roots = ["--data-root", join(root, "data"), "--run-root", join(root, "run")];
	const child = spawn(program!, [...entry, ...roots, "--host", "fd://"], {
		stdio: ["ignore", "ignore", "pipe"],
	});
	let errors = "";
	child.stderr.on("data", (chunk) => {
		errors += chunk;
	});
	const code = await new Promise((resolve) => child.on("close", resolve));
	rmSync(root, { recursive: true });
	expect([code, errors]).toEqual([1, expect.stringContaining("no socket was passed on")]);
});

/** Listens at `path`, known as `kept` when it is closed here. */
async function listeningSocket(path: string, kept: string): Promise<{ fd: number; close(): void }> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(path, resolve));
	linkSync(path, kept);
	const line = readFileSync("/proc/net/unix", "utf8")
		.split("\n")
		.find((entry) => entry.endsWith(` ${path}`));
	const inode = line!.trim().split(/\s+/)[6];
	const fd = readdirSync("/proc/self/fd").find((name) => linkOf(name) === `socket:[${inode}]`);
	return { fd: Number(fd), close: () => server.close() };
}

function linkOf(name: string): string {
	try {
		return readlinkSync(`/proc/self/fd/${name}`);
	} catch {
		return "";
	}
}
