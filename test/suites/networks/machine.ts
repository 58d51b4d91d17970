/** What the tests see of the machine: links, firewall tables, descriptors; and programs run inside of namespaces. */
import { execFile, spawn } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { promisify } from "node:util";
import { decodeLink, getLink, type Link, openRouteSocket } from "../../../src/sys/index.ts";

const run = promisify(execFile);

export function linksOf(namespaceFd?: number): Link[] {
	using route = openRouteSocket(namespaceFd);
	return route.dump(getLink()).map(decodeLink);
}

export function portsOf(bridgeName: string): Link[] {
	const links = linksOf();
	const bridge = links.find(({ name }) => name === bridgeName);
	return links.filter(({ master }) => bridge !== undefined && master === bridge.index);
}

export async function firewallTables(): Promise<string[]> {
	const { stdout } = await run("nft", ["list", "tables"]);
	return stdout.split("\n").map((line) => line.split(" ").at(-1)!);
}

/** How many descriptors of network namespaces this process holds. */
export function openNamespaces(): number {
	return readdirSync("/proc/self/fd").filter((fd) => linkOf(fd).startsWith("net:")).length;
}

function linkOf(fd: string): string {
	try {
		return readlinkSync(`/proc/self/fd/${fd}`);
	} catch {
		return "";
	}
}

/** Runs a program in a network namespace and gives its output and exit code. */
export async function runInside(
	namespaceFd: number,
	command: readonly string[],
): Promise<{ output: string; exitCode: number }> {
	try {
		const { stdout } = await run("nsenter", nsenterArguments(namespaceFd, command));
		return { output: stdout.trim(), exitCode: 0 };
	} catch (error) {
		const { stdout, code } = error as { stdout: string; code: number };
		return { output: stdout.trim(), exitCode: code };
	}
}

/** Can the namespace reach the address? One echo request, one second. */
export async function pings(namespaceFd: number, address: string): Promise<boolean> {
	const { exitCode } = await runInside(namespaceFd, ["busybox", "ping", "-c", "1", "-W", "1", address]);
	return exitCode === 0;
}

/** What a server at this address and port says to a client in the namespace; empty when it cannot be reached. */
export async function askFrom(namespaceFd: number, address: string, port: number): Promise<string> {
	const { output } = await runInside(namespaceFd, ["busybox", "nc", "-w", "1", address, String(port)]);
	return output;
}

/** A TCP server inside of a namespace that tells each client the address it comes from. */
export async function serveClientAddress(namespaceFd: number, port: number): Promise<Disposable> {
	const program = `require("node:net").createServer((socket) => socket.end(socket.remoteAddress)).listen(${port}, "0.0.0.0", () => console.log("ready"))`;
	const child = spawn("nsenter", nsenterArguments(namespaceFd, [process.execPath, "-e", program]), {
		stdio: ["ignore", "pipe", "inherit"],
	});
	await new Promise((resolve, reject) => {
		child.stdout.once("data", resolve);
		child.once("exit", () => reject(new Error("the server did not start")));
	});
	return { [Symbol.dispose]: () => child.kill("SIGKILL") };
}

function nsenterArguments(namespaceFd: number, command: readonly string[]): string[] {
	return [`--net=/proc/${process.pid}/fd/${namespaceFd}`, ...command];
}

/** Waits until the condition holds; fails after some seconds. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
	const deadline = Date.now() + 10_000;
	while (!(await condition())) {
		if (Date.now() > deadline) throw new Error(`it did not come to pass: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}
