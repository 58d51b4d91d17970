import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TestDaemon } from "./daemon.ts";

const native = new URL("../../native", import.meta.url).pathname;

/** The program that attacks from inside, built. */
export function buildAssault(): Buffer {
	execFileSync("make", ["-C", native, "--silent", "assault"]);
	return readFileSync(join(native, "build/hull-assault"));
}

/** A virtual machine whose root has every capability, with what the test says on its command line. */
export async function hostileMachine(
	daemon: TestDaemon,
	name: string,
	options: readonly string[] = [],
): Promise<void> {
	await daemon.ok([
		...["run", "-d", "--name", name, "--isolation", "vm", "--privileged"],
		...[...options, "busybox", "sleep", "100000"],
	]);
}

/** Runs a script as that root; gives what it prints. Its failure is no failure of the test. */
export async function asRoot(daemon: TestDaemon, name: string, script: string): Promise<string> {
	const { stdout, stderr } = await daemon.docker(["exec", name, "sh", "-c", script], { timeoutMs: 90_000 });
	return stdout + stderr;
}

/** Puts a program into the machine by its standard input: no path of the engine's own is needed for that. */
export async function putProgram(daemon: TestDaemon, name: string, program: Uint8Array): Promise<void> {
	await daemon.ok(["exec", "-i", name, "sh", "-c", "cat >/assault && chmod 755 /assault"], {
		input: program,
	});
}

/** Process id of the machine's QEMU. */
export async function qemuPid(daemon: TestDaemon, name: string): Promise<number> {
	return Number(await daemon.ok(["inspect", "-f", "{{.State.Pid}}", name]));
}

/** Fields of `/proc/pid/status`. */
export function processStatus(pid: number): Readonly<Record<string, string>> {
	return Object.fromEntries(
		readFileSync(`/proc/${pid}/status`, "utf8")
			.split("\n")
			.map((line) => line.split(":\t", 2) as [string, string]),
	);
}

/** Where a process's descriptors lead, but for null devices: a supervisor's own has no path any more. */
export function descriptors(pid: number): string[] {
	const nullDevice = statSync("/dev/null").rdev;
	return readdirSync(`/proc/${pid}/fd`)
		.map((name) => `/proc/${pid}/fd/${name}`)
		.filter((path) => {
			const found = statSync(path, { throwIfNoEntry: false });
			return !found?.isCharacterDevice() || found.rdev !== nullDevice;
		})
		.map((path) => readlinkSync(path));
}

/** A process's mounts: where, and with which options. */
export function mountsOf(pid: number): { readonly target: string; readonly options: readonly string[] }[] {
	return readFileSync(`/proc/${pid}/mountinfo`, "utf8")
		.trim()
		.split("\n")
		.map((line) => line.split(" "))
		.map((fields) => ({ target: fields[4]!, options: fields[5]!.split(",") }));
}
